"""Signatures of functions whose keywords stand in a ``TypedDict``, shown as if each were written out."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

__all__ = ["expand"]


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
