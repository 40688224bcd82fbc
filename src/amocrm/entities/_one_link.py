"""A link to one entity: the company of a lead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from msgspec import UNSET

from .._core.orm.tracking import OneValue
from ._relations import LinkRelation, keeps_standing, standing_for

if TYPE_CHECKING:
    from ._holder import Holder

__all__ = ["OneLink"]

T = TypeVar("T")


class OneLink(LinkRelation[T]):
    """A link to one entity or to none."""

    form = "link"

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: Any) -> T | None: ...
    def __get__(self, instance: Holder | None, owner: Any) -> Any:
        if instance is None:
            return self
        value = self.state(instance).value
        return instance._absent(self.attribute) if value is UNSET else value

    def __set__(self, instance: Holder, value: T | None) -> None:
        state = self.state(instance)
        if value is None:
            if state.base is UNSET:
                instance._absent(self.attribute)
            state.set(None)
        else:
            state.set(self.known(instance, value))
        instance._touch()

    def _tracked(self, entity: Holder) -> OneValue:
        embedded = getattr(entity._data, "embedded", UNSET)
        return OneValue(None if entity._key is None else self._read(entity, embedded))

    def _read(self, entity: Holder, embedded: Any) -> Any:
        refs = self._refs(embedded)
        if refs is UNSET:
            return UNSET
        linked = self._targets(entity, refs)
        return linked[0] if linked else None

    def known(self, entity: Holder, target: Any) -> Any:
        """Return the object that already stands here for the same id, else the target itself.

        Raises:
            ValueError: it has changes, and so has, or may get, the object that stands here.
        """
        self._checked(entity, target)
        state = self.state(entity)
        one = standing_for(target, [member for member in (state.base, state.local) if member is not UNSET])
        if one is None:
            return target
        if keeps_standing(one, target):
            return one
        if state.base is one:
            state.rebase(target)
        return target

    def ids(self, entity: Holder) -> Iterable[int]:
        """Return the id at the other end."""
        state = self.known_state(entity)
        if state is not None and state.base is not UNSET:
            return [] if state.base is None or state.base._key is None else [state.base._key]
        refs = self._refs(getattr(entity._data, "embedded", UNSET))
        return [] if refs is UNSET else [ref.id for ref in refs or ()]

    def attach(self, entity: Holder, found: dict[int, Any]) -> None:
        """Put the loaded entity in the place of its reference."""
        state = self.state(entity)
        if state.base not in (UNSET, None):
            state.rebase(found.get(state.base._key, state.base))

    def rebase(self, entity: Holder, embedded: Any) -> None:
        """Take the link of a fresh answer, which says nothing about it when it does not contain it."""
        state = self.known_state(entity)
        if state is None:
            return
        read = self._read(entity, embedded)
        if read is UNSET:
            return
        members = [item for item in (state.base, state.local) if item is not UNSET]
        state.rebase(read if read is None else standing_for(read, members) or read)

    def reach(self, entity: Holder) -> Iterable[Any]:
        """Return the entity that was linked here."""
        state = self.known_state(entity)
        return () if state is None or state.local is UNSET or state.local is None else (state.local,)

    def linked(self, entity: Holder) -> Sequence[Any]:
        """Return the entity at the other end, as far as the program used it."""
        state = self.known_state(entity)
        return () if state is None or state.value is UNSET or state.value is None else (state.value,)
