"""A typed program that uses the public names only: what type checkers must say. Checked, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=error

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import assert_type

from amocrm import (
    AmoCRM,
    AsyncAmoCRM,
    AsyncFiles,
    AsyncHandlerContext,
    AsyncLimiter,
    AsyncWebhookReceiver,
    Catalog,
    ChatTemplate,
    Collection,
    Condition,
    Contact,
    Duplicates,
    Entity,
    FileLimiter,
    FileTokenStore,
    FlushError,
    HandlerContext,
    Inbox,
    Issue,
    Lead,
    Limiter,
    LimitKey,
    LinkSet,
    MemoryLimiter,
    MemoryTokenStore,
    OAuth,
    Outcome,
    Pipeline,
    Plan,
    Query,
    RateLimits,
    Report,
    Result,
    RetryPolicy,
    Role,
    Session,
    SQLiteInbox,
    Stats,
    Status,
    TagSet,
    Talk,
    Timeout,
    TokenStore,
    User,
    WebhookReceiver,
    fields,
    tokens,
)
from amocrm.errors import TimeZoneWarning
from amocrm.events import ClientEvent, RequestSent, RetryDecided
from amocrm.webhooks import Backoff, Failure, GiveUp, LeadStatusChanged
from amocrm.webhooks import Event as WebhookEvent
from amocrm_sandbox import HttpExchange, Integration, JournalEntry, Request, Sandbox, Transmission


class Deal(Lead):
    """A lead with declared fields."""

    amount = fields.Monetary(code="CONTRACT_SUM")
    places = fields.MultiSelect(name="Places")
    address = fields.SmartAddress(field_id=5)


class Person(Contact):
    """A contact with a field of its own."""

    second_phone = fields.Phone(field_id=6)


class Invoice(Lead):
    """A lead with the parties of an invoice."""

    payer = fields.Payer(field_id=7)
    supplier = fields.Supplier(field_id=8)


def watch(event: ClientEvent) -> None:
    """A hook of a client narrows by class."""
    if isinstance(event, RequestSent):
        assert_type(event, RequestSent)
    elif isinstance(event, RetryDecided):
        assert_type(event, RetryDecided)


def client(store: TokenStore, limiter: Limiter) -> AmoCRM:
    """Every part of a client can be annotated."""
    oauth = OAuth(client_id="id", client_secret="secret", redirect_uri="https://shop.example/cb")
    return AmoCRM(
        "demo",
        oauth=oauth,
        store=store,
        limiter=limiter,
        retry=RetryPolicy(attempts=3, deadline=30.0),
        timeout=Timeout(read=10.0),
        event_hooks=[watch],
    )


def parts() -> Iterator[AmoCRM]:
    """What is given is what protocols ask for, in the same flavour."""
    yield client(FileTokenStore("tokens"), FileLimiter("limits", RateLimits(per_key=7)))
    yield client(MemoryTokenStore(), MemoryLimiter())


def cheap(low: int | Decimal, since: datetime) -> list[Condition]:
    """Conditions are made by operators and can be collected."""
    return [Deal.price >= low, Deal.updated_at >= since, Deal.responsible.in_(5), Deal.amount <= 7]


def read(crm: AmoCRM, stage: Status) -> Query[Deal]:
    """A query is typed by its class through every builder."""
    query = crm.query(Deal).where(*cheap(5, datetime.now().astimezone()), Deal.status.in_(stage))
    query = (
        query.order_by(Deal.id, desc=True)
        .preload(Deal.contacts.company, Deal.notes, Deal.responsible)
        .limit(10)
    )
    assert_type(query, Query[Deal])
    assert_type(query.all(), list[Deal])
    assert_type(crm.leads, Collection[Lead])
    return query


def links(deal: Deal, person: Person) -> None:
    """Collections of an entity are typed to their elements."""
    assert_type(deal.contacts, LinkSet[Contact])
    assert_type(deal.contacts[0], Contact)
    assert_type(deal.contacts[0:2], tuple[Contact, ...])
    assert_type(deal.tags, TagSet)
    assert_type(person.phones, fields.ContactValues)
    assert_type(person.phones[0], fields.ContactValue)
    assert_type(person.phones[0].value, str)
    assert_type(person.phones[:1], tuple[fields.ContactValue, ...])
    assert_type(person.second_phone, str | None)
    assert_type(deal.places, tuple[str, ...])
    assert_type(deal.address, fields.Address | None)


def write(crm: AmoCRM) -> Report | None:
    """Plans, reports and results."""
    session: Session = crm.session(batch_size=50, progress=lambda done, total: None)
    session.add(Deal(name="x", amount="5.50", tags=["a"]))
    assert_type(session.plan(), Plan)
    try:
        report = session.commit()
    except FlushError as error:
        assert_type(error.report.rejected[0].entity, Entity)
        return error.report
    for result in report.rejected:
        assert_type(result, Result)
        assert_type(result.entity, Entity)
        assert_type(result.outcome, Outcome)
        assert_type(result.issues, tuple[Issue, ...])
    assert_type(crm.stats, Stats)
    assert_type(crm.key, LimitKey)
    return report


def directories(crm: AmoCRM, pipeline: Pipeline) -> None:
    """Users, stages and definitions."""
    assert_type(crm.users.all(), list[User])
    assert_type(pipeline.won, Status)
    definitions = crm.fields.load(Lead)
    assert_type(definitions, fields.Definitions)
    assert_type(definitions[0].id, int)
    for file in crm.files.find(extensions=["pdf"]):
        assert_type(file.uuid, str)


def records(crm: AmoCRM) -> None:
    """Queries of the rarer entities, a report of an import, and parties of an invoice."""
    assert_type(crm.query(Catalog).first(), Catalog | None)
    assert_type(crm.query(ChatTemplate).first(), ChatTemplate | None)
    assert_type(crm.query(Role).first(), Role | None)
    assert_type(crm.query(Talk).first(), Talk | None)
    report = crm.contacts.upsert_all([Person(phone="+79000000001")], key=Person.phones, verify=True)
    assert_type(report.duplicates, tuple[Duplicates[Contact], ...])
    assert_type(Invoice().payer, fields.PayerValue | None)
    assert_type(Invoice().supplier, fields.SupplierValue | None)
    warnings.simplefilter("error", TimeZoneWarning)


def stand_in(sandbox: Sandbox, integration: Integration) -> None:
    """The local server: its log, and one request by hand."""
    assert_type(sandbox.journal[0], JournalEntry)
    exchange = sandbox.begin(Request("GET", "/api/v4/leads", integration.client_id))
    assert_type(exchange, HttpExchange)
    assert_type(exchange.finish().transmission, Transmission)


def bot(token: str, oauth: OAuth) -> str | None:
    """The token of a bot's request says what the bot works on."""
    verified = tokens.verify_bot(token, oauth)
    assert_type(verified, tokens.BotToken)
    return verified.entity_type


def receive(crm: AmoCRM, inbox: Inbox) -> WebhookReceiver:
    """Handlers take the event, and what belongs to its call."""
    receiver = WebhookReceiver(
        client=crm, inbox=inbox, secret="s", backoff=Backoff(attempts=3), on_failure=failed
    )

    @receiver.on(LeadStatusChanged, where=lambda event: event.lead_id == 5)
    def closed(event: LeadStatusChanged, context: HandlerContext) -> None:
        assert_type(context.client, AmoCRM)
        if context.attempt > 3:
            raise GiveUp("too late")
        with context.session():
            context.entity(Deal).amount = 5

    return receiver


def failed(failure: Failure) -> None:
    """What went wrong with a delivery."""
    assert_type(failure.error, BaseException)
    assert_type(failure.attempt, int)


async def receive_async(crm: AsyncAmoCRM, limiter: AsyncLimiter) -> AsyncWebhookReceiver:
    """The same in the other flavour."""
    assert_type(AsyncAmoCRM("demo", token="t", limiter=limiter).files, AsyncFiles)
    receiver = AsyncWebhookReceiver(client=crm, secret=None)

    @receiver.on(LeadStatusChanged)
    async def closed(event: LeadStatusChanged, context: AsyncHandlerContext) -> None:
        async with context.session():
            context.entity(Deal).amount = 5

    return receiver


def own_tokens(token: tokens.Token, event: WebhookEvent[object]) -> str:
    """What a store of one's own keeps, and what any event has."""
    assert_type(event.key, str)
    return token.access


def inbox() -> Inbox:
    """A back end is one by its methods."""
    return SQLiteInbox("inbox.db")
