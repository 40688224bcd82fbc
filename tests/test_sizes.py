"""No module is too long to be read in one go, and no function too long to be seen on one page."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.syntax import tree_of

ROOT = Path(__file__).resolve().parents[1]
HANDWRITTEN = ["src/amocrm", "src/amocrm_sandbox", "generator"]
#: lines of a module, with its docstrings
MODULE = 400
#: lines of a function from its signature to its end, without decorators
FUNCTION = 60


def sources() -> Iterator[Path]:
    """Give the modules; the sync flavour has the length of the async one."""
    for folder in HANDWRITTEN:
        yield from sorted((ROOT / folder).rglob("*.py"))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function."""
    return (function.end_lineno or 0) - function.lineno + 1


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    """A longer one is two modules."""
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()
    }
    assert len(sizes) > 200
    assert {name: lines for name, lines in sizes.items() if lines > MODULE} == {}


def test_no_function_is_longer_than_sixty_lines() -> None:
    """A longer one has parts that deserve names."""
    long = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": length(node)
        for path in sources()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > FUNCTION
    }
    assert long == {}
