"""`params` of notes, per type."""

from __future__ import annotations

from typing import Any

from .context import Item

__all__ = ["WRITABLE", "check_params", "show_params"]

_CALL = {
    "uniq": "string",
    "duration": "integer",
    "source": "string",
    "link": "string",
    "phone": "string",
    "call_responsible": "string|integer",
    "call_result": "string",
    "call_status": "integer",
}
_MESSAGE = {"service": "string", "text": "string"}
_PAID = {**_MESSAGE, "icon_url": "string"}
_SMS = {"text": "string", "phone": "string"}
_TARGETING = {"contacts": "array|null", "campaign": "string|null", "service": "string|integer"}

# Keys and their types by note type; these are the types that can be written.
WRITABLE: dict[str, dict[str, str]] = {
    "common": {"text": "string"},
    "call_in": _CALL,
    "call_out": _CALL,
    "service_message": _MESSAGE,
    "extended_service_message": _MESSAGE,
    "message_cashier": {"status": "string", "text": "string"},
    "geolocation": {"text": "string", "address": "string", "longitude": "string", "latitude": "string"},
    "sms_in": _SMS,
    "sms_out": _SMS,
    "attachment": {"file_uuid": "string", "file_name": "string", "version_uuid": "string"},
    "invoice_paid": _PAID,
    "bill_paid": _PAID,
    "site_visit": {"url": "string"},
    "targeting_in": _TARGETING,
    "targeting_out": _TARGETING,
    "zoom_meeting": {"conference": "object|null", "recordings": "array|null"},
    "ai_result": {"text": "string", "answer_id": "string", "talk_id": "integer", "is_error": "boolean"},
}
# Without these a note of the type says nothing; the documentation prints no table of required keys.
_REQUIRED: dict[str, tuple[str, ...]] = {
    "common": ("text",),
    "service_message": ("service", "text"),
    "extended_service_message": ("service", "text"),
    "sms_in": ("text", "phone"),
    "sms_out": ("text", "phone"),
    "attachment": ("file_uuid",),
    "site_visit": ("url",),
}
# uncertain: one integrator reports it from production (FieldMissing, NotBlank), no page says so.
_REQUIRED_OF_CALLS = ("duration", "source")
_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def check_params(item: Item, note_type: Any, params: Any, strict: bool) -> dict[str, Any]:
    """Return the params to keep; what is wrong with them goes to the item.

    A key that the type does not know is refused, and a null where a value belongs gives `NotNullable`.

    Args:
        item: Where errors go.
        note_type: Type of the note.
        params: What was sent.
        strict: Whether a call needs its duration and its source.
    """
    types = WRITABLE.get(note_type) if isinstance(note_type, str) else None
    if types is None:
        item.error("FieldMissing" if note_type is None else "NotSupportedChoice", "note_type")
        return {}
    if params is None:
        item.error("FieldMissing", "params")
        return {}
    if params == []:
        # PHP's object without keys.
        params = {}
    if not isinstance(params, dict):
        item.error("InvalidType", "params", "object")
        return {}
    is_strict_call = strict and note_type in ("call_in", "call_out")
    for key in _REQUIRED_OF_CALLS if is_strict_call else _REQUIRED.get(note_type, ()):
        if key not in params:
            item.error("FieldMissing", f"params.{key}")
    if is_strict_call and params.get("source") == "":
        item.error("NotBlank", "params.source")
    for key, value in params.items():
        if key not in types:
            item.error("FieldNotExpected", f"params.{key}")
            continue
        names = types[key].split("|")
        if value is None and "null" not in names:
            item.error("NotNullable", f"params.{key}")
        elif not any(_is(value, name) for name in names):
            item.error("InvalidType", f"params.{key}", " or ".join(names))
    if note_type == "message_cashier" and params.get("status") not in ("created", "shown", "canceled"):
        item.error("NotSupportedChoice", "params.status")
    return params


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and not (isinstance(value, bool) and name != "boolean")


def show_params(note_type: str, params: dict[str, Any]) -> Any:
    """Return the params as they are read: `[]` when empty, and an attachment with the names that reading adds."""
    if not params:
        return []
    if note_type == "attachment":
        return {"is_drive_attachment": True, "text": params["original_name"], **params}
    return params
