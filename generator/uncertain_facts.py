"""Facts that the description marks as uncertain, collected from its comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["UncertainFact", "uncertain_facts"]

_MARK = re.compile(r"(?P<indent> *)#.*?\buncertain: *(?P<text>.*)")
_TOP = re.compile(r"(?P<name>[^\s#][^\s]*):(\s|$)")
_KEY = re.compile(r"\s*(?:- *\{?name: *(?P<named>[^\s,]+)|(?P<key>[^\s:]+):)")
_METHOD = re.compile(r"  (?P<name>get|post|put|patch|delete):")


class UncertainFact(NamedTuple):
    """One comment.

    Attributes:
        file: within the description.
        place: the path with its method, or the schema, that it stands in.
        about: the entry that it stands above.
        text: what it says.
    """

    file: str
    place: str
    about: str
    text: str


def uncertain_facts(spec: Path) -> Iterator[UncertainFact]:
    """All of them, by file and in their order.

    Example:
        A line ``# uncertain: seen only empty.`` within the schema ``Widget`` of ``schemas/widgets.yaml``.
    """
    for path in (*sorted(spec.glob("paths/*.yaml")), *sorted(spec.glob("schemas/*.yaml"))):
        place = method = ""
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if match := _TOP.match(line):
                place, method = match["name"].strip("\"'"), ""
            elif place.startswith("/") and (match := _METHOD.match(line)):
                method = match["name"].upper()
            if match := _MARK.match(line):
                text = " ".join([match["text"], *_continued(lines[number + 1 :], match["indent"])])
                about = _below(lines[number:])
                yield UncertainFact(
                    path.relative_to(spec).as_posix(),
                    f"{method} {place or about}".strip(),
                    about,
                    text.strip(),
                )


def _continued(lines: list[str], indent: str) -> Iterator[str]:
    """Return the rest of a comment of several lines."""
    for line in lines:
        if not line.startswith(f"{indent}# ") or _MARK.match(line):
            return
        yield line[len(indent) + 2 :].strip()


def _below(lines: list[str]) -> str:
    """Return the key of the first line that is not a comment; for a parameter its name instead of its number."""
    for line in lines:
        match = None if line.lstrip().startswith("#") else _KEY.match(line)
        if match:
            return (match["named"] or match["key"]).strip("\"'-")
    return ""
