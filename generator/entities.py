"""Entity classes of collections, made from the schemas of what is read, created and changed.

One line of declaration for each attribute. What is in no body is read-only; what is in the body of a creation and in
that of no change is fixed afterwards. A handwritten class derives from the generated one where it has more to say.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .bundle import Bundle
from .entity_relations import CHILDREN, CLASSES, MODULES, Relation, fields_of, relations_of
from .naming import field_name
from .resources import Collection, body_of, collections_of, item_of
from .rules_batches import parameters_of
from .source import Map

__all__ = ["generate_entities"]

_WIDTH = 100
_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_LEFT_OUT = frozenset(
    {"id", "_links", "_embedded", "request_id", "custom_fields_values", "tags_to_add", "tags_to_delete"}
)
_ID = re.compile(r"(?:.*_)?id|created_by|updated_by|modified_by")
#: Types of the constructor's arguments by the kind of attribute.
_ARGUMENT_TYPES = {
    "Text": "str", "Id": "int", "Amount": "int | float | Decimal", "Flag": "bool", "Moment": "datetime | int",
}  # fmt: skip
#: What the description calls nullable and no record lacks.
_ALWAYS = frozenset({"created_at", "updated_at", "created_by", "updated_by"})


_INIT = '''\
"""Entity classes that are made from the description."""

from typing import Final

__all__ = ["CLASSES"]

#: Collection -> area and class.
CLASSES: Final[dict[str, tuple[str, str]]] = {places!r}
'''


def generate_entities(bundle: Bundle) -> dict[str, str]:
    """Return one module for each area that has classes, by its file name, unformatted."""
    areas: dict[str, list[_Class]] = {}
    collections = [item for item in collections_of(bundle) if "class" in item.facts]
    titles = {collection.name: str(collection.facts["class"]) for collection in collections}
    for collection in collections:
        class_ = _Class(bundle, collection, titles)
        areas.setdefault(class_.area, []).append(class_)
    texts = {f"{area}.py": _module(area, classes) for area, classes in sorted(areas.items())}
    places = {
        class_.collection.name: (area, class_.name)
        for area, classes in sorted(areas.items())
        for class_ in classes
    }
    texts["__init__.py"] = _INIT.format(places=dict(sorted(places.items())))
    return texts


@dataclass
class _Attribute:
    """One line of declaration."""

    name: str
    kind: str
    type: str
    options: list[str]
    description: str
    argument_type: str = ""
    required: bool = False

    @property
    def line(self) -> str:
        subscript = {"Moment": f"[{self.type}]", "Plain": f'["{self.type}"]', "Attribute": f'["{self.type}", "{self.argument_type}"]'}  # fmt: skip
        typed = subscript.get(self.kind, "")
        if self.kind == "Moment" and "None" in self.type:
            typed = f'["{self.type}"]'
        return f"{self.name} = {self.kind}{typed}({', '.join(self.options)})"

    @property
    def argument(self) -> str:
        annotation = self.argument_type or _ARGUMENT_TYPES[self.kind]
        return (
            f"{self.name}: {annotation}"
            if self.required
            else f"{self.name}: {annotation} | UnsetType = UNSET"
        )


@dataclass
class _Class:
    """One entity class."""

    bundle: Bundle
    collection: Collection
    titles: dict[str, str]
    models: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        roles = self.collection.roles
        self.schema = item_of(self.bundle, self.collection)
        self.name: str = self.collection.facts["class"]
        first = roles.get("list") or roles["create"]
        self.area: str = first.data["tags"][0]
        self.create = body_of(self.bundle, roles.get("create"))
        self.update = body_of(self.bundle, roles.get("update"))
        parameters = {
            parameter["name"]: parameter
            for operation in (first, roles.get("get", first))
            for parameter in parameters_of(self.bundle, operation)
        }
        self.with_ = set(map(str, parameters.get("with", Map("", 0)).get("x-values", ())))
        self.names = [
            _short(parameters[name]["schema"]["$ref"]) if name in parameters else None
            for name in ("filter", "order")
        ]
        self.attributes = list(self._attributes())
        self.relations = list(self._relations())

    @property
    def is_built_up(self) -> bool:
        """Whether people make it step by step: with relations, no argument is required and None clears."""
        return "relations" in self.collection.facts

    def _relations(self) -> Iterator[Relation]:
        facts = self.collection.facts
        yield from fields_of(facts.get("fields", {}))
        nullable = {attribute.name: "None" in attribute.argument_type for attribute in self.attributes}
        embedded = None if self.create is None else self.create["properties"].get("_embedded")
        on_create = (self.bundle.resolve(embedded) or {}).get("properties", {})
        yield from relations_of(facts.get("relations", {}), self.titles, nullable, self.with_, on_create)

    def _attributes(self) -> Iterator[_Attribute]:
        left_out = _LEFT_OUT | set(self.collection.facts.get("without", ())) | set(self._scopes())
        schemas = [
            schema for schema in (self.bundle.schemas[self.schema], self.create, self.update) if schema
        ]
        for name in dict.fromkeys(name for schema in schemas for name in schema["properties"]):
            if name not in left_out:
                yield self._attribute(name)

    def _scopes(self) -> dict[str, str]:
        """Return what a creation takes in its path and its query, with the types."""
        create = self.collection.roles.get("create")
        if create is None:
            return {}
        path = {name: _scope_type(name) for name in re.findall(r"\{([^}]*)\}", create.path)}
        query = [item for item in parameters_of(self.bundle, create) if item["in"] == "query"]
        return path | {item["name"]: _SCALARS[item["schema"]["type"]] for item in query}

    def _attribute(self, name: str) -> _Attribute:
        read = self.bundle.schemas[self.schema]["properties"].get(name)
        created = None if self.create is None else self.create["properties"].get(name)
        changed = None if self.update is None else self.update["properties"].get(name)
        node = next(item for item in (read, created, changed) if item is not None)
        kind, shown = self._kind(name, node)
        options = []
        if created is None and changed is None:
            options.append("readonly=True")
        elif changed is None:
            options.append("fixed=True")
        if name in self.with_:
            options.append(f'needs="{name}"')
        if (kind == "Moment" and "None" not in shown) or kind == "Flag":
            options.append("nullable=False")
        attribute = field_name(name)
        if attribute != name:
            options.insert(0, f'"{attribute}"')
        written = created if created is not None else changed
        argument_type = "" if written is None else self._argument_type(kind, name, written)
        clears = any(item is not None and "null" in _types(item) for item in (read, changed))
        if (
            self.is_built_up
            and argument_type
            and clears
            and name not in _ALWAYS
            and "None" not in argument_type
        ):
            argument_type += " | None"
        if kind == "Plain" and argument_type and argument_type != shown:
            kind = "Attribute"
        text = str((created or node).get("description", "")).strip()
        required = (
            self.create is not None and name in self.create.get("required", ()) and not self.is_built_up
        )
        return _Attribute(attribute, kind, shown, options, text, argument_type, required)

    def _argument_type(self, kind: str, name: str, written: Map) -> str:
        if kind not in _ARGUMENT_TYPES:
            return self._type(written)
        return _ARGUMENT_TYPES[kind] + (" | None" if "null" in _types(written) else "")

    def _kind(self, name: str, node: Map) -> tuple[str, str]:
        """Return the kind of attribute and the type that it shows."""
        types = [item for item in _types(node) if item != "null"]
        nullable = "null" in _types(node)
        if types == ["integer"]:
            if node.get("format") == "unix-time":
                return "Moment", "datetime | None" if nullable and name not in _ALWAYS else "datetime"
            return ("Id" if _ID.fullmatch(name) else "Amount"), ""
        if types == ["string"]:
            return "Text", ""
        if types == ["boolean"] and not nullable:
            return "Flag", ""
        if types and set(types) <= {"integer", "number"}:
            return "Amount", ""
        return "Plain", self._type(node)

    def _type(self, node: Any) -> str:
        """Return the Python type of a value."""
        if not isinstance(node, Map):
            return "Any"
        if "$ref" in node:
            area, _, name = node["$ref"].rpartition("/")[2].partition(".")
            self.models.add((area, name))
            return f"{name}Model" if name == self.name else name
        if "anyOf" in node:
            return " | ".join(dict.fromkeys(self._type(form) for form in node["anyOf"]))
        texts = []
        for kind in _types(node):
            inner = node.get("items") if kind == "array" else node.get("additionalProperties")
            if kind == "array":
                texts.append(f"list[{self._type(inner)}]")
            elif kind == "object":
                texts.append(f"dict[str, {self._type(inner)}]")
            else:
                texts.append(_SCALARS[kind])
        return " | ".join(texts) or "Any"

    @property
    def text(self) -> str:
        area, _, model = self.schema.partition(".")
        names = [f'"{name}"' if name else "None" for name in self.names]
        key = self.collection.key
        schema = self.bundle.schemas[self.schema]
        lines = [
            f'    _kind = "{self.collection.name}"',
            f'    _names = ("{area}", "{model}", {", ".join(names)})',
        ]
        if key != "id":
            textual = "string" in _types(schema["properties"][key])
            lines.append(f'    _key_name = "{key}"')
            if textual:
                lines.append(
                    f'    id = TextKey("{key}", readonly=True, nullable=False)  # type: ignore[assignment]'
                )
        elif "string" in _types(schema["properties"]["id"]):
            lines.append("    id = TextKey(readonly=True, nullable=False)  # type: ignore[assignment]")
        lines.append("")
        lines += [f"    {name} = Scope[{kind}]()" for name, kind in self._scopes().items()]
        lines += [f"    {attribute.line}" for attribute in self.attributes]
        lines += [f"    {relation.line}" for relation in self.relations]
        lines += [f"    {line}" for line in self._embedded()]
        if self.create is not None:
            lines += ["", *self._constructor()]
        # Attributes and relations check what they take; many of these are made at once.
        decorated = "" if self.create is None or self.is_built_up else "@checked()\n"
        return (
            f"{decorated}class {self.name}(Entity):\n{textwrap.indent(self._doc(schema), '    ')}\n\n"
            + "\n".join(lines)
            + "\n"
        )

    def _embedded(self) -> Iterator[str]:
        node = self.bundle.resolve(self.bundle.schemas[self.schema]["properties"].get("_embedded"))
        for key, inner in (node or {}).get("properties", {}).items():
            taken = {*self.collection.facts.get("without", ()), *(item.name for item in self.attributes)}
            if key in taken or key in self.collection.facts.get("relations", {}).values():
                continue
            kind = "EmbeddedList" if "array" in _types(inner) else "EmbeddedOne"
            target = inner["items"] if kind == "EmbeddedList" else inner
            needs = key if key in self.with_ else ""
            name = self._type(target).removesuffix(" | None")
            yield f'{field_name(key)}: {kind}[{name}] = {kind}("{needs}", "{key}")'

    def _constructor(self) -> Iterator[str]:
        attributes = [attribute for attribute in self.attributes if attribute.name in self._arguments()]
        required = [item.argument for item in attributes if item.required]
        by_wire = {relation.wire: [relation] for relation in self.relations if relation.wire}
        links = [relation for relation in self.relations if not relation.wire]
        optional = []
        for item in attributes:
            if not item.required:
                optional += [*map(_argument, by_wire.get(item.name, ())), item.argument]
        optional += [_argument(relation) for relation in links if relation.argument]
        optional += [f"{name}: {kind} | UnsetType = UNSET" for name, kind in self._scopes().items()]
        custom = self.create is not None and "custom_fields_values" in self.create["properties"]
        parts = [
            "self",
            *required,
            *(["*", *optional] if optional else []),
            *(["**custom: Any"] if custom else []),
        ]
        yield f"    def __init__({', '.join(parts)}) -> None:"
        yield f"        self._init_from_arguments(arguments(locals()), {'custom' if custom else '{}'})"

    def _arguments(self) -> set[str]:
        names = () if self.create is None else self.create["properties"]
        return {field_name(name) for name in names}

    def _doc(self, schema: Map) -> str:
        about = str(schema.get("description") or f"{self.name}.").strip().split("\n\n")[0]
        first, _, more = " ".join(about.split()).partition(". ")
        blocks = [f'"""{first.rstrip(".")}.'] + ([textwrap.fill(more, _WIDTH)] if more else [])
        entries = [
            attribute
            for attribute in self.attributes
            if attribute.description and attribute.name in self._arguments()
        ]
        if self.create is not None and entries:
            listed = [textwrap.fill(f"{entry.name}: {' '.join(entry.description.split())}", _WIDTH, initial_indent="    ",
                                    subsequent_indent="        ") for entry in entries]  # fmt: skip
            blocks.append("Args:\n" + "\n".join(listed))
        return "\n\n".join(blocks) + ('\n"""' if len(blocks) > 1 else '"""')


def _argument(relation: Relation) -> str:
    return f"{relation.name}: {relation.argument} | UnsetType = UNSET"


def _scope_type(name: str) -> str:
    return "int" if name.endswith("_id") else "str"


def _types(node: Map) -> list[str]:
    types = node.get("type")
    return [types] if isinstance(types, str) else list(types or ())


def _short(reference: str) -> str:
    return reference.rpartition(".")[2]


def _module(area: str, classes: list[_Class]) -> str:
    body = "\n\n".join(class_.text for class_ in classes)
    words = set(re.findall(r"\w+", body))
    kinds = ["Amount", "Attribute", "Flag", "Id", "Moment", "Plain", "Scope", "Text", "TextKey"]
    imported: dict[str, list[str]] = {}
    for model_area, name in sorted({model for class_ in classes for model in class_.models}):
        taken = any(class_.name == name for class_ in classes)
        imported.setdefault(model_area, []).append(f"{name} as {name}Model" if taken else name)
    checked = "".join(
        f"    from amocrm_gen.models.{key} import {', '.join(names)}\n" for key, names in imported.items()
    )
    related = {
        word
        for class_ in classes
        for relation in class_.relations
        for word in re.findall(r"\w+", relation.line + relation.argument)
    }
    checked += "".join(
        f"    from ..{place} import {name}\n" for name, place in CLASSES.items() if name in related
    )
    typing = [
        name for name in ("TYPE_CHECKING", "Any") if name in words or (name == "TYPE_CHECKING" and checked)
    ]
    lines = [f'"""Entity classes of ``{area}``."""', "", "from __future__ import annotations", ""]
    lines += ["from collections.abc import Iterable"] * ("Iterable" in words)
    lines += ["from datetime import datetime"] * ("datetime" in words)
    lines += ["from decimal import Decimal"] * ("Decimal" in words)
    lines += [f"from typing import {', '.join(typing)}"] * bool(typing)
    lines += ["from msgspec import UNSET, UnsetType"] * ("UNSET" in words)
    lines += ["from ..._core.arguments import checked"] * ("@checked" in body)
    lines += [
        f"from .._attributes import {', '.join(kind for kind in kinds if re.search(rf'= {kind}', body))}"
    ]
    lines += [f"from .._base import Entity{', arguments' * ('arguments' in words)}"]
    lines += ["from ... import fields"] * ("= fields." in body)
    lines += [
        f"from ..{module} import {kind}"
        for kind, module in MODULES.items()
        if re.search(rf"= {kind}\(", body)
    ]
    lines += [f"from ..{module} import {kind}" for kind, module in CHILDREN.items() if f", {kind})" in body]
    if checked:
        lines += ["if TYPE_CHECKING:", checked]
    lines += [f"__all__ = [{', '.join(repr(class_.name) for class_ in classes)}]", "", "", body]
    return "\n".join(lines)
