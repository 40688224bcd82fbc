"""Storage, routing, query strings, validation, and what the package may import."""

from __future__ import annotations

import ast
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import amocrm_sandbox
from amocrm_sandbox import Description, ManualClock, Sandbox
from amocrm_sandbox.engine.php_query import parse_query
from amocrm_sandbox.engine.validate import compile_validator
from amocrm_sandbox.routes import ALL

from ..conftest import Checked

PACKAGE = Path(amocrm_sandbox.__file__).parent


@pytest.mark.slow
def test_the_sandbox_shares_no_code_with_the_client() -> None:
    """It imports neither `amocrm` nor `amocrm_gen`, so that it cannot share their mistakes."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names.append(node.module or "")
            assert not {name.partition(".")[0] for name in names} & {"amocrm", "amocrm_gen"}, path


def test_the_package_ships_what_it_serves() -> None:
    """Types, the description and the files of the page are package data; a wheel without them would not start."""
    for name in ("py.typed", "description.json", "static/index.html", "static/page.js", "static/page.css"):
        assert (PACKAGE / name).is_file()


def test_every_route_is_described() -> None:
    """Each handler answers an operation of the description, so that its body is validated."""
    description = Description.bundled()
    for routes in ALL:
        for method, template, _ in routes.table:
            path = template.replace("{entity_type}", "contacts")
            if not path.startswith(("/oauth", "/download")):
                assert description.find(method, path), (method, template)


def test_names_of_the_package_resolve() -> None:
    """Every public name is there, and another one is an AttributeError."""
    for name in amocrm_sandbox.__all__:
        assert getattr(amocrm_sandbox, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        amocrm_sandbox.nothing


def test_a_file_is_opened_again_with_all_that_it_holds(tmp_path: Path, clock: ManualClock) -> None:
    """Entities, directories, integrations and tokens survive; new ids go on where the old ones ended."""
    path = tmp_path / "account.db"
    first = Checked(db=path, clock=clock, limits=False, subdomain="acme", api_filter=True)
    token, keys = first.token, first.integration
    (id,) = first.make("leads", {"name": "A", "tags_to_add": [{"name": "t"}]})
    first.close()
    second = Checked(db=path, clock=clock, limits=False)
    assert second.subdomain == "acme"
    assert second.account["is_api_filter_enabled"] is True
    assert second.integration == keys
    headers = {"authorization": f"Bearer {token}"}
    assert second.call("GET", f"/api/v4/leads/{id}", headers=headers).json()["name"] == "A"
    assert second.make("leads", {}) == [id + 1]
    second.long_lived_token()
    second.close()


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    """A file that another version wrote is not touched."""
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(ValueError, match="format 99"):
        Sandbox(db=path)


def test_two_accounts_never_meet(clock: ManualClock) -> None:
    """Data and tokens of one account mean nothing in another."""
    one, other = Sandbox(clock=clock, seed=1), Sandbox(clock=clock, seed=2)
    one.call("POST", "/api/v4/leads", [{}])
    assert other.get("/api/v4/leads").status == 204
    assert other.call("GET", "/api/v4/leads", headers={"authorization": f"Bearer {one.token}"}).status == 401


def test_a_reset_gives_an_empty_account_and_keeps_the_keys(sandbox: Checked) -> None:
    """After a reset the directories are fresh, the users, tokens and integrations are as before."""
    sandbox.make("leads", {})
    sandbox.make("leads/custom_fields", {"name": "F", "type": "text"})
    sandbox.reset()
    assert sandbox.get("/api/v4/leads").status == 204
    fields = sandbox.read("/api/v4/leads/custom_fields")["_embedded"]["custom_fields"]
    assert "F" not in {field["name"] for field in fields}
    assert sandbox.read("/api/v4/users")["_total_items"] == 1


def test_unknown_paths_are_404_and_unknown_methods_405(sandbox: Checked) -> None:
    """The 404 names method and address; a path that exists for another method is 405."""
    missing = sandbox.get("/api/v4/nothing")
    assert (missing.status, missing.json()["detail"]) == (
        404,
        "Cannot GET https://demo.amocrm.ru/api/v4/nothing",
    )
    assert sandbox.get("/api/v4/leads/many").status == 404
    wrong = sandbox.call("DELETE", "/api/v4/leads")
    assert (wrong.status, wrong.json()["detail"]) == (405, "Method Not Allowed")
    assert sandbox.get("/_sandbox/nothing").status == 404


def test_a_body_that_is_no_json_is_a_plain_400(sandbox: Checked) -> None:
    """Broken JSON is refused before anything is validated."""
    headers = {"authorization": f"Bearer {sandbox.token}"}
    request = amocrm_sandbox.Request("POST", "/api/v4/leads", "demo.amocrm.ru", headers, b"[{")
    answer = sandbox.handle(request)
    assert (answer.status, answer.header("Content-Type")) == (400, "application/problem+json")
    assert "validation-errors" not in answer.json()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1&b=%D0%B0+b", {"a": "1", "b": "а b"}),
        ("f[id][]=1&f[id][]=2", {"f": {"id": {"0": "1", "1": "2"}}}),
        ("f%5Bid%5D%5B0%5D=1", {"f": {"id": {"0": "1"}}}),
        ("f[s][0][p]=1&f[s][0][q]=2", {"f": {"s": {"0": {"p": "1", "q": "2"}}}}),
        ("f[a]=1&f[a][b]=2", {"f": {"a": {"b": "2"}}}),
        ("", {}),
        ("&&a", {"a": ""}),
    ],
)
def test_query_strings_are_read_as_php_reads_them(text: str, expected: dict[str, Any]) -> None:
    """Nested keys, `[]` and explicit indexes, encoded or not."""
    assert parse_query(text) == expected


@given(st.text(max_size=60))
def test_no_query_string_breaks_the_parser(text: str) -> None:
    """Whatever is sent, the result is a dictionary of strings and dictionaries."""

    def check(node: Any) -> bool:
        return (
            all(check(child) for child in node.values()) if isinstance(node, dict) else isinstance(node, str)
        )

    assert check(parse_query(text))


SCHEMAS = {
    "x.Item": {
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "maxLength": 3},
            "age": {"type": ["integer", "null"], "minimum": 1},
            "kind": {"$ref": "#/components/schemas/x.Kind"},
            "inner": {"anyOf": [{"$ref": "#/components/schemas/x.Item"}, {"type": "null"}]},
            "many": {"type": "array", "maxItems": 2, "items": {"$ref": "#/components/schemas/x.Item"}},
        },
    },
    "x.Kind": {"type": "string", "enum": ["a", "b"]},
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"name": "abc", "age": None, "kind": "a", "inner": None, "many": [{"name": "x"}]}, []),
        ({}, [("FieldMissing", "name")]),
        ({"name": "abcd", "age": 0}, [("TooLong", "name"), ("TooLow", "age")]),
        ({"name": None}, [("NotNullable", "name")]),
        ({"name": "a", "age": True}, [("InvalidType", "age")]),
        (
            {"name": "a", "kind": "z", "other": 1},
            [("NotSupportedChoice", "kind"), ("FieldNotExpected", "other")],
        ),
        (
            {"name": "a", "inner": {"nam": 1}},
            [("FieldMissing", "inner.name"), ("FieldNotExpected", "inner.nam")],
        ),
        (
            {"name": "a", "many": [{}, {"name": 1}]},
            [("FieldMissing", "many.0.name"), ("InvalidType", "many.1.name")],
        ),
        ({"name": "a", "many": [{"name": "a"}] * 3}, [("TooMany", "many")]),
        ("text", [("InvalidType", "")]),
    ],
)
def test_all_errors_of_an_item_are_named(value: Any, expected: list[tuple[str, str]]) -> None:
    """Every error of a body is found, with the vendor's code and a dotted path."""
    validate = compile_validator({"$ref": "#/components/schemas/x.Item"}, SCHEMAS)
    assert [(error["code"], error["path"]) for error in validate(value)] == expected


@pytest.mark.slow
def test_every_body_of_the_description_compiles() -> None:
    """A validator can be made for each operation that takes a body."""
    for operation in Description.bundled().operations.values():
        if operation.has_body:
            assert isinstance(operation.validate({}), list)
