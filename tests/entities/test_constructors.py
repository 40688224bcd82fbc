"""Constructors of entities: each argument is an attribute that is assigned."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any

import pytest
from msgspec import UNSET

from amocrm import CatalogElement, Company, Contact, Customer, Lead, Note, Status, Tag, Task, User
from amocrm.entities import Entity
from amocrm.entities._attributes import Attribute, Scope, Text
from amocrm.entities._relations import Relation
from amocrm.fields import Field

CLASSES = [CatalogElement, Company, Contact, Customer, Lead, Note, Status, Tag, Task, User]
#: Arguments of users that are no attributes: they make the rights, and nobody reads a password.
NO_ATTRIBUTES = {User: {"password", "role_id", "group_id", "is_free"}}
#: What can be assigned later but not given to the constructor.
LATER: dict[type[Entity], set[str]] = {
    Task: {"complete_till"},  # another name of ``due``
    CatalogElement: {"is_deleted"},
    Note: {"entity_type"},  # that of its entity
}


def arguments_of(cls: type[Entity]) -> set[str]:
    """Names of the arguments of a constructor."""
    return {
        name for name, one in signature(cls).parameters.items() if one.kind is not Parameter.VAR_KEYWORD
    } - NO_ATTRIBUTES.get(cls, set())


def writable_attributes_of(cls: type[Entity]) -> set[str]:
    """Names that can be assigned on an entity of the class that was not created yet."""
    found = set()
    for base in cls.__mro__:
        for name, value in vars(base).items():
            readonly = getattr(value, "readonly", False) or getattr(value, "writable", True) is False
            only_shown = type(value).__name__ in {
                "ElementLinks",
                "EmbeddedList",
                "EmbeddedOne",
                "Notes",
                "Tasks",
            }
            assignable = isinstance(value, Attribute | Field | Relation) and hasattr(value, "__set__")
            if assignable and not (readonly or only_shown):
                found.add(name)
    return found - {"id"}


@pytest.mark.parametrize("cls", CLASSES)
def test_every_argument_is_an_attribute(cls: type[Entity]) -> None:
    """A constructor takes nothing that cannot be assigned afterwards."""
    assert arguments_of(cls) <= writable_attributes_of(cls) | {"entity"}


@pytest.mark.parametrize("cls", CLASSES)
def test_every_attribute_is_an_argument(cls: type[Entity]) -> None:
    """What can be assigned can be given to the constructor, but for the listed ones."""
    assert writable_attributes_of(cls) - arguments_of(cls) == LATER.get(cls, set())


@pytest.mark.parametrize("cls", [one for one in CLASSES if one is not User])
def test_no_argument_is_dropped(cls: Any) -> None:
    """A value for each plain argument arrives in the entity."""
    plain = {
        name: "x"
        if isinstance(attribute, Text) or name in {"text", "result"}
        else []
        if name == "descriptions"
        else 5
        for name in arguments_of(cls) - {"params", "is_completed", "is_need_to_trigger_digital_pipeline"}
        if isinstance(attribute := getattr(cls, name, None), Attribute) and not isinstance(attribute, Scope)
    }
    made = cls(**plain)

    assert plain
    for name in plain:
        assert made._changes.get(getattr(cls, name).wire) is not UNSET, name
