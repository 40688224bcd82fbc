"""build and check: writing what is generated, and finding what is stale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator.__main__ import main

pytestmark = pytest.mark.slow


@pytest.fixture
def repository(spec: Path) -> Path:
    """A repository with the small description and one module of the async shell, built once."""
    root = spec.parent
    source = root / "src/amocrm/_async"
    source.mkdir(parents=True)
    (source / "shell.py").write_text(
        '"""Module."""\n\nasync def one() -> int:\n    return 1\n', encoding="utf-8"
    )
    (root / "src/amocrm/_sync").mkdir()
    (root / "src/amocrm/_sync/_primitives.py").write_text("HANDWRITTEN = True\n", encoding="utf-8")
    assert main(["build", "--root", str(root)]) == 0
    return root


def run(command: str, root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and output of a command."""
    capsys.readouterr()
    code = main([command, "--root", str(root)])
    return code, capsys.readouterr().out


def test_a_build_is_complete_and_checked(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After a build everything is current: models, operations, the sync twin and the description of the sandbox."""
    assert (repository / "src/amocrm_gen/api/things.py").is_file()
    assert "\ndef one() -> int:" in (repository / "src/amocrm/_sync/shell.py").read_text(encoding="utf-8")
    assert (repository / "src/amocrm/_sync/_primitives.py").read_text(
        encoding="utf-8"
    ) == "HANDWRITTEN = True\n"
    description = json.loads((repository / "src/amocrm_sandbox/description.json").read_text(encoding="utf-8"))
    assert description["openapi"] == "3.1.0"
    assert run("check", repository, capsys)[0] == 0


def test_everything_that_is_not_as_generated_is_shown(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Edited, missing and surplus files fail the check, with a diff; a build mends all of it and nothing else."""
    package = repository / "src/amocrm_gen"
    untouched = (package / "models/common.py").stat().st_mtime_ns
    edited = package / "models/boxes.py"
    edited.write_text(edited.read_text(encoding="utf-8") + "HAND = 1\n", encoding="utf-8")
    (package / "api/boxes.py").unlink()
    (package / "api/left_over.py").write_text("", encoding="utf-8")
    (repository / "src/amocrm/_sync/left_over.py").write_text("", encoding="utf-8")
    code, output = run("check", repository, capsys)
    assert code == 1
    assert "-HAND = 1" in output.splitlines()
    assert "src/amocrm_gen/api/boxes.py: missing" in output
    assert "src/amocrm_gen/api/left_over.py: not generated, delete it" in output
    assert "src/amocrm/_sync/left_over.py: not generated, delete it" in output
    assert run("build", repository, capsys)[1].endswith("4 of them changed\n")
    assert run("check", repository, capsys)[0] == 0
    assert (package / "models/common.py").stat().st_mtime_ns == untouched
    assert {path.name for path in package.parent.iterdir()} == {"amocrm", "amocrm_gen", "amocrm_sandbox"}


def test_a_changed_description_is_stale(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The check compares with the description as it is now, and its diff is bounded."""
    path = repository / "spec/schemas/things.yaml"
    many = "".join(f"    extra_{number}: {{type: string}}\n" for number in range(600))
    head, line, tail = path.read_text(encoding="utf-8").partition("    id: {type: integer")
    path.write_text(head + many + line + tail, encoding="utf-8")
    code, output = run("check", repository, capsys)
    assert (code, "src/amocrm_sandbox/description.json: differs" in output) == (1, True)
    assert "+    extra_0 = Text(readonly=True)" in output.splitlines()
    assert output.splitlines()[-1].endswith("more lines")


def test_a_description_with_problems_is_not_built(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A breach of a rule stops the build before anything is written."""
    path = repository / "spec/paths/things.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("x-safety: unsafe", "x-safety: often", 1), encoding="utf-8"
    )
    before = (repository / "src/amocrm_gen/api/things.py").read_text(encoding="utf-8")
    code, output = run("build", repository, capsys)
    assert (code, "x-safety" in output) == (1, True)
    assert (repository / "src/amocrm_gen/api/things.py").read_text(encoding="utf-8") == before


def test_what_the_shell_must_not_say_stops_the_build(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A construct without a sync form is one line with file and line."""
    path = repository / "src/amocrm/_async/shell.py"
    path.write_text('"""Module."""\n\nimport asyncio\n', encoding="utf-8")
    code, output = run("build", repository, capsys)
    assert code == 1
    assert output.startswith("src/amocrm/_async/shell.py:3: `asyncio`")
