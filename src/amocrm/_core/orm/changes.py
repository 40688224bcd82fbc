"""One changed attribute of an entity, as users see it."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["Change"]


class Change(msgspec.Struct, frozen=True):
    """A change that was not written yet.

    Attributes:
        base: what was shown when the value was assigned, ``UNSET`` if nothing was known.
        local: the value that the next commit sends.
        server: what the last reading brought, ``UNSET`` if nothing is known.
    """

    base: Any
    local: Any
    server: Any
