"""Incoming leads ("unsorted"): how they come in, and what accepting and declining does."""

from __future__ import annotations

from typing import Any

from ..engine.messages import encode
from .context import Context
from .relations import links_of
from .stages import unsorted_stage

__all__ = ["accept", "add_unsorted", "decline", "members", "settle", "update_unsorted"]


def add_unsorted(
    ctx: Context,
    category: str,
    lead_id: int,
    pipeline_id: int,
    body: dict[str, Any],
    created_at: int | None = None,
) -> str:
    """Put a lead into the stage of incoming leads, from any stage, and return the uid of the record.

    Args:
        ctx: The request.
        category: `sip`, `forms`, `chats` or `mail`.
        lead_id: The lead.
        pipeline_id: Pipeline whose stage of incoming leads is meant.
        body: `metadata` and, where known, `source_uid` and `source_name`.
        created_at: Unix seconds; None for now.
    """
    status_id = unsorted_stage(ctx.store, pipeline_id)
    ctx.store.update("leads", lead_id, {"status_id": status_id, "pipeline_id": pipeline_id, "is_unsorted": 1})
    uid = f"{ctx.account.random.getrandbits(160):040x}"
    record = {"uid": uid, "category": category, "lead_id": lead_id, "pipeline_id": pipeline_id}
    ctx.store.insert("unsorted", {**record, "created_at": created_at or ctx.now, "body": encode(body)})
    ctx.changes.hook("add_unsorted", "unsorted", uid)
    return uid


def update_unsorted(ctx: Context, uid: str, body: dict[str, Any]) -> None:
    """Give an incoming lead a new body, for example after another message of the client."""
    ctx.store.execute("UPDATE unsorted SET body=? WHERE uid=?", (encode(body), uid))
    ctx.changes.hook("update_unsorted", "unsorted", uid)


def members(ctx: Context, lead_id: int) -> dict[str, list[int]]:
    """Return the ids of an incoming lead and of the contacts and companies attached to it."""
    links = links_of(ctx.store, "leads", [lead_id])[lead_id]
    partner_ids = {kind: [link[1] for link in links if link[0] == kind] for kind in ("contacts", "companies")}
    return {"leads": [lead_id], **partner_ids}


def accept(ctx: Context, lead_id: int, place: dict[str, Any], user_id: int | None) -> dict[str, list[int]]:
    """Make an incoming lead a lead like any other, and its contact and company visible."""
    result = members(ctx, lead_id)
    for kind, ids in result.items():
        for id in ids:
            if not ctx.store.value(f"SELECT is_unsorted FROM {kind} WHERE id=?", (id,)):
                continue
            row = {"is_unsorted": 0, "updated_at": ctx.now, **(place if kind == "leads" else {})}
            if user_id is not None:
                row["created_by"] = user_id
            ctx.store.update(kind, id, row)
            ctx.changes.added(kind, id)
    return result


def decline(ctx: Context, lead_id: int) -> dict[str, list[int]]:
    """Put an incoming lead into the bin, together with the contact and company that came with it."""
    member_ids = members(ctx, lead_id)
    gone: dict[str, list[int]] = {}
    for kind, ids in member_ids.items():
        gone[kind] = []
        for id in ids:
            if ctx.store.value(f"SELECT is_unsorted FROM {kind} WHERE id=?", (id,)):
                ctx.store.update(kind, id, {"is_deleted": 1, "updated_at": ctx.now})
                gone[kind].append(id)
    return gone


def settle(ctx: Context, uid: str, category: str, state: str, result: dict[str, list[int]]) -> None:
    """Close the record; `state` is `accept` or `decline`, which is what the delivery says."""
    ctx.store.execute("UPDATE unsorted SET state=?, sorted_at=? WHERE uid=?", (state, ctx.now, uid))
    keys = ("leads", "contacts") if state == "accept" else ("leads",)
    record = {"action": state, "uid": uid, "category": category, "created_at": ctx.now}
    shown = {key: result[key] for key in keys if result.get(key)}
    ctx.changes.hook(
        "delete_unsorted",
        "unsorted",
        uid,
        **record,
        modified_user_id=ctx.user["id"],
        **{f"{state}_result": shown},
    )
