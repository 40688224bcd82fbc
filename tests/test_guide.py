"""The code of the guides runs as it stands, block after block, on a sandbox instead of the account."""

import ast
import re
import warnings
from pathlib import Path

import pytest

from amocrm import AmoCRM
from amocrm_sandbox import SandboxServer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [("README.md", "README.ru.md"), ("docs/guide.md", "docs/guide.ru.md")]


def blocks_of(name: str) -> list[str]:
    """The Python blocks of a page."""
    return BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.usefixtures("without_limits")
@pytest.mark.parametrize(
    ("name", "option"), [("docs/guide.md", False), ("docs/guide.md", True), ("docs/guide.ru.md", False)]
)
def test_the_code_of_the_guide_runs(
    name: str, option: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All blocks of a guide run in one program; only the account's name and token are the sandbox's."""
    monkeypatch.chdir(tmp_path)
    with SandboxServer(limits=False, api_filter=option) as server:
        account = f'"demo", token="{server.sandbox.token}", base_url="{server.url}"'
        names: dict[str, object] = {"__name__": "guide"}
        for number, block in enumerate(blocks_of(name), 1):
            code = block.replace('"mycompany", token="…"', account)
            exec(compile(code, f"{name}, block {number}", "exec"), names)
        crm = names["crm"]
        assert isinstance(crm, AmoCRM)
        crm.close()
        leads = server.sandbox.get("/api/v4/leads?limit=250").json()["_embedded"]["leads"]
    assert len(leads) == 105
    assert server.sandbox.counters()["limited"] == 0


def shape(block: str) -> str:
    """The code of a block without its texts and comments."""
    tree = ast.parse(block)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@pytest.mark.parametrize(("english", "russian"), PAGES)
def test_both_languages_say_the_same(english: str, russian: str) -> None:
    """The same blocks up to their texts, the same headings, tables and links."""
    with warnings.catch_warnings():
        assert [shape(one) for one in blocks_of(english)] == [shape(one) for one in blocks_of(russian)]
    pages = [(ROOT / name).read_text(encoding="utf-8") for name in (english, russian)]
    for pattern in (r"^#+ ", r"^\|", r"^- ", r"^```"):
        counts = [len(re.findall(pattern, page, re.MULTILINE)) for page in pages]
        assert counts[0] == counts[1], pattern


@pytest.mark.parametrize("name", [name for pair in PAGES for name in pair])
def test_every_link_leads_to_a_file_or_a_heading(name: str) -> None:
    """Every relative link of the page names a file, every anchor a heading of the page."""
    page = (ROOT / name).read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", page):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif "://" not in target:
            assert (ROOT / name).parent.joinpath(target.partition("#")[0]).exists(), target
