"""Rights of the acting user: letters of entities, rights on stages, and subscriptions that show more.

What hangs on an entity (notes, links, files, events, talks) follows the rights on it; tasks have rights of their own.
That what is out of reach is 204 on reading and 403 on writing is inferred; the documentation only gives the rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..engine.refusals import refuse
from .context import Context
from .selection import Selection
from .stages import unsorted_stage

__all__ = [
    "allows",
    "may",
    "may_see",
    "narrow",
    "reach",
    "require",
    "require_add",
    "require_entity",
    "rights_of",
]

# Rights on customers follow those on leads.
_OWNERS = {"customers": "leads"}


def rights_of(ctx: Context) -> dict[str, Any] | None:
    """Return the rights that bind the acting user: those of the role, where there is one; None for no bounds."""
    rights: dict[str, Any] | None = ctx.user.get("rights")
    if rights is None or rights["is_admin"]:
        return None
    role = ctx.store.document("roles", rights["role_id"]) if rights["role_id"] is not None else None
    return {**rights, **role["rights"]} if role else rights


def _letter(rights: dict[str, Any], kind: str, action: str) -> str:
    entity = rights.get(_OWNERS.get(kind, kind)) or {}
    return str(entity.get(action, "D"))


def _stages(ctx: Context, rights: dict[str, Any], kind: str, action: str) -> dict[str, list[tuple[int, int]]]:
    """Return the stages with rights of their own, by letter; those of incoming leads are denied unless they are listed."""
    result: dict[str, list[tuple[int, int]]] = {"A": [], "D": []}
    if kind != "leads":
        return result
    denied = {(id, unsorted_stage(ctx.store, id)) for id in ctx.store.documents("pipelines")}
    for right in rights.get("status_rights") or ():
        place, letter = (right["pipeline_id"], right["status_id"]), right["rights"].get(action)
        if letter in result:
            denied.discard(place)
            result[letter].append(place)
    result["D"] += sorted(denied)
    return result


def _colleagues(ctx: Context) -> list[int]:
    """Return the users of the acting user's group, including the acting user."""
    group = ctx.user["rights"]["group_id"] or 0
    users = ctx.store.documents("users").values()
    return [user["id"] for user in users if (user["rights"]["group_id"] or 0) == group]


def _subscribed(ctx: Context, kind: str) -> list[int]:
    me, group = ctx.user["id"], ctx.user["rights"]["group_id"] or 0
    subscribers = {("user", me), ("group", group)}
    every = ctx.store.documents("subscriptions").values()
    return [
        item["entity_id"]
        for item in every
        if item["kind"] == kind and (item["type"], item["subscriber_id"]) in subscribers
    ]


def _marks(values: Iterable[Any]) -> str:
    return ",".join("?" for _ in values)


def reach(ctx: Context, kind: str) -> tuple[str, list[Any]] | None:
    """Return the SQL condition for what the acting user may see, with its arguments; None for everything."""
    rights = rights_of(ctx)
    if rights is None:
        return None
    letter, stages = _letter(rights, kind, "view"), _stages(ctx, rights, kind, "view")
    if letter == "A" and not stages["D"]:
        return None
    owners = {"M": [ctx.user["id"]], "G": _colleagues(ctx)}.get(letter, [])
    condition, args = (
        ("1" if letter == "A" else f"responsible_user_id IN ({_marks(owners)})"),
        list[Any](owners),
    )
    for word, pairs in (("OR", stages["A"]), ("AND NOT", stages["D"])):
        if pairs:
            places = " OR ".join(["(pipeline_id=? AND status_id=?)"] * len(pairs))
            condition = f"({condition}) {word} ({places})"
            args += [number for pair in pairs for number in pair]
    seen = _subscribed(ctx, kind)
    if seen:
        condition = f"({condition}) OR id IN ({_marks(seen)})"
        args += seen
    return f"({condition})", args


def may(ctx: Context, kind: str, action: str, row: dict[str, Any]) -> bool:
    """Return whether the acting user may do something (`view`, `edit`, `delete`, `export`) to an entity.

    Args:
        ctx: The request.
        kind: Entity type in the plural.
        action: What is done.
        row: The entity's row.
    """
    rights = rights_of(ctx)
    if rights is None:
        return True
    if action == "view" and row["id"] in _subscribed(ctx, kind):
        return True
    place = (row.get("pipeline_id"), row.get("status_id"))
    for letter, pairs in _stages(ctx, rights, kind, action).items():
        if place in pairs:
            return letter == "A"
    letter, owner = _letter(rights, kind, action), row["responsible_user_id"]
    return (
        letter == "A"
        or (letter == "M" and owner == ctx.user["id"])
        or (letter == "G" and owner in _colleagues(ctx))
    )


def require(ctx: Context, kind: str, action: str, row: dict[str, Any]) -> None:
    """Refuse with 403 what the acting user may not do to an entity."""
    if not may(ctx, kind, action, row):
        raise refuse(403, "Access denied")


def require_add(ctx: Context, kind: str) -> None:
    """Refuse with 403 users who may not add entities of a type."""
    rights = rights_of(ctx)
    if rights is not None and _letter(rights, kind, "add") == "D":
        raise refuse(403, "Access denied")


def _row(ctx: Context, kind: str, id: int) -> dict[str, Any] | None:
    """Return what rights depend on of an entity that is not in the bin, or None."""
    columns = ("id", "responsible_user_id", *(("pipeline_id", "status_id") if kind == "leads" else ()))
    values = ctx.store.row(f"SELECT {','.join(columns)} FROM {kind} WHERE id=? AND is_deleted=0", (id,))
    return dict(zip(columns, values, strict=True)) if values else None


def may_see(ctx: Context, kind: str, id: int) -> bool:
    """Return whether there is such an entity and the acting user may see it."""
    if rights_of(ctx) is None:
        return ctx.exists(kind, id)
    row = _row(ctx, kind, id)
    return row is not None and may(ctx, kind, "view", row)


def allows(ctx: Context, kind: str, id: int, action: str) -> bool:
    """Return whether the user may act on what belongs to an entity; an entity in the bin allows it to administrators only."""
    if rights_of(ctx) is None:
        return True
    row = _row(ctx, kind, id)
    return row is not None and may(ctx, kind, action, row)


def require_entity(ctx: Context, kind: str, id: int, action: str) -> None:
    """Refuse with 404 what is not there, and with 403 what the acting user may not do to it."""
    row = _row(ctx, kind, id)
    if row is None:
        raise refuse(404, "Entity not found")
    require(ctx, kind, action, row)


def narrow(ctx: Context, selection: Selection, kind: str, column: str) -> None:
    """Keep the rows of a list whose entity the acting user may see.

    Args:
        ctx: The request.
        selection: The list.
        kind: Type of the entities.
        column: Where the list keeps their ids.
    """
    bounds = reach(ctx, kind)
    if bounds is not None:
        selection.where(f"{column} IN (SELECT id FROM {kind} WHERE {bounds[0]})", *bounds[1])
