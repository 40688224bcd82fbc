"""What is created in the directories of an account is told apart by the keys of the answer."""
# GENERATED from tests/shell_async/orm/test_directories.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from amocrm import Lead, Pipeline
from amocrm._sync.client import AmoCRM
from amocrm.errors import FlushError

pytestmark = pytest.mark.anyio


def account(answer: Callable[[list[dict[str, Any]]], list[Mapping[str, Any]]]) -> AmoCRM:
    """A client of a server that answers the items of a request as it is told."""

    def handle(request: httpx.Request) -> httpx.Response:
        items = answer(json.loads(request.content))
        return httpx.Response(200, json={"_total_items": len(items), "_embedded": {"tags": items}})

    return AmoCRM("demo", token="t", http_transport=httpx.MockTransport(handle))


def made(items: list[dict[str, Any]], *left_out: str) -> list[Mapping[str, Any]]:
    """The items with ids, in the reverse order."""
    numbered = [{"id": number, **item} for number, item in enumerate(items, 1)]
    return [{key: one[key] for key in one if key not in left_out} for one in reversed(numbered)]


def test_an_answer_in_another_order() -> None:
    """Each item gets its own id, in whatever order the server answers."""
    with account(made) as crm:
        tags = crm.tags.create(Lead, ["one", "two", "three"])
    assert [(tag.name, tag.id) for tag in tags] == [("one", 1), ("two", 2), ("three", 3)]


def test_an_answer_without_keys() -> None:
    """Items that cannot be told apart are not guessed by their position."""
    with account(lambda items: made(items, "request_id")) as crm:
        with pytest.raises(FlushError, match="does not mention it"):
            crm.tags.create(Lead, ["one", "two"])


def test_a_pipeline_is_found_by_its_name(crm: AmoCRM) -> None:
    """The name gives the pipeline with its stages, an unknown one nothing; a stage knows whether it ends a lead."""
    made = crm.pipelines.create("Продажи", statuses=["Переговоры"])

    found = crm.pipelines.by_name("Продажи")

    assert isinstance(found, Pipeline)
    assert found.id == made.id
    assert [(stage.is_won, stage.is_lost) for stage in (found["Переговоры"], found.won, found.lost)] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert crm.pipelines.by_name("Нет такой") is None


def test_stages_given_as_one_text_are_refused(crm: AmoCRM) -> None:
    """They would be a stage for each letter."""
    with pytest.raises(TypeError, match="statuses"):
        crm.pipelines.create("Sales", statuses="Talks")
