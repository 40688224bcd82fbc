"""The tree of a field of type `category`."""

from __future__ import annotations

from typing import Any

from .context import Context, Item

__all__ = ["change_nodes"]


def change_nodes(ctx: Context, item: Item, field: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return the nodes after a write: kept by id, made without one, and gone when they are not sent.

    A child may name a parent that is made by the same request through the parent's `request_id`.
    """
    if field["type"] != "category":
        item.error("FieldNotExpected", "nested")
        return None
    old_nodes = {node["id"]: node for node in field.get("nested") or ()}
    ids_by_request: dict[str, int] = {}
    nodes: list[dict[str, Any]] = []
    for index, sent in enumerate(item.data["nested"]):
        id = sent.get("id")
        if id is not None and id not in old_nodes:
            item.error("NotSupportedChoice", f"nested.{index}.id")
            continue
        node = {
            "id": id if id is not None else ctx.store.next_id("enums"),
            "parent_id": sent.get("parent_id"),
        }
        nodes.append({**node, "value": sent["value"], "sort": sent["sort"]})
        if sent.get("request_id"):
            ids_by_request[sent["request_id"]] = node["id"]
    ids = {node["id"] for node in nodes}
    if len(nodes) < len(item.data["nested"]):
        return nodes
    for index, (node, sent) in enumerate(zip(nodes, item.data["nested"], strict=True)):
        parent = sent.get("parent_request_id")
        if parent is not None:
            node["parent_id"] = ids_by_request.get(parent)
            if parent not in ids_by_request:
                item.error("NotSupportedChoice", f"nested.{index}.parent_request_id")
        elif node["parent_id"] is not None and node["parent_id"] not in ids:
            item.error("NotSupportedChoice", f"nested.{index}.parent_id")
    for gone in old_nodes.keys() - ids:
        ctx.store.execute("DELETE FROM field_values WHERE field_id=? AND value=?", (field["id"], gone))
    return nodes
