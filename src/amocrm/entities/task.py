"""Tasks (задачи)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from msgspec import UNSET, UnsetType

from .._core.arguments import check_text
from ._adoption import Children, attach_child
from ._attributes import Attribute, Id, Moment, Text
from ._base import Entity, arguments
from ._generated import tasks as _generated
from ._holder import Holder

if TYPE_CHECKING:
    from .user import User

__all__ = ["Task", "TaskList"]


class _Result(Attribute["str | None", "str | None"]):
    """Attribute with the result of a task; the API sends an object, or an empty list if there is none."""

    def _out(self, raw: Any, instance: Holder) -> Any:
        text = getattr(raw, "text", None)
        return None if text is UNSET else text

    def _in(self, value: Any) -> Any:
        from amocrm_gen.models.tasks import TaskResult

        check_text("result", value)
        return TaskResult(text="" if value is None else value)


class Task(_generated.Task):
    """Task with a deadline and a responsible user, of an entity or of none.

    Args:
        text: text of the task.
        due: deadline, an aware datetime or Unix seconds.
        entity: lead, contact or company that it belongs to; ``lead.tasks.add(...)`` does the same.
        responsible: user who does it; the owner of the token by default.
        task_type_id: 1 follow-up, 2 meeting, others are those of the account.
        duration: seconds.

    Example:
        >>> session.add(Task("Позвонить", due=tomorrow, entity=lead))
        <Task new 'Позвонить'>
    """

    due = Moment[datetime]("complete_till", nullable=False)
    complete_till = Moment[datetime](nullable=False)
    result = _Result()
    entity_id = Id(readonly=True)
    entity_type = Text(readonly=True)

    def __init__(
        self,
        text: str,
        *,
        due: datetime | int,
        entity: Entity | None = None,
        responsible: User | int | UnsetType | None = UNSET,
        responsible_user_id: int | UnsetType = UNSET,
        task_type_id: int | UnsetType = UNSET,
        duration: int | UnsetType = UNSET,
        result: str | UnsetType = UNSET,
        is_completed: bool | UnsetType = UNSET,
        created_by: int | UnsetType = UNSET,
        updated_by: int | UnsetType = UNSET,
        created_at: datetime | int | UnsetType = UNSET,
        updated_at: datetime | int | UnsetType = UNSET,
    ) -> None:
        self._init_from_arguments(arguments(locals(), without=("entity",)), {})
        if entity is not None:
            attach_child(entity, self)

    def _title(self) -> Any:
        return self._current_value("text")

    def complete(self, result: str | None = None) -> None:
        """Mark the task as done, with its result."""
        self.is_completed = True
        if result is not None:
            self.result = result


class TaskList(Children[Task]):
    """Tasks of an entity; see ``Children``."""

    __slots__ = ()

    def add(
        self,
        text: str | Task,
        *,
        due: datetime | int | None = None,
        responsible: User | int | None = None,
        task_type: int | None = None,
    ) -> Task:
        """Add a task and return it.

        Args:
            text: text of the task, or a ``Task``.
            due: deadline, an aware datetime or Unix seconds; required unless ``text`` is a ``Task``.
            responsible: user who does it; the owner of the token by default.
            task_type: 1 follow-up, 2 meeting, others are those of the account.

        Raises:
            TypeError: a text was given without a deadline.

        Example:
            >>> lead.tasks.add("Позвонить", due=tomorrow)
            <Task new 'Позвонить'>
        """
        if due is None and not isinstance(text, Task):
            raise TypeError(
                "due must be an aware datetime or Unix seconds, got None; write tasks.add(text, due=...)"
            )
        task = text if isinstance(text, Task) else Task(text, due=cast("datetime", due))
        if due is not None:
            task.due = due
        if responsible is not None:
            task.responsible = responsible
        if task_type is not None:
            task.task_type_id = task_type
        attach_child(self._entity, task)
        return task
