"""Calls of a telephony: ``crm.calls``."""
# GENERATED from src/amocrm/_async/resources/telephony.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from amocrm._core.arguments import checked
from amocrm._core.orm.operations import batches, endpoint
from amocrm.entities import Call

from ..orm.account import AccountState

if TYPE_CHECKING:
    from amocrm_gen.models.calls import CallWritten

__all__ = ["Calls"]


@checked()
class Calls:
    """Calls; the API takes them only. Read them as notes of the types ``call_in`` and ``call_out``."""

    def __init__(self, account: AccountState) -> None:
        self._account = account

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
        given, result = list(calls), list[Any]()
        operation = endpoint("calls.create_calls")
        for part in batches(operation, given):
            body = [{**call.body(), "request_id": str(place)} for place, call in enumerate(part)]
            parsed = operation.parse(self._account.send(operation.request(body=body)))
            listed = UNSET if parsed.embedded is UNSET else parsed.embedded.calls
            by_key = {str(item.request_id): item for item in ([] if listed is UNSET else listed)}
            result += [by_key.get(str(place)) for place in range(len(part))]
        return result
