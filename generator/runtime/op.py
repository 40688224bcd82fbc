"""Facts of an operation, which the generator writes beside it.

They come from the ``x-`` extensions of the description and are all that the transport, the retry
policy and the Unit of Work need to know: nothing about an operation is decided by its name.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

__all__ = ["Batch", "Host", "Op", "Page", "Safety"]

Safety: TypeAlias = Literal["safe", "idempotent", "unsafe"]
Host: TypeAlias = Literal["account", "drive", "amojo", "portal", "shared"]


class Page(msgspec.Struct, frozen=True, gc=False):
    """How a list is paged: the collection's key in ``_embedded`` and the highest ``limit``."""

    key: str
    limit: int


class Batch(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How an array body is answered.

    Attributes:
        max: highest number of items in one request.
        recommended: what the vendor advises, ``None`` where it gives no advice.
        items: collection in ``_embedded`` that holds the answered items; ``None``: the answer is a bare array.
        match: keys that tie an answered item to its request item, tried in order; ``request_ids`` means
            that ``request_id`` holds a list. Empty: the answer cannot be matched. Position is never used.
        partial: whether some items can succeed while others fail.
        atomic: how it is known that a refused batch stored nothing.
    """

    max: int
    recommended: int | None = None
    items: str | None = None
    match: tuple[str, ...] = ()
    partial: bool = False
    atomic: Literal["documented", "inferred", "unknown"] = "unknown"


class Op(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The facts of one operation.

    Attributes:
        id: operation id, such as ``list_leads``.
        tag: area of the API.
        method, path: as on the wire; the path keeps its ``{placeholders}``.
        safety: ``safe`` (reads), ``idempotent`` (sending it twice leaves the same state), ``unsafe``.
        host: which host serves it.
        auth: whether it carries the bearer token.
        success: documented success statuses.
        page, batch: see the classes; ``None`` where they do not apply.
        source: where the facts come from (``docs``, ``sdk``, ``kommo``, ``observed``, ``client``).
        doc: the vendor's page, if there is one.
    """

    id: str
    tag: str
    method: str
    path: str
    safety: Safety
    host: Host = "account"
    auth: bool = True
    success: tuple[int, ...] = (200,)
    page: Page | None = None
    batch: Batch | None = None
    source: str = "docs"
    doc: str | None = None
