"""What an entity is linked to: contacts, companies, leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from msgspec import UNSET

from .._core.orm.identity import IdentityMap, Origin
from .._core.orm.tracking import OneValue
from ..errors import FilterError, NotLoaded
from ._kinds import entity_class
from ._links import LinkState

if TYPE_CHECKING:
    from ._holder import Holder

__all__ = ["LinkRelation", "LinkSet", "ManyLinks", "OneLink", "Relation", "account_of", "check_account"]

T = TypeVar("T")


def account_of(entity: Any) -> str:
    """Return the host of the account that an entity belongs to, empty while it belongs to none."""
    session = entity._session
    return "" if session is None else session.directory.host


def check_account(one: Any, other: Any) -> None:
    """Refuse two entities of different accounts.

    Raises:
        ValueError: they are of different accounts; names both.
    """
    first, second = account_of(one), account_of(other)
    if first and second and first != second:
        raise ValueError(f"{one!r} belongs to the account {first}, {other!r} to {second}")


class Relation:
    """A link of an entity; on the class it names what ``preload`` should bring."""

    attribute: str = ""
    owner: Any = None
    #: Collection at the other end.
    kind: str = ""
    #: Value of ``with`` that a list needs to show it, empty when it always does.
    needs: str = ""

    def __set_name__(self, owner: Any, name: str) -> None:
        self.owner, self.attribute = owner, name

    def __repr__(self) -> str:
        return f"{self.owner.__name__}.{self.attribute}" if self.owner else type(self).__name__

    def ids(self, entity: Holder) -> Iterable[int]:
        """Ids at the other end, as far as they are known."""
        return ()

    def attach(self, entity: Holder, found: dict[int, Any]) -> None:
        """Puts loaded entities in the place of their references."""

    def rebase(self, entity: Holder, embedded: Any) -> None:
        """Take the links of a fresh answer, which says nothing about what it does not contain."""

    def reach(self, entity: Holder) -> Iterable[Any]:
        """Linked entities with changes of their own."""
        return ()

    def linked(self, entity: Holder) -> Sequence[Any]:
        """Entities at the other end, as far as somebody asked for them."""
        return ()

    if not TYPE_CHECKING:  # a checker refuses them by itself

        def in_(self, *values: object) -> object:
            """Refuse a filter by links, which no list has; the message says what works."""
            from .._core.orm.filters import _HINTS

            hint = _HINTS.get(self.attribute, "compare in Python")
            raise FilterError(f"{self.owner._kind} cannot be filtered by {self.attribute}; {hint}")

        def is_(self, value: object) -> object:
            """Refuse a filter by links, which no list has; the message says what works."""
            return self.in_(value)


# ---- links ------------------------------------------------------------------------------------------------------------


class LinkRelation(Relation, Generic[T]):
    """Links to other entities.

    Args:
        kind: collection at the other end.
        key: key in ``_embedded``.
        needs: value of ``with`` that shows it.
        on_create: whether existing entities can be named while this one is created.
        writable: whether links are made from this side.
    """

    def __init__(
        self, kind: str, *, key: str = "", needs: str = "", on_create: bool = False, writable: bool = True
    ) -> None:
        self.kind, self.key, self.needs = kind, key or kind, needs
        self.on_create, self.writable = on_create, writable

    def _refs(self, embedded: Any) -> Any:
        return UNSET if embedded is UNSET else getattr(embedded, self.key, UNSET)

    def _targets(self, entity: Holder, refs: Any) -> list[Any]:
        target, origin = entity_class(self.kind), entity._session
        return [_reference(target, ref.id, origin) for ref in refs or ()]

    def __delete__(self, instance: Holder) -> None:
        raise AttributeError(f"{self!r} cannot be deleted; assign None or take links away with .remove(...)")

    def _checked(self, entity: Holder, target: Any) -> Any:
        if not self.writable:
            raise AttributeError(
                f"{self!r} is read only: links are made from the other side, {self.kind}.{entity._kind}"
            )
        if getattr(target, "_kind", None) != self.kind:
            raise TypeError(f"{self!r} takes {self.kind}, not {type(target).__name__}")
        check_account(entity, target)
        return target


def _standing(target: Any, members: Iterable[Any]) -> Any:
    """Return another object that stands for the id of ``target``, None if there is none."""
    key = target._key
    if key is None:
        return None
    return next((one for one in members if one is not target and one is not None and one._key == key), None)


def _keeps(standing: Any, target: Any) -> bool:
    """Return whether the object that stands here stays, and not the one that was given now.

    Raises:
        ValueError: the given one has changes, and the other stays.
    """
    if not standing._is_dirty() and not isinstance(standing._session, IdentityMap):
        return False  # outside of a session the object that was given stands here from now on
    if target._is_dirty():
        raise ValueError(f"{target!r} has changes and is here as another object; change that one")
    return True


def _reference(cls: Any, key: int, origin: Origin | None) -> Any:
    known = None if origin is None else origin.find(cls, key)
    if known is not None:
        return known
    data = cls._model(id=key)
    return cls._from(data, None) if origin is None else origin.make(cls, data)


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

    def __init__(self, entity: Holder, relation: ManyLinks[T]) -> None:
        self._entity, self._relation = entity, relation

    @property
    def _state(self) -> LinkState:
        return self._relation.state(self._entity)

    def _content(self) -> tuple[T, ...]:
        changes = self._state.changes
        if not changes.loaded:
            name, key = self._relation.attribute, self._entity._key
            raise NotLoaded(
                f"{name} of {self._entity!r} are not loaded: "
                f"crm.query({type(self._entity).__name__}).preload({self._relation!r}) brings them with the list, "
                f"crm.{self._entity._kind}.get({key}, preload=[{self._relation!r}]) with one",
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
            one is entity or (key is not None and getattr(one, "_key", None) == key)
            for one in self._content()
        )

    def __repr__(self) -> str:
        return (
            repr(list(self._content())) if self._state.changes.loaded else f"<{self._relation!r}, not loaded>"
        )

    def add(self, entity: T, *, main: bool = False) -> T:
        """Links an entity, new or existing; works without having read this one. Returns it."""
        target = self._relation.known(self._entity, entity)
        state = self._state
        state.changes.add(target)
        if main:
            state.main.set(target)
        self._entity._touch()
        return cast(T, target)

    def remove(self, entity: T) -> None:
        """Takes a link away; the entity itself stays."""
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


class ManyLinks(LinkRelation[T]):
    """Links to any number of entities."""

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: Any) -> LinkSet[T]: ...
    def __get__(self, instance: Holder | None, owner: Any) -> Any:
        return self if instance is None else LinkSet(instance, self)

    def __set__(self, instance: Holder, value: Iterable[T]) -> None:
        if not isinstance(value, Iterable) or isinstance(value, str):
            raise TypeError(f"{self!r} takes several {self.kind}; put one into a list: [{value!r}]")
        LinkSet(instance, self)._content()  # what is there must be known to be replaced
        state = self.state(instance)
        wanted = [self.known(instance, target) for target in value]
        state.changes.assign(wanted)
        if state.main.local is not UNSET and all(one is not state.main.local for one in wanted):
            state.main.local = UNSET
        instance._touch()

    def state(self, entity: Holder) -> LinkState:
        """Return the tracked links."""
        states = entity._ensure_links().states
        state = states.get(self.attribute)
        if state is None:
            if entity._key is None:
                state = LinkState([], None)
            else:
                base, main = self._read(entity, getattr(entity._data, "embedded", UNSET))
                state = LinkState(base, main)
            states[self.attribute] = state
        return cast(LinkState, state)

    def known_state(self, entity: Holder) -> LinkState | None:
        """Return the tracked links, if anybody asked for them."""
        return (
            None
            if entity._links is None
            else cast("LinkState | None", entity._links.states.get(self.attribute))
        )

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
        state = self.state(entity)
        base = state.changes.base or ()
        one = _standing(target, (*base, *state.changes.added))
        if one is None:
            return target
        if _keeps(one, target):
            return one
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
            return [one._key for one in state.changes.base if one._key is not None]
        refs = self._refs(getattr(entity._data, "embedded", UNSET))
        return [] if refs is UNSET else [ref.id for ref in refs or ()]

    def attach(self, entity: Holder, found: dict[int, Any]) -> None:
        """Put loaded entities in the place of their references."""
        state = self.state(entity)
        base = state.changes.base
        if base is None:
            return
        removed = [found.get(one._key, one) for one in state.changes.pending().removed]
        state.changes.rebase([found.get(one._key, one) for one in base])
        for one in removed:
            state.changes.remove(one)
        if state.main.base not in (UNSET, None):
            state.main.rebase(found.get(state.main.base._key, state.main.base))

    def rebase(self, entity: Holder, embedded: Any) -> None:
        """Take the links of a fresh answer, which says nothing about what it does not contain."""
        state = self.known_state(entity)
        if state is None:
            return
        base, main = self._read(entity, embedded)
        if base is not None:
            members = (*(state.changes.base or ()), *state.changes.added)
            stay = {one._key: one for one in members if one._key is not None}
            state.changes.rebase([stay.get(one._key, one) for one in base])
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
        """Return the entities at the other end, as far as somebody asked for them."""
        state = self.known_state(entity)
        if state is None:
            return ()
        return state.changes.content() if state.changes.loaded else state.changes.added


class OneLink(LinkRelation[T]):
    """A link to one entity or to none."""

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

    def state(self, entity: Holder) -> OneValue:
        """Return the tracked link."""
        states = entity._ensure_links().states
        state = states.get(self.attribute)
        if state is None:
            if entity._key is None:
                state = OneValue(None)
            else:
                state = OneValue(self._read(entity, getattr(entity._data, "embedded", UNSET)))
            states[self.attribute] = state
        return cast(OneValue, state)

    def known_state(self, entity: Holder) -> OneValue | None:
        """Return the tracked link, if anybody asked for it."""
        return (
            None
            if entity._links is None
            else cast("OneValue | None", entity._links.states.get(self.attribute))
        )

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
        one = _standing(target, [member for member in (state.base, state.local) if member is not UNSET])
        if one is None:
            return target
        if _keeps(one, target):
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
        members = [one for one in (state.base, state.local) if one is not UNSET]
        state.rebase(read if read is None else _standing(read, members) or read)

    def reach(self, entity: Holder) -> Iterable[Any]:
        """Return the entity that was linked here."""
        state = self.known_state(entity)
        return () if state is None or state.local is UNSET or state.local is None else (state.local,)

    def linked(self, entity: Holder) -> Sequence[Any]:
        """Return the entity at the other end, as far as somebody asked for it."""
        state = self.known_state(entity)
        return () if state is None or state.value is UNSET or state.value is None else (state.value,)
