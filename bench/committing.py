"""CPU and memory of a commit: 1,000 leads, each with a new contact and company, tags, two fields and a phone."""

from __future__ import annotations

import gc
import json
import tracemalloc
from datetime import date, timedelta
from typing import Any

import httpx

from .table import Row, cpu_ratio

_TRIPLES = 1000


class Account(httpx.BaseTransport):
    """Transport that answers every creation with ids and nothing else.

    Attributes:
        bodies: contents of the requests, kept if ``keep`` is set.
    """

    def __init__(self, *, keep: bool = False) -> None:
        self.bodies: list[bytes] = []
        self._keep = keep
        self._last = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        content = request.read()
        if self._keep:
            self.bodies.append(content)
        kind = request.url.path.rsplit("/", 1)[-1]
        items = []
        for item in json.loads(content):
            self._last += 1
            items.append({"id": self._last, "request_id": item["request_id"]})
        return httpx.Response(200, json={"_embedded": {kind: items}})


def commit(transport: Account, triples: int = _TRIPLES) -> Any:
    """Commit new leads with contacts and companies in one session; return the session."""
    from amocrm import AmoCRM, Company, Contact, Lead, MemoryLimiter, RateLimits, RetryPolicy, fields

    class Deal(Lead):
        city = fields.Text(field_id=11)
        due = fields.Date(field_id=12)

    limiter = MemoryLimiter(RateLimits(per_key=1_000_000, per_account=1_000_000))
    crm = AmoCRM(
        "demo", token="x" * 40, http_transport=transport, limiter=limiter, retry=RetryPolicy(), max_prefetch=0
    )
    session = crm.session()
    start = date(2026, 1, 1)
    for number in range(triples):
        deal = Deal(name=f"Сделка {number}", city="Казань", due=start + timedelta(days=number % 365))
        deal.tags = {"сайт"}
        deal.tags.add("заявка")
        contact = Contact(name=f"Клиент {number}")
        contact.phones.add(f"+7900{number:07}")
        session.add(deal).contacts.add(contact)
        deal.company = Company(name=f"Компания {number}")
    session.commit()
    return session


def commit_row() -> Row:
    """Compare a commit with reading and writing the same bodies and answers as plain dictionaries."""
    transport = Account(keep=True)
    commit(transport)
    bodies = [json.loads(content) for content in transport.bodies]

    def plain() -> None:
        for _ in range(10):
            for body in bodies:
                for item in json.loads(json.dumps(body)):
                    dict(item)

    ratio = cpu_ratio(lambda: commit(Account()), plain, rounds=5, repeat=1)
    return Row("commit of 1,000 triples", ratio, 1.25, "json of the same bodies, there and back, ten times")


def memory_row() -> Row:
    """Count the traced memory that a triple takes once it is committed, its report included."""
    commit(Account(), 10)
    gc.collect()
    tracemalloc.start()
    session = commit(Account())
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] / _TRIPLES
    tracemalloc.stop()
    assert len(session.report.applied) == 3 * _TRIPLES
    return Row("traced memory of a committed triple", held, 5632, "the session and its report", "bytes")
