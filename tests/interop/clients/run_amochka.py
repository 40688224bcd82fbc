"""The three jobs with amochka."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

from amochka import AmoCRMClient, CacheConfig  # type: ignore[import-not-found]
from jobs import Job, chunks, decode_form, run


def client(job: Job) -> AmoCRMClient:
    """Return the client, sent to where the job says."""
    token = json.dumps({"access_token": job.token, "expires_at": str(job.expires_at)})
    amo = AmoCRMClient(
        f"https://{job.subdomain}.amocrm.ru",
        token_file=token,
        cache_config=CacheConfig.disabled(),
        disable_logging=True,
    )
    if job.by_address:
        amo.base_url = job.url  # address
    return amo


def create(job: Job) -> list[int]:
    """Create the leads of the job and return their ids."""
    amo = client(job)
    ids: list[int] = []
    for rows in chunks(job.rows, 250):
        contacts = amo.create_contacts(
            [
                {
                    "name": row["contact"],
                    "custom_fields_values": [
                        {"field_code": "PHONE", "values": [{"value": row["phone"], "enum_code": "WORK"}]}
                    ],
                }
                for row in rows
            ]
        )
        # No method for companies.
        answer = amo._make_request(
            "POST", "/api/v4/companies", data=[{"name": row["company"]} for row in rows]
        )
        companies = answer["_embedded"]["companies"]
        leads = amo.create_leads(
            [
                {
                    "name": row["name"],
                    "price": row["price"],
                    "responsible_user_id": row["user_id"],
                    job.field_names["source"]: row["source"],
                    job.field_names["city"]: row["city"],
                    "tags_to_add": row["tags"],
                    "_embedded": {"contacts": [{"id": contact["id"]}], "companies": [{"id": company["id"]}]},
                }
                for row, contact, company in zip(rows, contacts, companies, strict=True)
            ]
        )
        ids += [lead["id"] for lead in leads]
    return ids


def total(job: Job) -> dict[str, Any]:
    """Sum up the leads of the job by responsible user."""
    sums: Counter[int] = Counter()
    leads = contacts = 0
    since = datetime.fromtimestamp(job.since)
    for lead in client(job).iter_leads(updated_from=since, include_contacts=True):
        sums[lead["responsible_user_id"]] += lead["price"]
        leads += 1
        contacts += len(lead["_embedded"]["contacts"])
    return {"leads": leads, "contacts": contacts, "sums": sums}


def hook(job: Job) -> int | None:
    """Set one field of the lead that the webhook names."""
    for lead in decode_form(job.hook).get("leads", {}).get("status", {}).values():
        client(job).update_lead(int(lead["id"]), {job.field_names["checked"]: "yes"})
        return int(lead["id"])
    return None


if __name__ == "__main__":
    run(create, total, hook)
