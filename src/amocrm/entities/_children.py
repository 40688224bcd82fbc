"""Notes and tasks of an entity: they are added through it and created with the next commit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from ._relations import Relation

if TYPE_CHECKING:
    from ._base import Entity
    from .note import Note
    from .task import Task
    from .user import User

__all__ = ["NoteAdder", "Notes", "TaskAdder", "Tasks"]

A = TypeVar("A")


def adopt(parent: Entity, child: Entity) -> None:
    """Makes ``child`` a note or task of ``parent``; it is created with the next commit."""
    before = child._relations().get("parent")
    if before is parent:
        return
    if before is not None and child in before._relations().get("children", ()):
        before._relations()["children"].remove(child)
    child._relations()["parent"] = parent
    parent._relations().setdefault("children", []).append(child)
    parent._touch()


class NoteAdder:
    """Adds notes. Reading notes is ``crm.notes.of(lead)``."""

    __slots__ = ("_entity",)

    def __init__(self, entity: Entity) -> None:
        self._entity = entity

    def add(self, text: str | Note, *, created_by: int | None = None) -> Note:
        """Adds a note: an ordinary text, or a ``Note`` of any writable type. Returns it."""
        from .note import Note

        note = text if isinstance(text, Note) else Note(text)
        if created_by is not None:
            note.created_by = created_by
        adopt(self._entity, note)
        return note


class TaskAdder:
    """Adds tasks. Reading tasks is ``crm.tasks.of(lead)``."""

    __slots__ = ("_entity",)

    def __init__(self, entity: Entity) -> None:
        self._entity = entity

    def add(
        self,
        text: str | Task,
        *,
        due: datetime | int | None = None,
        responsible: User | int | None = None,
        task_type: int | None = None,
    ) -> Task:
        """Adds a task. Returns it.

        Args:
            text: what is to be done, or a ``Task``.
            due: deadline, an aware datetime; needed unless a ``Task`` is given.
            responsible: who is to do it; the owner of the token by default.
            task_type: 1 follow-up, 2 meeting, others are those of the account.
        """
        from .task import Task

        if isinstance(text, Task):
            task = text
        elif due is None:
            raise TypeError("a task needs a deadline: tasks.add(text, due=datetime(...))")
        else:
            task = Task(text, due=due)
        if responsible is not None:
            task.responsible = responsible
        if task_type is not None:
            task.task_type_id = task_type
        adopt(self._entity, task)
        return task


class _Adder(Relation, Generic[A]):
    adder: Any

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Entity, owner: Any) -> A: ...
    def __get__(self, instance: Entity | None, owner: Any) -> Any:
        return self if instance is None else self.adder(instance)


class Notes(_Adder[NoteAdder]):
    """The notes of an entity."""

    kind, adder = "notes", NoteAdder


class Tasks(_Adder[TaskAdder]):
    """The tasks of an entity."""

    kind, adder = "tasks", TaskAdder
