"""The walk that strict decoding cannot replace: unknown properties pass a decoder unseen."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

__all__ = ["lost"]


def lost(raw: Any, wanted: Any, path: str = "$") -> Iterator[str]:
    """The places of a JSON value that have no property in the type, such as ``$._embedded.leads[0].colour``."""
    option = _option(raw, wanted)
    if isinstance(raw, dict) and isinstance(option, type) and issubclass(option, msgspec.Struct):
        known = {field.encode_name: field.type for field in msgspec.structs.fields(option)}
        for name, value in raw.items():
            if name in known:
                yield from lost(value, known[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif isinstance(raw, dict) and get_origin(option) is dict:
        for name, value in raw.items():
            yield from lost(value, get_args(option)[1], f"{path}.{name}")
    elif isinstance(raw, list) and get_origin(option) is list:
        for index, value in enumerate(raw):
            yield from lost(value, get_args(option)[0], f"{path}[{index}]")


def _option(raw: Any, wanted: Any) -> Any:
    """The member of a union that fits the kind of the value."""
    if get_origin(wanted) not in (Union, UnionType):
        return wanted
    options = get_args(wanted)
    for option in options:
        origin = get_origin(option)
        struct = isinstance(option, type) and issubclass(option, msgspec.Struct)
        if isinstance(raw, dict) and (struct or origin is dict):
            return option
        if isinstance(raw, list) and origin is list:
            return option
    return Any if Any in options else None
