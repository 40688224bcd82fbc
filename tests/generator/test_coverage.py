"""The table of operations: complete, computed, and compared by check."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.__main__ import ROOT, main
from generator.coverage import LIST, PAGE, coverage_page

LINES = """\
# a remark
GET    /api/v4/things reference/things
POST   /api/v4/things -
POST   /api/v4/things/complex -
GET    /api/v4/things/{any} -
PATCH  /api/v4/things/{any} -
DELETE /api/v4/things/{any} -
GET    /api/v4/boxes/{any}/box -
GET    /api/v4/things/{any}/box -
POST   /v1.0/upload/{any} -
"""


@pytest.fixture
def repository(spec: Path) -> Path:
    """The small description with a list of its operations."""
    (spec / "operations.txt").write_text(LINES, encoding="utf-8")
    return spec.parent


def rows(page: str) -> dict[str, list[str]]:
    """The cells of each operation by the name of its function."""
    table = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| `")]
    return {cells[2].strip(" `"): [cell.strip() for cell in cells] for cells in table}


def write(root: Path, name: str, text: str = "{}") -> None:
    """Writes a file of the contract tests."""
    path = root / "tests/contract" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_an_operation_of_the_list_that_is_not_described_is_named(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command fails and says which line of the list has no operation; nothing is written."""
    with (repository / LIST).open("a", encoding="utf-8") as file:
        file.write("POST   /api/v4/things/{id}/rotate reference/things\n")
    assert main(["coverage", "--root", str(repository)]) == 1
    assert f"{LIST}:11: missing-operation: POST /api/v4/things/{{id}}/rotate" in capsys.readouterr().out
    assert not (repository / PAGE).exists()


def test_an_operation_that_is_not_listed_is_named(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was described and forgotten in the list is told with the place of the operation."""
    (repository / LIST).write_text(LINES.replace("DELETE /api/v4/things/{any} -\n", ""), encoding="utf-8")
    assert main(["coverage", "--root", str(repository)]) == 1
    out = capsys.readouterr().out
    assert re.fullmatch(
        r"spec/paths/things\.yaml:\d+: unlisted-operation: DELETE /api/v4/things/\{\} is not in .*\n", out
    )


def test_an_entity_type_that_a_path_does_not_take_is_missing(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A placeholder of words counts as each of its words and as no other."""
    (repository / LIST).write_text("GET /api/v4/cars/{any}/box -\n", encoding="utf-8")
    assert main(["coverage", "--root", str(repository)]) == 1
    assert "GET /api/v4/cars/{any}/box is not in the description" in capsys.readouterr().out


def test_a_documented_operation_must_say_that_it_is_documented(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list names a page, so a source outside the documentation is a contradiction."""
    (repository / LIST).write_text("GET /api/v4/things/{id} reference/things\n", encoding="utf-8")
    assert main(["coverage", "--root", str(repository)]) == 1
    assert "get_thing is on the vendor's page reference/things" in capsys.readouterr().out


def test_a_line_that_is_no_operation_is_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A list that cannot be read is an error with its line."""
    (repository / LIST).write_text("GET /api/v4/things\n", encoding="utf-8")
    assert main(["coverage", "--root", str(repository)]) == 1
    assert f"{LIST}:1: list:" in capsys.readouterr().out


def test_the_table_has_the_facts_of_the_description(repository: Path) -> None:
    """Each operation has a row; what the documentation does not have is marked."""
    found = rows(coverage_page(repository))
    assert found["things.list_things"][0] == "`GET /api/v4/things`"
    assert found["boxes.get_box_data"][0] == "`GET /api/v4/{entity_kind}/{name}/box` (things, boxes)"
    assert found["things.list_things"][5] == "docs"
    assert found["things.create_complex_things"][5] == "**sdk**, likely"
    assert found["things.list_things"][3] == "safe"
    assert found["things.create_things"][4]


def test_how_an_operation_is_tested_is_counted(repository: Path) -> None:
    """Fixtures count by their names, requests by the keys of the contract tests' registry and by nothing else."""
    write(repository, "examples/list_things.json")
    write(repository, "examples/list_things.empty.json")
    write(repository, "bodies/create_things.json")
    write(repository, "examples/unknown_operation.json")
    write(
        repository,
        "one.py",
        'VALID = {"get_thing": "delete_thing", "unknown": 1}\nOTHER = {"delete_thing": 1}\n',
    )
    write(repository, "two.py", 'VALID: dict[str, int] = {"list_things": 1}\n')
    found = {name: cells[6] for name, cells in rows(coverage_page(repository)).items()}
    assert found["things.list_things"] == "answer 2, sandbox"
    assert found["things.create_things"] == "body"
    assert found["things.get_thing"] == "sandbox"
    assert found["things.delete_thing"] == ""


@pytest.mark.slow
def test_check_compares_the_table_and_build_writes_it(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table that is not the computed one fails the check; a build puts it right."""
    root = str(repository)
    assert main(["build", "--root", root]) == 0
    built = (repository / PAGE).read_text(encoding="utf-8")
    (repository / PAGE).write_text("by hand\n", encoding="utf-8")
    assert main(["check", "--root", root]) == 1
    assert f"{PAGE}: differs" in capsys.readouterr().err
    assert main(["coverage", "--root", root]) == 0
    assert (repository / PAGE).read_text(encoding="utf-8") == built


@pytest.mark.slow
def test_this_repository_describes_all_that_is_listed() -> None:
    """The list of the vendor's operations is there, whole, and every operation shows how it is tested."""
    listed = [
        line for line in (ROOT / LIST).read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    assert len(listed) == len(set(listed)) == 337
    assert all(cells[6] for cells in rows(coverage_page(ROOT)).values())


def test_uncertain_facts_are_gathered_from_the_comments(
    repository: Path, edit: Callable[[str, str, str], None]
) -> None:
    """A comment counts with its operation or schema, with what it stands above, and to its last line."""
    edit("schemas/boxes.yaml", "    id: ", "    # Kommo has it. uncertain: seen\n    # only once.\n    id: ")
    edit("paths/things.yaml", "      - name: with\n", "      # uncertain: which words.\n      - name: with\n")
    page = coverage_page(repository)
    assert "- `Box`, `id`: seen only once.\n" in page
    assert "- `GET /api/v4/things`, `with`: which words.\n" in page
