"""Events of what stands beside entities: tasks, notes, elements of lists."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import UNSET

from amocrm_gen.models import catalogs, notes, tasks
from amocrm_gen.models.hooks import HookCatalogElement, HookNote, HookNoteItem, HookTask

from ..._core.orm.identity import stub_origin
from .._parsing import v2_to_v4 as bridge
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
    """Something happened to a task."""

    model = HookTask
    entity_type = "tasks"

    @property
    def task_id(self) -> int:
        """Id of the task."""
        return self.payload.id

    @property
    def parent_type(self) -> str | None:
        """Type of the entity that the task belongs to: ``leads``, ``contacts``, ``companies``, ``customers``."""
        return bridge.ENTITY_TYPES.get(given(self.payload.element_type) or 0)

    @property
    def parent_id(self) -> int | None:
        """Id of the entity that the task belongs to."""
        return given(self.payload.element_id)

    @cached_property
    def record(self) -> tasks.Task:
        """The task as API v4 has it."""
        return bridge.task(self.payload, full=self.full)

    @cached_property
    def task(self) -> Task:
        """The task, typed. What the delivery does not say raises `NotLoaded`; it belongs to no session."""
        from ...entities import Task

        return Task._from_api(self.record, stub_origin(self.account.host))


class TaskAdded(TaskEvent):
    """A task was added."""

    code = "add_task"
    _moments = ADDED


class TaskUpdated(TaskEvent):
    """A task was changed or completed. Completing one with a result can send two of these."""

    code = "update_task"

    @property
    def completed(self) -> bool:
        """Whether this very change completed the task."""
        return given(self.payload.action_close) is True

    @property
    def result(self) -> str | None:
        """Text of the result, when one was given."""
        found = self.payload.result
        return None if found is UNSET else given(found.text)


class TaskDeleted(TaskEvent):
    """A task was deleted; only its id is known."""

    code, full = "delete_task", False
    _moments = ()


class TaskResponsibleChanged(TaskUpdated):
    """A task got another responsible user: an update whose earlier responsible user is another one."""

    code = "responsible_task"

    @property
    def old_responsible_user_id(self) -> int | None:
        """Responsible user before the change."""
        return given(self.payload.old_responsible_user_id)


# ---- notes --------------------------------------------------------------------------------------------
class NoteAdded(EntityEvent[HookNoteItem]):
    """A note was added to an entity. A note with a text and a file comes as two of these."""

    model = HookNoteItem
    _moments = ("note.created_at", "note.date_create", "note.updated_at", "note.timestamp_x")
    needs = ("note",)

    @property
    def note(self) -> HookNote:
        """The note in the words of the wire."""
        return self.payload.note  # type: ignore[return-value]  # read() refuses an item without one

    @property
    def entity_id(self) -> int:
        """Id of the entity that the note was added to, 0 when the delivery does not say."""
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
        """The note as API v4 has it."""
        return bridge.note(self.note)


class LeadNoteAdded(NoteAdded):
    """A note was added to a lead."""

    code, entity_type = "note_lead", "leads"


class ContactNoteAdded(NoteAdded):
    """A note was added to a contact."""

    code, entity_type = "note_contact", "contacts"


class CompanyNoteAdded(NoteAdded):
    """A note was added to a company."""

    code, entity_type = "note_company", "companies"


class CustomerNoteAdded(NoteAdded):
    """A note was added to a customer."""

    code, entity_type = "note_customer", "customers"


# ---- elements of lists --------------------------------------------------------------------------------
class CatalogElementEvent(EntityEvent[HookCatalogElement]):
    """Something happened to an element of a list. Chosen per list in the web interface, not by the API."""

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
        """The element as API v4 has it."""
        return bridge.catalog_element(self.payload, full=self.full)

    @cached_property
    def element(self) -> CatalogElement:
        """The element, typed. What the delivery does not say raises `NotLoaded`; it belongs to no session."""
        from ...entities import CatalogElement

        return CatalogElement._from_api(self.record, stub_origin(self.account.host))


class CatalogElementAdded(CatalogElementEvent):
    """An element was added to a list."""

    code = "add_catalog_element"
    _moments = ADDED


class CatalogElementUpdated(CatalogElementEvent):
    """An element of a list was changed."""

    code = "update_catalog_element"


class CatalogElementDeleted(CatalogElementEvent):
    """An element of a list was deleted; only its id and list are known."""

    code, full = "delete_catalog_element", False
    _moments = ()
