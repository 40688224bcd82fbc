"""An account whose every answer is held against the description while a test runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from amocrm_sandbox import ManualClock, Request, Response, Sandbox
from amocrm_sandbox.engine.description import Operation
from amocrm_sandbox.engine.validate import walk

PREFIX = "#/components/schemas/"
NOW = 1_700_000_000
# What the common rules give on every operation, declared there or not.
COMMON = {"401", "402", "403", "405", "422", "429"}


class Checked(Sandbox):
    """A sandbox that refuses to answer what the description does not declare."""

    def handle(self, request: Request) -> Response:
        """Answer, and check status, shape and keys of the answer."""
        response = super().handle(request)
        operation = self.description.find(request.method, request.target.partition("?")[0])
        if operation is not None:
            check_answer(operation, response)
        return response

    def post(self, target: str, body: Any) -> Response:
        """POST as the administrator."""
        return self.call("POST", target, body)

    def patch(self, target: str, body: Any) -> Response:
        """PATCH as the administrator."""
        return self.call("PATCH", target, body)

    def make(self, kind: str, *items: dict[str, Any]) -> list[int]:
        """Create entities and return their ids."""
        made = self.post(f"/api/v4/{kind}", list(items) or [{}])
        assert made.status in (200, 201), made.body
        return [item["id"] for item in made.json()["_embedded"][kind.rpartition("/")[2]]]

    def upload(self, name: str = "Отчёт 1.txt", content: bytes = b"abc", **more: Any) -> dict[str, Any]:
        """Put a file into the drive and return it."""
        body = {"file_name": name, "file_size": len(content), **more}
        opened = self.post("/v1.0/sessions", body).json()
        answer = self.post(opened["upload_url"].partition(".amocrm.ru")[2], content)
        assert answer.status == 200, answer.body
        shown: dict[str, Any] = answer.json()
        return shown

    def read(self, target: str) -> Any:
        """GET something that must be there."""
        answer = self.get(target)
        assert answer.status == 200, answer
        return answer.json()

    def refused(self, method: str, target: str, body: Any) -> list[tuple[str | None, str, str]]:
        """Send a request that must be refused with 400; return (request_id, code, path) of every error."""
        answer = self.call(method, target, body)
        assert answer.status == 400, answer
        return [
            (item.get("request_id"), error["code"], error["path"])
            for item in answer.json()["validation-errors"]
            for error in item["errors"]
        ]


def check_answer(operation: Operation, response: Response) -> None:
    """Fail when the description does not declare this status or this body."""
    declared = operation.raw["responses"]
    if str(response.status) in COMMON or b'"Cannot ' in response.body:
        return
    assert str(response.status) in declared, (
        f"{operation.id} may not answer {response.status}: {response.body!r}"
    )
    answer = declared[str(response.status)]
    if "$ref" in answer or not response.body:
        return
    schema = next(iter(answer.get("content", {}).values()), {}).get("schema")
    if schema is not None:
        value = response.json()
        problems = walk(value, schema, operation.schemas, "") + list(
            _unknown(value, schema, operation.schemas, "")
        )
        assert not problems, (operation.id, problems)


def _unknown(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any], path: str) -> Iterator[str]:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].removeprefix(PREFIX)]
    if "anyOf" in schema:
        fitting = [option for option in schema["anyOf"] if not walk(value, option, schemas, "")]
        yield from min((list(_unknown(value, option, schemas, path)) for option in fitting), key=len)
    elif isinstance(value, list):
        for child in value:
            yield from _unknown(child, schema.get("items", {}), schemas, path)
    elif (
        isinstance(value, dict) and "properties" in schema and schema.get("additionalProperties") is not True
    ):
        for key, child in value.items():
            if key in schema["properties"]:
                yield from _unknown(child, schema["properties"][key], schemas, f"{path}.{key}")
            else:
                yield f"undeclared key {path}.{key}"


@pytest.fixture
def clock() -> ManualClock:
    """Time that stands still."""
    return ManualClock(NOW)


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Checked]:
    """A fresh account without request limits."""
    made = Checked(limits=False, clock=clock)
    yield made
    made.close()
