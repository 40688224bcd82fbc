"""Simulated worlds: what `reconcile` says about lost creations, held against what the server has.

Leads share titles and differ in a price or in nothing; another worker of the same user, a colleague and robots
write beside them; clocks differ. ``--worlds 4000`` plays the whole number.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from amocrm import AmoCRM, FlushError, Lead, MemoryLimiter, Outcome, RateLimits, fields
from amocrm._core.http.retry import NEVER
from amocrm.fields import Definition
from amocrm_sandbox import Drop, ErrorPage, ManualClock, PartialBatch, Sandbox, SandboxTransport, Truncate
from tests.shell_sync._support import ManualClock as ClientClock

pytestmark = pytest.mark.slow

START = 1_700_000_000
TITLES = ("Заявка с сайта", "Звонок")


class Stamped(Lead):
    """A lead with a field for the session's stamp."""

    import_key = fields.Text(name="Import key")


class World:
    """An account with two clocks, a client, and everybody else."""

    def __init__(self, seed: int, events: str) -> None:
        self.random = random.Random(seed)
        self.clock = ManualClock(START)
        self.sandbox = Sandbox(limits=False, clock=self.clock)
        self.sandbox.behaviour.events_enabled = events != "off"
        self.sandbox.behaviour.events_delay = 300.0 if events == "late" else 0.0
        self.client_clock = ClientClock(START + self.random.choice([0, 7200, -300]))
        fast = MemoryLimiter(RateLimits(per_key=1_000_000, per_account=1_000_000))
        self.crm = AmoCRM(
            "demo",
            token=self.sandbox.token,
            http_transport=SandboxTransport(self.sandbox, sleep=lambda seconds: None),
            limiter=fast,
            retry=NEVER,
            max_prefetch=0,
            clock=self.client_clock,
        )
        self.colleague = self.sandbox.ui.add_user("Борис", is_admin=True)

    def tick(self, seconds: float) -> None:
        """Let time pass on both sides."""
        self.clock.tick(seconds)
        self.client_clock.now += seconds
        self.sandbox.run_deferred()

    def ids(self) -> list[int]:
        """Ids of all leads, oldest first."""
        found: list[int] = []
        while True:
            page = len(found) // 250 + 1
            answer = self.sandbox.act("GET", f"/api/v4/leads?limit=250&order[id]=asc&page={page}")
            items = [] if answer.status == 204 else answer.json()["_embedded"]["leads"]
            found += [item["id"] for item in items]
            if len(items) < 250:
                return found

    def write(self, bodies: list[dict[str, Any]], token: str | None = None) -> None:
        """Create leads by another worker of our user, or by somebody else."""
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        self.sandbox.call("POST", "/api/v4/leads", bodies, headers=headers)

    def noise(self, ours: list[int], pause: float = 40) -> None:
        """Let others write: equal titles by our user, a colleague's import, robots at our leads."""
        luck = self.random
        for _ in range(luck.randrange(3)):
            kind = luck.randrange(5)
            body = {"name": luck.choice(TITLES), "price": luck.choice([0, 100, 200])}
            if kind == 0:
                self.write([body])
            elif kind == 1:
                self.write(
                    [
                        {**body, "created_at": START - 10_000 - number}
                        for number in range(luck.choice([3, 260]))
                    ][:250],
                    self.colleague["token"],
                )
            elif kind == 2:
                self.write([body], self.colleague["token"])
            elif ours:
                values = luck.choice([{"name": "Робот"}, {"price": 777}, {"name": luck.choice(TITLES)}])
                key = luck.choice(ours)
                if kind == 3:
                    self.sandbox.robots.change("leads", key, **values)
                else:
                    self.sandbox.call("PATCH", f"/api/v4/leads/{key}", values)
            if luck.random() < 0.5:
                self.tick(luck.choice([1, pause]))


def play(seed: int, events: str, *, stamp: bool = False, mine: bool = False) -> Counter[str]:
    """Play one world; count doubts, right and unknown answers, doubled and foreign records."""
    world, count = World(seed, events), Counter[str]()
    luck, crm = world.random, world.crm
    if stamp:
        crm.fields.create(Lead, [Definition(name="Import key", type="text")])
    if not mine:
        world.noise([])
    session = crm.session(mark=True, stamp=Stamped.import_key if stamp else None)
    leads = [
        Stamped(name=luck.choice(TITLES), price=luck.choice([100, 100, 200]))
        for _ in range(luck.randint(1, 4))
    ]
    session.add_all(leads)
    effect = luck.choice(
        [
            Drop(),
            Drop(after_commit=True),
            ErrorPage(504),
            ErrorPage(504, effect_after=20),
            PartialBatch(1),
            Truncate(0.5),
        ]
    )
    world.sandbox.faults.add(effect, operation="create_leads", next=1)
    before = set(world.ids())
    with pytest.raises(FlushError):
        session.commit()
    ours = [key for key in world.ids() if key not in before]
    if not mine:
        world.noise(ours, pause=2)  # what takes effect later must not be taken for somebody else's
    known = set(world.ids())
    world.tick(30)
    ours += [key for key in world.ids() if key not in known]
    if not mine:
        world.noise(ours)
    else:
        for key in ours:
            if luck.random() < 0.3:
                world.sandbox.robots.change("leads", key, price=777)
    world.tick(200)
    stored: dict[tuple[str, int], list[int]] = {}
    for lead, key in zip(leads, ours, strict=False):
        stored.setdefault((str(lead.name), int(lead.price or 0)), []).append(key)
    report = session.reconcile(equal="mine" if mine else "proven")
    absent: Counter[tuple[str, int]] = Counter()
    for result in report:
        lead = result.entity
        content = (str(lead.name), int(lead.price or 0))
        count["doubts"] += 1
        if result.outcome is Outcome.APPLIED:
            count["right" if lead.id in stored.get(content, []) else "foreign"] += 1
        elif result.outcome is Outcome.SKIPPED:
            absent[content] += 1
        else:
            count["unknown"] += 1
    for content, number in absent.items():
        of_content = sum((str(lead.name), int(lead.price or 0)) == content for lead in leads)
        free = of_content - len(stored.get(content, []))
        count["doubled"] += max(0, number - free)
        count["right"] += min(number, free)
    session.discard(*session.new)
    crm.close()
    world.sandbox.close()
    return count


def together(worlds: int, events: str, **options: bool) -> Counter[str]:
    """Play several worlds."""
    total: Counter[str] = Counter()
    for seed in range(worlds):
        total += play(seed, events, **options)
    return total


@pytest.mark.parametrize("events", ["on", "off", "late"])
def test_nothing_is_doubled_and_nothing_foreign_is_adopted(events: str, worlds: int) -> None:
    """Whatever others write, an answer is right or says that nobody knows."""
    total = together(worlds, events)
    assert (total["doubled"], total["foreign"]) == (0, 0), total
    assert total["right"] > total["doubts"] // 5


def test_a_stamp_decides_everything(worlds: int) -> None:
    """With a value of its own each object is found or proven absent."""
    total = together(worlds, "off", stamp=True)
    assert (total["doubled"], total["foreign"], total["unknown"]) == (0, 0, 0), total


def test_where_nobody_else_writes_equal_records_they_are_ours(worlds: int) -> None:
    """With `equal="mine"` what robots did not change is found, and what they did is put back by events."""
    total = together(worlds, "on", mine=True)
    assert (total["doubled"], total["foreign"]) == (0, 0), total
    assert total["unknown"] < total["doubts"] // 10
