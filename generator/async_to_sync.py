"""Converter from the async shell to its sync twin, token by token and line for line.

The async variant is the source; the sync one is generated and committed. ``async`` and ``await`` are dropped,
and names are renamed by a table. Every token stays in its line, so a traceback of one variant can be read in
the other. Code that cannot be converted is refused with file and line.

``python -m generator.async_to_sync`` rewrites the twins; ``python -m generator check`` compares them.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from .shell_rules import Refusal, left_over, refusals

__all__ = ["NAMES", "TREES", "ConversionError", "convert", "convert_tree"]

_HEADER = "# GENERATED from {name} by generator/async_to_sync.py: edit that file and run `make generate`."

#: source folder -> generated folder
TREES = {
    "src/amocrm/_async": "src/amocrm/_sync",
    "tests/shell_async": "tests/shell_sync",
    "examples/sales/_async": "examples/sales/_sync",
    "examples/upserts/_async": "examples/upserts/_sync",
    "examples/jobs/_async": "examples/jobs/_sync",
}
#: handwritten in each flavour
PAIRED = frozenset({"_home.py", "_handlers.py", "_primitives.py", "_redis.py", "_support.py"})

#: async name -> sync name; ``Async`` at the beginning of a name is dropped besides
NAMES = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "AbstractAsyncContextManager": "AbstractContextManager",
    "__aiter__": "__iter__",
    "aclose": "close",
    "aclosing": "closing",
    "anext": "next",
    "asynccontextmanager": "contextmanager",
    "_async": "_sync",
    "handle_async_request": "handle_request",
}
_ATTRIBUTES = {"asyncio": "sync", "asyncio_detailed": "sync_detailed"}
_FORBIDDEN = frozenset(
    {"asyncio", "Awaitable", "Coroutine", "AsyncIterator", "AsyncIterable", "CancelledError", "create_task"}
    | {"ensure_future", "gather", "TaskGroup", "wait_for", "run_until_complete"}
    | {"iscoroutine", "isawaitable", "iscoroutinefunction", "__anext__", "aiter"}
)
_PREFIX = re.compile(r"^(_?)Async([A-Z]\w*)$")
_WORD = re.compile(r"[A-Za-z_]\w*")
_PROSE = re.compile(r"\bawait (?=[\w(])|\basync (?=(?:with|for|def)\b)")


class ConversionError(Exception):
    """A construct that has no sync form; the message names file, line and what to write instead."""


def convert(text: str, name: str) -> str:
    """Return the sync text of an async module.

    Args:
        text: the source.
        name: its path in the repository, for messages and the header.

    Raises:
        ConversionError: something in it cannot be converted.
    """
    lines = text.splitlines(keepends=True)
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ConversionError(f"{name}:{error.lineno}: this is no valid Python: {error.msg}") from error
    _refuse(name, refusals(tree, lambda word: _renamed(word, "")))
    spans = list(_fstrings(text, tree))
    edits = {edit for edit in _edits(text, name) if not _inside(edit, spans)}
    edits |= {edit for span in spans for edit in _prose(_cut(lines, span), *span[0])}
    for row, start, end, new in sorted(edits, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:start] + new + line[end:]
    if "".join(lines).count("\n") != text.count("\n"):
        raise ConversionError(f"{name}: the twin would have another number of lines")
    result = "".join(_with_header(lines, tree, name))
    try:
        twin = ast.parse(result)
    except SyntaxError as error:
        raise ConversionError(f"{name}:{error.lineno}: the twin is no valid Python: {error.msg}") from error
    _refuse(name, left_over(twin))
    return result


def _with_header(lines: list[str], tree: ast.Module, name: str) -> list[str]:
    """Put the header into the empty line below the module docstring, which keeps line numbers equal."""
    header = _HEADER.format(name=name) + "\n"
    if not tree.body:
        return lines
    docstring = tree.body[0]
    if ast.get_docstring(tree) is None or docstring.end_lineno is None:
        raise ConversionError(
            f"{name}:1: a module docstring is missing; write one, followed by an empty line"
        )
    if docstring.end_lineno == len(lines):
        return [*lines, header]
    if lines[docstring.end_lineno].strip():
        raise ConversionError(
            f"{name}:{docstring.end_lineno}: leave an empty line below the module docstring"
        )
    return [*lines[: docstring.end_lineno], header, *lines[docstring.end_lineno + 1 :]]


def _refuse(name: str, refusals: Iterator[Refusal]) -> None:
    for line, message in refusals:
        raise ConversionError(f"{name}:{line}: {message}")


def convert_tree(root: Path) -> dict[str, str]:
    """Every generated twin of the repository at ``root``: relative path to text."""
    result: dict[str, str] = {}
    for source, target in TREES.items():
        for path in sorted((root / source).rglob("*.py")):
            inner = path.relative_to(root / source)
            if path.name in PAIRED or "__pycache__" in path.parts:
                continue
            text = path.read_text(encoding="utf-8")
            result[f"{target}/{inner.as_posix()}"] = convert(text, f"{source}/{inner.as_posix()}")
    return result


_Edit = tuple[int, int, int, str]
_Span = tuple[tuple[int, int], tuple[int, int]]


def _edits(text: str, name: str) -> Iterator[_Edit]:
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for index, token in enumerate(tokens):
        row, start = token.start
        if token.type in (tokenize.STRING, tokenize.COMMENT):
            yield from _prose(token.string, *token.start)
            continue
        if token.type != tokenize.NAME:
            continue
        after = tokens[index + 1]
        if token.string in ("async", "await"):
            if after.type in (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT):
                raise ConversionError(
                    f"{name}:{row}: `{token.string}` at the end of a line; put what follows beside it"
                )
            yield row, start, after.start[1], ""
            continue
        before = tokens[index - 1].string if index else ""
        new = _renamed(token.string, before)
        if new is None:
            raise ConversionError(f"{name}:{row}: `{token.string}` has no sync form; use _primitives")
        if new != token.string:
            yield row, start, token.end[1], new


def _renamed(word: str, before: str) -> str | None:
    """Return the sync name of a word, the word itself if it stays, ``None`` if it is refused."""
    if before == "." and word in _ATTRIBUTES:
        return _ATTRIBUTES[word]
    if word in NAMES:
        return NAMES[word]
    if word in _FORBIDDEN:
        return None
    if match := _PREFIX.match(word):
        return match.group(1) + match.group(2)
    return None if "async" in word.lower() else word


def _prose(text: str, first_row: int, column: int) -> Iterator[_Edit]:
    """Names and keywords inside a string or a comment, line by line."""
    for offset, line in enumerate(text.split("\n")):
        shift = column if offset == 0 else 0
        row = first_row + offset
        for match in _PROSE.finditer(line):
            yield row, shift + match.start(), shift + match.end(), ""
        for match in _WORD.finditer(line):
            word = match.group()
            before = line[match.start() - 1] if match.start() else ""
            new = _renamed(word, before)
            if new is not None and new != word:
                yield row, shift + match.start(), shift + match.end(), new


def _fstrings(text: str, tree: ast.Module) -> Iterator[_Span]:
    """Where f-strings stand. They are read as prose, since interpreters disagree about their tokens."""
    lines = text.splitlines()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.JoinedStr)
            and node.end_lineno is not None
            and node.end_col_offset is not None
        ):
            span = ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
            yield _in_characters(lines, span)


def _cut(lines: list[str], span: _Span) -> str:
    """Return the text of a span."""
    (first, start), (last, end) = span
    if first == last:
        return lines[first - 1][start:end]
    return "".join([lines[first - 1][start:], *lines[first : last - 1], lines[last - 1][:end]])


def _in_characters(lines: list[str], span: _Span) -> _Span:
    """Convert a span to columns in characters: the syntax tree counts UTF-8 bytes."""
    first, last = span

    def column(place: tuple[int, int]) -> int:
        return len(lines[place[0] - 1].encode()[: place[1]].decode())

    return (first[0], column(first)), (last[0], column(last))


def _inside(edit: _Edit, spans: list[_Span]) -> bool:
    place = (edit[0], edit[1])
    return any(first <= place < last for first, last in spans)


def main(root: Path) -> int:
    """Write every twin and remove those without a source; return the exit code."""
    try:
        twins = convert_tree(root)
    except ConversionError as error:
        print(error, file=sys.stderr)
        return 1
    for relative, text in twins.items():
        path = root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for target in TREES.values():
        for path in (root / target).rglob("*.py"):
            if path.name not in PAIRED and path.relative_to(root).as_posix() not in twins:
                path.unlink()
    print(f"{len(twins)} twins are current")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(__file__).resolve().parent.parent))
