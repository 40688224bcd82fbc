"""One collection of the API, as the generated table has it: which operation lists, reads or writes its items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["Resource"]


class Resource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A collection and its operations, each named ``area.operation_id``; empty where the API has none.

    Attributes:
        name: how the client calls it, such as ``leads``.
        path: its path.
        list, get, create, update, delete: operations. One with a batch takes several items.
        within: lists the items of one owner, where ``list`` gives those of all.
        items: key in ``_embedded`` of the items of a list.
        key: attribute of an item that names it in a path.
        actions: everything else that hangs below the collection, by its short name.
    """

    name: str
    path: str
    list: str = ""
    get: str = ""
    create: str = ""
    update: str = ""
    delete: str = ""
    within: str = ""
    items: str = ""
    key: str = "id"
    actions: Mapping[str, Any] = {}

    @property
    def has(self) -> tuple[str, ...]:
        """What it can do, in words."""
        roles = ("list", "get", "create", "update", "delete")
        return (*(role for role in roles if getattr(self, role)), *self.actions)
