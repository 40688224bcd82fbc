"""Relations and built-in fields of entity classes: declarations, and arguments of constructors.

A collection names its relations with the kinds that they lead to; what the API embeds, and when, says the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CHILDREN", "CLASSES", "FIELD_ARGUMENTS", "MODULES", "Relation", "fields_of", "relations_of"]

#: Modules of ``amocrm.entities`` by what they declare.
MODULES = {
    "ChildRelation": "_adoption", "ElementLinks": "_element_links", "EmbeddedList": "_embedded", "EmbeddedOne": "_embedded", "ForeignKey": "_foreign_keys",
    "ManyLinks": "_many_links", "OneLink": "_one_link", "ParentLink": "_parent", "StageKey": "_stage",
    "Tags": "_tags", "Unlisted": "_relations",
}  # fmt: skip
#: Values of relations with notes and tasks, by their modules.
CHILDREN = {"NoteList": "note", "TaskList": "task"}
#: Modules of the handwritten classes that relations lead to, and of what arguments may be instead of them.
CLASSES = {
    "Company": "company", "Contact": "contact", "Customer": "customer", "Lead": "lead", "Pipeline": "pipeline",
    "Stage": "_stage", "Status": "pipeline", "User": "user",
}  # fmt: skip
#: Declaration, and argument of the constructor, of relations that are alike wherever they are.
_ALIKE = {
    "statuses": ("StageKey()", "Status | Stage"),
    "tags": ("Tags()", "Iterable[str]"),
    "notes": ('ChildRelation("notes", NoteList)', ""),
    "tasks": ('ChildRelation("tasks", TaskList)', ""),
    "catalog_elements": ("ElementLinks()", ""),
    "parents": ("ParentLink()", "Entity | None"),
    "events": (
        'Unlisted("crm.events.of({})", "a request for 10 entities and for each 100 events")', ""
    ),
    "files": ('Unlisted("crm.files.of({})", "a request for each entity")', ""),
}  # fmt: skip
#: Kinds that others are linked to; links to the others are made from their side.
_LINKED_TO = ("contacts", "companies")
#: Arguments for a built-in field, by the kind of field.
FIELD_ARGUMENTS = {"": "str | fields.ContactValue | None", "s": "Iterable[str | fields.ContactValue]"}


@dataclass(frozen=True)
class Relation:
    """One relation of a class.

    Attributes:
        name: its name.
        line: its declaration.
        argument: type of the constructor's argument, empty without one.
        wire: attribute that holds the id of the other end, empty for a link.
    """

    name: str
    line: str
    argument: str = ""
    wire: str = ""


def relations_of(
    named: Mapping[str, str],
    classes: Mapping[str, str],
    properties: Mapping[str, Any],
    with_: Collection[str],
    on_create: Collection[str],
) -> Iterator[Relation]:
    """Return the relations of a class.

    Args:
        named: kinds by the names of the relations.
        classes: names of classes by kind.
        properties: names of the attributes, with whether they may be null.
        with_: what a list shows on request.
        on_create: what a creation may embed.
    """
    for name, kind in named.items():
        wire = next((key for key in (f"{name}_id", f"{name}_user_id") if key in properties), "")
        if kind in _ALIKE:
            declaration, argument = _ALIKE[kind]
            yield Relation(name, f"{name} = {declaration}", argument, wire)
        elif wire:
            title = classes[kind]
            argument = f"{title} | int | None" if properties[wire] else f"{title} | int"
            yield Relation(
                name, f'{name}: ForeignKey[{title}] = ForeignKey("{kind}", "{wire}")', argument, wire
            )
        else:
            title, many = classes[kind], name == kind
            options = [f'"{kind}"']
            options += [f'needs="{kind}"'] * (kind in with_) + ["on_create=True"] * (kind in on_create)
            options += ["writable=False"] * (kind not in _LINKED_TO)
            link = "ManyLinks" if many else "OneLink"
            argument = f"Iterable[{title}]" if many else f"{title} | None"
            line = f"{name}: {link}[{title}] = {link}({', '.join(options)})"
            yield Relation(name, line, argument if kind in _LINKED_TO else "")


def fields_of(named: Mapping[str, str]) -> Iterator[Relation]:
    """Return the built-in fields of a class, as one value and as several.

    Args:
        named: codes by the names of the fields.
    """
    for name, code in named.items():
        for ending, argument in FIELD_ARGUMENTS.items():
            title = f"{name.capitalize()}{ending}"
            yield Relation(f"{name}{ending}", f'{name}{ending} = fields.{title}(code="{code}")', argument)
