"""Customers (покупатели)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from ._attributes import Amount, Flag, Id, Moment, Text
from ._base import Entity, arguments
from ._element_links import ElementLinks
from ._embedded import EmbeddedList
from ._foreign_keys import ForeignKey
from ._many_links import ManyLinks
from ._one_link import OneLink
from ._relations import Unlisted
from ._tags import Tags
from .note import Notes
from .task import Tasks

if TYPE_CHECKING:
    from amocrm_gen.models.common import Ref

    from .company import Company
    from .contact import Contact
    from .user import User

__all__ = ["Customer"]


class Customer(Entity):
    """Customer; derive from it to declare custom fields.

    Args:
        name: name.
        next_price: expected sum of the next purchase.
        next_date: expected date and time of the next purchase.
        responsible: responsible user, an entity or an id.
        tags: names of tags.
        contacts, company: new or existing ones; new ones are created first.
        custom: declared custom fields by their attribute names; checked at run time.
    """

    _kind = "customers"
    _names = ("customers", "Customer", "CustomerFilter", "CustomerOrder")

    name = Text()
    next_price = Amount()
    next_date = Moment["datetime | None"]()
    status_id = Id()
    periodicity = Amount()
    responsible_user_id = Id()
    created_by = Id()
    updated_by = Id()
    created_at = Moment[datetime](nullable=False)
    updated_at = Moment[datetime](nullable=False)
    ltv = Amount(readonly=True)
    purchases_count = Amount(readonly=True)
    average_check = Amount(readonly=True)
    group_id = Id(readonly=True, needs="group_id")
    account_id = Id(readonly=True)
    closest_task_at = Moment["datetime | None"](readonly=True)
    is_deleted = Flag(readonly=True, nullable=False)

    responsible: ForeignKey[User] = ForeignKey("users", "responsible_user_id")
    tags = Tags()
    contacts: ManyLinks[Contact] = ManyLinks("contacts", needs="contacts")
    company: OneLink[Company] = OneLink("companies", needs="companies")
    segments: EmbeddedList[Ref] = EmbeddedList("segments")
    catalog_elements = ElementLinks()
    notes = Notes()
    tasks = Tasks()
    events = Unlisted("crm.events.of({})", "a request for 10 entities and for each 100 events")
    files = Unlisted("crm.files.of({})", "a request for each entity")

    def __init__(
        self,
        *,
        name: str | UnsetType = UNSET,
        next_price: int | float | UnsetType | None = UNSET,
        next_date: datetime | int | UnsetType | None = UNSET,
        status_id: int | UnsetType = UNSET,
        periodicity: int | UnsetType = UNSET,
        responsible: User | int | UnsetType | None = UNSET,
        responsible_user_id: int | UnsetType | None = UNSET,
        created_by: int | UnsetType = UNSET,
        updated_by: int | UnsetType = UNSET,
        created_at: datetime | int | UnsetType = UNSET,
        updated_at: datetime | int | UnsetType = UNSET,
        tags: Iterable[str] | UnsetType = UNSET,
        contacts: Iterable[Contact] | UnsetType = UNSET,
        company: Company | UnsetType | None = UNSET,
        **custom: Any,
    ) -> None:
        self._init_from_arguments(arguments(locals()), custom)
