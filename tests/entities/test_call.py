"""Calls are logged as the API wants them."""

from __future__ import annotations

from datetime import UTC, datetime

from amocrm import Call


def test_a_call_has_the_names_of_the_api() -> None:
    """Result, status and user have longer names on the wire; a moment is in seconds; nothing unset is sent."""
    when = datetime(2030, 1, 1, tzinfo=UTC)
    call = Call(
        phone="1", direction="inbound", duration=5, source="ats", result="успех", status=4, created_at=when
    )

    assert call.body() == {
        "phone": "1",
        "direction": "inbound",
        "duration": 5,
        "source": "ats",
        "call_result": "успех",
        "call_status": 4,
        "created_at": 1_893_456_000,
    }
