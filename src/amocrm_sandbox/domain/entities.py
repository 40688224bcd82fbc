"""Common rules of leads, contacts, companies and customers: lists, one by id, batches and their answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..engine.messages import Response, json_response
from ..engine.php_query import as_list
from . import access
from .context import Context, Item
from .field_values import apply_values, index_values, show_values, stored_text
from .relations import apply_tags, tags_of
from .selection import Selection

__all__ = ["Kind", "change", "create", "create_many", "get_one", "list_all", "update_many", "update_one"]

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode

COMMON = (
    "id",
    "name",
    "responsible_user_id",
    "created_by",
    "updated_by",
    "created_at",
    "updated_at",
    "closest_task_at",
    "is_deleted",
    "is_unsorted",
    "fields",
)
IDENTITIES = ("id", "created_by", "updated_by", "responsible_user_id")
MOMENTS = ("created_at", "updated_at", "closest_task_at")
USERS = ("responsible_user_id", "created_by", "updated_by")

Row = dict[str, Any]


def _nothing(ctx: Context, item: Item, row: Row, old: Row | None, data: Row, prefix: str) -> None:
    return None


def _plain(ctx: Context, ids: list[int], entities: list[Row]) -> None:
    return None


@dataclass(frozen=True)
class Kind:
    """One kind of entity.

    Attributes:
        name: Table, path segment and collection key.
        columns: Columns of its own, beside the common ones.
        orders: Sortable columns.
        prepare: Called with the row to be written, the old row, the sent object and the prefix of error paths;
            computes columns and adds errors.
        attach: Called after a creation with the id and the sent object, for what the object embeds.
        embed: Fills `_embedded` of read entities, beyond the tags.
        narrow: Adds the filters of its own.
        echo: Columns that the answer to an update repeats.
    """

    name: str
    columns: tuple[str, ...]
    orders: frozenset[str]
    prepare: Callable[[Context, Item, Row, Row | None, Row, str], None] = _nothing
    attach: Callable[[Context, Item, int, Row, str], None] = lambda ctx, item, id, data, prefix: None
    show: Callable[[Context, Row, Row], None] = lambda ctx, row, shown: None
    embed: Callable[[Context, list[int], list[Row]], None] = _plain
    narrow: Callable[[Context, Selection], None] = lambda ctx, selection: None
    echo: tuple[str, ...] = ()
    select: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "select", ",".join((*COMMON, *self.columns)))

    def row(self, values: tuple[Any, ...]) -> Row:
        """Return a row of `select` as a dictionary."""
        return dict(zip((*COMMON, *self.columns), values, strict=True))


# ---- reading


def _is_bin(ctx: Context, kind: Kind) -> bool:
    """Return whether the bin is asked for; that of customers cannot be."""
    return "only_deleted" in ctx.with_ and kind.name != "customers"


def load(ctx: Context, kind: Kind, id: int) -> Row | None:
    """Return the row of an entity that is not deleted, or None."""
    values = ctx.store.row(f"SELECT {kind.select} FROM {kind.name} WHERE id=? AND is_deleted=0", (id,))
    return kind.row(values) if values else None


def render(ctx: Context, kind: Kind, rows: list[Row]) -> list[Row]:
    """Return entities as they are read."""
    if _is_bin(ctx, kind):
        keys = ("id", "updated_at", "updated_by")
        return [
            {
                **{key: row[key] for key in keys},
                "is_deleted": True,
                "_links": ctx.links(f"{kind.name}/{row['id']}"),
            }
            for row in rows
        ]
    ids = [row["id"] for row in rows]
    fields, users = ctx.store.documents("fields"), ctx.store.documents("users")
    account_id = ctx.account.settings["id"]
    tags = tags_of(ctx.store, kind.name, ids)
    shown_rows = []
    for row in rows:
        user = users.get(row["responsible_user_id"])
        shown: Row = {"id": row["id"], "name": row["name"]}
        kind.show(ctx, row, shown)
        shown["responsible_user_id"] = row["responsible_user_id"]
        shown["group_id"] = (user and user["rights"]["group_id"]) or 0
        for key in ("created_by", "updated_by", "created_at", "updated_at", "closest_task_at"):
            shown[key] = row[key]
        shown["is_deleted"] = bool(row["is_deleted"])
        shown["custom_fields_values"] = show_values(fields, _decode(row["fields"])) if row["fields"] else None
        shown["account_id"] = account_id
        shown["_links"] = ctx.links(f"{kind.name}/{row['id']}")
        shown["_embedded"] = {"tags": tags.get(row["id"], [])}
        shown_rows.append(shown)
    kind.embed(ctx, ids, shown_rows)
    return shown_rows


def list_all(ctx: Context, kind: Kind) -> Response:
    """Answer a list: `with`, `query` and `order` always, `filter` only on an account that has bought it."""
    selection = Selection(kind.name)
    selection.where("is_deleted=?", int(_is_bin(ctx, kind)))
    if kind.name != "leads":
        # Until an incoming lead is accepted, its contact and company are not in their lists.
        selection.where("is_unsorted=0")
    bounds = access.reach(ctx, kind.name)
    if bounds is not None:
        selection.where(bounds[0], *bounds[1])
    selection.order_by(ctx, kind.orders)
    text = ctx.query.get("query")
    if isinstance(text, str) and text.strip():
        _search(ctx, selection, text.strip().casefold())
    if ctx.account.settings["is_api_filter_enabled"]:
        _filter(ctx, kind, selection)
    rows, has_next = selection.page(ctx, kind.select)
    return ctx.page_answer(kind.name, render(ctx, kind, [kind.row(row) for row in rows]), has_next)


def _search(ctx: Context, selection: Selection, text: str) -> None:
    digits = "".join(filter(str.isdigit, text))
    is_number = bool(digits) and not any(map(str.isalpha, text))
    if is_number and ctx.account.behaviour.search == "digits":
        selection.where("instr(digits(search), ?) > 0", digits)
    else:
        selection.where("instr(search, ?) > 0", text)


def _filter(ctx: Context, kind: Kind, selection: Selection) -> None:
    asked = ctx.filter
    for name in IDENTITIES:
        selection.ids(name, asked.get(name))
    selection.among("name", as_list(asked.get("name")))
    for name in MOMENTS:
        selection.between(name, asked.get(name))
    kind.narrow(ctx, selection)
    values = asked.get("custom_fields_values")
    for field_id, node in values.items() if isinstance(values, dict) else ():
        condition, args = "", []
        if isinstance(node, dict) and ("from" in node or "to" in node):
            for end, sign in (("from", ">="), ("to", "<=")):
                if isinstance(node.get(end), str):
                    condition += f" AND value{sign}?"
                    args.append(_number(node[end]))
        else:
            wanted = [_number(value) for value in as_list(node)]
            condition, args = f" AND value IN ({','.join('?' * len(wanted))})", wanted
        selection.where(
            f"id IN (SELECT entity_id FROM field_values WHERE field_id=?{condition})",
            _number(field_id),
            *args,
        )


def _number(text: Any) -> Any:
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


def get_one(ctx: Context, kind: Kind) -> Response:
    """Answer one entity, or 204 for an id that does not exist or is in the bin."""
    deleted = int(_is_bin(ctx, kind))
    values = ctx.store.row(
        f"SELECT {kind.select} FROM {kind.name} WHERE id=? AND is_deleted=?", (ctx.id(), deleted)
    )
    if values is None or not access.may(ctx, kind.name, "view", kind.row(values)):
        return Response(204)
    return json_response(render(ctx, kind, [kind.row(values)])[0])


# ---- writing


def create(ctx: Context, kind: Kind, item: Item, data: Row, prefix: str = "") -> int | None:
    """Write one new entity and return its id, or None when it has errors (which are on the item).

    Args:
        ctx: The request.
        kind: What to create.
        item: Where errors go.
        data: The sent object, a part of the item when there is a prefix.
        prefix: Path of `data` in the item, with its trailing dot.
    """
    access.require_add(ctx, kind.name)
    user_id = ctx.user["id"]
    row: Row = {
        "name": data.get("name") or "",
        "responsible_user_id": data.get("responsible_user_id") or user_id,
        "created_by": data.get("created_by", user_id),
        "updated_by": data.get("updated_by", user_id),
        "created_at": data.get("created_at") or ctx.now,
        "updated_at": data.get("updated_at") or ctx.now,
    }
    ctx.check_users(item, data, *USERS, prefix=prefix)
    stored: dict[str, Any] = {}
    touched = apply_values(ctx, item, kind.name, stored, prefix)
    kind.prepare(ctx, item, row, None, data, prefix)
    if item.errors:
        return None
    id = row["id"] = ctx.store.next_id(kind.name)
    _store_values(ctx, kind, id, row, stored, touched, is_new=True)
    ctx.store.insert(kind.name, row)
    ctx.changes.added(kind.name, id, row["created_at"])
    apply_tags(ctx, item, kind.name, id, data, prefix)
    kind.attach(ctx, item, id, data, prefix)
    return id


def change(ctx: Context, kind: Kind, item: Item, old: Row) -> Row | None:
    """Write the changes of one entity and return its new row, or None when it has errors."""
    access.require(ctx, kind.name, "edit", old)
    data = item.data
    row: Row = {
        "updated_at": data.get("updated_at") or ctx.now,
        "updated_by": data.get("updated_by", ctx.user["id"]),
    }
    for key in ("name", "responsible_user_id", "created_by", "created_at"):
        if key in data and (data[key] is not None or key == "name"):
            row[key] = data[key]
    ctx.check_users(item, data, *USERS)
    stored = _decode(old["fields"]) if old["fields"] else {}
    before = dict(stored)
    touched = apply_values(ctx, item, kind.name, stored)
    kind.prepare(ctx, item, row, old, data, "")
    if item.errors:
        return None
    if touched or "name" in row:
        _store_values(ctx, kind, old["id"], {**old, **row}, stored, touched, is_new=False, target=row)
    ctx.store.update(kind.name, old["id"], row)
    apply_tags(ctx, item, kind.name, old["id"], data)
    new = {**old, **row}
    ctx.changes.updated(kind.name, old, new)
    ctx.changes.fields_changed(kind.name, old["id"], touched, before, stored)
    return new


def _store_values(
    ctx: Context,
    kind: Kind,
    id: int,
    row: Row,
    stored: dict[str, Any],
    touched: set[int],
    is_new: bool,
    target: Row | None = None,
) -> None:
    into = row if target is None else target
    into["fields"] = _encode(stored) if stored else None
    search = f"{row['name']}\n".casefold() + stored_text(ctx.store.documents("fields"), stored)
    delay = ctx.account.behaviour.search_delay
    if delay:
        ctx.changes.later(delay, lambda at: ctx.store.update(kind.name, id, {"search": search}))
        into |= {"search": ""} if is_new else {}
    else:
        into["search"] = search
    if not is_new:
        ctx.store.executemany(
            "DELETE FROM field_values WHERE field_id=? AND entity_id=?",
            [(field_id, id) for field_id in touched],
        )
    ctx.store.executemany(
        "INSERT OR REPLACE INTO field_values VALUES (?,?,?,?)",
        [
            (field_id, id, position, value)
            for field_id in touched
            for position, value in index_values(stored.get(str(field_id), []))
        ],
    )


def create_many(ctx: Context, kind: Kind) -> Response:
    """Answer a batch creation: id, `request_id` and link of every item, or the refusal of the whole batch."""
    answer = []
    for item in ctx.items:
        id = None if item.errors else create(ctx, kind, item, item.data)
        if id is not None:
            answer.append({"id": id, "request_id": item.request_id, "_links": ctx.links(f"{kind.name}/{id}")})
    ctx.refuse_bad_items()
    return ctx.written(kind.name, answer)


def _echo(ctx: Context, kind: Kind, row: Row, request_id: str | None) -> Row:
    shown: Row = {"id": row["id"]}
    for key in kind.echo:
        shown[key] = bool(row[key]) if key.startswith("is_") else row[key]
    shown["updated_at"] = row["updated_at"]
    if request_id is not None:
        shown["request_id"] = request_id
    shown["_links"] = ctx.links(f"{kind.name}/{row['id']}")
    return shown


def update_many(ctx: Context, kind: Kind) -> Response:
    """Answer a batch update; an unknown id refuses the batch with `EntityNotFound`."""
    answer = []
    for item in ctx.items:
        if item.errors:
            continue
        id = item.data.get("id")
        if id is None:
            item.error("FieldMissing", "id")
            continue
        old = load(ctx, kind, id)
        if old is None:
            item.error("EntityNotFound", "id", detail=f"{kind.name} with id = {id} not found")
            continue
        row = change(ctx, kind, item, old)
        if row is not None:
            answer.append(_echo(ctx, kind, row, item.request_id))
    ctx.refuse_bad_items()
    return ctx.written(kind.name, answer)


def update_one(ctx: Context, kind: Kind) -> Response:
    """Answer the update of one entity with the bare object."""
    # Errors of one entity are those of a batch of one: they carry `request_id` "0" (reports of Krukov/amocrm_api users).
    ctx.item.index = 0
    ctx.refuse_bad_items()
    old = load(ctx, kind, ctx.id())
    if old is None:
        # No page names a 404 here, so it is refused as in a batch.
        ctx.item.error("EntityNotFound", "id", detail=f"{kind.name} with id = {ctx.id()} not found")
        raise ctx.refusal()
    row = change(ctx, kind, ctx.item, old)
    ctx.refuse_bad_items()
    return json_response(_echo(ctx, kind, row or old, None))
