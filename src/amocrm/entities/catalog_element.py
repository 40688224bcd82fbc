"""Elements of lists (элементы списков)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import UNSET, UnsetType

from ._attributes import Flag, Id, Moment, Text
from ._base import Entity

__all__ = ["CatalogElement"]


class CatalogElement(Entity):
    """Element of a list, such as a product; derive from it to declare custom fields.

    Sessions read it only. Write it with ``crm.api.catalogs``.

    Args:
        name: name.
        custom: declared custom fields by their attribute names; checked at run time.
    """

    _kind = "catalog_elements"
    _names = ("catalogs", "CatalogElement", None, None)

    name = Text(fixed=True)
    catalog_id = Id(readonly=True)
    created_by = Id(readonly=True)
    updated_by = Id(readonly=True)
    created_at = Moment[datetime](readonly=True, nullable=False)
    updated_at = Moment[datetime](readonly=True, nullable=False)
    is_deleted = Flag(readonly=True, nullable=False)
    account_id = Id(readonly=True)

    def __init__(self, *, name: str | UnsetType = UNSET, **custom: Any) -> None:
        self._init_from_arguments({"name": name}, custom)
