"""Find, update or create: rows become the records that have their key, before a commit is planned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, Unpack

import msgspec

from amocrm._core.arguments import checked
from amocrm._core.orm.identity import IdentityMap, Origin
from amocrm._core.orm.outcome import Outcome, Report, Result
from amocrm.entities._adopting import adopt, join_links
from amocrm.entities._base import Entity
from amocrm.entities._keys import KeyLike, checked_key
from amocrm.entities._merging import absorb_found, content, fill_new, move_changes, redirect
from amocrm.entities._upserts import Rules, UpsertEntry, UpsertRules, Upserts
from amocrm.errors import AmbiguousKey, AmoCRMError, RepeatedKey

from .account import AsyncAccountState
from .finding import AsyncFinding, Place
from .session_objects import AsyncSessionObjects

__all__ = ["AsyncUpsertMethods", "AsyncUpserting", "in_words"]

T = TypeVar("T", bound=Entity)


@checked(own=("add",), key="write key=Contact.phone, or a Key of several parts")
class AsyncUpsertMethods(AsyncSessionObjects):
    """Find, update or create, for a session."""

    _upserts: AsyncUpserting

    def upsert(self, row: T, *, key: KeyLike, **rules: Unpack[UpsertRules[T]]) -> T:
        """Let a new object become the record that has its key, or be created; return it.

        Nothing is sent: rows of one class and key are looked up together by ``look_up`` or by the commit. Only
        what differs from the record is sent. What the row does not set stays, ``None`` clears; tags, links, numbers,
        addresses and options are added to. Rows of several calls with one key are joined, the later values win.

        Args:
            row: a new object; link others to it as to any other.
            key: an attribute or field, a tuple of them, a ``Key`` or ``any_of(…)``.
            new: values for a record that is created, by attribute. Put the stage of a lead here: as a value of the
                row it would move a found lead back.
            on_many: what several records mean: ``"reject"`` the row with ``AmbiguousKey`` (the default), take the
                ``"oldest"`` or ``"newest"``, ``"skip"`` the row, or a function of the row and the records that
                returns one or None.
            replace: fields whose values the row replaces instead of adding to them, such as ``{Contact.phones}``.
            sure: read the whole list rather than trust a search that finds nothing; False by default.
            on_repeat, on_keyless, find: see ``upsert_all``; ``on_repeat`` is ``"merge"`` by default.

        Raises:
            ValueError: the row stands for a record already or is in a session.
            TypeError: the key is none of the row's class, or ``replace`` names anything but its fields.

        Example:
            >>> anna = s.upsert(Contact(name="Анна", phone="8 900 123-45-67"), key=Contact.phone)
            >>> s.add(Lead(name="Заявка", contacts=[anna]))
        """
        rules.setdefault("sure", False)
        rules.setdefault("on_repeat", "merge")
        return self.upsert_all([row], key=key, **rules)[0].row

    def upsert_all(self, rows: Iterable[T], *, key: KeyLike, **rules: Unpack[UpsertRules[T]]) -> Upserts[T]:
        """Let new objects become the records that have their keys, or be created; see ``upsert``.

        With the filter option an order number takes one request for as many values as 7,000 bytes hold. Without
        it, and for phones and addresses, the list is read (a request for 250 records) or, with ``sure=False``, one
        search is made for each key where that takes fewer requests.

        Args:
            rows: new objects.
            key: see ``upsert``, as for ``new``, ``on_many`` and ``replace``.
            on_repeat: what different rows of one key mean: ``"error"`` (the default) raises ``RepeatedKey``, the
                ``"last"`` one is taken, or ``"merge"`` joins them, the later values win. Equal rows are one row.
            on_keyless: what a row without a key means: ``"reject"`` (the default), ``"create"`` or ``"skip"`` it.
            find: ``"auto"`` (the default), ``"filter"``, ``"search"`` or ``"list"``.
            sure: never trust a search that finds nothing; True by default.

        Returns:
            An entry for each row; what they say is final when the commit has ended.

        Raises:
            ValueError: a row stands for a record already or is in a session.
            TypeError: the key is none of the rows' class, or ``replace`` names anything but its fields.

        Example:
            >>> found = s.upsert_all([Deal(order="A-17", price=5)], key=Deal.order, new={"status": sales.new})
        """
        return self._upserts.take(rows, key, Rules(**rules), self.add)

    async def look_up(self) -> None:
        """Make the look-ups of all upserts now; ``plan`` is exact afterwards. A commit makes those that are left.

        Raises:
            RepeatedKey: rows of one call have one key and different values; nothing was written.

        Example:
            >>> await s.look_up()
            >>> print(s.plan())
        """
        await self._upserts.look_up()


class _Row(msgspec.Struct, eq=False):
    """A row that waits for its look-up.

    Attributes:
        entry: what the caller sees of it.
        rules: the rules of its call.
        finding: how it is looked for, together with others.
        places: its keys.
        record: the record that it becomes.
    """

    entry: UpsertEntry[Any]
    rules: Rules
    finding: AsyncFinding[Any]
    places: list[Place] = []
    record: Any = None


class _TakenOut(Origin):
    """Where a row belongs for which another object is written, until it has the id of that one.

    Args:
        identities: the objects of the session.
        entry: the row.
    """

    __slots__ = ("_entry", "_map")

    def __init__(self, identities: IdentityMap, entry: UpsertEntry[Any]) -> None:
        super().__init__(identities.directory)
        self._map, self._entry = identities, entry

    def touched(self, entity: Entity) -> None:
        if not self._map.left:
            raise ValueError(
                f"a row must not be changed after its look-up when another object has its key, got {entity!r}; "
                f"change {self._entry.entity!r}, which is written instead"
            )


class AsyncUpserting:
    """The upserts of one session that wait for their look-up.

    Args:
        account: the account.
        identities: the session's objects.
    """

    def __init__(self, account: AsyncAccountState, identities: IdentityMap) -> None:
        self._account = account
        self._map = identities
        self._findings: dict[Any, AsyncFinding[Any]] = {}
        self._rows: list[_Row] = []
        self._looked_up: list[UpsertEntry[Any]] = []
        #: Rows that were taken out, and what is written in their place; until they have its id.
        self._standing: dict[Entity, Entity] = {}

    def take(self, rows: Iterable[T], key: KeyLike, rules: Rules, add: Callable[[T], T]) -> Upserts[T]:
        """Note rows for the next look-up and take them into the session.

        Raises:
            ValueError: a row stands for a record already, or belongs to a session.
            TypeError: the key is none of the rows' class, ``new`` names no attribute or ``replace`` no field.
        """
        taken = []
        for row in rows:
            if row._key is not None or row._doubt is not None or isinstance(row._session, IdentityMap):
                raise ValueError(f"a row must be a new object of no session, got {row!r}; change that one")
            cls = type(row)
            rules.check(cls)
            full = checked_key(cls, key)
            parts = tuple((item.parts, item.ignore_case, item.region) for item in full)
            finding = AsyncFinding(self._account, cls, full, find=rules.find, sure=rules.sure)
            finding = self._findings.setdefault((cls, rules.find, rules.sure, parts), finding)
            taken.append(_Row(UpsertEntry(row, row), rules, finding))
        self._rows += taken
        for item in taken:
            add(item.entry.row)
        return Upserts(item.entry for item in taken)

    def lines(self) -> list[str]:
        """Return the look-ups that are still to be made, in words."""
        lines = []
        for finding in self._findings.values():
            rows = [row.entry.row for row in self._rows if row.finding is finding]
            places = dict.fromkeys(place for row in rows for place in finding.key.values(row, finding.region))
            if not places:
                continue
            conditions = finding.conditions(places)
            means = finding.decide(places, conditions)
            what = f"GET    /api/v4/{finding.cls._kind}: "
            many = f"{len(places)} keys of {finding.key!r}, as the token's user sees them"
            if means == "probe":
                page = f"page {len(places) + 1}"
                lines.append(f"{what}{page}, to learn whether the list is shorter than so many searches")
                means = "search or list"
            lines += [f"{what}{means}, for {many}"] * (len(conditions or ()) if means == "filter" else 1)
        return lines

    async def look_up(self) -> None:
        """Find the records of all rows that wait and make the rows stand for them.

        Raises:
            RepeatedKey: rows of one call have one key and different values; nothing was looked for.
        """
        # What was settled before a look-up that failed stays settled; what was taken out is gone.
        self._rows = [
            row for row in self._rows if row.entry.action != "pending" or row.entry.row._session is self._map
        ]
        for finding in self._findings.values():
            await self._account.region(finding.key)
            self._part(finding)
            self._follow()  # rows of other keys that are linked to these are compared next
        for finding in self._findings.values():
            rows = self._pending(finding)
            finding.needs = _needs_of(rows)
            await finding.run(place for row in rows for place in row.places)
        for row in self._pending():
            self._choose(row)
        rows = self._pending()
        matched = [row for row in rows if row.record is not None]
        # All rows get their ids before any of them is compared: a link to another row is then no difference.
        for row in matched:
            self._stand_for(row)
        self._follow()
        matched = [row for row in matched if row.rules.is_changing]
        for row in matched:
            entity, region = row.entry.entity, row.finding.region
            absorb_found(entity, row.record, row.rules.replace, region)
            for key in row.finding.key if entity is row.entry.row else ():
                key.keep_stored(entity, row.record, region)
            self._map.place(entity)
        join_links(self._map, [row.entry.entity for row in matched])
        for row in rows:
            if row.record is None:
                fill_new(row.entry.row, row.rules.new or {})
                row.entry.action = "created"
            else:
                is_changed = row.rules.is_changing and row.entry.entity._is_dirty()
                row.entry.action = "updated" if is_changed else "unchanged"
        self._looked_up += [row.entry for row in self._rows]
        self._findings, self._rows = {}, []

    def _follow(self) -> None:
        """Let entries name, and links hold, what is written in the place of rows that were taken out."""
        for row in [row for row in self._standing if row._session is self._map]:
            del self._standing[row]  # it was added again
        for row, target in reversed(self._standing.items()):  # what stands for a row may be taken out later
            self._standing[row] = self._standing.get(target, target)
        redirect(self._map, self._standing)
        for entry in [row.entry for row in self._rows]:
            entry.entity = self._standing.get(entry.entity, entry.entity)

    def _pending(self, finding: AsyncFinding[Any] | None = None) -> list[_Row]:
        return [row for row in self._rows if row.entry.action == "pending" and finding in (None, row.finding)]

    # ---- rows among each other

    def _part(self, finding: AsyncFinding[Any]) -> None:
        """Compute the keys of the rows; join rows that have one key, take out those without any."""
        owners: dict[Place, _Row] = {}
        for row in self._pending(finding):
            row.places = finding.key.values(row.entry.row, finding.region)
            row.entry.key = ", ".join(map(in_words, row.places))
            if not row.places and row.rules.on_keyless != "create":
                why = f"the row has no value in {finding.key!r}"
                self._refuse(row, "keyless", why, is_error=row.rules.on_keyless == "reject")
                continue
            others = {id(owners[place]): owners[place] for place in row.places if place in owners}
            if len(others) > 1:
                self._refuse(row, "rejected", "its keys belong to several other rows of this session")
                continue
            for other in others.values():
                row = self._join(row, other)
            owners.update(dict.fromkeys(row.places, row))

    def _join(self, row: _Row, other: _Row) -> _Row:
        """Join a row with an earlier one of its key; return the one that is written."""
        is_equal = content(row.entry.row) == content(other.entry.row)
        if not is_equal and row.rules.on_repeat == "error":
            raise RepeatedKey(
                f"rows must differ in {row.finding.key!r}, got several with {row.entry.key}; "
                'write on_repeat="last" or on_repeat="merge"',
                key=row.entry.key,
                rows=(other.entry.row, row.entry.row),
            )
        is_last = row.rules.on_repeat == "last" and not is_equal
        kept, dropped = (row, other) if is_last else (other, row)
        if not (is_equal or is_last):
            replace, region = row.rules.replace, row.finding.region
            move_changes(row.entry.row, other.entry.row, override=True, replace=replace, region=region)
            other.rules = msgspec.structs.replace(other.rules, replace={*other.rules.replace, *replace})
            other.places = other.finding.key.values(other.entry.row, other.finding.region)
        if dropped.entry.row is not kept.entry.row:
            self._drop(dropped.entry, kept.entry.row)
        dropped.entry.action, dropped.entry.reason = "repeated", "another row of this call has the same key"
        return kept

    def _drop(self, entry: UpsertEntry[Any], target: Entity) -> None:
        self._map.let_go(entry.row)
        entry.entity = self._standing[entry.row] = target
        entry.row._session = _TakenOut(self._map, entry)

    # ---- rows and records

    def _choose(self, row: _Row) -> None:
        """Find the record that a row becomes; refuse the row where there are several."""
        entry, rule = row.entry, row.rules.on_many
        by_id = {
            key: record for place in row.places for key, record in row.finding.records.get(place, {}).items()
        }
        records = sorted(by_id.values(), key=lambda record: (record.created_at, record.id))
        entry.matches = tuple(sorted(by_id))
        entry.found_by = row.finding.means if records else None
        if len(records) <= 1:
            row.record = records[0] if records else None
        elif callable(rule):
            row.record = rule(entry.row, tuple(records))
            if row.record is None:
                self._refuse(row, "skipped", "on_many chose none of several records", is_error=False)
            elif all(row.record is not record for record in records):
                raise ValueError(f"on_many must return one of the records or None, got {row.record!r}")
        elif rule in ("oldest", "newest"):
            row.record = records[0 if rule == "oldest" else -1]
        else:
            ids = ", ".join(map(str, entry.matches))
            why = f"several records have the key {entry.key}: {ids}; write on_many='newest' or use a key that is unique"
            error = AmbiguousKey(why, key=entry.key, matches=entry.matches)
            is_error = rule == "reject"
            self._refuse(row, "rejected" if is_error else "skipped", why, error, is_error=is_error)

    def _refuse(
        self, row: _Row, action: Any, why: str, error: AmoCRMError | None = None, *, is_error: bool = True
    ) -> None:
        row.entry.action, row.entry.reason = action, why
        row.entry.error = (error or AmoCRMError(why)) if is_error else None
        self._map.let_go(row.entry.row)

    def _stand_for(self, row: _Row) -> None:
        """Make a row the object of a record, or the object that the session has already the target of the row."""
        entry, new, record = row.entry, row.entry.row, row.record
        if not row.rules.is_changing:
            self._map.let_go(new)
            entry.entity = record
            return None
        other: Any = self._map.holds(record)
        if other is None or not (other._is_dirty() or (new._kind, record._key) in self._map.created):
            adopt(self._map, new, record._key)
            return None
        entry.found_by = "session"
        if other._is_dirty():
            entry.reason = "the session had changes of this record, which win over those of the row"
        move_changes(new, other, override=False)
        return self._drop(entry, other)

    # ---- the commit

    async def prepare(self, report: Report[Entity]) -> None:
        """Make the look-ups that are left, and note in the report of a commit the rows that were refused."""
        await self.look_up()
        self._follow()  # links that were made since
        for entry in self._looked_up:
            if entry.error is not None:
                report.note(Result(entry.row, "create", Outcome.REJECTED, entry.reason, error=entry.error))

    def settle(self, report: Report[Entity], *, has_ended: bool) -> None:
        """Let the entries know how the commit ended; those that it did not come to wait for the next one."""
        waiting = []
        for entry in self._looked_up:
            entry.settle(report)
            if not has_ended and (entry.error is not None or not report.of(entry.entity)):
                waiting.append(entry)
        for row, target in tuple(self._standing.items()):
            if target._key is not None:
                row._data.id, row._session = target._key, self._map.outside
                del self._standing[row]
        self._looked_up = waiting


def in_words(place: Place) -> str:
    """Return the value of a key as people read it."""
    return " + ".join(map(str, place[1]))


def _needs_of(rows: Iterable[_Row]) -> tuple[str, ...]:
    """Return values of ``with`` that show what the rows are linked to."""
    needs: dict[str, None] = {}
    for row in rows:
        states = {} if row.entry.row._links is None else row.entry.row._links.states
        for relation in row.entry.row._relations if states else ():
            if relation.needs and states.get(relation.attribute):
                needs[relation.needs] = None
    return tuple(needs)
