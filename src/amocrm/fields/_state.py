"""The custom fields of one entity: what was read, indexed on first access, and what was changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET

from .._core.orm.times import day_text, rfc3339
from .._core.orm.tracking import Overlay

__all__ = ["CLEAR", "FieldState", "Item", "Ref", "finish", "ref_of"]

#: How a field is named: by id, by code, or by the name that users see.
Ref: TypeAlias = tuple[Literal["id", "code", "name"], Any]


class Item(msgspec.Struct, gc=False, omit_defaults=True):
    """One value of a field, as it is going to be written; dates are still dates."""

    value: Any = UNSET
    enum_id: Any = UNSET
    enum_code: Any = UNSET
    catalog_id: Any = UNSET
    catalog_element_id: Any = UNSET


#: The local value of a field that is to be emptied.
CLEAR: Final[tuple[Item, ...]] = ()


def ref_of(field_id: int | None, code: str | None, name: str | None) -> Ref:
    """The reference of a field: the id is the surest, then the code, then the name.

    Raises:
        TypeError: nothing names the field.
    """
    if field_id is not None:
        return "id", field_id
    if code is not None:
        return "code", code
    if name is not None:
        return "name", name
    raise TypeError("a custom field needs field_id=, code= or name=")


class FieldState:
    """Values by reference, remote and local.

    Attributes:
        local: changed fields: reference to a tuple of items, empty to clear.
        loaded: whether the entity was read with its fields.
    """

    __slots__ = ("_aliases", "_codes", "_ids", "_kinds", "_names", "_twice", "loaded", "local")

    def __init__(self, values: Any) -> None:
        self.local: Overlay[Ref] = Overlay()
        self._kinds: dict[Ref, Any] = {}
        self._aliases: dict[Ref, int] = {}
        self._ids: dict[int, Any] = {}
        self._codes: dict[str, Any] = {}
        self._names: dict[str, Any] = {}
        self._twice: Collection[str] = ()
        self.loaded = values is not UNSET
        self.index(values)

    def index(self, values: Any) -> None:
        """Takes the values of a fresh answer."""
        self.loaded = values is not UNSET
        self._ids = {value.field_id: value for value in values or ()} if self.loaded else {}
        self._codes = {value.field_code: value for value in self._ids.values() if value.field_code}
        self._names = {value.field_name: value for value in self._ids.values() if value.field_name}
        named = [value.field_name for value in self._ids.values() if value.field_name]
        self._twice = (
            {name for name in named if named.count(name) > 1} if len(named) > len(self._names) else ()
        )

    def remote(self, ref: Ref) -> Any:
        """The value as it was read (``field_id``, ``field_name``, ``values`` …), ``None`` when it is empty.

        Raises:
            LookupError: several fields have this name.
        """
        by, key = ref
        if by == "id":
            return self._ids.get(key)
        if by == "name" and key in self._twice:
            ids = ", ".join(str(one.field_id) for one in self._ids.values() if one.field_name == key)
            raise LookupError(f"a field name must be used once, got {key!r} of several; use an id ({ids})")
        found = self._codes.get(key) if by == "code" else self._names.get(key)
        return self._ids.get(self._aliases[ref]) if found is None and ref in self._aliases else found

    def canonical(self, ref: Ref) -> Ref:
        """The reference under which changes of this field are kept: by id as soon as the id is known."""
        found = self.remote(ref)
        if found is not None and found.field_id is not None:
            # A field that was deleted and made anew has another id by now.
            return "id", self._aliases.get(("id", found.field_id), found.field_id)
        return ("id", self._aliases[ref]) if ref in self._aliases else ref

    def items(self, ref: Ref) -> Any:
        """Items of a field, local before remote: a sequence, empty without a value, ``UNSET`` if not loaded."""
        local = self.local.get(self.canonical(ref))
        if local is not UNSET:
            return local
        if not self.loaded:
            return UNSET
        found = self.remote(ref)
        return () if found is None or not found.values else found.values

    def remote_items(self, ref: Ref) -> Any:
        """The same without local changes."""
        if not self.loaded:
            return UNSET
        found = self.remote(ref)
        return () if found is None or not found.values else found.values

    def change(self, field: Any, items: tuple[Item, ...], known: Ref | None = None) -> None:
        """Records new items of a field; the field tells whether they mean what was read."""
        ref = self.canonical(known or field.ref)
        self._kinds[ref] = field
        self.local.set(ref, items, self.remote_items(ref), lambda old, new: bool(field.same(old, new)))

    def kind(self, ref: Ref) -> Any:
        """The field that recorded a change, ``None`` for a change that was renamed."""
        return self._kinds.get(ref)

    def needs_definitions(self) -> bool:
        """Return whether a change can only be written, or told from another one, with the definitions."""
        kinds = {ref[0] for ref in self.local}
        if "name" in kinds:
            return True
        # A field of a declared class is named once; one that was reached by hand may be the same field again.
        return len(kinds) > 1 and any(getattr(self.kind(ref), "owner", None) is None for ref in self.local)

    def refresh(self, values: Any) -> None:
        """Takes the values of a fresh answer; local changes are kept under the ids that are known now."""
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
        """Keeps a change under another reference of the same field; the old one still finds it."""
        if new[0] == "id":
            self._aliases[old] = new[1]
        if old != new and old in self.local:
            self.local.rename(old, new)
            self._kinds[new] = self._kinds.pop(old, None)

    def name_of(self, ref: Ref) -> str | None:
        """Name of a changed field, where it was declared or written by its name."""
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
        if self._aliases:
            sent = {ref if ref in self.local else self.canonical(ref): items for ref, items in sent.items()}
        self.local.confirm(sent)
        if not self.loaded:
            return
        for ref, items in sent.items():
            known = self.remote(ref)
            written = list(items)
            if known is not None:
                known.values = written
            elif items and ref[0] == "id":
                self._ids[ref[1]] = _Written(ref[1], None, None, None, written)
            elif items and ref[0] == "code":
                self._codes[ref[1]] = _Written(None, ref[1], None, None, written)

    def __iter__(self) -> Iterator[Any]:
        return iter([value for value in self._ids.values() if value.values])


class _Written(msgspec.Struct, gc=False):
    """A value that was written and not read back yet."""

    field_id: int | None
    field_code: str | None
    field_name: str | None
    field_type: str | None
    values: list[Any]


def finish(items: Sequence[Item], zone: tzinfo | None) -> list[dict[str, Any]]:
    """Items as they are sent: only the keys that were set, plain JSON values."""
    found = []
    for item in items:
        made: dict[str, Any] = {}
        if item.value is not UNSET:
            made["value"] = plain(item.value, zone)
        if item.enum_id is not UNSET:
            made["enum_id"] = plain(item.enum_id, zone)
        if item.enum_code is not UNSET:
            made["enum_code"] = plain(item.enum_code, zone)
        if item.catalog_id is not UNSET:
            made["catalog_id"] = item.catalog_id
        if item.catalog_element_id is not UNSET:
            made["catalog_element_id"] = item.catalog_element_id
        found.append(made)
    return found


def plain(value: Any, zone: tzinfo | None) -> Any:
    """A Python value as the API takes it in a custom field."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; use an aware datetime")
        return rfc3339(value)
    if isinstance(value, date):
        return day_text(value, zone)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, msgspec.Struct):
        from amocrm_gen._runtime.encoding import sendable  # rarely needed

        found = msgspec.to_builtins(sendable(value, "value"))
        return {key: one for key, one in found.items() if one is not None}
    return value
