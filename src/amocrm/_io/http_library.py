"""HTTP library of the client: ``httpx2`` if it is installed, else ``httpx``.

A transport that is passed in may come from either library.
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

_LIBRARIES: Final = ("httpx2", "httpx")
_VARIABLE: Final = "AMOCRM_HTTP_LIBRARY"


def _load() -> Any:
    chosen = os.environ.get(_VARIABLE, "")
    if chosen not in ("", *_LIBRARIES):
        raise ConfigurationError(f"{_VARIABLE} must be httpx or httpx2, got {chosen!r}; correct or unset it")
    for name in [chosen] if chosen else _LIBRARIES:
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name or chosen:
                raise
    raise ConfigurationError("an HTTP library must be installed, got none; run pip install httpx")


if not TYPE_CHECKING:
    httpx = _load()

#: Name of the library that makes the connections.
LIBRARY: Final[str] = httpx.__name__


def library_of(transport: object) -> Any:
    """Return the library that a transport belongs to: requests for it are made of that library's classes.

    Args:
        transport: of ``httpx`` or ``httpx2``, or of a class of its own with their methods.
    """
    for base in type(transport).__mro__:
        name = base.__module__.partition(".")[0]
        if name in _LIBRARIES and name in sys.modules:
            return sys.modules[name]
    return httpx
