"""Events of tasks, notes and elements of lists."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import UNSET

from amocrm_gen.models import catalogs, notes, tasks
from amocrm_gen.models.hooks import HookCatalogElement, HookNote, HookNoteItem, HookTask

from ..._core.orm.identity import stub_origin
from .._payload import v2_to_v4
from .base import ADDED, EntityEvent, given

if TYPE_CHECKING:
    from ...entities import CatalogElement, Task

__all__ = [
    "CatalogElementAdded",
    "CatalogElementDeleted",
    "CatalogElementEvent",
    "CatalogElementUpdated",
    "CompanyNoteAdded",
    "ContactNoteAdded",
    "CustomerNoteAdded",
    "LeadNoteAdded",
    "NoteAdded",
    "TaskAdded",
    "TaskDeleted",
    "TaskEvent",
    "TaskResponsibleChanged",
    "TaskUpdated",
]


# ---- tasks --------------------------------------------------------------------------------------------
class TaskEvent(EntityEvent[HookTask]):
    """Event of a task."""

    model = HookTask
    entity_type = "tasks"

    @property
    def task_id(self) -> int:
        """Id of the task."""
        return self.payload.id

    @property
    def parent_type(self) -> str | None:
        """Type of the entity that the task belongs to: ``leads``, ``contacts``, ``companies``, ``customers``."""
        return v2_to_v4.ENTITY_TYPES.get(given(self.payload.element_type) or 0)

    @property
    def parent_id(self) -> int | None:
        """Id of the entity that the task belongs to."""
        return given(self.payload.element_id)

    @cached_property
    def record(self) -> tasks.Task:
        """The task as a model of API v4."""
        return v2_to_v4.task(self.payload, full=self.full)

    @cached_property
    def task(self) -> Task:
        """The task, typed. Values that the delivery lacks raise `NotLoaded`. It belongs to no session."""
        from ...entities import Task

        return Task._from_api(self.record, stub_origin(self.account.host))


class TaskAdded(TaskEvent):
    """Creation of a task."""

    code = "add_task"
    _moments = ADDED


class TaskUpdated(TaskEvent):
    """Change or completion of a task. Completing one with a result can send two of these."""

    code = "update_task"

    @property
    def completed(self) -> bool:
        """Whether this change completed the task."""
        return given(self.payload.action_close) is True

    @property
    def result(self) -> str | None:
        """Text of the result, ``None`` without one."""
        result = self.payload.result
        return None if result is UNSET else given(result.text)


class TaskDeleted(TaskEvent):
    """Deletion of a task; only its id is known."""

    code, full = "delete_task", False
    _moments = ()


class TaskResponsibleChanged(TaskUpdated):
    """Change of a task's responsible user: an update with another earlier responsible user."""

    code = "responsible_task"

    @property
    def old_responsible_user_id(self) -> int | None:
        """Responsible user before the change."""
        return given(self.payload.old_responsible_user_id)


# ---- notes --------------------------------------------------------------------------------------------
class NoteAdded(EntityEvent[HookNoteItem]):
    """New note of an entity. A note with a text and a file comes as two of these."""

    model = HookNoteItem
    _moments = ("note.created_at", "note.date_create", "note.updated_at", "note.timestamp_x")
    needs = ("note",)

    @property
    def note(self) -> HookNote:
        """The note with the names of the API."""
        return self.payload.note  # type: ignore[return-value]  # read() refuses an item without one

    @property
    def entity_id(self) -> int:
        """Id of the entity that the note was added to, 0 if the delivery lacks it."""
        return given(self.note.element_id) or 0

    @property
    def note_id(self) -> int:
        """Id of the note."""
        return self.note.id

    @property
    def text(self) -> str | None:
        """Text of the note; JSON for calls (see ``record.params``)."""
        return given(self.note.text)

    @property
    def note_type(self) -> str | None:
        """Type of the note by its name in API v4, the number as text where no name is known."""
        return given(self.record.note_type)

    @property
    def changed_by(self) -> int | None:
        """Id of the user who wrote it."""
        return given(self.note.modified_by)

    @cached_property
    def record(self) -> notes.Note:
        """The note as a model of API v4."""
        return v2_to_v4.note(self.note)


class LeadNoteAdded(NoteAdded):
    """New note of a lead."""

    code, entity_type = "note_lead", "leads"


class ContactNoteAdded(NoteAdded):
    """New note of a contact."""

    code, entity_type = "note_contact", "contacts"


class CompanyNoteAdded(NoteAdded):
    """New note of a company."""

    code, entity_type = "note_company", "companies"


class CustomerNoteAdded(NoteAdded):
    """New note of a customer."""

    code, entity_type = "note_customer", "customers"


# ---- elements of lists --------------------------------------------------------------------------------
class CatalogElementEvent(EntityEvent[HookCatalogElement]):
    """Event of an element of a list. Chosen per list in the web interface, not by the API."""

    model = HookCatalogElement
    entity_type = "catalog_elements"

    @property
    def element_id(self) -> int:
        """Id of the element."""
        return self.payload.id

    @property
    def catalog_id(self) -> int | None:
        """List of the element."""
        return given(self.payload.catalog_id)

    @cached_property
    def record(self) -> catalogs.CatalogElement:
        """The element as a model of API v4."""
        return v2_to_v4.catalog_element(self.payload, full=self.full)

    @cached_property
    def element(self) -> CatalogElement:
        """The element, typed. Values that the delivery lacks raise `NotLoaded`. It belongs to no session."""
        from ...entities import CatalogElement

        return CatalogElement._from_api(self.record, stub_origin(self.account.host))


class CatalogElementAdded(CatalogElementEvent):
    """New element of a list."""

    code = "add_catalog_element"
    _moments = ADDED


class CatalogElementUpdated(CatalogElementEvent):
    """Change of an element of a list."""

    code = "update_catalog_element"


class CatalogElementDeleted(CatalogElementEvent):
    """Deletion of an element of a list; only its id and list are known."""

    code, full = "delete_catalog_element", False
    _moments = ()
