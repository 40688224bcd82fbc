"""What type checkers must say about the facade. Checked by ``test_typing.py``; never run.

Lines marked ``error`` must be refused: an unused ignore is an error in both checkers' settings.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=error

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, assert_type

from amocrm import (
    AmoCRM,
    AsyncAmoCRM,
    CatalogElement,
    Company,
    Contact,
    Customer,
    Key,
    Lead,
    LinkedElement,
    Note,
    Pipeline,
    Plan,
    Report,
    Status,
    Task,
    UpsertReport,
    User,
    any_of,
    fields,
)
from amocrm._core.orm.filters import Condition
from amocrm_gen.models.loss_reasons import LossReason
from amocrm_gen.models.notes import CallNoteParams


class City(StrEnum):
    """Options by label."""

    KAZAN = "Казань"


class Product(IntEnum):
    """Options by id."""

    BASIC = 17


class Deal(Lead):
    """A lead with declared fields."""

    city = fields.Select(field_id=1278, options=City)
    plain = fields.Select(field_id=1279)
    due = fields.Date(field_id=1280)
    amount = fields.Monetary(code="CONTRACT_SUM")
    flag = fields.Checkbox(field_id=1281)
    products = fields.MultiSelect(field_id=1282, options=Product)
    moment = fields.DateTime(name="Встреча")
    positions = fields.Items(field_id=1283)
    legal = fields.LegalEntity(field_id=1284)


def values(deal: Deal, contact: Contact, task: Task) -> None:
    """Instance access gives the value."""
    assert_type(deal.name, str | None)
    assert_type(deal.price, int | float | None)
    assert_type(deal.created_at, datetime)
    assert_type(deal.closed_at, datetime | None)
    assert_type(deal.is_deleted, bool)
    assert_type(deal.city, City | None)
    assert_type(deal.plain, str | None)
    assert_type(deal.due, date | None)
    assert_type(deal.amount, Decimal | None)
    assert_type(deal.flag, bool | None)
    assert_type(deal.products, tuple[Product, ...])
    assert_type(deal.moment, datetime | None)
    assert_type(deal.company, Company | None)
    assert_type(deal.contacts.main, Contact | None)
    assert_type(deal.responsible, User | None)
    assert_type(deal.pipeline, Pipeline | None)
    assert_type(deal.status.pipeline, Pipeline)
    assert_type(deal.notes[0], Note)
    assert_type(deal.notes.pinned, Note | None)
    assert_type(deal.notes[0].content(CallNoteParams), CallNoteParams | None)
    assert_type(deal.tasks[0], Task)
    assert_type(deal.customers[0], Customer)
    assert_type(deal.status, Status)
    assert_type(deal.notes.add("текст"), Note)
    assert_type(contact.phone, str | None)
    assert_type(task.due, datetime)
    assert_type(deal.id, int)
    assert_type(deal.loss_reason, LossReason | None)
    assert_type(deal.catalog_elements[0], LinkedElement)
    assert_type(deal.catalog_elements[0].element, CatalogElement)
    assert_type(deal.positions, tuple[fields.InvoiceItemValue, ...])
    assert_type(deal.legal, fields.LegalEntityValue | None)
    for one in deal.contacts:
        assert_type(one, Contact)


def assignments(deal: Deal, moment: datetime) -> None:
    """Assigning takes what can be written and nothing else."""
    deal.price = 5
    deal.price = Decimal("5")
    deal.city = City.KAZAN
    deal.city = "Казань"
    deal.due = date(2024, 5, 1)
    deal.closed_at = moment
    deal.closed_at = None
    deal.tags = {"a"}
    deal.company = Company(name="x")
    deal.responsible = 5
    deal.contacts = [Contact(name="x")]
    deal.legal = fields.LegalEntityValue(name="x")
    deal.price = "5"  # type: ignore[assignment]  # error
    deal.due = "2024-05-01"  # type: ignore[assignment]  # error
    deal.company = Contact(name="x")  # type: ignore[assignment]  # error
    deal.contacts.add(Company(name="x"))  # type: ignore[arg-type]  # error
    deal.contacts = [Company(name="x")]  # type: ignore[list-item]  # error
    deal.misspelt = 5  # type: ignore[attr-defined]  # error


def conditions(moment: datetime, stage: Status) -> None:
    """Class access gives the field with the operators that it has."""
    assert_type(Deal.price.between(1, 2), Condition)
    assert_type(Deal.updated_at >= moment, Condition)
    assert_type(Deal.status.in_(stage), Condition)
    assert_type(Deal.city.is_(City.KAZAN), Condition)
    assert_type(Deal.due <= date(2024, 5, 1), Condition)
    assert_type(Deal.id.in_(1, 2), Condition)
    _ = Deal.price > 5  # type: ignore[operator]  # error
    _ = Deal.name >= "a"  # type: ignore[operator]  # error
    _ = Deal.city >= City.KAZAN  # type: ignore[operator]  # error
    Deal.price.in_(1)  # type: ignore[attr-defined]  # error
    Deal.misspelt.is_(1)  # type: ignore[attr-defined]  # error


def sync(crm: AmoCRM, pipeline: Pipeline) -> None:
    """The sync client."""
    assert_type(crm.leads.get(17), Lead)
    assert_type(crm.get_or_none(Deal, 17), Deal | None)
    for deal in crm.query(Deal).where(Deal.price >= 5).preload(Deal.contacts).order_by(Deal.id):
        assert_type(deal, Deal)
    with crm.session() as s:
        assert_type(s.add(Deal(name="x", city=City.KAZAN)), Deal)
        assert_type(s.ref(Deal, 5), Deal)
        assert_type(s.commit(), Report)
    assert_type(crm.users.create_all([]), list[User])
    assert_type(crm.query(Deal).preload(Deal.loss_reason, Deal.source_id).overlap(5).first(), Deal | None)
    assert_type(pipeline["x"], Status)


async def flavours(crm: AsyncAmoCRM) -> Any:
    """The same words with await."""
    assert_type(await crm.leads.get(17), Lead)
    async for deal in crm.query(Deal).limit(5):
        assert_type(deal, Deal)
    async with crm.session() as s:
        assert_type(await s.get(Deal, 5), Deal)
        assert_type(await s.commit(), Report)
    assert_type(await crm.query(Deal).all(), list[Deal])


def constructors() -> None:
    """A misspelt or wrong argument of a client is refused, in both flavours."""
    AmoCRM()
    AmoCRM("demo", token="t", timeout=5, max_prefetch=0)
    AmoCRM("demo", tokn="t")  # type: ignore[call-arg]  # error
    AmoCRM("demo", token="t", max_prefetch="many")  # type: ignore[arg-type]  # error
    AsyncAmoCRM("demo", tokn="t")  # type: ignore[call-arg]  # error
    fields.Select(option=City)  # type: ignore[call-overload]  # error


def upserts(crm: AmoCRM, deal: Deal) -> None:
    """An upsert gives the class of the row."""
    assert_type(crm.contacts.upsert(Contact(), key=Contact.phone), Contact)
    assert_type(crm.contacts.find_or_create(Contact(), key=Contact.email), tuple[Contact, bool])
    assert_type(crm.contacts.find_by(key=any_of(Contact.phones, Contact.emails), value=""), list[Contact])
    assert_type(crm.contacts.upsert_all([Contact()], key=(Contact.name,)), UpsertReport[Contact])
    with crm.session() as session:
        assert_type(session.upsert(deal, key=Deal.plain, new={"price": 5}), Deal)
        assert_type(session.upsert_all([deal], key=Key(Deal.amount))[0].entity, Deal)
        session.upsert(deal, key="name")  # type: ignore[arg-type]
    assert_type(crm.leads.query().one(), Lead)
    assert_type(crm.leads.query().exists(), bool)


def queries(crm: AmoCRM) -> None:
    """What a query gives beside a list."""
    query = crm.query(Deal).page_size(50)
    assert_type(query.count(), int)
    assert_type(query.in_bulk([1]), dict[int, Deal])
    assert_type(crm.leads.get_many([1]), list[Lead])
    assert_type(list(query.pages(start=2)), list[list[Deal]])
    assert_type(query.all(progress=lambda pages, rows: None), list[Deal])
    assert_type(query.values("id"), list[dict[str, Any]])
    assert_type(query.update(price=5).plan(), Plan)
    crm.contacts.where(Contact.phone.is_("+79001234567"))
    crm.contacts.where(Contact.phone.is_(79001234567))  # type: ignore[arg-type]
    with crm.session() as session:
        session.add(Lead(), duplicates="server")
        session.add(Lead(), duplicates="client")  # type: ignore[arg-type]


def plain_values(deal: Deal) -> None:
    """Dicts, copies and several attributes at once keep the class."""
    assert_type(Deal.from_dict(deal.to_dict(json=True)), Deal)
    assert_type(deal.copy().update(price=5), Deal)
    deal.to_dict(True)  # type: ignore[call-arg]
