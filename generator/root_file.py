"""Generator of the lists in the root file: every path and webhook of the files, sorted, below a handwritten head."""

from __future__ import annotations

import re
from pathlib import Path

from .bundle import HOOKS, ROOT
from .source import Problem, load

__all__ = ["root_problems", "root_text", "write_root"]

_NOTE = "# Everything below is written by python -m generator root."
_LISTS = re.compile(r"^(?:paths|webhooks|# Everything below)\b.*", re.MULTILINE)


def root_text(spec: Path) -> str:
    """Return the text of the root file: its own head, and the lists generated from the files.

    Raises:
        SpecError: a file is no YAML.
    """
    text = (spec / ROOT).read_text(encoding="utf-8")
    start = _LISTS.search(text)
    head = text[: start.start()] if start else text
    paths: list[tuple[str, str]] = []
    hooks: list[tuple[str, str]] = []
    for path in sorted((spec / "paths").glob("*.yaml")):
        name = path.relative_to(spec).as_posix()
        (hooks if name == HOOKS else paths).extend((key, name) for key in load(path, name))
    lines = [_NOTE, *_section("paths", sorted(paths)), *_section("webhooks", hooks)]
    return head.rstrip("\n") + "\n\n" + "\n".join(lines) + "\n"


def write_root(spec: Path) -> bool:
    """Rewrites the lists of the root; whether anything changed."""
    text = root_text(spec)
    target = spec / ROOT
    if target.read_text(encoding="utf-8") == text:
        return False
    target.write_text(text, encoding="utf-8")
    return True


def root_problems(spec: Path) -> list[Problem]:
    """One problem when the root is not what ``write_root`` would make of it."""
    have, want = (spec / ROOT).read_text(encoding="utf-8").splitlines(), root_text(spec).splitlines()
    if have == want:
        return []
    same = [line == wanted_line for line, wanted_line in zip(have, want, strict=False)]
    number = same.index(False) + 1 if False in same else len(same)
    message = "the lists are not current; run python -m generator root"
    return [Problem(f"{spec.name}/{ROOT}", number, "root", message)]


def _section(name: str, entries: list[tuple[str, str]]) -> list[str]:
    if not entries:
        return [f"{name}: {{}}"]
    return [f"{name}:", *(f'  "{key}": {{$ref: "{file}#/{_escape(key)}"}}' for key, file in entries)]


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
