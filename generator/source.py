"""YAML files of the description, with the file and line of every node.

The description is read as YAML 1.2's core schema: ``no`` and ``2024-01-01`` are strings, mapping keys are
always strings, and a key that stands twice in one mapping is an error instead of a silent overwrite.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

__all__ = ["Map", "Problem", "Seq", "SpecError", "load", "plain"]


class Problem(NamedTuple):
    """One thing that is wrong with the description; sorts by place."""

    file: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.message}"


class SpecError(Exception):
    """The description cannot be used; ``problems`` says why, one line each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Map(dict[str, Any]):
    """A mapping that knows where it stands; ``lines`` has the line of each key."""

    __slots__ = ("file", "line", "lines")

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file, self.line = file, line
        self.lines: dict[str, int] = {}

    def put(self, key: str, value: Any, line: int | None = None) -> None:
        """Sets a value together with its line (the mapping's own when none is given)."""
        self[key] = value
        self.lines[key] = self.line if line is None else line

    def at(self, key: str | None = None) -> tuple[str, int]:
        """File and line of a key, or of the mapping itself."""
        return self.file, self.line if key is None else self.lines.get(key, self.line)

    def problem(self, rule: str, message: str, key: str | None = None) -> Problem:
        """A problem at this place."""
        file, line = self.at(key)
        return Problem(file, line, rule, message)


class Seq(list[Any]):
    """A list that knows where it and its items stand."""

    __slots__ = ("file", "line", "lines")

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file, self.line = file, line
        self.lines: list[int] = []


class _Loader(yaml.CSafeLoader):
    """Knows the scalars of JSON only."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("bool", r"^(?:true|false)$", ["t", "f"]),
    ("int", r"^-?(?:0|[1-9][0-9]*)$", list("-0123456789")),
    ("float", r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)

_SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda _: None,
    "bool": lambda text: text == "true",
    "int": int,
    "float": float,
}


@lru_cache(maxsize=256)
def _nodes(file: str, text: str) -> yaml.Node | None:
    try:
        return _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = 1 if mark is None else mark.line + 1
        raise SpecError([Problem(file, line, "yaml", str(error.problem or error.context))]) from None


def load(path: Path, file: str) -> Map:
    """The mapping in a YAML file; ``file`` is the name that problems show.

    Raises:
        SpecError: the file cannot be read, is no YAML, holds no mapping, or has a key twice.
    """
    try:
        node = _nodes(file, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError([Problem(file, 1, "file", error.strerror or str(error))]) from None
    problems: list[Problem] = []
    value = Map(file, 1) if node is None else _value(node, file, problems)
    if not isinstance(value, Map):
        problems.append(Problem(file, 1, "yaml", "the file must hold a mapping"))
    if problems:
        raise SpecError(problems)
    assert isinstance(value, Map)
    return value


def _value(node: yaml.Node, file: str, problems: list[Problem]) -> Any:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        mapping = Map(file, line)
        for key_node, value_node in node.value:
            key, key_line = str(key_node.value), key_node.start_mark.line + 1
            if key in mapping:
                problems.append(Problem(file, key_line, "yaml", f"the key {key!r} stands twice"))
            mapping.put(key, _value(value_node, file, problems), key_line)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        sequence = Seq(file, line)
        for item in node.value:
            sequence.append(_value(item, file, problems))
            sequence.lines.append(item.start_mark.line + 1)
        return sequence
    scalar = _SCALARS.get(node.tag.rpartition(":")[2])
    return node.value if scalar is None else scalar(node.value)


def plain(node: Any) -> Any:
    """The same value as ordinary dicts and lists."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(item) for item in node]
    return node
