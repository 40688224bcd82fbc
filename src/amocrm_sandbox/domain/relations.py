"""Links between entities, each stored once; and tags, a directory per entity type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from ..storage.store import Store
from .context import Context, Item

__all__ = [
    "PAIRS",
    "Link",
    "add_link",
    "apply_tags",
    "drop_link",
    "link",
    "links_of",
    "tag_ids",
    "tags_of",
    "unlink",
]

# A link is stored under the type that comes first here.
RANK = {"leads": 0, "customers": 1, "companies": 2, "contacts": 3, "catalog_elements": 4}
PAIRS = {
    "leads": {"contacts", "companies", "catalog_elements"},
    "contacts": {"leads", "companies", "customers", "catalog_elements"},
    "companies": {"leads", "contacts", "customers", "catalog_elements"},
    "customers": {"contacts", "companies", "catalog_elements"},
}

Link = tuple[str, int, bool, Any]
"""Other type, other id, whether it is the main contact, metadata of list elements."""

_encode = msgspec.json.encode
_decode = msgspec.json.decode


def _ordered(a: tuple[str, int], b: tuple[str, int]) -> tuple[str, int, str, int]:
    first, second = (a, b) if RANK[a[0]] <= RANK[b[0]] else (b, a)
    return (*first, *second)


def add_link(
    store: Store, a: tuple[str, int], b: tuple[str, int], is_main: bool | None = None, metadata: Any = None
) -> None:
    """Link two entities, or set the data of a link that exists.

    A lead, customer or contact has one company at most: a new one takes the place of the old. The first contact of a
    lead or customer is its main one; making another one the main clears the former.
    """
    a_type, a_id, b_type, b_id = key = _ordered(a, b)
    if (a_type, b_type) == ("companies", "contacts"):
        store.execute(
            "DELETE FROM links WHERE a_type='companies' AND b_type='contacts' AND b_id=? AND a_id<>?",
            (b_id, a_id),
        )
    elif b_type == "companies":
        store.execute(
            "DELETE FROM links WHERE a_type=? AND a_id=? AND b_type='companies' AND b_id<>?",
            (a_type, a_id, b_id),
        )
    main: int | None = None
    if b_type == "contacts" and a_type in ("leads", "customers"):
        others = store.rows(
            "SELECT b_id, is_main FROM links WHERE a_type=? AND a_id=? AND b_type='contacts' AND b_id<>?",
            (a_type, a_id, b_id),
        )
        main = 1 if is_main or not any(other[1] for other in others) else 0
        if main and others:
            store.execute(
                "UPDATE links SET is_main=0 WHERE a_type=? AND a_id=? AND b_type='contacts'", (a_type, a_id)
            )
    position = store.value(
        "SELECT coalesce(max(position), 0) + 1 FROM links WHERE a_type=? AND a_id=?", (a_type, a_id)
    )
    store.execute(
        "INSERT INTO links VALUES (?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET "
        "is_main=excluded.is_main, metadata=coalesce(excluded.metadata, metadata)",
        (*key, position, main, None if metadata is None else _encode(metadata)),
    )


def link(
    ctx: Context, a: tuple[str, int], b: tuple[str, int], is_main: bool | None = None, metadata: Any = None
) -> None:
    """Link two entities as `add_link` does, and write it down; a company that makes room is written down as well."""
    key = _ordered(a, b)
    find = "SELECT 1 FROM links WHERE a_type=? AND a_id=? AND b_type=? AND b_id=?"
    is_new = ctx.store.row(find, key) is None
    members = (("companies", "contacts"), ("leads", "companies"), ("customers", "companies"))
    if is_new and (key[0], key[2]) in members:
        member = key[2:] if key[0] == "companies" else key[:2]
        for other in links_of(ctx.store, member[0], [member[1]], "companies")[member[1]]:
            ctx.changes.linked(member, ("companies", other[1]), is_gone=True)
    add_link(ctx.store, a, b, is_main, metadata)
    if is_new:
        ctx.changes.linked(a, b)


def unlink(ctx: Context, a: tuple[str, int], b: tuple[str, int]) -> None:
    """Remove a link as `drop_link` does, and write it down when there was one."""
    find = "SELECT 1 FROM links WHERE a_type=? AND a_id=? AND b_type=? AND b_id=?"
    if ctx.store.row(find, _ordered(a, b)) is not None:
        drop_link(ctx.store, a, b)
        ctx.changes.linked(a, b, is_gone=True)


def drop_link(store: Store, a: tuple[str, int], b: tuple[str, int]) -> None:
    """Remove a link; when the main contact goes, the next one takes over."""
    a_type, a_id, b_type, b_id = _ordered(a, b)
    store.execute(
        "DELETE FROM links WHERE a_type=? AND a_id=? AND b_type=? AND b_id=?", (a_type, a_id, b_type, b_id)
    )
    if b_type == "contacts" and a_type in ("leads", "customers"):
        rest = store.rows(
            "SELECT b_id, is_main FROM links WHERE a_type=? AND a_id=? AND b_type='contacts' ORDER BY position",
            (a_type, a_id),
        )
        if rest and not any(row[1] for row in rest):
            args = (a_type, a_id, rest[0][0])
            store.execute(
                "UPDATE links SET is_main=1 WHERE a_type=? AND a_id=? AND b_type='contacts' AND b_id=?", args
            )


def links_of(store: Store, kind: str, ids: Sequence[int], other: str | None = None) -> dict[int, list[Link]]:
    """Return the links of several entities at once, by id, in the order in which they were made.

    Args:
        store: Where they are.
        kind: Type of the entities.
        ids: Their ids.
        other: Only links to this type; None for all.
    """
    result: dict[int, list[Link]] = defaultdict(list)
    wanted = _encode(list(ids))
    # Left to itself, SQLite walks all links of a type for the second half.
    halves = (("a", "b", ""), ("b", "a", "INDEXED BY links_back "))
    for mine, theirs, index in halves:
        condition = f" AND {theirs}_type=?" if other else ""
        rows = store.rows(
            f"SELECT {mine}_id, {theirs}_type, {theirs}_id, is_main, metadata FROM json_each(?) AS wanted "
            f"CROSS JOIN links {index}ON {mine}_type=? AND {mine}_id=wanted.value{condition} ORDER BY position",
            (wanted.decode(), kind, *((other,) if other else ())),
        )
        for id, type_, other_id, is_main, metadata in rows:
            result[id].append((type_, other_id, bool(is_main), _decode(metadata) if metadata else None))
    return result


def tags_of(store: Store, kind: str, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the tags of several entities, by id."""
    result: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = store.rows(
        "SELECT entity_id, tags.id, name, color FROM json_each(?) AS wanted CROSS JOIN entity_tags "
        "ON entity_tags.entity_type=? AND entity_id=wanted.value JOIN tags ON tags.id=tag_id",
        (_encode(list(ids)).decode(), kind),
    )
    for entity_id, id, name, color in rows:
        result[entity_id].append({"id": id, "name": name, "color": color})
    return result


def tag_ids(
    ctx: Context, item: Item, kind: str, tags: list[dict[str, Any]], path: str, create: bool
) -> list[int]:
    """Return the ids that tag references name; an unknown name is made, an unknown id is an error."""
    store, result = ctx.store, []
    for index, tag in enumerate(tags):
        id, name = tag.get("id"), tag.get("name")
        if id is not None:
            if store.row("SELECT 1 FROM tags WHERE id=? AND entity_type=?", (id, kind)):
                result.append(id)
            elif create:
                item.error("NotSupportedChoice", f"{path}.{index}.id")
        elif name:
            tag_id = store.value("SELECT id FROM tags WHERE entity_type=? AND name=?", (kind, name))
            if tag_id is None and create:
                tag_id = store.next_id("tags")
                store.insert("tags", {"id": tag_id, "entity_type": kind, "name": name, "color": None})
            if tag_id is not None:
                result.append(tag_id)
        else:
            item.error("FieldMissing", f"{path}.{index}.name")
    return result


def apply_tags(ctx: Context, item: Item, kind: str, id: int, data: dict[str, Any], prefix: str = "") -> None:
    """Set the tags of an entity: `_embedded.tags` replaces them and beats `tags_to_add` and `tags_to_delete`."""
    embedded = data.get("_embedded") or {}
    if "tags" not in embedded and not data.get("tags_to_add") and not data.get("tags_to_delete"):
        return
    before = {tag["name"] for tag in tags_of(ctx.store, kind, [id])[id]}
    _set_tags(ctx, item, kind, id, data, embedded, prefix)
    ctx.changes.tagged(kind, id, before, {tag["name"] for tag in tags_of(ctx.store, kind, [id])[id]})


def _set_tags(
    ctx: Context, item: Item, kind: str, id: int, data: dict[str, Any], embedded: dict[str, Any], prefix: str
) -> None:
    insert = "INSERT OR IGNORE INTO entity_tags VALUES (?,?,?)"
    if "tags" in embedded:
        wanted = tag_ids(ctx, item, kind, embedded["tags"] or [], f"{prefix}_embedded.tags", create=True)
        ctx.store.execute("DELETE FROM entity_tags WHERE entity_type=? AND entity_id=?", (kind, id))
        ctx.store.executemany(insert, [(kind, id, tag) for tag in wanted])
        return
    added = data.get("tags_to_add") or []
    if added:
        wanted = tag_ids(ctx, item, kind, added, f"{prefix}tags_to_add", create=True)
        ctx.store.executemany(insert, [(kind, id, tag) for tag in wanted])
    removed = data.get("tags_to_delete") or []
    if removed:
        wanted = tag_ids(ctx, item, kind, removed, f"{prefix}tags_to_delete", create=False)
        ctx.store.executemany(
            "DELETE FROM entity_tags WHERE entity_type=? AND entity_id=? AND tag_id=?",
            [(kind, id, tag) for tag in wanted],
        )
