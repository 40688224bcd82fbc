"""`_embedded` of the main entities: what is linked to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .context import Context
from .relations import links_of

__all__ = ["embed_links"]


def embed_links(
    ctx: Context,
    kind: str,
    ids: Sequence[int],
    shown: list[dict[str, Any]],
    always: Sequence[str],
    asked: Sequence[str],
) -> None:
    """Put references to linked entities into `_embedded`.

    Args:
        ctx: The request; its `with` decides.
        kind: Type of the entities.
        ids: Their ids, in the order of `shown`.
        shown: The entities as they are being rendered.
        always: Types that are embedded without being asked for.
        asked: Types that need a `with` of their name. `catalog_elements` is known everywhere.
    """
    wanted = [*always, *(other for other in (*asked, "catalog_elements") if other in ctx.with_)]
    if not wanted:
        return
    links = links_of(ctx.store, kind, ids, wanted[0] if len(wanted) == 1 else None)
    for entity in shown:
        embedded = entity["_embedded"]
        for other in wanted:
            embedded[other] = []
        for type_, id, is_main, metadata in links.get(entity["id"], ()):
            if type_ not in wanted:
                continue
            if type_ == "catalog_elements":
                embedded[type_].append({"id": id, "metadata": metadata})
                continue
            reference = ctx.ref(type_, id)
            if type_ == "contacts" and kind in ("leads", "customers"):
                reference = {"id": id, "is_main": is_main, "_links": reference["_links"]}
            embedded[type_].append(reference)
