"""Pages and items of a paged operation, one request after the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

Load = Callable[[str], Any]


class Lists:
    """Answers with the pages of a list of things, with 204 after the last one."""

    def __init__(self, response: Any, pages: list[list[int]]) -> None:
        self.response, self.pages, self.targets = response, pages, list[str]()

    def send(self, request: Any, /) -> Any:
        """Answer with the page that is asked for."""
        self.targets.append(request.target)
        number = int(dict(part.split("=") for part in request.query.split("&"))["page"])
        if number > len(self.pages):
            return self.response(status=204)
        links = {"next": {"href": "/elsewhere"}} if number < len(self.pages) else {}
        things = [{"id": one, "must": 1} for one in self.pages[number - 1]]
        body = {"_page": number, "_links": links, "_embedded": {"things": things}}
        return self.response(status=200, content=json.dumps(body).encode())


class AsyncLists(Lists):
    """The same for coroutines."""

    async def send(self, request: Any, /) -> Any:  # type: ignore[override]
        """Answer with the page that is asked for."""
        return super().send(request)


def walked(load: Load, pages: list[list[int]], form: str, **arguments: Any) -> tuple[list[Any], list[str]]:
    """What an iterator gives and the requests it makes; the async one must do the same."""
    operation, response = load("api.things.list_things"), load("_runtime.wire").Response
    lists, other = Lists(response, pages), AsyncLists(response, pages)

    async def collected() -> list[Any]:
        return [one async for one in getattr(operation, f"async_{form}")(other, **arguments)]

    found = list(getattr(operation, form)(lists, **arguments))
    assert (found, lists.targets) == (asyncio.run(collected()), other.targets)
    return found, lists.targets


def test_items_come_from_all_pages_of_the_largest_size(load: Load) -> None:
    """The limit is that of the description; the page that names no next one is the last."""
    things, targets = walked(load, [[1, 2], [3, 4], [5]], "items")

    assert [thing.id for thing in things] == [1, 2, 3, 4, 5]
    assert targets == [f"/api/v4/things?page={number}&limit=250" for number in (1, 2, 3)]


def test_pages_start_where_they_are_told_to_and_keep_the_other_arguments(load: Load) -> None:
    """The first page, its size and a filter can be given, as in one call."""
    pages, targets = walked(load, [[1], [2], [3]], "pages", page=2, limit=1, filter={"id": [1, 2, 3]})

    assert [page.page for page in pages] == [2, 3]
    assert targets == [
        f"/api/v4/things?page={number}&limit=1&filter[id][]=1&filter[id][]=2&filter[id][]=3"
        for number in (2, 3)
    ]


def test_an_empty_list_is_one_empty_page(load: Load) -> None:
    """204 is a page without items and without a next one."""
    assert walked(load, [], "items") == ([], ["/api/v4/things?page=1&limit=250"])
    (page,), _ = walked(load, [], "pages")
    assert page.embedded.things == []


def test_a_page_is_asked_for_when_it_is_needed(load: Load) -> None:
    """Whoever stops after the first item has made one request."""
    lists = Lists(load("_runtime.wire").Response, [[1], [2]])
    assert next(load("api.things.list_things").items(lists)).id == 1
    assert len(lists.targets) == 1


def test_only_paged_operations_have_iterators(load: Load) -> None:
    """What answers with one object has no pages."""
    assert not hasattr(load("api.things.get_thing"), "pages")
