"""What a user writes, as he writes it, over real HTTP: accounts with and without the paid filter option."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import pytest

from amocrm import Company, Contact, Lead, NotFoundError, fields
from amocrm._async.client import AsyncAmoCRM
from amocrm._async.limits.memory import AsyncMemoryLimiter
from amocrm.webhooks import LeadStatusChanged, parse
from amocrm_sandbox import SandboxServer

from .crm import FAST

pytestmark = pytest.mark.anyio


class City(StrEnum):
    """Options of a field."""

    KAZAN = "Казань"
    PERM = "Пермь"


class Deal(Lead):
    """A lead with typed custom fields."""

    city = fields.Select(name="Город", options=City)
    due = fields.Date(name="Срок")
    amount = fields.Monetary(code="CONTRACT_SUM")


@pytest.fixture(params=[False, True], ids=["without option", "with option"])
def server(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    """A sandbox over HTTP."""
    with SandboxServer(limits=False, api_filter=request.param) as running:
        yield running


def client(server: SandboxServer) -> AsyncAmoCRM:
    """A client of it."""
    return AsyncAmoCRM(
        "demo", token=server.sandbox.token, base_url=server.url, limiter=AsyncMemoryLimiter(FAST)
    )


async def test_a_unit_of_work_as_it_is_written(server: SandboxServer) -> None:
    """Objects, typed fields, links, notes and tasks; a plan before, a report after; one field is one PATCH."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    async with client(server) as crm:
        await crm.fields.create(
            Lead,
            [
                fields.Definition.of(Deal.city),
                fields.Definition(name="Срок", type="date"),
                fields.Definition(name="Сумма", type="monetary", code="CONTRACT_SUM", currency="RUB"),
            ],
        )
        user = (await crm.users.load())[0]
        server.sandbox.journal.reset()
        async with crm.session() as s:
            deal = s.add(Deal(name="Заказ 17", price=50_000, city=City.KAZAN, tags={"сайт"}))
            deal.contacts.add(Contact(name="Иван Петров", phone="+7 900 000-00-00"))
            deal.company = Company(name="ООО «Ромашка»")
            deal.notes.add("Пришёл с формы")
            deal.tasks.add("Позвонить", due=tomorrow, responsible=user)
            planned = s.plan()
            assert server.sandbox.journal.total == 0
            assert "POST   /api/v4/leads: 1 item in 1 request" in str(planned)
        assert server.sandbox.journal.total == planned.requests == 6  # the fields are named: one look-up
        assert len(s.report.applied) == 5
        assert str(s.report) == "5 applied in 5 requests"

        async with crm.session() as s:
            read = await s.get(Deal, deal.id)
            assert (read.city, read.due, read.amount, read.tags) == (City.KAZAN, None, None, {"сайт"})
            read.due, read.amount = date(2030, 1, 31), Decimal("10.50")
        server.sandbox.journal.reset()
        async with crm.session() as s:
            s.ref(Lead, deal.id).price = 5
        (entry,) = list(server.sandbox.journal)
        assert (entry.method, entry.json()) == ("PATCH", [{"id": deal.id, "price": 5}])
        again = await crm.get(Deal, deal.id)
        assert (again.price, again.due, again.amount) == (5, date(2030, 1, 31), Decimal("10.50"))
        assert await crm.leads.get_or_none(17) is None
        with pytest.raises(NotFoundError):
            await crm.leads.get(17)
        async with crm.session() as s:
            (await s.get(Deal, deal.id)).custom["Город"] = "Пермь"
        assert (await crm.get(Deal, deal.id)).city is City.PERM


@pytest.mark.slow
async def test_a_query_as_it_is_written(server: SandboxServer) -> None:
    """Recent deals of two stages of one pipeline in a range of prices, with contacts and companies."""
    has_option = bool(server.sandbox.account["is_api_filter_enabled"])
    yesterday = datetime.now(UTC) - timedelta(days=1)
    async with client(server) as crm:
        sales = await crm.pipelines.create("Продажи", statuses=["Переговоры", "Договор"])
        stages = [sales["Переговоры"], sales["Договор"], sales.won]
        async with crm.session() as s:
            for number in range(300):
                s.add(
                    Deal(
                        name=f"Сделка {number}",
                        price=number * 1000,
                        status=stages[number % 3],
                        contacts=[Contact(name=f"Контакт {number}", phone=f"+7{number}")],
                        company=Company(name=f"Компания {number}"),
                    )
                )
        server.sandbox.journal.reset()
        query = (
            crm.query(Deal)
            .where(
                Deal.updated_at >= yesterday,
                Deal.price.between(10_000, 90_000),
                Deal.status.in_(sales["Переговоры"], sales.won),
            )
            .order_by(Deal.id)
        )
        expected = [f"Сделка {number}" for number in range(10, 91) if number % 3 != 1]
        if has_option:
            query = query.preload(Deal.contacts, Deal.company)
        found = [deal async for deal in query]
        assert [deal.name for deal in found] == expected
        if has_option:
            assert server.sandbox.journal.total == 3
            for deal in found:
                assert deal.company is not None
                assert f"+7{deal.price // 1000}" == deal.contacts[0].phone  # type: ignore[operator]
                assert deal.company.name == f"Компания {deal.price // 1000}"  # type: ignore[operator]
        assert {deal.status.name for deal in found} == {"Переговоры", sales.won.name}


async def test_an_event_as_it_is_read(server: SandboxServer) -> None:
    """What the server sends of a changed stage is a typed event that knows the old and the new one."""
    async with client(server) as crm:
        sales = await crm.pipelines.create("Продажи", statuses=["Переговоры"])
        async with crm.session() as s:
            deal = s.add(Deal(name="Заказ", price=5, status=sales["Переговоры"]))
        server.sandbox.call(
            "POST",
            "/api/v4/webhooks",
            {"destination": "https://example.com/hook", "settings": ["status_lead"]},
        )
        async with crm.session() as s:
            s.ref(Deal, deal.id).status = sales.won
        (delivery,) = server.sandbox.webhooks.deliveries
        (event,) = parse(delivery.body, delivery.headers)
        assert isinstance(event, LeadStatusChanged)
        assert (event.lead_id, event.status_id) == (deal.id, sales.won.id)
        assert event.old_status_id == sales["Переговоры"].id
        assert event.lead.name == "Заказ"
