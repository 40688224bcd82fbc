"""Linter of the description: one line with file, line and rule for each breach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from . import node_types, rules_collections, rules_examples, rules_operations, rules_schemas
from .bundle import Bundle, read_bundle
from .root_file import root_problems
from .source import Map, Problem, SpecError

__all__ = ["RULES", "lint", "lint_bundle"]

RULES: dict[str, str] = {
    "file": "Every file of the description can be read.",
    "yaml": "Every file is YAML with a mapping in which no key stands twice.",
    "root": "The root lists exactly the paths and webhooks of the files, in order.",
    "reference": "Every reference points at a schema, parameter or response that exists.",
    "cycle": "No reference leads back to itself.",
    **node_types.RULES,
    **rules_schemas.RULES,
    **rules_operations.RULES,
    **rules_collections.RULES,
    **rules_examples.RULES,
}


def lint(spec: Path, fixtures: Path | None = None) -> list[Problem]:
    """All problems of the description in the folder ``spec``, in the order of their places.

    Args:
        spec: folder of the description.
        fixtures: folder of its examples; None where there are none to be.
    """
    try:
        bundle = read_bundle(spec)
        problems = [*lint_bundle(bundle), *root_problems(spec)]
        if fixtures is not None and not problems:
            problems += rules_examples.check(bundle, fixtures)
    except SpecError as error:
        return error.problems
    return sorted(set(problems))


def lint_bundle(bundle: Bundle) -> list[Problem]:
    """All problems of a bundled description, those of bundling included."""
    read, write = _used(bundle)
    problems: list[Problem] = [
        *bundle.problems,
        *rules_schemas.check(bundle, read, write),
        *rules_operations.check(bundle),
    ]
    if not problems:  # what collections are made of is in order
        problems.extend(rules_collections.check(bundle))
    return sorted(set(problems))


def _used(bundle: Bundle) -> tuple[frozenset[str], frozenset[str]]:
    """Return the schemas of answers and webhooks, and those of requests.

    A schema that nothing refers to counts as a request's when it is closed or an enum, else as an answer's.
    """
    read: set[str] = set()
    write: set[str] = set()
    for operation in bundle.operations():
        _reach(bundle, operation.data.get("responses"), read)
        for node in (
            operation.data.get("requestBody"),
            operation.data.get("parameters"),
            operation.item.get("parameters"),
        ):
            _reach(bundle, node, write)
    _reach(bundle, bundle.document["webhooks"], read)
    _reach(bundle, bundle.document["components"]["responses"], read)
    _reach(bundle, bundle.document["components"]["parameters"], write)
    for name, schema in bundle.schemas.items():
        if name not in read and name not in write and isinstance(schema, Map):
            closed = schema.get("additionalProperties") is False or "enum" in schema
            _reach(bundle, schema, write if closed else read)
            (write if closed else read).add(name)
    return frozenset(read), frozenset(write)


def _reach(bundle: Bundle, node: Any, names: set[str]) -> None:
    for ref in _refs(node):
        kind, _, name = ref.removeprefix("#/components/").partition("/")
        if kind != "schemas":
            _reach(bundle, bundle.document["components"].get(kind, {}).get(name), names)
        elif name not in names and name in bundle.schemas:
            names.add(name)
            _reach(bundle, bundle.schemas[name], names)


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            elif key in ("x-by-type", "x-by-key") and isinstance(value, Map):
                area = PurePosixPath(value.file).stem
                yield from (f"#/components/schemas/{area}.{name}" for name in value.values())
            else:
                yield from _refs(value)
    elif isinstance(node, list):
        for item in node:
            yield from _refs(item)
