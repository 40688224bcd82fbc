"""Entities as plain values: dicts for JSON, forms and queues, fields and bodies of pydantic, copies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Self, cast

import msgspec
from msgspec import UNSET

from .._core.arguments import shown_value
from ..errors import NotLoaded, UnreadableError
from ..fields._base import Field
from ..fields._custom import PARTED, UntypedField, field_of_type
from ..fields._lists import ChainedList, ChainItem
from ..fields._objects import Address, ContactValue, ContactValues, Phone, Phones, SmartAddress
from ..fields._simple import Date, DateTime
from ..fields._state import Item, Ref, Written, ref_of
from ..fields._structured import _Structured
from ._attributes import LIMIT, Attribute, Moment, Scope
from ._embedded import types_of
from ._kinds import entity_class
from ._names import attributes_of, checked_names
from ._relations import Relation
from ._sent import Sent, adopt_id

__all__ = ["PlainValues"]

#: Belong to a record and not to its copy.
_OF_THE_RECORD: Final = frozenset({"created_at", "created_by", "updated_at", "updated_by", "closed_at"})
_LINKS: Final = ("links", "link", "elements")
#: Values with parts, by the fields that have them.
_PARTS: Final = ((Phone | Phones, ContactValue), (SmartAddress, Address), (ChainedList, ChainItem))


class PlainValues:
    """What an entity does with several attributes at once."""

    __slots__ = ()

    def update(self, **values: Any) -> Self:
        """Assign several attributes and return the entity.

        Raises:
            TypeError: the class has no such attribute; nothing was assigned.

        Example:
            >>> session.ref(Lead, 17).update(name="Заказ 18", price=5000)
            <Lead 17 'Заказ 18'>
        """
        for name, value in checked_names(type(self), values).items():
            setattr(self, name, value)
        return self

    def copy(self) -> Self:
        """Return a new object with the same values, which a session creates as another record.

        It has what is loaded: attributes, custom fields, tags, links to the same contacts and companies. It does not
        have the id, notes, tasks, and the authors and times of creation, change and closing.

        Example:
            >>> again = session.add(lead.copy().update(name="Заказ 18"))
        """
        entity: Any = self
        cls: Any = type(self)
        result = _empty(cls)
        if entity._links is not None and entity._links.scope:
            result._ensure_links().scope = dict(entity._links.scope)
        for name, member in attributes_of(cls).items():
            if isinstance(member, Attribute):
                is_copied = not (member.readonly or isinstance(member, Scope) or name in _OF_THE_RECORD)
                if is_copied and (raw := entity._current_value(member.wire)) is not UNSET:
                    result._set(member.wire, raw)
                continue
            is_copied = _form(member) in ("names", *_LINKS) and getattr(member, "writable", True)
            if is_copied and (value := _loaded(entity, name, member)) is not UNSET:
                _link_up(result, member, value, getattr(value, "main", None))
        state, declared = entity._fields(), _declared(entity)
        for value in state:
            ref = ref_of(value.field_id, value.field_code or None, value.field_name or None)
            if isinstance(value, Written):
                result._set_field(declared.get(ref, UntypedField(ref)), tuple(value.values))
                continue
            field = field_of_type(value.field_type, ref, value.field_name)
            try:
                items = field.encode(field.decode(value.values, entity._zone))
            except ValueError:
                continue  # an account may hold values that cannot be written
            result._set_field(declared.get(ref, field), items)
        for ref in state.local:
            if (field := state.kind(ref)) is not None:
                result._set_field(field, state.local.get(ref))
        return cast("Self", result)

    def to_dict(self, *, json: bool = False, links: bool = True, custom: bool = False) -> dict[str, Any]:
        """Return what is loaded by attribute; nothing is read, and what is not loaded is left out.

        Passwords and tokens are never in it. Users and stages are shown by their ids.

        Args:
            json: whether values are those of JSON: moments and days in ISO 8601, decimal numbers as text.
            links: whether contacts, companies and leads are in it, as ``{"id": 1}`` (new ones with their values).
            custom: whether fields that the class does not declare are in it, by name under ``custom``.

        Example:
            >>> Lead(name="Заказ", closed_at=1_700_000_000, tags={"vip"}).to_dict(json=True)
            {'name': 'Заказ', 'closed_at': '2023-11-14T22:13:20+00:00', 'tags': ['vip']}
        """
        entity: Any = self
        cls: Any = type(self)
        shown: dict[str, Any] = {}
        for name, member in attributes_of(cls).items():
            is_shown = (form := _form(member)) not in ("", "key") and (links or form not in _LINKS)
            if is_shown and (value := _loaded(entity, name, member)) is not UNSET:
                shown[name] = _plain(form, value)
        if custom:
            shown["custom"] = {name: field.__get__(entity, cls) for name, field in _undeclared(entity)}
        return cast("dict[str, Any]", _as_json(shown)) if json else shown

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return an entity with these values: as it was read, without changes, if they have an id; else a new one.

        Changes that a form sends are no values that were read: ``session.ref(Lead, 17).update(**form)``.

        Args:
            data: values by attribute, those of ``to_dict`` or of JSON.

        Raises:
            TypeError: the class has no such attribute (names the nearest), or a value is of another type.
            AttributeError: a new object cannot have it, because the server sets it.
            ValueError: a value does not fit, or ``phone`` and ``phones`` disagree.

        Example:
            >>> Lead.from_dict({"name": "Заказ 17", "price": 5000, "contacts": [{"id": 501}]})
            <Lead new 'Заказ 17'>
        """
        if not isinstance(data, Mapping):
            raise TypeError(
                f"data must be a mapping of values by attribute, got {shown_value(data)}; write {{'id': 17}}"
            )
        result, key, members = _empty(cls), data.get("id"), attributes_of(cast(Any, cls))
        if key is not None:
            _check_id("the id", key, f"leave it out for a new {cls.__name__}", result._key_type)
        custom = {} if (custom := data.get("custom")) is None else custom
        if not isinstance(custom, Mapping):
            raise TypeError(
                f"custom must be a mapping of values by the names of fields, got {shown_value(custom)}; "
                "write for example {'City': 'Kazan'}"
            )
        values = checked_names(cls, {name: data[name] for name in data if name not in ("id", "custom")})
        first: dict[Any, str] = {}
        for name, member in members.items():
            if name not in values:
                continue
            other = first.setdefault(getattr(member, "ref", None) or getattr(member, "wire", name), name)
            before = None if other == name else getattr(result, other)
            _assign(result, name, member, values[name], is_read=key is not None)
            if other != name and getattr(result, other) != before:
                raise ValueError(
                    f"{other} and {name} are the same field and must agree, got different values; leave one of them out"
                )
        for name, value in custom.items():
            result.custom[name] = value
        if key is not None:
            adopt_id(result, key, Sent.of(result))
        return cast("Self", result)

    # pydantic calls these two, so it is there when they need it.

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from ._schemas import core_schema_of

        return core_schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        from ._schemas import json_schema_of

        return json_schema_of(cls)


def _empty(cls: Any) -> Any:
    return cls._from_api(cls._model(**{cls._key_name: UNSET}), None)


def _form(member: Any) -> str:
    return member.form if isinstance(member, Relation) else "value"


# ---- to a dict


def _loaded(entity: Any, name: str, member: Any) -> Any:
    """Return the value of an attribute, ``UNSET`` where it is not loaded or, on a new object, not set."""
    links, is_known = entity._links, entity._key is not None
    if isinstance(member, Field):
        state = entity._fields()
        is_known = is_known or state.canonical(entity._field_ref(member.ref)) in state.local
    elif isinstance(member, Attribute):
        scope = () if links is None else links.scope or ()
        is_known = entity._current_value(member.wire) is not UNSET or member.wire in scope
    else:
        is_known = is_known or (links is not None and name in links.states)
    try:
        value: Any = member.__get__(entity, type(entity)) if is_known else UNSET
        if value is not UNSET and _form(member) in ("names", "links", "elements"):
            len(value)  # raises NotLoaded
    except (NotLoaded, UnreadableError):
        return UNSET
    return value


def _plain(form: str, value: Any) -> Any:
    """Return what a relation holds as plain values."""
    if form == "names":
        return list(value)
    if form == "link":
        return None if value is None else _target(value)
    if form == "elements":
        return [
            {**_target(item), "catalog_id": item.catalog_id, "quantity": quantity, "price_id": price_id}
            for item, quantity, price_id in value
        ]
    if form == "links":
        main = value.main
        return [{**_target(target), **({"is_main": True} if target is main else {})} for target in value]
    return value


def _target(entity: Any) -> dict[str, Any]:
    return entity.to_dict() if entity._key is None else {"id": entity._key}


def _undeclared(entity: Any) -> Iterable[tuple[str, Field[Any, Any]]]:
    """Return the filled fields that the class does not declare, by the names of the account; new ones as written."""
    fields, shown = entity._fields(), set(_declared(entity))
    for value in fields:
        ref = ref_of(value.field_id, value.field_code or None, value.field_name or None)
        if ref not in shown:
            shown.add(ref)
            # A value that was written and not read yet has no type; one with parts is shown as the API has it.
            field = field_of_type(value.field_type, ref) if value.field_type else UntypedField(ref)
            if value.field_type and isinstance(field, PARTED | Phones):
                field = field_of_type(None, ref)
            yield value.field_name or str(ref[1]), field
    yield from (
        (fields.name_of(ref) or str(ref[1]), fields.kind(ref)) for ref in fields.local if ref not in shown
    )


def _declared(entity: Any) -> dict[Ref, Field[Any, Any]]:
    """Return the declared fields by the ids of the account, as far as the entity knows them."""
    canonical = entity._fields().canonical
    return {canonical(entity._field_ref(field.ref)): field for field in type(entity)._declared.values()}


def _as_json(value: Any) -> Any:
    """Return a value as JSON has it: moments and days in ISO 8601, decimal numbers as text, options by value."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {str(name): _as_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple | ContactValues):
        return [_as_json(part) for part in value]
    return msgspec.to_builtins(value)


# ---- from a dict


def _check_id(name: str, key: Any, advice: str, kind: type = int) -> None:
    """Refuse an id that no record has."""
    if type(key) is not kind:
        what = "text" if kind is str else "a whole number"
        raise TypeError(f"{name} must be {what}, got {shown_value(key)}; {advice}")
    if not key or (isinstance(key, int) and not 0 < key < LIMIT):
        what = "a filled text" if kind is str else "above 0 and of at most 18 digits"
        raise ValueError(f"{name} must be {what}, got {shown_value(key)}; {advice}")


def _assign(entity: Any, name: str, member: Any, value: Any, *, is_read: bool) -> None:
    form = _form(member)
    if not form:
        raise TypeError(f"{name} must not be among plain values; add notes and tasks to the object")
    if is_read and form == "value" and hasattr(member, "wire") and isinstance(value, Mapping | list):
        try:
            value = msgspec.convert(value, types_of(entity._data)[member.wire])
        except msgspec.ValidationError as error:
            raise TypeError(
                f"{name} must be as the API has it, got {shown_value(value)}; write what to_dict shows ({error})"
            ) from None
    if form in _LINKS:
        _assign_links(entity, member, value, is_read=is_read)
    elif form == "embedded" and is_read:
        member.put(entity._data, _as_json(value))
    elif form == "key":
        plain = value.get("id") if isinstance(value, Mapping) else value
        setattr(entity, name, tuple(plain) if isinstance(plain, list) else plain)
    elif is_read and getattr(member, "readonly", False):
        raw = _parsed(member, value)
        entity._set(member.wire, None if raw is None else member._in(raw))
    else:
        try:
            setattr(entity, name, _parsed(member, value))
        except ValueError:
            if not (is_read and isinstance(member, Field)):
                raise
            # The account has options that the class does not know.
            many = value if isinstance(value, list | tuple) else [value]
            items = [
                Item(enum_id=option) if isinstance(option, int) else Item(value=option) for option in many
            ]
            entity._set_field(member, tuple(items))


def _parsed(member: Any, value: Any) -> Any:
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
        return [_parsed(member, item) for item in value]
    if isinstance(value, Mapping) and isinstance(member, _Structured):
        return member._read(value)
    part = next((part for kinds, part in _PARTS if isinstance(member, kinds)), None)
    return part(**value) if part is not None and isinstance(value, Mapping) else value


def _assign_links(entity: Any, relation: Any, value: Any, *, is_read: bool) -> None:
    is_many, linked, main = relation.form != "link", [], None
    if is_many and (isinstance(value, str | Mapping) or not isinstance(value, Iterable | None)):
        raise TypeError(
            f"{relation!r} must be a list of {relation.kind}, got {shown_value(value)}; "
            f"write [{_example(relation)}]"
        )
    for item in () if value is None else value if is_many else (value,):
        target, terms = _linked_by(relation, item), item if isinstance(item, Mapping) else {}
        if not is_read:
            relation._checked(entity, target)
        main = target if terms.get("is_main") else main
        if relation.form == "elements":
            target = (target, terms.get("quantity", 1), terms.get("price_id"))
        linked.append(target)
    _link_up(entity, relation, linked if is_many else next(iter(linked), None), main)


def _linked_by(relation: Any, item: Any) -> Any:
    """Return the entity of a link, which plain values name by its id or describe."""
    cls = entity_class(relation.kind)
    if isinstance(item, cls):
        return item
    if not isinstance(item, Mapping):
        raise TypeError(
            f"{relation!r} must be a {cls.__name__} or its values, got {shown_value(item)}; "
            f"write {_example(relation)}"
        )
    if relation.form == "elements":
        advice = f"write {_example(relation)}"
        if item.get("catalog_id") is None:
            raise ValueError(
                f"catalog_id of {relation!r} must be the list of the element, got none; {advice}"
            )
        _check_id(f"catalog_id of {relation!r}", item["catalog_id"], advice)
        if item.get("price_id") is not None:
            _check_id(f"price_id of {relation!r}", item["price_id"], "write the id of a field of the list")
    about = {"is_main", "quantity", "price_id"}
    return cls.from_dict({name: value for name, value in item.items() if name not in about})


def _example(relation: Any) -> dict[str, int]:
    return {"id": 5, "catalog_id": 7} if relation.form == "elements" else {"id": 5}


def _link_up(entity: Any, relation: Any, value: Any, main: Any = None) -> None:
    """Assign tags, or objects to be linked; elements with quantity and price."""
    if relation.form == "names":
        setattr(entity, relation.attribute, list(value))
    elif relation.form == "link":
        relation.state(entity).set(value)
    elif relation.form == "elements":
        for element, quantity, price_id in value:
            relation.__get__(entity, type(entity)).add(element, quantity=quantity, price_id=price_id)
    else:
        state = relation.state(entity)
        state.changes.assign(value)
        state.main.set(main)
