"""Operation: one signature, from which all its call variants are derived.

The decorated function makes the request and is the only place where the arguments are written; its return
annotation says what the answer becomes. ``sync``, ``asyncio`` and the others take the same arguments beside a client.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, Generic, ParamSpec, TypeVar

from .encoding import check_values
from .op import Op
from .wire import AsyncClient, Client, Detailed, ItemsOf, Request, RequestOf, Response, detailed

__all__ = ["Operation", "PagedOperation", "operation", "paged"]

P = ParamSpec("P")
R = TypeVar("R")
I = TypeVar("I")  # noqa: E741
_NONE: Mapping[int, str] = {}


class Operation(Generic[P, R]):
    """One operation of the API.

    Args:
        op: its facts.
        model: text of what an answer becomes, classes by area: ``leads.Lead``.
        models: the same for success statuses that are answered otherwise.
        request: the function that makes the request.
    """

    def __init__(
        self, op: Op, model: str, models: Mapping[int, str], request: Callable[P, RequestOf[R]]
    ) -> None:
        self.OP, self.request, self._model, self._models = op, request, model, models
        self.__name__, self.__module__, self.__doc__ = op.id, request.__module__, request.__doc__

    def __repr__(self) -> str:
        return f"<operation {self.OP.tag}.{self.OP.id}: {self.OP.method} {self.OP.path}>"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> RequestOf[R]:
        """Make the request without sending it."""
        return self.request(*args, **kwargs)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self.request)

    @cached_property
    def model(self) -> Any:
        """What an answer becomes: a model, a list or mapping of them, ``bytes``, or ``None``."""
        return self._resolved(self._model)

    @cached_property
    def models(self) -> Mapping[int, Any]:
        """The same for success statuses that are answered otherwise."""
        return {status: self._resolved(text) for status, text in self._models.items()}

    def _resolved(self, text: str) -> Any:
        return eval(text, {}, _Areas(f"{self.__module__.partition('.')[0]}.models"))

    def parse(self, response: Response) -> R:
        """Read an answer.

        Raises:
            APIError: the answer has an error status.
            DecodeError: the answer cannot be understood.
        """
        from .reader import read  # imported with the first answer

        parsed: R = read(self.OP, response, self.models.get(response.status, self.model))
        return parsed

    def _checked(self, args: Any, kwargs: Any) -> RequestOf[R]:
        """Make the request of a raw call, whose values were not checked before."""
        for name, value in (*enumerate(args), *kwargs.items()):
            if not isinstance(value, str | bytes):  # the content of a file is bytes
                check_values(value, name if isinstance(name, str) else "body")
        request: Callable[..., RequestOf[R]] = self.request
        return request(*args, **kwargs)

    def sync(self, client: Client, *args: P.args, **kwargs: P.kwargs) -> R:
        """Send the request and return the parsed answer; the arguments are those of ``request``.

        Args:
            client: object that can send a request, such as ``amocrm.AmoCRM``.
            *args: arguments of ``request``.
            **kwargs: keyword arguments of ``request``.

        Raises:
            APIError: the answer has an error status.
            DecodeError: the answer does not match the description.
        """
        return self.parse(client.send(self._checked(args, kwargs)))

    def sync_detailed(self, client: Client, *args: P.args, **kwargs: P.kwargs) -> Detailed[R]:
        """Do what ``sync`` does, with status, headers, raw bytes and drift beside the parsed value."""
        response = client.send(self._checked(args, kwargs))
        return detailed(self.parse(response), response)

    async def asyncio(self, client: AsyncClient, *args: P.args, **kwargs: P.kwargs) -> R:
        """Do what ``sync`` does, for coroutines."""
        return self.parse(await client.send(self._checked(args, kwargs)))

    async def asyncio_detailed(self, client: AsyncClient, *args: P.args, **kwargs: P.kwargs) -> Detailed[R]:
        """Do what ``sync_detailed`` does, for coroutines."""
        response = await client.send(self._checked(args, kwargs))
        return detailed(self.parse(response), response)


class PagedOperation(Operation[P, R], Generic[P, R, I]):
    """An operation that answers with one page of a list.

    The iterators ask for one page after the other, the largest there is unless ``limit`` says otherwise, and end with
    the page that names no next one. Each page is a request through the client, within its limits.
    """

    def pages(self, client: Client, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        """Iterate over the pages, from the first or from ``page`` on.

        Example:
            for page in list_leads.pages(crm, filter={"id": [1, 2]}): ...
        """
        number = _first(kwargs)
        while True:
            page = self.parse(client.send(self._at(number, args, kwargs)))
            yield page
            if not _has_next(page):
                return
            number += 1

    def items(self, client: Client, *args: P.args, **kwargs: P.kwargs) -> Iterator[I]:
        """Iterate over the items of all pages.

        Example:
            for lead in list_leads.items(crm): print(lead.id)
        """
        for page in self.pages(client, *args, **kwargs):
            yield from self._items(page)

    async def async_pages(self, client: AsyncClient, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[R]:
        """Do what ``pages`` does, for coroutines."""
        number = _first(kwargs)
        while True:
            page = self.parse(await client.send(self._at(number, args, kwargs)))
            yield page
            if not _has_next(page):
                return
            number += 1

    async def async_items(self, client: AsyncClient, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[I]:
        """Do what ``items`` does, for coroutines."""
        async for page in self.async_pages(client, *args, **kwargs):
            for item in self._items(page):
                yield item

    def _at(self, number: int, args: Any, kwargs: Any) -> Request:
        limit = kwargs.get("limit") or (None if self.OP.page is None else self.OP.page.limit)
        request: Callable[..., Request] = self.request
        return request(*args, **{**kwargs, "page": number, "limit": limit})

    def _items(self, page: Any) -> list[I]:
        items: list[I] = [] if self.OP.page is None else getattr(page.embedded, self.OP.page.key)
        return items


def operation(
    op: Op, model: str, models: Mapping[int, str] = _NONE
) -> Callable[[Callable[P, RequestOf[R]]], Operation[P, R]]:
    """Make an operation of the decorated function."""
    return lambda request: Operation(op, model, models, request)


def paged(op: Op, model: str) -> Callable[[Callable[P, ItemsOf[R, I]]], PagedOperation[P, R, I]]:
    """Make an operation with iterators of the decorated function."""
    return lambda request: PagedOperation(op, model, _NONE, request)


class _Areas(dict[str, Any]):
    """The modules of models by area, imported when a name asks for one."""

    def __init__(self, package: str) -> None:
        super().__init__(Any=Any)
        self._package = package

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        return import_module(f"{self._package}.{name}")


def _first(arguments: Any) -> int:
    number: int = arguments.get("page") or 1
    return number


def _has_next(page: Any) -> bool:
    links = page.links
    return bool(links) and bool(links.next)
