"""Bundling: one document out of many files, with the place of every node."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.bundle import load_bundle, read_bundle
from generator.published import published_json
from generator.source import SpecError

Edit = Callable[[str, str, str], None]


def messages(spec: Path) -> list[str]:
    """All problems of bundling as lines."""
    return [str(problem) for problem in read_bundle(spec).problems]


def test_schemas_are_components_named_by_area(spec: Path) -> None:
    """Every schema of every file is a component, also those that nothing refers to."""
    made = load_bundle(spec)
    assert list(made.schemas)[:2] == ["boxes.Box", "boxes.Orphan"]
    assert made.schemas["things.Thing"]["properties"]["owner"]["anyOf"][0] == {
        "$ref": "#/components/schemas/common.Ref"
    }


def test_paths_webhooks_and_shared_parts_are_put_in_place(spec: Path) -> None:
    """Path items stand where the root refers to them; parameters and responses become components."""
    document = load_bundle(spec).document
    assert document["paths"]["/api/v4/things"]["get"]["parameters"][0] == {
        "$ref": "#/components/parameters/page"
    }
    assert set(document["components"]["responses"]) == {
        "BadRequest",
        "Unauthorized",
        "Forbidden",
        "TooManyRequests",
    }
    assert list(document["webhooks"]) == ["thing_added", "redirected"]


def test_nodes_know_file_and_line(spec: Path) -> None:
    """A node of the bundle names the place where it was written."""
    made = load_bundle(spec)
    file, line = made.schemas["things.Thing"].at("properties")
    written = (spec.parent / file).read_text(encoding="utf-8").splitlines()[line - 1]
    assert (file, written) == ("spec/schemas/things.yaml", "  properties:")


def test_a_new_field_changes_its_own_lines_of_the_bundle(spec: Path, edit: Edit) -> None:
    """The published document is the whole bundle as sorted, indented JSON: one property more is a few lines more."""
    before = published_json(load_bundle(spec), spec)
    edit("schemas/boxes.yaml", "id: {type: integer}", "id: {type: integer}\n    wide: {type: integer}")
    after = published_json(load_bundle(spec), spec)

    assert json.loads(before)["paths"]["/api/v4/things"]["post"]["x-batch"]["match"] == ["request_id", "id"]
    changed = [
        line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line.startswith(("+", "-"))
    ]
    assert 0 < len(changed) <= 4


def test_an_unknown_reference_is_named(spec: Path, edit: Edit) -> None:
    """A reference to nothing is one line with file, line and the reference."""
    edit("schemas/boxes.yaml", "id: {type: integer}", 'id: {$ref: "common.yaml#/Nothing"}')
    assert messages(spec) == ["spec/schemas/boxes.yaml:5: reference: common.yaml#/Nothing points at nothing"]


def test_a_repeated_operation_id_names_both_places(spec: Path, edit: Edit) -> None:
    """Two operations with one id are refused, with the place of the first."""
    edit("paths/things.yaml", "operationId: get_thing", "operationId: list_things")
    (message,) = messages(spec)
    assert message.endswith("operation-id: list_things is used already at spec/paths/things.yaml:4")


def test_a_path_that_the_root_does_not_list_is_named(spec: Path, edit: Edit) -> None:
    """A path in a file that is missing in the root is refused."""
    edit(
        "amocrm.yaml",
        '  "/api/v4/things/complex": {$ref: "paths/things.yaml#/~1api~1v4~1things~1complex"}\n',
        "",
    )
    (message,) = messages(spec)
    lines = (spec / "paths/things.yaml").read_text(encoding="utf-8").splitlines()
    place = f"spec/paths/things.yaml:{lines.index('/api/v4/things/complex:') + 1}"
    assert message.startswith(f"{place}: root: /api/v4/things/complex is not listed")


def test_a_listed_path_that_no_file_has_is_named(spec: Path, edit: Edit) -> None:
    """An entry of the root that leads nowhere is refused."""
    edit(
        "amocrm.yaml", "paths:\n", 'paths:\n  "/api/v4/none": {$ref: "paths/things.yaml#/~1api~1v4~1none"}\n'
    )
    (message,) = messages(spec)
    assert "root: /api/v4/none must be a reference to the entry of that name" in message


def test_references_in_a_circle_are_refused(spec: Path, edit: Edit) -> None:
    """Schemas that are nothing but references to each other have no meaning."""
    edit("schemas/boxes.yaml", "Box:\n", 'One: {$ref: "#/Two"}\nTwo: {$ref: "#/One"}\nBox:\n')
    assert any(
        ": cycle: " in message and "boxes.One -> boxes.Two -> boxes.One" in message
        for message in messages(spec)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Box: {type: object}\nBox: {type: string}\n",
            "spec/schemas/boxes.yaml:2: yaml: the key 'Box' stands twice",
        ),
        ("Box: {\n", "spec/schemas/boxes.yaml:2: yaml: "),
        ("- Box\n", "spec/schemas/boxes.yaml:1: yaml: the file must hold a mapping"),
    ],
)
def test_a_file_that_is_no_yaml_is_named(spec: Path, text: str, message: str) -> None:
    """Broken files stop the bundling, with file and line."""
    (spec / "schemas/boxes.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_bundle(spec)
    assert str(caught.value).startswith(message)


def test_words_that_look_like_values_stay_words(spec: Path, edit: Edit) -> None:
    """``no``, ``on`` and dates are strings, and statuses are keys of text."""
    edit(
        "schemas/boxes.yaml",
        "description: A box.",
        "description: no\n  x-values: [on, 2024-01-01, 1.5, true]",
    )
    box = read_bundle(spec).schemas["boxes.Box"]
    assert (box["description"], box["x-values"]) == ("no", ["on", "2024-01-01", 1.5, True])
