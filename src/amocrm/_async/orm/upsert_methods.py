"""The methods of a session that find, update or create."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from amocrm._core.arguments import checked
from amocrm._core.orm.lookup_planner import Find
from amocrm.entities._base import Entity
from amocrm.entities._keys import KeyLike
from amocrm.entities._upserts import OnKeyless, OnMany, OnRepeat, Upserts

from .account import AsyncAccountState
from .session_objects import AsyncSessionObjects
from .upserting import AsyncUpserting, Rules

__all__ = ["AsyncUpsertMethods"]

T = TypeVar("T", bound=Entity)


@checked(own=("add",), key="write key=Contact.phone, or a Key of several parts")
class AsyncUpsertMethods(AsyncSessionObjects):
    """Find, update or create, for a session."""

    def __init__(self, account: AsyncAccountState) -> None:
        super().__init__(account)
        self._upserts = AsyncUpserting(account, self._map)

    def upsert(
        self,
        row: T,
        *,
        key: KeyLike,
        new: Mapping[str, Any] | None = None,
        on_many: OnMany[T] = "reject",
        replace: Collection[Any] = (),
        sure: bool = False,
    ) -> T:
        """Let a new object become the record that has its key, or be created; return it.

        Nothing is sent: rows of one class and key are looked up together by ``look_up`` or by the commit. Only
        what differs from the record is sent. What the row does not set stays, ``None`` clears; tags, links, numbers,
        addresses and options are added to. Rows of several calls with one key are joined, the later values win.

        Args:
            row: a new object; link others to it as to any other.
            key: an attribute or field, a tuple of them, a ``Key`` or ``any_of(…)``.
            new: values for a record that is created, by attribute. Put the stage of a lead here: as a value of the
                row it would move a found lead back.
            on_many: what several records mean: ``"reject"`` the row with ``AmbiguousKey``, take the ``"oldest"`` or
                ``"newest"``, ``"skip"`` the row, or a function of the row and the records that returns one or None.
            replace: fields whose values the row replaces instead of adding to them.
            sure: read the whole list rather than trust a search that finds nothing.

        Raises:
            ValueError: the row stands for a record already or is in a session.
            TypeError: the key is none of the row's class.

        Example:
            >>> anna = s.upsert(Contact(name="Анна", phone="8 900 123-45-67"), key=Contact.phone)
            >>> s.add(Lead(name="Заявка", contacts=[anna]))
        """
        rules = Rules(new=new, on_many=on_many, on_repeat="merge", replace=replace, sure=sure)
        self._upserts.take([row], key, rules, self.add)
        return row

    def upsert_all(
        self,
        rows: Iterable[T],
        *,
        key: KeyLike,
        new: Mapping[str, Any] | None = None,
        on_many: OnMany[T] = "reject",
        on_repeat: OnRepeat = "error",
        on_keyless: OnKeyless = "reject",
        replace: Collection[Any] = (),
        find: Find = "auto",
        sure: bool = True,
    ) -> Upserts[T]:
        """Let new objects become the records that have their keys, or be created; see ``upsert``.

        With the filter option an order number takes one request for as many values as 7,000 bytes hold. Without
        it, and for phones and addresses, the list is read (a request for 250 records) or, with ``sure=False``, one
        search is made for each key where that takes fewer requests.

        Args:
            rows: new objects.
            key: see ``upsert``.
            new: see ``upsert``.
            on_many: see ``upsert``.
            replace: see ``upsert``.
            on_repeat: what different rows of one key mean: ``RepeatedKey``, the ``"last"`` one, or ``"merge"`` them,
                the later values win. Equal rows are one row.
            on_keyless: what a row without a key means: ``"reject"``, ``"create"`` it or ``"skip"`` it.
            find: ``"auto"``, ``"filter"``, ``"search"`` or ``"list"``.
            sure: never trust a search that finds nothing.

        Returns:
            An entry for each row; what they say is final when the commit has ended.

        Raises:
            ValueError: a row stands for a record already or is in a session.
            TypeError: the key is none of the rows' class.

        Example:
            >>> found = s.upsert_all([Deal(order="A-17", price=5)], key=Deal.order, new={"status": sales.new})
        """
        rules = Rules(
            new=new,
            on_many=on_many,
            on_repeat=on_repeat,
            on_keyless=on_keyless,
            replace=replace,
            find=find,
            sure=sure,
        )
        return self._upserts.take(rows, key, rules, self.add)

    async def look_up(self) -> None:
        """Make the look-ups of all upserts now; ``plan`` is exact afterwards. A commit makes those that are left.

        Raises:
            RepeatedKey: rows of one call have one key and different values; nothing was written.

        Example:
            >>> await s.look_up()
            >>> print(s.plan())
        """
        await self._upserts.look_up()
