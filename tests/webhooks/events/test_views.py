"""Events as entities: v2 words on the wire, the same typed objects as everywhere else in the program."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from amocrm import Contact, Lead, NotLoaded, fields
from amocrm.webhooks import parse

from .. import bodies
from ..bodies import wire


class Source(StrEnum):
    """Options of a list."""

    SITE = "Site"
    FAIR = "Fair"


class Deal(Lead):
    """Every kind of field that a delivery writes in a way of its own."""

    origin = fields.Select(field_id=1, options=Source)
    origin_label = fields.Select(field_id=1)
    tags_of_deal = fields.MultiSelect(field_id=2, options=Source)
    visit = fields.DateTime(field_id=3)
    day = fields.Date(field_id=4)
    agreed = fields.Checkbox(field_id=5)
    amount = fields.Numeric(field_id=6)
    switch = fields.Radio(field_id=7)
    note = fields.Text(code="NOTE")
    empty = fields.Text(field_id=99)


class Person(Contact):
    """A contact with a birthday."""

    born = fields.Birthday(field_id=8)


def only(body: str) -> Any:
    """The one event of a body."""
    (event,) = parse(wire(body))
    return event


DEAL = """
leads[update][0][id]=17&leads[update][0][name]=Order&leads[update][0][price]=10&leads[update][0][updated_at]=1700000100
&leads[update][0][custom_fields][0][id]=1&leads[update][0][custom_fields][0][values][0][value]=Site&leads[update][0][custom_fields][0][values][0][enum]=5
&leads[update][0][custom_fields][1][id]=2&leads[update][0][custom_fields][1][values][0][value]=Site&leads[update][0][custom_fields][1][values][1][value]=Fair
&leads[update][0][custom_fields][2][id]=3&leads[update][0][custom_fields][2][values][0]=1700090000
&leads[update][0][custom_fields][3][id]=4&leads[update][0][custom_fields][3][values][0]=1700092800
&leads[update][0][custom_fields][4][id]=5&leads[update][0][custom_fields][4][values][0][value]=1
&leads[update][0][custom_fields][5][id]=6&leads[update][0][custom_fields][5][values][0][value]=12.50
&leads[update][0][custom_fields][6][id]=7&leads[update][0][custom_fields][6][values][value]=On&leads[update][0][custom_fields][6][values][enum]=9
&leads[update][0][custom_fields][7][id]=8&leads[update][0][custom_fields][7][name]=Remark&leads[update][0][custom_fields][7][values][0][value]=call&leads[update][0][custom_fields][7][code]=NOTE
"""


def test_declared_fields_of_a_lead() -> None:
    """Each declared field reads its own type from the form that deliveries have for it."""
    deal = only(DEAL).as_(Deal)

    assert (deal.origin, deal.tags_of_deal) == (Source.SITE, (Source.SITE, Source.FAIR))
    assert deal.visit == datetime(2023, 11, 15, 23, 13, 20, tzinfo=UTC)
    assert deal.day == date(2023, 11, 16)
    assert (deal.agreed, deal.amount, deal.switch, deal.note) == (True, Decimal("12.50"), "On", "call")
    assert deal.empty is None


def test_fields_without_a_declaration() -> None:
    """By name, code or id; typed as far as a delivery tells types."""
    lead = only(DEAL).lead

    assert (lead.custom["Remark"], lead.custom["NOTE"], lead.custom[8]) == ("call", "call", "call")
    assert lead.custom[3] == 1700090000


def test_what_is_known_and_what_is_not() -> None:
    """A full record without tags has none; what deliveries never carry is not loaded."""
    event = only(DEAL)

    assert (event.lead.name, event.lead.price, set(event.lead.tags)) == ("Order", 10, set())
    assert event.lead is event.lead
    assert event.lead.updated_at == datetime(2023, 11, 14, 22, 15, tzinfo=UTC)
    for attribute in ("closed_at", "loss_reason_id"):
        with pytest.raises(NotLoaded):
            getattr(event.lead, attribute)
    deleted = only("leads[delete][0][id]=17&leads[delete][0][status_id]=143&leads[delete][0][pipeline_id]=4")
    for attribute in ("name", "price"):
        with pytest.raises(NotLoaded):
            getattr(deleted.lead, attribute)


def test_a_contact_is_seen_with_phones_company_and_leads() -> None:
    """Phones by their code; the company and leads it is linked to; a birthday written as text."""
    body = bodies.CONTACT.format(old=700001, kind="contact")
    body += "&contacts[update][0][custom_fields][1][id]=8&contacts[update][0][custom_fields][1][values][0][value]=12.01.1980"
    event = only(body)

    assert (event.contact.name, event.contact.phone) == ("Ann Lee", "79000000000")
    assert event.as_(Person).born == date(1980, 1, 12)
    assert event.contact.responsible_user_id == 700001


def test_company_customer_task_and_element() -> None:
    """The other entities."""
    company = only(bodies.CONTACT.format(old=700001, kind="company")).company
    customer = only(
        "customers[add][0][id]=5&customers[add][0][name]=Ann&customers[add][0][next_price]=1000"
    ).customer
    task = only(bodies.TASK.format(index="[0]")).task
    element = only(bodies.ELEMENT).element

    assert (company.id, company.name) == (37000001, "Ann Lee")
    assert (customer.id, customer.name, customer.next_price) == (5, "Ann", 1000)
    assert (task.id, task.text, task.is_completed) == (1564845, "Call back", True)
    assert (element.id, element.name) == (347577, "Item 1")


def test_events_can_be_pickled() -> None:
    """Events go to other processes whole, their entities included."""
    event = only(DEAL)
    assert event.lead.price == 10

    copy = pickle.loads(pickle.dumps(event))

    assert (copy.lead_id, copy.key, copy.lead.price, copy.payload) == (17, event.key, 10, event.payload)
