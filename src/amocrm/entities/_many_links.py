"""Links to any number of entities: the contacts of a lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from msgspec import UNSET

from .._core.arguments import checked, shown_value
from .._core.orm.identity import account_of, foreign_reason
from ..errors import NotLoaded
from ._kinds import entity_class
from ._links import LinkState
from ._relations import LinkRelation, keeps_standing, reference_to

if TYPE_CHECKING:
    from ._holder import Holder

__all__ = ["LinkSet", "ManyLinks", "SetRelation"]

T = TypeVar("T")


@checked(own=("__init__",))
class LinkSet(Sequence[T], Generic[T]):
    """Linked entities: iterate, ``add``, ``remove``, ``main``.

    What was not preloaded holds its id only; everything else of it raises ``NotLoaded``.

    Example:
        >>> lead.contacts.add(Contact(name="Иван"), main=True)
        <Contact new 'Иван'>
        >>> lead.contacts.main.name
        'Иван'
    """

    __slots__ = ("_entity", "_relation")

    def __init__(self, entity: Holder, relation: SetRelation[T]) -> None:
        self._entity, self._relation = entity, relation

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

    def __len__(self) -> int:
        return len(self._content())

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self._content()[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._content())

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


class SetRelation(LinkRelation[T]):
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
            one for one, ref in zip(linked, refs or (), strict=True) if getattr(ref, "is_main", None) is True
        ]
        return linked, mains[0] if mains else None

    def known(self, entity: Holder, target: Any) -> Any:
        """Return the object that already stands here for the same id, else the target itself.

        Raises:
            ValueError: it has changes, and so has, or may get, the object that stands here.
        """
        self._checked(entity, target)
        if target._key is None:
            return target
        state = self.state(entity)
        one = state.changes.like(target)
        if one is None or one is target:
            return target
        if keeps_standing(one, target):
            return one
        base = state.changes.base or ()
        if one in base:
            state.changes.rebase([target if other is one else other for other in base])
            if state.main.base is one:
                state.main.rebase(target)
            return target
        return one

    def ids(self, entity: Holder) -> Iterable[int]:
        """Return the ids at the other end."""
        state = self.known_state(entity)
        if state is not None and state.changes.base is not None:
            return [item._key for item in state.changes.base if item._key is not None]
        refs = self._refs(getattr(entity._data, "embedded", UNSET))
        return [] if refs is UNSET else [ref.id for ref in refs or ()]

    def attach(self, entity: Holder, found: dict[int, Any]) -> None:
        """Put loaded entities in the place of their references."""
        state = self.state(entity)
        base = state.changes.base
        if base is None:
            return
        removed = [found.get(item._key, item) for item in state.changes.pending().removed]
        state.changes.rebase([found.get(item._key, item) for item in base])
        for one in removed:
            state.changes.remove(one)
        if state.main.base not in (UNSET, None):
            state.main.rebase(found.get(state.main.base._key, state.main.base))

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

    def reach(self, entity: Holder) -> Iterable[Any]:
        """Return the entities that were linked here."""
        state = self.known_state(entity)
        if state is None:
            return ()
        main = state.main.local
        return state.changes.added if main in (UNSET, None) else (*state.changes.added, main)

    def linked(self, entity: Holder) -> Sequence[Any]:
        """Return the entities at the other end, as far as the program used them."""
        state = self.known_state(entity)
        if state is None:
            return ()
        content: Sequence[Any] = state.changes.content() if state.changes.loaded else state.changes.added
        return content


class ManyLinks(SetRelation[T]):
    """Links to any number of entities."""

    form = "links"

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: Any) -> LinkSet[T]: ...
    def __get__(self, instance: Holder | None, owner: Any) -> Any:
        return self if instance is None else LinkSet(instance, self)

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
