"""Calls (звонки) of a telephony, to be logged."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from .._core.orm.operations import filled
from .._core.orm.times import seconds

__all__ = ["Call"]


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Call to log: it becomes a note of the contact or company with this number, or of its lead.

    Attributes:
        phone: number of the client.
        direction: ``inbound`` or ``outbound``.
        duration: seconds.
        source: name of the telephony.
        link: address of the recording.
        uniq: id of the call in the telephony.
        result: what came of it, in words.
        status: 1 message left, 2 call back, 3 not there, 4 talked, 5 wrong number, 6 no answer, 7 busy.
        responsible: id or name of the user who talked.
        responsible_user_id, created_by: ids of users.
        created_at: when it was, now by default.
    """

    phone: str
    direction: Literal["inbound", "outbound"]
    duration: int
    source: str
    link: str | None = None
    uniq: str | None = None
    result: str | None = None
    status: int | None = None
    responsible: str | int | None = None
    responsible_user_id: int | None = None
    created_by: int | None = None
    created_at: datetime | int | None = None

    def body(self) -> dict[str, Any]:
        """Return the item of the request."""
        names = {"result": "call_result", "status": "call_status", "responsible": "call_responsible"}
        body = {names.get(key, key): value for key, value in msgspec.structs.asdict(self).items()}
        return filled(**body | {"created_at": None if self.created_at is None else seconds(self.created_at)})
