"""The base of every generated model."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["UNSET", "Model", "UnsetType"]


class Model(msgspec.Struct, kw_only=True, gc=False):
    """A shape of the API.

    A property that the server did not send, or that is not to be sent, is ``UNSET``; ``None`` is the
    JSON null. Models are trees and cannot form cycles, so the garbage collector need not look at them
    (``gc=False``): with many pages alive that halves the time to read one.
    """
