"""The account's own definitions of its custom fields, and definitions to create."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, overload

import msgspec
from msgspec import UNSET

from amocrm_gen._runtime.errors import FieldIssue

from ._base import Field
from ._state import Ref

if TYPE_CHECKING:
    from amocrm_gen.models.fields import CustomField

__all__ = ["Definition", "Definitions"]

#: Types whose definition must list its options.
_WITH_OPTIONS = frozenset({"select", "multiselect", "radiobutton"})


class Definition(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A custom field to create.

    Attributes:
        name: as users see it.
        type: type of the field in the API, such as ``text``, ``numeric``, ``select``, ``date``.
        code: symbolic code; upper-case Latin letters, digits and underscores are safe.
        options: labels of ``select``, ``multiselect`` and ``radiobutton``; a ``StrEnum`` will do.
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
        """What a declared field needs to exist.

        Raises:
            ValueError: the declaration has neither a name nor a code to find the field by, or its options
                are ids, which only the account can give.
        """
        options = getattr(field, "options", None)
        if field.name is None and field.code is None:
            raise ValueError(
                f"{field!r} is declared by its id, so it exists already or cannot be created: give it a name"
            )
        if options is not None and issubclass(options, int):
            raise ValueError(
                f"{field!r} has ids as options, which the account gives: use a StrEnum of labels"
            )
        return cls(name=field.name or field.attribute, type=field.wire_type, code=field.code, options=options)

    def body(self) -> dict[str, Any]:
        """The item of the request.

        Raises:
            ValueError: a type with options has none.
        """
        if self.type in _WITH_OPTIONS and not self.options:
            raise ValueError(f"field {self.name!r} of type {self.type} needs options")
        found: dict[str, Any] = {"name": self.name, "type": self.type}
        for key in ("code", "sort", "group_id", "is_api_only", "currency", "remind"):
            if (value := getattr(self, key)) is not None:
                found[key] = value
        if self.options:
            labels = [one.value if isinstance(one, Enum) else one for one in self.options]
            found["enums"] = [{"value": label, "sort": place} for place, label in enumerate(labels, 1)]
        return {**found, **(self.more or {})}


class Definitions(Sequence["CustomField"]):
    """All definitions of one entity type, found by id, code or name."""

    def __init__(self, entity_type: str, listed: Iterable[CustomField]) -> None:
        self.entity_type = entity_type
        #: Whether the server has refused something since they were read; the next commit reads them again.
        self.is_stale = False
        self._all = tuple(listed)
        self._ids = {one.id: one for one in self._all}
        self._codes = {one.code: one for one in self._all if one.code}
        self._names: dict[Any, list[CustomField]] = {}
        for one in self._all:
            self._names.setdefault(one.name, []).append(one)

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
        """The definition of a field.

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
            ids = ", ".join(str(one.id) for one in listed)
            raise LookupError(
                f"{len(listed)} fields of {self.entity_type} are named {key!r}: use an id ({ids})"
            )
        return listed[0] if listed else None

    def get(self, ref: Ref) -> CustomField:
        """The definition of a field.

        Raises:
            LookupError: there is none; names the nearest ones.
        """
        found = self.find(ref)
        if found is not None:
            return found
        known = [str(name) for name in (self._names if ref[0] == "name" else self._codes)]
        from difflib import get_close_matches

        near = get_close_matches(str(ref[1]), known, 3)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise LookupError(f"{self.entity_type} have no custom field with {ref[0]} {ref[1]!r}{hint}")

    def option(self, definition: CustomField, label: str) -> int:
        """Id of an option.

        Raises:
            LookupError: the field has no such option; names the nearest ones.
        """
        options = self.options(definition)
        if label in options:
            return options[label]
        from difflib import get_close_matches

        near = get_close_matches(label, options, 3)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise LookupError(f"field {definition.name!r} has no option {label!r}{hint}")

    def lacks_option(self, ref: Ref, label: Any, enum_id: Any) -> bool:
        """Whether the field is a list of options and this one is not among them, as far as is known.

        Args:
            ref: the field.
            label: text of the option; case and blanks around it are for the server to judge.
            enum_id: id of the option, instead of a label.
        """
        definition = self._ids.get(ref[1]) if ref[0] == "id" else self._codes.get(ref[1])
        if definition is None or definition.type not in _WITH_OPTIONS:
            return False
        options = self.options(definition)
        if isinstance(enum_id, int):
            return enum_id not in options.values()
        return isinstance(label, str) and label.strip().casefold() not in {
            one.strip().casefold() for one in options
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
        """Labels and ids of the options of a field."""
        listed: Any = definition.enums
        if listed is UNSET or not listed:
            return {}
        entries = listed.values() if isinstance(listed, dict) else listed
        return {str(one.value): one.id for one in entries}
