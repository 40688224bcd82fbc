"""Leads (сделки)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from ._attributes import Amount, Flag, Id, Moment, Plain, Text
from ._base import Entity, arguments
from ._element_links import ElementLinks
from ._embedded import EmbeddedOne
from ._foreign_keys import ForeignKey
from ._many_links import ManyLinks
from ._one_link import OneLink
from ._relations import Unlisted
from ._stage import Stage, StageKey
from ._tags import Tags
from .note import Notes
from .task import Tasks

if TYPE_CHECKING:
    from amocrm_gen.models.leads import LeadSourceOrEmpty
    from amocrm_gen.models.loss_reasons import LossReason

    from .company import Company
    from .contact import Contact
    from .customer import Customer
    from .pipeline import Pipeline, Status
    from .user import User

__all__ = ["Lead"]


class Lead(Entity):
    """Lead (a deal); derive from it to declare custom fields.

    Args:
        name: title.
        price: budget in the currency of the account. amoCRM keeps whole numbers; fractions exist in Kommo.
        status: stage, which sets its pipeline too; or give ``status_id`` and ``pipeline_id``.
        pipeline: pipeline, in whose first stage the lead is to be.
        responsible: responsible user, an entity or an id.
        tags: names of tags.
        company, contacts: new or existing ones; new ones are created first.
        created_at, closed_at: aware datetimes or Unix seconds.
        visitor_uid: id of the visitor from the tracking pixel of the site; it can be written, not read.
        custom: declared custom fields by their attribute names; checked at run time.

    Declaring a field with the name of a built-in attribute (``price``, ``source``, …) raises ``TypeError``;
    to do it on purpose, write ``class Deal(Lead, replaces={"source"})``.

    Example:
        >>> class Deal(Lead):
        ...     city = fields.Select(field_id=1278, options=City)
        ...
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
    visitor_uid = Text()
    source_id = Id(readonly=True, needs="source_id")
    account_id = Id(readonly=True)
    score = Amount(readonly=True)
    labor_cost = Amount(readonly=True)
    closest_task_at = Moment["datetime | None"](readonly=True)
    is_deleted = Flag(readonly=True, nullable=False)
    is_price_computed = Plain["bool | None"](readonly=True)
    is_price_modified_by_robot = Plain["bool | None"](readonly=True, needs="is_price_modified_by_robot")
    is_unsorted = Flag(readonly=True, nullable=False)
    price_with_minor_units = Amount(readonly=True)

    status = StageKey()
    pipeline: ForeignKey[Pipeline] = ForeignKey("pipelines", "pipeline_id")
    responsible: ForeignKey[User] = ForeignKey("users", "responsible_user_id")
    tags = Tags()
    contacts: ManyLinks[Contact] = ManyLinks("contacts", needs="contacts", on_create=True)
    company: OneLink[Company] = OneLink("companies", on_create=True)
    customers: ManyLinks[Customer] = ManyLinks(
        "customers", needs="contacts", writable=False, through=("contacts", "company")
    )
    loss_reason: EmbeddedOne[LossReason] = EmbeddedOne("loss_reason")
    source: EmbeddedOne[LeadSourceOrEmpty] = EmbeddedOne("source")
    catalog_elements = ElementLinks()
    notes = Notes()
    tasks = Tasks()
    events = Unlisted("crm.events.of({})", "a request for 10 entities and for each 100 events")
    files = Unlisted("crm.files.of({})", "a request for each entity")

    def __init__(
        self,
        *,
        name: str | UnsetType | None = UNSET,
        price: int | float | Decimal | UnsetType | None = UNSET,
        status: Status | Stage | UnsetType = UNSET,
        status_id: int | UnsetType = UNSET,
        pipeline: Pipeline | int | UnsetType = UNSET,
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
        contacts: Iterable[Contact] | UnsetType = UNSET,
        visitor_uid: str | UnsetType | None = UNSET,
        **custom: Any,
    ) -> None:
        self._init_from_arguments(arguments(locals()), custom)
