"""Leads (сделки)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from ._attributes import Amount, Flag, Id, Moment, Plain, Text
from ._base import Entity
from ._children import Notes, Tasks
from ._pointers import Pointer
from ._relations import ManyLinks, OneLink
from ._stage import StagePointer
from ._tags import Tags

if TYPE_CHECKING:
    from .company import Company
    from .contact import Contact
    from .pipeline import Status
    from .user import User

__all__ = ["Lead"]


class Lead(Entity):
    """A lead. Derive from it to declare custom fields.

    Args:
        name: title.
        price: budget in the currency of the account.
        status: stage; brings its pipeline with it. Or give ``status_id`` and ``pipeline_id``.
        responsible: responsible user, an entity or an id.
        tags: names of tags.
        company, contacts: new or existing ones; new ones are created first.
        created_at, closed_at: aware datetimes or Unix seconds.
        custom: declared custom fields by their attribute names; checked at run time.

    Example:
        >>> class Deal(Lead):
        ...     city = fields.Select(field_id=1278, options=City)
        >>> deal = Deal(name="Заказ 17", price=50_000, city=City.KAZAN, tags={"сайт"})
    """

    _kind = "leads"
    _names = ("leads", "Lead", "LeadFilter", "LeadOrder")

    name = Text()
    price = Amount()
    status_id = Id()
    pipeline_id = Id()
    responsible_user_id = Id()
    loss_reason_id = Id()
    created_by = Id()
    updated_by = Id()
    created_at = Moment[datetime](nullable=False)
    updated_at = Moment[datetime](nullable=False)
    closed_at = Moment["datetime | None"]()
    group_id = Id(readonly=True)
    source_id = Id(readonly=True)
    account_id = Id(readonly=True)
    score = Amount(readonly=True)
    labor_cost = Amount(readonly=True)
    closest_task_at = Moment["datetime | None"](readonly=True)
    is_deleted = Flag(readonly=True, nullable=False)
    is_price_computed = Plain["bool | None"](readonly=True)
    is_price_modified_by_robot = Plain["bool | None"](readonly=True)

    status = StagePointer()
    responsible: Pointer[User] = Pointer("users", "responsible_user_id")
    tags = Tags()
    contacts: ManyLinks[Contact] = ManyLinks("contacts", needs="contacts", on_create=True)
    company: OneLink[Company] = OneLink("companies", on_create=True)
    notes = Notes()
    tasks = Tasks()

    def __init__(
        self,
        *,
        name: str | UnsetType | None = UNSET,
        price: int | float | Decimal | UnsetType | None = UNSET,
        status: Status | UnsetType = UNSET,
        status_id: int | UnsetType = UNSET,
        pipeline_id: int | UnsetType = UNSET,
        responsible: User | int | UnsetType | None = UNSET,
        responsible_user_id: int | UnsetType | None = UNSET,
        loss_reason_id: int | UnsetType | None = UNSET,
        created_by: int | UnsetType = UNSET,
        updated_by: int | UnsetType = UNSET,
        created_at: datetime | int | UnsetType = UNSET,
        updated_at: datetime | int | UnsetType = UNSET,
        closed_at: datetime | int | UnsetType | None = UNSET,
        tags: Iterable[str] | UnsetType = UNSET,
        company: Company | UnsetType | None = UNSET,
        contacts: Iterable[Contact] = (),
        **custom: Any,
    ) -> None:
        given = {key: value for key, value in locals().items() if key in _GIVEN}
        self._start(given, custom)
        for contact in contacts:
            self.contacts.add(contact)


_GIVEN = frozenset(
    {
        "name",
        "price",
        "status",
        "status_id",
        "pipeline_id",
        "responsible",
        "responsible_user_id",
        "loss_reason_id",
    }
    | {"created_by", "updated_by", "created_at", "updated_at", "closed_at", "tags", "company"}
)
