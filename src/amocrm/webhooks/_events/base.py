"""Base classes of all events."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

import attrs
import msgspec
from msgspec import UNSET, UnsetType

from .._delivery import Account, Delivery
from .._payload.typed_payload import typed_payload

__all__ = ["ADDED", "EntityEvent", "Event", "UnknownEvent", "given"]

P = TypeVar("P")
#: Keys with the time of a creation or change.
ADDED: Final = ("created_at", "date_create", "updated_at", "last_modified", "date_modify")
T = TypeVar("T")


def given(value: T | UnsetType) -> T | None:
    """Return a value of a payload, ``None`` if the delivery lacks it."""
    return None if isinstance(value, UnsetType) else value


def _is_given_at(raw: Any, place: str) -> bool:
    for name in place.split("."):
        raw = raw.get(name) if isinstance(raw, dict) else None
    return raw not in (None, "", "0", 0) and not isinstance(raw, dict | list)


@attrs.frozen(slots=False, repr=False, eq=False)
class Event(Generic[P]):
    """Event of a delivery. Events are immutable and have no client.

    Attributes:
        payload: the item as a typed model, with the names of the API.
        raw: the item as it was decoded, with keys that the model lacks.
        account: account that the delivery names.
        delivery: the delivery.
        position: index among the events of the delivery, from 0.
        code: code of the subscription that sends it; a name of this library if there is none.
    """

    payload: P
    raw: Any
    account: Account
    delivery: Delivery
    position: int

    code: ClassVar[str] = ""
    #: The model of the payload; ``None`` if the event has none.
    model: ClassVar[type[msgspec.Struct] | None] = None
    #: Attributes that the payload must have besides those that the model requires.
    needs: ClassVar[tuple[str, ...]] = ()
    #: Documented places in ``raw`` (``event.time``) that identify this change: its time, or a value that is issued
    #: once. A repetition has the same content there, another change does not.
    _moments: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def read(cls, raw: Any, account: Account, delivery: Delivery, position: int) -> Self | None:
        """Return the event of an item, ``None`` if the item lacks a required value."""
        payload: Any = raw if cls.model is None else typed_payload(raw, cls.model)
        if payload is None or any(getattr(payload, name) is UNSET for name in cls.needs):
            return None
        return cls(payload, raw, account, delivery, position)

    @property
    def key(self) -> str:
        """Key that is equal for every repetition of this event: use it to do a thing once."""
        return f"{self.delivery.key or self.delivery.digest}:{self.position}"

    @property
    def happened_at(self) -> datetime | None:
        """Time of the change in UTC, ``None`` if the delivery lacks it."""
        for name in ("updated_at", "created_at"):
            stamp = getattr(self.payload, name, UNSET)
            if isinstance(stamp, int) and 0 < stamp < 1 << 36:
                return datetime.fromtimestamp(stamp, UTC)
        return None

    def _is_dated(self) -> bool:
        """Return whether the content identifies this change."""
        return any(_is_given_at(self.raw, place) for place in self._moments)

    def _with(self, **facts: Any) -> Self:
        """Set attributes that only some events have, while the event is created."""
        self.__dict__.update(facts)
        return self

    def _summary(self) -> str:
        """Return the text for ``repr``: ids only, since an event contains personal data."""
        return ""

    def __repr__(self) -> str:
        parts = [
            part
            for part in (self._summary(), f"account={self.account.id}" if self.account.id else "")
            if part
        ]
        return f"{type(self).__name__}({', '.join(parts)})"


class UnknownEvent(Event[Any]):
    """Event of an unknown kind, or without its id. ``raw`` has all of its content.

    Attributes:
        group: first key of the body, empty if the whole body is unknown.
        action: second key.
    """

    group: str = ""
    action: str = ""
    code = "unknown"

    @classmethod
    def of(
        cls, group: str, action: str, raw: Any, account: Account, delivery: Delivery, position: int
    ) -> UnknownEvent:
        """Return the event of an unknown item."""
        return cls(raw, raw, account, delivery, position)._with(group=group, action=action)

    def _summary(self) -> str:
        return f"group={self.group!r}, action={self.action!r}"


class EntityEvent(Event[P]):
    """Event of an entity.

    Attributes:
        entity_type: ``leads``, ``contacts``, ...
        full: whether the item is the whole record; deletions and triggers contain ids only.
    """

    entity_type: ClassVar[str] = ""
    full: ClassVar[bool] = True
    _moments: ClassVar[tuple[str, ...]] = ("updated_at", "last_modified", "date_modify")

    @property
    def entity_id(self) -> int:
        """Id of the entity."""
        return self.payload.id  # type: ignore[attr-defined,no-any-return]  # every such payload has one

    @cached_property
    def record(self) -> Any:
        """The entity as a model of API v4, a model of ``amocrm_gen.models``."""
        raise LookupError(
            f"the event must carry its entity, got {type(self).__name__} with an id only; use event.entity_id"
        )

    @property
    def changed_by(self) -> int | None:
        """Id of the user who made the change; 0 is a robot or the API, ``None`` if the delivery lacks it."""
        for name in ("modified_user_id", "modified_by"):
            user_id = getattr(self.payload, name, UNSET)
            if user_id is not UNSET:
                return user_id  # type: ignore[no-any-return]
        return None

    def _summary(self) -> str:
        return f"{self.entity_type} {self.entity_id}"
