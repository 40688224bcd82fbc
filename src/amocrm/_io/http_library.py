"""The HTTP library: ``httpx2`` where it is installed, else ``httpx``.

A transport that is passed in may come from either, whichever of them the client uses itself.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from amocrm.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

__all__ = ["LIBRARY", "httpx", "library_of"]

_KNOWN: Final = ("httpx2", "httpx")
_VARIABLE: Final = "AMOCRM_HTTP_LIBRARY"


def _load() -> Any:
    wanted = os.environ.get(_VARIABLE, "")
    if wanted not in ("", *_KNOWN):
        raise ConfigurationError(f"{_VARIABLE} must be httpx or httpx2, got {wanted!r}")
    for name in [wanted] if wanted else _KNOWN:
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name or wanted:
                raise
    raise ConfigurationError("no HTTP library is installed; run pip install httpx")


if not TYPE_CHECKING:
    httpx = _load()

#: Name of the library whose connections are used.
LIBRARY: Final[str] = httpx.__name__


def library_of(transport: object) -> Any:
    """Return the library that a transport belongs to: requests for it are made of that library's classes.

    Args:
        transport: of ``httpx`` or ``httpx2``, or of a class of its own with their methods.
    """
    for base in type(transport).__mro__:
        name = base.__module__.partition(".")[0]
        if name in _KNOWN and name in sys.modules:
            return sys.modules[name]
    return httpx
