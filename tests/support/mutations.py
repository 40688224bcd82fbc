"""Random mistakes in the text of a module: a comparison swapped, a branch negated, a statement removed, and so on."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Any

__all__ = ["keys", "mutant"]

_PAIRS = ((ast.Eq, ast.NotEq), (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Is, ast.IsNot), (ast.In, ast.NotIn))
_SWAPS = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_REMOVED = (ast.Expr, ast.AugAssign, ast.Delete, ast.Raise, ast.Continue, ast.Break)
#: What means nothing when a program runs.
_TYPING = ("TypeVar", "NewType", "ParamSpec", "TypeVarTuple")
_SHOWN_ONLY = ("__repr__", "__str__", "__del__", "drawing")


def mutations(tree: ast.Module) -> Iterator[tuple[ast.AST, str, Any]]:
    """Yield a node, what is done to it, and the node in its place."""
    for node in _code(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPS:
            other = copy.copy(node)
            other.ops = [_SWAPS[type(node.ops[0])](), *node.ops[1:]]
            yield node, "comparison swapped", other
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            other = copy.copy(node)
            other.test = ast.UnaryOp(ast.Not(), node.test)
            yield node, "branch negated", other
        elif isinstance(node, ast.BoolOp):
            yield (
                node,
                "and/or swapped",
                ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values),
            )
        elif isinstance(node, _REMOVED) or (
            isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)
        ):
            yield node, "statement removed", ast.Pass()
        elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
            yield node, "result dropped", ast.Return(ast.Constant(None))
        elif isinstance(node, ast.Constant) and type(node.value) in (bool, int):
            changed = not node.value if isinstance(node.value, bool) else node.value + 1
            yield node, f"constant {node.value} changed to {changed}", ast.Constant(changed)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            yield node, f"constant {node.value!r} emptied", ast.Constant("")


def _code(node: ast.AST, depth: int = 0) -> Iterator[ast.AST]:
    """Walk through what runs: no annotations, messages, docstrings and what is only shown."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "keywords_of_class"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(
                child, ast.JoinedStr | ast.Import | ast.ImportFrom
            ):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(child, ast.FunctionDef) and child.name in _SHOWN_ONLY:
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if depth == 0 and isinstance(child, ast.Assign | ast.AnnAssign) and "__" in ast.dump(child)[:60]:
                continue
            if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) in ("__slots__", "__all__"):
                continue
            if isinstance(child, ast.AnnAssign) and "TypeAlias" in ast.unparse(child.annotation):
                continue
            if isinstance(child, ast.Call) and isinstance(child.func, ast.Name):
                if child.func.id in _TYPING:
                    continue
                if child.func.id == "cast":
                    yield child.args[1]
                    yield from _code(child.args[1], depth + 1)
                    continue
            yield child
            if not isinstance(child, ast.Raise):
                yield from _code(child, depth + 1)


def mutant(text: str, name: str, number: int) -> tuple[str, range | None, int, str]:
    """Return source, lines of the statement (None if it runs at import), line and key of one mutation of a module."""
    tree = ast.parse(text)
    node, what, other = list(mutations(tree))[number]
    lines = _statement(tree, node)

    class Change(ast.NodeTransformer):
        def visit(self, found: ast.AST) -> Any:
            return ast.copy_location(other, node) if found is node else self.generic_visit(found)

    source = ast.unparse(ast.fix_missing_locations(Change().visit(tree)))
    return source, lines, node.lineno, _key(text, name, node, what)  # type: ignore[attr-defined]


def keys(text: str, name: str) -> list[str]:
    """Return the keys of all mutations of a module, in the order of their numbers."""
    return [_key(text, name, node, what) for node, what, _ in mutations(ast.parse(text))]


def _key(text: str, name: str, node: Any, what: str) -> str:
    return f"{name}: {text.splitlines()[node.lineno - 1].strip()}: {what}"


def _statement(tree: ast.AST, node: ast.AST) -> range | None:
    """Return the lines of the innermost statement around a node, without those of its body; None outside functions."""
    found, is_inside = None, False
    for one in ast.walk(tree):  # from the outermost inwards
        if isinstance(one, ast.stmt) and node in ast.walk(one):
            is_inside |= isinstance(found, ast.FunctionDef) and any(one is part for part in found.body)
            found = one
    if found is None or not is_inside:
        return None
    body = getattr(found, "body", None)
    end = body[0].lineno if body else (found.end_lineno or found.lineno) + 1
    return range(found.lineno, max(end, found.lineno + 1))
