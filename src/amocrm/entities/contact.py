"""Contacts (контакты)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from .. import fields
from ._attributes import Flag, Id, Moment, Text
from ._base import Entity, arguments
from ._element_links import ElementLinks
from ._foreign_keys import ForeignKey
from ._many_links import ManyLinks
from ._one_link import OneLink
from ._relations import Unlisted
from ._tags import Tags
from .note import Notes
from .task import Tasks

if TYPE_CHECKING:
    from .company import Company
    from .customer import Customer
    from .lead import Lead
    from .user import User

__all__ = ["Contact"]


class Contact(Entity):
    """Contact, a person; derive from it to declare custom fields.

    Args:
        name: full name; or give ``first_name`` and ``last_name``.
        phone, email: first telephone number and mail address; ``phones`` and ``emails`` take several.
        company: company that the contact belongs to.
        responsible: responsible user, an entity or an id.
        tags: names of tags.
        custom: declared custom fields by their attribute names; checked at run time.

    Example:
        >>> Contact(name="Иван Петров", phone="+7 900 000-00-00", email="ivan@example.com")
        <Contact new 'Иван Петров'>
    """

    _kind = "contacts"
    _names = ("contacts", "Contact", "ContactFilter", "ContactOrder")

    name = Text()
    first_name = Text()
    last_name = Text()
    responsible_user_id = Id()
    created_by = Id()
    updated_by = Id()
    created_at = Moment[datetime](nullable=False)
    updated_at = Moment[datetime](nullable=False)
    group_id = Id(readonly=True)
    account_id = Id(readonly=True)
    closest_task_at = Moment["datetime | None"](readonly=True)
    is_deleted = Flag(readonly=True, nullable=False)
    is_unsorted = Flag(readonly=True, nullable=False)

    phone = fields.Phone(code="PHONE")
    phones = fields.Phones(code="PHONE")
    email = fields.Email(code="EMAIL")
    emails = fields.Emails(code="EMAIL")
    responsible: ForeignKey[User] = ForeignKey("users", "responsible_user_id")
    tags = Tags()
    company: OneLink[Company] = OneLink("companies")
    leads: ManyLinks[Lead] = ManyLinks("leads", needs="leads", writable=False)
    customers: ManyLinks[Customer] = ManyLinks("customers", needs="customers", writable=False)
    catalog_elements = ElementLinks()
    notes = Notes()
    tasks = Tasks()
    events = Unlisted("crm.events.of({})", "a request for 10 entities and for each 100 events")
    files = Unlisted("crm.files.of({})", "a request for each entity")

    def __init__(
        self,
        *,
        name: str | UnsetType | None = UNSET,
        first_name: str | UnsetType | None = UNSET,
        last_name: str | UnsetType | None = UNSET,
        phone: str | fields.ContactValue | UnsetType | None = UNSET,
        phones: Iterable[str | fields.ContactValue] | UnsetType = UNSET,
        email: str | fields.ContactValue | UnsetType | None = UNSET,
        emails: Iterable[str | fields.ContactValue] | UnsetType = UNSET,
        company: Company | UnsetType | None = UNSET,
        responsible: User | int | UnsetType | None = UNSET,
        responsible_user_id: int | UnsetType | None = UNSET,
        created_by: int | UnsetType = UNSET,
        updated_by: int | UnsetType = UNSET,
        created_at: datetime | int | UnsetType = UNSET,
        updated_at: datetime | int | UnsetType = UNSET,
        tags: Iterable[str] | UnsetType = UNSET,
        **custom: Any,
    ) -> None:
        self._init_from_arguments(arguments(locals()), custom)
