"""Requests of a commit, and bytes of a PATCH beyond the change itself."""

from __future__ import annotations

import json

from .table import Row


def request_row() -> Row:
    """Count the requests for 1,000 new leads, each with a contact, a company, tags and two custom fields."""
    from amocrm import AmoCRM, Company, Contact, Lead, fields
    from amocrm_sandbox import Sandbox, SandboxTransport

    class Deal(Lead):
        city = fields.Text(code="CITY")
        due = fields.Date(code="DUE")

    sandbox = Sandbox(limits=False)
    with AmoCRM(
        "demo", token=sandbox.token, http_transport=SandboxTransport(sandbox), limiter=_unlimited()
    ) as crm:
        crm.account()
        crm.fields.create(
            Lead,
            [
                fields.Definition(name="City", type="text", code="CITY"),
                fields.Definition(name="Due", type="date", code="DUE"),
            ],
        )
        before = sandbox.counters()["total"]
        with crm.session() as session:
            for number in range(1000):
                deal = session.add(
                    Deal(name=f"Сделка {number}", city="Казань", due=_day(number), tags={"сайт"})
                )
                deal.contacts.add(Contact(name=f"Клиент {number}"))
                deal.company = Company(name=f"Компания {number}")
        sent = sandbox.counters()["total"] - before
    return Row(
        "requests for 1,000 leads",
        sent,
        12,
        "with contact, company, tags, two fields",
        "requests",
        exact=True,
    )


def patch_row() -> Row:
    """Count the bytes of a PATCH for one custom field beyond the id and that field."""
    from amocrm import AmoCRM, Lead, fields
    from amocrm_sandbox import Sandbox, SandboxTransport

    class Deal(Lead):
        city = fields.Text(code="CITY")

    sandbox = Sandbox(limits=False)
    with AmoCRM(
        "demo", token=sandbox.token, http_transport=SandboxTransport(sandbox), limiter=_unlimited()
    ) as crm:
        (field,) = crm.fields.create(Lead, [fields.Definition(name="City", type="text", code="CITY")])
        with crm.session() as session:
            created = session.add(Deal(name="Сделка", city="Казань", price=10, tags={"сайт"}))
        with crm.session() as session:
            session.get(Deal, created.id).city = "Пермь"
        (item,) = next(entry for entry in sandbox.journal.find(operation="update_leads")).json()
    needed = {
        "id": created.id,
        "custom_fields_values": [{"field_id": field.id, "values": [{"value": "Пермь"}]}],
    }
    surplus = len(json.dumps(item)) - len(json.dumps(needed))
    return Row(
        "surplus bytes of a PATCH", surplus, 0, "one changed field of a read lead", "bytes", exact=True
    )


def _day(number: int) -> object:
    from datetime import date, timedelta

    return date(2026, 1, 1) + timedelta(days=number % 365)


def _unlimited() -> object:
    from amocrm import MemoryLimiter, RateLimits

    return MemoryLimiter(RateLimits(per_key=1_000_000, per_account=1_000_000))
