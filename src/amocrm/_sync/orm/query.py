"""Reading lists: conditions, order, related entities, all pages."""
# GENERATED from src/amocrm/_async/orm/query.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from copy import copy
from typing import Any, TypeVar

from amocrm._core.arguments import checked, shown
from amocrm._core.orm.filters import Condition, compile_filter, order_fields
from amocrm._core.orm.identity import check_hosts
from amocrm.entities._attributes import Attribute
from amocrm.entities._base import Entity
from amocrm.entities._keys import Sought
from amocrm.errors import FilterError

from .preload import Loadable, check_loadable
from .query_results import QueryResults

__all__ = ["Query"]

T = TypeVar("T", bound=Entity)


@checked(
    own=("where",),
    relations="write a relation such as Lead.contacts",
    attribute="write an attribute such as Lead.id",
)
class Query(QueryResults[T]):
    """A list of entities, read when it is iterated. Every method returns a new query.

    Without an order the list is read by ascending id where it can be: what is created meanwhile
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

    def __repr__(self) -> str:
        shown = (
            [f".where({', '.join(condition.shown for condition in self._conditions)})"]
            if self._conditions
            else []
        )
        if self._sought is not None:
            shown.append(f".where({self._sought.shown})")
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
                compared = " (what Python makes of == or != here; the API cannot filter by !=)" * isinstance(
                    condition, bool
                )
                raise TypeError(
                    f"where() must be given conditions, got {shown(condition)}{compared}; "
                    f"write for example {self._cls.__name__}.id.is_(1) or {self._cls.__name__}.id.in_(1, 2)"
                )
            if condition.kind != self._cls._kind:
                raise FilterError(
                    f"conditions of this query must be on {self._cls._kind}, got {condition.shown} on {condition.kind}; query those instead"
                )
            check_hosts(condition.shown, condition.account, self._account.directory.host)
        changed = copy(self)
        searched = [condition for condition in conditions if condition.op == "search"]
        if searched:
            if len(searched) > 1 or self._sought is not None or self._search is not None:
                raise FilterError(
                    f"a query must search for one thing, got {searched[-1].shown} beside another; search for one and compare the other in Python"
                )
            changed._sought = Sought(searched[0])
        changed._conditions = (*self._conditions, *(item for item in conditions if item.op != "search"))
        compile_filter((item for item in changed._conditions if item.field_type is None), self._cls._filter)
        return changed

    def search(self, text: str) -> Query[T]:
        """Full-text search over the filled fields; works in every account."""
        if self._sought is not None:
            raise FilterError(
                f"a query must search for one thing, got {text!r} beside {self._sought.shown}; "
                "search for one and compare the other in Python"
            )
        changed = copy(self)
        changed._search = text
        return changed

    def order_by(self, attribute: Attribute[Any, Any], *, desc: bool = False) -> Query[T]:
        """Sorts by one attribute.

        Raises:
            FilterError: the list cannot be sorted by it.
        """
        wires = () if self._cls._order is None else order_fields(self._cls._order)
        wire = attribute.wire if isinstance(attribute, Attribute) else ""
        if wire not in wires:
            raise FilterError(
                f"{self._cls._kind} cannot be sorted by {shown(attribute)}; "
                + (
                    f"the list can be sorted by {', '.join(wires)}"
                    if wires
                    else "sort in Python: sorted(...)"
                )
            )
        changed = copy(self)
        changed._order = (wire, "desc" if desc else "asc")
        return changed

    def preload(self, *relations: Loadable) -> Query[T]:
        """Read related entities along, page by page, in one request for 250 of them.

        Without the filter option there is no list by ids: then it is a request for each, or the whole list of
        the other kind where that takes fewer requests, kept in memory while the query is used.

        Args:
            relations: ``Lead.contacts``, ``Lead.company``, ``Lead.responsible``, ``Lead.status``, and what a
                list shows only when asked, such as ``Lead.loss_reason`` and ``Lead.source_id`` (no request).
        """
        for relation in relations:
            check_loadable(relation, self._cls)
        changed = copy(self)
        changed._relations = (*self._relations, *relations)
        return changed

    def with_(self, *names: str) -> Query[T]:
        """Asks the list to show more; the names are those of the API, such as ``only_deleted``."""
        changed = copy(self)
        changed._with = (*self._with, *names)
        return changed

    def page_size(self, rows: int) -> Query[T]:
        """Entities in a page, 250 at most; smaller pages are more requests.

        Example:
            >>> for page in crm.leads.query().page_size(50).pages():
            ...     print(len(page))
        """
        if not 1 <= rows <= 250:
            raise ValueError(f"rows must be a number from 1 to 250, got {rows!r}")
        changed = copy(self)
        changed._size = rows
        return changed

    def scan(self) -> Query[T]:
        """Allow reading the whole list and comparing here, where the account has no filter option."""
        changed = copy(self)
        changed._scan = True
        return changed

    def overlap(self, rows: int) -> Query[T]:
        """Read the last rows of each page again once the next page was read, at a request for each page.

        While a list is read, a deletion moves the rows behind it forward, some of them to a page that was
        read already. With this, up to ``rows`` deletions between two pages lose nothing.

        Args:
            rows: deletions to survive; rounded up to a divisor of the page (1, 2, 5, 10, 25, 50, 125, 250).
        """
        if rows < 0:
            raise ValueError(
                f"overlap() must be given a number of rows >= 0, got {rows!r}; write overlap(50)"
            )
        changed = copy(self)
        changed._overlap = rows
        return changed
