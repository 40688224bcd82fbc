"""Commits of the model's sessions: the fewest requests beforehand, what was learned afterwards, the end."""
# GENERATED from tests/shell_async/orm/model_commits.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections import Counter
from typing import Any

from amocrm import FlushError, Lead, Outcome, fields
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import Drop, ErrorPage, Sandbox
from amocrm_sandbox import ManualClock as SandboxClock

from .._support import ManualClock, tampered
from ..crm import client_of
from .model import UNKNOWN, Record, View
from .model_account import CLASSES, VALUES, prepare

__all__ = ["FAULTS", "KINDS", "STRIKES", "Commits"]

KINDS = tuple(CLASSES)
FAULTS = (
    Drop(),
    Drop(after_commit=True),
    ErrorPage(429),
    ErrorPage(500, html=False),
    ErrorPage(502, after_commit=True),
    ErrorPage(400, html=False, detail="Request validation failed"),
    ErrorPage(400, html=False, detail="Subscription has ended"),
)
#: Requests that a fault may strike.
STRIKES = tuple(
    [f"{method} {kind}" for kind in KINDS for method in ("POST", "PATCH")]
    + ["POST leads/link", "POST leads/unlink", "POST contacts/link", "POST leads/notes", "POST tasks"]
    + ["PATCH leads/notes", "PATCH tasks"]
)
_SETTLE = 120


class _Sent:
    """What a commit has taken off one view."""

    def __init__(self, view: View) -> None:
        self.is_new = view.is_new
        self.values = dict(view.wanted)
        self.tags = dict(view.tags.changes)
        self.contacts = dict(view.contacts.changes)
        self.main = view.main
        self.company, self.company_seen = view.company, view.company_seen
        self.texts = {
            id(child): child.wanted
            for child in (*view.notes, *view.tasks, *(one for one in view.born if one.has_update))
        }


def without_empty(value: Any) -> Any:
    """Return a value as it was assigned: without the parts that the server answers as null, lists as tuples."""
    if isinstance(value, fields.ContactValues):
        return tuple(map(str, value))
    if not isinstance(value, fields.LegalEntityValue):
        return value
    parts = {name: getattr(value, name) for name in value.__struct_fields__}
    return fields.LegalEntityValue(**{name: part for name, part in parts.items() if part is not None})


class Commits:
    """Two sessions of one client, a colleague, and the model of all of them."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(limits=False, clock=SandboxClock())
        self.clock = ManualClock()
        prepare(self.sandbox)
        transport = tampered(self.sandbox, self._before, lambda method, path: None)
        self.crm = client_of(
            self.sandbox, retry=NEVER, max_prefetch=0, clock=self.clock, http_transport=transport
        )
        token = self.sandbox.ui.add_user("Борис", is_admin=True)["token"]
        self.colleague = client_of(self.sandbox, token=token)
        self.sessions = [self.crm.session(mark=True), self.crm.session(mark=True)]
        self.views: list[list[View]] = [[], []]
        self.records: list[Record] = []
        self.in_flight: list[Any] = []
        self._armed, self._seen = False, 0

    def _values(self, record: Record) -> dict[str, Any]:
        return {name: record.values.get(name, values[0]) for name, values in VALUES[record.kind].items()}

    def commit(self, place: int, fault: tuple[Any, str] | None = None, by_hand: bool = False) -> None:
        """Commit one session; after a fault ask what became of it, or know it, and commit again."""
        if fault is not None:
            effect, target = fault
            method, _, path = target.partition(" ")
            planted = self.sandbox.faults.add(effect, method=method, path=f"/api/v4/{path}($|\\?)", nth=1)
        flew = bool(self.in_flight)
        expected, report = self._commit(place)
        if fault is None:
            assert report.ok, report
            assert self._sent() == expected
            assert flew or not self.sessions[place].plan()
            return
        self.sandbox.faults.remove(planted)
        self.clock.now += 3600
        self.sandbox.clock.tick(3600)  # type: ignore[attr-defined]
        if by_hand and not effect.after_commit:
            self._resend(place)  # the user knows that nothing of it was stored
        else:
            self._reconcile(place)
        expected, report = self._commit(place)
        assert report.ok, report
        assert self._sent() == expected

    # ---- commits

    def _before(self, method: str, path: str, content: bytes) -> None:
        # The first write of a commit is on its way: the user goes on changing things.
        if self._armed and method != "GET":
            self._armed = False
            for name, *arguments in self.in_flight:
                getattr(self, name)(*arguments)
            self.in_flight.clear()

    def _sent(self) -> Counter[tuple[str, int]]:
        """Writes since the last look, with the number of their items."""
        found: Counter[tuple[str, int]] = Counter()
        for entry in list(self.sandbox.journal)[self._seen :]:
            if entry.method != "GET":
                path = entry.path.partition("?")[0].removeprefix("/api/v4/")
                body = entry.json()
                found[f"{entry.method} {path}", len(body) if isinstance(body, list) else 1] += 1
        return found

    def _expected(self, place: int) -> Counter[tuple[str, int]]:
        """The fewest requests for what is wanted."""
        items: Counter[str] = Counter()
        for view in self.views[place]:
            kind = view.record.kind
            if view.is_new:
                items[f"POST {kind}"] += 1
            elif view.has_update:
                items[f"PATCH {kind}"] += 1
            items[f"POST {kind}/notes"] += len(view.notes)
            items["POST tasks"] += len(view.tasks)
            for child in view.born:
                path = "tasks" if child.entity._kind == "tasks" else f"{kind}/notes"
                items[f"PATCH {path}"] += child.has_update
            if view.is_new and kind == "leads":
                continue  # links are named in its creation
            added = [one for one, there in view.contacts.changes.items() if there]
            if view.main is not UNKNOWN and view.main not in added:
                added.append(view.main)
            items[f"POST {kind}/link"] += len(added) + (view.company not in (UNKNOWN, None))
            gone = [one for one, there in view.contacts.changes.items() if not there]
            replaced = view.company is not UNKNOWN and view.company_seen not in (UNKNOWN, None)
            items[f"POST {kind}/unlink"] += len(gone) + replaced
        return Counter({(target, number): 1 for target, number in items.items() if number})

    def _commit(self, place: int) -> tuple[Counter[tuple[str, int]], Any]:
        expected = self._expected(place)
        sent = {id(view): _Sent(view) for view in self.views[place]}
        views = list(self.views[place])
        for view in views:
            view.flying = sent[id(view)].values
        self._seen, self._armed = len(self.sandbox.journal), bool(self.in_flight)
        try:
            report = self.sessions[place].commit()
        except FlushError as error:
            report = error.report
        self._armed = False
        for view in views:
            if view.is_new and view.entity._key is not None:
                view.record.key = view.entity.id
                self.records.append(view.record)
        for view in views:
            self._learn(view, sent[id(view)], report)
        for view in views:
            view.land()
        return expected, report

    def _learn(self, view: View, sent: _Sent, report: Any) -> None:
        """Take over what the report says was applied."""
        results = report.of(view.entity)
        applied = Counter(result.action for result in results if result.outcome is Outcome.APPLIED)
        if sent.is_new and not applied["create"]:
            view.doubtful = sent
        if applied["create"] or applied["update"]:
            self._applied(view, sent)
        if applied["unlink"]:
            for one in [one for one, there in sent.contacts.items() if not there]:
                view.contacts.sent({one: False})
                view.record.contacts.discard(one)
                if view.record.main is one:
                    view.record.main = UNKNOWN
                if view.main_seen is one:
                    view.main_seen = UNKNOWN
            if sent.company is not UNKNOWN and sent.company_seen not in (UNKNOWN, None):
                view.company_seen = view.record.company = None
        if applied["link"]:
            for one in [one for one, there in sent.contacts.items() if there and one.key is not None]:
                self._link(view, one)
            if sent.main is not UNKNOWN and sent.main.key is not None and not sent.is_new:
                self._link(view, sent.main)
                view.record.main = view.main_seen = sent.main
            if sent.company not in (UNKNOWN, None) and sent.company.key is not None:
                view.company_seen = view.record.company = sent.company
        self._learn_children(view, sent.texts, report)

    def _applied(self, view: View, sent: _Sent) -> None:
        record = view.record
        if record.key is None:
            record.key = view.entity.id
            self.records.append(record)
        if sent.is_new:
            view.was_born()
        record.values.update(sent.values)
        view.sent(sent.values)
        for name, there in sent.tags.items():
            (record.tags.add if there else record.tags.discard)(name)
        view.tags.sent(sent.tags)
        if sent.is_new and record.kind == "leads":
            for one in [one for one, there in sent.contacts.items() if there]:
                self._link(view, one)
            if sent.main is not UNKNOWN and sent.main in record.contacts:
                record.main = view.main_seen = sent.main
            if sent.company not in (UNKNOWN, None):
                view.company_seen = record.company = sent.company

    def _link(self, view: View, one: Any) -> None:
        view.record.contacts.add(one)
        view.contacts.sent({one: True})

    def _learn_children(self, view: View, sent: dict[int, str], report: Any) -> None:
        """Take over what a report says of notes and tasks; what was sent is known by the child."""
        for attribute in ("notes", "tasks"):
            waiting, stored = getattr(view, attribute), getattr(view.record, attribute)
            for child in [*waiting, *(one for one in view.born if one.entity._kind == attribute)]:
                outcomes = {result.outcome for result in report.of(child.entity)}
                if Outcome.APPLIED in outcomes:
                    child.text = child.doubtful if child.doubtful is not None else sent[id(child)]
                    child.doubtful = None
                    if child in waiting:
                        waiting.remove(child)
                        stored.append(child)
                        view.born.append(child)
                elif Outcome.UNKNOWN in outcomes and child in waiting and id(child) in sent:
                    child.doubtful = sent[id(child)]

    def _resend(self, place: int) -> None:
        session = self.sessions[place]
        session.resend(*session.doubtful)
        for view in self.views[place]:
            view.land()
            for child in (*view.notes, *view.tasks):
                child.doubtful = None

    def _reconcile(self, place: int) -> None:
        session = self.sessions[place]
        report = session.reconcile(equal="mine", settle=_SETTLE)
        assert not report.unknown, report
        for view in self.views[place]:
            if view.is_new and any(one.outcome is Outcome.APPLIED for one in report.of(view.entity)):
                assert view.doubtful is not None
                self._applied(view, view.doubtful)
                view.land()
            self._learn_children(view, {}, report)

    # ---- the end

    def finish(self) -> None:
        """Commit everything; a fresh client then reads what the model says."""
        self.in_flight.clear()
        for place in (0, 1):
            self.commit(place)
        fresh = client_of(self.sandbox)
        for kind, cls in CLASSES.items():
            assert len([one for one in fresh.query(cls)]) == sum(
                record.kind == kind for record in self.records
            )
        for record in self.records:
            preload = [Lead.contacts] if record.kind == "leads" else []
            entity: Any = fresh.get(CLASSES[record.kind], record.key, preload=preload)
            shown = {name: without_empty(getattr(entity, name)) for name in VALUES[record.kind]}
            assert shown == self._values(record)
            assert set(entity.tags) == record.tags
            if record.kind == "leads":
                assert {one.id for one in entity.contacts} == {one.key for one in record.contacts}
                if record.main is not UNKNOWN:
                    assert entity.contacts.main.id == record.main.key
            if record.kind in ("leads", "contacts"):
                company = None if entity.company is None else entity.company.id
                assert company == (None if record.company is None else record.company.key)
            notes = [one.text for one in fresh.notes.of(entity) if one.note_type == "common"]
            assert sorted(notes) == sorted(str(one.text) for one in record.notes)
            tasks = [one.text for one in fresh.tasks.of(entity)]
            assert sorted(tasks) == sorted(str(one.text) for one in record.tasks)
        self.sandbox.close()
