"""Subscriptions, and the whole way: a change, a delivery over HTTP, a typed event, one PATCH."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from amocrm import Contact, Lead, NotLoaded, fields
from amocrm._async.client import AsyncAmoCRM
from amocrm._async.webhooks.receiver import AsyncWebhookReceiver
from amocrm.errors import ConfigurationError
from amocrm.webhooks import (
    ContactAdded,
    Delivery,
    LeadAdded,
    LeadNoteAdded,
    LeadStatusChanged,
    LeadTriggered,
    TaskAdded,
)
from amocrm_sandbox import Sandbox, SandboxServer

from .._support import StoppedClock, breathe
from ..crm import client_of

pytestmark = pytest.mark.anyio

URL = "https://app.example.com/hook/s3cret"


class Deal(Lead):
    """A lead with a declared field."""

    city = fields.Text(code="CITY")


def asked(sandbox: Sandbox) -> list[str]:
    """The operations of the requests so far."""
    return [entry.operation for entry in sandbox.journal]


async def test_a_subscription_is_made_once() -> None:
    """Ensuring twice writes once; other events replace the old ones; removing tells whether there was one."""
    sandbox = Sandbox(limits=False)
    async with client_of(sandbox) as crm:
        made = await crm.webhooks.ensure(URL, [LeadStatusChanged, "add_contact"])
        again = await crm.webhooks.ensure(URL, ["add_contact", LeadStatusChanged])
        writes = [line for line in asked(sandbox) if line == "subscribe_webhook"]
        changed = await crm.webhooks.ensure(URL, [LeadAdded])
        await crm.webhooks.ensure(URL + "/2", [LeadAdded])

        assert (made.id, made.settings) == (again.id, ["status_lead", "add_contact"])
        assert len(writes) == 1
        assert (changed.id, changed.settings) == (made.id, ["add_lead"])
        assert [hook.destination for hook in await crm.webhooks.list()] == [URL, URL + "/2"]
        assert await crm.webhooks.remove(URL) is True
        assert await crm.webhooks.remove(URL) is False
        assert [hook.destination for hook in await crm.webhooks.list()] == [URL + "/2"]
        assert await crm.webhooks.list(URL) == []


async def test_a_switched_off_subscription_is_made_anew() -> None:
    """The server switches off what fails too often; ensuring puts it back."""
    sandbox = Sandbox(limits=False)
    async with client_of(sandbox) as crm:
        made = await crm.webhooks.ensure(URL, [LeadAdded])
        sandbox.store.put("webhooks", {**sandbox.store.document("webhooks", made.id), "disabled": True})  # type: ignore[dict-item]

        assert (await crm.webhooks.ensure(URL, [LeadAdded])).disabled is False


async def test_events_without_a_subscription_are_refused() -> None:
    """The digital pipeline is set up by users, not subscribed to."""
    async with client_of(Sandbox(limits=False)) as crm:
        with pytest.raises(ValueError, match="digital pipeline"):
            await crm.webhooks.ensure(URL, [LeadTriggered])


async def test_development_needs_a_way_back() -> None:
    """A real account cannot reach this machine without a tunnel."""
    async with client_of(Sandbox(limits=False)) as crm:
        with pytest.raises(ConfigurationError, match="tunnel"):
            async with crm.webhooks.develop(AsyncWebhookReceiver(secret=None, inbox=":memory:")):
                pass


async def until(condition: Any) -> None:
    """Waits for something to be true."""
    while not condition():
        await breathe()


@pytest.mark.slow
async def test_the_whole_way_with_a_sandbox() -> None:
    """A lead is changed through the facade; the sandbox posts it to a local port; a handler sees it, typed."""
    with SandboxServer(limits=False) as server:
        async with AsyncAmoCRM("demo", token=server.sandbox.token, base_url=server.url) as crm:
            receiver = AsyncWebhookReceiver(secret=None, inbox=":memory:", clock=StoppedClock(), client=crm)
            seen: list[Any] = []
            receiver.on(LeadAdded, LeadStatusChanged, ContactAdded, TaskAdded, LeadNoteAdded)(seen.append)

            async with crm.webhooks.develop(receiver) as url:
                assert [hook.destination for hook in await crm.webhooks.list()] == [url]
                async with crm.session() as s:
                    deal = s.add(Lead(name="Заказ 17", price=50_000, tags={"сайт"}))
                    deal.contacts.add(Contact(name="Иван Петров"))
                await until(lambda: {type(event) for event in seen} >= {LeadAdded, ContactAdded})
                added = next(event for event in seen if isinstance(event, LeadAdded))
                async with crm.session() as s:
                    s.ref(Lead, deal.id).status_id = 142
                await until(lambda: any(isinstance(event, LeadStatusChanged) for event in seen))
                base = url.rpartition("/")[0]
                assert httpx.post(f"{base}/wrong", content=b"x=1", trust_env=False).status_code == 404
            assert await crm.webhooks.list() == []

    moved = next(event for event in seen if isinstance(event, LeadStatusChanged))
    assert (added.lead.id, added.lead.name, added.lead.price) == (deal.id, "Заказ 17", 50_000)
    assert set(added.lead.tags) == {"сайт"}
    assert (moved.lead_id, moved.status_id) == (deal.id, 142)
    assert moved.old_status_id not in (None, 142)
    assert moved.account.subdomain == "demo"
    with pytest.raises(NotLoaded):
        _ = added.lead.closed_at


async def test_a_handler_changes_one_field_with_one_patch(tmp_path: Path) -> None:
    """The event's entity is there by reference: no GET, one PATCH with one field."""
    sandbox = Sandbox(limits=False)
    sandbox.call("POST", "/api/v4/leads/custom_fields", [{"type": "text", "name": "Город", "code": "CITY"}])
    async with client_of(sandbox) as crm:
        async with crm.session() as s:
            lead = s.add(Lead(name="Заказ 17"))
        receiver = AsyncWebhookReceiver(
            secret=None, inbox=tmp_path / "hooks.sqlite3", client=lambda account: crm, clock=StoppedClock()
        )

        @receiver.on(LeadStatusChanged, status=142)
        async def won(event: LeadStatusChanged, context: Any) -> None:
            async with context.session():
                context.entity(Deal).city = "Казань"
            with pytest.raises(TypeError, match="must belong to a Contact"):
                context.entity(Contact)

        body = f"leads[status][0][id]={lead.id}&leads[status][0][status_id]=142".encode()
        await receiver.accept(Delivery(body=body))
        before = len(asked(sandbox))
        await receiver.work()
        await receiver.close()
        requests = asked(sandbox)[before:]

        assert requests == ["update_leads"]
        (item,) = sandbox.journal[-1].json()
        assert set(item) == {"id", "custom_fields_values"}
        assert [value["values"] for value in item["custom_fields_values"]] == [[{"value": "Казань"}]]
        stored = await crm.get(Deal, lead.id)
        assert stored.city == "Казань"


async def test_changes_without_a_commit_are_told() -> None:
    """A handler that forgets the block of its session fails, instead of losing what it changed."""
    sandbox = Sandbox(limits=False)
    async with client_of(sandbox) as crm:
        receiver = AsyncWebhookReceiver(secret=None, inbox=":memory:", client=crm, clock=StoppedClock())

        @receiver.on(LeadStatusChanged)
        async def forgets(event: LeadStatusChanged, context: Any) -> None:
            context.entity(Lead).price = 5

        @receiver.on(LeadStatusChanged)
        async def only_looks(event: LeadStatusChanged, context: Any) -> None:
            assert context.entity(Lead).id == 17

        (failure,) = await receiver.dispatch(Delivery(body=b"leads[status][0][id]=17"))

        assert failure.handler is not None
        assert failure.handler.endswith("forgets")
        assert "context.session()" in str(failure.error)
        assert asked(sandbox) == []


async def test_development_uses_the_secret_of_the_router() -> None:
    """The receiver that is developed is the one that will run: its secret is in the address."""
    with SandboxServer(limits=False) as server:
        async with AsyncAmoCRM("demo", token=server.sandbox.token, base_url=server.url) as crm:
            receiver = AsyncWebhookReceiver(
                secret=["new secret", "old"], inbox=":memory:", clock=StoppedClock()
            )
            seen: list[Any] = []
            receiver.on(LeadAdded)(seen.append)

            async with crm.webhooks.develop(receiver) as url:
                assert url.endswith("/amocrm/new%20secret")
                async with crm.session() as s:
                    s.add(Lead(name="Заказ 17"))
                await until(lambda: seen)

    assert [type(event) for event in seen] == [LeadAdded]


async def test_an_event_as_your_own_class() -> None:
    """Declared fields read from the event itself; what the delivery does not carry is not guessed."""
    receiver = AsyncWebhookReceiver(secret=None, inbox=":memory:", clock=StoppedClock())
    seen: list[Any] = []
    receiver.on(LeadStatusChanged)(seen.append)
    prefix = "leads[status][0][custom_fields][0]"
    body = f"leads[status][0][id]=17&{prefix}[id]=5&{prefix}[code]=CITY&{prefix}[values][0][value]=Kazan"

    assert await receiver.dispatch(Delivery(body=body.encode())) == []

    (event,) = seen
    assert event.as_(Deal).city == "Kazan"
    assert event.lead.custom["CITY"] == "Kazan"
