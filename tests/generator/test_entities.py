"""Entity classes that are made from the description."""

from __future__ import annotations

from tests.generator.golden import ENTITIES, golden_entities


def test_classes_are_the_golden_ones() -> None:
    """The generated classes are those that were committed; see tests/generator/golden.py for writing them anew."""
    golden = {path.name: path.read_text(encoding="utf-8") for path in ENTITIES.glob("*.py")}

    assert golden_entities() == golden


def test_what_no_body_has_is_read_only_and_what_only_a_creation_has_is_fixed() -> None:
    """Read, create and update schemas decide who may set an attribute, and when."""
    lines = golden_entities()["things.py"].splitlines()
    declared = {line.split(" = ")[0].strip(): line for line in lines if " = " in line and "(" in line}

    assert "readonly=True" in declared["state"]
    assert "readonly" not in declared["name"]
    assert "fixed" not in declared["name"]
