"""The published document: whole for tools that read no extensions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

import amocrm_gen
from generator.bundle import METHODS, load_bundle
from generator.published import published_json
from tests.contract.fixtures import fixtures

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of the repository."""
    found: dict[str, Any] = json.loads((ROOT / "spec/dist/amocrm.openapi.json").read_text(encoding="utf-8"))
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All operations by their ids."""
    return {
        item[method]["operationId"]: item[method]
        for item in document["paths"].values()
        for method in METHODS
        if method in item
    }


@pytest.mark.slow
def test_the_document_is_valid(document: dict[str, Any]) -> None:
    """A validator of OpenAPI 3.1 takes it."""
    validate(document)


def test_each_operation_of_another_host_names_its_server(document: dict[str, Any]) -> None:
    """Servers follow the hosts; an operation of the account has those of the whole document."""
    found = operations(document)
    assert found["list_leads"].get("servers") is None
    assert found["list_files"]["servers"][0]["url"] == "https://{drive}.{domain}"
    assert {one["x-host"] for one in found.values() if "servers" in one} == {
        "drive",
        "amojo",
        "portal",
        "shared",
    }


def test_security_says_how_each_host_knows_its_callers(document: dict[str, Any]) -> None:
    """Chats are signed, tokens of OAuth and long-lived ones are bearer tokens, and the token endpoint takes none."""
    found = operations(document)
    schemes = document["components"]["securitySchemes"]
    assert found["send_chat_message"]["security"] == [{"channel_signature": []}]
    assert found["create_token"]["security"] == []
    assert document["security"] == [{"bearer": []}, {"oauth": []}]
    assert {name for one in document["security"] for name in one} | {"channel_signature"} == set(schemes)


def test_each_fixture_is_an_example_of_its_operation(document: dict[str, Any]) -> None:
    """Bodies and answers of the contract tests stand beside the schemas that they are held against."""
    found = operations(document)
    for fixture in fixtures("bodies"):
        media = found[fixture.operation]["requestBody"]["content"]
        shown = [one["examples"] for kind, one in media.items() if kind.endswith("json")]
        assert all(one[fixture.variant or "example"]["value"] == fixture.value for one in shown)
    shown_answers = sum("examples" in media for one in found.values() for media in _answers(one))
    assert (
        shown_answers >= len({one.operation for one in fixtures("examples")}) - 1
    )  # the download is no JSON


def _answers(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        media for answer in operation["responses"].values() for media in answer.get("content", {}).values()
    ]


def test_shapes_that_a_word_tells_apart_are_alternatives(document: dict[str, Any]) -> None:
    """What is read of notes, events and fields is a union of named shapes that takes any value; bodies stay free."""
    schemas = document["components"]["schemas"]
    params = schemas["notes.Note"]["properties"]["params"]
    named = [one["$ref"].rpartition(".")[2] for one in params["anyOf"] if "$ref" in one]
    assert set(named) == set(params["x-by-type"].values())
    assert {"type": "object", "additionalProperties": True} in params["anyOf"]
    assert "anyOf" in schemas["fields.FieldValueItem"]["properties"]["value"]
    assert "anyOf" in schemas["events.Event"]["properties"]["value_before"]["items"]
    assert "anyOf" not in schemas["notes.EntityNoteCreate"]["properties"]["params"]
    assert "anyOf" not in schemas["fields.FieldValueItemWrite"]["properties"]["value"]


def test_a_new_fixture_is_published(spec: Path, tmp_path: Path) -> None:
    """What lies in the folder of answers appears under the success answer of its operation."""
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/get_thing.tall.json").write_text('{"id": 17}', encoding="utf-8")
    made = json.loads(published_json(load_bundle(spec), tmp_path))
    (media,) = operations(made)["get_thing"]["responses"]["200"]["content"].values()
    assert media["examples"] == {"tall": {"value": {"id": 17}}}


def test_the_wheel_has_the_document_once(document: dict[str, Any]) -> None:
    """The generated package reads the file of the sandbox without importing it, anew at each call."""
    first = amocrm_gen.openapi()
    assert first == document
    first.clear()
    assert amocrm_gen.openapi() == document
