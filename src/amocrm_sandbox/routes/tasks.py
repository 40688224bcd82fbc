"""Tasks."""

from __future__ import annotations

from typing import Any

from ..domain import access
from ..domain.closest_task import TABLES, refresh_closest
from ..domain.context import Context, Item, Routes
from ..domain.selection import Selection
from ..engine.messages import Response, json_response
from ..engine.php_query import as_list
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

_COLUMNS: tuple[str, ...] = (
    "id",
    "created_by",
    "updated_by",
    "created_at",
    "updated_at",
    "responsible_user_id",
    "entity_id",
    "entity_type",
    "duration",
    "is_completed",
    "task_type_id",
    "text",
    "result",
    "complete_till",
)
_SELECT = ",".join(_COLUMNS)
_KEPT = ("duration", "task_type_id", "text", "complete_till", "created_at")


def _show(ctx: Context, values: tuple[Any, ...]) -> dict[str, Any]:
    row = dict(zip(_COLUMNS, values, strict=True))
    user = ctx.store.document("users", row["responsible_user_id"])
    shown = {key: row[key] for key in _COLUMNS[:6]}
    shown["group_id"] = (user and user["rights"]["group_id"]) or 0
    for key in ("entity_id", "entity_type", "duration"):
        shown[key] = row[key]
    shown["is_completed"] = bool(row["is_completed"])
    shown["task_type_id"] = row["task_type_id"]
    shown["text"] = row["text"]
    # PHP's empty array: a task without a result has a list here, not an object.
    shown["result"] = {"text": row["result"]} if row["result"] is not None else []
    shown["complete_till"] = row["complete_till"]
    shown["account_id"] = ctx.account.settings["id"]
    shown["_links"] = ctx.links(f"tasks/{row['id']}")
    return shown


@routes("GET", "/api/v4/tasks")
def list_tasks(ctx: Context) -> Response:
    """List tasks; the filters of this list need no option."""
    asked, selection = ctx.filter, Selection("tasks")
    for name in ("id", "responsible_user_id", "created_by"):
        selection.ids(name, asked.get(name))
    selection.ids("task_type_id", asked.get("task_type", asked.get("task_type_id")))
    selection.ids("is_completed", asked.get("is_completed"))
    selection.among("entity_type", as_list(asked.get("entity_type")))
    if "entity_type" in asked:
        # Alone, an entity id means nothing and is ignored.
        selection.ids("entity_id", asked.get("entity_id"))
    selection.between("updated_at", asked.get("updated_at"))
    of_leads = "entity_type='leads' AND entity_id IN (SELECT id FROM leads WHERE {})"
    selection.stages(asked.get("lead_statuses"), of_leads)
    selection.order_by(ctx, ("created_at", "complete_till", "id"))
    rows, has_next = selection.page(ctx, _SELECT)
    return ctx.page_answer("tasks", [_show(ctx, row) for row in rows], has_next)


@routes("GET", "/api/v4/tasks/{id}")
def get_task(ctx: Context) -> Response:
    """Return one task."""
    row = ctx.store.row(f"SELECT {_SELECT} FROM tasks WHERE id=?", (ctx.id(),))
    if row is None:
        raise refuse(404, "Task not found")
    return json_response(_show(ctx, row))


def _fill(ctx: Context, item: Item, row: dict[str, Any]) -> None:
    """Take what was sent into a row and check it."""
    data, users = item.data, ("responsible_user_id", "created_by", "updated_by")
    for key in (*_KEPT, *users):
        if data.get(key) is not None:
            row[key] = data[key]
    ctx.check_users(item, data, *users)
    if row["task_type_id"] not in ctx.store.documents("task_types"):
        item.error("NotSupportedChoice", "task_type_id")
    if "is_completed" in data:
        row["is_completed"] = int(bool(data["is_completed"]))
    result = data.get("result")
    if isinstance(result, dict) and result.get("text") is not None:
        row["result"] = result["text"]
    if data.get("entity_id"):
        row["entity_id"], row["entity_type"] = (
            data["entity_id"],
            data.get("entity_type") or row["entity_type"],
        )
        kind = row["entity_type"]
        if kind is None:
            item.error("FieldMissing", "entity_type")
        elif kind not in TABLES or not ctx.store.row(f"SELECT 1 FROM {kind} WHERE id=?", (row["entity_id"],)):
            item.error("NotSupportedChoice", "entity_id")


@routes("POST", "/api/v4/tasks")
def create_tasks(ctx: Context) -> Response:
    """Add tasks."""
    shown: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for item in ctx.items:
        if item.errors:
            continue
        me = ctx.user["id"]
        row: dict[str, Any] = dict.fromkeys(_COLUMNS)
        row.update(created_by=me, updated_by=me, created_at=ctx.now, responsible_user_id=me)
        row.update(duration=0, is_completed=0, task_type_id=1)
        _fill(ctx, item, row)
        row["updated_at"] = item.data.get("updated_at") or ctx.now
        if item.errors:
            continue
        row["id"] = ctx.store.next_id("tasks")
        ctx.store.insert("tasks", row)
        ctx.changes.task_added(row)
        rows.append(row)
        links = ctx.links(f"tasks/{row['id']}")
        shown.append({"id": row["id"], "request_id": item.request_id, "_links": links})
    ctx.refuse_bad_items()
    refresh_closest(ctx, rows)
    return ctx.written("tasks", shown)


def _change(ctx: Context, item: Item, id: Any) -> dict[str, Any] | None:
    values = ctx.store.row(f"SELECT {_SELECT} FROM tasks WHERE id=?", (id,))
    if values is None:
        return None
    old: dict[str, Any] = dict(zip(_COLUMNS, values, strict=True))
    access.require(ctx, "tasks", "edit", old)
    row = dict(old)
    row["updated_by"] = ctx.user["id"]
    _fill(ctx, item, row)
    row["updated_at"] = item.data.get("updated_at") or ctx.now
    if not item.errors:
        ctx.store.update("tasks", row["id"], {key: value for key, value in row.items() if key != "id"})
        refresh_closest(ctx, [old, row])
        ctx.changes.task_updated(old, row)
    answer = {"id": row["id"], "updated_at": row["updated_at"], "request_id": item.request_id}
    return {**answer, "_links": ctx.links(f"tasks/{row['id']}")}


@routes("PATCH", "/api/v4/tasks")
def update_tasks(ctx: Context) -> Response:
    """Change or complete tasks."""
    shown = []
    for item in ctx.items:
        if item.errors:
            continue
        id = item.data.get("id")
        answer = _change(ctx, item, id) if id is not None else None
        if answer is None:
            item.error("FieldMissing" if id is None else "NotSupportedChoice", "id")
        else:
            shown.append(answer)
    ctx.refuse_bad_items()
    return ctx.written("tasks", shown)


@routes("PATCH", "/api/v4/tasks/{id}")
def update_task(ctx: Context) -> Response:
    """Change or complete one task."""
    ctx.refuse_bad_items()
    answer = _change(ctx, ctx.item, ctx.id())
    if answer is None:
        raise refuse(404, "Task not found")
    ctx.refuse_bad_items()
    return json_response(answer)
