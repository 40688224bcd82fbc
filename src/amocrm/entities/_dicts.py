"""Between entities and plain dicts, for JSON, forms, queues and pydantic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, cast

import msgspec
from msgspec import UNSET

from ..errors import NotLoaded, UnreadableError
from ..fields._base import Field
from ..fields._custom import field_of_type
from ..fields._lists import ChainedList, ChainItem
from ..fields._objects import Address, ContactValue, ContactValues, Phone, Phones, SmartAddress
from ..fields._simple import Date, DateTime
from ..fields._state import Item, Ref
from ..fields._structured import _Structured
from ._attributes import Attribute, Moment, Scope
from ._kinds import entity_class
from ._names import attributes_of, checked_names
from ._relations import Relation, reference_to

__all__ = ["as_json", "copied", "dict_of", "entity_of"]

#: Belong to a record and not to its copy.
_OF_THE_RECORD: Final = frozenset({"created_at", "created_by", "updated_at", "updated_by", "closed_at"})
#: Values with parts, by the fields that have them.
_PARTS: Final = ((Phone | Phones, ContactValue), (SmartAddress, Address), (ChainedList, ChainItem))
#: Types of fields whose undeclared values are shown as the items of the API.
_ITEMS: Final = frozenset(
    {"multitext", "smart_address", "chained_list", "legal_entity", "file", "items", "linked_entity"}
    | {"payer", "supplier"}
)


def _empty(cls: Any) -> Any:
    made = cls.__new__(cls)
    made._init_from_arguments({}, {})
    return made


def _form(member: Any) -> str:
    return member.form if isinstance(member, Relation) else "value"


def _attributes_of(entity: Any) -> Mapping[str, Any]:
    cls: Any = type(entity)
    return attributes_of(cls)


# ---- to a dict


def dict_of(entity: Any, *, json: bool, links: bool, custom: bool) -> dict[str, Any]:
    """Return what is loaded of an entity by attribute; see ``Entity.to_dict``."""
    found: dict[str, Any] = {}
    for name, member in _attributes_of(entity).items():
        form = _form(member)
        if form in ("", "key") or (form in ("links", "link", "elements") and not links):
            continue
        if (value := _value(entity, name, member, json)) is not UNSET:
            found[name] = as_json(value) if json else value
    if custom:
        named = dict(_undeclared(entity))
        values = {name: field.__get__(entity, type(entity)) for name, field in named.items()}
        found["custom"] = as_json(values) if json else values
    return found


def _value(entity: Any, name: str, member: Any, json: bool) -> Any:
    """Return the value of an attribute, ``UNSET`` where it is not loaded or, on a new object, not set."""
    is_new = entity._key is None
    if isinstance(member, Field):
        state = entity._fields()
        if is_new and state.canonical(entity._field_ref(member.ref)) not in state.local:
            return UNSET
    elif isinstance(member, Attribute):
        scope = None if entity._links is None else entity._links.scope
        if entity._current_value(member.wire) is UNSET and member.wire not in (scope or ()):
            return UNSET
    elif is_new and name not in ({} if entity._links is None else entity._links.states):
        return UNSET
    try:
        value = cast(Any, member.__get__(entity, type(entity)))
        if _form(member) == "names":
            return list(value)
        if _form(member) == "links":
            main = value.main
            return [{**_link(one, json), **({"is_main": True} if one is main else {})} for one in value]
        if _form(member) == "link":
            return None if value is None else _link(value, json)
        if _form(member) == "elements":
            return [
                {
                    **_link(one.element, json),
                    "catalog_id": one.element.catalog_id,
                    "quantity": one.quantity,
                    "price_id": one.price_id,
                }
                for one in value
            ]
    except (NotLoaded, UnreadableError):
        return UNSET
    return value


def _link(entity: Any, json: bool) -> dict[str, Any]:
    if entity._key is not None:
        return {"id": entity._key}
    return dict_of(entity, json=json, links=True, custom=False)


def _undeclared(entity: Any) -> Iterable[tuple[str, Field[Any, Any]]]:
    """Return the filled fields that the class does not declare, by the names of the account."""
    state, declared = entity._fields(), _declared(entity)
    for value in state:
        ref: Ref = ("id", value.field_id)
        if ref not in declared and value.field_id is not None:
            kind = None if value.field_type in _ITEMS else value.field_type
            yield value.field_name or str(value.field_id), field_of_type(kind, ref)


def _declared(entity: Any) -> dict[Ref, Field[Any, Any]]:
    """Return the declared fields by the ids of the account, as far as the entity knows them."""
    canonical = entity._fields().canonical
    return {canonical(entity._field_ref(field.ref)): field for field in type(entity)._declared.values()}


def as_json(value: Any) -> Any:
    """Return a value as JSON has it: moments and days in ISO 8601, decimal numbers as text, options by value."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, msgspec.Struct):
        parts = {name: getattr(value, name) for name in value.__struct_fields__}
        return {name: as_json(part) for name, part in parts.items() if part is not UNSET}
    if isinstance(value, Mapping):
        return {str(name): as_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple | ContactValues):
        return [as_json(part) for part in value]
    return value


# ---- from a dict


def entity_of(cls: Any, given: Mapping[str, Any]) -> Any:
    """Return an entity for a dict: as it was read if it has an id, else a new one; see ``Entity.from_dict``."""
    values, custom = dict(given), given.get("custom") or {}
    values.pop("custom", None)
    key = values.pop("id", None)
    if key is not None and type(key) is not cls._key_type:
        what = "text" if cls._key_type is str else "a whole number"
        raise TypeError(f"the id must be {what}, got {key!r}; leave it out for a new {cls.__name__}")
    checked_names(cls, values)
    made = _empty(cls)
    first: dict[Any, str] = {}
    for name, member in attributes_of(cls).items():
        if name not in values:
            continue
        other = first.setdefault(getattr(member, "ref", None) or getattr(member, "wire", name), name)
        before = None if other == name else getattr(made, other)
        _assign(made, name, member, values[name], is_read=key is not None)
        if other != name and getattr(made, other) != before:
            raise ValueError(
                f"{other} and {name} are the same field and must agree, got different values; leave one of them out"
            )
    for name, value in custom.items():
        made.custom[name] = value
    if key is not None:
        _settle(made, key)
    return made


def _assign(made: Any, name: str, member: Any, value: Any, *, is_read: bool) -> None:
    form = _form(member)
    if not form:
        raise TypeError(f"{name} must not be among plain values; add notes and tasks to the object")
    if form in ("links", "link"):
        _assign_links(made, name, member, value, is_read=is_read)
    elif form == "elements":
        _assign_elements(made, member, value)
    elif form == "embedded" and is_read:
        _embed(made._data, member.key, value)
    elif isinstance(member, Attribute) and member.readonly and is_read:
        _land(made._data, member.wire, None if value is None else member._in(_python_value(member, value)))
    else:
        if form == "key":
            value = value.get("id") if isinstance(value, Mapping) else value
            value = tuple(value) if isinstance(value, list) else value
        try:
            setattr(made, name, _python_value(member, value))
        except ValueError:
            if not (is_read and isinstance(member, Field)):
                raise
            # The account has options that the class does not know.
            many = value if isinstance(value, list | tuple) else [value]
            items = [Item(enum_id=one) if isinstance(one, int) else Item(value=one) for one in many]
            made._set_field(member, tuple(items))


def _python_value(member: Any, value: Any) -> Any:
    """Return a value of JSON as the attribute takes it; any other value stays as it is."""
    if isinstance(value, str) and isinstance(member, Moment | DateTime | Date):
        kind = date if isinstance(member, Date) else datetime
        try:
            return kind.fromisoformat(value)
        except ValueError:
            raise ValueError(
                f"{member.attribute} must be a {kind.__name__} in ISO 8601, got {value!r}; "
                f"write for example {'2030-01-31' if kind is date else '2030-01-31T12:00:00+03:00'!r}"
            ) from None
    if isinstance(value, list | tuple) and isinstance(member, Phones | ChainedList | _Structured):
        return [_python_value(member, one) for one in value]
    if isinstance(value, Mapping):
        if isinstance(member, _Structured):
            return member._read(value)
        for kinds, part in _PARTS:
            if isinstance(member, kinds):
                return part(**value)
    return value


def _assign_links(made: Any, name: str, relation: Any, value: Any, *, is_read: bool) -> None:
    several = relation.form == "links"
    targets, main = [], None
    for one in value if several else () if value is None else (value,):
        target = one
        if isinstance(one, Mapping):
            rest = {part: found for part, found in one.items() if part != "is_main"}
            cls = entity_class(relation.kind)
            target = reference_to(cls, one["id"], None) if "id" in one else entity_of(cls, rest)
            main = target if one.get("is_main") else main
        targets.append(target)
    if not is_read:
        setattr(made, name, targets if several else targets[0] if targets else None)
        if main is not None:
            getattr(made, name).main = main
    elif several:
        state = relation.state(made)
        state.changes.assign(targets)
        state.main.set(main)
    else:
        relation.state(made).set(targets[0] if targets else None)


def _assign_elements(made: Any, relation: Any, value: Any) -> None:
    cls = entity_class(relation.kind)
    for one in value or ():
        rest = {part: found for part, found in one.items() if part not in ("quantity", "price_id")}
        element = entity_of(cls, rest)
        relation.__get__(made, type(made)).add(
            element, quantity=one.get("quantity", 1), price_id=one.get("price_id")
        )


def _settle(made: Any, key: int | str) -> None:
    """Let what was assigned be what the server has."""
    setattr(made._data, made._key_name, key)
    for wire in made._changes or ():
        _land(made._data, wire, made._changes.get(wire))
    made._changes = None
    fields = made._custom_fields
    if fields is not None:
        fields.confirm(fields.local.pending())
    for state in () if made._links is None else made._links.states.values():
        if state:
            state.confirm(state.pending())


def _land(data: Any, wire: str, value: Any) -> None:
    """Put a raw value into the decoded object, as the type that its model has."""
    if isinstance(value, Mapping | list):
        value = msgspec.convert(value, _types_of(data)[wire])
    setattr(data, wire, value)


def _types_of(data: Any) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(type(data))}


def _embed(data: Any, key: str, value: Any) -> None:
    """Put a read-only part into what is embedded; one object may be the only one of a list there."""
    if data.embedded is UNSET:
        data.embedded = msgspec.convert({}, _types_of(data)["embedded"])
    kind = _types_of(data.embedded)[key]
    for shape in (value, [value]):
        try:
            setattr(data.embedded, key, msgspec.convert(as_json(shape), kind))
        except msgspec.ValidationError:
            continue
        return


# ---- a copy


def copied(entity: Any) -> Any:
    """Return a new object with the values of another; see ``Entity.copy``."""
    made = _empty(type(entity))
    if entity._links is not None and entity._links.scope:
        made._ensure_links().scope = dict(entity._links.scope)
    for name, member in _attributes_of(entity).items():
        if isinstance(member, Attribute) and not member.readonly and name not in _OF_THE_RECORD:
            if not isinstance(member, Scope) and (raw := entity._current_value(member.wire)) is not UNSET:
                made._set(member.wire, raw)
        elif (form := _form(member)) in ("names", "links", "link") and getattr(member, "writable", True):
            try:
                value: Any = member.__get__(entity, type(entity))
                setattr(made, name, value if form == "link" else list(value))
                if form == "links" and value.main is not None:
                    getattr(made, name).main = value.main
            except NotLoaded:
                continue
        elif _form(member) == "elements":
            try:
                linked = list(getattr(entity, name))
            except NotLoaded:
                continue
            for one in linked:
                getattr(made, name).add(one.element, quantity=one.quantity, price_id=one.price_id)
    state, declared = entity._fields(), _declared(entity)
    for value in state if state.loaded else ():
        ref: Ref = ("id", value.field_id)
        field = field_of_type(value.field_type, ref, value.field_name)
        try:
            items = field.encode(field.decode(value.values, entity._zone))
            made._set_field(declared.get(ref, field), items)
        except ValueError:
            continue  # an account may hold values that cannot be written
    for ref in state.local:
        if (field := state.kind(ref)) is not None:
            made._set_field(field, state.local.get(ref))
    return made
