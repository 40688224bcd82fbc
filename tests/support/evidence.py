"""Which modules a test is about, as far as its text shows it; `tests/test_mirror.py` holds its table against this.

A test is near a module when it imports the module or a public name of it, requests a path that the module serves,
or does so with a module that imports it. Helpers of the tests and their `conftest.py` count as part of the test.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from .syntax import imports_of, module_of, tree_of

__all__ = ["near"]

ROOT = Path(__file__).resolve().parents[2]
_OURS = ("amocrm", "amocrm_gen", "amocrm_sandbox", "generator")
#: Copies of a module, and what they are generated from.
_SOURCES = {
    "amocrm._sync": "amocrm._async",
    "amocrm_gen._runtime": "generator.runtime",
    "amocrm_gen.client": "generator.runtime.client",
}
_ROUTES = ROOT / "src/amocrm_sandbox/routes"


@cache
def near(test: Path) -> frozenset[str]:
    """Return the modules that a test is near, named by their sources."""
    used = {_home(name) for name in _imported(test)} | set(_served(test))
    further = {_home(name) for module in used for name in _imports(module)}
    return frozenset(_source(module) for module in used | further if module)


def _source(module: str) -> str:
    for copy, source in _SOURCES.items():
        if module == copy or module.startswith(f"{copy}."):
            return source + module.removeprefix(copy)
    return module


def _imported(test: Path) -> Iterator[str]:
    """Give what a test and its helpers import of this project."""
    waiting = [
        test,
        *(folder / "conftest.py" for folder in test.parents if (folder / "conftest.py").is_file()),
    ]
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for _, name in imports_of(path):
            if name.split(".")[0] in _OURS:
                yield name
            elif name.startswith("tests."):
                helper = _file(name) or _file(name.rpartition(".")[0])
                waiting += [helper] if helper and not helper.name.startswith("test_") else []


@cache
def _imports(module: str) -> tuple[str, ...]:
    path = _file(module)
    return () if path is None else tuple(name for _, name in imports_of(path) if name.split(".")[0] in _OURS)


@cache
def _file(module: str) -> Path | None:
    place = module.replace(".", "/")
    candidates = (
        ROOT / top / each for top in ("src", "") for each in (f"{place}.py", f"{place}/__init__.py")
    )
    return next((path for path in candidates if path.is_file()), None)


@cache
def _home(name: str) -> str:
    """Return the module that an imported name is defined in; a package may only pass it on."""
    module, _, word = name.rpartition(".")
    if _file(name) or not module:
        return name
    if word in _defined(module):
        return module
    try:
        value = getattr(import_module(module), word)
    except (ImportError, AttributeError):  # for type checkers only
        return module
    for other, loaded in list(sys.modules.items()):
        if other.split(".")[0] in _OURS and vars(loaded).get(word) is value and word in _defined(other):
            return other
    return module


@cache
def _defined(module: str) -> frozenset[str]:
    path = _file(module)
    words: set[str] = set()
    for node in [] if path is None else tree_of(path).body:
        match node:
            case ast.ClassDef(name=word) | ast.FunctionDef(name=word) | ast.AsyncFunctionDef(name=word):
                words.add(word)
            case ast.Assign(targets=[ast.Name(id=word)]) | ast.AnnAssign(target=ast.Name(id=word)):
                words.add(word)
    return frozenset(words)


@cache
def _templates() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the routes of the sandbox: module, and a pattern of the paths."""
    return tuple(
        (module_of(path), re.compile(re.sub(r"\\{[^}]*\\}", "[^/?]+", re.escape(node.value)) + r"(?:\?|$)"))
        for path in sorted(_ROUTES.glob("*.py"))
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.match(r"/\w\S+$", node.value)
    )


def _served(test: Path) -> Iterator[str]:
    """Give the modules of the sandbox that serve a path which stands in a test."""
    paths: set[str] = set()
    for node in ast.walk(tree_of(test)):
        match node:
            case ast.Constant(value=str(text)):
                paths.add(re.sub(r"\{[^}]*\}", "1", text))
            case ast.JoinedStr(values=parts):
                shown = (part.value if isinstance(part, ast.Constant) else "1" for part in parts)
                paths.add("".join(map(str, shown)))
    for module, pattern in _templates():
        if any(pattern.match(path) for path in paths):
            yield module
