"""Where entities come from, and who is who in a session.

An entity knows its origin: the account, its time zone, the directories that were loaded (users, stages,
field definitions), and, in a session, the identity map. The map is weak for clean objects: a long
iteration stays flat in memory. It is strong for new and changed ones: no change is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from operator import attrgetter
from typing import Any, ClassVar, Final, TypeVar, cast
from weakref import ReferenceType, WeakSet, ref

from .lookup_planner import ListSize
from .marks import Marks

__all__ = [
    *(
        "Directory",
        "IdentityMap",
        "Origin",
        "account_of",
        "check_account",
        "check_hosts",
        "checked_id",
        "foreign_reason",
    ),
    "stub_origin",
]


E = TypeVar("E")

#: Objects that come into a session between two looks for dead ones, at least.
_ROOM: Final = 1000


def checked_id(cls: type[Any], key: Any) -> int:
    """Return an id as it was given.

    Raises:
        TypeError: it is no whole number; a text of digits is refused too, since it equals no id that is read.
    """
    if not isinstance(cls, type) or not hasattr(cls, "_kind"):
        raise TypeError(f"the first argument must be a class of entities such as Lead, got {cls!r}")
    if getattr(cls, "_key_type", int) is str:
        if not isinstance(key, str):
            raise TypeError(f"the key of a {cls.__name__} must be a text, got {key!r}")
        return key  # type: ignore[return-value]  # kinds with text keys are read only
    if isinstance(key, bool) or not isinstance(key, int):
        raise TypeError(f"the id of a {cls.__name__} must be an integer, got {key!r}")
    return key


def account_of(entity: Any) -> str:
    """Return the host of the account that an entity belongs to, empty while it belongs to none."""
    session = getattr(entity, "_session", None)
    return "" if session is None else str(session.directory.host)


def foreign_reason(entity: Any, host: str, taker: str = "this client") -> str:
    """Return why an account cannot take an entity, naming both accounts; empty if it can.

    Args:
        entity: the entity.
        host: the account, empty where it is not known.
        taker: what belongs to the account, for the message.
    """
    own = account_of(entity)
    return (
        f"{entity!r} belongs to the account {own}, {taker} to {host}; use a client of {own} for it"
        if own and host and own != host
        else ""
    )


def check_account(entity: Any, host: str, taker: str = "this client") -> None:
    """Refuse an entity of another account.

    Raises:
        ValueError: it belongs to another account; names both.
    """
    if reason := foreign_reason(entity, host, taker):
        raise ValueError(reason)


def check_hosts(shown: str, own: str, host: str) -> None:
    """Refuse what names something of another account than the client's; an empty host is not known.

    Raises:
        ValueError: the two differ; names both.
    """
    if own and host and own != host:
        raise ValueError(f"{shown} names what belongs to the account {own}, this client to {host}")


def _any(cls: object) -> Any:
    """Return a class of entities, of which this module knows nothing."""
    return cls


class Directory:
    """What is known of one account: its zone, field definitions, users and stages. One for each client.

    Attributes:
        host: the account, such as ``mycompany.amocrm.ru``; empty where it is not known.
        zone: time zone of the account, ``None`` until the account was read.
        filters: whether the paid filter option works, ``None`` while that is unknown.
        fields: definitions by entity type, as far as they were loaded.
        objects: users and stages by their keys, as far as they were loaded.
        marks: ids that were seen, and the server's clock.
        region: country of the account, two letters, empty until the account was read.
        sizes: what is known of the length of lists, by entity type.
        whole_prices: whether the price of a lead is a whole number here (amoCRM), or may have a fraction (Kommo).
    """

    __slots__ = (
        *("fields", "filters", "host", "marks", "objects", "region", "sizes", "whole_prices", "zone"),
    )

    def __init__(self, host: str = "", *, whole_prices: bool = False) -> None:
        self.host = host
        self.whole_prices = whole_prices
        self.zone: tzinfo | None = None
        self.filters: bool | None = None
        self.fields: dict[str, Any] = {}
        self.objects: dict[tuple[str, Any], Any] = {}
        self.marks = Marks()
        self.region = ""
        self.sizes: dict[str, ListSize] = {}


class Origin:
    """Where an entity was made, outside of a session."""

    __slots__ = ("__weakref__", "directory")

    #: Whether it is the map of a session.
    is_session: ClassVar[bool] = False

    def __init__(self, directory: Directory) -> None:
        self.directory = directory

    def touched(self, entity: Any) -> None:
        """Note the first change of an entity."""

    def release(self, entity: Any) -> None:
        """Let an entity go; an origin holds none."""

    def make(self, cls: type[E], data: Any) -> E:
        """Return the entity for a decoded object."""
        return _any(cls)._from_api(data, self)  # type: ignore[no-any-return]

    def find(self, cls: type[E], key: int) -> E | None:
        """Return the entity with this id, when this origin already knows one."""
        return None

    def page(self, cls: type[E], items: Iterable[Any]) -> list[E]:
        """Return the entities of a page."""
        make = _any(cls)._from_api
        entities = [make(item, self) for item in items]
        key_of = attrgetter(f"_data.{_any(cls)._key_name}")
        self.directory.marks.see(_any(cls)._kind, map(key_of, entities))
        return entities


_STUBS: dict[str, Origin] = {}


def stub_origin(host: str) -> Origin | None:
    """Return the origin of entities that came from another process: the account and nothing else."""
    return _STUBS.setdefault(host, Origin(Directory(host))) if host else None


class _WeakObjects:
    """Objects by kind and id, alive as long as something else holds them.

    The dead ones are swept out after as many objects came in as were alive.
    """

    __slots__ = ("_kinds", "_room")

    def __init__(self) -> None:
        self._kinds: defaultdict[str, dict[Any, ReferenceType[Any]]] = defaultdict(dict)
        self._room = _ROOM

    def get(self, kind: str, key: Any) -> Any:
        reference = self._kinds[kind].get(key)
        return None if reference is None else reference()

    def put(self, kind: str, key: Any, entity: Any) -> None:
        """Let an entity stand for an id, unless another one does."""
        members = self._kinds[kind]
        if (reference := members.get(key)) is not None and reference() is not None:
            return
        members[key] = ref(entity)
        self._room -= 1
        if self._room < 0:
            for members in self._kinds.values():
                for dead in [key for key, reference in list(members.items()) if reference() is None]:
                    del members[dead]
            self._room = max(_ROOM, sum(map(len, self._kinds.values())))

    def drop(self, kind: str, key: Any) -> None:
        self._kinds[kind].pop(key, None)

    def __iter__(self) -> Iterator[Any]:
        references = [reference for members in self._kinds.values() for reference in members.values()]
        return iter([entity for reference in references if (entity := reference()) is not None])


class IdentityMap(Origin):
    """The objects of one session: one object for each id, and the new ones in their order.

    Attributes:
        discarded: objects that were taken out and must not come back by what points to them.
        created: kind and id of the objects that this session created.
        busy: whether a commit is under way.
        left: whether the block of the session was left.
        outside: where objects belong that were taken out.
        owner: the session, weakly.
    """

    __slots__ = ("_held", "_weak", "busy", "created", "discarded", "left", "outside", "owner")

    is_session = True

    def __init__(self, directory: Directory) -> None:
        super().__init__(directory)
        self._weak = _WeakObjects()
        self._held: dict[int, Any] = {}
        self.outside = Origin(directory)
        self.discarded: WeakSet[Any] = WeakSet()
        self.created: set[tuple[str, int]] = set()
        self.busy = False
        self.left = False
        self.owner: ReferenceType[Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether another session may take objects over: the block was left or the session is gone."""
        return not self.busy and (self.left or (self.owner is not None and self.owner() is None))

    @property
    def new(self) -> list[Any]:
        """Entities that the next commit creates."""
        return [entity for entity in self._held.values() if entity._key is None and entity._doubt is None]

    @property
    def doubtful(self) -> list[Any]:
        """Entities whose creation was sent and not answered."""
        return [entity for entity in self._held.values() if entity._doubt is not None and entity._key is None]

    @property
    def changed(self) -> list[Any]:
        """Entities that have an id and changes."""
        return [entity for entity in self._held.values() if entity._key is not None and entity._is_dirty()]

    @property
    def unsettled(self) -> list[Any]:
        """New, doubtful and changed entities, in the order in which they were added or first changed."""
        return [entity for entity in self._held.values() if entity._key is None or entity._is_dirty()]

    def __iter__(self) -> Iterator[Any]:
        yield from [entity for entity in self._held.values() if entity._key is None]
        yield from self._weak

    def touched(self, entity: Any) -> None:
        """Keep a changed entity alive until it is clean."""
        self._held[id(entity)] = entity

    def place(self, entity: Any) -> None:
        """Hold an entity as its state demands: what is clean weakly, everything else strongly."""
        key = entity._key
        if key is not None:
            self._weak.put(entity._kind, key, entity)
            if not entity._is_dirty():
                self._held.pop(id(entity), None)
                return
        self._held[id(entity)] = entity

    def settle(self, entity: Any) -> None:
        """Place an entity again after an answer, unless it was taken out meanwhile."""
        if entity._session is self:
            self.place(entity)

    def check_accounts(self, entities: Iterable[Any]) -> None:
        """Refuse entities of another account.

        Raises:
            ValueError: one belongs to another account; names both.
        """
        for entity in entities:
            check_account(entity, self.directory.host, "this session")

    def refuse(self, entity: Any) -> str | None:
        """Return why another object keeps an entity out, None if nothing does."""
        other: Any = None if entity._key is None else self.holds(entity)
        if other is None or other is entity:
            return None
        return (
            f"{entity!r} is already in this session as another object; change that one, which "
            f"session.ref({type(other).__name__}, {entity._key}) returns"
        )

    def add(self, entity: Any) -> None:
        """Take an entity in, from wherever it was before; ``refuse`` tells beforehand whether it fits."""
        if entity._session is not None:
            entity._session.release(entity)
            self.discarded.discard(entity)
        entity._session = self
        self.place(entity)

    def let_go(self, entity: Any) -> None:
        """Take an entity out; what still points to a new one does not bring it back."""
        self.release(entity)
        entity._session = self.outside
        if entity._key is None:
            self.discarded.add(entity)

    def release(self, entity: Any) -> None:
        """Forget an entity, which another session takes over."""
        self._held.pop(id(entity), None)
        if self.holds(entity) is entity:
            self._weak.drop(entity._kind, entity._key)

    def holds(self, entity: Any) -> Any:
        """Return the object that stands for the id of this one, ``None`` without any."""
        return self._weak.get(entity._kind, entity._key)

    def of(self, kind: str, key: int) -> Any:
        """Return the object that stands for an id, ``None`` without any."""
        return self._weak.get(kind, key)

    def find(self, cls: type[E], key: int) -> E | None:
        """Return the object of an id; one known as a base class becomes the class that is asked for.

        Raises:
            TypeError: the object is of an unrelated class of the same kind.
        """
        entity = self._weak.get(_any(cls)._kind, key)
        if entity is None or isinstance(entity, cls):
            return entity
        if not issubclass(cls, type(entity)):
            raise TypeError(
                f"{entity!r} is in this session as {type(entity).__name__}, not as {cls.__name__}"
            )
        entity.__class__ = cls
        return cast(E, entity)

    def make(self, cls: type[E], data: Any) -> E:
        """Return the one object of an id, refreshed by ``data``; local changes are kept."""
        key = getattr(data, _any(cls)._key_name)
        entity: Any = self.find(cls, key)
        if entity is not None:
            entity._refresh_from(data)
            return cast(E, entity)
        result = super().make(cls, data)
        self._weak.put(_any(cls)._kind, key, result)
        return result

    def page(self, cls: type[E], items: Iterable[Any]) -> list[E]:
        """Return the objects of a page."""
        make, weak, kind = _any(cls)._from_api, self._weak, _any(cls)._kind
        key_of = attrgetter(_any(cls)._key_name)
        entities: list[E] = []
        for item in items:
            key = key_of(item)
            if weak.get(kind, key) is not None:
                entities.append(self.make(cls, item))
            else:
                entity = make(item, self)
                weak.put(kind, key, entity)
                entities.append(entity)
        self.directory.marks.see(kind, [key_of(entity._data) for entity in _any(entities)])
        return entities
