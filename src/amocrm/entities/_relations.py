"""What an entity is linked to: contacts, companies, leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from msgspec import UNSET

from .._core.orm.identity import IdentityMap, Origin
from .._core.orm.tracking import SetChanges
from ..errors import FilterError, NotLoaded
from ._kinds import entity_class

if TYPE_CHECKING:
    from ._holder import Holder

__all__ = ["LinkSet", "LinkState", "ManyLinks", "OneLink", "Relation"]

T = TypeVar("T")


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

    def rebase(self, entity: Holder) -> None:
        """The entity was read anew."""

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


class LinkState:
    """Linked entities and their changes, and which contact is the main one."""

    __slots__ = ("changes", "main", "main_changed")

    def __init__(self, base: Iterable[Any] | None, main: Any = None) -> None:
        self.changes: SetChanges[Any] = SetChanges(base)
        self.main = main
        self.main_changed = False

    def __copy__(self) -> LinkState:
        made = LinkState(None, self.main)
        made.changes, made.main_changed = copy(self.changes), self.main_changed
        return made

    def __bool__(self) -> bool:
        return bool(self.changes) or self.main_changed

    def known(self, entity: Any) -> Any:
        """The object that already stands here for the same id, else the entity itself.

        Raises:
            ValueError: it has changes, and so has, or may get, the object that stands here.
        """
        key = entity._key
        if key is None:
            return entity
        base = self.changes.base or ()
        for one in (*base, *self.changes.take_off().added):
            if one is entity or one._key != key:
                continue
            if one in base and not one._is_dirty() and not isinstance(one._session, IdentityMap):
                # Outside of a session the object that was given stands here from now on.
                self.changes.rebase([entity if other is one else other for other in base])
                self.main = entity if self.main is one else self.main
                return entity
            if entity._is_dirty():
                raise ValueError(f"{entity!r} has changes and is here as another object; change that one")
            return one
        return entity


class _Links(Relation, Generic[T]):
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

    def state(self, entity: Holder) -> LinkState:
        """The tracked links."""
        related = entity._relations()
        if self.attribute not in related:
            base, main = self._read(entity)
            related[self.attribute] = LinkState(base, main)
        return cast(LinkState, related[self.attribute])

    def known_state(self, entity: Holder) -> LinkState | None:
        """The tracked links, if anybody asked for them."""
        return (entity._related or {}).get(self.attribute)

    def _read(self, entity: Holder) -> tuple[list[Any] | None, Any]:
        if entity._key is None:
            return [], None
        embedded = entity._embedded(self.key)
        if embedded is UNSET:
            return None, None
        target, origin = entity_class(self.kind), entity._session
        linked = [_reference(target, ref.id, origin) for ref in embedded or ()]
        mains = [
            one
            for one, ref in zip(linked, embedded or (), strict=True)
            if getattr(ref, "is_main", None) is True
        ]
        return linked, mains[0] if mains else None

    def ids(self, entity: Holder) -> Iterable[int]:
        """Ids at the other end."""
        embedded = entity._embedded(self.key)
        return [] if embedded is UNSET else [ref.id for ref in embedded or ()]

    def attach(self, entity: Holder, found: dict[int, Any]) -> None:
        """Puts loaded entities in the place of their references."""
        state = self.state(entity)
        if state.changes.base is None:
            return
        main = state.main
        state.changes.rebase([found.get(one._key, one) for one in state.changes.base])
        if main is not None and not state.main_changed:
            state.main = found.get(main._key, main)

    def rebase(self, entity: Holder) -> None:
        """Takes the links of a fresh answer."""
        state = self.known_state(entity)
        if state is None:
            return
        base, main = self._read(entity)
        if base is not None:
            state.changes.rebase([state.known(one) for one in base])
            if not state.main_changed and main is not None:
                state.main = state.known(main)

    def reach(self, entity: Holder) -> Iterable[Any]:
        """Entities that were linked here."""
        state = self.known_state(entity)
        if state is None:
            return ()
        sent = state.changes.take_off()
        return (*sent.added, *(sent.replace or ()))

    def linked(self, entity: Holder) -> Sequence[Any]:
        """Entities at the other end, as far as somebody asked for them."""
        state = self.known_state(entity)
        if state is None:
            return ()
        return state.changes.content() if state.changes.loaded else state.changes.take_off().added

    def _assign(self, entity: Holder, targets: Iterable[Any]) -> None:
        """Sets the whole content. What is not known cannot be replaced: the API only adds and removes links."""
        state = self.state(entity)
        wanted = [self._check(entity, target) for target in targets]
        state.changes.assign(wanted)
        if state.main is not None and all(one is not state.main for one in wanted):
            state.main, state.main_changed = None, False
        entity._touch()

    def __delete__(self, instance: Holder) -> None:
        raise AttributeError(f"{self!r} cannot be deleted; assign None or take links away with .remove(...)")

    def _check(self, entity: Holder, target: Any) -> Any:
        if not self.writable:
            raise AttributeError(
                f"{self!r} is read only: links are made from the other side, {self.kind}.{entity._kind}"
            )
        if getattr(target, "_kind", None) != self.kind:
            raise TypeError(f"{self!r} takes {self.kind}, not {type(target).__name__}")
        return self.state(entity).known(target)


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
        target = self._relation._check(self._entity, entity)
        state = self._state
        state.changes.add(target)
        if main:
            state.main, state.main_changed = target, True
        self._entity._touch()
        return cast(T, target)

    def remove(self, entity: T) -> None:
        """Takes a link away; the entity itself stays."""
        target = self._relation._check(self._entity, entity)
        self._state.changes.remove(target)
        if self._state.main is target:
            self._state.main, self._state.main_changed = None, False
        self._entity._touch()

    @property
    def main(self) -> T | None:
        """The main contact; assign one to change it."""
        self._content()
        return cast("T | None", self._state.main)

    @main.setter
    def main(self, entity: T) -> None:
        self.add(entity, main=True)


class ManyLinks(_Links[T]):
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
        self._assign(instance, value)


class OneLink(_Links[T]):
    """A link to one entity or to none."""

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: Any) -> T | None: ...
    def __get__(self, instance: Holder | None, owner: Any) -> Any:
        if instance is None:
            return self
        changes = self.state(instance).changes
        if not changes.loaded:
            return instance._absent(self.attribute)
        content = changes.content()
        return content[0] if content else None

    def __set__(self, instance: Holder, value: T | None) -> None:
        state = self.state(instance)
        if value is None:
            if state.changes.base is None:
                instance._absent(self.attribute)
            state.changes.assign(())
        else:
            state.changes.assign((self._check(instance, value),))
        instance._touch()
