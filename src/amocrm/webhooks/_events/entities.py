"""Events of leads, contacts, companies and customers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from amocrm_gen.models import companies, contacts, customers, leads
from amocrm_gen.models.hooks import HookContact, HookCustomer, HookLead

from ..._core.orm.identity import stub_origin
from .._payload import v2_to_v4
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
    """Event of a lead."""

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
        """The lead as a model of API v4."""
        return v2_to_v4.lead(self.payload, full=self.full)

    @cached_property
    def lead(self) -> Lead:
        """The lead, typed. Values that the delivery lacks raise `NotLoaded`. It belongs to no session."""
        from ...entities import Lead

        return self.as_(Lead)

    def as_(self, cls: type[L]) -> L:
        """Return the lead as your own class, with its declared custom fields.

        Example:
            >>> event.as_(Deal).city
            'Kazan'
        """
        return cls._from_api(self.record, stub_origin(self.account.host))


class LeadAdded(LeadEvent):
    """Creation of a lead."""

    code = "add_lead"
    _moments = ADDED


class LeadUpdated(LeadEvent):
    """Change of a lead; the delivery does not say what."""

    code = "update_lead"


class LeadDeleted(LeadEvent):
    """Deletion of a lead; only its id, stage and pipeline are known."""

    code, full = "delete_lead", False
    _moments = ()


class LeadRestored(LeadEvent):
    """Restoration of a lead from the bin."""

    code = "restore_lead"


class LeadStatusChanged(LeadEvent):
    """Change of a lead's stage. The delivery does not contain the earlier pipeline."""

    code = "status_lead"

    @property
    def old_status_id(self) -> int | None:
        """Stage before the change."""
        return given(self.payload.old_status_id)


class LeadResponsibleChanged(LeadEvent):
    """Change of a lead's responsible user."""

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
        """Responsible user before the change; an ordinary update may repeat the current one."""
        return given(self.payload.old_responsible_user_id)


class ContactEvent(_PersonEvent):
    """Event of a contact."""

    entity_type = "contacts"

    @property
    def contact_id(self) -> int:
        """Id of the contact."""
        return self.payload.id

    @cached_property
    def record(self) -> contacts.Contact:
        """The contact as a model of API v4."""
        return v2_to_v4.contact(self.payload, full=self.full)

    @cached_property
    def contact(self) -> Contact:
        """The contact, typed. Values that the delivery lacks raise `NotLoaded`. It belongs to no session."""
        from ...entities import Contact

        return self.as_(Contact)

    def as_(self, cls: type[C]) -> C:
        """Return the contact as your own class, with its declared custom fields."""
        return cls._from_api(self.record, stub_origin(self.account.host))


class ContactAdded(ContactEvent):
    """Creation of a contact."""

    code = "add_contact"
    _moments = ADDED


class ContactUpdated(ContactEvent):
    """Change of a contact."""

    code = "update_contact"


class ContactDeleted(ContactEvent):
    """Deletion of a contact; only its id is known."""

    code, full = "delete_contact", False
    _moments = ()


class ContactRestored(ContactEvent):
    """Restoration of a contact from the bin."""

    code = "restore_contact"


class ContactResponsibleChanged(ContactUpdated):
    """Change of a contact's responsible user: an update with another earlier responsible user."""

    code = "responsible_contact"


class CompanyEvent(_PersonEvent):
    """Event of a company."""

    entity_type = "companies"

    @property
    def company_id(self) -> int:
        """Id of the company."""
        return self.payload.id

    @cached_property
    def record(self) -> companies.Company:
        """The company as a model of API v4."""
        return v2_to_v4.company(self.payload, full=self.full)

    @cached_property
    def company(self) -> Company:
        """The company, typed. Values that the delivery lacks raise `NotLoaded`. It belongs to no session."""
        from ...entities import Company

        return self.as_(Company)

    def as_(self, cls: type[F]) -> F:
        """Return the company as your own class, with its declared custom fields."""
        return cls._from_api(self.record, stub_origin(self.account.host))


class CompanyAdded(CompanyEvent):
    """Creation of a company."""

    code = "add_company"
    _moments = ADDED


class CompanyUpdated(CompanyEvent):
    """Change of a company."""

    code = "update_company"


class CompanyDeleted(CompanyEvent):
    """Deletion of a company; only its id is known."""

    code, full = "delete_company", False
    _moments = ()


class CompanyRestored(CompanyEvent):
    """Restoration of a company from the bin."""

    code = "restore_company"


class CompanyResponsibleChanged(CompanyUpdated):
    """Change of a company's responsible user: an update with another earlier responsible user."""

    code = "responsible_company"


# ---- customers ----------------------------------------------------------------------------------------
class CustomerEvent(EntityEvent[HookCustomer]):
    """Event of a customer."""

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
        """The customer as a model of API v4."""
        return v2_to_v4.customer(self.payload, full=self.full)

    @cached_property
    def customer(self) -> Customer:
        """The customer, typed. Values that the delivery lacks raise `NotLoaded`. It belongs to no session."""
        from ...entities import Customer

        return self.as_(Customer)

    def as_(self, cls: type[S]) -> S:
        """Return the customer as your own class, with its declared custom fields."""
        return cls._from_api(self.record, stub_origin(self.account.host))


class CustomerAdded(CustomerEvent):
    """Creation of a customer."""

    code = "add_customer"
    _moments = ADDED


class CustomerUpdated(CustomerEvent):
    """Change of a customer."""

    code = "update_customer"


class CustomerDeleted(CustomerEvent):
    """Deletion of a customer; only the id is known."""

    code, full = "delete_customer", False
    _moments = ()


class CustomerResponsibleChanged(CustomerUpdated):
    """Change of a customer's responsible user, sent as an action of its own or as an update."""

    code = "responsible_customer"

    @property
    def old_responsible_user_id(self) -> int | None:
        """Responsible user before the change."""
        return given(self.payload.old_responsible_user_id)
