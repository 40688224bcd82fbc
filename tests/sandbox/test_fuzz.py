"""Driving every operation with bodies that fit its schema and bodies that almost do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amocrm_sandbox import Description, ManualClock
from amocrm_sandbox.areas import ALL
from amocrm_sandbox.description import Operation

from .conftest import NOW, PREFIX, Checked

SCALARS = st.sampled_from([None, True, 0, -1, 142, 143, 5, 2**70, 1.5, "", "x", "1", [], {}])


def fitting(schema: dict[str, Any], schemas: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Return values of a schema, now and then spoilt; ids are drawn from what the account holds."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].removeprefix(PREFIX)]
    if "anyOf" in schema:
        return st.one_of(*(fitting(option, schemas, depth) for option in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from([*schema["enum"], "nonsense"])
    types = schema.get("type", "any")
    names = [types] if isinstance(types, str) else types
    return st.one_of(*(_of_type(name, schema, schemas, depth) for name in names))


def _of_type(
    name: str, schema: dict[str, Any], schemas: dict[str, Any], depth: int
) -> st.SearchStrategy[Any]:
    if name == "object":
        known = schema.get("properties", {})
        if depth > 5 or not known:
            return st.just({})
        required = set(schema.get("required", ()))
        parts = {key: fitting(part, schemas, depth + 1) for key, part in known.items()}
        fixed = {key: part for key, part in parts.items() if key in required}
        return st.fixed_dictionaries(
            fixed, optional={key: part for key, part in parts.items() if key not in required}
        )
    if name == "array":
        return st.lists(fitting(schema.get("items", {}), schemas, depth + 1), max_size=2)
    if name == "integer":
        ids = (
            10_000_001,
            20_000_001,
            30_000_001,
            40_000_001,
            60_000_001,
            80_001,
            700_001,
            910_001,
            5_100_001,
            142,
        )
        return st.sampled_from([*ids, 51_000_002, 143, 0, 1, NOW, 2**70])
    simple = {
        "string": st.sampled_from(["x", "", "common", "leads", "Казань", "#fffeb2"]),
        "boolean": st.booleans(),
    }
    simple |= {"number": st.sampled_from([0, 1.5, -3]), "null": st.none()}
    return simple.get(name, SCALARS)


OPERATIONS = sorted(
    {
        (method, template)
        for routes in ALL
        for method, template, _ in routes.table
        if not template.startswith(("/oauth", "/download"))
    }
)


@pytest.fixture(scope="module")
def account() -> Checked:
    """An account with one of everything."""
    made = Checked(limits=False, clock=ManualClock(NOW), api_filter=True)
    made.make("leads", {"tags_to_add": [{"name": "t"}]})
    made.make("contacts", {})
    made.make("companies", {})
    made.make("tasks", {"text": "t", "complete_till": NOW, "entity_id": 10_000_001, "entity_type": "leads"})
    made.make("leads/10000001/notes", {"note_type": "common", "params": {"text": "n"}})
    return made


def _path(template: str) -> str:
    kind = "contacts" if "custom_fields" in template else "leads"
    values = {"entity_type": kind, "entity_id": "10000001", "pipeline_id": "5100001"}
    last = {
        "tasks": "40000001",
        "notes": "60000001",
        "tags": "80001",
        "contacts": "20000001",
        "companies": "30000001",
    }
    area = next((name for name in last if name in template), "")
    values["id"] = last.get(area, "10000001")
    return "/".join(
        values.get(part[1:-1], part) if part.startswith("{") else part for part in template.split("/")
    )


@pytest.mark.parametrize(("method", "template"), OPERATIONS)
def test_no_body_brings_the_sandbox_down(account: Checked, method: str, template: str) -> None:
    """Whatever is sent, the answer is one that the description declares, and never a crash."""
    path = _path(template)
    operation = Description.bundled().find(method, path)
    assert isinstance(operation, Operation)
    content = operation.raw.get("requestBody", {}).get("content", {}).get("application/json")
    bodies = fitting(content["schema"], dict(operation.schemas)) if content else st.just(None)
    queries = st.sampled_from(["", "?with=contacts,leads", "?page=2&limit=1", "?filter[id]=x&order[id]=desc"])

    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(bodies | SCALARS if content else bodies, queries)
    def drive(body: Any, query: str) -> None:
        account.call(method, path + query, body)

    drive()
