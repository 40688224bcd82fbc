"""Entities as plain values: dicts, JSON, fields and bodies of pydantic, many attributes at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from ._names import checked_names

__all__ = ["PlainValues"]


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
        from ._dicts import copied

        result: Self = copied(self)
        return result

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
        from ._dicts import dict_of

        return dict_of(self, json=json, links=links, custom=custom)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return an entity with these values: as it was read, without changes, if they have an id; else a new one.

        Changes that a form sends are no values that were read: ``session.ref(Lead, 17).update(**form)``.

        Args:
            data: values by attribute, those of ``to_dict`` or of JSON.

        Raises:
            TypeError: the class has no such attribute; names the nearest.
            AttributeError: a new object cannot have it, because the server sets it.
            ValueError: a value does not fit, or ``phone`` and ``phones`` disagree.

        Example:
            >>> Lead.from_dict({"name": "Заказ 17", "price": 5000, "contacts": [{"id": 501}]})
            <Lead new 'Заказ 17'>
        """
        from ._dicts import entity_of

        result: Self = entity_of(cls, data)
        return result

    # pydantic calls these two, so it is there when they need it.

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from ._schemas import core_schema_of

        return core_schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        from ._schemas import json_schema_of

        return json_schema_of(cls)
