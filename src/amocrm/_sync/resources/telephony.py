"""Calls of a telephony: ``crm.calls``."""
# GENERATED from src/amocrm/_async/resources/telephony.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import UNSET

from amocrm._core.arguments import checked
from amocrm.entities import Call

from ..orm.account import Area

if TYPE_CHECKING:
    from amocrm_gen.models.calls import CallWritten

__all__ = ["Calls"]


@checked()
class Calls(Area):
    """Calls; the API takes them only. Read them as notes of the types ``call_in`` and ``call_out``."""

    def create(self, call: Call) -> CallWritten | None:
        """Log a call; return where it was put, ``None`` where no contact has the number.

        Example:
            >>> crm.calls.create(Call(phone="+79001234567", direction="inbound", duration=61, source="ats",
            ...     link="https://ats.example.com/records/1.mp3"))
        """
        return (self.create_all([call]))[0]

    def create_all(self, calls: Iterable[Call]) -> list[CallWritten | None]:
        """Log calls, 250 in a request; return where each was put, ``None`` where no contact has the number.

        Raises:
            ValidationError: refused, or no contact has any of the numbers of a request.
        """
        items = [{**call.body(), "request_id": str(place)} for place, call in enumerate(calls)]
        written: dict[str, CallWritten] = {}
        for answer in self._account.call_in_parts("calls.create_calls", items):
            listed = UNSET if answer.embedded is UNSET else answer.embedded.calls
            written.update({str(call.request_id): call for call in listed or ()})
        return [written.get(item["request_id"]) for item in items]
