"""Source text of typed models from the definitions of an account.

Pure: the same definitions give the same text.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from ..fields._custom import BY_TYPE
from .names import attribute_name, member_name, unique

if TYPE_CHECKING:
    from amocrm_gen.models.fields import CustomField

    from ..entities._base import Entity
    from ..fields import Definitions

__all__ = ["source_of"]

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


def source_of(account: str, owners: Sequence[tuple[type[Entity], Definitions]]) -> str:
    """Return a Python module with a class for each entity and an enum for each field with options.

    Attributes are named after the fields in Latin letters, in the order of their ids: a field that is added
    later renames none. Fields are declared by their ids, so the module fits this account only.

    Args:
        account: host of the account, for the first line.
        owners: classes to derive from, with the definitions of their fields.
    """
    parts = [part for cls, definitions in owners for part in _owner(cls, definitions)]
    body = "\n\n\n".join(parts)
    used = [
        f"from {module} import {', '.join(present)}\n"
        for module, names in _IMPORTS
        if (present := [name for name in names if re.search(rf"\b{name}\b", body)])
    ]
    return (
        f'"""Custom fields of {account}, written by `amocrm models`: run it again, edit nothing here."""\n\n'
        f"from __future__ import annotations\n\n{''.join(used)}\nimport amocrm\nfrom amocrm import fields\n\n\n{body}\n"
    )


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


def _owner(cls: type[Entity], definitions: Definitions) -> Iterable[str]:
    built_in = {field.code for field in cls._declared.values() if field.code}
    # A field must not hide an attribute of the base class.
    taken = set(dir(cls))
    lines = []
    for definition in sorted(definitions, key=lambda definition: definition.id):
        if definition.code in built_in:
            continue
        name = _text(definition.name)
        attribute = unique(attribute_name(name), taken, definition.id, "field")
        taken.add(attribute)
        enum = None
        if definition.type in _WITH_OPTIONS and (options := _options(definition, definitions)):
            enum = f"{cls.__name__}{''.join(part.capitalize() for part in attribute.split('_'))}"
            yield _enum(enum, definition, options)
        lines.append(_Line(definition, attribute, enum))
    yield _class(cls, lines)


def _options(definition: CustomField, definitions: Definitions) -> dict[str, int]:
    if definition.type == "category":
        nested: Any = definition.nested
        return {} if nested is UNSET else {str(node.value): node.id for node in nested or ()}
    return definitions.options(definition)


def _enum(name: str, definition: CustomField, options: dict[str, int]) -> str:
    taken: set[str] = set()
    lines = [f"class {name}(IntEnum):", f'    """Options of field {definition.id}."""', ""]
    for label, key in sorted(options.items(), key=lambda pair: pair[1]):
        member = unique(member_name(label), taken | {"MRO"}, key, "OPTION")
        taken.add(member)
        lines.append(f"    {member} = {key}  # {_one_line(label)}")
    return "\n".join(lines)


def _class(cls: type[Entity], lines: Sequence[_Line]) -> str:
    text = [
        f"class {cls.__name__}(amocrm.{cls.__name__}):",
        f'    """{cls.__name__} of this account."""',
        "",
    ]
    text += [f"    {line.code}" for line in lines]
    text += [""] if lines else []
    text += ["    if TYPE_CHECKING:", "", "        def __init__(", "            self,", "            *,"]
    for name, parameter in inspect.signature(cls.__init__).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            text.append(f"            {name}: {_annotation(parameter.annotation)} = ...,")
    text += [f"            {line.attribute}: {line.takes} = ...," for line in lines]
    text.append("        ) -> None: ...")
    return "\n".join(text)


def _annotation(text: str) -> str:
    """Return the annotation of a parameter of the base class as it is written in the module."""
    kept = " | ".join(part for part in text.split(" | ") if part != "UnsetType")
    return re.sub(r"\b(Lead|Contact|Company|Customer|Status|User)\b", r"amocrm.\1", kept)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _one_line(value: Any) -> str:
    """Return a text on one line, for a comment."""
    printable = "".join(letter if letter.isprintable() else " " for letter in _text(value))
    return " ".join(printable.split()) or "(no name)"
