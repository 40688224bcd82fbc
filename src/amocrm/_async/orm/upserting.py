"""Find, update or create: rows become the records that have their key, before a commit is planned."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from amocrm._core.orm.identity import IdentityMap
from amocrm._core.orm.lookup_planner import Find
from amocrm._core.orm.outcome import Outcome, Report, Result
from amocrm.entities._adopting import adopt, join_links
from amocrm.entities._base import Entity
from amocrm.entities._keys import AnyOf, KeyLike, checked_key
from amocrm.entities._merging import absorb_found, content, fill_new, move_changes, redirect
from amocrm.entities._upserts import OnKeyless, OnMany, OnRepeat, UpsertEntry, Upserts
from amocrm.errors import AmbiguousKey, AmoCRMError, RepeatedKey

from .account import AsyncAccountState
from .finding import AsyncFinding, Place

__all__ = ["AsyncUpserting", "Rules"]

T = TypeVar("T", bound=Entity)


class Rules(msgspec.Struct, kw_only=True):
    """How the rows of one call are looked for and what becomes of them; see ``AsyncSession.upsert_all``."""

    new: Mapping[str, Any] | None = None
    on_many: OnMany[Any] = "reject"
    on_repeat: OnRepeat = "error"
    on_keyless: OnKeyless = "reject"
    find: Find = "auto"
    sure: bool = True
    replace: Collection[Any] = ()


class _Group:
    """Rows of one class that are looked for by one key in one way."""

    def __init__(self, cls: type[Entity], key: AnyOf, rules: Rules) -> None:
        self.cls, self.key, self.sure = cls, key, rules.sure
        self.find: Find = rules.find
        self.members: list[tuple[UpsertEntry[Any], Rules]] = []
        self.places: dict[int, list[Place]] = {}
        self.region = "RU"

    @property
    def needs(self) -> list[str]:
        """Values of ``with`` that show what the rows are linked to."""
        found: dict[str, None] = {}
        for entry, _ in self.members:
            states = {} if entry.row._links is None else entry.row._links.states
            for relation in entry.row._relations if states else ():
                if relation.needs and states.get(relation.attribute):
                    found[relation.needs] = None
        return list(found)


class AsyncUpserting:
    """The upserts of one session that wait for their look-up.

    Args:
        account: the account.
        known: the session's objects.
    """

    def __init__(self, account: AsyncAccountState, known: IdentityMap) -> None:
        self._account = account
        self._map = known
        self._groups: dict[Any, _Group] = {}
        self._looked_up: list[UpsertEntry[Any]] = []

    def take(self, rows: Iterable[T], key: KeyLike, rules: Rules, add: Callable[[T], T]) -> Upserts[T]:
        """Note rows for the next look-up and take them into the session.

        Raises:
            ValueError: a row stands for a record already, or belongs to a session.
            TypeError: the key is none of the rows' class, or ``new`` names no attribute.
        """
        entries = []
        for row in rows:
            if not isinstance(row, Entity):
                raise TypeError(f"a row must be a new entity such as Contact(name=…), got {row!r}")
            if row._key is not None or row._doubt is not None or isinstance(row._session, IdentityMap):
                raise ValueError(f"a row must be a new object of no session, got {row!r}; change that one")
            cls = type(row)
            if unknown := [name for name in rules.new or () if not hasattr(cls, name)]:
                raise TypeError(f"new must name attributes of {cls.__name__}, got {unknown[0]!r}")
            full = checked_key(cls, key)
            parts = tuple((item.parts, item.ignore_case, item.region) for item in full)
            place = (cls, rules.find, rules.sure, parts)
            group = self._groups.setdefault(place, _Group(cls, full, rules))
            entries.append(UpsertEntry(row))
            group.members.append((entries[-1], rules))
        for entry in entries:
            add(entry.row)
        return Upserts(entries)

    def lines(self) -> list[str]:
        """Return the look-ups that are still to be made, in words."""
        lines = []
        for group in self._groups.values():
            places: list[Place] = []
            for entry, _ in group.members:
                places += group.key.values(entry.row, self._account.directory.region or "RU")
            finding = self._finding(group)
            conditions = finding.conditions(places) if places else None
            means = finding.decide(places, conditions) if places else "list"
            what = f"GET    /api/v4/{group.cls._kind}: "
            many = f"{len(set(places))} keys of {group.key!r}, as the token's user sees them"
            if means == "probe":
                page = len(set(places)) + 1
                lines.append(f"{what}page {page}, to learn whether the list is shorter than so many searches")
            count = len(conditions or ()) if means == "filter" else 1
            lines += [f"{what}{'search or list' if means == 'probe' else means}, for {many}"] * max(1, count)
        return lines

    def _finding(self, group: _Group) -> AsyncFinding[Any]:
        return AsyncFinding(
            self._account,
            group.cls,
            group.key,
            group.region,
            find=group.find,
            sure=group.sure,
            needs=group.needs,
        )

    async def look_up(self) -> None:
        """Find the records of all rows that wait and make the rows stand for them.

        Raises:
            RepeatedKey: rows of one call have one key and different values; nothing was looked for.
        """
        groups = list(self._groups.values())
        for group in groups:
            # What was settled before a look-up that failed stays settled; what was taken out is gone.
            group.members = [
                (entry, rules)
                for entry, rules in group.members
                if entry.action != "pending" or entry.row._session is self._map
            ]
            group.region = await self._account.region(group.key)
            self._part(group)
        found: list[tuple[UpsertEntry[Any], Rules, _Group, dict[int, Any]]] = []
        for group in groups:
            finding = self._finding(group)
            await finding.run(place for places in group.places.values() for place in places)
            for entry, rules in group.members:
                if entry.action != "pending":
                    continue
                records: dict[int, Any] = {}
                for place in group.places[id(entry)]:
                    records.update(finding.found.get(place, {}))
                entry.matches = tuple(sorted(records))
                entry.found_by = finding.means if records else None
                found.append((entry, rules, group, records))
        chosen = [
            (entry, rules, group, self._choose(entry, rules, records))
            for entry, rules, group, records in found
        ]
        # All rows get their ids before any of them is compared: a link to another row is then no difference.
        for entry, _, _, record in chosen:
            if record is not None and entry.action == "pending":
                self._stand_for(entry, record)
        for entry, rules, group, record in chosen:
            if record is not None and entry.action == "pending":
                absorb_found(entry.entity, record, rules.replace, group.region)
                for item in group.key if entry.entity is entry.row else ():
                    item.keep_stored(entry.entity, record, group.region)
                self._map.place(entry.entity)
        join_links(self._map, [entry.entity for entry, _, _, record in chosen if record is not None])
        for entry, rules, _, record in chosen:
            if entry.action == "pending" and record is None:
                fill_new(entry.row, rules.new or {})
                entry.action = "created"
            elif entry.action == "pending":
                entry.action = "updated" if entry.entity._is_dirty() else "unchanged"
        for group in groups:
            self._looked_up += [entry for entry, _ in group.members]
        self._groups.clear()

    # ---- rows among each other

    def _part(self, group: _Group) -> None:
        """Compute the keys of the rows; join rows that have one key, take out those without any."""
        owners: dict[Place, UpsertEntry[Any]] = {}
        for entry, rules in group.members:
            if entry.action != "pending":
                continue
            places = group.places[id(entry)] = group.key.values(entry.row, group.region)
            entry.key = ", ".join(_shown(place) for place in places)
            if not places and rules.on_keyless != "create":
                self._refuse(
                    entry, "keyless", f"the row has no value in {group.key!r}", rules.on_keyless == "reject"
                )
                continue
            first = {id(owners[place]): owners[place] for place in places if place in owners}
            if len(first) > 1:
                self._refuse(entry, "rejected", "its keys belong to several other rows of this session")
                continue
            for known in first.values():
                entry, known = self._repeat(group, entry, known, rules)
                places = group.places[id(entry)]
            owners.update(dict.fromkeys(places, entry))

    def _repeat(
        self, group: _Group, entry: UpsertEntry[Any], known: UpsertEntry[Any], rules: Rules
    ) -> tuple[UpsertEntry[Any], UpsertEntry[Any]]:
        """Join a row with an earlier one of its key; return the one that is written, then the other."""
        is_equal = content(entry.row) == content(known.row)
        if not is_equal and rules.on_repeat == "error":
            raise RepeatedKey(
                f"rows must differ in {group.key!r}, got several with {entry.key}; "
                'write on_repeat="last" or on_repeat="merge"',
                key=entry.key,
                rows=(known.row, entry.row),
            )
        kept, dropped = (entry, known) if rules.on_repeat == "last" and not is_equal else (known, entry)
        if kept is known and not is_equal:
            move_changes(dropped.row, kept.row, override=True)
            group.places[id(kept)] = group.key.values(kept.row, group.region)
        if dropped.row is not kept.row:
            self._drop(dropped, kept.row)
        dropped.action, dropped.reason = "repeated", "another row of this call has the same key"
        return kept, dropped

    def _drop(self, entry: UpsertEntry[Any], target: Entity) -> None:
        redirect(self._map, entry.row, target)
        self._map.let_go(entry.row)
        entry.entity = target

    # ---- rows and records

    def _choose(self, entry: UpsertEntry[Any], rules: Rules, records: dict[int, Any]) -> Any:
        """Return the record that a row becomes, None where it is created or not written."""
        found = sorted(records.values(), key=lambda one: (one.created_at, one.id))
        if len(found) <= 1:
            return found[0] if found else None
        if callable(rules.on_many):
            record = rules.on_many(entry.row, tuple(found))
            if record is None:
                self._refuse(entry, "skipped", "on_many chose none of several records", is_error=False)
            elif all(record is not item for item in found):
                raise ValueError(f"on_many must return one of the records or None, got {record!r}")
            return record
        if rules.on_many in ("oldest", "newest"):
            return found[0 if rules.on_many == "oldest" else -1]
        ids = ", ".join(map(str, entry.matches))
        why = f"several records have the key {entry.key}: {ids}; write on_many='newest' or use a key that is unique"
        error = AmbiguousKey(why, key=entry.key, matches=entry.matches)
        is_error = rules.on_many == "reject"
        self._refuse(entry, "rejected" if is_error else "skipped", why, is_error, error)
        return None

    def _refuse(
        self,
        entry: UpsertEntry[Any],
        action: Any,
        why: str,
        is_error: bool = True,
        error: AmoCRMError | None = None,
    ) -> None:
        entry.action, entry.reason = action, why
        entry.error = (error or AmoCRMError(why)) if is_error else None
        self._map.let_go(entry.row)

    def _stand_for(self, entry: UpsertEntry[Any], record: Entity) -> None:
        """Make a row the object of a record, or the object that the session has already the target of the row."""
        row, key = entry.row, record._key
        assert key is not None
        other: Any = self._map._weak.get((row._kind, key))
        if other is None or not (other._is_dirty() or (row._kind, key) in self._map.created):
            adopt(self._map, row, key)
            return
        entry.found_by = "session"
        if other._is_dirty():
            entry.reason = "the session had changes of this record, which win over those of the row"
        move_changes(row, other, override=False)
        self._drop(entry, other)

    # ---- the commit

    async def prepare(self, report: Report[Entity]) -> None:
        """Make the look-ups that are left, and note in the report of a commit the rows that were refused."""
        await self.look_up()
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
            if entry.action == "repeated" and entry.row._key is None and entry.entity._key is not None:
                entry.row._data.id = entry.entity._key
        self._looked_up = waiting


def _shown(place: Place) -> str:
    return " + ".join(map(str, place[1]))
