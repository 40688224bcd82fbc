"""One commit with a request of every kind, one fault in it, and what becomes of each object.

The account is busy: a colleague and another worker of the same user write records with the same titles,
and robots change what is created. Objects of one kind share their title and differ in one date.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from amocrm import FlushError, Lead, Outcome, Task
from amocrm.errors import AmoCRMError

from .._support import BREAK
from .faulty_world import CASES, DAYS, Case, Client, Deal, Firm, Person, World, stamp, target_of

__all__ = ["CASES", "REQUESTS", "Case", "Story", "run"]

#: Requests of the commit that a fault may strike, in the order in which they are shown.
REQUESTS = (
    "POST companies",
    "POST contacts",
    "POST customers",
    "POST leads",
    "POST leads/notes",
    "POST contacts/notes",
    "POST tasks",
    "PATCH companies",
    "PATCH contacts",
    "PATCH customers",
    "PATCH leads",
    "PATCH leads/notes",
    "PATCH tasks",
    "POST leads/link",
    "POST contacts/link",
    "POST customers/link",
    "POST leads/unlink",
    "GET leads/custom_fields",
)
_SETTLE = 120


@dataclass
class Story:
    """What was seen of one case.

    Attributes:
        commit: outcomes of the items of the request that was struck.
        reconcile: answers for those of them that were in doubt.
        wrong: what was lost, doubled or misreported, in words.
    """

    commit: Counter[str] = field(default_factory=Counter)
    reconcile: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class _Wish:
    """The objects of the commit and what the server is to hold for each of them."""

    def __init__(self, world: World, s: Any, read: dict[str, Any]) -> None:
        self.world = world
        self.read = read
        self.firms = [s.add(Firm(name="Ромашка", due=day)) for day in DAYS[:2]]
        self.people = [s.add(Person(name="Иван", due=day)) for day in DAYS]
        self.clients = [s.add(Client(name="Клиент", due=day, next_date=stamp(day))) for day in DAYS[:2]]
        self.deals = [s.add(Deal(name="Заказ", due=day)) for day in DAYS]
        self.deals[0].contacts.add(self.people[0], main=True)
        self.deals[0].company = self.firms[0]
        self.deals[1].contacts.add(self.people[1])
        self.people[0].company = self.firms[0]
        self.clients[0].contacts.add(self.people[0])
        lead, contact = read["leads"], read["contacts"]
        self.notes = [
            self.deals[0].notes.add("Позвонить"),
            self.deals[1].notes.add("Позвонить"),
            lead.notes.add("Позвонить"),
            contact.notes.add("Позвонить"),
        ]
        self.tasks = [
            self.deals[0].tasks.add("Перезвонить", due=_moment(1)),
            lead.tasks.add("Перезвонить", due=_moment(2)),
            s.add(Task(text="Перезвонить", due=_moment(3))),
        ]
        lead.price = 777
        lead.tags.add("vip")
        lead.contacts.remove(contact)
        lead.contacts.add(self.people[2], main=True)
        contact.phone = "+7 900 123-45-67"
        read["companies"].name = "Лютик"
        read["customers"].next_price = 5
        read["tasks"].text = "Написать"
        read["notes"].text = "Написать"

    # ---- the truth

    def created(self) -> dict[int, set[int]]:
        """Ids of the records that are each of the new objects, by ``id(object)``."""
        world, found = self.world, {}
        for kind, objects in (
            ("companies", self.firms),
            ("contacts", self.people),
            ("customers", self.clients),
            ("leads", self.deals),
        ):
            records = [one for one in world.list(kind) if (kind, one["id"]) not in world.foreign]
            for entity, day in zip(objects, DAYS, strict=False):
                found[id(entity)] = {one["id"] for one in records if _day_of(one, world.due[kind]) == day}
        tasks = [one for one in world.list("tasks") if one["id"] != world.first["tasks"]]
        for number, task in enumerate(self.tasks, 1):
            till = int(_moment(number).timestamp())
            found[id(task)] = {one["id"] for one in tasks if one["complete_till"] == till}
        for note in self.notes:
            parent = note.entity
            keys = found.get(id(parent), {parent._key})
            found[id(note)] = {
                one["id"]
                for key in keys
                for one in world.list(f"{parent._kind}/{key}/notes")
                if one["id"] != world.first["notes"]
                and one["note_type"] == "common"
                and one["params"].get("text") == "Позвонить"
            }
        return found

    def strangers(self) -> list[str]:
        """Records that nobody asked for."""
        world = self.world
        found = []
        for kind, objects in (
            ("companies", self.firms),
            ("contacts", self.people),
            ("customers", self.clients),
            ("leads", self.deals),
        ):
            mine = [one for one in world.list(kind) if (kind, one["id"]) not in world.foreign]
            if len(mine) != len(objects):
                found.append(f"{len(mine)} {kind} instead of {len(objects)}")
        if len(world.list("tasks")) != len(self.tasks) + 1:
            found.append(f"{len(world.list('tasks'))} tasks")
        return found

    def updated(self, entity: Any) -> bool:
        """Whether the server holds what an object that exists was changed to."""
        world = self.world
        kind, key = entity._kind, entity.id
        if kind == "notes":
            record = world.act("GET", f"leads/notes/{key}")
            return bool(record["params"]["text"] == "Написать")
        record = world.act("GET", f"{kind}/{key}")
        if kind == "leads":
            tags = [tag["name"] for tag in record["_embedded"]["tags"]]
            return bool(record["price"] == 777 and tags == ["vip"])
        if kind == "contacts":
            values = [one for one in record["custom_fields_values"] or () if one["field_code"] == "PHONE"]
            return bool(values)
        expected = {
            "companies": ("name", "Лютик"),
            "customers": ("next_price", 5),
            "tasks": ("text", "Написать"),
        }
        attribute, value = expected[kind]
        return bool(record[attribute] == value)

    def linked(self, entity: Any, target: Any) -> bool:
        """Whether the server holds a link."""
        if entity._key is None or target._key is None:
            return False
        links = self.world.act("GET", f"{entity._kind}/{entity.id}/links")
        return any(
            (one["to_entity_type"], one["to_entity_id"]) == (target._kind, target.id)
            for one in links["_embedded"]["links"]
        )

    def whole(self) -> list[str]:
        """What is missing at the end."""
        lead, contact = self.read["leads"], self.read["contacts"]
        missing = [f"{one!r} is not changed" for one in self.read.values() if not self.updated(one)]
        pairs = [
            (self.deals[0], self.people[0]),
            (self.deals[0], self.firms[0]),
            (self.deals[1], self.people[1]),
            (self.people[0], self.firms[0]),
            (self.clients[0], self.people[0]),
            (lead, self.people[2]),
        ]
        missing += [f"{one!r} has no link to {two!r}" for one, two in pairs if not self.linked(one, two)]
        if self.linked(lead, contact):
            missing.append("a link was not taken away")
        for one, person in ((self.deals[0], self.people[0]), (lead, self.people[2])):
            record = self.world.act("GET", f"leads/{one.id}?with=contacts")
            mains = [link["id"] for link in record["_embedded"]["contacts"] if link["is_main"]]
            if mains != [person.id]:
                missing.append(f"main contacts of {one!r} are {mains}")
        return missing


def _moment(number: int) -> datetime:
    return datetime(2024, 5, 1, 10 + number, tzinfo=UTC)


def _day_of(record: dict[str, Any], key: int) -> date | None:
    for one in record["custom_fields_values"] or ():
        if one["field_id"] == key:
            return datetime.fromtimestamp(one["values"][0]["value"] + 12 * 3600, UTC).date()
    return None


def _honest(world: World, wish: _Wish, report: Any, when: str) -> list[str]:
    """Results that do not say what the server holds."""
    truth, wrong = wish.created(), []
    for result in report:
        if result.action == "create":
            holds = bool(truth[id(result.entity)])
        elif result.action == "update":
            holds = wish.updated(result.entity)
        else:
            continue
        if result.outcome is Outcome.APPLIED and not holds:
            wrong.append(f"{when}: {result} and the server has nothing")
        if result.outcome in (Outcome.REJECTED, Outcome.SKIPPED) and holds:
            wrong.append(f"{when}: {result} and the server has it")
    return wrong


def _struck(write: Any, target: str) -> bool:
    operation = write.operation
    return target_of(operation.op.method, operation.target) == target


async def run(case: Case, target: str) -> Story:
    """One commit, one fault, then reconcile and commit until nothing is in doubt."""
    world = World(case, target)
    try:
        return await _run(world, case, target)
    finally:
        world.sandbox.close()


async def _run(world: World, case: Case, target: str) -> Story:
    story, sandbox = Story(), world.sandbox
    s = world.crm.session(mark=True)
    read = {
        "leads": await s.get(Deal, world.first["leads"], preload=[Lead.contacts]),
        "contacts": await s.get(Person, world.first["contacts"]),
        "companies": await s.get(Firm, world.first["companies"]),
        "customers": await s.get(Client, world.first["customers"]),
        "tasks": await s.get(Task, world.first["tasks"]),
    }
    notes = [note async for note in world.crm.notes.of(read["leads"])]
    read["notes"] = s.add(notes[0])
    wish = _Wish(world, s, read)
    struck = {
        (id(write.entity), write.action)
        for step in s.plan()
        for write in step.writes
        if _struck(write, target)
    }
    sandbox.robots.when_added("leads", name="Заказ с сайта")
    sandbox.robots.when_added("contacts", after=5, responsible_user_id=world.colleague["id"])
    world.bustle()
    method, _, path = target.partition(" ")
    if case.effect is not None:
        sandbox.faults.add(case.effect, method=method, path=re.escape(f"/api/v4/{path}") + "($|\\?)", nth=1)
    world.wire.armed = True
    try:
        report = await s.commit()
    except FlushError as error:
        report = error.report
    except (AmoCRMError, LookupError, BREAK):
        report = s.report
    world.wire.armed = False
    world.bustle()
    for result in report:
        if (id(result.entity), result.action) in struck:
            story.commit[str(result.outcome)] += 1
            if result.outcome is Outcome.UNKNOWN and not case.doubt:
                story.wrong.append(f"{result}: nothing is unknown after {case.name}")
        elif result.outcome is Outcome.UNKNOWN:
            story.wrong.append(f"{result}: unknown without a fault")
    story.wrong += _honest(world, wish, report, "commit")
    await _settle(world, s, wish, story, struck)
    world.tick(3600)
    last = await s.commit()
    story.wrong += _honest(world, wish, last, "last commit")
    truth = wish.created()
    story.wrong += [f"{len(keys)} records are one object" for keys in truth.values() if len(keys) != 1]
    for entity in (*wish.firms, *wish.people, *wish.clients, *wish.deals, *wish.notes, *wish.tasks):
        if entity._key not in truth[id(entity)]:
            story.wrong.append(f"{entity!r} stands for another record than {truth[id(entity)]}")
    story.wrong += wish.strangers() + wish.whole()
    if s.new or s.changed or s.doubtful or s.plan():
        story.wrong.append(f"left over: {s!r}")
    return story


async def _settle(world: World, s: Any, wish: _Wish, story: Story, struck: Any) -> None:
    """Ask at once and after a while; decide the rest by hand, as somebody who knows would."""
    early = await s.reconcile(settle=_SETTLE)
    story.wrong += _honest(world, wish, early, "early reconcile")
    if early.skipped:
        story.wrong.append(f"said too early: {early}")
    world.tick(_SETTLE + 1)
    world.sandbox.run_deferred()
    late = await s.reconcile(settle=_SETTLE)
    story.wrong += _honest(world, wish, late, "reconcile")
    for result in (*early.applied, *late):
        name = {"applied": "stored", "skipped": "not stored"}.get(str(result.outcome), "unknown")
        if (id(result.entity), "create") in struck:
            story.reconcile[name] += 1
        else:
            story.wrong.append(f"in doubt without a fault: {result}")
    truth = wish.created()
    for result in late.unknown:
        keys = truth[id(result.entity)]
        if not keys <= set(result.candidates):
            story.wrong.append(f"{result}: {keys} is no candidate")
        if keys:
            s.adopt(result.entity, min(keys))
        else:
            s.resend(result.entity)
