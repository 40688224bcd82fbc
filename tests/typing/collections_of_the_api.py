"""What type checkers must say about the collections. Checked by ``test_typing.py``; never run.

Lines marked ``error`` must be refused: an unused ignore is an error in both checkers' settings.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=error

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import assert_type

from amocrm import (
    AmoCRM,
    AsyncAmoCRM,
    Bot,
    Call,
    CatalogElement,
    Contact,
    Event,
    Invoice,
    Lead,
    LossReason,
    Product,
    Purchase,
    Role,
    Source,
    Stage,
    Status,
    TalkMessage,
    Unsorted,
    fields,
)
from amocrm_gen.models.events import TagEventValue
from amocrm_gen.models.fields import CustomField
from amocrm_gen.models.unsorted import UnsortedProcessed


class Tea(Product, catalog_id=6101):
    """Element of one list with a field of its own."""

    origin = fields.Text(field_id=1)


def entities(source: Source, purchase: Purchase, product: Product, tea: Tea, event: Event) -> None:
    """Attributes have the types of the description; what the API does not change is refused at run time."""
    assert_type(source.name, str | None)
    assert_type(purchase.created_at, datetime)
    assert_type(purchase.completed_at, datetime | None)
    assert_type(product.price, Decimal | None)
    assert_type(tea.origin, str | None)
    assert_type(tea.catalog_id, int)
    assert_type(event.id, str)
    assert_type(event.status_after, Stage | None)
    assert_type(event.before(TagEventValue), TagEventValue | None)
    source.misspelt = 5  # type: ignore[attr-defined]  # error
    source.name = 5  # type: ignore[assignment]  # error


def constructors(moment: datetime) -> None:
    """What the API wants comes first; the rest has names."""
    Source("Сайт", "site", pipeline_id=3)
    Source("Сайт")  # type: ignore[call-arg]  # error
    Purchase(990, completed_at=moment, next_price=1000)
    Product("Чайник", sku="A-1", price=990)
    Invoice("Счёт", status="Создан")
    Status("Договор", color="#fffeb2")
    Role("Стажёр", right=None)  # type: ignore[call-arg]  # error
    Call(phone="1", direction="inwards", duration=1, source="ats")  # type: ignore[arg-type]  # error


def collections(crm: AmoCRM, lead: Lead, contact: Contact) -> None:
    """Each collection knows its class and its key."""
    assert_type(crm.loss_reasons.get(5), LossReason)
    assert_type(crm.sources.create_all([]), list[Source])
    assert_type(crm.catalogs[6101].elements.all(), list[CatalogElement])
    assert_type(crm.catalogs[6101].of(Tea).create(Tea("Улун")), Tea)
    assert_type(crm.customers[5].purchases.get(7), Purchase)
    assert_type(crm.pipelines[3].statuses.get(142), Status)
    assert_type(crm.talks[5].messages.all(), list[TalkMessage])
    assert_type(crm.unsorted.accept("a1"), UnsortedProcessed)
    assert_type(crm.unsorted.get("a1"), Unsorted)
    assert_type(crm.bots.get(5), Bot)
    assert_type(crm.fields[Lead].change(5, name="Город"), CustomField)
    for event in crm.events.of(lead, Event.type.is_("lead_added")):
        assert_type(event, Event)
    crm.bots.stop(5, contact)  # type: ignore[arg-type]  # error
    crm.bots.get("5")  # type: ignore[arg-type]  # error
    crm.events.get(5)  # type: ignore[arg-type]  # error
    crm.events.create(Event())  # type: ignore[attr-defined]  # error
    crm.sources.create(LossReason("x"))  # type: ignore[arg-type]  # error
    crm.customers.set_mode("loyalty")  # type: ignore[arg-type]  # error


async def flavours(crm: AsyncAmoCRM, lead: Lead) -> None:
    """The same words with await."""
    assert_type(await crm.loss_reasons.get(5), LossReason)
    assert_type(await crm.events.since(1_700_000_000), list[Event])
    async for event in crm.events.of(lead):
        assert_type(event, Event)
    async for element in crm.catalogs[6101].of(Tea):
        assert_type(element, Tea)
