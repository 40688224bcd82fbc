"""What every event has."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

import attrs
import msgspec
from msgspec import UNSET, UnsetType

from .._parsing.typed_payload import typed_payload
from .._receiving.delivery import Account, Delivery

__all__ = ["ADDED", "EntityEvent", "Event", "UnknownEvent", "given"]

P = TypeVar("P")
#: Moments of what is made: the one of its creation as well.
ADDED: Final = ("created_at", "date_create", "updated_at", "last_modified", "date_modify")
T = TypeVar("T")


def given(value: T | UnsetType) -> T | None:
    """A value of a payload, ``None`` where the delivery says nothing."""
    return None if isinstance(value, UnsetType) else value


def _is_given_at(raw: Any, place: str) -> bool:
    for name in place.split("."):
        raw = raw.get(name) if isinstance(raw, dict) else None
    return raw not in (None, "", "0", 0) and not isinstance(raw, dict | list)


@attrs.frozen(slots=False, repr=False, eq=False)
class Event(Generic[P]):
    """One thing that happened. Events are immutable and know no client.

    Attributes:
        payload: the item as typed model, in the words of the wire.
        raw: the item as it was decoded, with everything that the model does not know.
        account: where it happened, as far as the delivery says.
        delivery: what it came in.
        position: its place among the events of the delivery, from 0.
        code: the code of the subscription that sends it; a name of ours where there is none.
    """

    payload: P
    raw: Any
    account: Account
    delivery: Delivery
    position: int

    code: ClassVar[str] = ""
    #: The model of the payload; ``None`` where the event has none.
    model: ClassVar[type[msgspec.Struct] | None] = None
    #: What the payload must have besides the model's own demands.
    needs: ClassVar[tuple[str, ...]] = ()
    #: Documented places in ``raw`` (``event.time``) that tell this change from any other: its moment, or a value
    #: that is given once. A repetition has the same content there, another change has not.
    _moments: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def read(cls, raw: Any, account: Account, delivery: Delivery, position: int) -> Self | None:
        """The event of an item, ``None`` when the item lacks what every such item has."""
        payload: Any = raw if cls.model is None else typed_payload(raw, cls.model)
        if payload is None or any(getattr(payload, name) is UNSET for name in cls.needs):
            return None
        return cls(payload, raw, account, delivery, position)

    @property
    def key(self) -> str:
        """The same for every repetition of this event, and for no other: do things once by it."""
        return f"{self.delivery.key or self.delivery.digest}:{self.position}"

    @property
    def happened_at(self) -> datetime | None:
        """The moment of the change in UTC, ``None`` where the delivery does not say."""
        for name in ("updated_at", "created_at"):
            stamp = getattr(self.payload, name, UNSET)
            if isinstance(stamp, int) and 0 < stamp < 1 << 36:
                return datetime.fromtimestamp(stamp, UTC)
        return None

    def _is_dated(self) -> bool:
        """Return whether the content tells this change from any other."""
        return any(_is_given_at(self.raw, place) for place in self._moments)

    def _with(self, **facts: Any) -> Self:
        """Sets attributes that only some events have, while the event is being made."""
        self.__dict__.update(facts)
        return self

    def _shown(self) -> str:
        """What ``repr`` names; ids only, since an event holds personal data."""
        return ""

    def __repr__(self) -> str:
        parts = [
            part for part in (self._shown(), f"account={self.account.id}" if self.account.id else "") if part
        ]
        return f"{type(self).__name__}({', '.join(parts)})"


class UnknownEvent(Event[Any]):
    """Something that this library does not know, or that lacks its id. Nothing of it is lost: see ``raw``.

    Attributes:
        group: first key of the body, empty when the body as a whole is unknown.
        action: second key.
    """

    group: str = ""
    action: str = ""
    code = "unknown"

    @classmethod
    def of(
        cls, group: str, action: str, raw: Any, account: Account, delivery: Delivery, position: int
    ) -> UnknownEvent:
        """The event of something unknown."""
        return cls(raw, raw, account, delivery, position)._with(group=group, action=action)

    def _shown(self) -> str:
        return f"group={self.group!r}, action={self.action!r}"


class EntityEvent(Event[P]):
    """Something happened to an entity.

    Attributes:
        entity_type: ``leads``, ``contacts``, ...
        full: whether the item is the whole record; deletions and triggers carry ids only.
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
        """The entity as API v4 has it, a model of ``amocrm_gen.models``."""
        raise LookupError(f"{type(self).__name__} carries no entity")

    @property
    def changed_by(self) -> int | None:
        """Id of the user who did it; 0 is a robot or the API, ``None`` where the delivery does not say."""
        for name in ("modified_user_id", "modified_by"):
            found = getattr(self.payload, name, UNSET)
            if found is not UNSET:
                return found  # type: ignore[no-any-return]
        return None

    def _shown(self) -> str:
        return f"{self.entity_type} {self.entity_id}"
