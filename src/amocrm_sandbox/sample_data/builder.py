"""Realistic data with Russian names, for demonstrations and for users' tests.

Everything goes through the operations of the API from inside (`Sandbox.act`): what the server would refuse is refused
here, events are written and webhooks delivered, but no limit and no counter knows of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from random import Random
from typing import TYPE_CHECKING, Any

from ..domain.stages import CLOSED, LOST, WON, main_pipeline, stages
from . import people as words
from .sample_fields import DAY, SAMPLE_FIELDS, sample_values

if TYPE_CHECKING:
    from ..app import Sandbox

__all__ = ["Builder", "SampleCounts"]

Body = dict[str, Any]

_BATCH = 250
_MANAGERS = 4
_REPEATED = ("Заявка", "Согласование", "Оплата")
# Weights of the stages in the order of the board; the last two are won and lost.
_OPEN, _WON, _LOST = 60, 25, 15


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """Numbers of entities that `Builder.fill` made."""

    leads: int
    contacts: int
    companies: int
    tasks: int
    notes: int

    def __str__(self) -> str:
        return ", ".join(f"{getattr(self, field.name):,} {field.name}" for field in fields(self))


class Builder:
    """Makes entities in a sandbox.

    A method in the singular makes one entity and returns it as the API reads it; one in the plural makes many and
    returns their ids. Keyword arguments replace keys of the generated body; `tags` (names), `contacts` (ids, the first
    one is the main one) and `company` (an id) are written out as the API wants them.

    Args:
        sandbox: The account to fill.
        seed: The same seed gives the same data in a new account (moments follow the sandbox's clock).

    Example:
        >>> from amocrm_sandbox import Sandbox
        >>> make = Builder(Sandbox(), seed=7)
        >>> lead = make.lead(price=5000, tags=["сайт"], contacts=[make.contact()["id"]])
        >>> lead["price"], lead["_embedded"]["tags"][0]["name"]
        (5000, 'сайт')
        >>> len(make.leads(600, price=0))
        600
    """

    def __init__(self, sandbox: Sandbox, seed: int = 0) -> None:
        self._sandbox = sandbox
        self._random = Random(f"builders:{seed}")
        self._store = sandbox.store
        self._number = 1000

    # ---- one

    def lead(self, **changes: Any) -> Body:
        """Make a lead and return it with its contacts."""
        return self._one("leads", self._lead(), changes, "?with=contacts")

    def contact(self, **changes: Any) -> Body:
        """Make a contact with a phone and an email."""
        return self._one("contacts", self._contact(), changes)

    def company(self, **changes: Any) -> Body:
        """Make a company."""
        return self._one("companies", self._company(), changes)

    def task(self, **changes: Any) -> Body:
        """Make an open task; of an entity, when `entity_id` and `entity_type` say so."""
        return self._one("tasks", self._task(), changes)

    def note(self, entity_type: str, entity_id: int, **changes: Any) -> Body:
        """Make a note (type `common`) of an entity."""
        body = {"entity_id": entity_id, **self._note(), **changes}
        (note,) = self._post(f"{entity_type}/notes", "notes", [body])
        return self._get(f"{entity_type}/{entity_id}/notes/{note['id']}")

    # ---- many

    def leads(self, count: int, **changes: Any) -> list[int]:
        """Make leads over all stages of the main pipeline and return their ids."""
        return self._many("leads", count, self._lead, changes)

    def contacts(self, count: int, **changes: Any) -> list[int]:
        """Make contacts and return their ids."""
        return self._many("contacts", count, self._contact, changes)

    def companies(self, count: int, **changes: Any) -> list[int]:
        """Make companies and return their ids."""
        return self._many("companies", count, self._company, changes)

    def tasks(self, count: int, **changes: Any) -> list[int]:
        """Make tasks and return their ids."""
        return self._many("tasks", count, self._task, changes)

    def notes(self, entity_type: str, entity_ids: Iterable[int]) -> list[int]:
        """Make one note of each entity and return their ids."""
        bodies = [{"entity_id": id, **self._note()} for id in entity_ids]
        return [item["id"] for item in self._post(f"{entity_type}/notes", "notes", bodies)]

    # ---- directories

    def fields(self) -> dict[str, list[Body]]:
        """Make custom fields of every common type, where they are not there yet.

        Returns:
            All definitions by `leads`, `contacts`, `companies`, as the API lists them.
        """
        for owner, wanted in SAMPLE_FIELDS.items():
            names = {field["name"] for field in self._definitions(owner)}
            missing = [field for field in wanted if field["name"] not in names]
            if missing:
                self._post(f"{owner}/custom_fields", "custom_fields", missing)
        return {owner: self._definitions(owner) for owner in SAMPLE_FIELDS}

    def users(self, count: int = 1) -> list[int]:
        """Make users (managers who may work with their own and others' entities) and return their ids."""
        allowed = dict.fromkeys(("view", "edit", "add", "delete", "export"), "A")
        bodies: list[Body] = []
        for _ in range(count):
            who = words.person(self._random)
            email = (
                f"{words.letters(who.name)}.{len(bodies)}{self._random.randrange(10**6):06d}@staff.example"
            )
            rights = {**dict.fromkeys(("leads", "contacts", "companies"), allowed), "mail_access": True}
            rights["tasks"] = {"edit": "A", "delete": "A"}
            bodies.append({"name": who.name, "email": email, "password": "Sandbox2024", "rights": rights})
        return [item["id"] for item in self._post("users", "users", bodies, 10)]

    def pipeline(self, name: str, stage_names: Sequence[str]) -> Body:
        """Make a pipeline with these stages between the unsorted one and the two closed ones."""
        statuses = [{"name": stage, "sort": 20 + 10 * at} for at, stage in enumerate(stage_names)]
        body = {"name": name, "sort": 100, "is_main": False, "is_unsorted_on": True}
        (pipeline,) = self._post(
            "leads/pipelines", "pipelines", [{**body, "_embedded": {"statuses": statuses}}]
        )
        return self._get(f"leads/pipelines/{pipeline['id']}")

    # ---- everything

    def fill(self, leads: int) -> SampleCounts:
        """Make an account that looks used: users, a second pipeline, fields of every common type, and entities.

        Args:
            leads: Number of leads. Contacts are about 80 % of that, companies 30 %, tasks half, notes 70 %.
        """
        random = self._random
        self.fields()
        if len(self._store.documents("users")) < _MANAGERS:
            self.users(_MANAGERS - len(self._store.documents("users")))
        if len(self._store.documents("pipelines")) < 2:
            self.pipeline("Повторные продажи", _REPEATED)
        companies = self.companies(max(1, leads * 3 // 10))
        contacts = self.contacts(max(1, leads * 8 // 10))
        employed = random.sample(contacts, len(contacts) * 2 // 3)
        links = [
            {"entity_id": id, "to_entity_id": random.choice(companies), "to_entity_type": "companies"}
            for id in employed
        ]
        self._post("contacts/link", "links", links)
        employers = {link["entity_id"]: link["to_entity_id"] for link in links}

        def linked() -> Body:
            people = [random.choice(contacts)]
            if random.random() < 0.15:
                people.append(random.choice(contacts))
            body = {**self._lead(anywhere=True), "contacts": list(dict.fromkeys(people))}
            company = employers.get(people[0])
            return body if company is None else {**body, "company": company}

        lead_ids = self._many("leads", leads, linked, {})
        tasks = self._of(random.sample(lead_ids, leads // 2), "leads")
        tasks += self._of(random.sample(contacts, len(contacts) // 10), "contacts")
        notes = self.notes("leads", random.choices(lead_ids, k=leads * 7 // 10))
        return SampleCounts(len(lead_ids), len(contacts), len(companies), len(tasks), len(notes))

    def _of(self, ids: list[int], kind: str) -> list[int]:
        bodies = [{**self._task(), "entity_id": id, "entity_type": kind} for id in ids]
        return [item["id"] for item in self._post("tasks", "tasks", bodies)]

    # ---- bodies

    def _lead(self, anywhere: bool = False) -> Body:
        random, now = self._random, self._sandbox.clock.now()
        pipelines = list(self._store.documents("pipelines"))
        pipeline_id = random.choice(pipelines) if anywhere else main_pipeline(self._store)
        regular = [stage["id"] for stage in stages(self._store, pipeline_id) if stage["is_editable"]]
        pool = [*regular, WON, LOST]
        # Few deals come far: each stage holds less than the one before it.
        weights = [
            *(_OPEN * 2 * (len(regular) - at) // (len(regular) + 1) for at in range(len(regular))),
            _WON,
            _LOST,
        ]
        (status_id,) = random.choices(pool, weights)
        self._number += 1
        created_at = now - random.randint(3600, 180 * DAY)
        is_closed = status_id in CLOSED
        changed_at = random.randint(created_at, now - 60)
        body = {
            "name": words.deal_name(random, self._number),
            "price": 1000 * int(random.lognormvariate(4, 0.9)),
            "pipeline_id": pipeline_id,
            "status_id": status_id,
            "responsible_user_id": self._user(),
            "created_at": created_at,
            "updated_at": changed_at,
            **({"closed_at": changed_at} if is_closed else {}),
            "custom_fields_values": self._values("leads", ("select",), 0.35),
            "tags": random.sample(words.TAGS, random.choices((0, 1, 2, 3), (3, 4, 2, 1))[0]),
        }
        reasons = list(self._store.documents("loss_reasons"))
        if status_id == LOST and reasons:
            body["loss_reason_id"] = random.choice(reasons)
        return body

    def _contact(self) -> Body:
        random, who = self._random, words.person(self._random)
        self._number += 1
        email = f"{words.letters(who.name)}{self._number}@mail.example"
        values = [
            {"field_code": "PHONE", "values": self._phones()},
            {"field_code": "EMAIL", "values": [{"value": email, "enum_code": "WORK"}]},
            {"field_code": "POSITION", "values": [{"value": random.choice(words.POSITIONS)}]},
        ]
        body = {"first_name": who.first_name, "last_name": who.last_name, **self._history()}
        body["custom_fields_values"] = values + self._values("contacts", (), 0.4)
        return body

    def _company(self) -> Body:
        random, name = self._random, words.company_name(self._random)
        self._number += 1
        values = [
            {"field_code": "PHONE", "values": self._phones()[:1]},
            {
                "field_code": "EMAIL",
                "values": [{"value": f"info{self._number}@firm.example", "enum_code": "WORK"}],
            },
            {"field_code": "WEB", "values": [{"value": f"https://firm{self._number}.example"}]},
        ]
        body = {"name": name, **self._history()}
        body["custom_fields_values"] = values + self._values("companies", ("text",), 0.5, name)
        body["tags"] = random.sample(words.TAGS, random.choices((0, 1), (3, 1))[0])
        return body

    def _task(self) -> Body:
        random, now = self._random, self._sandbox.clock.now()
        is_completed = random.random() < 0.4
        days = random.randint(-20, 0) if is_completed else random.randint(-3, 14)
        body = {
            "text": words.task_text(random),
            # From nine to half past five in Moscow.
            "complete_till": now - now % DAY + days * DAY + random.randint(12, 29) * 1800,
            "task_type_id": random.choice(list(self._store.documents("task_types"))),
            "responsible_user_id": self._user(),
            "is_completed": is_completed,
        }
        return {**body, "result": {"text": "Сделано"}} if is_completed else body

    def _note(self) -> Body:
        return {"note_type": "common", "params": {"text": words.note_text(self._random)}}

    def _history(self) -> Body:
        now = self._sandbox.clock.now()
        created_at = now - self._random.randint(3600, 360 * DAY)
        moments = {"created_at": created_at, "updated_at": self._random.randint(created_at, now - 60)}
        return {**moments, "responsible_user_id": self._user()}

    def _phones(self) -> list[Body]:
        codes = ("MOB", "WORK") if self._random.random() < 0.2 else ("MOB",)
        return [{"value": words.phone(self._random), "enum_code": code} for code in codes]

    def _values(self, owner: str, always: Sequence[str], chance: float, name: str = "") -> list[Body]:
        """Return values for some of the fields that `fields` made."""
        random, now, result = self._random, self._sandbox.clock.now(), []
        for field in self._definitions(owner):
            if field["is_predefined"] or not (field["type"] in always or random.random() < chance):
                continue
            values = sample_values(field, random, now, name)
            if values:
                result.append({"field_id": field["id"], "values": values})
        return result

    def _definitions(self, owner: str) -> list[Body]:
        return [field for field in self._store.documents("fields").values() if field["entity_type"] == owner]

    def _user(self) -> int:
        return self._random.choice(list(self._store.documents("users")))

    # ---- sending

    def _one(self, kind: str, body: Body, changes: Body, query: str = "") -> Body:
        (item,) = self._post(kind, kind, [_spelled(kind, body, changes)])
        return self._get(f"{kind}/{item['id']}{query}")

    def _many(self, kind: str, count: int, body: Callable[[], Body], changes: Body) -> list[int]:
        bodies = [_spelled(kind, body(), changes) for _ in range(count)]
        return [item["id"] for item in self._post(kind, kind, bodies)]

    def _post(self, path: str, key: str, bodies: list[Body], size: int = _BATCH) -> list[Body]:
        result: list[Body] = []
        for start in range(0, len(bodies), size):
            answer = self._sandbox.act("POST", f"/api/v4/{path}", bodies[start : start + size])
            if answer.status not in (200, 201):
                raise ValueError(f"POST {path} was refused: {answer.body.decode()}")
            result += answer.json()["_embedded"][key]
        return result

    def _get(self, path: str) -> Body:
        result: Body = self._sandbox.act("GET", f"/api/v4/{path}").json()
        return result


def _spelled(kind: str, base: Body, changes: Body) -> Body:
    """Return a body in the API's form: changed, with tags, contacts and company written out."""
    body = _changed_lead(base, changes) if kind == "leads" else {**base, **changes}
    embedded = dict(body.pop("_embedded", {}))
    tags, contacts, company = (body.pop(key, None) for key in ("tags", "contacts", "company"))
    if tags:
        embedded["tags"] = [{"name": name} for name in tags]
    if contacts:
        embedded["contacts"] = [{"id": id, "is_main": at == 0} for at, id in enumerate(contacts)]
    if company is not None:
        embedded["companies"] = [{"id": company}]
    return {**body, "_embedded": embedded} if embedded else body


def _changed_lead(base: Body, changes: Body) -> Body:
    """Return a lead's body after changes; what was invented for its former stage goes when the stage is another."""
    body = {**base, **changes}
    if "status_id" in changes and "pipeline_id" not in changes and body["status_id"] not in CLOSED:
        # Any other stage says itself which pipeline is meant.
        del body["pipeline_id"]
    elif "pipeline_id" in changes and "status_id" not in changes:
        del body["status_id"]
    status_id = body.get("status_id")
    if status_id not in CLOSED and "closed_at" not in changes:
        body.pop("closed_at", None)
    if status_id != LOST and "loss_reason_id" not in changes:
        body.pop("loss_reason_id", None)
    return body
