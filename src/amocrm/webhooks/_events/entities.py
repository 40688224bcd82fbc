"""Events of leads, contacts, companies and customers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from amocrm_gen.models import companies, contacts, customers, leads
from amocrm_gen.models.hooks import HookContact, HookCustomer, HookLead

from ..._core.orm.identity import stub_origin
from .._parsing import v2_to_v4 as bridge
from .base import ADDED, EntityEvent, given

if TYPE_CHECKING:
    from ...entities import Company, Contact, Customer, Lead

__all__ = [
    "CompanyAdded",
    "CompanyDeleted",
    "CompanyEvent",
    "CompanyResponsibleChanged",
    "CompanyRestored",
    "CompanyUpdated",
    "ContactAdded",
    "ContactDeleted",
    "ContactEvent",
    "ContactResponsibleChanged",
    "ContactRestored",
    "ContactUpdated",
    "CustomerAdded",
    "CustomerDeleted",
    "CustomerEvent",
    "CustomerResponsibleChanged",
    "CustomerUpdated",
    "LeadAdded",
    "LeadDeleted",
    "LeadEvent",
    "LeadResponsibleChanged",
    "LeadRestored",
    "LeadStatusChanged",
    "LeadUpdated",
]

L = TypeVar("L", bound="Lead")
C = TypeVar("C", bound="Contact")
F = TypeVar("F", bound="Company")
S = TypeVar("S", bound="Customer")


# ---- leads --------------------------------------------------------------------------------------------
class LeadEvent(EntityEvent[HookLead]):
    """Something happened to a lead."""

    model = HookLead
    entity_type = "leads"

    @property
    def lead_id(self) -> int:
        """Id of the lead."""
        return self.payload.id

    @property
    def status_id(self) -> int | None:
        """Stage."""
        return given(self.payload.status_id)

    @property
    def pipeline_id(self) -> int | None:
        """Pipeline."""
        return given(self.payload.pipeline_id)

    @property
    def responsible_user_id(self) -> int | None:
        """Responsible user; 0 for a lead made by a chat or a robot."""
        return given(self.payload.responsible_user_id)

    @cached_property
    def record(self) -> leads.Lead:
        """The lead as API v4 has it."""
        return bridge.lead(self.payload, full=self.full)

    @cached_property
    def lead(self) -> Lead:
        """The lead, typed. What the delivery does not say raises `NotLoaded`; it belongs to no session."""
        from ...entities import Lead

        return self.as_(Lead)

    def as_(self, cls: type[L]) -> L:
        """The lead as your own class, with its declared custom fields.

        Example:
            >>> event.as_(Deal).city
            'Kazan'
        """
        return cls._from_api(self.record, stub_origin(self.account.host))


class LeadAdded(LeadEvent):
    """A lead was added."""

    code = "add_lead"
    _moments = ADDED


class LeadUpdated(LeadEvent):
    """A lead was changed; the delivery does not say what."""

    code = "update_lead"


class LeadDeleted(LeadEvent):
    """A lead was deleted; only its id, stage and pipeline are known."""

    code, full = "delete_lead", False
    _moments = ()


class LeadRestored(LeadEvent):
    """A lead came back from the bin."""

    code = "restore_lead"


class LeadStatusChanged(LeadEvent):
    """A lead went to another stage. The earlier pipeline is not told."""

    code = "status_lead"

    @property
    def old_status_id(self) -> int | None:
        """Stage before the change."""
        return given(self.payload.old_status_id)


class LeadResponsibleChanged(LeadEvent):
    """A lead got another responsible user."""

    code = "responsible_lead"

    @property
    def old_responsible_user_id(self) -> int | None:
        """Responsible user before the change."""
        return given(self.payload.old_responsible_user_id)


# ---- contacts and companies ---------------------------------------------------------------------------
class _PersonEvent(EntityEvent[HookContact]):
    model = HookContact

    @property
    def responsible_user_id(self) -> int | None:
        """Responsible user."""
        return given(self.payload.responsible_user_id)

    @property
    def old_responsible_user_id(self) -> int | None:
        """Responsible user before the change; may equal the present one on an ordinary update."""
        return given(self.payload.old_responsible_user_id)


class ContactEvent(_PersonEvent):
    """Something happened to a contact."""

    entity_type = "contacts"

    @property
    def contact_id(self) -> int:
        """Id of the contact."""
        return self.payload.id

    @cached_property
    def record(self) -> contacts.Contact:
        """The contact as API v4 has it."""
        return bridge.contact(self.payload, full=self.full)

    @cached_property
    def contact(self) -> Contact:
        """The contact, typed. What the delivery does not say raises `NotLoaded`; it belongs to no session."""
        from ...entities import Contact

        return self.as_(Contact)

    def as_(self, cls: type[C]) -> C:
        """The contact as your own class, with its declared custom fields."""
        return cls._from_api(self.record, stub_origin(self.account.host))


class ContactAdded(ContactEvent):
    """A contact was added."""

    code = "add_contact"
    _moments = ADDED


class ContactUpdated(ContactEvent):
    """A contact was changed."""

    code = "update_contact"


class ContactDeleted(ContactEvent):
    """A contact was deleted; only its id is known."""

    code, full = "delete_contact", False
    _moments = ()


class ContactRestored(ContactEvent):
    """A contact came back from the bin."""

    code = "restore_contact"


class ContactResponsibleChanged(ContactUpdated):
    """A contact got another responsible user: an update whose earlier responsible user is another one."""

    code = "responsible_contact"


class CompanyEvent(_PersonEvent):
    """Something happened to a company."""

    entity_type = "companies"

    @property
    def company_id(self) -> int:
        """Id of the company."""
        return self.payload.id

    @cached_property
    def record(self) -> companies.Company:
        """The company as API v4 has it."""
        return bridge.company(self.payload, full=self.full)

    @cached_property
    def company(self) -> Company:
        """The company, typed. What the delivery does not say raises `NotLoaded`; it belongs to no session."""
        from ...entities import Company

        return self.as_(Company)

    def as_(self, cls: type[F]) -> F:
        """The company as your own class, with its declared custom fields."""
        return cls._from_api(self.record, stub_origin(self.account.host))


class CompanyAdded(CompanyEvent):
    """A company was added."""

    code = "add_company"
    _moments = ADDED


class CompanyUpdated(CompanyEvent):
    """A company was changed."""

    code = "update_company"


class CompanyDeleted(CompanyEvent):
    """A company was deleted; only its id is known."""

    code, full = "delete_company", False
    _moments = ()


class CompanyRestored(CompanyEvent):
    """A company came back from the bin."""

    code = "restore_company"


class CompanyResponsibleChanged(CompanyUpdated):
    """A company got another responsible user: an update whose earlier responsible user is another one."""

    code = "responsible_company"


# ---- customers ----------------------------------------------------------------------------------------
class CustomerEvent(EntityEvent[HookCustomer]):
    """Something happened to a customer."""

    model = HookCustomer
    entity_type = "customers"

    @property
    def customer_id(self) -> int:
        """Id of the customer."""
        return self.payload.id

    @property
    def responsible_user_id(self) -> int | None:
        """Responsible user."""
        return given(self.payload.responsible_user_id)

    @cached_property
    def record(self) -> customers.Customer:
        """The customer as API v4 has it."""
        return bridge.customer(self.payload, full=self.full)

    @cached_property
    def customer(self) -> Customer:
        """The customer, typed. What the delivery does not say raises `NotLoaded`; it belongs to no session."""
        from ...entities import Customer

        return self.as_(Customer)

    def as_(self, cls: type[S]) -> S:
        """The customer as your own class, with its declared custom fields."""
        return cls._from_api(self.record, stub_origin(self.account.host))


class CustomerAdded(CustomerEvent):
    """A customer was added."""

    code = "add_customer"
    _moments = ADDED


class CustomerUpdated(CustomerEvent):
    """A customer was changed."""

    code = "update_customer"


class CustomerDeleted(CustomerEvent):
    """A customer was deleted; only the id is known."""

    code, full = "delete_customer", False
    _moments = ()


class CustomerResponsibleChanged(CustomerUpdated):
    """A customer got another responsible user, told by an action of its own or by an update."""

    code = "responsible_customer"

    @property
    def old_responsible_user_id(self) -> int | None:
        """Responsible user before the change."""
        return given(self.payload.old_responsible_user_id)
