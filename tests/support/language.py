"""Words that the prose of this repository avoids.

``python -m tests.support.language`` prints every place where one occurs; ``make check`` runs it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["findings", "in_docstrings", "in_lines", "in_locals", "main", "pages"]

ROOT: Final = Path(__file__).resolve().parents[2]
#: Generated copies are judged by their sources.
_GENERATED: Final = ("src/amocrm/_sync/", "src/amocrm/entities/_generated/", "src/amocrm_gen/")

#: Pattern -> what to write instead.
_BANNED: Final = {
    r"\b(he|his|him|himself)\b": "it, its, the process, the caller",
    r"\b(nobody|somebody|everybody|anybody)\b": "the noun: no process, a user, every caller",
    r"\b(whoever|whatever|whichever)\b": "the noun: the process that, the value that",
    r"\b(what|who) is no\b": "the condition: unless it is a",
    r", so that\b": "a new sentence, or 'so'",
    r"\bcan not\b(?! be empty)": "cannot",  # the answer of the API that the sandbox repeats
    r"\bpoliteness\b|\bturned? back\b": "the term of the field",
}
_PATTERN: Final = re.compile("|".join(f"(?:{pattern})" for pattern in _BANNED), re.IGNORECASE)
#: A function says what it does; these begin a noun phrase or a question.
_OPENERS: Final = re.compile(r"(?:What|Who|Whose|Whether|How|Of|The|An?)\b")
#: Names that tell the state of a thing; a local or a parameter is named by the thing that it holds.
_STATES: Final = frozenset({"found", "given", "known", "made", "one"})


def in_lines(text: str) -> Iterator[tuple[int, str]]:
    """Give line number and words of every banned phrase."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in _PATTERN.finditer(line):
            yield number, match.group()


def in_docstrings(text: str) -> Iterator[tuple[int, str]]:
    """Give line number and first words of docstrings of functions that do not begin with a verb."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_attribute(node):
            continue
        docstring = ast.get_docstring(node) or ""
        if _OPENERS.match(docstring):
            yield node.body[0].lineno, " ".join(docstring.split()[:4])


def in_locals(text: str) -> Iterator[tuple[int, str]]:
    """Give line number and name of every local or parameter that is called by its state."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound = node.lineno, node.id
        elif isinstance(node, ast.arg):
            bound = node.lineno, node.arg
        else:
            continue
        if bound[1] in _STATES:
            yield bound[0], f"{bound[1]} (name the thing that it holds)"


def _is_attribute(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return True for a property or a fixture, which is described as a thing."""
    names = {name for part in node.decorator_list for name in ast.unparse(part).replace("(", ".").split(".")}
    return bool(names & {"property", "cached_property", "fixture"})


def pages() -> Iterator[Path]:
    """Give the handwritten modules of ``src`` and ``generator``, the pages of ``docs`` and the description."""
    for pattern in ("src/**/*.py", "generator/**/*.py", "docs/**/*.md", "spec/**/*.yaml"):
        for path in sorted(ROOT.glob(pattern)):
            if not path.relative_to(ROOT).as_posix().startswith(_GENERATED):
                yield path


def findings(path: Path) -> list[str]:
    """Return the places of a file that need other words."""
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    places = list(in_lines(text))
    if path.suffix == ".py":
        places += [*in_docstrings(text), *in_locals(text)]
    return [f"{name}:{line}: {words}" for line, words in sorted(places)]


def main() -> int:
    """Print the places and their number; return the exit code."""
    wrong = [place for path in pages() for place in findings(path)]
    print("\n".join([*wrong, f"{len(wrong)} phrases to rewrite"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
