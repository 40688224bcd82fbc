"""Signatures of functions whose keywords stand in a ``TypedDict``, shown as if each were written out."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, get_type_hints

from amocrm.errors import ArgumentError

__all__ = ["expand", "refuse_unknown"]


def expand(function: Any) -> None:
    """Let a function show the keys of its ``**rules: Unpack[…]`` as arguments of their own, for help and checks.

    Args:
        function: a function of a module with postponed annotations; any other signature stays as it is.
    """
    hints = [str(hint) for hint in function.__annotations__.values()]
    names = [hint.removeprefix("Unpack[").rstrip("]") for hint in hints if hint.startswith("Unpack[")]
    if not names:
        return
    signature, kind = inspect.signature(function), inspect.Parameter.KEYWORD_ONLY
    *written, _ = signature.parameters.values()
    keys = get_type_hints(function.__globals__[names[0].partition("[")[0]]).items()
    listed = [inspect.Parameter(key, kind, default=..., annotation=rule) for key, rule in keys]
    function.__signature__ = signature.replace(parameters=[*written, *listed])


def refuse_unknown(function: Any, names: Iterable[str]) -> None:
    """Raise ArgumentError for a keyword that a function with ``**rules: Unpack[…]`` does not have.

    Python itself refuses it for any other function.
    """
    signature = getattr(function, "__signature__", None)
    if signature is None:
        return
    unknown = next((name for name in names if name not in signature.parameters), None)
    if unknown is None:
        return
    from difflib import get_close_matches  # rarely needed

    arguments = [name for name in signature.parameters if name != "self"]
    likely = ", ".join(f"{name}=" for name in get_close_matches(unknown, arguments, 1) or arguments)
    raise ArgumentError(f"{function.__name__}() has no argument {unknown}; write {likely}")
