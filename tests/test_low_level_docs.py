"""The page about the operations: its code runs, and both languages have the same code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from amocrm import AmoCRM, errors
from amocrm_sandbox import SandboxServer

pytestmark = pytest.mark.slow

DOCS = Path(__file__).resolve().parents[1] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def code_of(name: str) -> list[str]:
    """The Python blocks of a page."""
    return BLOCK.findall((DOCS / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["low-level.md", "low-level.ru.md"])
def test_the_code_of_the_page_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every block, in order and in one module; only account and token are replaced."""
    with SandboxServer(limits=False) as server:
        names: dict[str, object] = {}
        for block in code_of(name):
            block = block.replace('"mycompany"', f'"demo", base_url="{server.url}"')
            exec(compile(block.replace('token="…"', f'token="{server.sandbox.token}"'), name, "exec"), names)
        crm = names["crm"]
        assert isinstance(crm, AmoCRM)
        crm.close()
        assert "beta=1" in server.sandbox.journal.find("GET", operation="list_leads")[-1].target
    assert "[('0', ['price'])]" in capsys.readouterr().out
    assert names["errors"] is errors


def test_both_languages_have_the_same_code() -> None:
    """The blocks differ in their comments only, and in the lines that these make."""
    english, russian = (
        [ast.dump(ast.parse(block)) for block in code_of(name)]
        for name in ("low-level.md", "low-level.ru.md")
    )
    assert english == russian
