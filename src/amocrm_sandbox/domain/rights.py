"""Rights of users and roles: how wide a letter is, and which letters fit together."""

from __future__ import annotations

from typing import Any

from .context import Item

__all__ = ["DENIED", "STAGE_KEYS", "check_rights", "role_rights"]

_WIDTH = {"D": 0, "M": 1, "G": 2, "L": 3, "A": 4}
STAGE_KEYS = ("view", "edit", "delete", "export")
DENIED = {"view": "D", "edit": "D", "add": "D", "delete": "D", "export": "D"}
# What each action must not be wider than.
_NARROWER = {"edit": ("view",), "delete": ("view", "edit"), "export": ("view",)}


def check_rights(item: Item, rights: dict[str, Any]) -> None:
    """Add an error for every action that is wider than one it depends on.

    Example:
        >>> item = Item(0, {}, [])
        >>> check_rights(item, {"leads": {"view": "M", "edit": "A"}})
        >>> item.errors[0]["path"]
        'rights.leads.edit'
    """
    for kind in ("leads", "contacts", "companies"):
        sent = rights.get(kind) or {}
        for action, others in _NARROWER.items():
            for other in others:
                if action in sent and other in sent and _WIDTH[sent[action]] > _WIDTH[sent[other]]:
                    item.error("NotSupportedChoice", f"rights.{kind}.{action}")
                    break


def role_rights(old: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """Return the rights of a role after a write; what a role never had is denied."""
    rights = dict(old)
    for kind in ("leads", "contacts", "companies"):
        rights[kind] = {**DENIED, **old.get(kind, {}), **(sent.get(kind) or {})}
    rights["tasks"] = {"edit": "D", "delete": "D", **old.get("tasks", {}), **(sent.get("tasks") or {})}
    for key in ("mail_access", "catalog_access"):
        rights[key] = bool(sent.get(key, old.get(key, False)))
    for key in ("status_rights", "catalog_rights"):
        rights[key] = sent[key] or None if key in sent else old.get(key)
    return rights
