"""Notes (примечания)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from .._core.arguments import check_text, shown_value
from ._adoption import Children, attach_child
from ._attributes import Attribute, Id, Plain
from ._base import Entity, arguments
from ._generated import notes as _generated
from ._holder import Holder

P = TypeVar("P")

__all__ = ["Note", "NoteList"]


class _NoteText(Attribute["str | None", "str | None"]):
    """Attribute with the text inside ``params``."""

    def __init__(self) -> None:
        super().__init__("params")

    def _out(self, raw: Any, instance: Holder) -> Any:
        return raw.get("text") if isinstance(raw, Mapping) else None

    def __set__(self, instance: Holder, value: str | None) -> None:
        check_text("text", value)
        params = Note.params.__get__(instance, Note)
        instance._set("params", {**(params or {}), "text": value})


def _content(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(
            f"params must be a mapping, got {shown_value(value)}; for an ordinary note write Note(text='...')"
        )
    return dict(value)


class _Params(Plain["dict[str, Any]"]):
    """Attribute with the content of a note; the API sends an empty list if there is none."""

    def _out(self, raw: Any, instance: Holder) -> Any:
        return dict(raw) if isinstance(raw, Mapping) else {}

    def _in(self, value: Any) -> Any:
        return _content(value)


class Note(_generated.Note):
    """Note in the feed of a lead, contact or company.

    Args:
        text: text of the note, stored as ``text`` in ``params``.
        note_type: ``common`` by default; ``call_in``, ``call_out``, ``service_message`` and others.
        params: content of other types.
        entity: entity that the note belongs to; ``lead.notes.add(...)`` does the same.

    Example:
        >>> lead.notes.add(Note(note_type="service_message", params={"service": "Касса", "text": "Оплачено"}))
        <Note new 'Оплачено'>
    """

    params = _Params()
    text = _NoteText()
    entity_id = Id(readonly=True)

    def __init__(
        self,
        text: str | UnsetType = UNSET,
        *,
        note_type: str = "common",
        params: Mapping[str, Any] | UnsetType = UNSET,
        entity: Entity | None = None,
        created_by: int | UnsetType = UNSET,
        responsible_user_id: int | UnsetType = UNSET,
        updated_by: int | UnsetType = UNSET,
        created_at: datetime | int | UnsetType = UNSET,
        updated_at: datetime | int | UnsetType = UNSET,
        is_need_to_trigger_digital_pipeline: bool | UnsetType = UNSET,
    ) -> None:
        content = {} if params is UNSET else _content(params)
        if text is not UNSET:
            check_text("text", text)
            content["text"] = text
        values = arguments(locals(), without=("text", "entity", "content"))
        self._init_from_arguments({**values, "params": content}, {})
        if entity is not None:
            attach_child(entity, self)

    def content(self, shape: type[P]) -> P | None:
        """Return the content as a model of ``amocrm_gen.models.notes``, None for a note of another type.

        Example:
            >>> from amocrm_gen.models.notes import CallNoteParams
            >>> note = Note(note_type="call_in", params={"duration": 61})
            >>> note.content(CallNoteParams).duration
            61
        """
        from amocrm_gen.models.notes import NOTE_PARAMS

        content = NOTE_PARAMS.read(self.note_type, self.params)
        return content if isinstance(content, shape) else None

    def _title(self) -> Any:
        params = self._current_value("params")
        return params.get("text") if isinstance(params, Mapping) else None


class NoteList(Children[Note]):
    """Notes of an entity; see ``Children``."""

    __slots__ = ()

    @property
    def pinned(self) -> Note | None:
        """The note that is pinned in the card."""
        return next((note for note in self if note._data.is_pinned is True), None)

    def add(self, text: str | Note, *, created_by: int | None = None) -> Note:
        """Add a note and return it.

        Args:
            text: text of an ordinary note, or a ``Note`` of any writable type.
            created_by: id of the user to show as the author.

        Example:
            >>> lead.notes.add("Перезвонить завтра")
            <Note new 'Перезвонить завтра'>
        """
        note = text if isinstance(text, Note) else Note(text)
        if created_by is not None:
            note.created_by = created_by
        attach_child(self._entity, note)
        return note
