"""Public homes of classes and functions: what a message, a traceback or a pickle calls them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import Any, get_type_hints

from msgspec import Struct

__all__ = ["publish", "publish_all"]


def publish(module: str, value: Any) -> Any:
    """Set the public module as the home of a class or function, and return it.

    Args:
        module: the public module that exports it, such as ``amocrm``.
        value: a class or a function; anything else has no home and is returned as it is.
    """
    if isinstance(value, type | FunctionType) and value.__module__ != module:
        if isinstance(value, type) and issubclass(value, Struct):
            # Signatures and decoders of a struct look its annotations up in the module that it names.
            value.__annotations__ = get_type_hints(value, include_extras=True)
        value.__module__ = module
    return value


def publish_all(module: str, namespace: Mapping[str, Any], names: Iterable[str]) -> None:
    """Set the public module as the home of these names of its namespace."""
    for name in names:
        publish(module, namespace[name])
