"""Source text of the models of an account: classes with its fields, constants for what it is set up with.

Pure: the same definitions give the same text.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Container, Iterable, Sequence
from textwrap import indent
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from ..entities.pipeline import LOST, WON
from ..fields._custom import BY_TYPE
from .names import RESERVED, attribute_name, class_name, distinct, member_name

if TYPE_CHECKING:
    from amocrm_gen.models.fields import CustomField

    from ..entities import Pipeline
    from ..entities._base import Entity
    from ..fields import Definitions

__all__ = ["catalog_class", "entity_classes", "enum", "name_space", "pipeline_class", "source_of"]

#: Annotation of the constructor argument for each type of field; an enum replaces ``{}``.
_TAKES: Final = {
    **dict.fromkeys(("text", "textarea", "url", "streetaddress", "tracking_data"), "str | None"),
    **dict.fromkeys(("numeric", "monetary", "price"), "Decimal | int | float | str | None"),
    **dict.fromkeys(("select", "radiobutton", "category"), "{} | None"),
    **dict.fromkeys(("date", "birthday"), "date | None"),
    "checkbox": "bool | None",
    "multiselect": "Iterable[{}] | None",
    "date_time": "datetime | None",
    "smart_address": "fields.Address | None",
    "legal_entity": "fields.LegalEntityValue | None",
    "file": "fields.FileValue | str | None",
    "chained_list": "Iterable[fields.ChainItem] | None",
    "multitext": "Iterable[str | fields.ContactValue] | None",
    "items": "Iterable[fields.InvoiceItemValue] | None",
    "linked_entity": "fields.LinkedEntityValue | None",
    "payer": "fields.PayerValue | None",
    "supplier": "fields.SupplierValue | None",
}
_WITH_OPTIONS: Final = frozenset({"select", "radiobutton", "category", "multiselect"})
_IMPORTS: Final = (
    ("collections.abc", ("Iterable",)),
    ("datetime", ("date", "datetime")),
    ("decimal", ("Decimal",)),
    ("enum", ("IntEnum",)),
    ("typing", ("TYPE_CHECKING", "Any")),
)


def source_of(account: str, blocks: Sequence[str]) -> str:
    """Return a Python module of these classes.

    Args:
        account: host of the account, for the first line.
        blocks: source of classes.
    """
    body = "\n\n\n".join(blocks)
    used = [
        f"from {module} import {', '.join(present)}\n"
        for module, names in _IMPORTS
        if (present := [name for name in names if re.search(rf"\b{name}\b", body)])
    ]
    ours = [name for name in ("Stage", "fields") if re.search(rf"\b{name}[.(]", body)]
    imports = "import amocrm\n" * ("amocrm." in body) + f"from amocrm import {', '.join(ours)}\n" * bool(ours)
    return (
        f'"""Account {account}, written by `amocrm models`: run it again, edit nothing here."""\n\n'
        f"from __future__ import annotations\n\n{''.join(used)}\n{imports}\n\n{body}\n"
    )


def entity_classes(cls: type[Entity], definitions: Definitions) -> list[str]:
    """Return a class with the custom fields of an entity, and before it an enum for each field with options.

    Attributes are named after the fields in Latin letters, in the order of their ids: a field that is added
    later renames none. Fields are declared by their ids, so the module fits this account only.
    """
    lines, enums = _fields(cls, definitions, cls.__name__)
    return [*enums, _class(cls, cls.__name__, f"{cls.__name__} of this account.", lines)]


def catalog_class(name: str, catalog_id: int, definitions: Definitions) -> str:
    """Return a class of the elements of one list, with the enums of its fields inside."""
    from ..entities import CatalogElement

    lines, enums = _fields(CatalogElement, definitions, "")
    return _class(CatalogElement, name, f"Element of list {catalog_id}.", lines, enums, catalog_id=catalog_id)


def name_space(name: str, doc: str, content: Sequence[str]) -> str:
    """Return a class that holds classes or constants."""
    return "\n".join(
        [f"class {name}:", f'    """{doc}"""', *(indent(f"\n{part}", "    ") for part in content)]
    )


def enum(
    name: str, doc: str, named: Iterable[tuple[int, Any]], fallback: str, inactive: Container[int] = ()
) -> str:
    """Return an enum of ids, each with its name as a comment."""
    pairs = sorted((key, _text(text)) for key, text in named)
    members = distinct([(key, member_name(text)) for key, text in pairs], fallback, {"MRO"})
    lines = [
        f"    {members[key]} = {key}  # {_one_line(text)}{' (inactive)' * (key in inactive)}"
        for key, text in pairs
    ]
    return "\n".join([f"class {name}(IntEnum):", f'    """{doc}"""', "", *lines]).rstrip("\n")


def pipeline_class(name: str, pipeline: Pipeline) -> str:
    """Return the constants of a pipeline: its id, and its stages by name; ``won`` and ``lost`` are in each."""
    stages = sorted((stage.id, _text(stage.name)) for stage in pipeline.statuses)
    own = [(key, attribute_name(text)) for key, text in stages if key not in (WON, LOST)]
    names = {**distinct(own, "stage", {"id", "won", "lost"}), WON: "won", LOST: "lost"}
    lines = [
        f"    {names[key]} = Stage({pipeline.id}, {key})  # {_one_line(text)}"
        for key, text in sorted(stages, key=lambda stage: (stage[0] in (WON, LOST), stage))
    ]
    # The name is a comment: in a docstring it could end it.
    return "\n".join([f"class {name}:  # {_one_line(pipeline.name)}", f"    id = {pipeline.id}", *lines])


class _Line:
    """Field in the source: its attribute, its declaration, the annotation of its argument."""

    def __init__(self, definition: CustomField, attribute: str, enum: str | None) -> None:
        kind = _text(definition.type)
        field = BY_TYPE.get(kind)
        cls = "Raw" if field is None else field.__name__
        options = "" if enum is None else f", options={enum}"
        takes = _TAKES.get(kind, "list[dict[str, Any]] | None")
        self.attribute = attribute
        self.code = (
            f"{attribute} = fields.{cls}(field_id={definition.id}{options})  # {_one_line(definition.name)}"
        )
        self.takes = takes.format(enum or "str | int")


def _fields(cls: type[Entity], definitions: Definitions, prefix: str) -> tuple[list[_Line], list[str]]:
    """Return the fields of an entity, and the enums of their options."""
    built_in = {field.code for field in cls._declared.values() if field.code}
    own = sorted(
        (definition for definition in definitions if definition.code not in built_in),
        key=lambda definition: definition.id,
    )
    # A field must not hide an attribute of the base class.
    named = [(item.id, attribute_name(_text(item.name))) for item in own]
    attributes = distinct(named, "field", set(dir(cls)))
    options = {item.id: source for item in own if item.type in _WITH_OPTIONS and (source := _options(item))}
    enums = distinct([(key, prefix + class_name(attributes[key])) for key in options], "Options", RESERVED)
    return (
        [_Line(item, attributes[item.id], enums.get(item.id)) for item in own],
        [enum(enums[key], f"Options of field {key}.", source, "OPTION") for key, source in options.items()],
    )


def _options(definition: CustomField) -> list[tuple[int, Any]]:
    listed: Any = definition.nested if definition.type == "category" else definition.enums
    return [] if listed is UNSET else [(option.id, option.value) for option in listed or ()]


def _class(
    cls: type[Entity], name: str, doc: str, lines: Sequence[_Line], enums: Sequence[str] = (), **scope: int
) -> str:
    bases = ", ".join([f"amocrm.{cls.__name__}", *(f"{key}={value}" for key, value in scope.items())])
    text = [f"class {name}({bases}):", f'    """{doc}"""', ""]
    text += [f"{indent(source, '    ')}\n" for source in enums]
    text += [f"    {line.code}" for line in lines]
    text += [""] if lines else []
    text += ["    if TYPE_CHECKING:", "", "        def __init__(", "            self,"]
    parameters = [
        parameter
        for parameter in inspect.signature(cls.__init__).parameters.values()
        if parameter.name not in scope
    ]
    text += [
        f"            {parameter.name}: {_annotation(parameter.annotation)},"
        for parameter in parameters[1:]
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    text.append("            *,")
    text += [
        f"            {parameter.name}: {_annotation(parameter.annotation)} = ...,"
        for parameter in parameters
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    text += [f"            {line.attribute}: {line.takes} = ...," for line in lines]
    text.append("        ) -> None: ...")
    return "\n".join(text)


def _annotation(text: str) -> str:
    """Return the annotation of a parameter of the base class as it is written in the module."""
    kept = " | ".join(part for part in text.split(" | ") if part != "UnsetType")
    return re.sub(r"\b(Lead|Contact|Company|Customer|Pipeline|Stage|Status|User)\b", r"amocrm.\1", kept)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _one_line(value: Any) -> str:
    """Return a text on one line, for a comment."""
    printable = "".join(letter if letter.isprintable() else " " for letter in _text(value))
    return " ".join(printable.split()) or "(no name)"
