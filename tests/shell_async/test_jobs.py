"""The jobs of `examples/jobs` do what they promise, in as many requests as they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from amocrm import Call, Company, Contact, Event, Invoice, Lead, Product, Stage, Task, fields
from amocrm._async.client import AsyncAmoCRM
from amocrm._core.http.retry import NEVER
from amocrm.webhooks import Delivery
from amocrm_gen.models.catalogs import CatalogCreate
from amocrm_sandbox import ManualClock, Sandbox
from examples.jobs._async.call_log import log_calls, records_of
from examples.jobs._async.chat_bot import answer_clients
from examples.jobs._async.invoice import invoice_for
from examples.jobs._async.reassign import reassign
from examples.jobs._async.shop_import import Line, Order, ShopOrder, import_orders
from examples.jobs._async.stage_times import stage_times
from tests.contract.world import World

from ._hooks import make_receiver
from .crm import client_of

pytestmark = pytest.mark.anyio

DUE = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(params=[False, True], ids=["without the option", "with the option"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A fresh account without limits, with and without the filter option."""
    made = Sandbox(limits=False, api_filter=request.param)
    yield made
    made.close()


@pytest.fixture
def crm(sandbox: Sandbox) -> AsyncAmoCRM:
    """Its client."""
    return client_of(sandbox, retry=NEVER, max_prefetch=0)


def sent(sandbox: Sandbox) -> Counter[str]:
    """Operations that the server has seen since the last call."""
    found = Counter(entry.operation for entry in sandbox.journal)
    sandbox.journal.reset()
    return found


def writes(sandbox: Sandbox) -> Counter[str]:
    """Those of them that write."""
    return Counter(
        {name: count for name, count in sent(sandbox).items() if not name.startswith(("get", "list"))}
    )


@pytest.mark.slow
async def test_orders_of_a_shop(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """300 orders with 599 lines are nine writing requests; the same again none; another quantity is one link."""
    await crm.catalogs.enable_products()
    await crm.account()
    await crm.fields.ensure(Order)
    (pipeline,) = await crm.pipelines.all()

    def orders(last: float) -> list[ShopOrder]:
        lines = [Line(f"A-{number}", f"Товар {number}", 100, 2) for number in range(300)]
        return [
            ShopOrder(
                f"N-{number}",
                f"Покупатель {number}",
                f"+7900{number:07}",
                [
                    *([lines[number - 1]] if number else []),
                    lines[number]._replace(quantity=last if number == 299 else 2),
                ],
            )
            for number in range(300)
        ]

    sent(sandbox)
    await import_orders(crm, orders(2), pipeline["Переговоры"])
    assert writes(sandbox) == {
        "create_catalog_elements": 2,
        "create_contacts": 2,
        "create_leads": 2,
        "link_entities": 3,
    }
    await import_orders(crm, orders(2), pipeline.lost)
    assert writes(sandbox) == {}
    await import_orders(crm, orders(5), pipeline.lost)
    assert writes(sandbox) == {"update_leads": 1, "link_entities": 1}
    (order,) = [
        one async for one in crm.query(Order).preload(Order.catalog_elements) if one.number == "N-299"
    ]
    assert (order.price, order.status.name) == (700, "Переговоры")
    assert [(one.element.name, one.quantity) for one in order.catalog_elements] == [
        *(("Товар 298", 2), ("Товар 299", 5))
    ]
    products = await crm.catalogs.by_type("products")
    assert products is not None
    assert (await crm.catalogs[products].of(Product).query().first()).sku == "A-0"  # type: ignore[union-attr]


async def test_calls_of_a_telephony(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Calls of known numbers are one request; strangers become contacts with a deal and a task, and are logged then."""
    async with crm.session() as s:
        anna = s.add(Contact(name="Анна", phone="+79000000001"))

    def call(number: str, duration: int) -> Call:
        link = f"https://pbx.example.com/{duration}.mp3"
        return Call(phone=number, direction="inbound", duration=duration, source="АТС", link=link)

    sent(sandbox)
    assert await log_calls(crm, [call("+79000000001", 61)], DUE) == 0
    assert sent(sandbox) == {"create_calls": 1}
    calls = [call("+79000000001", 5), call("+79000000002", 7), call("+79000000002", 8)]
    assert await log_calls(crm, calls, DUE) == 1
    assert sent(sandbox) == {"create_calls": 2, "create_contacts": 1, "create_leads": 1, "create_tasks": 1}
    assert await log_calls(crm, [call("+79000000003", 9)], DUE) == 1
    sent(sandbox)
    assert await records_of(crm, anna) == [
        *((61, "https://pbx.example.com/61.mp3"), (5, "https://pbx.example.com/5.mp3"))
    ]
    assert sent(sandbox) == {"list_notes": 1}
    assert len(await crm.tasks.all()) == 2


@pytest.mark.slow
async def test_a_bot_answers_what_it_knows() -> None:
    """A known word takes one request, anything else none; a delivery is answered once."""
    world = World()
    crm, receiver = client_of(world.sandbox, retry=NEVER), make_receiver()
    answer_clients(receiver, crm, {"доставк": "Завтра с 10 до 18", "цен": "Прайс на сайте"})
    world.sandbox.journal.reset()
    for text in ("Когда ДОСТАВКА?", "Позовите человека"):
        body = (
            f"message[add][0][id]=m&message[add][0][type]=incoming&message[add][0][text]={text}"
            f"&message[add][0][talk_id]={world.ids['talk']}&message[add][0][created_at]=1700000000"
        )
        await receiver.accept(Delivery(body=body.encode()))
        await receiver.accept(Delivery(body=body.encode()))
    await receiver.work()
    assert sent(world.sandbox) == {"send_talk_message": 1}
    messages = await crm.talks[world.ids["talk"]].messages.all()
    assert "Завтра с 10 до 18" in [message.text for message in messages]
    world.close()


async def test_times_in_stages() -> None:
    """12 deals are two requests of ten; what passed before, between and after two moves is told by stage."""
    world = World()
    crm, clock = client_of(world.sandbox, retry=NEVER), cast(ManualClock, world.sandbox.clock)
    pipeline = (await crm.pipelines.all())[0]
    first, second, third = (Stage(pipeline.id, one.id) for one in pipeline.statuses[1:4])
    async with crm.session() as s:
        leads = [s.add(Lead(name=str(number), status=first)) for number in range(12)]
    for stage in (second, third):
        clock.tick(3600)
        async with crm.session() as s:
            for lead in leads[:6]:
                s.add(lead).status = stage
    clock.tick(60)
    now = datetime.fromtimestamp(clock.now(), UTC)
    read = [lead for lead in await crm.leads.all() if lead.id in {one.id for one in leads}]
    world.sandbox.journal.reset()
    spent = await stage_times(crm, read, now)
    assert sent(world.sandbox) == {"list_events": 2}
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    assert spent == {first: 6 * hour + 6 * (2 * hour + minute), second: 6 * hour, third: 6 * minute}
    assert [event.type async for event in crm.events.of(read[0], Event.type.is_("lead_added"))] == [
        "lead_added"
    ]
    world.close()


async def test_an_invoice_of_a_deal(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Four requests: the list of invoices, the deal, the invoice, its link; the payer is the company."""
    made: Any = await crm.api.catalogs.create(body=[CatalogCreate(name="Счета", type="invoices")])
    async with crm.session() as s:
        lead = s.add(Lead(name="Заказ", company=Company(name="Ромашка"), contacts=[Contact(name="Анна")]))
    lines = [fields.InvoiceItemValue(description="Чайник", unit_price=990, quantity=2)]
    sent(sandbox)
    invoice = await invoice_for(crm, lead.id, "Счёт 17", lines)
    assert sent(sandbox) == {
        "list_catalogs": 1,
        "get_lead": 1,
        "create_catalog_elements": 1,
        "link_entities": 1,
    }
    catalog = made.embedded.catalogs[0].id
    again = await crm.catalogs[catalog].of(Invoice).get(invoice.id)
    assert again.payer is not None
    assert (again.payer.entity_id, again.items[0].unit_price) == (lead.company.id if lead.company else 0, 990)
    read = await crm.leads.get(lead.id, preload=[Lead.catalog_elements])
    assert [one.element.id for one in read.catalog_elements] == [invoice.id]


@pytest.mark.slow
async def test_everything_of_a_user_is_given_to_another(sandbox: Sandbox, crm: AsyncAmoCRM) -> None:
    """Each kind is its pages and one request for 250 changes; done tasks stay, and so does what others have."""
    old, new = sandbox.ui.add_user("Борис")["id"], sandbox.ui.add_user("Анна")["id"]
    await crm.account()
    async with crm.session() as s:
        for number in range(300):
            lead = s.add(Lead(name=str(number), responsible=old))
            lead.tasks.add("Позвонить", due=DUE, responsible=old)
        s.add_all([Contact(name="a", responsible=old), Company(name="b"), Lead(name="чужая")])
        done = s.add(Task("Сделано", due=DUE, responsible=old))
    async with crm.session() as s:
        s.add(done).complete("да")
    sent(sandbox)
    assert await reassign(crm, old, new) == {"leads": 300, "contacts": 1, "companies": 0, "tasks": 300}
    assert writes(sandbox) == {"update_leads": 2, "update_contacts": 1, "update_tasks": 2}
    assert {lead.responsible_user_id for lead in await crm.leads.all()} == {new, sandbox.admin_id}
    assert (await crm.tasks.get(done.id)).responsible_user_id == old
