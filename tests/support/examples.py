"""The examples in docstrings."""

from __future__ import annotations

import ast
import doctest
import inspect
from functools import cache
from typing import Any

__all__ = ["Finder"]


@cache
def _classes_of(module: Any) -> frozenset[str]:
    tree = ast.parse(inspect.getsource(module))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.ClassDef))


class Finder(doctest.DocTestFinder):
    """Finds the examples of the classes and functions that a module defines, wherever their public home is."""

    def _from_module(self, module: Any, object: Any) -> bool:
        if module is not None and inspect.isfunction(object):
            object = inspect.unwrap(object)  # its arguments may be checked around it
            return object.__globals__ is vars(module) or object.__module__ == module.__name__
        if module is not None and inspect.isclass(object):
            return object.__name__ in _classes_of(module)
        return super()._from_module(module, object)  # type: ignore[misc, no-any-return]
