"""YAML files of the description, with the file and line of every node.

The description is read as YAML 1.2's core schema: ``no`` and ``2024-01-01`` are strings, mapping keys are
always strings, and a repeated key in one mapping is an error.
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
        """Set a value together with its line, by default the mapping's own."""
        self[key] = value
        self.lines[key] = self.line if line is None else line

    def at(self, key: str | None = None) -> tuple[str, int]:
        """File and line of a key, or of the mapping itself."""
        return self.file, self.line if key is None else self.lines.get(key, self.line)

    def problem(self, rule: str, message: str, key: str | None = None) -> Problem:
        """Return a problem at this place."""
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
_TAGS = frozenset({*_SCALARS, "str", "map", "seq"})


@lru_cache(maxsize=256)
def _nodes(file: str, text: str) -> yaml.Node | None:
    try:
        return _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = 1 if mark is None else mark.line + 1
        raise SpecError([Problem(file, line, "yaml", str(error.problem or error.context))]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SpecError([Problem(file, line, "yaml", str(error.reason))]) from None


def load(path: Path, file: str) -> Map:
    """Return the mapping in a YAML file; ``file`` is the name in problems.

    Raises:
        SpecError: the file cannot be read, is no YAML, holds no mapping, or has a key twice.
    """
    try:
        node = _nodes(file, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError([Problem(file, 1, "file", error.strerror or str(error))]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SpecError([Problem(file, line, "file", "is not UTF-8")]) from None
    read = _Reading(file)
    value = Map(file, 1) if node is None else read.value(node)
    if not isinstance(value, Map):
        read.problem(1, "the file must hold a mapping")
    if read.problems:
        raise SpecError(read.problems)
    assert isinstance(value, Map)
    return value


class _Reading:
    """From the nodes of one file to values; what is YAML but not ours is collected as problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._above: list[yaml.Node] = []

    def problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.file, line, "yaml", message))

    def value(self, node: yaml.Node) -> Any:
        line, tag = node.start_mark.line + 1, node.tag.rpartition(":")[2]
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _TAGS:
            self.problem(line, f"the tag {tag} is not known; values are those of JSON")
        if any(node is above for above in self._above):
            self.problem(line, "an anchor stands for something that holds it")
            return None
        self._above.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, line)
            if isinstance(node, yaml.SequenceNode):
                return self._sequence(node, line)
            return _SCALARS.get(tag, str)(node.value)
        except ValueError:
            self.problem(line, f"{node.value!r} is no {tag}")
            return None
        finally:
            self._above.pop()

    def _mapping(self, node: yaml.MappingNode, line: int) -> Map:
        mapping = Map(self.file, line)
        for key_node, value_node in node.value:
            key, key_line = str(key_node.value), key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problem(key_line, "a key must be a text")
                continue
            if key == "<<" and key_node.style not in ("'", '"'):
                self.problem(key_line, "<< does not merge here; write the keys out")
            if key in mapping:
                self.problem(key_line, f"the key {key!r} stands twice")
            mapping.put(key, self.value(value_node), key_line)
        return mapping

    def _sequence(self, node: yaml.SequenceNode, line: int) -> Seq:
        sequence = Seq(self.file, line)
        for item in node.value:
            sequence.append(self.value(item))
            sequence.lines.append(item.start_mark.line + 1)
        return sequence


def plain(node: Any) -> Any:
    """Return the same value as ordinary dicts and lists."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(item) for item in node]
    return node
