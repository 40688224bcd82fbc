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
from importlib import import_module
from pathlib import Path

import httpx
import pytest

import amocrm_sandbox
from amocrm_sandbox.__main__ import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PAGES = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("sandbox.md", "sandbox.ru.md")}
BLOCKS = {
    name: re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL) for name, text in PAGES.items()
}
SCRIPTS = [(name, block) for name, blocks in BLOCKS.items() for block in blocks if "def test_" not in block]
COMMANDS = re.findall(r"^\$ amocrm (.*)$", PAGES["sandbox.md"], re.MULTILINE)
MODULES = sorted(
    ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    for path in Path(amocrm_sandbox.__file__).parent.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize(("name", "script"), SCRIPTS)
def test_scripts_of_the_page_run_as_they_stand(
    name: str, script: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every block that is no test runs as it stands and prints what it promises."""
    exec(compile(script, f"docs/{name}", "exec"), {})
    printed = capsys.readouterr().out
    for promise in re.findall(r"print\(.*?\)\)\s+# (.*)", script):
        assert promise in printed


def test_the_two_languages_say_the_same() -> None:
    """Both pages have the same sections, commands and code, comments and names aside."""
    english, russian = PAGES.values()
    for pattern in (r"^#+ ", r"^\$ amocrm .*$", r"^\| `--[a-z-]+"):
        assert len(re.findall(pattern, english, re.MULTILINE)) == len(
            re.findall(pattern, russian, re.MULTILINE)
        )
    english_blocks, russian_blocks = BLOCKS.values()
    assert [_bare(block) for block in english_blocks] == [_bare(block) for block in russian_blocks]


def _bare(code: str) -> str:
    return re.sub(r"\s+# .*", "", code)


@pytest.mark.parametrize("name", PAGES)
def test_tests_pass_in_a_project_of_their_own(name: str, tmp_path: Path) -> None:
    """The blocks that are tests pass outside this repository: the plugins need no configuration."""
    for number, block in enumerate(block for block in BLOCKS[name] if "def test_" in block):
        (tmp_path / f"test_block_{number}.py").write_text(block, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio"]
    command += ["-W", "error", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_commands_of_the_page_start_a_filled_account(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("name", PAGES)
def test_the_table_of_options_is_whole(name: str) -> None:
    """Each option of the command is on the page, and no other."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), pytest.raises(SystemExit):
        main(["--help"])
    options = set(re.findall(r"--[a-z-]+", shown.getvalue())) - {"--help"}
    rows = "\n".join(
        line.split("|")[1]
        for line in PAGES[name].replace("\\|", " ").splitlines()
        if line.startswith("| `--")
    )
    assert set(re.findall(r"--[a-z-]+", rows)) == options


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_modules_hold(name: str) -> None:
    """Examples in docstrings print what they say."""
    found = doctest.testmod(import_module(name.removesuffix(".__init__")))
    assert found.attempted > 0
    assert found.failed == 0
