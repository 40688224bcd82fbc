"""Events (события): what happened to entities, with the values before and after."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec import UNSET

from ._generated import events as _generated
from ._stage import Stage

__all__ = ["Event"]

V = TypeVar("V")


class Event(_generated.Event):
    """Something that happened to an entity; the newest come first.

    Example:
        >>> [event.status_after for event in crm.events if event.type == "lead_status_changed"]
        []
    """

    @property
    def value_before(self) -> tuple[Any, ...]:
        """Values before, each of the class that fits its key, such as ``LeadStatusEventValue``."""
        return self._values("value_before")

    @property
    def value_after(self) -> tuple[Any, ...]:
        """Values after, each of the class that fits its key, such as ``LeadStatusEventValue``."""
        return self._values("value_after")

    def before(self, shape: type[V]) -> V | None:
        """Return the value before of this class, such as ``TagEventValue``, ``None`` if there is none."""
        return next((item for item in self.value_before if isinstance(item, shape)), None)

    def after(self, shape: type[V]) -> V | None:
        """Return the value after of this class, ``None`` if there is none."""
        return next((item for item in self.value_after if isinstance(item, shape)), None)

    @property
    def status_before(self) -> Stage | None:
        """Stage that a lead has left, as a constant with its pipeline."""
        return self._stage(self.value_before)

    @property
    def status_after(self) -> Stage | None:
        """Stage that a lead has come to, as a constant with its pipeline."""
        return self._stage(self.value_after)

    def _values(self, name: str) -> tuple[Any, ...]:
        from amocrm_gen.models.events import EVENT_VALUE_AFTER

        raw = getattr(self._data, name)
        if raw is UNSET:
            self._absent(name)
        return tuple(EVENT_VALUE_AFTER.read(item) for item in raw or ())

    @staticmethod
    def _stage(values: tuple[Any, ...]) -> Stage | None:
        status = next((value.lead_status for value in values if hasattr(value, "lead_status")), None)
        return None if status is None or status is UNSET else Stage(status.pipeline_id, status.id)
