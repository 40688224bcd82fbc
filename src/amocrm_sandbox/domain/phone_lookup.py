"""Lookup of entities by phone number."""

from __future__ import annotations

from .context import Context
from .relations import links_of
from .stages import CLOSED

__all__ = ["caller"]

DIGITS = 10


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())[-DIGITS:]


def caller(ctx: Context, phone: str) -> tuple[str, int] | None:
    """Return the entity that a call of this number belongs to, or None if no entity has it.

    The number is looked for by its last ten digits among contacts, then companies. The call goes to the only active
    lead, to the only customer, or else to the contact or company itself.
    """
    wanted = _digits(phone)
    holder = _holder(ctx, wanted) if wanted else None
    if holder is None:
        return None
    kind, id = holder
    linked = [(other, other_id) for other, other_id, _, _ in links_of(ctx.store, kind, [id])[id]]
    leads = [pair for pair in linked if pair[0] == "leads" and _is_active(ctx, pair[1])]
    customers = [pair for pair in linked if pair[0] == "customers" and _is_there(ctx, pair[1])]
    if len(leads) == 1 and not customers:
        return leads[0]
    return customers[0] if len(customers) == 1 and not leads else holder


def _holder(ctx: Context, wanted: str) -> tuple[str, int] | None:
    for kind in ("contacts", "companies"):
        fields = [
            field["id"]
            for field in ctx.store.documents("fields").values()
            if field["code"] == "PHONE" and field["entity_type"] == kind
        ]
        for field_id in fields:
            rows = ctx.store.rows(
                f"SELECT entity_id, value FROM field_values JOIN {kind} ON id=entity_id "
                "WHERE field_id=? AND is_deleted=0 ORDER BY entity_id",
                (field_id,),
            )
            for id, value in rows:
                # Numbers are kept as numbers where they are nothing else.
                text = str(int(value)) if isinstance(value, float) else str(value)
                if _digits(text) == wanted:
                    return kind, id
    return None


def _is_active(ctx: Context, id: int) -> bool:
    status = ctx.store.value("SELECT status_id FROM leads WHERE id=? AND is_deleted=0", (id,))
    return status is not None and status not in CLOSED


def _is_there(ctx: Context, id: int) -> bool:
    return ctx.store.row("SELECT 1 FROM customers WHERE id=? AND is_deleted=0", (id,)) is not None
