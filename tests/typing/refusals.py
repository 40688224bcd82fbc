"""What type checkers must refuse, one line for each public constructor and builder. Checked, never run.

The program runs no line of it; each ``type: ignore`` that suppresses nothing is an error under both checkers.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=error

from __future__ import annotations

from enum import StrEnum

from amocrm import (
    AmoCRM,
    AsyncAmoCRM,
    AsyncFileLimiter,
    AsyncFileTokenStore,
    AsyncMemoryLimiter,
    AsyncMemoryTokenStore,
    AsyncRedisInbox,
    AsyncRedisLimiter,
    AsyncRedisTokenStore,
    AsyncSQLiteInbox,
    AsyncWebhookReceiver,
    ChannelSecret,
    Company,
    Contact,
    FileLimiter,
    FileTokenStore,
    Lead,
    MemoryLimiter,
    MemoryTokenStore,
    Note,
    OAuth,
    RateLimits,
    RedisInbox,
    RedisLimiter,
    RedisTokenStore,
    RetryPolicy,
    SQLiteInbox,
    Status,
    Tag,
    Task,
    Timeout,
    User,
    WebhookReceiver,
    fields,
    tokens,
)
from amocrm.webhooks import Backoff, Delivery


class City(StrEnum):
    """Options."""

    KAZAN = "Казань"


class Deal(Lead):
    """A lead with declared fields."""

    city = fields.Select(field_id=1, options=City)
    flag = fields.Checkbox(field_id=2)
    born = fields.Birthday(field_id=3)


def clients(store: MemoryTokenStore, limiter: MemoryLimiter) -> None:
    """Clients, and the flavour of their parts."""
    AmoCRM("demo", tokn="t")  # type: ignore[call-arg]
    AmoCRM("demo", token=5)  # type: ignore[arg-type]
    AmoCRM("demo", token="t", max_prefetch="many")  # type: ignore[arg-type]
    AsyncAmoCRM("demo", tokn="t")  # type: ignore[call-arg]
    AsyncAmoCRM("demo", token="t", limiter=limiter)  # type: ignore[arg-type]
    AsyncAmoCRM("demo", store=store)  # type: ignore[arg-type]
    AmoCRM("demo", token="t").with_options(timeut=5)  # type: ignore[call-arg]


def parts() -> None:
    """What a client is made of."""
    FileLimiter("x", rate=5)  # type: ignore[call-arg]
    AsyncFileLimiter("x", rate=5)  # type: ignore[call-arg]
    MemoryLimiter(rate=5)  # type: ignore[call-arg]
    AsyncMemoryLimiter(rate=5)  # type: ignore[call-arg]
    RedisLimiter(5, rate=5)  # type: ignore[call-arg]
    AsyncRedisLimiter(5, rate=5)  # type: ignore[call-arg]
    FileTokenStore(path="x", mode=5)  # type: ignore[call-arg]
    AsyncFileTokenStore(path="x", mode=5)  # type: ignore[call-arg]
    MemoryTokenStore(path="x")  # type: ignore[call-arg]
    AsyncMemoryTokenStore(path="x")  # type: ignore[call-arg]
    RedisTokenStore(5, lifetime=5)  # type: ignore[call-arg]
    AsyncRedisTokenStore(5, lifetime=5)  # type: ignore[call-arg]
    RateLimits(per_hour=5)  # type: ignore[call-arg]
    RetryPolicy(tries=5)  # type: ignore[call-arg]
    Timeout(seconds=5)  # type: ignore[call-arg]
    OAuth(client_id="x")  # type: ignore[call-arg]
    ChannelSecret(5)  # type: ignore[call-arg, arg-type]
    tokens.ReplayGuard(size=5)  # type: ignore[call-arg]


def webhooks(crm: AmoCRM) -> None:
    """Receivers and their back ends."""
    WebhookReceiver(secrt="s")  # type: ignore[call-arg]
    AsyncWebhookReceiver(client=crm, secret=None)  # type: ignore[arg-type]
    SQLiteInbox("x", table=5)  # type: ignore[call-arg]
    AsyncSQLiteInbox("x", table=5)  # type: ignore[call-arg]
    RedisInbox(5, table=5)  # type: ignore[call-arg]
    AsyncRedisInbox(5, table=5)  # type: ignore[call-arg]
    Backoff(tries=5)  # type: ignore[call-arg]
    Delivery(text="x")  # type: ignore[call-arg]


def entities() -> None:
    """Entities take what can be assigned; declared fields are the one open door."""
    Lead(price="5")  # type: ignore[arg-type]
    Contact(phone=5)  # type: ignore[arg-type]
    Company(contacts=[Lead()])  # type: ignore[list-item]
    Task("x")  # type: ignore[call-arg]
    Task("x", due="tomorrow")  # type: ignore[arg-type]
    Note(text=5)  # type: ignore[arg-type]
    Tag(colour="x")  # type: ignore[call-arg]
    Status("x", order=5)  # type: ignore[call-arg]
    User("x")  # type: ignore[call-arg]


def declared(deal: Deal) -> None:
    """Fields by their kinds."""
    fields.Text(id=5)  # type: ignore[call-arg]
    fields.Select(option=City)  # type: ignore[call-overload]
    fields.Radio(options="x")  # type: ignore[call-overload]
    fields.MultiSelect(options=5)  # type: ignore[call-overload]
    fields.Definition(name="x")  # type: ignore[call-arg]
    fields.Address(street="x")  # type: ignore[call-arg]
    fields.ContactValue()  # type: ignore[call-arg]
    deal.flag = "1"  # type: ignore[assignment]
    deal.born = "1.1.2000"  # type: ignore[assignment]
    deal.city = 5.5  # type: ignore[assignment]


def builders(crm: AmoCRM) -> None:
    """Queries refuse what their list does not have, as far as types can say it."""
    query = crm.query(Deal)
    query.where(Deal.price == 5)  # type: ignore[arg-type, comparison-overlap]
    query.where("price > 5")  # type: ignore[arg-type]
    query.order_by("price")  # type: ignore[arg-type]
    query.order_by(Deal.contacts)  # type: ignore[arg-type]
    query.order_by(Deal.city)  # type: ignore[arg-type]
    query.preload("contacts")  # type: ignore[arg-type]
    query.preload(Deal.city)  # type: ignore[arg-type]
    query.limit("5")  # type: ignore[arg-type]
    Deal.tags.in_("vip")  # type: ignore[attr-defined]
    Deal.contacts.is_(5)  # type: ignore[operator]
    Deal.price.between("1", "2")  # type: ignore[arg-type]
    Deal.born.between("1", "2")  # type: ignore[arg-type]
    Deal.responsible.in_("Ivan")  # type: ignore[arg-type]
    crm.session(size=5)  # type: ignore[call-arg]
    crm.get(Deal, "17")  # type: ignore[arg-type]
    crm.files.find(extension="pdf")  # type: ignore[call-arg]
