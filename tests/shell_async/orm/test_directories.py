"""What is created in the directories of an account is told apart by the keys of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from amocrm import Lead, Pipeline
from amocrm._async.client import AsyncAmoCRM
from amocrm.errors import FlushError

pytestmark = pytest.mark.anyio


def account(answer: Callable[[list[dict[str, Any]]], list[Mapping[str, Any]]]) -> AsyncAmoCRM:
    """A client of a server that answers the items of a request as it is told."""

    def handle(request: httpx.Request) -> httpx.Response:
        items = answer(json.loads(request.content))
        return httpx.Response(200, json={"_total_items": len(items), "_embedded": {"tags": items}})

    return AsyncAmoCRM("demo", token="t", http_transport=httpx.MockTransport(handle))


def made(items: list[dict[str, Any]], *left_out: str) -> list[Mapping[str, Any]]:
    """The items with ids, in the reverse order."""
    numbered = [{"id": number, **item} for number, item in enumerate(items, 1)]
    return [{key: one[key] for key in one if key not in left_out} for one in reversed(numbered)]


async def test_an_answer_in_another_order() -> None:
    """Each item gets its own id, in whatever order the server answers."""
    async with account(made) as crm:
        tags = await crm.tags.create(Lead, ["one", "two", "three"])
    assert [(tag.name, tag.id) for tag in tags] == [("one", 1), ("two", 2), ("three", 3)]


async def test_an_answer_without_keys() -> None:
    """Items that cannot be told apart are not guessed by their position."""
    async with account(lambda items: made(items, "request_id")) as crm:
        with pytest.raises(FlushError, match="does not mention it"):
            await crm.tags.create(Lead, ["one", "two"])


async def test_a_pipeline_is_found_by_its_name(crm: AsyncAmoCRM) -> None:
    """The name gives the pipeline with its stages, an unknown one nothing; a stage knows whether it ends a lead."""
    made = await crm.pipelines.create("Продажи", statuses=["Переговоры"])

    found = await crm.pipelines.by_name("Продажи")

    assert isinstance(found, Pipeline)
    assert found.id == made.id
    assert [(stage.is_won, stage.is_lost) for stage in (found["Переговоры"], found.won, found.lost)] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert await crm.pipelines.by_name("Нет такой") is None


async def test_stages_given_as_one_text_are_refused(crm: AsyncAmoCRM) -> None:
    """They would be a stage for each letter."""
    with pytest.raises(TypeError, match="statuses"):
        await crm.pipelines.create("Sales", statuses="Talks")
