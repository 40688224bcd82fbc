"""Where entities come from, and who is who in a session.

An entity knows its origin: the account's time zone, the directories that were loaded (users, stages,
field definitions), and, in a session, the identity map. The map is weak for clean objects, so that a
long iteration stays flat in memory, and strong for new and changed ones, so that no change is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any, TypeVar, cast
from weakref import WeakValueDictionary

__all__ = ["Directory", "IdentityMap", "Origin", "checked_id"]


E = TypeVar("E")


def checked_id(cls: type[Any], key: Any) -> int:
    """An id as it was given.

    Raises:
        TypeError: it is no whole number; a text of digits is refused too, since it equals no id that is read.
    """
    if isinstance(key, bool) or not isinstance(key, int):
        raise TypeError(f"the id of a {cls.__name__} is a whole number, not {key!r}")
    return key


def _any(cls: object) -> Any:
    """A class of entities, of which this module knows nothing."""
    return cls


class Directory:
    """What is known of one account: its zone, field definitions, users and stages. One for each client.

    Attributes:
        zone: time zone of the account, ``None`` until the account was read.
        filters: whether the paid filter option works, ``None`` while nobody knows.
        fields: definitions by entity type, as far as they were loaded.
        objects: users and stages by their keys, as far as they were loaded.
        whole_prices: whether the price of a lead is a whole number here (amoCRM), or may have a fraction (Kommo).
    """

    __slots__ = ("fields", "filters", "objects", "whole_prices", "zone")

    def __init__(self, *, whole_prices: bool = False) -> None:
        self.whole_prices = whole_prices
        self.zone: tzinfo | None = None
        self.filters: bool | None = None
        self.fields: dict[str, Any] = {}
        self.objects: dict[tuple[str, Any], Any] = {}


class Origin:
    """Where an entity was made, outside of a session."""

    __slots__ = ("directory",)

    def __init__(self, directory: Directory) -> None:
        self.directory = directory

    def touched(self, entity: Any) -> None:
        """Called at the first change of an entity."""

    def make(self, cls: type[E], data: Any) -> E:
        """The entity for a decoded object."""
        return _any(cls)._from(data, self)  # type: ignore[no-any-return]

    def find(self, cls: type[E], key: int) -> E | None:
        """The entity with this id, when this origin already knows one."""
        return None

    def page(self, cls: type[E], items: Iterable[Any]) -> list[E]:
        """The entities of a page."""
        make = _any(cls)._from
        return [make(item, self) for item in items]


class IdentityMap(Origin):
    """The objects of one session: one object for each id, and the new ones in their order."""

    __slots__ = ("_strong", "_weak", "doubtful", "new")

    def __init__(self, directory: Directory) -> None:
        super().__init__(directory)
        self._weak: WeakValueDictionary[tuple[str, int], Any] = WeakValueDictionary()
        self._strong: dict[int, Any] = {}
        self.new: dict[int, Any] = {}
        self.doubtful: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self._weak) + len(self.new)

    @property
    def changed(self) -> list[Any]:
        """Entities that have an id and changes, in the order of their first change."""
        return [entity for entity in self._strong.values() if entity._is_dirty()]

    def touched(self, entity: Any) -> None:
        """Keeps a changed entity alive until it is clean."""
        self._strong[id(entity)] = entity

    def settled(self, entity: Any) -> None:
        """After a write: a clean entity needs no strong reference any more."""
        self.new.pop(id(entity), None)
        self.doubtful.pop(id(entity), None)
        if entity._key is not None:
            self._weak.setdefault((entity._kind, entity._key), entity)
        if not entity._is_dirty():
            self._strong.pop(id(entity), None)

    def add(self, entity: Any) -> None:
        """Takes an entity in.

        Raises:
            ValueError: another object stands for the same id.
        """
        if entity._key is None:
            self.new[id(entity)] = entity
            return
        known = self._weak.setdefault((entity._kind, entity._key), entity)
        if known is not entity:
            raise ValueError(
                f"{entity!r} is already in this session as another object; change that one: "
                f"session.ref({type(known).__name__}, {entity._key})"
            )
        if entity._is_dirty():
            self.touched(entity)

    def holds(self, entity: Any) -> Any:
        """The object that stands for the id of this one, ``None`` without any."""
        return self._weak.get((entity._kind, entity._key))

    def find(self, cls: type[E], key: int) -> E | None:
        """The object of an id; one known as a base class becomes the class that is asked for.

        Raises:
            TypeError: the object is of an unrelated class of the same kind.
        """
        known = self._weak.get((_any(cls)._kind, key))
        if known is None or isinstance(known, cls):
            return known
        if not issubclass(cls, type(known)):
            raise TypeError(f"{known!r} is in this session as {type(known).__name__}, not as {cls.__name__}")
        known.__class__ = cls
        return cast(E, known)

    def make(self, cls: type[E], data: Any) -> E:
        """The one object of an id, refreshed by ``data``; local changes are kept."""
        known: Any = self.find(cls, data.id)
        if known is not None:
            known._absorb(data)
            return cast(E, known)
        entity = super().make(cls, data)
        self._weak[(_any(cls)._kind, data.id)] = entity
        return entity

    def page(self, cls: type[E], items: Iterable[Any]) -> list[E]:
        """The objects of a page."""
        make, weak, kind = _any(cls)._from, self._weak, _any(cls)._kind
        found: list[E] = []
        for item in items:
            key = (kind, item.id)
            if key in weak:
                found.append(self.make(cls, item))
            else:
                entity = make(item, self)
                weak[key] = entity
                found.append(entity)
        return found

    def forget(self, entities: Iterable[Any]) -> Mapping[int, Any]:
        """Drops entities without sending them; returns those that were dropped."""
        dropped = {}
        for entity in entities:
            for place in (self.new, self.doubtful, self._strong):
                if place.pop(id(entity), None) is not None:
                    dropped[id(entity)] = entity
        return dropped
