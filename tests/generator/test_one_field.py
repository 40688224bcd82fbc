"""What one change of the description costs: a few lines, whatever the size of the whole."""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path

import pytest

from generator.build import DOCUMENTS, FIXTURES, GENERATED, generated_package
from generator.bundle import load_bundle
from generator.lint import lint
from generator.published import published_json

REPOSITORY = Path(__file__).resolve().parents[2]
MOST = 60
LINES = 32_000


@pytest.mark.slow
def test_one_field_more_is_a_few_generated_lines(tmp_path: Path) -> None:
    """A property of a schema, written as CONTRIBUTING says, changes its own lines and no others, in one build."""
    spec = Path(shutil.copytree(REPOSITORY / "spec", tmp_path / "spec"))
    schema = spec / "schemas/leads.yaml"
    text = schema.read_text(encoding="utf-8")
    head, properties = "\nLead:\n", "  properties:\n"
    place = text.index(properties, text.index(head)) + len(properties)
    added = '    brand_new: {type: [string, "null"], description: What is new.}\n'
    schema.write_text(text[:place] + added + text[place:], encoding="utf-8")
    assert lint(spec) == []

    changed = {f"{GENERATED}/{file}": made for file, made in generated_package(spec).items()}
    changed[DOCUMENTS[0]] = published_json(load_bundle(spec), REPOSITORY / FIXTURES)
    lines = [
        line
        for path, made in changed.items()
        for line in difflib.unified_diff(
            (REPOSITORY / path).read_text(encoding="utf-8").splitlines(), made.splitlines(), lineterm="", n=0
        )
        if line[0] in "+-" and not line.startswith(("+++", "---"))
    ]
    assert any("brand_new" in line for line in lines)
    assert len(lines) <= MOST


def test_the_generated_layer_stays_thin() -> None:
    """All generated Python together has no more lines than the budget."""
    files = (REPOSITORY / GENERATED).rglob("*.py")
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) <= LINES
