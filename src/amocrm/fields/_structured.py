"""Fields whose value is an object of the API: legal entities, files, positions of an invoice, links to others.

Read and write shapes differ: keys that the server adds to a value are not sent back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, ClassVar, cast

import msgspec
from msgspec import UNSET

from .._core.arguments import shown_value
from ._base import Field, R, W, members
from ._state import Item

if TYPE_CHECKING:
    from amocrm_gen.models.fields import (  # noqa: F401
        FileValue,
        InvoiceItemValue,
        LegalEntityValue,
        LinkedEntityValue,
        PayerValue,
        SupplierValue,
    )

__all__ = ["File", "Items", "LegalEntity", "LinkedEntity", "Payer", "Supplier"]


class _Structured(Field[R, W]):
    """Field with one value or several of a generated model; unset keys read as ``None`` and are not sent."""

    model: ClassVar[str]

    def _read(self, value: Any) -> Any:
        model = getattr(_models(), self.model)
        if not isinstance(value, model | Mapping):
            return None
        if isinstance(value, Mapping):
            value = _fitting(value, model)
        return msgspec.structs.replace(
            value, **{name: None for name in value.__struct_fields__ if getattr(value, name) is UNSET}
        )

    def _write(self, value: Any) -> Item:
        if not isinstance(value, getattr(_models(), self.model)):
            raise TypeError(f"{self!r} must be a fields.{self.model}, got {shown_value(value)}")
        from amocrm_gen._runtime.encoding import sendable  # not with the declarations

        keys = getattr(_models(), f"{self.model}Write").__struct_encode_fields__
        plain = msgspec.to_builtins(sendable(value, repr(self)))
        return Item(value={key: plain[key] for key in keys if plain.get(key) is not None})

    def same(self, first: Any, second: Any) -> bool:
        """Return whether the values are the same, without the keys that the server adds."""
        return self._sent(first) == self._sent(second)

    def _sent(self, items: Sequence[Any]) -> list[Any]:
        return [self._write(value).value for item in items if (value := self._read(item.value)) is not None]

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> R:
        return cast(R, self._read(items[0].value) if items else None)

    def encode(self, value: W) -> tuple[Item, ...]:
        return () if value is None else (self._write(value),)


class LegalEntity(_Structured["LegalEntityValue | None", "LegalEntityValue | None"]):
    """Field with the requisites of an organisation.

    Only filled keys are sent, because the server rejects those of other countries.

    Example:
        >>> company.legal = fields.LegalEntityValue(name="ООО «Ромашка»", vat_id="7700000000")
    """

    wire_type, model = "legal_entity", "LegalEntityValue"

    def encode(self, value: LegalEntityValue | None) -> tuple[Item, ...]:
        items = super().encode(value)
        if value is not None and not value.name:
            raise ValueError(f"{self!r} must have a name, got none; write fields.LegalEntityValue(name=…)")
        return items


class File(_Structured["FileValue | None", "FileValue | str | None"]):
    """Field with a file of the account's drive; assign a ``FileValue`` or the uuid of the file."""

    wire_type, model = "file", "FileValue"

    def encode(self, value: FileValue | str | None) -> tuple[Item, ...]:
        return super().encode(_models().FileValue(file_uuid=value) if isinstance(value, str) else value)

    def same(self, first: Any, second: Any) -> bool:
        """Return whether both are the same file; what only one of them says, such as its name, is no difference."""
        empty: dict[str, Any] = {}
        before, after = (next(iter(self._sent(items)), empty) for items in (first, second))
        shared = before.keys() & after.keys()
        return (bool(shared) or before == after) and all(before[key] == after[key] for key in shared)

    def cleared(self) -> list[dict[str, Any]] | None:
        """Return an empty item, which clears a file; other types take ``None``."""
        return [{"value": None}]


class LinkedEntity(_Structured["LinkedEntityValue | None", "LinkedEntityValue | None"]):
    """Field of a list with a link to a contact, a company or an element of a list."""

    wire_type, model = "linked_entity", "LinkedEntityValue"


class Payer(_Structured["PayerValue | None", "PayerValue | None"]):
    """Field of the list of invoices with the payer."""

    wire_type, model = "payer", "PayerValue"


class Supplier(_Structured["SupplierValue | None", "SupplierValue | None"]):
    """Field of the list of invoices with the supplier; only the id is written."""

    wire_type, model = "supplier", "SupplierValue"


class Items(_Structured["tuple[InvoiceItemValue, ...]", "Iterable[InvoiceItemValue] | None"]):
    """Field of the list of invoices with its positions; they are replaced as a whole."""

    wire_type, model, many = "items", "InvoiceItemValue", True

    def decode(self, items: Sequence[Any], zone: tzinfo | None) -> tuple[InvoiceItemValue, ...]:
        return tuple(position for item in items if (position := self._read(item.value)) is not None)

    def encode(self, value: Iterable[InvoiceItemValue] | None) -> tuple[Item, ...]:
        return tuple(self._write(position) for position in members(self, value))


def _models() -> Any:
    # Imported when such a field is first used, not with the declarations.
    from amocrm_gen.models import fields

    return fields


def _fitting(value: Mapping[str, Any], model: Any) -> Any:
    """Return the model of a free value, with the keys that can be read."""
    try:
        return msgspec.convert(value, model)
    except msgspec.ValidationError:
        kept = {}
        for field in msgspec.structs.fields(model):
            try:
                kept[field.name] = msgspec.convert(value.get(field.encode_name, UNSET), field.type)
            except msgspec.ValidationError:
                continue
        return model(**kept)
