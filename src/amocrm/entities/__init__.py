"""What a user holds: leads, contacts, companies, tasks, notes, tags, users, pipelines and their stages."""

from __future__ import annotations

from typing import Any

from ._base import Entity
from .company import Company
from .contact import Contact
from .lead import Lead
from .note import Note
from .pipeline import Pipeline, Status
from .tag import Tag
from .task import Task
from .user import User

__all__ = [
    "BY_KIND",
    "Company",
    "Contact",
    "Entity",
    "Lead",
    "Note",
    "Pipeline",
    "Status",
    "Tag",
    "Task",
    "User",
]

#: The built-in class of each collection.
BY_KIND: dict[str, Any] = {
    one._kind: one for one in (Lead, Contact, Company, Task, Note, Tag, User, Pipeline, Status)
}
