"""Syntax trees of files, parsed once for all tests that look at sources."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

__all__ = ["tree_of"]


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file; it is shared, so it must not be changed."""
    return ast.parse(path.read_text(encoding="utf-8"))
