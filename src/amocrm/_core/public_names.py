"""Public module names of classes and functions, as messages, tracebacks and pickles show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import Any, get_type_hints

__all__ = ["publish", "publish_all"]


def publish(module: str, value: Any) -> Any:
    """Set ``__module__`` of a class or function to its public module, and return it.

    Args:
        module: the public module that exports it, such as ``amocrm``.
        value: a class or a function; any other value is returned unchanged.
    """
    if isinstance(value, type | FunctionType) and value.__module__ != module:
        if isinstance(value, type) and hasattr(value, "__struct_fields__"):
            # Signatures and decoders of a struct look its annotations up in the module that it names.
            value.__annotations__ = get_type_hints(value, include_extras=True)
        value.__module__ = module
    return value


def publish_all(module: str, namespace: Mapping[str, Any], names: Iterable[str]) -> None:
    """Set ``__module__`` of these names of a namespace to the public module."""
    for name in names:
        publish(module, namespace[name])
