"""A link to one entity: the company of a lead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import UNSET

from .._core.orm.tracking import OneValue
from ._relations import LinkRelation, standing_for

if TYPE_CHECKING:
    from ._holder import Holder

__all__ = ["OneLink"]

T = TypeVar("T")


class OneLink(LinkRelation[T | None], Generic[T]):
    """A link to one entity or to none."""

    form = "link"

    def _value(self, instance: Holder) -> Any:
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

    def _sides(self, state: OneValue) -> tuple[Sequence[Any] | None, Sequence[Any]]:
        base = None if state.base is UNSET else [item for item in (state.base,) if item is not None]
        return base, [item for item in (state.local,) if item is not UNSET and item is not None]

    def _like(self, state: OneValue, target: Any) -> Any:
        base, added = self._sides(state)
        return standing_for(target, (*(base or ()), *added))

    def _replace(self, state: OneValue, standing: Any, target: Any) -> Any:
        if state.base is standing:
            state.rebase(target)
        return target

    def attach(self, entity: Holder, targets: dict[int, Any]) -> None:
        """Put the loaded entity in the place of its reference."""
        state = self.state(entity)
        if state.base not in (UNSET, None):
            state.rebase(targets.get(state.base._key, state.base))

    def rebase(self, entity: Holder, embedded: Any) -> None:
        """Take the link of a fresh answer, which says nothing about it when it does not contain it."""
        state = self.known_state(entity)
        if state is None:
            return
        read = self._read(entity, embedded)
        if read is UNSET:
            return
        state.rebase(read if read is None else self._like(state, read) or read)

    def linked(self, entity: Holder) -> Sequence[Any]:
        """Return the entity at the other end, as far as the program used it."""
        state = self.known_state(entity)
        return () if state is None or state.value is UNSET or state.value is None else (state.value,)
