"""Python names for names of the API, in one place for models, endpoints and lint."""

from __future__ import annotations

import builtins
import keyword
import re
import typing

__all__ = ["argument_name", "class_name_problem", "field_name"]

# A property of one of these names would hide the type in the annotations of its own class, or what the base has.
_ANNOTATED = frozenset(
    {"bool", "bytes", "extra", "dict", "float", "int", "list", "object", "self", "set", "str", "tuple"}
)
# Names that the generated modules import or define.
_TAKEN = frozenset(
    {
        "Model",
        "UnsetType",
        "Sequence",
        "Mapping",
        "Struct",
        "Op",
        "Page",
        "Batch",
        "Request",
        "Response",
        "Detailed",
        "Client",
        "AsyncClient",
        "Api",
        "AsyncApi",
        "Body",
    }
)
_CLASS = re.compile(r"(?:[A-Z][a-z]*[0-9]*)+")


def field_name(wire: str) -> str:
    """Return the attribute of a model for a property: ``_links`` is ``links``, ``from`` is ``from_``."""
    name = re.sub(r"\W", "_", wire).strip("_") or "value"
    if name[0].isdigit():
        name = f"value_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _ANNOTATED else name


def argument_name(wire: str) -> str:
    """Return the keyword argument for a parameter: its name, with an underscore for keywords, headers lower case."""
    name = re.sub(r"\W", "_", wire).strip("_")
    name = name.lower() if "-" in wire else name
    return f"{name}_" if keyword.iskeyword(name) else name


def class_name_problem(name: str) -> str | None:
    """Why a schema cannot be called so, or ``None``.

    A name must come out of both generators' naming unchanged: words that start with one capital, digits only at
    a word's end, and nothing that Python, typing or the generated modules use already.
    """
    if not name.isascii() or not _CLASS.fullmatch(name):
        return "must be CamelCase: ASCII words of one capital and lower-case letters, digits only at a word's end"
    if re.search(r"[A-Z]{2}", name):
        return "must not have two capitals in a row"
    if (
        name.endswith("Api")
        or keyword.iskeyword(name)
        or hasattr(builtins, name)
        or name in typing.__all__
        or name in _TAKEN
    ):
        return "is a name of Python, of typing or of the generated modules"
    return None
