"""Steps of a user, a colleague and a bad network, played on the sandbox and on a model beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from amocrm import Lead

from .model import UNKNOWN, Child, Record, View
from .model_account import CLASSES, VALUES, made
from .model_commits import FAULTS, KINDS, STRIKES, Commits

__all__ = ["FAULTS", "KINDS", "STRIKES", "Player"]


class Player(Commits):
    """What each step does to the objects, and to the model."""

    # ---- finding

    def _view(self, number: int, *kinds: str, persistent: bool = False) -> tuple[int, View] | None:
        """Return one of the views of both sessions."""
        found = [
            (place, view)
            for place, views in enumerate(self.views)
            for view in views
            if (not kinds or view.record.kind in kinds) and not (persistent and view.is_new)
        ]
        return found[number % len(found)] if found else None

    def _mate(self, place: int, number: int, kind: str) -> View | None:
        """Return a view of the same session."""
        found = [view for view in self.views[place] if view.record.kind == kind]
        return found[number % len(found)] if found else None

    def _view_of(self, place: int, record: Record) -> View:
        """Return the view of a record in a session, by its id where there is none yet."""
        for view in self.views[place]:
            if view.record is record:
                return view
        entity = self.sessions[place].ref(CLASSES[record.kind], record.key)
        view = View(entity, record, new=False)
        self.views[place].append(view)
        return view

    # ---- steps without I/O

    def new(self, place: int, kind: str) -> None:
        """Add a new object."""
        entity = self.sessions[place].add(made(kind, VALUES[kind]["name"][0]))
        view = View(entity, Record(kind), new=True)
        view.wanted["name"] = VALUES[kind]["name"][0]
        self.views[place].append(view)

    def set(self, number: int, attribute: int, value: int) -> None:
        """Assign an attribute, perhaps what it was before."""
        if (found := self._view(number)) is None:
            return
        _, view = found
        names = list(VALUES[view.record.kind])
        name = names[attribute % len(names)]
        choice = VALUES[view.record.kind][name][value % len(VALUES[view.record.kind][name])]
        if view.born_here and value % 3 == 0 and name != "name" and name not in view.seen:
            return  # whether an object knows that a field which it never wrote is empty is not promised
        if name in ("phone", "email") and not view.is_new and name not in view.seen:
            return  # the first of several values is changed: they must be known
        setattr(view.entity, name, choice)
        view.set(name, choice)

    def tag(self, number: int, name: str, is_there: bool) -> None:
        """Add or remove a tag."""
        if (found := self._view(number)) is None:
            return
        _, view = found
        view.touched.add("tags")
        (view.entity.tags.add if is_there else view.entity.tags.discard)(name)
        view.tags.change(name, is_there)

    def contact(self, number: int, other: int, what: str) -> None:
        """Link a contact, make it the main one, or take the link away."""
        if (found := self._view(number, "leads")) is None:
            return
        place, view = found
        if (person := self._mate(place, other, "contacts")) is None:
            return
        view.touched.add("contacts")
        if what == "remove":
            view.entity.contacts.remove(person.entity)
            view.contacts.change(person.record, False)
            if view.main is person.record:
                view.main = UNKNOWN
        else:
            view.entity.contacts.add(person.entity, main=what == "main")
            view.contacts.change(person.record, True)
            if what == "main":
                same = view.main_seen is person.record and view.flying is None
                view.main = UNKNOWN if same else person.record

    def company(self, number: int, other: int | None) -> None:
        """Set or clear the company."""
        if (found := self._view(number, "leads", "contacts")) is None:
            return
        place, view = found
        firm = None if other is None else self._mate(place, other, "companies")
        if firm is None and (other is not None or view.company_seen is UNKNOWN):
            return
        view.touched.add("company")
        view.entity.company = None if firm is None else firm.entity
        record = None if firm is None else firm.record
        same = view.company_seen is record and view.flying is None
        view.company = UNKNOWN if same else record

    def note(self, number: int, text: str) -> None:
        """Add a note."""
        if (found := self._view(number)) is not None:
            found[1].notes.append(Child(found[1].entity.notes.add(text), text))

    def task(self, number: int, text: str) -> None:
        """Add a task."""
        if (found := self._view(number)) is not None:
            task = found[1].entity.tasks.add(text, due=datetime(2024, 5, 1, tzinfo=UTC))
            found[1].tasks.append(Child(task, text))

    def reword(self, number: int, text: str) -> None:
        """Change the text of a note or task, created or not, perhaps to what it was before."""
        views = [view for views in self.views for view in views]
        found = [child for view in views for child in (*view.notes, *view.tasks, *view.born)]
        if found:
            child = found[number % len(found)]
            child.entity.text = child.wanted = text

    def rollback(self, number: int) -> None:
        """Take everything back."""
        if (found := self._view(number, persistent=True)) is None:
            return
        place, view = found
        self.sessions[place].rollback(view.entity)
        view.wanted.clear()
        view.tags.changes.clear()
        view.contacts.changes.clear()
        view.main = view.company = UNKNOWN
        view.notes.clear()
        view.tasks.clear()

    def discard(self, number: int) -> None:
        """Take an object out: for good if nothing points to it, else for a moment."""
        if (found := self._view(number)) is None:
            return
        place, view = found
        self.sessions[place].discard(view.entity)
        pointed = any(
            view.record in other.contacts.changes
            or view.record in (other.contacts.seen or ())
            or view.record in (other.company, other.company_seen, other.main, other.main_seen)
            for other in self.views[place]
        )
        if pointed or view.notes or view.tasks:
            self.sessions[place].add(view.entity)
        else:
            self.views[place].remove(view)

    def elsewhere(self, number: int) -> None:
        """Take a record up in the other session, by its id."""
        if (found := self._view(number, persistent=True)) is not None:
            self._view_of(1 - found[0], found[1].record)

    # ---- steps with I/O

    async def adopt(self, place: int, kind: str) -> None:
        """A colleague made the record that a new object is to stand for."""
        record = Record(kind)
        async with self.colleague.session() as s:
            other = s.add(made(kind, "в"))
        record.key, record.values["name"] = other.id, "в"
        self.records.append(record)
        entity: Any = made(kind, "б")
        entity.tags.add("свой")
        self.sessions[place].adopt(entity, record.key)
        view = View(entity, record, new=False)
        view.set("name", "б")
        if kind == "customers":
            view.wanted["next_date"] = entity.next_date
        view.tags.change("свой", True)
        self.views[place].append(view)

    async def change_elsewhere(self, number: int, attribute: int, value: int) -> None:
        """A colleague changes a record."""
        if not self.records:
            return
        record = self.records[number % len(self.records)]
        names = list(VALUES[record.kind])
        name = names[attribute % len(names)]
        choice = VALUES[record.kind][name][value % len(VALUES[record.kind][name])]
        async with self.colleague.session() as s:
            other: Any = await s.get(CLASSES[record.kind], record.key)
            setattr(other, name, choice)
            other.tags.add("чужой")  # a tag that nobody else uses
        record.values[name] = choice
        record.tags.add("чужой")

    async def read(self, number: int) -> None:
        """Read an object again, and with a lead its contacts."""
        if (found := self._view(number, persistent=True)) is None:
            return
        place, view = found
        record = view.record
        preload = [Lead.contacts] if record.kind == "leads" else []
        assert (
            await self.sessions[place].get(CLASSES[record.kind], record.key, preload=preload) is view.entity
        )
        self._see(place, view)
        if record.kind == "leads":
            for one in record.contacts:
                self._see(place, self._view_of(place, one))
            view.contacts.see(record.contacts)
            linked = self.sandbox.act("GET", f"/api/v4/leads/{record.key}?with=contacts").json()
            mains = [one["id"] for one in linked["_embedded"]["contacts"] if one["is_main"]]
            view.main_seen = next((one for one in record.contacts if one.key in mains), None)
            view.land()

    def _see(self, place: int, view: View) -> None:
        record = view.record
        view.see(self._values(record))
        view.tags.see(record.tags)
        if record.kind in ("leads", "contacts"):
            if record.company is not None:
                self._view_of(place, record.company)
            view.company_seen = record.company
        view.land()
