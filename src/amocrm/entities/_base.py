"""Base of all entities: a decoded object of the API with an overlay of local changes.

Values are converted on access: an attribute that is never read costs nothing. An entity does no I/O: an attribute
that is not loaded raises ``NotLoaded`` with the call to make.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from copy import copy, deepcopy
from datetime import tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from msgspec import UNSET

from amocrm_gen._runtime.model import with_extra

from .._core.orm.changes import Change
from .._core.orm.doubt import Doubt
from .._core.orm.identity import Origin, account_of, stub_origin
from .._core.orm.tracking import Overlay
from .._core.validation import did_you_mean
from ..errors import NotLoaded, UnreadableError
from ..fields._base import Field
from ..fields._state import FieldState, Item, Ref
from ._attributes import Attribute, Key
from ._dicts import PlainValues
from ._links import Links
from ._local_changes import changes_of, revert
from ._meta import EntityMeta
from ._relations import LinkRelation, Relation

if TYPE_CHECKING:
    from ..fields._custom import CustomFields

__all__ = ["Entity", "EntityMeta", "arguments"]


def arguments(scope: dict[str, Any], *, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the arguments of a constructor, whose ``locals()`` these are: each is an attribute to assign."""
    others = _NO_ARGUMENTS.union(without) if without else _NO_ARGUMENTS
    return {name: value for name, value in scope.items() if value is not UNSET and name not in others}


_NO_ARGUMENTS = frozenset({"self", "custom", "__class__"})


class Entity(PlainValues, metaclass=EntityMeta):
    """Base of all entities; see ``Lead``, ``Contact`` and the others.

    Entities are equal only to themselves. Inside a session there is one object for each id.
    """

    __slots__ = ("__weakref__", "_changes", "_custom_fields", "_data", "_links", "_session")

    #: Collection in the API, such as ``leads``.
    _kind: str = ""
    #: Area of the models and names of the decoded object, of the filter and of the order of the list.
    _names: ClassVar[tuple[str, str, str | None, str | None]] = ("", "", None, None)
    #: Attribute of the decoded object that is its key, and the type of the key.
    _key_name: ClassVar[str] = "id"
    _key_type: ClassVar[type] = int
    #: What stands in the path for all objects of a class, such as the list of a class of elements.
    _scope: ClassVar[Mapping[str, int | str]] = MappingProxyType({})
    #: The models themselves; imported when the class is first used.
    _model: ClassVar[Any]
    _filter: ClassVar[Any]
    _order: ClassVar[Any]

    #: Its relations, in the order of their declaration.
    _relations: ClassVar[tuple[Relation, ...]]
    #: Those of them that are links to other entities.
    _link_relations: ClassVar[tuple[LinkRelation[Any], ...]]

    _data: Any
    _session: Origin | None
    _changes: Overlay[str] | None
    _custom_fields: FieldState | None
    _links: Links | None

    id = Key(readonly=True, nullable=False)

    def __init__(self) -> None:
        self._init_from_arguments({}, {})

    def _init_from_arguments(self, values: dict[str, Any], custom: dict[str, Any]) -> None:
        """Initialize a new entity and assign the arguments of its constructor."""
        self._data = type(self)._model(**{self._key_name: UNSET})
        self._session = self._changes = self._custom_fields = self._links = None
        for name, value in values.items():
            if value is not UNSET:
                setattr(self, name, value)
        for name, value in custom.items():
            if name not in type(self)._declared:
                from inspect import signature

                hint = did_you_mean(name, [*type(self)._declared, *signature(type(self)).parameters])
                raise TypeError(
                    f"the argument must be an attribute or a declared field of {type(self).__name__}, got {name!r}{hint}"
                )
            setattr(self, name, value)

    @classmethod
    def _from_api(cls, data: Any, origin: Origin | None) -> Self:
        entity = cls.__new__(cls)
        entity._data = data
        entity._session = origin
        entity._changes = entity._custom_fields = entity._links = None
        return entity

    # ---- reading

    @property
    def _key(self) -> int | None:
        key = self._data.id
        return None if key is UNSET else key

    @property
    def _field_kind(self) -> str:
        """Whose custom fields it has: those of its collection, of its list for an element."""
        return self._kind

    @property
    def _zone(self) -> tzinfo | None:
        return None if self._session is None else self._session.directory.zone

    def _absent(self, attribute: Attribute[Any, Any] | Relation | str, nullable: bool = False) -> Any:
        """Answers for a property that the data do not hold."""
        name = attribute if isinstance(attribute, str) else attribute.attribute
        if self._links is not None and name in self._links.unreadable:
            raise UnreadableError(
                f"{name} of {self!r} came in a form that does not fit its description and could not be read; "
                "the drift record of the answer holds the raw value",
                attribute=name,
            )
        if self._key is None:
            if nullable or getattr(attribute, "nullable", False):
                return None
            raise NotLoaded(
                f"{name} of {self!r} is set by the server when it is created; commit first", attribute=name
            )
        from .._core.orm.operations import GET

        if getattr(self._data, "is_deleted", UNSET) is True:
            raise NotLoaded(
                f"{name} of {self!r} cannot be read, because it is deleted and the API shows only a few of its attributes; read it before the deletion",
                attribute=name,
            )
        how = f"write crm.{self._kind}.get({self._key}), or session.get({type(self).__name__}, {self._key}) in a session"
        if getattr(attribute, "needs", ""):
            how = (
                f"write crm.{self._kind}.get({self._key}, preload=[{attribute!r}]), "
                f"or .preload({attribute!r}) on a query"
            )
        elif self._kind not in GET:
            how = f"take it from the list crm.{self._kind}"
        raise NotLoaded(f"{name} of {self!r} is not loaded; {how}", attribute=name)

    def _embedded(self, key: str) -> Any:
        embedded = getattr(self._data, "embedded", UNSET)
        return UNSET if embedded is UNSET else getattr(embedded, key, UNSET)

    @property
    def custom(self) -> CustomFields:
        """Custom fields without a declaration, by name, code or id; see ``fields.CustomFields``."""
        from ..fields._custom import CustomFields

        definitions = None if self._session is None else self._session.directory.fields.get(self._field_kind)
        return CustomFields(self, definitions)

    @property
    def extra(self) -> Mapping[str, Any]:
        """What the server sent under keys that this library does not know yet; empty without any."""
        extra: Mapping[str, Any] = self._data.extra
        return extra

    # ---- changing

    def _set(self, wire: str, value: Any) -> None:
        if self._changes is None:
            self._changes = Overlay()
        self._changes.set(wire, value, getattr(self._data, wire, UNSET))
        self._touch()

    def _touch(self) -> None:
        if self._session is not None:
            self._session.touched(self)

    def _fields(self) -> FieldState:
        if self._custom_fields is None:
            values = getattr(self._data, "custom_fields_values", None)
            self._custom_fields = FieldState.of(None if self._key is None else values)
        return self._custom_fields

    def _field_ref(self, ref: Ref) -> Ref:
        """Return the reference by id where the definitions of the account were read."""
        if ref[0] == "id" or self._session is None:
            return ref
        definitions = self._session.directory.fields.get(self._field_kind)
        try:
            definition = None if definitions is None else definitions.find(ref)
        except LookupError:  # several fields have this name: writing says so
            return ref
        if definition is None:
            return ref
        result: Ref = ("id", definition.id)
        self._fields().move(ref, result)
        return result

    def _field_items(self, field: Field[Any, Any]) -> Any:
        items = self._fields().items(self._field_ref(field.ref))
        return self._absent(field.attribute or f"custom[{field.ref[1]!r}]") if items is UNSET else items

    def _set_field(self, field: Field[Any, Any], items: tuple[Item, ...]) -> None:
        self._fields().change(field, items, self._field_ref(field.ref))
        self._touch()

    def _ensure_links(self) -> Links:
        if self._links is None:
            self._links = Links()
        return self._links

    @property
    def _doubt(self) -> Doubt | None:
        return None if self._links is None else self._links.doubt

    def _is_dirty(self) -> bool:
        return bool(
            self._changes
            or (self._custom_fields is not None and self._custom_fields.local)
            or (self._links is not None and self._links.is_dirty())
        )

    def _dirty_fields(self) -> bool:
        """Return whether an update of the entity itself (not of its links) is needed."""
        return bool(
            self._changes
            or (self._custom_fields is not None and self._custom_fields.local)
            or (self._links is not None and self._links.states.get("tags"))
        )

    @property
    def changes(self) -> Mapping[str, Change]:
        """What differs from what the server has, by attribute.

        ``base`` is what was shown when you assigned, ``local`` is your value, ``server`` is what the last
        reading brought; ``UNSET`` stands for what is not known.

        Example:
            >>> lead.price = 5
            >>> lead.changes["price"].local
            5
        """
        return changes_of(self)

    def _refresh_from(self, data: Any) -> None:
        """Take a fresh answer; local changes are kept, and what the answer lacks is kept as well."""
        old, embedded = self._data, getattr(data, "embedded", UNSET)
        if embedded is not UNSET and self._links is not None and self._links.states:
            for relation in self._relations:
                relation.rebase(self, embedded)
        for name in data.__struct_fields__:
            if getattr(data, name) is UNSET:
                setattr(data, name, getattr(old, name))
        old_embedded = getattr(old, "embedded", UNSET)
        if embedded is not UNSET and old_embedded is not UNSET and embedded is not old_embedded:
            for name in embedded.__struct_fields__:
                if getattr(embedded, name) is UNSET:
                    setattr(embedded, name, getattr(old_embedded, name))
        if old.extra:
            data = with_extra(data, {**old.extra, **data.extra})
        self._data = data
        if self._changes is not None:
            self._changes.rebase(lambda wire: getattr(data, wire, UNSET))
        if self._custom_fields is not None:
            self._custom_fields.refresh(getattr(data, "custom_fields_values", None))

    def _cascade(self) -> Iterator[Entity]:
        """Return the entities that belong to this one and must be known to the session as well."""
        links = self._links
        if links is None:
            return
        if states := links.states:
            for relation in self._link_relations:
                if relation.attribute in states:
                    yield from relation.reach(self)
        if links.parent is not None:
            yield links.parent
        yield from links.children or ()

    # ---- around

    def __repr__(self) -> str:
        title = self._title()
        shown = f" {title!r}" if isinstance(title, str) else ""
        return f"<{type(self).__name__} {'new' if self._key is None else self._key}{shown}>"

    def _title(self) -> Any:
        """Return the name by which people know it."""
        return self._current_value("name")

    def _current_value(self, wire: str) -> Any:
        """Return the value of a property in the API, or the one that will be sent."""
        local = UNSET if self._changes is None else self._changes.get(wire)
        return getattr(self._data, wire, UNSET) if local is UNSET else local

    def __getstate__(self) -> dict[str, Any]:
        # For another process: everything but the session, with what it is linked to and its account.
        return {"account": account_of(self), **{name: getattr(self, name) for name in _STATE}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._session = stub_origin(state["account"])
        for name in _STATE:
            setattr(self, name, state[name])

    def __copy__(self) -> Self:
        # The same values and the same neighbours in an object of its own; notes, tasks and doubt stay with the first.
        state = {name: deepcopy(getattr(self, name)) for name in ("_data", "_changes", "_custom_fields")}
        result = object.__new__(type(self))
        result.__setstate__({"account": account_of(self), **state, "_links": copy(self._links)})
        result._forget_flight()
        return result

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        result = object.__new__(type(self))
        memo[id(self)] = result
        result.__setstate__(deepcopy(self.__getstate__(), memo))
        result._forget_flight()
        return result

    def _forget_flight(self) -> None:
        """Let a copy know nothing of what the original has sent."""
        if self._links is not None:
            self._links.doubt = None
        revert(self)


_STATE = ("_data", "_changes", "_custom_fields", "_links")
