"""No module is too long to be read in one go, and no function too long to be seen on one page."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HANDWRITTEN = ["src/amocrm", "src/amocrm_sandbox", "generator"]
#: lines of a module, with its docstrings
MODULE = 400
#: lines of a function: its signature and its body, without decorators and without its docstring
FUNCTION = 60


def sources() -> Iterator[Path]:
    """Give the modules; the sync flavour has the length of the async one."""
    for folder in HANDWRITTEN:
        yield from sorted((ROOT / folder).rglob("*.py"))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    first = function.body[0]
    docstring = ast.get_docstring(function, clean=False) is not None
    told = (first.end_lineno or 0) - first.lineno + 1 if docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - told


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    """A longer one is two modules."""
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()
    }
    assert len(sizes) > 200
    assert {name: lines for name, lines in sizes.items() if lines > MODULE} == {}


def test_no_function_is_longer_than_sixty_lines() -> None:
    """A longer one has parts that deserve names; the docstring is not counted."""
    long = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": length(node)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > FUNCTION
    }
    assert long == {}
