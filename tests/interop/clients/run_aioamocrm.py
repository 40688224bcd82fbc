"""The three jobs with aioamocrm."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from aioamocrm import (  # type: ignore[import-not-found]
    AmoCRMClient,
    Company,
    Contact,
    Embedded,
    Lead,
    LongLivedToken,
    Tag,
    parse_webhook,
)
from jobs import Job, run


def client(job: Job) -> AmoCRMClient:
    """Return the client, sent to where the job says."""
    auth = LongLivedToken(job.token)
    if job.by_address:
        return AmoCRMClient(base_url=job.url, auth=auth)  # address
    return AmoCRMClient(subdomain=job.subdomain, auth=auth)


def lead(job: Job, row: dict[str, Any]) -> Lead:
    """Return one row as a lead with its contact and its company."""
    contact = Contact(name=row["contact"])
    contact.set_field("PHONE", row["phone"], enum_code="WORK")
    tags = [Tag(name=name) for name in row["tags"]]
    embedded = Embedded(contacts=[contact], companies=[Company(name=row["company"])], tags=tags)
    made = Lead(name=row["name"], price=row["price"], responsible_user_id=row["user_id"], embedded=embedded)
    made.set_field(job.fields["source"], row["source"])
    made.set_field(job.fields["city"], row["city"])
    return made


def create(job: Job) -> list[int]:
    """Create the leads of the job and return their ids."""

    async def main() -> list[int]:
        async with client(job) as amo:
            return [
                result.id for result in await amo.leads.create_complex([lead(job, row) for row in job.rows])
            ]

    return asyncio.run(main())


def total(job: Job) -> dict[str, Any]:
    """Sum up the leads of the job by responsible user."""

    async def main() -> dict[str, Any]:
        sums: Counter[int] = Counter()
        leads = contacts = 0
        async with client(job) as amo:
            found = amo.leads.iterate(with_=["contacts"], filter={"updated_at": {"from": job.since}})
            async for item in found:
                sums[item.responsible_user_id] += item.price
                leads += 1
                contacts += len(item.embedded.contacts)
        return {"leads": leads, "contacts": contacts, "sums": sums}

    return asyncio.run(main())


def hook(job: Job) -> int | None:
    """Set one field of the lead that the webhook names."""

    async def main() -> int | None:
        for event in parse_webhook(job.hook).events:
            if (event.entity, event.action) == ("leads", "status"):
                change = Lead(id=event.id)
                change.set_field(job.fields["checked"], "yes")
                async with client(job) as amo:
                    await amo.leads.update([change])
                return event.id
        return None

    return asyncio.run(main())


if __name__ == "__main__":
    run(create, total, hook)
