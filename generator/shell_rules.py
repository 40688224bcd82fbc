"""Rules for modules of the async shell: code whose sync twin would be wrong or have another meaning.

The converter works on tokens; these rules need the syntax tree. Each names the line and the replacement.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["Refusal", "left_over", "refusals"]

_ASYNC = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
_SCOPES = (ast.AsyncFunctionDef, ast.FunctionDef, ast.Lambda, ast.ClassDef)


class Refusal(NamedTuple):
    """One thing that cannot be converted."""

    line: int
    message: str


def refusals(tree: ast.Module, renamed: Callable[[str], str | None]) -> Iterator[Refusal]:
    """Yield breaches in the source; ``renamed`` returns the sync name of a word."""
    yield from _generic_parameters(tree)
    yield from _scopes_across_yields(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from _in_fstring(node, renamed)
        if isinstance(node, ast.Module | ast.ClassDef):
            yield from _collisions(node, renamed)


def left_over(tree: ast.Module) -> Iterator[Refusal]:
    """Yield async syntax that is left in a twin."""
    for node in ast.walk(tree):
        if isinstance(node, _ASYNC):
            yield Refusal(node.lineno, "the twin would still be async")
        elif isinstance(node, ast.comprehension) and node.is_async:
            yield Refusal(node.target.lineno, "the twin would still be async")


def _in_fstring(node: ast.JoinedStr, renamed: Callable[[str], str | None]) -> Iterator[Refusal]:
    """Before 3.12 an f-string is one token: what stands in it would be converted by some interpreters only."""
    for inner in ast.walk(node):
        word = (
            inner.id
            if isinstance(inner, ast.Name)
            else inner.attr
            if isinstance(inner, ast.Attribute)
            else ""
        )
        waits = isinstance(inner, ast.Await) or (isinstance(inner, ast.comprehension) and inner.is_async)
        if waits or (word and renamed(word) != word):
            yield Refusal(node.lineno, f"`{word or 'await'}` inside an f-string; put it into a variable")


def _generic_parameters(tree: ast.Module) -> Iterator[Refusal]:
    """Yield uses of ``AsyncGenerator`` with two parameters: ``Generator`` takes three, or one with its defaults."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
            named = node.value
            word = named.id if isinstance(named, ast.Name) else getattr(named, "attr", "")
            if word == "AsyncGenerator":
                yield Refusal(
                    node.lineno, "`AsyncGenerator` must have one parameter, as `Generator` takes three or one"
                )


def _scopes_across_yields(tree: ast.Module) -> Iterator[Refusal]:
    """Yield generators with a ``yield`` inside a block, which stays open until the generator is closed."""
    held = {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.AsyncFunctionDef)
        for block in _own(function)
        if isinstance(block, ast.AsyncWith) and any(isinstance(inner, ast.Yield) for inner in _own(block))
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and node.is_async):
            called = node.iter.func if isinstance(node.iter, ast.Call) else None
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name in held:
                message = f"`{name}` yields inside a block; iterate it inside `async with aclosing(...)`"
                yield Refusal(node.iter.lineno, message)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function without those of functions inside it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, _SCOPES):
            yield from _own(child)


def _collisions(node: ast.Module | ast.ClassDef, renamed: Callable[[str], str | None]) -> Iterator[Refusal]:
    """Two names of one module or class that would be one in the twin."""
    bound: dict[str, str] = {}
    for word, line in _bound(node):
        new = renamed(word) or word
        if bound.setdefault(new, word) != word:
            yield Refusal(line, f"`{word}` and `{bound[new]}` would both be called `{new}`")


def _bound(node: ast.Module | ast.ClassDef) -> Iterator[tuple[str, int]]:
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name, statement.lineno
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                yield (alias.asname or alias.name).partition(".")[0], statement.lineno
        elif isinstance(statement, ast.Assign):
            yield from (
                (target.id, target.lineno) for target in statement.targets if isinstance(target, ast.Name)
            )
