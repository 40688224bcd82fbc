"""Names and labels in conditions on custom fields, replaced by the ids that the server expects.

Pure: the caller loads the definitions if ``unresolved`` says that they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._core.orm.filters import Condition
    from ._definitions import Definitions

__all__ = ["resolve", "unresolved"]

_OPTIONS = frozenset({"select", "multiselect", "radiobutton"})


def unresolved(condition: Condition) -> bool:
    """Return whether sending a condition needs the definitions of the account."""
    by_label = condition.field_type in _OPTIONS and any(isinstance(value, str) for value in condition.values)
    return condition.field_type is not None and (condition.key[0] != "id" or by_label)


def resolve(condition: Condition, definitions: Definitions | None) -> tuple[int, tuple[Any, ...]]:
    """Return the id of the field and the values as the server expects them (ids of options).

    Raises:
        LookupError: there is no such field, or no such option; names the nearest ones.
    """
    if definitions is None or not unresolved(condition):
        return condition.key[1], condition.values
    definition = definitions.get(condition.key)
    if condition.field_type not in _OPTIONS:
        return definition.id, condition.values
    return definition.id, tuple(
        value if isinstance(value, int) else definitions.option(definition, value)
        for value in condition.values
    )
