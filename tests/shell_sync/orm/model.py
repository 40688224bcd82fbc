"""A model of sessions: what the server must hold, what each session has seen, what it has changed.

It says nothing about the implementation. An attribute is *seen* once it was read or written, *wanted* while
it differs from what was seen. A set (tags, contacts) is wanted as additions and removals.
"""
# GENERATED from tests/shell_async/orm/model.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

__all__ = ["UNKNOWN", "Child", "Record", "View", "WantedSet"]

#: Nobody has looked yet.
UNKNOWN: Any = type("Unknown", (), {"__repr__": lambda self: "UNKNOWN"})()


class Record:
    """What the server must hold of one object.

    Attributes:
        kind: its collection.
        key: its id, None until it is created.
        values: attributes.
        tags: names.
        contacts: records.
        main: the contact that was made the main one, ``UNKNOWN`` where that does not follow.
        company: a record, or None.
        notes: notes that were created.
        tasks: tasks that were created.
    """

    def __init__(self, kind: str, key: int | None = None) -> None:
        self.kind, self.key = kind, key
        self.values: dict[str, Any] = {}
        self.tags: set[str] = set()
        self.contacts: set[Record] = set()
        self.main: Any = UNKNOWN
        self.company: Record | None = None
        self.notes: list[Child] = []
        self.tasks: list[Child] = []


class Child:
    """A note or task of a session.

    Attributes:
        entity: the object.
        text: what the server has, None until it is created.
        wanted: what it is to be.
        doubtful: what was sent in a creation without an answer.
    """

    def __init__(self, entity: Any, wanted: str) -> None:
        self.entity, self.wanted = entity, wanted
        self.text: str | None = None
        self.doubtful: str | None = None

    @property
    def has_update(self) -> bool:
        """Whether its own text is to be sent."""
        return self.text is not None and self.wanted != self.text


class WantedSet:
    """A set whose content may not be known, and what is to be added to and removed from it."""

    def __init__(self, seen: Iterable[Hashable] | None) -> None:
        self.seen: set[Any] | None = None if seen is None else set(seen)
        self.changes: dict[Any, bool] = {}

    def change(self, member: Any, is_there: bool) -> None:
        """Want a member, or want it gone."""
        self.changes.pop(member, None)
        if self.seen is None or (member in self.seen) is not is_there:
            self.changes[member] = is_there

    def forget(self) -> None:
        """Note that the content is not known any more."""
        self.seen = None

    def see(self, seen: Iterable[Hashable]) -> None:
        """Note that the content was read."""
        self.seen = set(seen)
        self.changes = {one: there for one, there in self.changes.items() if (one in self.seen) is not there}

    def sent(self, sent: dict[Any, bool]) -> None:
        """Note that the server took some changes; what was changed since stays wanted."""
        wanted = None if self.seen is None else self.content()
        if self.seen is None:
            for one, there in sent.items():
                if self.changes.get(one) is there:
                    del self.changes[one]
            return
        for one, there in sent.items():
            (self.seen.add if there else self.seen.discard)(one)
        assert wanted is not None
        self.changes = {one: one in wanted for one in wanted ^ self.seen}

    def content(self) -> set[Any]:
        """Return the content as it will be."""
        assert self.seen is not None
        gone = {one for one, there in self.changes.items() if not there}
        return (self.seen | {one for one, there in self.changes.items() if there}) - gone


class View:
    """One object in one session.

    Attributes:
        entity: the object.
        record: what the server holds of it.
        born_here: whether this session created it.
        seen: attributes that were read or written.
        wanted: attributes that differ from what was seen.
        tags: names.
        contacts: records.
        main: record of the wanted main contact, ``UNKNOWN`` without a change; so with the company.
        notes: notes that were added and not created yet; so with tasks.
        born: notes and tasks that this session created.
        touched: relations that somebody used.
        flying: attributes that are in flight.
        doubtful: what was sent in a creation without an answer.
    """

    def __init__(self, entity: Any, record: Record, *, new: bool) -> None:
        self.entity, self.record, self.born_here = entity, record, new
        self.seen: dict[str, Any] = {}
        self.wanted: dict[str, Any] = {}
        self.tags = WantedSet(() if new else None)
        self.contacts = WantedSet(() if new else None)
        self.main_seen: Any = None if new else UNKNOWN
        self.main: Any = UNKNOWN
        self.company_seen: Any = None if new else UNKNOWN
        self.company: Any = UNKNOWN
        self.notes: list[Child] = []
        self.tasks: list[Child] = []
        self.born: list[Child] = []
        self.touched: set[str] = set()
        self.flying: dict[str, Any] | None = None
        self.doubtful: Any = None

    def set(self, name: str, value: Any) -> None:
        """Assign an attribute."""
        self.wanted.pop(name, None)
        if name not in self.seen or self.seen[name] != value or name in (self.flying or ()):
            self.wanted[name] = value

    def sent(self, values: dict[str, Any]) -> None:
        """Note that the server took some values; what was assigned since stays wanted."""
        self.seen.update(values)

    def was_born(self) -> None:
        """Note that it was created: a relation that nobody touched before is not known to be empty."""
        if "tags" not in self.touched:
            self.tags.forget()
        if "contacts" not in self.touched:
            self.contacts.forget()
            self.main_seen = UNKNOWN
        if "company" not in self.touched:
            self.company_seen = UNKNOWN

    def land(self) -> None:
        """Note that nothing is in flight any more: what is as it was seen is not wanted."""
        self.flying = None
        self.see({})
        if self.main is self.main_seen:
            self.main = UNKNOWN
        if self.company is self.company_seen:
            self.company = UNKNOWN

    def see(self, values: dict[str, Any]) -> None:
        """Note that the attributes were read."""
        self.seen.update(values)
        self.wanted = {
            name: value
            for name, value in self.wanted.items()
            if name not in self.seen or self.seen[name] != value
        }

    @property
    def is_new(self) -> bool:
        """Whether the server does not have it yet."""
        return self.record.key is None

    @property
    def has_update(self) -> bool:
        """Whether its own values are to be sent."""
        return bool(self.wanted or self.tags.changes)
