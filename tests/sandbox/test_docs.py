"""The page about the sandbox says what is so: its code runs, its commands start, its options exist."""

from __future__ import annotations

import contextlib
import doctest
import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import amocrm_sandbox
from amocrm_sandbox.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
SCRIPTS = [block for block in BLOCKS if "def test_" not in block]
COMMANDS = re.findall(r"^\$ amocrm (.*)$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_scripts_run(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Every block that is no test runs as it stands and prints what it promises."""
    exec(compile(SCRIPTS[number], f"docs/sandbox.md:{number}", "exec"), {})
    printed = capsys.readouterr().out
    for promise in re.findall(r"print\(.*?\)\)\s+# (.*)", SCRIPTS[number]):
        assert promise in printed


def test_tests_pass_in_a_project_of_their_own(tmp_path: Path) -> None:
    """The blocks that are tests pass outside this repository: the plugins need no configuration."""
    for number, block in enumerate(block for block in BLOCKS if "def test_" in block):
        (tmp_path / f"test_block_{number}.py").write_text(block, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_commands_start(tmp_path: Path) -> None:
    """Every command of the page serves an account that is filled as it says."""
    counts = []
    for line in COMMANDS:
        # A free port, whatever the page says.
        arguments = shlex.split(line.replace("--port 8020", "--port 0"))
        command = [sys.executable, "-m", "amocrm", *arguments, "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
            assert process.stdout is not None
            keys = json.loads(process.stdout.readline())
            counts.append(httpx.get(f"{keys['control_url']}/state").json()["counts"]["leads"])
            process.terminate()
    assert counts == [500, 100, 100]


def test_the_table_of_options_is_whole() -> None:
    """Each option of the command is on the page, and no other."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), pytest.raises(SystemExit):
        main(["--help"])
    options = set(re.findall(r"--[a-z-]+", shown.getvalue())) - {"--help"}
    rows = "\n".join(
        line.split("|")[1] for line in TEXT.replace("\\|", " ").splitlines() if line.startswith("| `--")
    )
    assert set(re.findall(r"--[a-z-]+", rows)) | {"--tls-port"} == options


@pytest.mark.parametrize("name", ["app", "builders", "journal", "masking", "sample_fields", "words"])
def test_examples_of_the_modules_hold(name: str) -> None:
    """Examples in docstrings print what they say."""
    module = __import__(f"{amocrm_sandbox.__name__}.{name}", fromlist=["_"])
    assert doctest.testmod(module).failed == 0
