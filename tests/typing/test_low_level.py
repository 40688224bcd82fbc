"""Both type checkers agree with the promises of ``low_level.py``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE = "tests/typing/low_level.py"


@pytest.mark.parametrize(
    "command",
    [
        ["mypy", "--strict", "--warn-unused-ignores", "--follow-imports=silent", FILE],
        ["basedpyright", "--level", "error", FILE],
    ],
    ids=["mypy", "basedpyright"],
)
@pytest.mark.timeout(600)
def test_the_generated_operations_are_typed_as_promised(command: list[str]) -> None:
    """Arguments, results and refusals are those of the file, under both checkers."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=590
    )
    assert done.returncode == 0, done.stdout + done.stderr
