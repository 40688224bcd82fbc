"""The three jobs with amocrm-api-wrapper."""

from __future__ import annotations

from collections import Counter
from typing import Any

from amocrm_api import AmoOAuthClient  # type: ignore[import-not-found]
from jobs import Job, chunks, decode_form, run


def client(job: Job) -> AmoOAuthClient:
    """Return the client, sent to where the job says."""
    return AmoOAuthClient(
        access_token=job.token,
        refresh_token="",
        crm_url=job.url,  # address
        client_id=job.client_id,
        client_secret=job.client_secret,
        redirect_uri=job.redirect_uri,
    )


def field(id: int, value: str) -> dict[str, Any]:
    """Return one custom field with one value."""
    return {"field_id": id, "values": [{"value": value}]}


def create(job: Job) -> list[int]:
    """Create the leads of the job and return their ids."""
    amo = client(job)
    ids: list[int] = []
    for rows in chunks(job.rows, 250):
        phones = [[{"value": row["phone"], "enum_code": "WORK"}] for row in rows]
        contacts = amo.create_contacts(
            [
                {
                    "name": row["contact"],
                    "custom_fields_values": [{"field_code": "PHONE", "values": phone}],
                }
                for row, phone in zip(rows, phones, strict=True)
            ]
        )["_embedded"]["contacts"]
        companies = amo.create_companies([{"name": row["company"]} for row in rows])["_embedded"]["companies"]
        answer = amo.create_leads(
            [
                {
                    "name": row["name"],
                    "price": row["price"],
                    "responsible_user_id": row["user_id"],
                    "custom_fields_values": [
                        field(job.fields["source"], row["source"]),
                        field(job.fields["city"], row["city"]),
                    ],
                    "_embedded": {
                        "tags": [{"name": name} for name in row["tags"]],
                        "contacts": [{"id": contact["id"]}],
                        "companies": [{"id": company["id"]}],
                    },
                }
                for row, contact, company in zip(rows, contacts, companies, strict=True)
            ]
        )
        ids += [lead["id"] for lead in answer["_embedded"]["leads"]]
    return ids


def total(job: Job) -> dict[str, Any]:
    """Sum up the leads of the job by responsible user."""
    amo = client(job)
    sums: Counter[int] = Counter()
    leads = contacts = 0
    page = 1
    while True:
        answer = amo.get_leads(page=page, with_params=["contacts"], filters={"updated_at__from": job.since})
        for lead in answer.get("_embedded", {}).get("leads", ()):
            sums[lead["responsible_user_id"]] += lead["price"]
            leads += 1
            contacts += len(lead["_embedded"]["contacts"])
        if "next" not in answer.get("_links", {}):
            return {"leads": leads, "contacts": contacts, "sums": sums}
        page += 1


def hook(job: Job) -> int | None:
    """Set one field of the lead that the webhook names."""
    for lead in decode_form(job.hook).get("leads", {}).get("status", {}).values():
        id = int(lead["id"])
        client(job).update_leads([{"id": id, "custom_fields_values": [field(job.fields["checked"], "yes")]}])
        return id
    return None


if __name__ == "__main__":
    run(create, total, hook)
