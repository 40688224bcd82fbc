"""Find, update or create in one call: a session, its look-ups and its commit."""
# GENERATED from src/amocrm/_async/orm/short_forms.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from typing import Any, Generic, TypeVar

from amocrm._core.arguments import checked
from amocrm._core.orm.lookup_planner import Find
from amocrm._core.orm.outcome import Report
from amocrm.entities._base import Entity
from amocrm.entities._keys import AnyOf, KeyLike, checked_key
from amocrm.entities._upserts import Duplicates, OnKeyless, OnMany, OnRepeat, UpsertEntry, UpsertReport
from amocrm.errors import AmbiguousKey, FlushError

from ..auth.token_stores import TokenStore
from .account import AccountState
from .finding import Finding
from .flush import Progress
from .loading import query_of
from .session import Session

__all__ = ["ShortForms"]

T = TypeVar("T", bound=Entity)


@checked(key="write key=Contact.phone, or a Key of several parts")
class ShortForms(Generic[T]):
    """What a collection finds, updates or creates by key; each call is a session with a commit of its own."""

    _account: AccountState
    _cls: type[T]

    def upsert(
        self,
        row: T,
        *,
        key: KeyLike,
        new: Mapping[str, Any] | None = None,
        on_many: OnMany[T] = "reject",
        replace: Collection[Any] = (),
        sure: bool = False,
        lock: TokenStore | None = None,
    ) -> T:
        """Find the record of a key and send what differs, or create it; return the object.

        One search and at most one request that writes. A search that finds nothing is followed by the newest page.

        Args:
            row: a new object; its class may be derived.
            key: see ``Session.upsert``.
            new: see ``Session.upsert``.
            on_many: see ``Session.upsert``.
            replace: see ``Session.upsert``.
            sure: see ``Session.upsert``.
            lock: a token store whose lock is held from the look-up to the end of the commit: programs that share
                it create a key once. People, forms and programs without it may still double a key.

        Raises:
            AmbiguousKey: several records have the key; carries their ids.
            ValueError: the row has no key.
            FlushError: the server refused it, or its answer was lost: make the same call again.

        Example:
            >>> crm.contacts.upsert(Contact(name="Анна", phone="8 900 123-45-67"), key=Contact.phone)
            <Contact 501 'Анна'>
        """
        report = self._run(
            [row], key, lock, new=new, on_many=on_many, replace=replace, sure=sure, verify=False
        )
        entry = report[0]
        if isinstance(entry.error, AmbiguousKey):
            raise entry.error
        if entry.action == "keyless":
            raise ValueError(entry.reason)
        return _written(report)[0].entity

    def upsert_all(  # noqa: D417 (its arguments are those of a session, in one line)
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
        batch_size: int | None = None,
        progress: Progress | None = None,
        lock: TokenStore | None = None,
        verify: bool = False,
    ) -> UpsertReport[T]:
        """Find the records of many keys and send what differs, or create them.

        Look-ups as ``Session.upsert_all`` says, then a request for 250 records that are created or changed.

        Args:
            rows: new objects.
            key, new, on_many, on_repeat, on_keyless, replace, find, sure: see ``Session.upsert_all``.
            batch_size: highest number of items in a request.
            progress: called after each request with the number of settled items and of all.
            lock: see ``upsert``; it is held for all rows together.
            verify: look the created keys up once more and report those that others created meanwhile.

        Raises:
            FlushError: rows were rejected, or their creation is in doubt; everything else is written. Its
                ``upserts`` is the ``UpsertReport``.
            RepeatedKey: rows have one key and different values; nothing was written.

        Example:
            >>> report = crm.leads.upsert_all(rows, key=Deal.order)
            >>> report.counts()
            {'unchanged': 2933, 'updated': 67}
        """
        report = self._run(
            rows,
            key,
            lock,
            verify=verify,
            batch_size=batch_size,
            progress=progress,
            new=new,
            on_many=on_many,
            on_repeat=on_repeat,
            on_keyless=on_keyless,
            replace=replace,
            find=find,
            sure=sure,
        )
        return _written(report)

    def find_or_create(
        self, row: T, *, key: KeyLike, sure: bool = False, lock: TokenStore | None = None
    ) -> tuple[T, bool]:
        """Return the record of a key as it is and False, or create the row and return it and True.

        Args:
            row: a new object; only written where there is no record.
            key: see ``Session.upsert``.
            sure: see ``Session.upsert``.
            lock: see ``upsert``.

        Raises:
            AmbiguousKey: several records have the key.
            ValueError: the row has no key.

        Example:
            >>> contact, is_new = crm.contacts.find_or_create(Contact(email="a@b.ru"), key=Contact.email)
        """
        full = checked_key(type(row), key)
        with self._locked(lock):
            region = self._account.region(full)
            places = full.values(row, region)
            if not places:
                raise ValueError(f"a row must have a value in {full!r}, got {row!r}")
            finding = Finding(self._account, type(row), full, region, sure=sure)
            finding.run(places)
            found = {item.id: item for place in places for item in finding.found.get(place, {}).values()}
            if len(found) > 1:
                raise AmbiguousKey(
                    f"{full!r} must name one record, got several: {', '.join(map(str, sorted(found)))}",
                    key=repr(full),
                    matches=tuple(sorted(found)),
                )
            if found:
                return next(iter(found.values())), False
            with Session(self._account) as session:
                session.add(row)
            return row, True

    def find_by(
        self, *, key: KeyLike, value: object, sure: bool = False, find: Find = "auto"
    ) -> list[T]:
        """Return the records that have a value under a key, the oldest first.

        A phone number is found in any spelling by ``sure=True``, which reads the list; a search finds the spellings
        that the server takes for equal.

        Args:
            key: see ``Session.upsert``; its class may be derived.
            value: the value; of a key with several parts a tuple.
            sure: never trust a search that finds nothing.
            find: ``"auto"``, ``"filter"``, ``"search"`` or ``"list"``.

        Raises:
            ValueError: the value is none that the key can have, such as a phone number without its area.

        Example:
            >>> crm.contacts.find_by(key=Contact.phone, value="8 900 123-45-67")
            [<Contact 501 'Анна'>]
        """
        full, cls = self._full_key(key)
        region = self._account.region(full)
        given = [(at, one.given(value, region)) for at, one in enumerate(full)]
        places = [(at, one) for at, one in given if one is not None]
        if not places:
            raise ValueError(f"value must be one that {full!r} can have, got {value!r}")
        finding = Finding(self._account, cls, full, region, find=find, sure=sure)
        finding.run(places)
        found = {record.id: record for records in finding.found.values() for record in records.values()}
        return [found[key] for key in sorted(found)]

    def find_duplicates(self, *, by: KeyLike) -> list[Duplicates[T]]:
        """Return the records that share a key; one reading of the list, nothing is merged.

        Args:
            by: the key; see ``Session.upsert``.

        Example:
            >>> crm.contacts.find_duplicates(by=Contact.phones)
            [<Duplicates +79001234567: 501, 777>]
        """
        full, cls = self._full_key(by)
        region = self._account.region(full)
        groups: dict[Any, dict[int, T]] = {}
        for record in query_of(self._account, cls, self._account.origin):
            for place in full.values(record, region):
                groups.setdefault(place, {})[record.id] = record
        return _doubled(groups)

    def _full_key(self, key: KeyLike) -> tuple[AnyOf, type[T]]:
        """Return a full key and the class that declares its fields."""
        cls: Any = self._cls
        full = checked_key(cls, key, derived=True)
        for item in full:
            for part in item.parts:
                if issubclass(part.owner, cls):
                    cls = part.owner
        return full, cls

    def _locked(self, lock: TokenStore | None) -> Any:
        if lock is None:
            return ExitStack()
        return lock.lock(f"upsert:{self._account.directory.host}:{self._cls._kind}")

    def _run(
        self,
        rows: Iterable[T],
        key: KeyLike,
        lock: TokenStore | None,
        *,
        verify: bool,
        batch_size: int | None = None,
        progress: Progress | None = None,
        **rules: Any,
    ) -> UpsertReport[T]:
        session = Session(self._account, batch_size=batch_size, progress=progress)
        with self._locked(lock):
            entries = session.upsert_all(list(rows), key=key, **rules)
            try:
                commit: Report[Entity] = session.commit()
            except FlushError as error:
                commit = error.report
            duplicates = self._verified(entries.created, key) if verify else []
        return UpsertReport(list(entries), commit, duplicates)

    def _verified(self, created: Iterable[UpsertEntry[T]], key: KeyLike) -> list[Duplicates[T]]:
        """Look created keys up once more, in the list or by the filter; return those of several records."""
        rows = [entry.entity for entry in created]
        if not rows:
            return []
        full = checked_key(type(rows[0]), key)
        region = self._account.region(full)
        finding = Finding(self._account, type(rows[0]), full, region)
        finding.run(place for row in rows for place in full.values(row, region))
        return _doubled(finding.found)


def _written(report: UpsertReport[T]) -> UpsertReport[T]:
    if not report.commit.ok:
        raise FlushError(str(report.commit.error()), report=report.commit, upserts=report)
    return report


def _doubled(groups: Mapping[Any, dict[int, T]]) -> list[Duplicates[T]]:
    return [
        Duplicates(" + ".join(map(str, place[1])), [found[key] for key in sorted(found)])
        for place, found in groups.items()
        if len(found) > 1
    ]
