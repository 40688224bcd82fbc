"""Find, update or create in one call: a session, its look-ups and its commit."""
# GENERATED from src/amocrm/_async/orm/short_forms.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from itertools import chain
from typing import Generic, TypeVar, Unpack

from amocrm._core.arguments import checked
from amocrm._core.orm.lookup_planner import Find
from amocrm.entities._base import Entity
from amocrm.entities._keys import KeyLike, checked_key
from amocrm.entities._upserts import Duplicates, Rules, UpsertEntry, UpsertReport, UpsertRules
from amocrm.errors import AmbiguousKey, FlushError

from ..auth.token_stores import TokenStore
from .account import AccountState
from .finding import Finding
from .flush import Progress
from .session import Session
from .upserting import in_words

__all__ = ["ShortForms"]

T = TypeVar("T", bound=Entity)


@checked(key="write key=Contact.phone, or a Key of several parts")
class ShortForms(Generic[T]):
    """What a collection finds, updates or creates by key; each call is a session with a commit of its own."""

    _account: AccountState
    _cls: type[T]

    def upsert(
        self, row: T, *, key: KeyLike, lock: TokenStore | None = None, **rules: Unpack[UpsertRules[T]]
    ) -> T:
        """Find the record of a key and send what differs, or create it; return the object.

        One search and at most one request that writes. A search that finds nothing is followed by the newest page.

        Args:
            row: a new object; its class may be derived.
            key: see ``Session.upsert``, as for ``new``, ``on_many`` and all others that stand there.
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
        rules.setdefault("sure", False)
        return (self._one(row, key, lock, Rules(**rules))).entity

    def upsert_all(
        self,
        rows: Iterable[T],
        *,
        key: KeyLike,
        batch_size: int | None = None,
        progress: Progress | None = None,
        lock: TokenStore | None = None,
        verify: bool = False,
        **rules: Unpack[UpsertRules[T]],
    ) -> UpsertReport[T]:
        """Find the records of many keys and send what differs, or create them.

        Look-ups as ``Session.upsert_all`` says, then a request for 250 records that are created or changed.

        Args:
            rows: new objects.
            key: see ``Session.upsert_all``, as for ``new``, ``on_many`` and all others that stand there.
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
        session = Session(self._account, batch_size=batch_size, progress=progress)
        return _written(self._run(session, list(rows), key, lock, Rules(**rules), verify=verify))

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
        entry = self._one(row, key, lock, Rules(sure=sure, is_changing=False))
        return entry.entity, entry.action == "created"

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
        finding = self._finding(self._cls, key, find=find, sure=sure)
        forms = [(at, part.given(value, finding.region)) for at, part in enumerate(finding.key)]
        places = [(at, form) for at, form in forms if form is not None]
        if not places:
            raise ValueError(f"value must be one that {finding.key!r} can have, got {value!r}")
        finding.run(places)
        by_id = {key: record for records in finding.records.values() for key, record in records.items()}
        return [by_id[key] for key in sorted(by_id)]

    def find_duplicates(self, *, by: KeyLike) -> list[Duplicates[T]]:
        """Return the records that share a key; one reading of the list, nothing is merged.

        Args:
            by: the key; see ``Session.upsert``.

        Example:
            >>> crm.contacts.find_duplicates(by=Contact.phones)
            [<Duplicates +79001234567: 501, 777>]
        """
        finding = self._finding(self._cls, by)
        finding.read_list()
        return _doubled(finding)

    def _finding(
        self, cls: type[T], key: KeyLike, *, find: Find = "auto", sure: bool = True
    ) -> Finding[T]:
        """Return a look-up of the class that declares the fields of a key."""
        full = checked_key(cls, key, derived=True)
        owner = max([cls, *(part.owner for part in full.parts)], key=lambda model: len(model.__mro__))
        finding = Finding(self._account, owner, full, find=find, sure=sure)
        self._account.region(full)
        return finding

    def _one(self, row: T, key: KeyLike, lock: TokenStore | None, rules: Rules) -> UpsertEntry[T]:
        """Upsert one row; raise what keeps it from being written."""
        report = self._run(Session(self._account), [row], key, lock, rules)
        (entry,) = report
        if isinstance(entry.error, AmbiguousKey):
            raise entry.error
        if entry.action == "keyless":
            raise ValueError(entry.reason)
        return _written(report)[0]

    def _run(
        self,
        session: Session,
        rows: list[T],
        key: KeyLike,
        lock: TokenStore | None,
        rules: Rules,
        *,
        verify: bool = False,
    ) -> UpsertReport[T]:
        name = f"upsert:{self._account.directory.host}:{self._cls._kind}"
        with ExitStack() if lock is None else lock.lock(name):
            report = UpsertReport(session._upserts.take(rows, key, rules, session.add))
            try:
                report.commit = session.commit()
            except FlushError as error:
                report.commit = error.report
            created = [entry.entity for entry in report.created] if verify else []
            if created:  # their keys are looked up once more, in the list or by the filter
                finding = self._finding(type(created[0]), key)
                places = [finding.key.values(row, finding.region) for row in created]
                finding.run(chain.from_iterable(places))
                report.duplicates = tuple(_doubled(finding))
        return report


def _written(report: UpsertReport[T]) -> UpsertReport[T]:
    if not report.commit.ok:
        raise FlushError(str(report.commit.error()), report=report.commit, upserts=report)
    return report


def _doubled(finding: Finding[T]) -> list[Duplicates[T]]:
    groups = [(place, sorted(records.items())) for place, records in finding.records.items()]
    return [
        Duplicates(in_words(place), tuple(record for _, record in group))
        for place, group in groups
        if len(group) > 1
    ]
