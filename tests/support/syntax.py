"""Syntax trees and imports of files, parsed once for all tests that look at sources."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

__all__ = ["imports_of", "module_of", "tree_of"]

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file; it is shared, so it must not be changed."""
    return ast.parse(path.read_text(encoding="utf-8"))


def module_of(path: Path) -> str:
    """Return the name under which a file of this repository is imported."""
    parts = path.relative_to(SRC if path.is_relative_to(SRC) else ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports_of(path: Path) -> tuple[tuple[int, str], ...]:
    """Return line and absolute name of everything that a file imports, anywhere in its text."""
    module = module_of(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
    return tuple(found)
