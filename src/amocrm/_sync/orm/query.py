"""Reading lists: conditions, order, related entities, all pages."""
# GENERATED from src/amocrm/_async/orm/query.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import closing
from copy import copy
from functools import partial
from math import ceil, inf
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from msgspec import UNSET

from amocrm._core.orm.filters import PAID, Condition, compile_filter, cut_conditions, order_fields
from amocrm._core.orm.identity import Origin, check_hosts
from amocrm._core.orm.operations import endpoint
from amocrm._core.orm.paging import Pager, Rows, has_next, items_of
from amocrm._core.orm.unreadable import unreadable
from amocrm.entities._attributes import Attribute
from amocrm.entities._base import Entity
from amocrm.errors import FilterError, FilterIgnored
from amocrm.fields._conditions import resolve, unresolved
from amocrm_gen._runtime.wire import Response

from .._primitives import TaskHandle, TaskScope
from .account import AccountState
from .preload import Loadable, check_loadable, preload
from .query_results import QueryResults

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Query"]

T = TypeVar("T", bound=Entity)


class Query(QueryResults[T]):
    """A list of entities, read when it is iterated. Every method returns a new query.

    Without an order the list is read by ascending id where it can be, so that what is created meanwhile
    disturbs nothing; an item on two pages is given once. A row that a deletion moves to a page already
    read is missed, unless ``overlap`` reads the ends of pages again: the API has no cursor.

    Filters of leads, contacts and companies are a paid option of the account, and ignored without a word
    where it is missing. Every answer is therefore checked against its filter. Where it was ignored, a
    query with ``updated_at >= x`` is answered by reading from the newest and stopping early; any other
    raises ``FilterIgnored`` unless it was allowed to ``scan()``.

    Example:
        >>> for deal in crm.query(Deal).where(Deal.updated_at >= yesterday).preload(Deal.contacts):
        ...     print(deal.name)
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
        self._cls = cls
        self._origin = origin
        self._operation = operation
        self._path = path or {}
        self._conditions: tuple[Condition, ...] = ()
        self._search: str | None = None
        self._order: tuple[str, str] | None = None
        self._relations: tuple[Loadable, ...] = ()
        self._one_by_one = False
        self._with: tuple[str, ...] = ()
        self._most: int | None = None
        self._scan = False
        self._overlap = 0
        self._cache: WeakValueDictionary[tuple[str, int], Any] = WeakValueDictionary()

    def __repr__(self) -> str:
        shown = [f".where({', '.join(one.shown for one in self._conditions)})"] if self._conditions else []
        if self._search is not None:
            shown.append(f".search({self._search!r})")
        if self._order is not None:
            shown.append(f".order_by({self._order[0]}{', desc' * (self._order[1] == 'desc')})")
        if self._relations:
            shown.append(f".preload({', '.join(map(repr, self._relations))})")
        if self._most is not None:
            shown.append(f".limit({self._most})")
        return f"<{type(self).__name__} of {self._cls.__name__}{''.join(shown)}>"

    # ---- building

    def where(self, *conditions: Condition) -> Query[T]:
        """Only entities that fit all conditions.

        Raises:
            FilterError: the conditions belong to another list or exclude each other.
            ValueError: a condition names a user or stage of another account; bare ids cannot be checked.
        """
        for condition in conditions:
            if not isinstance(condition, Condition):
                compared = "; == and != compare objects, use .is_(value)" * isinstance(condition, bool)
                raise TypeError(
                    f"where() takes conditions such as {self._cls.__name__}.id.in_(1, 2), not {condition!r}{compared}"
                )
            if condition.kind != self._cls._kind:
                raise FilterError(
                    f"{condition.shown} is a condition on {condition.kind}, not on {self._cls._kind}"
                )
            check_hosts(condition.shown, condition.account, self._account.directory.host)
        changed = copy(self)
        changed._conditions = (*self._conditions, *conditions)
        compile_filter((one for one in changed._conditions if one.field_type is None), self._cls._filter)
        return changed

    def search(self, text: str) -> Query[T]:
        """Full-text search over the filled fields; works in every account."""
        changed = copy(self)
        changed._search = text
        return changed

    def order_by(self, attribute: Attribute[Any, Any], *, desc: bool = False) -> Query[T]:
        """Sorts by one attribute.

        Raises:
            FilterError: the list cannot be sorted by it.
        """
        known = () if self._cls._order is None else order_fields(self._cls._order)
        wire = attribute.wire if isinstance(attribute, Attribute) else ""
        if wire not in known:
            raise FilterError(
                f"{self._cls._kind} cannot be sorted by {attribute!r}; "
                + (
                    f"the list can be sorted by {', '.join(known)}"
                    if known
                    else "sort in Python: sorted(...)"
                )
            )
        changed = copy(self)
        changed._order = (wire, "desc" if desc else "asc")
        return changed

    def preload(self, *relations: Loadable, one_by_one: bool = False) -> Query[T]:
        """Reads related entities along, page by page, in one request for 250 of them.

        Args:
            relations: ``Lead.contacts``, ``Lead.company``, ``Lead.responsible``, ``Lead.status``, and what a
                list shows only when asked, such as ``Lead.loss_reason`` and ``Lead.source_id`` (no request).
            one_by_one: in an account without the filter option there is no list by ids; then make one
                request for each entity instead of refusing.
        """
        for relation in relations:
            check_loadable(relation, self._cls)
        changed = copy(self)
        changed._relations = (*self._relations, *relations)
        changed._one_by_one = self._one_by_one or one_by_one
        return changed

    def with_(self, *names: str) -> Query[T]:
        """Asks the list to show more; the names are those of the API, such as ``only_deleted``."""
        changed = copy(self)
        changed._with = (*self._with, *names)
        return changed

    def limit(self, most: int) -> Query[T]:
        """At most so many entities."""
        if isinstance(most, bool) or not isinstance(most, int) or most < 0:
            raise ValueError(f"limit() takes a number of entities, not {most!r}")
        changed = copy(self)
        changed._most = most
        return changed

    def scan(self) -> Query[T]:
        """Allows reading the whole list and comparing here, where the account has no filter option."""
        changed = copy(self)
        changed._scan = True
        return changed

    def overlap(self, rows: int) -> Query[T]:
        """Reads the last rows of each page again once the next page was read, at a request for each page.

        While a list is read, a deletion moves the rows behind it forward, some of them to a page that was
        read already. With this, up to ``rows`` deletions between two pages lose nothing.

        Args:
            rows: deletions to survive; rounded up to a divisor of the page (1, 2, 5, 10, 25, 50, 125, 250).
        """
        if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
            raise ValueError(f"overlap() takes a number of rows, not {rows!r}")
        changed = copy(self)
        changed._overlap = rows
        return changed

    # ---- reading

    def __iter__(self) -> Generator[T]:
        return self._entities()

    def _entities(self) -> Generator[T]:
        left = self._most
        with closing(self._batches()) as batches:
            for batch in batches:
                for entity in batch:
                    if left is not None:
                        if left <= 0:
                            return
                        left -= 1
                    yield entity
                if left == 0:
                    return

    def _batches(self) -> Generator[list[T]]:
        if any(condition.is_impossible for condition in self._conditions):
            return
        parts = cut_conditions(self._conditions)
        if len(parts) > 1 and self._order is not None:
            raise FilterError(
                f"the values must fit one request to be sorted, got {len(parts)} requests; sort in Python: sorted(...)"
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
            pager.restart(item.id for item in ignored)
        with closing(self._without_filters(pager)) as batches:
            for batch in batches:
                yield batch

    def _without_filters(self, pager: Pager) -> Generator[list[T]]:
        since = max(
            (one.low for one in self._conditions if one.key == "updated_at" and one.low), default=None
        )
        if since is None and not self._scan:
            raise self._ignored()
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
        if "entity_type" in self._path and self._cls._kind == "notes":
            for entity in entities:
                entity._ensure_links().scope = self._path
        if self._relations:
            preload(
                self._account,
                self._origin,
                entities,
                self._relations,
                one_by_one=self._one_by_one,
                cache=self._cache,
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
                for number in pager.to_start(trips.smallest):
                    waiting.append(scope.start(partial(self._page, number, pager.limit, filters, order)))
                if not waiting:
                    return
                response = waiting.popleft().result()
                parsed = module.parse(response)
                items = items_of(parsed, "" if page is None else page.key)
                following = page is not None and has_next(parsed)
                fresh = pager.read((item.id for item in items), has_next=following)
                for number in pager.to_start(trips.smallest) if pager.overlaps else ():
                    waiting.append(scope.start(partial(self._page, number, pager.limit, filters, order)))
                marks = unreadable(response.drift) if response.drift else {}
                if (behind := pager.behind()) is not None:
                    again = self._page(*behind, filters, order)
                    missed = self._read(again)
                    # Read the drift after the rows: reading them fills it.
                    rows = Rows(missed, unreadable(again.drift) if again.drift else {})
                    yield rows.only(pager.missed(item.id for item in missed))
                yield Rows(items, marks).only(fresh)
                if pager.ended:
                    return

    def _page(
        self, number: int, limit: int, filters: dict[str, Any], order: tuple[str, str] | None
    ) -> Response:
        needs = [relation.needs for relation in self._relations if relation.needs]
        wanted: dict[str, Any] = {
            **self._path,
            "page": number,
            "limit": limit,
            "with_": list(dict.fromkeys((*self._with, *needs))) or None,
            "query": self._search,
            "filter": filters or None,
            "order": None if order is None else {order[0]: order[1]},
        }
        given = {key: value for key, value in wanted.items() if value is not None}
        return self._account.send(endpoint(self._operation).request(**given))

    def _read(self, response: Response) -> list[Any]:
        """The items of a page."""
        module = endpoint(self._operation)
        return items_of(module.parse(response), "" if module.OP.page is None else module.OP.page.key)

    # ---- deciding

    def _pager(self) -> Pager:
        page = endpoint(self._operation).OP.page
        most = 250 if page is None else page.limit
        size = most if self._most is None else max(1, min(most, self._most))
        enough = inf if self._most is None else ceil(self._most / size)
        return Pager(size, self._account.max_prefetch, self._overlap, enough=enough)

    def _sent_order(self) -> tuple[str, str] | None:
        if self._order is not None or self._cls._order is None:
            return self._order
        return ("id", "asc") if "id" in order_fields(self._cls._order) else None

    def _filters(self) -> dict[str, Any]:
        if any(map(unresolved, self._conditions)):
            self._account.definitions(self._cls._kind)
        definitions = self._account.directory.fields.get(self._cls._kind)
        return compile_filter(
            self._conditions, self._cls._filter, lambda condition: resolve(condition, definitions)
        )

    def _fits(self, item: Any) -> bool | None:
        verdicts = [condition.fits(item) for condition in self._conditions]
        if False in verdicts:
            return False
        return None if None in verdicts else True

    def _ignored(self) -> FilterIgnored:
        keys = tuple(str(one.key) for one in self._conditions)
        kind = self._cls._kind
        option = (
            "the account has no filter option (is_api_filter_enabled), and amoCRM ignores filters without it. "
            "Add a condition updated_at >= …, which works in every account, or allow reading the whole list: .scan()"
        )
        said = option if kind in PAID else "compare in Python"
        return FilterIgnored(
            f"the server ignored the filter of {kind} by {', '.join(keys)}: {said}",
            entity_type=kind,
            keys=keys,
        )
