"""The CSV files as they are, and the sums that the CRM must give back."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

DATA = Path(__file__).with_name("data")
#: the history writes one product without the space that the price list has
SPELLING = {"GTXPro": "GTX Pro"}


@dataclass(frozen=True)
class Account:
    """A row of ``accounts.csv``."""

    name: str
    sector: str
    employees: int
    office: str


@dataclass(frozen=True)
class Opportunity:
    """A row of ``sales_pipeline.csv``. Open deals have no close date and no value."""

    id: str
    agent: str
    region: str
    product: str
    account: str | None
    stage: str
    engaged: date | None
    closed: date | None
    value: int | None


@dataclass(frozen=True)
class History:
    """The whole input."""

    accounts: list[Account]
    opportunities: list[Opportunity]
    agents: list[str]
    products: list[str]
    regions: list[str]

    def won(self) -> list[Opportunity]:
        """Return the deals that count as revenue."""
        return [row for row in self.opportunities if row.stage == "Won"]

    def revenue_by_agent(self) -> Counter[str]:
        """Sum of the won values per agent, straight from the CSV."""
        sums: Counter[str] = Counter()
        for row in self.won():
            sums[row.agent] += row.value or 0
        return sums

    def revenue_by_quarter(self) -> Counter[str]:
        """Sum of the won values per quarter of the close date, straight from the CSV."""
        sums: Counter[str] = Counter()
        for row in self.won():
            assert row.closed is not None, f"won without a close date: {row.id}"
            sums[quarter(row.closed)] += row.value or 0
        return sums


def quarter(day: date) -> str:
    """Return the quarter of a day, such as ``2017 Q3``."""
    return f"{day.year} Q{(day.month - 1) // 3 + 1}"


def read_history(folder: Path = DATA) -> History:
    """Read the CSV files of a folder."""

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def day(text: str) -> date | None:
        return date.fromisoformat(text) if text else None

    teams = rows("sales_teams.csv")
    region_of = {row["sales_agent"]: row["regional_office"] for row in teams}
    return History(
        accounts=[
            Account(row["account"], row["sector"], int(row["employees"]), row["office_location"])
            for row in rows("accounts.csv")
        ],
        opportunities=[
            Opportunity(
                id=row["opportunity_id"],
                agent=row["sales_agent"],
                region=region_of[row["sales_agent"]],
                product=SPELLING.get(row["product"], row["product"]),
                account=row["account"] or None,
                stage=row["deal_stage"],
                engaged=day(row["engage_date"]),
                closed=day(row["close_date"]),
                value=int(row["close_value"]) if row["close_value"] else None,
            )
            for row in rows("sales_pipeline.csv")
        ],
        agents=[row["sales_agent"] for row in teams],
        products=[row["product"] for row in rows("products.csv")],
        regions=sorted(set(region_of.values())),
    )
