"""Definitions of custom fields: those that an account has, and those to create.

Definitions are a snapshot; ``is_stale`` says that the account may have others by now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, overload

import msgspec
from msgspec import UNSET

from amocrm_gen._runtime.errors import FieldIssue

from .._core.validation import did_you_mean
from ._base import Field
from ._state import Ref

if TYPE_CHECKING:
    from amocrm_gen.models.fields import CustomField

__all__ = ["Definition", "Definitions"]

#: Types whose definition must list its options.
_WITH_OPTIONS = frozenset({"select", "multiselect", "radiobutton"})


class Definition(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Custom field to create.

    Attributes:
        name: as users see it.
        type: type of the field in the API, such as ``text``, ``numeric``, ``select``, ``date``.
        code: symbolic code; upper-case Latin letters, digits and underscores are safe.
        options: labels of ``select``, ``multiselect`` and ``radiobutton``: a list or a ``StrEnum``.
        sort: position in the card.
        group_id: group of the field.
        is_api_only: values can be changed through the API only.
        currency: ISO 4217 code, needed for ``monetary``.
        remind: ``never``, ``day``, ``week`` or ``month`` for ``birthday``.
        more: further keys as the API takes them, such as ``chained_lists`` for ``chained_list``.

    Example:
        >>> Definition(name="Регион", type="select", options=["Восток", "Запад"]).body()["enums"]
        [{'value': 'Восток', 'sort': 1}, {'value': 'Запад', 'sort': 2}]
    """

    name: str
    type: str
    code: str | None = None
    options: Iterable[str] | None = None
    sort: int | None = None
    group_id: str | None = None
    is_api_only: bool | None = None
    currency: str | None = None
    remind: str | None = None
    more: dict[str, Any] | None = None

    @classmethod
    def of(cls, field: Field[Any, Any]) -> Definition:
        """Return the definition that creates a declared field.

        Raises:
            ValueError: the declaration has neither a name nor a code, or its options are ids, which the
                account assigns.
        """
        options = getattr(field, "options", None)
        if field.name is None and field.code is None:
            raise ValueError(
                f"a field to create must be declared by name= or code=, got {field!r}, which is declared by field_id= "
                "and so exists in the account; leave it out of create()"
            )
        if options is not None and issubclass(options, int):
            raise ValueError(
                f"options of {field!r} must be a StrEnum of labels, got an enum of ids; write labels, since the account assigns the ids"
            )
        return cls(name=field.name or field.attribute, type=field.wire_type, code=field.code, options=options)

    def body(self) -> dict[str, Any]:
        """Return the item of the request.

        Raises:
            ValueError: a type with options has none.
        """
        if self.type in _WITH_OPTIONS and not self.options:
            raise ValueError(
                f"options must be given for {self.name!r} of type {self.type}, got none; "
                'write options=["one", "two"]'
            )
        item: dict[str, Any] = {"name": self.name, "type": self.type}
        for key in ("code", "sort", "group_id", "is_api_only", "currency", "remind"):
            if (value := getattr(self, key)) is not None:
                item[key] = value
        if self.options:
            labels = [option.value if isinstance(option, Enum) else option for option in self.options]
            item["enums"] = [{"value": label, "sort": place} for place, label in enumerate(labels, 1)]
        return {**item, **(self.more or {})}


class Definitions(Sequence["CustomField"]):
    """All definitions of one entity type, to be looked up by id, code or name."""

    def __init__(self, entity_type: str, listed: Iterable[CustomField]) -> None:
        self.entity_type = entity_type
        #: True once the server has rejected a value since they were read; the next commit reads them again.
        self.is_stale = False
        self._all = tuple(listed)
        self._ids = {definition.id: definition for definition in self._all}
        self._codes = {definition.code: definition for definition in self._all if definition.code}
        self._names: dict[Any, list[CustomField]] = {}
        for definition in self._all:
            self._names.setdefault(definition.name, []).append(definition)

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, index: int) -> CustomField: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[CustomField, ...]: ...
    def __getitem__(self, index: int | slice) -> CustomField | tuple[CustomField, ...]:
        return self._all[index]

    def __iter__(self) -> Iterator[CustomField]:
        return iter(self._all)

    def find(self, ref: Ref) -> CustomField | None:
        """Return the definition of a field, ``None`` if there is none.

        Raises:
            LookupError: several fields have this name.
        """
        by, key = ref
        if by == "id":
            return self._ids.get(key)
        if by == "code":
            return self._codes.get(key)
        listed = self._names.get(key, [])
        if len(listed) > 1:
            ids = ", ".join(str(definition.id) for definition in listed)
            raise LookupError(
                f"a field name must be unique, got {key!r}, the name of {len(listed)} fields of "
                f"{self.entity_type}; use an id ({ids})"
            )
        return listed[0] if listed else None

    def get(self, ref: Ref) -> CustomField:
        """Return the definition of a field.

        Raises:
            LookupError: there is none; the message names the nearest ones.
        """
        definition = self.find(ref)
        if definition is not None:
            return definition
        names = [str(name) for name in (self._names if ref[0] == "name" else self._codes)]
        hint = did_you_mean(ref[1], names, 3, repr)
        hint += "; correct it, or create what a class declares: crm.fields.ensure(Deal)"
        raise LookupError(f"{self.entity_type} have no custom field with {ref[0]} {ref[1]!r}{hint}")

    def option(self, definition: CustomField, label: str) -> int:
        """Return the id of an option.

        Raises:
            LookupError: the field has no such option; the message names the nearest ones.
        """
        options = self.options(definition)
        if label in options:
            return options[label]
        hint = did_you_mean(label, options, 3, repr)
        raise LookupError(f"field {definition.name!r} has no option {label!r}{hint}")

    def lacks_option(self, ref: Ref, label: Any, enum_id: Any) -> bool:
        """Return whether the field is known to be a list of options without this one.

        Args:
            ref: the field.
            label: text of the option; case and surrounding spaces are ignored.
            enum_id: id of the option, instead of a label.
        """
        definition = self._ids.get(ref[1]) if ref[0] == "id" else self._codes.get(ref[1])
        if definition is None or definition.type not in _WITH_OPTIONS:
            return False
        options = self.options(definition)
        if isinstance(enum_id, int):
            return enum_id not in options.values()
        return isinstance(label, str) and label.strip().casefold() not in {
            option.strip().casefold() for option in options
        }

    def refused_options(self, values: Any) -> list[FieldIssue]:
        """Return the options among the values of a body that their fields do not have."""
        return [
            FieldIssue(
                "NotSupportedChoice", f"custom_fields_values.{place}.values.{number}.{key}", "no such option"
            )
            for place, value in enumerate(values or ())
            for number, item in enumerate(value.get("values") or ())
            for key in ("enum_id" if "enum_id" in item else "value",)
            if self.lacks_option(
                ("id", value["field_id"]) if "field_id" in value else ("code", value.get("field_code")),
                item.get("value"),
                item.get("enum_id"),
            )
        ]

    def options(self, definition: CustomField) -> dict[str, int]:
        """Return the labels and ids of the options of a field."""
        listed: Any = definition.enums
        if listed is UNSET or not listed:
            return {}
        entries = listed.values() if isinstance(listed, dict) else listed
        return {str(option.value): option.id for option in entries}
