"""Reading a list page by page: what is asked for, whether the server filtered it, and what comes along."""
# GENERATED from src/amocrm/_async/orm/reading.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from copy import copy
from functools import partial
from math import ceil, inf
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from msgspec import UNSET

from amocrm._core.orm.counting import LastPage
from amocrm._core.orm.filters import PAID, Condition, compile_filter, cut_conditions, order_fields
from amocrm._core.orm.identity import Origin
from amocrm._core.orm.lookup_planner import ListSize
from amocrm._core.orm.operations import endpoint, field_kind, filled, resource_of
from amocrm._core.orm.paging import Pager, Rows, has_next, items_of
from amocrm._core.orm.unreadable import unreadable
from amocrm.entities._base import Entity
from amocrm.entities._keys import Sought
from amocrm.errors import FilterError, FilterIgnored
from amocrm.fields._conditions import resolve, unresolved
from amocrm_gen._runtime.wire import Response

from .._primitives import TaskHandle, TaskScope
from .account import AccountState
from .preload import Brought, Loadable, preload

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Reading", "ReadProgress"]

T = TypeVar("T", bound=Entity)
#: Called after each page with the number of pages that were read and of entities that were given.
ReadProgress: TypeAlias = Callable[[int, int], None]


class Reading(Generic[T]):
    """The part of a query that reads.

    Args:
        account: the account.
        cls: class of the entities.
        origin: where they belong to, a session's map or the account's origin.
        operation: what lists them.
        path: parameters of its path.
    """

    def __init__(
        self,
        account: AccountState,
        cls: type[T],
        origin: Origin,
        operation: str,
        path: dict[str, Any] | None = None,
    ) -> None:
        self._account = account
        self._cls: type[T] = cls
        self._origin = origin
        self._operation = operation
        self._path = path or {}
        self._key_of = attrgetter(cls._key_name)
        self._conditions: tuple[Condition, ...] = ()
        self._sought: Sought | None = None
        self._search: str | None = None
        self._order: tuple[str, str] | None = None
        self._relations: tuple[Loadable, ...] = ()
        self._with: tuple[str, ...] = ()
        self._most: int | None = None
        self._size = 250
        self._start = 1
        self._scan = False
        self._overlap = 0
        self._brought = Brought()

    def _entities(self) -> Generator[T]:
        with closing(self._limited()) as pages:
            for page in pages:
                for entity in page:
                    yield entity

    def _limited(self, progress: ReadProgress | None = None) -> Generator[list[T]]:
        """Pages without those that hold nothing, up to the limit."""
        left, pages, rows = self._most, 0, 0
        with closing(self._batches()) as batches:
            for batch in batches:
                page = batch if left is None else batch[:left]
                pages, rows = pages + 1, rows + len(page)
                if progress is not None:
                    progress(pages, rows)
                if page:
                    yield page
                left = None if left is None else left - len(page)
                if left is not None and left <= 0:
                    return

    def _batches(self) -> Generator[list[T]]:
        if any(condition.is_impossible for condition in self._conditions):
            return
        parts = cut_conditions(self._conditions)
        if len(parts) > 1 and self._order is not None:
            raise FilterError(
                f"the values must fit one request to be sorted, got {len(parts)} requests; sort in Python: sorted(...)"
            )
        if len(parts) > 1 and self._start > 1:
            raise ValueError(
                f"start must be 1 where the values take {len(parts)} requests, got {self._start}"
            )
        seen: set[int] = set()
        for conditions in parts:
            part = copy(self)
            part._conditions = conditions
            with closing(part._filtered()) as batches:
                for batch in batches:
                    fresh = [entity for entity in batch if entity.id not in seen] if seen else batch
                    if len(parts) > 1:
                        seen.update(entity.id for entity in fresh)
                    yield fresh

    def _filtered(self) -> Generator[list[T]]:
        filters = self._filters()
        if self._sought is not None:
            self._sought.learn(self._account.region([self._sought.key]))
        pager = self._pager()
        directory = self._account.directory
        if not (filters and self._cls._kind in PAID and directory.filters is False):
            ignored: Sequence[Any] | None = None
            with closing(self._pages(pager, filters, self._sent_order())) as pages:
                for rows in pages:
                    if any(self._fits(item) is False for item in rows.items):
                        ignored = rows.items
                        break
                    yield self._finished(rows)
            if ignored is None:
                return
            if self._cls._kind in PAID:
                directory.filters = False
            pager.restart(map(self._key_of, ignored))
        with closing(self._without_filters(pager)) as batches:
            for batch in batches:
                yield batch

    def _without_filters(self, pager: Pager) -> Generator[list[T]]:
        since = max(
            (
                condition.low
                for condition in self._conditions
                if condition.key == "updated_at" and condition.low
            ),
            default=None,
        )
        if since is None and not self._scan:
            raise self._ignored()
        if self._start > 1:
            raise ValueError(
                "start must be 1 where the server has no filter, because the list is read in another order"
            )
        recent = since is not None and not self._scan
        order = ("updated_at", "desc") if recent else self._sent_order()
        sorting = recent and self._order not in (None, order)
        kept: list[Any] = []
        with closing(self._pages(pager, {}, order)) as pages:
            for rows in pages:
                fitting = rows.only([place for place, item in enumerate(rows.items) if self._fits(item)])
                if sorting:
                    kept.extend(fitting.items)
                else:
                    yield self._finished(fitting)
                if recent and any(
                    item.updated_at is not UNSET and item.updated_at < since for item in rows.items
                ):
                    break
        if sorting and self._order is not None:
            wire, direction = self._order
            kept.sort(key=lambda item: getattr(item, wire), reverse=direction == "desc")
            for start in range(0, len(kept), pager.limit):
                yield self._finished(Rows(kept[start : start + pager.limit], {}))

    def _finished(self, rows: Rows) -> list[T]:
        entities = self._origin.page(self._cls, rows.items)
        for place, names in rows.marks.items():
            entities[place]._ensure_links().unreadable = names
        if self._sought is not None:
            entities = [item for item in entities if self._sought.fits(item)]
        if self._path:
            for entity in entities:
                entity._ensure_links().scope = self._path
        if self._relations:
            preload(
                self._account,
                self._origin,
                entities,
                self._relations,
                self._brought,
            )
        return entities

    def _pages(
        self, pager: Pager, filters: dict[str, Any], order: tuple[str, str] | None
    ) -> Generator[Rows]:
        """Pages in their order, some of them asked for in advance; items that were given before are left out."""
        module = endpoint(self._operation)
        page = module.OP.page
        waiting: deque[TaskHandle[Response]] = deque()
        trips = self._account.connection._sender.round_trips
        with TaskScope(self._account.in_flight) as scope:
            while True:
                started = pager.to_start(trips.smallest)
                for number in started:
                    call = partial(self._page, number, pager.limit, filters, order)
                    # What is waited for at once needs nothing beside this.
                    alone = len(started) == 1 and not waiting
                    waiting.append(TaskHandle(call, None) if alone else scope.start(call))
                if not waiting:
                    return
                response = waiting.popleft().result()
                parsed = module.parse(response)
                items = items_of(parsed, self._key)
                following = page is not None and has_next(parsed)
                fresh = pager.read(map(self._key_of, items), has_next=following)
                for number in pager.to_start(trips.smallest) if pager.overlaps else ():
                    waiting.append(scope.start(partial(self._page, number, pager.limit, filters, order)))
                marks = unreadable(response.drift) if response.drift else {}
                if (behind := pager.behind()) is not None:
                    again = self._page(*behind, filters, order)
                    missed = self._read(again)
                    # Read the drift after the rows: reading them fills it.
                    rows = Rows(missed, unreadable(again.drift) if again.drift else {})
                    yield rows.only(pager.missed(map(self._key_of, missed)))
                yield Rows(items, marks).only(fresh)
                if pager.ended:
                    return

    def _page(
        self, number: int, limit: int, filters: dict[str, Any], order: tuple[str, str] | None
    ) -> Response:
        wanted: dict[str, Any] = {
            **self._path,
            **({} if endpoint(self._operation).OP.page is None else {"page": number, "limit": limit}),
            "with_": self._needs or None,
            "query": self._search if self._sought is None else self._sought.words,
            "filter": filters or None,
            "order": None if order is None else {order[0]: order[1]},
        }
        return self._account.send(endpoint(self._operation).request(**filled(**wanted)))

    @property
    def _needs(self) -> list[str]:
        """Values of ``with`` for what is wanted beside the objects."""
        needs = [relation.needs for relation in self._relations if relation.needs]
        return list(dict.fromkeys((*self._with, *needs)))

    def _read(self, response: Response) -> list[Any]:
        """Return the items of a page."""
        return items_of(endpoint(self._operation).parse(response), self._key)

    @property
    def _key(self) -> str:
        """Key under which a page has its items."""
        page = endpoint(self._operation).OP.page
        return resource_of(self._cls._kind).items if page is None else page.key

    @property
    def _is_compared_here(self) -> bool:
        """Whether the rows that the server lists are not yet those of the query."""
        directory = self._account.directory
        is_unfiltered = bool(self._conditions) and self._cls._kind in PAID and directory.filters is False
        return self._sought is not None or is_unfiltered or len(cut_conditions(self._conditions)) > 1

    @property
    def _most_rows(self) -> int:
        """Rows that a page can have."""
        page = endpoint(self._operation).OP.page
        return 250 if page is None else page.limit

    def _count_pages(self) -> int | None:
        """Return the number of rows that the server lists; None if it ignores the conditions."""
        if any(condition.is_impossible for condition in self._conditions):
            return 0
        filters, size = self._filters(), self._most_rows
        walk = LastPage(size)
        while walk.total is None:
            response = self._page(walk.number, size, filters, self._sent_order())
            parsed = endpoint(self._operation).parse(response)
            items = items_of(parsed, self._key)
            if any(self._fits(item) is False for item in items):
                return None
            walk.read(len(items), has_next=has_next(parsed))
        if not (filters or self._search or self._path):
            pages = max(1, ceil(walk.total / size))
            self._account.directory.sizes[self._cls._kind] = ListSize(pages, pages)
        return walk.total

    # ---- deciding

    def _pager(self) -> Pager:
        most = min(self._size, self._most_rows)
        wanted = self._most if self._sought is None else None  # a page of hits may hold none that fits
        size = most if wanted is None else max(1, min(most, wanted))
        enough = inf if wanted is None else ceil(wanted / size)
        return Pager(size, self._account.max_prefetch, self._overlap, enough=enough, start=self._start)

    def _sent_order(self) -> tuple[str, str] | None:
        if self._order is not None or self._cls._order is None:
            return self._order
        return ("id", "asc") if "id" in order_fields(self._cls._order) else None

    def _filters(self) -> dict[str, Any]:
        kind = field_kind(self._cls._kind, self._path.get("catalog_id"))
        if any(map(unresolved, self._conditions)):
            self._account.definitions(kind)
        definitions = self._account.directory.fields.get(kind)
        return compile_filter(
            self._conditions, self._cls._filter, lambda condition: resolve(condition, definitions)
        )

    def _fits(self, item: Any) -> bool | None:
        verdicts = [condition.fits(item) for condition in self._conditions]
        if False in verdicts:
            return False
        return None if None in verdicts else True

    def _ignored(self) -> FilterIgnored:
        keys = tuple(str(condition.key) for condition in self._conditions)
        kind = self._cls._kind
        option = (
            "the plan of this account has no filters by API (is_api_filter_enabled is false). Add a condition "
            "updated_at >= …: every account filters by it, and the client compares the rest. Or add .scan() to the "
            "query: it reads the whole list and compares here"
        )
        said = option if kind in PAID else "compare in Python"
        return FilterIgnored(
            f"the server ignored the filter of {kind} by {', '.join(keys)}: {said}",
            entity_type=kind,
            keys=keys,
        )
