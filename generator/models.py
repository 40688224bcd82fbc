"""Generation of models by datamodel-code-generator with our templates, one module for each area.

Some keywords are removed first: validation would be enforced when an answer is decoded, and defaults would be
sent with every update. Known values and shapes move into the texts.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datamodel_code_generator import InputFileType, LiteralType, PythonVersion, generate
from datamodel_code_generator.enums import DataModelType
from datamodel_code_generator.format import Formatter

from .bundle import Bundle
from .naming import field_name
from .source import Map, Problem, SpecError

__all__ = ["generate_models"]

TEMPLATES = Path(__file__).parent / "templates" / "models"
_KEPT = frozenset(
    {"type", "description", "properties", "required", "additionalProperties", "items", "anyOf", "$ref"}
)
#: Extensions of a free value, and the class of the table that is made from them.
SHAPES = {"x-by-type": "ByType", "x-by-key": "ByKey"}
_WIDTH = 100
_BASE = "generated._runtime.model"


def generate_models(bundle: Bundle) -> dict[str, str]:
    """Return the modules of ``models`` by their file names, unformatted.

    Args:
        bundle: the description; it must be free of problems.

    Raises:
        SpecError: a schema did not become the class or alias of its name in the module of its area.
    """
    names: dict[str, str] = {}
    schemas = {name: _reduced(schema, names) for name, schema in bundle.schemas.items()}
    for name, schema in schemas.items():
        schema.setdefault("description", _words(name.partition(".")[2]))
    tables = list(_tables(bundle))
    for table in tables:
        for prop in table.properties:
            node = schemas[f"{table.area}.{table.schema}"]["properties"][prop]
            node["description"] = f"{node['description']}\n\n`{table.name}` reads it."
    document = {
        "openapi": "3.1.0",
        "info": {"title": "models", "version": "1"},
        "paths": {},
        "components": {"schemas": schemas},
    }
    modules = generate(
        json.dumps(document),
        input_file_type=InputFileType.OpenAPI,
        output_model_type=DataModelType.MsgspecStruct,
        target_python_version=PythonVersion.PY_311,
        base_class=f"{_BASE}.Model",
        custom_template_dir=TEMPLATES,
        aliases=names,
        keyword_only=True,
        use_annotated=False,
        use_type_alias=True,
        use_schema_description=True,
        use_field_description=True,
        enum_field_as_literal=LiteralType.All,
        disable_timestamp=True,
        formatters=[Formatter.BUILTIN],
    )
    assert isinstance(modules, dict)
    texts = {"/".join(path): text for path, text in modules.items() if path != ("__init__.py",)}
    _verify(bundle, texts)
    tags = {tag["name"]: tag["description"] for tag in bundle.document.get("tags", ())}
    return {
        file: _module(
            file.removesuffix(".py"), text, tags, [table for table in tables if f"{table.area}.py" == file]
        )
        for file, text in sorted(texts.items())
    }


def _reduced(node: Any, names: dict[str, str]) -> Any:
    """Return a schema without the keywords that must not reach the models; ``names`` collects the properties to rename."""
    if isinstance(node, list):
        return [_reduced(item, names) for item in node]
    if not isinstance(node, Map):
        return node
    kept: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            kept[key] = {name: _reduced(inner, names) for name, inner in value.items()}
            names.update({name: field_name(name) for name in value if field_name(name) != name})
        elif key == "enum":
            kept[key] = list(value)
        elif key in _KEPT:
            kept[key] = _reduced(value, names)
    text = _text(node)
    if text:
        kept["description"] = text
    if kept.get("additionalProperties") is False or "properties" in kept:
        kept.pop("additionalProperties", None)
    return kept


def _text(node: Map) -> str:
    """Return description, known values and shapes, wrapped."""
    parts = [str(node.get("description", "")).strip()]
    if "x-values" in node:
        parts.append(f"Known values: {', '.join(f'`{value}`' for value in node['x-values'])}.")
    for key in SHAPES:
        if key in node:
            shapes = dict.fromkeys(node[key].values())
            parts.append(f"Shapes: {', '.join(f'`{shape}`' for shape in shapes)}.")
    paragraphs = [paragraph for part in parts for paragraph in part.split("\n\n") if paragraph.strip()]
    return "\n\n".join(textwrap.fill(paragraph, _WIDTH, break_long_words=False) for paragraph in paragraphs)


def _words(name: str) -> str:
    """``LeadPageEmbedded`` is ``Lead page embedded.``, for classes without a description."""
    return re.sub(r"(?<!^)([A-Z])", lambda match: f" {match.group().lower()}", name) + "."


@dataclass(frozen=True)
class _Table:
    """The models that a free value of an answer can have, for one or more properties of a schema."""

    area: str
    schema: str
    properties: list[str]
    shapes: Map
    kind: str

    @property
    def name(self) -> str:
        return f"{_snake(self.schema)}_{field_name(self.properties[0])}".upper()

    @property
    def text(self) -> str:
        union = " | ".join(dict.fromkeys(self.shapes.values()))
        entries = ", ".join(f'"{word}": {shape}' for word, shape in self.shapes.items())
        about = " and ".join(f"``{name}``" for name in self.properties)
        return (
            f"{self.name}: {self.kind}[{union}] = {self.kind}({{{entries}}})\n"
            f'"""``{self.schema}``: models of {about}."""\n'
        )


def _tables(bundle: Bundle) -> Iterator[_Table]:
    for name, schema in bundle.schemas.items():
        area, _, short = name.partition(".")
        # What is sent is made from the models themselves; only what was read has to be told apart.
        if "additionalProperties" in schema:
            continue
        tables: list[_Table] = []
        for prop, node in schema.get("properties", {}).items():
            free = node.get("items", node)
            for key in (key for key in SHAPES if key in free):
                same = next((table for table in tables if table.shapes == free[key]), None)
                if same is None:
                    tables.append(_Table(area, short, [prop], free[key], SHAPES[key]))
                else:
                    same.properties.append(prop)
        yield from tables


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name)


def _module(area: str, text: str, tags: dict[str, str], tables: list[_Table]) -> str:
    """Return the module with a docstring instead of the generator's first comment lines, and with tables last."""
    lines = text.splitlines(keepends=True)
    while lines and (lines[0].startswith("#") or not lines[0].strip()):
        lines.pop(0)
    body = "".join(lines).replace(f"from {_BASE} import", "from .._runtime.model import")
    if tables:
        names = ", ".join(sorted({table.kind for table in tables}))
        imported = "from .._runtime.model import Model\n"
        body = body.replace(imported, f"{imported}from .._runtime.shapes import {names}\n", 1)
        body = "\n\n".join([body.rstrip("\n"), *(table.text for table in tables)])
    return f'"""Models of ``{area}``. {tags.get(area, "Shapes that the areas share.")}"""\n\n{body}'


def _verify(bundle: Bundle, texts: dict[str, str]) -> None:
    """Each schema must be the class or alias of its name in its area's module, with the expected attributes."""
    attributes: dict[str, set[str] | None] = {}
    for file, text in texts.items():
        area = file.removesuffix(".py")
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef):
                fields = {part.target.id for part in node.body if _is_field(part)}  # type: ignore[attr-defined]
                attributes[f"{area}.{node.name}"] = fields
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                attributes[f"{area}.{node.target.id}"] = None
    problems = []
    for name, schema in bundle.schemas.items():
        wanted = {field_name(key) for key in schema["properties"]} if "properties" in schema else None
        if name not in attributes:
            problems.append(
                schema.problem(
                    "models", f"{name} did not become a class of the module {name.partition('.')[0]}"
                )
            )
        elif attributes[name] != wanted:
            got = sorted((attributes[name] or set()) ^ (wanted or set()))
            problems.append(
                schema.problem("models", f"{name} got other attributes than it should: {', '.join(got)}")
            )
    for name in attributes.keys() - bundle.schemas.keys():
        problems.append(Problem(bundle.document.file, 1, "models", f"{name} is not in the description"))
    if problems:
        raise SpecError(problems)


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
