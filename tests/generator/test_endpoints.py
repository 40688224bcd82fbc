"""What the endpoint tool loses or warns about stops the generation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.bundle import load_bundle
from generator.endpoints import generate_endpoints
from generator.source import SpecError

Edit = Callable[[str, str, str], None]


def test_two_classes_of_one_name_are_refused(spec: Path, edit: Edit) -> None:
    """The tool would drop the answers of the second; here it is an error even when lint was not asked."""
    edit("schemas/boxes.yaml", "Orphan:", "Thing:")
    with pytest.raises(SpecError, match="Thing"):
        generate_endpoints(load_bundle(spec))


def test_an_operation_that_cannot_be_parsed_is_refused(spec: Path, edit: Edit) -> None:
    """A path that lacks one of its parameters is left out by the tool with a warning; that is an error."""
    edit("paths/boxes.yaml", "      - {name: token, in: path, required: true, schema: {type: string}}\n", "")
    with pytest.raises(SpecError, match="Incorrect path templating"):
        generate_endpoints(load_bundle(spec))


def test_an_operation_that_is_renamed_is_refused(spec: Path, edit: Edit) -> None:
    """Modules are called as the operations are, or not at all."""
    edit("paths/things.yaml", "operationId: get_thing", "operationId: getThing")
    with pytest.raises(SpecError, match="get_thing was renamed"):
        generate_endpoints(load_bundle(spec))
