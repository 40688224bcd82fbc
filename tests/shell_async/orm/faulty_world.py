"""An account with much going on, a client of it, and a fault that strikes one request between the two."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx

from amocrm import Company, Contact, Customer, Lead, fields
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import Drop, ErrorPage, PartialBatch, Sandbox, Truncate
from amocrm_sandbox import ManualClock as SandboxClock

from .._support import BREAK, ManualClock, tampered
from ..crm import client_of

__all__ = ["CASES", "DAYS", "Case", "Client", "Deal", "Firm", "Person", "World", "stamp", "target_of"]

DAYS = [date(2024, 5, day) for day in range(1, 4)]


def stamp(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


class Deal(Lead):
    """A lead with the date that tells it apart."""

    due = fields.Date(name="Due")


class Person(Contact):
    """A contact with the date that tells it apart."""

    due = fields.Date(name="Due")


class Firm(Company):
    """A company with the date that tells it apart."""

    due = fields.Date(name="Due")


class Client(Customer):
    """A customer with the date that tells it apart."""

    due = fields.Date(name="Due")


@dataclass(frozen=True)
class Case:
    """One fault.

    Attributes:
        name: on the page.
        effect: planted into the sandbox.
        answer: made from the body of the request instead of the server's answer.
        late: whether the answer replaces one of a request that took effect.
        error: raised instead of an answer.
        doubt: whether nobody can know, after it, whether a write took effect.
    """

    name: str
    effect: Any = None
    answer: Callable[[bytes], httpx.Response] | None = None
    late: bool = False
    error: Callable[[], BaseException] | None = None
    doubt: bool = False


def _named(content: bytes) -> httpx.Response:
    """Refuse the first item of a body by its name."""
    items = json.loads(content or b"null")
    first = items[0] if isinstance(items, list) and items else {}
    key = {"request_id": first["request_id"]} if "request_id" in first else {"id": first.get("id")}
    error = {**key, "errors": [{"code": "Bad", "path": "name", "detail": "This value is not valid."}]}
    body = {
        "title": "Bad Request",
        "status": 400,
        "detail": "Request validation failed",
        "validation-errors": [error],
    }
    return httpx.Response(400, json=body, headers={"content-type": "application/problem+json"})


def _unnamed(content: bytes) -> httpx.Response:
    body = {"title": "Bad Request", "status": 400, "detail": "Request validation failed"}
    return httpx.Response(400, json=body, headers={"content-type": "application/problem+json"})


def _refusal(content: bytes) -> httpx.Response:
    body = {"title": "Bad Request", "status": 400, "detail": "Subscription has ended"}
    return httpx.Response(400, json=body, headers={"content-type": "application/problem+json"})


CASES = (
    Case("drop before it took effect", Drop(), doubt=True),
    Case("drop after it took effect", Drop(after_commit=True), doubt=True),
    Case("drop, takes effect 30 s later", Drop(effect_after=30), doubt=True),
    Case("first item stored, then drop", PartialBatch(1), doubt=True),
    Case("400, first item named", answer=_named),
    Case("400, nothing named", answer=_unnamed),
    Case("400 of the account", answer=_refusal),
    Case("429", ErrorPage(429)),
    Case("500", ErrorPage(500, html=False), doubt=True),
    Case("500 after it took effect", ErrorPage(500, html=False, after_commit=True), doubt=True),
    Case("502, page", ErrorPage(502), doubt=True),
    Case("502, page, after it took effect", ErrorPage(502, after_commit=True), doubt=True),
    Case("504, takes effect 30 s later", ErrorPage(504, effect_after=30), doubt=True),
    Case("403, page of the gateway", ErrorPage(403)),
    Case("cut body", Truncate(), doubt=True),
    Case("HTML with 200", ErrorPage(200), doubt=True),
    Case("HTML with 200 after it took effect", ErrorPage(200, after_commit=True), doubt=True),
    Case("204 after it took effect", answer=lambda content: httpx.Response(204), late=True, doubt=True),
    Case("time-out before it took effect", error=lambda: httpx.ReadTimeout("late"), doubt=True),
    Case("time-out after it took effect", error=lambda: httpx.ReadTimeout("late"), late=True, doubt=True),
    Case("cancelled before it took effect", error=lambda: BREAK(), doubt=True),
    Case("cancelled after it took effect", error=lambda: BREAK(), late=True, doubt=True),
)


class _Wire:
    """What stands between client and server: it strikes one request once."""

    def __init__(self, case: Case, target: str) -> None:
        self.case, self.target = case, target
        self.armed = False
        self.content = b""

    def before(self, method: str, path: str, content: bytes) -> Any:
        """Answer, or fail, in the place of the server."""
        self.content = content
        return None if self.case.late else self._strike(method, path)

    def after(self, method: str, path: str) -> Any:
        """The same, when it took effect."""
        return self._strike(method, path) if self.case.late else None

    def _strike(self, method: str, path: str) -> Any:
        if not self.armed or target_of(method, path) != self.target:
            return None
        if self.case.error is None and self.case.answer is None:
            return None
        self.armed = False
        if self.case.error is not None:
            raise self.case.error()
        assert self.case.answer is not None
        return self.case.answer(self.content)


def target_of(method: str, path: str) -> str:
    return f"{method} {path.removeprefix('/api/v4/')}"


class World:
    """The account and what the test knows about it beside the client."""

    def __init__(self, case: Case, target: str) -> None:
        self.sandbox = Sandbox(limits=False, clock=SandboxClock())
        self.clock = ManualClock()
        self.wire = _Wire(case, target)
        self.case, self.target = case, target
        self.foreign: set[tuple[str, int]] = set()
        transport = tampered(self.sandbox, self.wire.before, self.wire.after)
        self.crm = client_of(
            self.sandbox, retry=NEVER, max_prefetch=0, clock=self.clock, http_transport=transport
        )
        act = self.act
        act("PATCH", "customers/mode", {"mode": "periodicity", "is_enabled": True})
        self.due = {}
        for kind in ("leads", "contacts", "companies", "customers"):
            made = act("POST", f"{kind}/custom_fields", [{"name": "Due", "type": "date"}])
            self.due[kind] = made["_embedded"]["custom_fields"][0]["id"]
        self.first = {
            "companies": self.other("companies", "Ромашка", DAYS[0]),
            "contacts": self.other("contacts", "Иван", DAYS[0]),
            "customers": self.other("customers", "Клиент", DAYS[0]),
        }
        self.first["leads"] = self.other("leads", "Заказ", DAYS[0], contacts=[self.first["contacts"]])
        parent = {"entity_id": self.first["leads"], "entity_type": "leads"}
        task = {"text": "Перезвонить", "complete_till": 1_700_100_000, **parent}
        self.first["tasks"] = act("POST", "tasks", [task])["_embedded"]["tasks"][0]["id"]
        note = {"note_type": "common", "params": {"text": "Позвонить"}, "entity_id": self.first["leads"]}
        self.first["notes"] = act("POST", "leads/notes", [note])["_embedded"]["notes"][0]["id"]
        self.colleague = self.sandbox.ui.add_user("Борис", is_admin=True)

    def act(self, method: str, target: str, body: Any = None) -> Any:
        """Do something that is no request of the client."""
        answer = self.sandbox.act(method, f"/api/v4/{target}", body)
        assert answer.status < 400, (method, target, answer.status, answer.body)
        return answer.json() if answer.body else {}

    def tick(self, seconds: float) -> None:
        """Let time pass for server and client."""
        self.sandbox.clock.tick(seconds)  # type: ignore[attr-defined]
        self.clock.now += seconds

    def body(self, kind: str, name: str, day: date, **linked: Any) -> dict[str, Any]:
        """A record as the client would write it."""
        value = f"{day.isoformat()}T12:00:00+00:00"
        body: dict[str, Any] = {
            "name": name,
            "custom_fields_values": [{"field_id": self.due[kind], "values": [{"value": value}]}],
        }
        if kind == "customers":
            body["next_date"] = stamp(day)
        if linked:
            body["_embedded"] = {key: [{"id": one} for one in ids] for key, ids in linked.items()}
        return body

    def other(self, kind: str, name: str, day: date, **linked: Any) -> int:
        """Somebody writes a record with the same user."""
        made = self.act("POST", kind, [self.body(kind, name, day, **linked)])
        key: int = made["_embedded"][kind][0]["id"]
        self.foreign.add((kind, key))
        return key

    def bustle(self) -> None:
        """A colleague writes equal records, another worker of this user some that differ in their date."""
        headers = {"authorization": f"Bearer {self.colleague['token']}"}
        for kind, name in _NAMES.items():
            body = [self.body(kind, name, DAYS[0])]
            made = self.sandbox.call("POST", f"/api/v4/{kind}", body, headers=headers)
            self.foreign.add((kind, made.json()["_embedded"][kind][0]["id"]))
            self.other(kind, name, date(2024, 6, 1))

    def list(self, target: str) -> list[dict[str, Any]]:
        """All records of a list."""
        found = self.act("GET", f"{target}{'&' if '?' in target else '?'}limit=250")
        return next(iter(found["_embedded"].values())) if found else []


_NAMES = {"leads": "Заказ", "contacts": "Иван", "companies": "Ромашка", "customers": "Клиент"}
