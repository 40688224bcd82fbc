"""Driving every operation of the description with requests that fit it and requests that almost do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import amocrm_sandbox
from amocrm_sandbox import Description, Response

from .fuzzing import SCALARS, Pool, attempt, make_account, paths, queries

pytestmark = pytest.mark.slow

DOCUMENT = msgspec.json.decode(Path(amocrm_sandbox.__file__).with_name("description.json").read_bytes())
# The page of the vendor's own site, which a browser opens.
OPERATIONS = [
    (method.upper(), template, raw["operationId"])
    for template, item in sorted(DOCUMENT["paths"].items())
    for method, raw in item.items()
    if template != "/oauth"
]
EXAMPLES = 25


class Driven:
    """An account, the ids in it, and how its operations have answered so far."""

    def __init__(self) -> None:
        self.account, self.known = make_account()
        self.pool = Pool(DOCUMENT["components"]["schemas"], self.known, self.account)
        self.answered: dict[str, Counter[int]] = {}


@pytest.fixture(scope="module")
def driven() -> Iterator[Driven]:
    """One account for all; when every operation was driven, most must have been carried out and most refused."""
    made = Driven()
    yield made
    if len(made.answered) == len(OPERATIONS):
        carried_out = {name for name, seen in made.answered.items() if any(200 <= one < 300 for one in seen)}
        refused = {name for name, seen in made.answered.items() if any(400 <= one < 500 for one in seen)}
        assert len(carried_out) > 0.75 * len(OPERATIONS), sorted(made.answered.keys() - carried_out)
        assert len(refused) > 0.85 * len(OPERATIONS), sorted(made.answered.keys() - refused)


@pytest.mark.parametrize(("method", "template", "name"), OPERATIONS)
def test_every_answer_is_a_declared_one(driven: Driven, method: str, template: str, name: str) -> None:
    """Whatever is sent: no crash, no 5xx, and status, content type and body as the description declares them."""
    operation, pool = Description.bundled().operations[name], driven.pool.of_path(template)
    content = operation.raw.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    raw = st.sampled_from([b"", b"{", b"\xff\xfe", b"[1,", b"null", b"abc", b'{"a":1}', b"[" * 5000])
    fitting = pool.fitting(schema) if schema else st.none() | raw
    bodies = st.one_of(fitting, fitting, fitting, SCALARS, raw) if content else st.none()
    seen = driven.answered.setdefault(name, Counter())

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(
        paths(template, driven.known),
        queries(operation, DOCUMENT["components"]["parameters"], pool),
        bodies,
    )
    def drive(path: str, query: str, body: Any) -> None:
        response = attempt(driven.account, method, f"{path}?{query}", body)
        seen[response.status] += 1
        assert response.status < 500
        assert str(response.status) in operation.raw["responses"], (response.status, response.body)
        if response.body:
            check_type(operation.raw["responses"][str(response.status)], response)

    drive()


def check_type(declared: dict[str, Any], response: Response) -> None:
    """Fail when the body has a content type that is not declared."""
    if "$ref" in declared:
        declared = DOCUMENT["components"]["responses"][declared["$ref"].rpartition("/")[2]]
    types = set(declared.get("content", ()))
    sent = response.header("content-type")
    assert not types or "*/*" in types or sent in types, (response.status, sent, types)
