"""The three jobs with amocrm-sdk."""

from __future__ import annotations

from collections import Counter
from typing import Any

from amocrm.auth import InMemoryTokenStorage, OAuthConfig  # type: ignore[import-not-found]
from amocrm.models.common import CustomFieldValue, Tag  # type: ignore[import-not-found]
from amocrm.models.companies import Company  # type: ignore[import-not-found]
from amocrm.models.contacts import Contact  # type: ignore[import-not-found]
from amocrm.models.leads import Lead  # type: ignore[import-not-found]
from jobs import Job, chunks, decode_form, run

from amocrm import AmoCRM  # type: ignore[import-not-found]


def client(job: Job) -> AmoCRM:
    """Return the client, sent to where the job says."""
    storage = InMemoryTokenStorage()
    storage.save(job.token, "")
    oauth = OAuthConfig(
        client_id=job.client_id,
        client_secret=job.client_secret,
        redirect_uri=job.redirect_uri,
        storage=storage,
    )
    amo = AmoCRM(job.subdomain, oauth)
    if job.by_address:
        amo._base_url = job.url  # address
    return amo


def lead(job: Job, row: dict[str, Any]) -> Lead:
    """Return one row as a lead with its contact and its company."""
    phone = {"value": row["phone"], "enum_code": "WORK"}
    contact = Contact(
        name=row["contact"],
        custom_fields_values=[CustomFieldValue(field_id=job.fields["phone"], values=[phone])],
    )
    made = Lead(
        name=row["name"],
        price=row["price"],
        responsible_user_id=row["user_id"],
        tags=[Tag(name=name) for name in row["tags"]],
        contacts=[contact],
        company=Company(name=row["company"]),
    )
    made.set_cf_value(job.fields["source"], row["source"])
    made.set_cf_value(job.fields["city"], row["city"])
    return made


def create(job: Job) -> list[int]:
    """Create the leads of the job and return their ids."""
    amo = client(job)
    return [
        result.id
        for rows in chunks(job.rows, 50)
        for result in amo.leads.create_complex([lead(job, row) for row in rows])
    ]


def total(job: Job) -> dict[str, Any]:
    """Sum up the leads of the job by responsible user."""
    sums: Counter[int] = Counter()
    leads = contacts = 0
    # A range is not offered; the key is put between "filter[" and "]" as it is.
    for item in client(job).leads.list(filter={"updated_at][from": job.since}, with_=["contacts"]):
        sums[item.responsible_user_id] += item.price
        leads += 1
        contacts += len(item.contacts or [])
    return {"leads": leads, "contacts": contacts, "sums": sums}


def hook(job: Job) -> int | None:
    """Set one field of the lead that the webhook names."""
    for item in decode_form(job.hook).get("leads", {}).get("status", {}).values():
        change = Lead(id=int(item["id"]))
        change.set_cf_value(job.fields["checked"], "yes")
        client(job).leads.update_one(change)
        return change.id
    return None


if __name__ == "__main__":
    run(create, total, hook)
