"""Notes (примечания)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET, UnsetType

from ._attributes import Attribute, Flag, Id, Moment, Plain
from ._attributes import Text as _Text
from ._base import Entity
from ._children import adopt
from ._parent import ParentLink

__all__ = ["Note"]


class _NoteText(Attribute["str | None", "str | None"]):
    """The text inside of ``params``."""

    def __init__(self) -> None:
        super().__init__("params")

    def _out(self, raw: Any, instance: Entity) -> Any:
        return raw.get("text") if isinstance(raw, Mapping) else None

    def __set__(self, instance: Entity, value: str | None) -> None:
        params = Note.params.__get__(instance, Note)
        instance._set("params", {**(params or {}), "text": value})


class _Params(Plain["dict[str, Any]"]):
    """The content of a note; the API has an empty list where there is none."""

    def _out(self, raw: Any, instance: Entity) -> Any:
        return dict(raw) if isinstance(raw, Mapping) else {}

    def _in(self, value: Any) -> Any:
        return dict(value)


class Note(Entity):
    """A note in the feed of a lead, contact or company.

    Args:
        text: text of an ordinary note; of other types the ``text`` among ``params``.
        note_type: ``common`` by default; ``call_in``, ``call_out``, ``service_message`` and others.
        params: content of other types.
        entity: what it belongs to; ``lead.notes.add(...)`` does the same.

    Example:
        >>> lead.notes.add(Note(note_type="service_message", params={"service": "Касса", "text": "Оплачено"}))
        <Note new 'Оплачено'>
    """

    _kind = "notes"
    _names = ("notes", "Note", "NoteFilter", "NoteOrder")

    note_type = _Text(nullable=False)
    params = _Params()
    text = _NoteText()
    responsible_user_id = Id()
    created_by = Id()
    updated_by = Id()
    created_at = Moment[datetime](nullable=False)
    updated_at = Moment[datetime](nullable=False)
    entity_id = Id(readonly=True)
    group_id = Id(readonly=True)
    account_id = Id(readonly=True)
    is_pinned = Flag(readonly=True, nullable=False)
    is_need_to_trigger_digital_pipeline = Flag()

    entity = ParentLink()

    def __init__(
        self,
        text: str | UnsetType = UNSET,
        *,
        note_type: str = "common",
        params: Mapping[str, Any] | UnsetType = UNSET,
        entity: Entity | None = None,
        created_by: int | UnsetType = UNSET,
        responsible_user_id: int | UnsetType = UNSET,
        created_at: datetime | int | UnsetType = UNSET,
    ) -> None:
        content = {} if params is UNSET else dict(params)
        if text is not UNSET:
            content["text"] = text
        given = {"note_type": note_type, "params": content, "created_by": created_by}
        self._start({**given, "responsible_user_id": responsible_user_id, "created_at": created_at}, {})
        if entity is not None:
            adopt(entity, self)

    def _title(self) -> Any:
        params = self._now("params")
        return params.get("text") if isinstance(params, Mapping) else None
