"""A lead with one declared field, read without a server."""

from __future__ import annotations

from typing import Any

from amocrm import Lead, fields
from amocrm._core.orm.identity import Directory, Origin
from amocrm.entities._writing import writes_of
from amocrm_gen.models import leads


class Deal(Lead):
    """A lead with one declared field."""

    origin = fields.Text(field_id=101)


def read(**values: Any) -> Deal:
    """A lead as it was read."""
    given = {"id": 5, "name": "Заказ", "price": 7, "created_at": 1700000000, "closest_task_at": 0, **values}
    return Deal._from_api(leads.Lead(**given), Origin(Directory()))


def body(entity: Any) -> dict[str, Any]:
    """What the first work of an entity would send."""
    return next(iter(writes_of(entity))).render()
