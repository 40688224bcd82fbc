"""The main job: set the account up, import the history, read it back."""
# GENERATED from examples/sales/_async/job.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time

from amocrm import AmoCRM, Lead, Pipeline, Report, User, fields
from amocrm_gen.models import UNSET

from ..history import History, Opportunity, quarter
from ..models import Account, Deal

Progress = Callable[[int], None]


def set_up(crm: AmoCRM, history: History) -> tuple[Pipeline, Mapping[str, User]]:
    """Create the pipeline, the agents and the fields that the history needs."""
    crm.account()
    pipeline = crm.pipelines.create("Sales", statuses=["Prospecting", "Engaging"])
    users = crm.users.create_all(
        User(agent, f"{agent.lower().replace(' ', '.')}@example.com", password="Passw0rd")
        for agent in history.agents
    )
    sectors = sorted({account.sector for account in history.accounts})
    crm.fields.create(
        Account,
        [
            fields.Definition(name="Sector", type="select", code="SECTOR", options=sectors),
            fields.Definition(name="Employees", type="numeric", code="EMPLOYEES"),
            fields.Definition(name="Office", type="text", code="OFFICE"),
        ],
    )
    crm.fields.create(
        Deal,
        [
            fields.Definition(name="Opportunity", type="text", code="OPPORTUNITY"),
            fields.Definition(name="Product", type="select", code="PRODUCT", options=history.products),
            fields.Definition(name="Region", type="select", code="REGION", options=history.regions),
            fields.Definition(name="Engaged", type="date", code="ENGAGED"),
        ],
    )
    return pipeline, dict(zip(history.agents, users, strict=True))


def import_history(
    crm: AmoCRM, history: History, pipeline: Pipeline, users: Mapping[str, User]
) -> Report:
    """Write all companies and deals in one Unit of Work."""
    stages = {"Prospecting": pipeline["Prospecting"], "Engaging": pipeline["Engaging"]}
    stages |= {"Won": pipeline.won, "Lost": pipeline.lost}
    with crm.session() as session:
        accounts = {
            row.name: session.add(
                Account(name=row.name, sector=row.sector, employees=row.employees, office=row.office)
            )
            for row in history.accounts
        }
        for row in history.opportunities:
            session.add(
                Deal(
                    name=f"{row.product} for {row.account or 'unknown'}",
                    price=row.value,
                    status=stages[row.stage],
                    responsible=users[row.agent],
                    company=accounts[row.account] if row.account else None,
                    closed_at=UNSET if row.closed is None else _noon(crm, row.closed),
                    opportunity=row.id,
                    product=row.product,
                    region=row.region,
                    engaged=row.engaged,
                    tags={"import", row.product.split()[0]},
                )
            )
    return session.report


def read_back(
    crm: AmoCRM, pipeline: Pipeline, progress: Progress, *, filtered: bool
) -> tuple[int, Counter[str], Counter[str]]:
    """Sum the won deals in the CRM per agent and per quarter.

    Args:
        crm: client of the account.
        pipeline: pipeline of the deals.
        progress: called with the number of deals read so far.
        filtered: ask the server for won deals only, which needs the paid option; else every deal is read
            and the choice is made here.

    Returns:
        Number of deals read, revenue per agent, revenue per quarter.
    """
    crm.account()  # the option may have been bought since the client was made
    names = {user.id: user.name for user in crm.users.all()}
    deals = crm.query(Deal).order_by(Deal.id)
    if filtered:
        deals = deals.where(Deal.status.is_(pipeline.won))
    count = 0
    by_agent: Counter[str] = Counter()
    by_quarter: Counter[str] = Counter()
    for deal in deals:
        count += 1
        progress(count)
        if deal.status == pipeline.won:
            assert deal.closed_at is not None, f"deal {deal.id} is won and not closed"
            by_agent[names[deal.responsible_user_id]] += int(deal.price or 0)
            by_quarter[quarter(deal.closed_at.astimezone(crm.zone).date())] += int(deal.price or 0)
    return count, by_agent, by_quarter


def spot_check(crm: AmoCRM, rows: Sequence[Opportunity]) -> list[str]:
    """Compare single deals field by field with their rows and return the differences."""
    wrong = []
    for row in rows:
        deals = [deal for deal in crm.query(Deal).search(row.id) if deal.opportunity == row.id]
        wanted = (row.product, row.region, row.engaged, row.value, {"import", row.product.split()[0]})
        got = [
            (
                deal.product,
                deal.region,
                deal.engaged,
                None if row.value is None else deal.price,
                set(deal.tags),
            )
            for deal in deals
        ]
        if got != [wanted]:
            wrong.append(f"{row.id}: {got} instead of {wanted}")
    return wrong


def _noon(crm: AmoCRM, day: date) -> datetime:
    """Return noon of a day in the account's zone: no other zone moves it to another day."""
    return datetime.combine(day, time(12), tzinfo=crm.zone)


__all__ = ["Lead", "import_history", "read_back", "set_up", "spot_check"]
