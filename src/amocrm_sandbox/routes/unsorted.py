"""Incoming leads: list, one, adding calls and forms, accepting, declining, linking, and the summary."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain import access
from ..domain import unsorted as incoming
from ..domain.context import Context, Item, Routes
from ..domain.entities import create
from ..domain.kinds import COMPANIES, CONTACTS, LEADS
from ..domain.relations import link, links_of
from ..domain.selection import Selection
from ..domain.stages import CLOSED, first_stage, main_pipeline, pipeline_of, stage
from ..engine.messages import Response, json_response
from ..engine.php_query import as_list
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

_PATH = "/api/v4/leads/unsorted"
_SELECT = "uid,category,pipeline_id,lead_id,created_at,body"
_KINDS = {"leads": LEADS, "contacts": CONTACTS, "companies": COMPANIES}
CATEGORIES = ("sip", "mail", "forms", "chats")
Record = tuple[str, str, int, int, int, str]


def _embedded(ctx: Context, ids: dict[str, list[int]]) -> dict[str, Any]:
    return {
        kind: [ctx.ref(kind, id) for id in ids.get(kind, ())] for kind in ("contacts", "leads", "companies")
    }


def _show(ctx: Context, record: Any) -> dict[str, Any]:
    uid, category, pipeline_id, lead_id, created_at, body = record
    kept = msgspec.json.decode(body)
    return {
        "uid": uid,
        "source_uid": kept.get("source_uid"),
        "source_name": kept.get("source_name"),
        "category": category,
        "pipeline_id": pipeline_id,
        "created_at": created_at,
        "metadata": kept["metadata"],
        "account_id": ctx.account.settings["id"],
        "_links": ctx.links(f"leads/unsorted/{uid}"),
        "_embedded": _embedded(ctx, incoming.members(ctx, lead_id)),
    }


def _find(ctx: Context) -> Record:
    sql = f"SELECT {_SELECT} FROM unsorted WHERE uid=? AND state='new'"
    record: Any = ctx.store.row(sql, (ctx.params["uid"],))
    if record is None or not access.allows(ctx, "leads", record[3], "view"):
        raise refuse(404, "Unsorted not found")
    if ctx.request.method != "GET" and not access.allows(ctx, "leads", record[3], "edit"):
        raise refuse(403, "Access denied")
    return record  # type: ignore[no-any-return]


def _processed(record: Record, embedded: dict[str, Any]) -> Response:
    uid, category, pipeline_id, _, created_at, _ = record
    head = {"uid": uid, "pipeline_id": pipeline_id, "category": category, "created_at": created_at}
    return json_response({**head, "_embedded": embedded})


@routes("GET", _PATH)
def list_unsorted(ctx: Context) -> Response:
    """List incoming leads that wait."""
    selection = Selection("unsorted")
    selection.where("state='new'")
    access.narrow(ctx, selection, "leads", "lead_id")
    selection.among("uid", as_list(ctx.filter.get("uid")))
    selection.among("category", as_list(ctx.filter.get("category")))
    selection.ids("pipeline_id", ctx.filter.get("pipeline_id"))
    selection.order = "rowid"
    order = ctx.query.get("order")
    for name, direction in order.items() if isinstance(order, dict) else ():
        if name in ("created_at", "updated_at"):
            way = "DESC" if str(direction).lower() == "desc" else "ASC"
            selection.order = f"created_at {way}, rowid {way}"
            break
    rows, has_next = selection.page(ctx, _SELECT)
    return ctx.page_answer("unsorted", [_show(ctx, row) for row in rows], has_next)


@routes("GET", _PATH + "/summary")
def get_summary(ctx: Context) -> Response:
    """Count incoming leads by what became of them and by category."""
    selection = Selection("unsorted")
    selection.among("uid", as_list(ctx.filter.get("uid")))
    selection.between("created_at", ctx.filter.get("created_at"))
    selection.ids("pipeline_id", ctx.filter.get("pipeline_id"))
    selection.order = "uid"
    rows = ctx.store.rows(selection.sql("category, state, sorted_at - created_at"), selection.args)
    times = [row[2] for row in rows if row[2] is not None]
    return json_response(
        {
            "total": len(rows),
            "accepted": sum(row[1] == "accept" for row in rows),
            "declined": sum(row[1] == "decline" for row in rows),
            "average_sort_time": sum(times) // len(times) if times else 0,
            "categories": {name: {"total": sum(row[0] == name for row in rows)} for name in CATEGORIES},
        }
    )


@routes("GET", _PATH + "/{uid}")
def get_unsorted(ctx: Context) -> Response:
    """Return one incoming lead that waits."""
    return json_response(_show(ctx, _find(ctx)))


@routes("POST", _PATH + "/sip")
def create_sip(ctx: Context) -> Response:
    """Add incoming leads from calls."""
    return _create(ctx, "sip")


@routes("POST", _PATH + "/forms")
def create_forms(ctx: Context) -> Response:
    """Add incoming leads from forms."""
    return _create(ctx, "forms")


def _create(ctx: Context, category: str) -> Response:
    shown = []
    for item in ctx.items:
        uid = None if item.errors else _add(ctx, item, category)
        if uid is not None:
            (lead_id,) = ctx.store.rows("SELECT lead_id FROM unsorted WHERE uid=?", (uid,))[0]
            answer = {"uid": uid, "account_id": ctx.account.settings["id"], "request_id": item.request_id}
            links = ctx.links(f"leads/unsorted/{uid}")
            embedded = _embedded(ctx, incoming.members(ctx, lead_id))
            shown.append({**answer, "_links": links, "_embedded": embedded})
    ctx.refuse_bad_items()
    return json_response({"_total_items": len(shown), "_embedded": {"unsorted": shown}})


def _add(ctx: Context, item: Item, category: str) -> str | None:
    data = item.data
    pipeline_id = data.get("pipeline_id") or main_pipeline(ctx.store)
    if ctx.store.document("pipelines", pipeline_id) is None:
        item.error("NotSupportedChoice", "pipeline_id")
        return None
    metadata = {key: value for key, value in data["metadata"].items() if key != "is_call_event_needed"}
    body = {"source_uid": data["source_uid"], "source_name": data["source_name"], "metadata": metadata}
    text = msgspec.json.encode(body)
    if ctx.store.row("SELECT 1 FROM unsorted WHERE state='new' AND category=? AND body=?", (category, text)):
        item.error("NotUnique", "source_uid", detail="This value is already used.")
        return None
    ids = _drafts(ctx, item)
    if ids is None:
        return None
    lead = ("leads", ids["leads"])
    for kind in ("contacts", "companies"):
        if kind in ids:
            ctx.store.update(kind, ids[kind], {"is_unsorted": 1})
            link(ctx, lead, (kind, ids[kind]), True if kind == "contacts" else None)
    if "contacts" in ids and "companies" in ids:
        link(ctx, ("companies", ids["companies"]), ("contacts", ids["contacts"]))
    ctx.changes.is_paused = False
    uid = incoming.add_unsorted(ctx, category, ids["leads"], pipeline_id, body, data.get("created_at"))
    if category == "sip" and data["metadata"].get("is_call_event_needed"):
        target = ("contacts", ids["contacts"]) if "contacts" in ids else lead
        after = [{"note": {"id": ctx.store.next_id("notes")}}]
        ctx.changes.event("incoming_call", *target, after=after)
    return uid


def _drafts(ctx: Context, item: Item) -> dict[str, int] | None:
    """Create the embedded entities, and a lead where none is embedded; they are no news until they are accepted."""
    embedded = item.data.setdefault("_embedded", {})
    if not embedded.get("leads"):
        embedded["leads"] = [{"name": f"Заявка: {item.data['source_name']}"}]
    ids: dict[str, int] = {}
    ctx.changes.is_paused = True
    for name, kind in _KINDS.items():
        drafts = embedded.get(name) or []
        if len(drafts) > 1:
            item.error("TooMany", f"_embedded.{name}", 1)
        elif drafts:
            draft = {
                key: value for key, value in drafts[0].items() if key not in ("status_id", "pipeline_id")
            }
            id = create(ctx, kind, item, draft, f"_embedded.{name}.0.")
            if id is not None:
                ids[name] = id
    ctx.changes.is_paused = False
    return None if item.errors else ids


def _place(ctx: Context, pipeline_id: int, status_id: int | None) -> dict[str, int]:
    """Return where an accepted lead goes."""
    if status_id is None:
        return {"pipeline_id": pipeline_id, "status_id": first_stage(ctx.store, pipeline_id)}
    target = pipeline_id if status_id in CLOSED else pipeline_of(ctx.store, status_id)
    status = stage(ctx.store, target, status_id) if target is not None else None
    if target is None or status is None or status["type"] == 1:
        ctx.item.error("NotSupportedChoice", "status_id")
        return {}
    return {"pipeline_id": target, "status_id": status_id}


def _acting(ctx: Context) -> int | None:
    user_id = ctx.item.data.get("user_id")
    if user_id and user_id not in ctx.store.documents("users"):
        ctx.item.error("NotSupportedChoice", "user_id")
    return user_id  # type: ignore[no-any-return]


@routes("POST", _PATH + "/{uid}/accept")
def accept_unsorted(ctx: Context) -> Response:
    """Accept an incoming lead into a stage, the first of its pipeline by default."""
    record = _find(ctx)
    ctx.refuse_bad_items()
    user_id = _acting(ctx)
    place = _place(ctx, record[2], ctx.item.data.get("status_id"))
    ctx.refuse_bad_items()
    result = incoming.accept(ctx, record[3], place, user_id)
    incoming.settle(ctx, record[0], record[1], "accept", result)
    return _processed(record, _embedded(ctx, result))


@routes("DELETE", _PATH + "/{uid}/decline")
def decline_unsorted(ctx: Context) -> Response:
    """Decline an incoming lead; unlike other deletions this one answers with a body."""
    record = _find(ctx)
    ctx.refuse_bad_items()
    _acting(ctx)
    ctx.refuse_bad_items()
    result = incoming.decline(ctx, record[3])
    incoming.settle(ctx, record[0], record[1], "decline", result)
    return _processed(record, _embedded(ctx, result))


@routes("POST", _PATH + "/{uid}/link")
def link_unsorted(ctx: Context) -> Response:
    """Attach an incoming chat or mail to a lead or customer that exists; the incoming lead itself goes."""
    record = _find(ctx)
    ctx.refuse_bad_items()
    _acting(ctx)
    if record[1] not in ("chats", "mail"):
        raise refuse(400, f"Unsorted of category {record[1]} cannot be linked")
    target = ctx.item.data["link"]
    kind, id = target["entity_type"], target["entity_id"]
    if not access.may_see(ctx, kind, id):
        ctx.item.error("NotSupportedChoice", "link.entity_id")
    contact_id = (target.get("metadata") or {}).get("contact_id")
    if contact_id is not None and not access.may_see(ctx, "contacts", contact_id):
        ctx.item.error("NotSupportedChoice", "link.metadata.contact_id")
    ctx.refuse_bad_items()
    own = [row[1] for row in links_of(ctx.store, "leads", [record[3]], "contacts")[record[3]]]
    for contact in own if contact_id is None else [contact_id]:
        ctx.store.update("contacts", contact, {"is_unsorted": 0})
        link(ctx, (kind, id), ("contacts", contact))
    ctx.store.update("leads", record[3], {"is_deleted": 1, "updated_at": ctx.now})
    incoming.settle(ctx, record[0], record[1], "accept", {kind: [id], "contacts": own})
    embedded = {kind: [ctx.ref(kind, id)]}
    return json_response({"uid": record[0], "_embedded": embedded})
