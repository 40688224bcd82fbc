"""Links to any number of entities: the contacts of a lead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from msgspec import UNSET

from .._core.arguments import checked, shown_value
from .._core.orm.identity import account_of, foreign_reason
from ..errors import NotLoaded
from ._kinds import entity_class
from ._links import LinkState
from ._relations import LinkRelation, Members, reference_to

if TYPE_CHECKING:
    from ._holder import Holder

__all__ = ["LinkSet", "ManyLinks", "SetRelation"]

T = TypeVar("T")
V = TypeVar("V")


@checked(own=("__init__",))
class LinkSet(Members[T]):
    """Linked entities: iterate, ``add``, ``remove``, ``main``.

    What was not preloaded holds its id only; everything else of it raises ``NotLoaded``.

    Example:
        >>> lead.contacts.add(Contact(name="Иван"), main=True)
        <Contact new 'Иван'>
        >>> lead.contacts.main.name
        'Иван'
    """

    __slots__ = ()

    @property
    def _state(self) -> LinkState:
        state: LinkState = self._relation.state(self._entity)
        return state

    def _content(self) -> tuple[T, ...]:
        changes = self._state.changes
        if not changes.loaded:
            name, key = self._relation.attribute, self._entity._key
            raise NotLoaded(
                f"{name} of {self._entity!r} are not loaded; write "
                f"crm.{self._entity._kind}.get({key}, preload=[{self._relation!r}]), "
                f"or .preload({self._relation!r}) on a query",
                attribute=name,
            )
        return cast("tuple[T, ...]", changes.content())

    def __contains__(self, entity: object) -> bool:
        key = getattr(entity, "_key", None)
        return any(
            item is entity
            or (
                key is not None
                and getattr(item, "_key", None) == key
                and not foreign_reason(entity, account_of(item))
            )
            for item in self._content()
        )

    def __repr__(self) -> str:
        return (
            repr(list(self._content())) if self._state.changes.loaded else f"<{self._relation!r}, not loaded>"
        )

    def add(self, entity: T, *, main: bool = False) -> T:
        """Link an entity, new or existing; works without having read this one. Return it."""
        target = self._relation.known(self._entity, entity)
        state = self._state
        state.changes.add(target)
        if main:
            state.main.set(target)
        self._entity._touch()
        return cast(T, target)

    def remove(self, entity: T) -> None:
        """Remove a link; the entity itself stays."""
        target = self._relation.known(self._entity, entity)
        state = self._state
        state.changes.remove(target)
        if state.main.local is target:
            state.main.local = UNSET
        self._entity._touch()

    @property
    def main(self) -> T | None:
        """The main contact; assign one to change it."""
        content, main = self._content(), self._state.main.value
        return cast("T | None", main if main in content else None)

    @main.setter
    def main(self, entity: T) -> None:
        self.add(entity, main=True)


class SetRelation(LinkRelation[V]):
    """Links to any number of entities; what a user holds on an instance is up to the derived class."""

    def _tracked(self, entity: Holder) -> LinkState:
        if entity._key is None:
            return LinkState([], None)
        return LinkState(*self._read(entity, getattr(entity._data, "embedded", UNSET)))

    def _read(self, entity: Holder, embedded: Any) -> tuple[list[Any] | None, Any]:
        refs = self._refs(embedded)
        if refs is UNSET:
            return None, UNSET
        linked = self._targets(entity, refs)
        mains = [
            target
            for target, ref in zip(linked, refs or (), strict=True)
            if getattr(ref, "is_main", None) is True
        ]
        return linked, mains[0] if mains else None

    def _sides(self, state: LinkState) -> tuple[Sequence[Any] | None, Sequence[Any]]:
        added, main = state.changes.added, state.main.local
        return state.changes.base, added if main in (UNSET, None) else (*added, main)

    def _like(self, state: LinkState, target: Any) -> Any:
        member = state.changes.like(target)
        return None if member is target else member

    def _replace(self, state: LinkState, standing: Any, target: Any) -> Any:
        base = state.changes.base or ()
        if standing not in base:
            return standing
        state.changes.rebase([target if other is standing else other for other in base])
        if state.main.base is standing:
            state.main.rebase(target)
        return target

    def attach(self, entity: Holder, targets: dict[int, Any]) -> None:
        """Put loaded entities in the place of their references."""
        state = self.state(entity)
        base = state.changes.base
        if base is None:
            return
        removed = [targets.get(item._key, item) for item in state.changes.pending().removed]
        state.changes.rebase([targets.get(item._key, item) for item in base])
        for target in removed:
            state.changes.remove(target)
        if state.main.base not in (UNSET, None):
            state.main.rebase(targets.get(state.main.base._key, state.main.base))

    def take(self, entity: Holder, ids: Iterable[int]) -> None:
        """Take the ids that were read elsewhere than with the entity."""
        target = entity_class(self.kind)
        self.state(entity).changes.rebase([reference_to(target, key, entity._session) for key in ids])

    def rebase(self, entity: Holder, embedded: Any) -> None:
        """Take the links of a fresh answer, which says nothing about what it does not contain."""
        state = self.known_state(entity)
        if state is None:
            return
        base, main = self._read(entity, embedded)
        if base is not None:
            members = (*(state.changes.base or ()), *state.changes.added)
            stay = {member._key: member for member in members if member._key is not None}
            state.changes.rebase([stay.get(item._key, item) for item in base])
            if main is not UNSET:
                state.main.rebase(None if main is None else stay.get(main._key, main))

    def linked(self, entity: Holder) -> Sequence[Any]:
        """Return the entities at the other end, as far as the program used them."""
        state = self.known_state(entity)
        if state is None:
            return ()
        content: Sequence[Any] = state.changes.content() if state.changes.loaded else state.changes.added
        return content


class ManyLinks(SetRelation[LinkSet[T]], Generic[T]):
    """Links to any number of entities."""

    form = "links"
    clearing = "assign [] to clear it, or call remove(...) for one link"

    def _value(self, instance: Holder) -> LinkSet[T]:
        return LinkSet(instance, self)

    def __set__(self, instance: Holder, value: Iterable[T]) -> None:
        if not isinstance(value, Iterable) or isinstance(value, str):
            got = repr(value) if hasattr(value, "_kind") else shown_value(value)
            raise TypeError(f"{self!r} must be a list of {self.kind}, got {got}; put it into a list: [...]")
        LinkSet(instance, self)._content()  # what is there must be known to be replaced
        state = self.state(instance)
        wanted = [self.known(instance, target) for target in value]
        state.changes.assign(wanted)
        if state.main.local is not UNSET and all(item is not state.main.local for item in wanted):
            state.main.local = UNSET
        instance._touch()
