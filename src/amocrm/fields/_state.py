"""The custom fields of one entity: what was read, indexed on first access, and what was changed."""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal, TypeAlias, cast

import msgspec
from msgspec import UNSET

from .._core.orm.times import day_text, rfc3339
from .._core.orm.tracking import Overlay

__all__ = ["CLEAR", "FieldState", "Item", "Ref", "Written", "finish", "ref_of"]

#: Reference to a field: by id, by code, or by the name that users see.
Ref: TypeAlias = tuple[Literal["id", "code", "name"], Any]


class Item(msgspec.Struct, gc=False, omit_defaults=True):
    """Value of a field before it is encoded; dates are still ``date`` objects."""

    value: Any = UNSET
    enum_id: Any = UNSET
    enum_code: Any = UNSET
    catalog_id: Any = UNSET
    catalog_element_id: Any = UNSET


#: Local value of a field that will be cleared.
CLEAR: Final[tuple[Item, ...]] = ()


def ref_of(field_id: int | None, code: str | None, name: str | None) -> Ref:
    """Return the reference of a field: its id if given, else its code, else its name.

    Raises:
        TypeError: none of the three is given, or one is of another kind.
    """
    for argument, text in (("code", code), ("name", name)):
        if text is not None and (not isinstance(text, str) or not text.strip()):
            raise TypeError(f"{argument} must be a text, got {text!r}; write for example {argument}='CITY'")
    if field_id is not None and (isinstance(field_id, bool) or not isinstance(field_id, int)):
        raise TypeError(f"field_id must be a whole number, got {field_id!r}; write for example field_id=17")
    if field_id is not None:
        return "id", field_id
    if code is not None:
        return "code", code
    if name is not None:
        return "name", name
    raise TypeError(
        'a custom field must have field_id=, code= or name=, got none; write for example name="City"'
    )


class FieldState(msgspec.Struct, eq=False):
    """Custom field values of one entity by reference: those of the server and the local changes.

    Attributes:
        local: reference of each changed field to its items; no items clear the field.
        loaded: whether the entity was read with its fields.
        cleared: fields of a new entity that were set to nothing, which is no change yet.
    """

    local: Overlay[Ref] = msgspec.field(default_factory=cast("type[Overlay[Ref]]", Overlay))
    loaded: bool = False
    cleared: frozenset[Ref] = frozenset()
    _kinds: dict[Ref, Any] = {}
    # The others are made when they are first filled: most entities of an import never need them.
    _aliases: dict[Ref, int] | None = None
    _ids: dict[int, Any] | None = None
    _codes: dict[str, Any] | None = None
    _names: dict[str, Any] | None = None
    _twice: Collection[str] = ()
    _written: Mapping[Ref, tuple[Item, ...]] | None = None  # what a creation sent, until it is looked at

    @classmethod
    def of(cls, values: Any) -> FieldState:
        """Return the state of an entity with these values, None without any, ``UNSET`` if they were not read."""
        state = cls(loaded=values is not UNSET)
        if values:
            state.index(values)
        return state

    def index(self, values: Any) -> None:
        """Replace the remote values by those of a fresh answer."""
        self._written = None
        self.loaded = values is not UNSET
        self._ids = ids = {value.field_id: value for value in values or ()} if self.loaded else {}
        self._codes = {value.field_code: value for value in ids.values() if value.field_code}
        self._names = {value.field_name: value for value in ids.values() if value.field_name}
        named = [value.field_name for value in ids.values() if value.field_name]
        self._twice = (
            {name for name in named if named.count(name) > 1} if len(named) > len(self._names) else ()
        )

    def remote(self, ref: Ref) -> Any:
        """Return the value as it was read (``field_id``, ``field_name``, ``values`` …), ``None`` if it is empty.

        Raises:
            LookupError: several fields have this name.
        """
        if self._written is not None:
            self._take_in()
        by, key = ref
        if by == "id":
            return None if self._ids is None else self._ids.get(key)
        values = self._codes if by == "code" else self._names
        if by == "name" and key in self._twice:
            ids = ", ".join(
                str(value.field_id) for value in (self._ids or {}).values() if value.field_name == key
            )
            raise LookupError(f"a field name must be used once, got {key!r} of several; use an id ({ids})")
        value = None if values is None else values.get(key)
        if value is None and self._ids and self._aliases and ref in self._aliases:
            return self._ids.get(self._aliases[ref])
        return value

    def canonical(self, ref: Ref) -> Ref:
        """Return the reference under which changes of this field are kept: its id once it is known."""
        if self._written is None and self._ids is None and self._codes is None and self._aliases is None:
            return ref
        remote = self.remote(ref)
        if remote is not None and remote.field_id is not None:
            # A field that was deleted and created again has a new id.
            return "id", (self._aliases or {}).get(("id", remote.field_id), remote.field_id)
        return ("id", self._aliases[ref]) if self._aliases and ref in self._aliases else ref

    def items(self, ref: Ref) -> Any:
        """Return the local or else the remote items: empty without a value, ``UNSET`` if not loaded."""
        local = self.local.get(self.canonical(ref))
        return self.remote_items(ref) if local is UNSET else local

    def remote_items(self, ref: Ref) -> Any:
        """Return the remote items: empty without a value, ``UNSET`` if neither loaded nor written before."""
        remote = self.remote(ref)
        if remote is None:
            return () if self.loaded else UNSET
        return remote.values if remote.values is UNSET else remote.values or ()

    def change(self, field: Any, items: tuple[Item, ...], field_ref: Ref | None = None) -> None:
        """Record new items of a field, unless they mean the value that was read."""
        ref = self.canonical(field_ref or field.ref)
        self._kinds[ref] = field
        remote = self.remote_items(ref)
        self.local.set(ref, items, remote, field.same if remote and items else operator.eq)
        if not items and ref not in self.local:
            self.cleared |= {ref}
        elif ref in self.cleared:
            self.cleared -= {ref}

    def assigned(self) -> Mapping[Ref, tuple[Item, ...]]:
        """Return what was assigned: the changes and what was set to nothing."""
        return {**dict.fromkeys(self.cleared, CLEAR), **self.local.pending()}

    def kind(self, ref: Ref) -> Any:
        """Return the field that recorded a change, ``None`` if it was renamed since."""
        return self._kinds.get(ref)

    def needs_definitions(self) -> bool:
        """Return whether a change can only be written, or told from another one, with the definitions."""
        kinds = {ref[0] for ref in self.local.pending()}
        if "name" in kinds:
            return True
        # A field of a declared class is named once; one that was reached by hand may be the same field again.
        return len(kinds) > 1 and any(getattr(self.kind(ref), "owner", None) is None for ref in self.local)

    def refresh(self, values: Any) -> None:
        """Replace the remote values by those of a fresh answer and keep local changes under known ids."""
        if values is UNSET:
            return
        self.index(values)
        for ref in self.local:
            self.move(ref, self.canonical(ref))
        self._forget_equal()

    def revert(self) -> None:
        """Note that the server did not take what was in flight."""
        self.local.revert(lambda ref: UNSET)
        self._forget_equal()

    def _forget_equal(self) -> None:
        for ref in self.local:
            field, remote = self._kinds.get(ref), self.remote_items(ref)
            if field is not None and remote is not UNSET and field.same(remote, self.local.get(ref)):
                self.local.discard(ref)

    def move(self, old: Ref, new: Ref) -> None:
        """Keep a change under another reference of the same field; the old one still finds it."""
        if new[0] == "id":
            field_value = self.remote(old)
            if field_value is not None and field_value.field_id is None:  # written before its id was known
                field_value.field_id = new[1]
                self._ids = {**(self._ids or {}), new[1]: field_value}
            if self._aliases is None:
                self._aliases = {}
            self._aliases[old] = new[1]
        if old != new and old in self.local:
            self.local.rename(old, new)
            self._kinds[new] = self._kinds.pop(old, None)
        elif old != new and old in self.cleared:
            self.cleared = self.cleared - {old} | {new}
            self._kinds[new] = self._kinds.pop(old, None)

    def name_of(self, ref: Ref) -> str | None:
        """Return the name of a changed field that was declared or written by name."""
        if ref[0] == "name":
            return str(ref[1])
        field = self._kinds.get(ref)
        return None if field is None else field.name

    def resolve(self, definitions: Any) -> None:
        """Keep changes of fields that are named by name under the ids that the account gives them.

        Args:
            definitions: ``Definitions`` of the entity's collection.

        Raises:
            LookupError: there is no field of this name, or several.
        """
        for ref in list(self.local):
            name = self.name_of(ref)
            if name is not None and (ref[0] == "name" or definitions.find(ref) is None):
                self.move(ref, ("id", definitions.get(("name", name)).id))
            elif ref[0] == "code" and (definition := definitions.find(ref)) is not None:
                self.move(ref, ("id", definition.id))

    def confirm(self, sent: Mapping[Ref, tuple[Item, ...]]) -> None:
        """Note that the server took these values: they are the remote ones from now on."""
        self.cleared = frozenset()
        if self._aliases:
            sent = {ref if ref in self.local else self.canonical(ref): items for ref, items in sent.items()}
        if not self.local.confirm(sent):
            self._kinds = {}
        if not (self._written or self._ids or self._codes or self._names):
            self._written = sent
            return
        for ref, items in sent.items():
            self._write(ref, list(items))

    def _take_in(self) -> None:
        written, self._written = self._written or {}, None
        for ref, items in written.items():
            self._write(ref, list(items))

    def lose(self, sent: Iterable[Ref]) -> None:
        """Note that the server may have taken the values of these fields or not: they are not known any more."""
        self.local.lose()
        for ref in sent:
            self._write(self.canonical(ref), UNSET)

    def _write(self, ref: Ref, values: Any) -> None:
        remote = self.remote(ref)
        if remote is not None:
            remote.values = values
        elif self.loaded and values == []:
            return  # empty before and after
        elif ref[0] == "id":
            self._ids = self._ids or {}
            self._ids[ref[1]] = Written(ref[1], None, None, None, values)
        elif ref[0] == "code":
            self._codes = self._codes or {}
            self._codes[ref[1]] = Written(None, ref[1], None, None, values)
        else:
            self._names = self._names or {}
            self._names[ref[1]] = Written(None, None, ref[1], None, values)

    def __iter__(self) -> Iterator[Any]:
        self._take_in()
        unnumbered = [*(self._codes or {}).values(), *(self._names or {}).values()]
        values = [*(self._ids or {}).values(), *(item for item in unnumbered if item.field_id is None)]
        return iter([value for value in values if value.values])


class Written(msgspec.Struct, gc=False):
    """Value that was written and not read back yet."""

    field_id: int | None
    field_code: str | None
    field_name: str | None
    field_type: str | None
    values: list[Any]


def finish(items: Sequence[Item], zone: tzinfo | None) -> list[dict[str, Any]]:
    """Return items as they are sent: the keys that were set, with plain JSON values."""
    result = []
    for item in items:
        wire: dict[str, Any] = {}
        if item.value is not UNSET:
            wire["value"] = plain(item.value, zone)
        if item.enum_id is not UNSET:
            wire["enum_id"] = plain(item.enum_id, zone)
        if item.enum_code is not UNSET:
            wire["enum_code"] = plain(item.enum_code, zone)
        if item.catalog_id is not UNSET:
            wire["catalog_id"] = item.catalog_id
        if item.catalog_element_id is not UNSET:
            wire["catalog_element_id"] = item.catalog_element_id
        result.append(wire)
    return result


_JSON: Final = frozenset({str, int, float, bool})


def plain(value: Any, zone: tzinfo | None) -> Any:
    """Return a Python value as the API takes it in a custom field."""
    if type(value) in _JSON:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"a date and time must have a time zone, got {value!r}; use an aware datetime")
        return rfc3339(value)
    if isinstance(value, date):
        return day_text(value, zone)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, msgspec.Struct):
        from amocrm_gen._runtime.encoding import sendable  # rarely needed

        parts = msgspec.to_builtins(sendable(value, "value"))
        return {key: part for key, part in parts.items() if part is not None}
    return value
