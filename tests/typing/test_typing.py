"""Both type checkers agree with the promises and refusals of the files beside this one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    f"tests/typing/{name}.py"
    for name in ("collections_of_the_api", "facade", "low_level", "program", "refusals")
]
#: The interpreter is named, so that the virtual environment may have any name and place; mypy takes the options of
#: `make check`, so that it reads what that has found out before.
CHECKERS = {
    "mypy": ["mypy"],
    "basedpyright": ["basedpyright", "--level", "error", "--pythonpath", sys.executable],
}
#: An ignore that suppresses nothing.
ACCEPTED = """# pyright: reportUnnecessaryTypeIgnoreComment=error
from amocrm import Lead
Lead(price=5)  # type: ignore[arg-type]
"""

pytestmark = pytest.mark.timeout(600)


def programs() -> dict[str, str]:
    """Return the programs of the README by the names of their files."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return {f"program_{number}.py": block for number, block in enumerate(blocks)}


@pytest.fixture(scope="module", params=CHECKERS)
def errors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the errors of one run of a checker over all files, which starts it once."""
    folder = tmp_path_factory.mktemp("programs")
    for name, code in {**programs(), "accepted.py": ACCEPTED}.items():
        (folder / name).write_text(code, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", *CHECKERS[request.param], *FILES, *map(str, folder.iterdir())],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=590,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    return re.findall(r"^.*\.py:\d+.* error: .*$", run.stdout, re.MULTILINE)


def test_facade_and_operations_are_typed_as_promised(errors: list[str]) -> None:
    """Values, arguments, results, operators and refusals are those of the files, under both checkers."""
    assert [error for error in errors if not re.search(r"(program_\d+|accepted)\.py:", error)] == []


def test_a_refusal_that_is_none_is_found(errors: list[str]) -> None:
    """The tests beside this one can fail: an ignore that suppresses nothing is an error under both checkers."""
    assert [error for error in errors if "accepted.py:3" in error] != []


def test_the_code_of_the_readme_is_typed(errors: list[str]) -> None:
    """Every program of the README passes both checkers as it stands."""
    assert len(programs()) >= 7
    assert [error for error in errors if re.search(r"program_\d+\.py:", error)] == []
