"""Entity as its attributes and relations see it: a protocol, so they need not import ``Entity``."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any, Protocol

from .._core.orm.identity import Origin
from .._core.orm.tracking import Overlay
from ._links import Links

__all__ = ["Holder"]


class Holder(Protocol):
    """Part of an entity that its attributes and relations use."""

    _data: Any
    _session: Origin | None
    _changes: Overlay[str] | None
    _links: Links | None

    @property
    def _kind(self) -> str: ...

    @property
    def _key(self) -> int | None: ...

    @property
    def _zone(self) -> tzinfo | None: ...

    def _absent(self, attribute: Any, nullable: bool = False) -> Any: ...

    def _embedded(self, key: str) -> Any: ...

    def _current_value(self, wire: str) -> Any: ...

    def _set(self, wire: str, value: Any) -> None: ...

    def _touch(self) -> None: ...

    def _ensure_links(self) -> Links: ...
