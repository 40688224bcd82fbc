"""What makes entity classes: slots, declared fields, relations, models that are imported when they are used."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from ..fields._base import Field
from ._attributes import Attribute, Key, Scope, TextKey
from ._relations import LinkRelation, Relation

__all__ = ["EntityMeta"]


def _check_free(
    name: str, bases: tuple[type, ...], namespace: dict[str, Any], replaces: Collection[str]
) -> None:
    """Refuse what would take the place of a built-in attribute; a method may be overridden by a method."""
    ancestors = [base for start in bases for base in start.__mro__]
    for attribute, value in namespace.items():
        owner = next((base for base in ancestors if attribute in vars(base)), None)
        if (
            owner is None
            or owner.__module__.partition(".")[0] != "amocrm"
            or attribute in replaces
            or attribute[:2] == "__"
        ):
            continue
        if isinstance(value, Field) or hasattr(vars(owner)[attribute], "__set__"):
            raise TypeError(
                f"{name}.{attribute} must not replace {attribute} of {owner.__name__}; call it otherwise, "
                f"such as {attribute}_field, or ask for it: class {name}({bases[0].__name__}, "
                f"replaces={{{attribute!r}}})"
            )


def _check_types(name: str, declared: dict[str, Field[Any, Any]]) -> None:
    """Refuse two attributes of different types for one field: a write of the one would undo the other."""
    first: dict[Any, tuple[str, str]] = {}
    for attribute, field in declared.items():
        other, kind = first.setdefault(field.ref, (attribute, field.wire_type))
        if kind != field.wire_type:
            raise TypeError(
                f"{name}.{attribute} must have the type {kind} of {other}, which declares the same field, got "
                f"{field.wire_type}; leave one of them out"
            )


class EntityMeta(type):
    """Gives every entity class slots (a misspelt attribute is an error) and collects its declared fields.

    A value that would replace a built-in attribute is refused, unless the class asks for it:
    ``class Deal(Lead, replaces={"source"})``.
    """

    _declared: dict[str, Field[Any, Any]]
    _relations: tuple[Relation, ...]
    _link_relations: tuple[LinkRelation[Any], ...]

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        replaces: Collection[str] = (),
        **scope: int | str,
    ) -> EntityMeta:
        if namespace.get("__module__", "").startswith(__package__):
            namespace["__module__"] = "amocrm"
        else:
            _check_free(name, bases, namespace, replaces)
        namespace.setdefault("__slots__", ())
        if "_kind" in namespace:
            # Each collection has an id of its own: conditions on it know their list by it.
            wire = namespace.get("_key_name", "id")
            namespace.setdefault("id", Key(wire, readonly=True, nullable=False))
            if wire != "id":
                namespace["_key"] = property(partial(_key_of, wire))
            if isinstance(namespace["id"], TextKey):
                namespace["_key_type"] = str
        for word in scope:
            if not any(isinstance(getattr(base, word, None), Scope) for base in bases):
                raise TypeError(
                    f"class {name} must take replaces= or what stands in the path of its base, such as catalog_id of "
                    f"CatalogElement, got {word}"
                )
        if scope:
            namespace["_scope"] = scope
        cls = super().__new__(mcls, name, bases, namespace)
        if bases and bases[0].__name__ == name and cls.__module__ == "amocrm":
            for member in vars(bases[0]).values():
                if isinstance(member, Attribute | Relation | Field):
                    member.owner = (
                        cls  # the public class stands for the one that is made from the description
                    )
        # Made once: walking the bases for each entity of a commit was a third of its time.
        members = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
        cls._declared = {name: value for name, value in members.items() if isinstance(value, Field)}
        _check_types(name, cls._declared)
        cls._relations = tuple(value for value in members.values() if isinstance(value, Relation))
        cls._link_relations = tuple(value for value in cls._relations if isinstance(value, LinkRelation))
        return cls

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> None:
        super().__init__(name, bases, namespace)

    if not TYPE_CHECKING:  # a checker would take every name for known

        def __getattr__(cls, name: str) -> Any:
            # Models cost a tenth of a millisecond each: `from amocrm import Lead` brings none of them.
            if name not in _LAZY:
                raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
            area, *names = next(vars(base)["_names"] for base in cls.__mro__ if "_names" in vars(base))
            models = import_module(f"amocrm_gen.models.{area}")
            for attribute, model in zip(_LAZY, names, strict=True):
                setattr(cls, attribute, None if model is None else getattr(models, model))
            return vars(cls)[name]


_LAZY = ("_model", "_filter", "_order")


def _key_of(wire: str, entity: Any) -> Any:
    key = getattr(entity._data, wire)
    return None if key is UNSET else key
