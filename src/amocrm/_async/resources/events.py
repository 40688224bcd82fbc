"""The history of the account: ``crm.events``."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import UNSET

from amocrm._core.arguments import checked
from amocrm._core.orm.filters import Condition
from amocrm._core.orm.history import SINGULAR
from amocrm.entities import Event
from amocrm.entities._base import Entity
from amocrm.entities._relations import key_in

from ..orm.collections import AsyncRecords

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from amocrm_gen.models.events import EventType

__all__ = ["AsyncEvents"]

#: Entities that one request can name.
_MOST = 10


@checked()
class AsyncEvents(AsyncRecords[Event, str]):
    """Events, the newest first, 100 in a request; they work in every account.

    Example:
        >>> async for event in crm.events.where(Event.type.is_("lead_status_changed"), Event.created_at >= monday):
        ...     print(event.entity_id, event.status_after)
    """

    def of(self, entities: Entity | Iterable[Entity], *conditions: Condition) -> AsyncGenerator[Event]:
        """Give the events of entities; ten entities in a request, each ten newest first.

        Args:
            entities: leads, contacts, companies, customers or tasks, all of one kind.
            conditions: such as ``Event.type.is_("lead_status_changed")``.

        Example:
            >>> async for event in crm.events.of(lead):
            ...     print(event.type)
        """
        listed = [entities] if isinstance(entities, Entity) else list(entities)
        host, kinds = self._account.directory.host, {entity._kind for entity in listed}
        keys = [key_in(host, entity) for entity in listed]
        if len(kinds) > 1 or not kinds <= set(SINGULAR):
            raise TypeError(
                f"events are read for entities of one kind ({', '.join(SINGULAR)}), got {sorted(kinds)}"
            )
        return self._of(SINGULAR[kinds.pop()] if kinds else "", keys, conditions)

    async def _of(
        self, word: str, keys: list[int], conditions: tuple[Condition, ...]
    ) -> AsyncGenerator[Event]:
        for start in range(0, len(keys), _MOST):
            ids = Event.entity_id.in_(*keys[start : start + _MOST])
            kind = Condition("events", "entity", "in", lambda item: UNSET, f"entity {word}", (word,))
            async with aclosing(self.where(kind, ids, *conditions)._entities()) as events:
                async for event in events:
                    yield event

    async def since(self, mark: Event | datetime | int, *conditions: Condition) -> list[Event]:
        """Return what happened since a mark, the oldest first: the last one is the next mark.

        Args:
            mark: the last event that is known, or a moment.
            conditions: such as ``Event.type.is_("lead_added")``.

        Example:
            >>> for event in await crm.events.since(last):
            ...     last = event
        """
        start = mark.created_at if isinstance(mark, Event) else mark
        last = mark.id if isinstance(mark, Event) else None
        newest: list[Event] = []
        async with aclosing(self.where(Event.created_at >= start, *conditions)._entities()) as events:
            async for event in events:
                if event.id == last:
                    break
                newest.append(event)
        return newest[::-1]

    async def types(self) -> list[EventType]:
        """Return the types of events that this account has, with their names."""
        answer = await self._act("list_types")
        return list(answer.embedded.events_types)
