"""Log the calls of a telephony; a stranger's call becomes a contact with a deal and a task to call back.

1 request for 250 calls whose numbers are known; with strangers among them 1 more for 250 of them, and those of one
commit: contacts, deals, tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from amocrm import AsyncAmoCRM, Call, Contact, Lead, Note
from amocrm.errors import ValidationError
from amocrm_gen.models.notes import CallNoteParams

__all__ = ["log_calls", "records_of"]


async def log_calls(crm: AsyncAmoCRM, calls: Sequence[Call], call_back: datetime) -> int:
    """Log calls, those of strangers too; return the number of strangers."""
    try:
        placed = await crm.calls.create_all(calls)
    except ValidationError:  # nobody has any of the numbers
        placed = [None] * len(calls)
    unknown = [call for call, place in zip(calls, placed, strict=True) if place is None]
    strangers = dict.fromkeys(call.phone for call in unknown)
    if strangers:
        async with crm.session() as session:
            for phone in strangers:
                caller = Contact(name=f"Call from {phone}", phone=phone)
                lead = session.add(Lead(name=f"Call from {phone}", contacts=[caller]))
                lead.tasks.add("Call back", due=call_back)
        await crm.calls.create_all(unknown)
    return len(strangers)


async def records_of(crm: AsyncAmoCRM, contact: Contact) -> list[tuple[int, str]]:
    """Return duration and address of the recording of each call of a contact; 1 request for 250 notes."""
    query = crm.notes.of(contact).where(Note.note_type.in_("call_in", "call_out"))
    calls = [note.content(CallNoteParams) async for note in query]
    return [(int(call.duration or 0), str(call.link)) for call in calls if call is not None]
