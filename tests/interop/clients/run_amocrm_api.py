"""The three jobs with amocrm-api (`amocrm.v2`)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from amocrm.v2 import Company, Contact, custom_field, tokens  # type: ignore[import-not-found]
from amocrm.v2 import Lead as BaseLead
from amocrm.v2.filters import DateRangeFilter  # type: ignore[import-not-found]
from amocrm.v2.interaction import BaseInteraction  # type: ignore[import-not-found]
from amocrm.v2.links import LinksInteraction  # type: ignore[import-not-found]
from jobs import Job, decode_form, run


def start(job: Job) -> tuple[type[BaseLead], type[Contact]]:
    """Sign in, which is global here, and declare the account's models."""
    storage = tokens.MemoryTokensStorage()
    storage.save_tokens(job.token, "")
    tokens.default_token_manager(
        client_id=job.client_id,
        client_secret=job.client_secret,
        subdomain=job.subdomain,
        redirect_url=job.redirect_uri,
        storage=storage,
    )
    if job.by_address:
        BaseInteraction._get_url = lambda self, path: f"{job.url}/api/v4/{path}"  # address

    class Lead(BaseLead):  # type: ignore[misc]
        source = custom_field.TextCustomField(job.field_names["source"], field_id=job.fields["source"])
        city = custom_field.SelectCustomField(job.field_names["city"], field_id=job.fields["city"])
        checked = custom_field.TextCustomField(job.field_names["checked"], field_id=job.fields["checked"])

    class Person(Contact):  # type: ignore[misc]
        phone = custom_field.ContactPhoneField("Телефон")

    return Lead, Person


def create(job: Job) -> list[int]:
    """Create the leads of the job and return their ids."""
    lead_type, person_type = start(job)
    ids: list[int] = []
    for row in job.rows:
        lead = lead_type(name=row["name"], price=row["price"], responsible_user=row["user_id"])
        lead.source, lead.city = row["source"], row["city"]
        lead.create()
        for name in row["tags"]:
            lead.tags.append(name)
        lead.save()
        contact = person_type(name=row["contact"])
        contact.phone = row["phone"]
        contact.create()
        lead.contacts.append(contact, main=True)
        company = Company(name=row["company"])
        company.create()
        LinksInteraction().link(lead, company)
        ids.append(lead.id)
    return ids


def total(job: Job) -> dict[str, Any]:
    """Sum up the leads of the job by responsible user."""
    lead_type, _ = start(job)
    sums: Counter[int] = Counter()
    leads = contacts = 0
    until = datetime.now() + timedelta(days=1)
    changed = DateRangeFilter("updated_at")(datetime.fromtimestamp(job.since), until)
    for lead in lead_type.objects.filter(filters=(changed,)):
        # `lead.responsible_user` and `lead.contacts` would cost a request each.
        sums[lead._data["responsible_user_id"]] += lead.price
        leads += 1
        contacts += len(lead._data["_embedded"]["contacts"])
    return {"leads": leads, "contacts": contacts, "sums": sums}


def hook(job: Job) -> int | None:
    """Set one field of the lead that the webhook names."""
    lead_type, _ = start(job)
    for item in decode_form(job.hook).get("leads", {}).get("status", {}).values():
        lead = lead_type.objects.get(int(item["id"]))
        lead.checked = "yes"
        lead.save()
        return int(lead.id)
    return None


if __name__ == "__main__":
    run(create, total, hook)
