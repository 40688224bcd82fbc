"""Bundle of the files of the description: one OpenAPI 3.1 document.

``schemas/leads.yaml#/Lead`` becomes the component ``leads.Lead``, entries of ``parameters.yaml`` and
``responses.yaml`` become components of their kinds, and path items are put in place. Every node keeps the
file and line it was written at, for the messages of later checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from . import node_types
from .node_types import METHODS
from .source import Map, Problem, Seq, SpecError, load

__all__ = ["METHODS", "Bundle", "Operation", "load_bundle", "read_bundle"]

ROOT = "amocrm.yaml"
HOOKS = "paths/hooks.yaml"


@dataclass(frozen=True)
class Operation:
    """One operation where it stands in the bundle; ``area`` is the file that holds its path."""

    path: str
    method: str
    area: str
    item: Map
    data: Map

    @property
    def id(self) -> str:
        """The operation id, or method and path where it is missing."""
        return str(self.data.get("operationId") or f"{self.method} {self.path}")


@dataclass
class Bundle:
    """The bundled document with what was found wrong while making it."""

    document: Map
    problems: list[Problem] = field(default_factory=list)

    @property
    def schemas(self) -> Map:
        """Schema components by their dotted names."""
        return self.document["components"]["schemas"]  # type: ignore[no-any-return]

    def operations(self) -> Iterator[Operation]:
        """All operations, in the order of the document."""
        for path, item in self.document["paths"].items():
            for method in METHODS:
                data = item.get(method)
                if isinstance(data, Map):
                    yield Operation(path, method, PurePosixPath(item.file).stem, item, data)

    def resolve(self, node: Any) -> Any:
        """Return the target of a reference inside the bundle, or any other node unchanged."""
        for _ in range(32):
            if not (isinstance(node, Map) and isinstance(node.get("$ref"), str)):
                return node
            kind, _, name = node["$ref"].removeprefix("#/components/").partition("/")
            node = self.document["components"].get(kind, {}).get(name)
        return None


def read_bundle(spec: Path, root: str = ROOT) -> Bundle:
    """Bundles the description in the folder ``spec``; problems are collected, not raised.

    Raises:
        SpecError: a file is not YAML or has values of the wrong kind; the rest is then not checked.
    """
    return _Bundler(spec, root).run()


def load_bundle(spec: Path, root: str = ROOT) -> Bundle:
    """Like ``read_bundle``, but refuses a description with problems.

    Raises:
        SpecError: with all problems found.
    """
    result = read_bundle(spec, root)
    if result.problems:
        raise SpecError(result.problems)
    return result


class _Bundler:
    def __init__(self, spec: Path, root: str) -> None:
        self.spec, self.root = spec, root
        self.problems: list[Problem] = []
        self.files: dict[str, Map] = {}

    def run(self) -> Bundle:
        broken: list[Problem] = []
        for path in [self.spec / self.root, *sorted(self.spec.glob("*/*.yaml")), *self.spec.glob("*.yaml")]:
            name = path.relative_to(self.spec).as_posix()
            if name not in self.files:
                try:
                    self.files[name] = load(path, f"{self.spec.name}/{name}")
                    broken += node_types.check(name, self.files[name])
                except SpecError as error:
                    broken += error.problems
        if broken:
            raise SpecError(broken)
        document = self._document(self.files[self.root])
        self._repeated_ids(document)
        self._alias_cycles(document)
        return Bundle(document, sorted(set(self.problems)))

    def _document(self, head: Map) -> Map:
        document = Map(head.file, head.line)
        for key, value in head.items():
            if key not in ("paths", "webhooks", "components"):
                document.put(key, value, head.lines[key])
        document.put("paths", self._listed(head, "paths"))
        document.put("webhooks", self._listed(head, "webhooks"))
        components = Map(head.file, head.line)
        for key, value in (head.get("components") or {}).items():
            components.put(key, value, head["components"].lines[key])
        components.put("parameters", self._copied("parameters.yaml", head))
        components.put("responses", self._copied("responses.yaml", head))
        schemas = Map(head.file, head.line)
        for name in sorted(self.files):
            if name.startswith("schemas/"):
                source = self.files[name]
                for key, value in source.items():
                    full = f"{PurePosixPath(name).stem}.{key}"
                    schemas.put(full, self._copy(value, name), source.lines[key])
        components.put("schemas", schemas)
        document.put("components", components)
        return document

    def _listed(self, head: Map, section: str) -> Map:
        """Paths or webhooks of the root, each put in place, and compared with what the files hold."""
        listed = head.get(section)
        result = Map(head.file, head.lines.get(section, head.line))
        seen: set[tuple[str, str]] = set()
        listed = listed if isinstance(listed, Map) else Map(head.file, head.line)
        for key, entry in listed.items():
            ref = entry.get("$ref") if isinstance(entry, Map) else None
            file, _, pointer = str(ref or "").partition("#/")
            target = self.files.get(file, Map(file, 0)).get(_unescape(pointer))
            if ref is None or not isinstance(target, Map) or _unescape(pointer) != key:
                self.problems.append(
                    listed.problem(
                        "root", f"{key} must be a reference to the entry of that name, not {ref!r}", key
                    )
                )
                continue
            seen.add((file, key))
            result.put(key, self._copy(target, file), self.files[file].lines[key])
        for name, source in self.files.items():
            if name.startswith("paths/") and (name == HOOKS) == (section == "webhooks"):
                for key in source:
                    if (name, key) not in seen:
                        message = f"{key} is not listed in {head.file}; run python -m generator root"
                        self.problems.append(source.problem("root", message, key))
                        if isinstance(source[key], Map):
                            result.put(key, self._copy(source[key], name), source.lines[key])
        return result

    def _copied(self, name: str, head: Map) -> Map:
        source = self.files.get(name)
        return Map(head.file, head.line) if source is None else self._copy(source, name)

    def _copy(self, node: Any, file: str) -> Any:
        """Return a copy whose references point into the bundle."""
        if isinstance(node, Map):
            result = Map(node.file, node.line)
            for key, value in node.items():
                is_reference = key == "$ref" and isinstance(value, str)
                copied = self._reference(value, file, node) if is_reference else self._copy(value, file)
                result.put(key, copied, node.lines[key])
            return result
        if isinstance(node, Seq):
            items = Seq(node.file, node.line)
            items.extend(self._copy(item, file) for item in node)
            items.lines = node.lines
            return items
        return node

    def _reference(self, ref: str, file: str, node: Map) -> str:
        target, _, pointer = ref.partition("#/")
        folder = PurePosixPath(file).parent
        name = _normal(folder / target) if target else file
        key = _unescape(pointer)
        target_nodes = self.files.get(name)
        kind = {"parameters.yaml": "parameters", "responses.yaml": "responses"}.get(name)
        if kind is None and name.startswith("schemas/"):
            kind, full = "schemas", f"{PurePosixPath(name).stem}.{key}"
        else:
            full = key
        if kind is None or target_nodes is None or key not in target_nodes:
            self.problems.append(node.problem("reference", f"{ref} points at nothing", "$ref"))
        return f"#/components/{kind or 'schemas'}/{full}"

    def _repeated_ids(self, document: Map) -> None:
        seen: dict[str, Map] = {}
        for item in document["paths"].values():
            for method in METHODS:
                data = item.get(method)
                name = data.get("operationId") if isinstance(data, Map) else None
                if name in seen:
                    file, line = seen[name].at("operationId")
                    message = f"{name} is used already at {file}:{line}"
                    self.problems.append(data.problem("operation-id", message, "operationId"))
                elif name is not None:
                    seen[name] = data

    def _alias_cycles(self, document: Map) -> None:
        """Yield references that lead to themselves without an object in between."""
        for kind, entries in document["components"].items():
            if kind not in ("schemas", "parameters", "responses"):
                continue
            for name, node in entries.items():
                chain = [name]
                while isinstance(node, Map) and isinstance(node.get("$ref"), str):
                    following = node["$ref"].rpartition("/")[2]
                    if following in chain:
                        message = f"the reference leads back to itself: {' -> '.join([*chain, following])}"
                        self.problems.append(entries.problem("cycle", message, name))
                        break
                    chain.append(following)
                    node = entries.get(following)


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _unescape(pointer: str) -> str:
    return pointer.replace("~1", "/").replace("~0", "~")
