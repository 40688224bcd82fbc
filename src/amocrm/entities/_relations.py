"""What an entity is linked to: contacts, companies, leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar, overload

from msgspec import UNSET

from .._core.arguments import shown_value
from .._core.orm.identity import IdentityMap, Origin, account_of, check_account, foreign_reason, stub_origin
from .._core.validation import did_you_mean
from ..errors import FilterError, NotLoaded
from ._kinds import entity_class

if TYPE_CHECKING:
    from ._holder import Holder

__all__ = [
    "Assigned",
    "LinkRelation",
    "Members",
    "NestedRelation",
    "Relation",
    "Unlisted",
    "Valued",
    "check_accounts",
    "keeps_standing",
    "key_in",
    "reference_to",
    "standing_for",
    "take_account",
]

T = TypeVar("T")
V = TypeVar("V")


def check_accounts(entity: Any, other: Any) -> None:
    """Refuse two entities of different accounts.

    Raises:
        ValueError: they are of different accounts; names both.
    """
    first, second = account_of(entity), account_of(other)
    if first and second and first != second:
        raise ValueError(foreign_reason(entity, second, repr(other)))


def take_account(entity: Any, target: Any) -> None:
    """Let an entity of no account belong to the account of what it is going to point to.

    Raises:
        ValueError: the two are of different accounts.
    """
    session = getattr(target, "_session", None)
    if session is None or session is entity._session:
        return
    check_accounts(entity, target)
    if entity._session is None:
        entity._session = stub_origin(account_of(target))


def key_in(host: str, entity: Any) -> int:
    """Return the id of an entity for a request to an account.

    Raises:
        ValueError: the entity belongs to another account.
        NotLoaded: it has no id yet.
    """
    check_account(entity, host)
    return int(entity._key or entity._absent("id"))


class Relation:
    """A link of an entity; on the class it names what ``preload`` should bring."""

    attribute: str = ""
    owner: Any = None
    #: Collection at the other end.
    kind: str = ""
    #: Value of ``with`` that a list needs to show it, empty when it always does.
    needs: str = ""
    #: How plain values show it: as a ``key``, ``names``, ``links``, a ``link``, ``embedded``; empty: not at all.
    form: str = ""

    def __set_name__(self, owner: Any, name: str) -> None:
        self.owner, self.attribute = owner, name

    def __repr__(self) -> str:
        return f"{self.owner.__name__}.{self.attribute}" if self.owner else type(self).__name__

    def state(self, entity: Holder) -> Any:
        """Return the tracked values of an entity, made from the answer at their first use."""
        states = entity._ensure_links().states
        state = states.get(self.attribute)
        if state is None:
            state = states[self.attribute] = self._tracked(entity)
        return state

    def known_state(self, entity: Holder) -> Any:
        """Return the tracked values of an entity, None before their first use."""
        return None if entity._links is None else entity._links.states.get(self.attribute)

    def _tracked(self, entity: Holder) -> Any:
        raise NotImplementedError

    def ids(self, entity: Holder) -> Iterable[int]:
        """Return the ids at the other end, as far as they are known."""
        return ()

    def attach(self, entity: Holder, targets: dict[int, Any]) -> None:
        """Replace references by the entities that were loaded."""

    def rebase(self, entity: Holder, embedded: Any) -> None:
        """Take the links of a fresh answer, which says nothing about what it does not contain."""

    def reach(self, entity: Holder) -> Iterable[Any]:
        """Return linked entities with changes of their own."""
        return ()

    def linked(self, entity: Holder) -> Sequence[Any]:
        """Return the entities at the other end, as far as the program used them."""
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


class Valued(Relation, Generic[V]):
    """Relation with a value on an entity."""

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: Any) -> V: ...
    def __get__(self, instance: Holder | None, owner: Any) -> Any:
        return self if instance is None else self._value(instance)

    def _value(self, instance: Holder) -> Any:
        raise NotImplementedError


class Assigned(Valued[V]):
    """Relation that a program assigns as a whole."""

    #: What to write instead of deleting it.
    clearing: str = "assign None to clear it"

    def __delete__(self, instance: Holder) -> None:
        raise AttributeError(f"{self!r} cannot be deleted; {self.clearing}")


class Leading(Relation):
    """Relation that leads to entities, whose own relations can be named: ``Lead.contacts.company``."""

    def __getattr__(self, name: str) -> NestedRelation:
        if name.startswith("_") or not self.kind:
            raise AttributeError(name)
        cls = entity_class(self.kind)
        inner = getattr(cls, name, None)
        if not isinstance(inner, Relation):
            hint = did_you_mean(name, [relation.attribute for relation in cls._relations])
            raise AttributeError(f"{self!r} leads to {cls.__name__}, which has no relation {name}{hint}")
        return NestedRelation(self, inner)


class NestedRelation(Leading):
    """Relation of what a relation leads to; for ``preload`` only."""

    def __init__(self, outer: Relation, inner: Relation) -> None:
        self.outer, self.inner = outer, inner
        self.owner, self.attribute = outer.owner, f"{outer.attribute}.{inner.attribute}"
        self.kind, self.needs = inner.kind, outer.needs

    def __getattr__(self, name: str) -> NestedRelation:
        if name.startswith("_"):
            raise AttributeError(name)
        return NestedRelation(self.outer, getattr(self.inner, name))


class Unlisted(Valued[NoReturn]):
    """Relation that no list of entities can bring along cheaply: what to call, and what it costs.

    Args:
        call: the call, with ``{}`` in the place of the entity.
        cost: its requests, in words.
    """

    def __init__(self, call: str, cost: str) -> None:
        self.call, self.cost = call, cost

    def _value(self, instance: Holder) -> NoReturn:
        how = self.call.format(type(instance).__name__.lower())
        raise NotLoaded(
            f"{self.attribute} of {instance!r} are not read with it: call {how}, {self.cost}",
            attribute=self.attribute,
        )


# ---- links ------------------------------------------------------------------------------------------------------------


class Members(Sequence[T]):
    """What an entity has by one relation; looked up each time that it is read."""

    __slots__ = ("_entity", "_relation")

    def __init__(self, entity: Holder, relation: Any) -> None:
        self._entity, self._relation = entity, relation

    def _content(self) -> tuple[T, ...]:
        raise NotImplementedError

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


class LinkRelation(Leading, Assigned[V]):
    """Links to other entities.

    Args:
        kind: collection at the other end.
        key: key in ``_embedded``.
        needs: value of ``with`` that shows it.
        on_create: whether existing entities can be named while this one is created.
        writable: whether links are made from this side.
        through: relations whose ends have these links, where the entity itself has none.
    """

    def __init__(
        self,
        kind: str,
        *,
        key: str = "",
        needs: str = "",
        on_create: bool = False,
        writable: bool = True,
        through: Sequence[str] = (),
    ) -> None:
        self.kind, self.key, self.needs, self.through = kind, key or kind, needs, through
        self.on_create, self.writable = on_create, writable

    def _refs(self, embedded: Any) -> Any:
        return UNSET if embedded is UNSET else getattr(embedded, self.key, UNSET)

    def _targets(self, entity: Holder, refs: Any) -> list[Any]:
        target, origin = entity_class(self.kind), entity._session
        if origin is not None and refs:
            origin.directory.marks.see(self.kind, [ref.id for ref in refs])
        return [reference_to(target, ref.id, origin) for ref in refs or ()]

    def _sides(self, state: Any) -> tuple[Sequence[Any] | None, Sequence[Any]]:
        """Return what the server has, None if that is not known, and what was linked here."""
        raise NotImplementedError

    def _like(self, state: Any, target: Any) -> Any:
        """Return another object that stands here for the id of a target, None if there is none."""
        raise NotImplementedError

    def _replace(self, state: Any, standing: Any, target: Any) -> Any:
        """Let an object stand for the same id as another one; return that which stands from now on."""
        raise NotImplementedError

    def known(self, entity: Holder, target: Any) -> Any:
        """Return the object that already stands here for the same id, else the target itself.

        Raises:
            ValueError: it has changes, and so has, or may get, the object that stands here.
        """
        self._checked(entity, target)
        state = self.state(entity)
        standing = None if target._key is None else self._like(state, target)
        if standing is None:
            return target
        return standing if keeps_standing(standing, target) else self._replace(state, standing, target)

    def ids(self, entity: Holder) -> Iterable[int]:
        """Return the ids at the other end."""
        state = self.known_state(entity)
        base = None if state is None else self._sides(state)[0]
        if base is not None:
            return [item._key for item in base if item._key is not None]
        refs = self._refs(getattr(entity._data, "embedded", UNSET))
        return [] if refs is UNSET else [ref.id for ref in refs or ()]

    def reach(self, entity: Holder) -> Iterable[Any]:
        """Return the entities that were linked here."""
        state = self.known_state(entity)
        return () if state is None else self._sides(state)[1]

    def _checked(self, entity: Holder, target: Any) -> Any:
        if not self.writable:
            how = f"from the other side: {self.kind}.{entity._kind}"
            if self.through:
                how = f"its {' or '.join(self.through)}, since the API has no link with the entity itself"
            raise AttributeError(f"{self!r} is read-only; link {how}")
        if getattr(target, "_kind", None) != self.kind:
            raise TypeError(
                f"{self!r} must be a {entity_class(self.kind).__name__}, got {shown_value(target)}"
            )
        take_account(entity, target)
        return target


def standing_for(target: Any, members: Iterable[Any]) -> Any:
    """Return another object that stands for the id of ``target``, None if there is none."""
    key = target._key
    if key is None:
        return None
    return next(
        (member for member in members if member is not target and member is not None and member._key == key),
        None,
    )


def keeps_standing(standing: Any, target: Any) -> bool:
    """Return whether the object that stands here stays, and not the one that was given now.

    Raises:
        ValueError: the given one has changes, and the other stays.
    """
    if not standing._is_dirty() and not isinstance(standing._session, IdentityMap):
        return False  # outside of a session the object that was given stands here from now on
    if target._is_dirty():
        raise ValueError(
            f"the target must be the object of this session, got another one of {target!r} with changes; change that of the session"
        )
    return True


def reference_to(cls: Any, key: int, origin: Origin | None) -> Any:
    entity = None if origin is None else origin.find(cls, key)
    if entity is not None:
        return entity
    data = cls._model(id=key)
    return cls._from_api(data, None) if origin is None else origin.make(cls, data)
