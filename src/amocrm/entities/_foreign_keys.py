"""Foreign keys: links that are an id among the entity's own attributes, such as the responsible user.

Reading one makes no request: it gives the loaded object or a reference with the id only.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import UNSET
from msgspec.structs import replace

from .._core.arguments import shown_value
from .._core.orm.filters import Condition
from .._core.orm.identity import Origin, account_of
from ._attributes import Id
from ._kinds import entity_class
from ._relations import Assigned, check_accounts, take_account

if TYPE_CHECKING:
    from ._base import Entity
    from ._holder import Holder

__all__ = ["ForeignKey", "directory_object", "shared_account"]

T = TypeVar("T", bound="Entity")


class ForeignKey(Assigned[T | None], Generic[T]):
    """Foreign key of an entity, such as the responsible user.

    On the instance it is an entity: the loaded one if the directory was read (``crm.users.all()``,
    ``preload``), else a reference with its id only. Assign an entity or an id.
    """

    form = "key"

    def __init__(self, kind: str, wire: str) -> None:
        self.kind, self.wire = kind, wire

    def _value(self, instance: Holder) -> Any:
        key = instance._current_value(self.wire)
        if key is UNSET:
            return instance._absent(self.attribute, nullable=True)
        return None if not key else directory_object(instance._session, self.kind, key)

    def __set__(self, instance: Holder, value: T | int | None) -> None:
        key = _id_of(self, value)
        take_account(instance, value)
        instance._set(self.wire, key)

    def in_(self, *values: T | int) -> Condition:
        """Require one of these."""
        attribute: Id = getattr(self.owner, self.wire)
        condition = attribute.in_(*(_id_of(self, value) for value in values))
        return replace(condition, account=shared_account(values))

    def is_(self, value: T | int) -> Condition:
        """Require this one."""
        return self.in_(value)


def shared_account(values: Sequence[Any]) -> str:
    """Return the account that entities share, empty where only ids were given.

    Raises:
        ValueError: they are of different accounts.
    """
    named = [value for value in values if account_of(value)]
    for value in named[1:]:
        check_accounts(named[0], value)
    return account_of(named[0]) if named else ""


def _id_of(field: ForeignKey[Any], value: Any) -> int | None:
    if value is None or type(value) is int:
        return value
    if isinstance(value, IntEnum):
        return int(value)
    if getattr(value, "_kind", None) != field.kind:
        raise TypeError(
            f"{field!r} must be a {entity_class(field.kind).__name__} or an id (int), got {shown_value(value)}; "
            f"write crm.{field.kind}.get(id), or the id"
        )
    key: int | None = value._key
    if key is None:
        raise ValueError(f"{field!r} must have an id, got {value!r}; create it first")
    return key


def directory_object(origin: Origin | None, kind: str, key: Any) -> Any:
    """Return a user, a pipeline or a stage: the loaded one, else a reference."""
    if origin is not None and (loaded := origin.directory.objects.get((kind, key))) is not None:
        return loaded
    cls = entity_class(kind)
    if kind == "statuses":
        return cls._from_api(cls._model(id=key[1], pipeline_id=UNSET if key[0] is None else key[0]), origin)
    return cls._from_api(cls._model(id=key), origin)
