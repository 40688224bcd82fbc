"""The entity that a task or a note belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from amocrm import Company, Contact, Customer, Lead, Note, NotLoaded, Task, User
from tests.entities.leads import body, read


def test_a_task_moves_to_another_entity_and_a_note_does_not() -> None:
    """Tasks can be given to another entity, before and after their creation."""
    lead, other = read(), Company._from_api(Company._model(id=9), None)
    task = lead.tasks.add("Позвонить", due=1714521600)
    task.entity = other
    assert task in list(other._cascade())
    assert task not in list(lead._cascade())
    known = Task._from_api(Task._model(id=3, entity_id=5, entity_type="leads"), None)
    known.entity = other
    assert body(known) == {"id": 3, "entity_id": 9, "entity_type": "companies"}
    with pytest.raises(NotLoaded, match=r"^id of"):
        known.entity = Lead(name="new")
    note = Note._from_api(Note._model(id=4, entity_id=5), None)
    with pytest.raises(AttributeError, match="read-only"):
        note.entity = other


def test_the_parent_is_the_object_that_was_given_and_else_a_reference() -> None:
    """A new object has the entity it was given to or none; one that was read refers to what the record names."""
    lead = read()
    assert Note("x").entity is None
    assert lead.notes.add(Note("x")).entity is lead
    known = Task._from_api(Task._model(id=3, entity_id=5, entity_type="leads"), None)
    assert (type(known.entity).__name__, known.entity and known.entity.id) == ("Lead", 5)
    alone = Task._from_api(Task._model(id=4, entity_id=0, entity_type=None), None)
    assert alone.entity is None
    listed = Note._from_api(Note._model(id=4, entity_id=5), None)
    for lacking in (Task._from_api(Task._model(id=5), None), listed):
        with pytest.raises(NotLoaded, match="entity"):
            _ = lacking.entity
    listed._ensure_links().scope = {"entity_type": "contacts"}
    assert (type(listed.entity), listed.entity and listed.entity.id) == (Contact, 5)


@pytest.mark.parametrize("cls", [Lead, Contact, Company, Customer])
def test_four_kinds_have_notes_and_tasks(cls: Any) -> None:
    """Nothing else can be their entity."""
    owner = cls._from_api(cls._model(id=9), None)
    note, task = Note("x"), Task("x", due=0)
    note.entity = task.entity = owner
    assert note.entity is task.entity is owner
    assert Task("x", due=0, entity=owner).entity is owner
    with pytest.raises(TypeError, match="lead, contact, company or customer"):
        Task("x", due=0).entity = User("Имя", "a@example.com")  # type: ignore[assignment]
