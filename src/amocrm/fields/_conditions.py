"""Conditions on custom fields: from names and labels to the ids that the server wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._core.orm.filters import Condition
    from ._definitions import Definitions

__all__ = ["resolve", "unresolved"]

_OPTIONS = frozenset({"select", "multiselect", "radiobutton"})


def unresolved(condition: Condition) -> bool:
    """Whether the definitions of the account are needed to send it."""
    by_label = condition.field_type in _OPTIONS and any(isinstance(one, str) for one in condition.values)
    return condition.field_type is not None and (condition.key[0] != "id" or by_label)


def resolve(condition: Condition, definitions: Definitions | None) -> tuple[int, tuple[Any, ...]]:
    """Id of the field, and the values as the server wants them (ids of options).

    Raises:
        LookupError: there is no such field, or no such option; names the nearest ones.
    """
    if definitions is None or not unresolved(condition):
        return condition.key[1], condition.values
    definition = definitions.get(condition.key)
    if condition.field_type not in _OPTIONS:
        return definition.id, condition.values
    return definition.id, tuple(
        one if isinstance(one, int) else definitions.option(definition, one) for one in condition.values
    )
