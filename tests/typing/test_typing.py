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
#: With the options of `make check`, so that it reads what that has found out before.
MYPY = ["mypy"]
#: The interpreter is named, so that the virtual environment may have any name and place.
PYRIGHT = ["basedpyright", "--level", "error", "--pythonpath", sys.executable]


def checked(command: list[str], *files: str) -> subprocess.CompletedProcess[str]:
    """Run a checker over files."""
    return subprocess.run(
        [sys.executable, "-m", *command, *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=590,
    )


@pytest.mark.parametrize("command", [MYPY, PYRIGHT], ids=["mypy", "basedpyright"])
@pytest.mark.timeout(600)
def test_facade_and_operations_are_typed_as_promised(command: list[str]) -> None:
    """Values, arguments, results, operators and refusals are those of the files, under both checkers."""
    done = checked(command, *FILES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", [MYPY, PYRIGHT], ids=["mypy", "basedpyright"])
@pytest.mark.timeout(600)
def test_a_refusal_that_is_none_is_found(command: list[str], tmp_path: Path) -> None:
    """The test above can fail: an ignore that suppresses nothing is an error under both checkers."""
    file = tmp_path / "accepted.py"
    file.write_text(
        "# pyright: reportUnnecessaryTypeIgnoreComment=error\n"
        "from amocrm import Lead\n"
        "Lead(price=5)  # type: ignore[arg-type]\n"
    )
    done = checked(command, str(file))
    assert done.returncode == 1
    assert "accepted.py:3" in done.stdout


@pytest.mark.parametrize("command", [MYPY, PYRIGHT], ids=["mypy", "basedpyright"])
@pytest.mark.timeout(600)
def test_the_code_of_the_readme_is_typed(command: list[str], tmp_path: Path) -> None:
    """Every program of the README passes both checkers as it stands."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    files = [tmp_path / f"program_{number}.py" for number in range(len(blocks))]
    for file, block in zip(files, blocks, strict=True):
        file.write_text(block, encoding="utf-8")

    done = checked(command, *map(str, files))

    assert len(files) >= 7
    assert done.returncode == 0, done.stdout + done.stderr
