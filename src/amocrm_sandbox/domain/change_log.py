"""Changes of one request: events for the account's log, and deliveries to subscribers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from ..account import Account
from ..engine.hook_delivery import WebhookDelivery
from .event_types import NOTE_EVENTS, SINGULARS, value_items

__all__ = ["Changes", "Extra"]

Values = list[dict[str, Any]]
Extra = dict[str, Any]

_encode = msgspec.json.Encoder().encode
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_EMPTY = b"[]"


class Changes:
    """Collects the changes of one request; `flush` writes the events and returns what has to be delivered.

    Handlers tell it what happened in words of the domain. It knows which event types and which webhooks that means.

    Args:
        account: The account.
        user_id: Who acts; 0 for a robot.
        now: Unix seconds of the change.

    Attributes:
        created: Kind and id of the entities that were added.
    """

    def __init__(self, account: Account, user_id: int, now: int) -> None:
        self._account = account
        self.user_id = user_id
        self.now = now
        self.created: list[tuple[str, int]] = []
        self.is_paused = False
        self._events: list[tuple[Any, ...]] = []
        self._hooks: dict[tuple[str, str, Any], Extra] = {}
        self._ready: list[WebhookDelivery] = []
        self._later: list[tuple[float, Callable[[int], None]]] = []

    # ---- writing down

    def event(
        self,
        type: str,
        kind: str,
        id: int,
        before: Iterable[Any] = (),
        after: Iterable[Any] = (),
        alias: str | None = None,
        shown: Extra | None = None,
        created_at: int | None = None,
    ) -> None:
        """Add an entry to the log.

        Args:
            type: Type of the event.
            kind: Entity type in the plural, `tasks`, or `catalog_{id}`.
            id: Id of the entity.
            before: Items of `value_before`.
            after: Items of `value_after`.
            alias: Another type under which filters find it.
            shown: How the answer names the entity, where that differs from how filters find it.
            created_at: Time that the body of a creation names; used only if the account is told to follow it.
        """
        behaviour = self._account.behaviour
        if self.is_paused or not behaviour.events_enabled:
            return
        follows = behaviour.events_follow_created_at and created_at is not None
        old, new = list(before), list(after)
        self._events.append(
            (
                self._ulid(),
                type,
                alias,
                kind,
                id,
                self.user_id,
                created_at if follows else self.now,
                _encode(old) if old else _EMPTY,
                _encode(new) if new else _EMPTY,
                _encode(shown) if shown else None,
            )
        )

    def hook(self, code: str, kind: str, id: Any, /, **extra: Any) -> None:
        """Add a delivery for the subscribers of a code; several of one kind for one entity become one."""
        if not self.is_paused:
            self._hooks.setdefault((code, kind, id), {}).update(extra)

    def deliver(self, delivery: WebhookDelivery) -> None:
        """Add a delivery that is no webhook of the account, such as a message to a chat channel."""
        self._ready.append(delivery)

    def later(self, seconds: float, action: Callable[[int], None]) -> None:
        """Let an action take effect so many seconds after the change, if the request is not refused."""
        self._later.append((seconds, action))

    def _ulid(self) -> str:
        number = (self.now * 1000 + len(self._events) % 1000) << 80 | self._account.random.getrandbits(80)
        return "".join(_LETTERS[number >> shift & 31] for shift in range(125, -1, -5))

    # ---- entities

    def added(self, kind: str, id: int, created_at: int | None = None) -> None:
        """Record that a lead, contact, company or customer was added."""
        if self.is_paused:
            return
        self.created.append((kind, id))
        singular = SINGULARS[kind]
        # The system note that the event points to is not among the notes that lists show.
        note_id = self._account.store.next_id("notes")
        self.event(f"{singular}_added", kind, id, after=[{"note": {"id": note_id}}], created_at=created_at)
        self.hook(f"add_{singular}", kind, id)

    def deleted(self, kind: str, id: int, /, **extra: Any) -> None:
        """Record that an entity was put into the bin."""
        singular = SINGULARS[kind]
        self.event(f"{singular}_deleted", kind, id)
        self.hook(f"delete_{singular}", kind, id, **extra)

    def restored(self, kind: str, id: int) -> None:
        """Record that an entity was taken out of the bin."""
        singular = SINGULARS[kind]
        self.event(f"{singular}_restored", kind, id)
        self.hook(f"restore_{singular}", kind, id)

    def updated(self, kind: str, old: Extra, new: Extra) -> None:
        """Record that an entity was changed; both rows are whole. `fields_changed` records its custom fields."""
        if self.is_paused:
            return
        singular, id = SINGULARS[kind], old["id"]
        self.hook(f"update_{singular}", kind, id)
        if old["name"] != new["name"]:
            pair = ({"name_field_value": {"name": row["name"]}} for row in (old, new))
            self._pair("name_field_changed", kind, id, *pair)
        for price in ("price", "next_price"):
            if price in old and old[price] != new[price]:
                pair = ({"sale_field_value": {"sale": row[price]}} for row in (old, new))
                self._pair("sale_field_changed", kind, id, *pair)
        self.moved(kind, old, new)
        if old["responsible_user_id"] != new["responsible_user_id"]:
            pair = ({"responsible_user": {"id": row["responsible_user_id"]}} for row in (old, new))
            self._pair("entity_responsible_changed", kind, id, *pair)
            extra = {"old_responsible_user_id": old["responsible_user_id"]}
            if kind == "leads":
                self.hook("responsible_lead", kind, id, **extra)
            else:
                self.hook(f"update_{singular}", kind, id, **extra)
                self.hook(f"responsible_{singular}", kind, id, **extra)

    def moved(self, kind: str, old: Extra, new: Extra) -> None:
        """Record the new stage of a lead or customer, if it has one."""
        if kind == "leads":
            places = [(row["status_id"], row["pipeline_id"]) for row in (old, new)]
            if places[0] != places[1]:
                pair = ({"lead_status": {"id": status, "pipeline_id": pipe}} for status, pipe in places)
                self._pair("lead_status_changed", kind, old["id"], *pair)
                self.hook("status_lead", kind, old["id"], old_status_id=old["status_id"])
        elif kind == "customers" and old["status_id"] != new["status_id"]:
            pair = ({"customer_status": {"id": row["status_id"]}} for row in (old, new))
            self._pair("customer_status_changed", kind, old["id"], *pair)

    def _pair(self, type: str, kind: str, id: int, before: Extra, after: Extra) -> None:
        self.event(type, kind, id, [before], [after])

    def fields_changed(
        self, kind: str, id: int, ids: Iterable[int], before: dict[str, Values], after: dict[str, Values]
    ) -> None:
        """Values of custom fields were set; those that stay as they were leave no trace."""
        fields = self._account.store.documents("fields")
        for field_id in ids:
            old, new = before.get(str(field_id), []), after.get(str(field_id), [])
            if old != new:
                field = fields[field_id]
                type = f"custom_field_{field_id}_value_changed"
                items = value_items(field, old), value_items(field, new)
                self.event(type, kind, id, *items, alias="custom_field_value_changed")

    def tagged(self, kind: str, id: int, before: set[str], after: set[str]) -> None:
        """Record that the tags of an entity were set."""
        gone, come = sorted(before - after), sorted(after - before)
        if come:
            self.event("entity_tag_added", kind, id, after=[{"tag": {"name": name}} for name in come])
        if gone:
            self.event("entity_tag_deleted", kind, id, before=[{"tag": {"name": name}} for name in gone])

    def linked(self, a: tuple[str, int], b: tuple[str, int], is_gone: bool = False) -> None:
        """Two entities were linked, or unlinked; both write it down."""
        for (kind, id), (other, other_id) in ((a, b), (b, a)):
            if kind not in SINGULARS:
                continue
            singular = SINGULARS.get(other)
            type = singular or "catalog_element"
            item = {"link": {"entity": {"type": type, "id": other_id}}}
            if is_gone:
                self.event("entity_unlinked", kind, id, [item], alias=f"{type}_unlinked")
            else:
                self.event("entity_linked", kind, id, (), [item], alias=f"{type}_linked")

    # ---- what hangs on entities

    def noted(self, kind: str, id: int, note_type: str, note_id: int, created_at: int | None = None) -> None:
        """Record that a note was added."""
        type = NOTE_EVENTS.get(note_type, "service_note_added")
        self.event(type, kind, id, after=[{"note": {"id": note_id}}], created_at=created_at)
        self.hook(f"note_{SINGULARS[kind]}", kind, note_id)

    def task_added(self, row: Extra) -> None:
        """Record that a task was added."""
        self.event("task_added", "tasks", row["id"], created_at=row["created_at"])
        self.hook("add_task", "tasks", row["id"])
        if row["is_completed"]:
            self.event("task_completed", "tasks", row["id"])

    def task_updated(self, old: Extra, new: Extra) -> None:
        """Record that a task was changed or completed; both rows are whole."""
        id, closed = old["id"], bool(new["is_completed"]) and not old["is_completed"]
        self.hook("update_task", "tasks", id, action_close=int(closed), old_text=old["text"])
        for key, type, name, part in (
            ("text", "task_text_changed", "task", "text"),
            ("complete_till", "task_deadline_changed", "task_deadline", "timestamp"),
            ("task_type_id", "task_type_changed", "task_type", "id"),
            ("responsible_user_id", "entity_responsible_changed", "responsible_user", "id"),
        ):
            if old[key] != new[key]:
                self._pair(type, "tasks", id, {name: {part: old[key]}}, {name: {part: new[key]}})
        if old["responsible_user_id"] != new["responsible_user_id"]:
            extra = {
                "main_user": new["responsible_user_id"],
                "modified_by": new["updated_by"],
                "old_responsible_user_id": old["responsible_user_id"],
            }
            self.hook("update_task", "tasks", id, **extra)
            self.hook("responsible_task", "tasks", id, **extra)
        if new["result"] is not None and old["result"] != new["result"]:
            note_id = self._account.store.next_id("notes")
            self.event("task_result_added", "tasks", id, after=[{"note": {"id": note_id}}])
            self.hook("update_task", "tasks", id, result={"id": note_id, "text": new["result"]})
        if closed:
            self.event("task_completed", "tasks", id)

    # ---- the end of the request

    def flush(self) -> list[WebhookDelivery]:
        """Write the events and the deliveries; return the latter, to be sent once the transaction is through."""
        if self._events:
            events, self._events = self._events, []
            delay = self._account.behaviour.events_delay
            if delay:
                self.later(delay, lambda at: self._write(events))
            else:
                self._write(events)
        for seconds, action in self._later:
            self._account.deferred.add(self.now + math.ceil(seconds), action)
        self._later = []
        hooks, self._hooks = self._hooks, {}
        ready, self._ready = self._ready, []
        deliveries = self._account.hook_queue.prepare(hooks) + ready if hooks else ready
        self._account.hook_queue.keep(deliveries)
        return deliveries

    def _write(self, events: list[tuple[Any, ...]]) -> None:
        self._account.store.executemany(
            "INSERT INTO events (id, type, alias, kind, entity_id, created_by, created_at, before, after, shown)"
            " VALUES (?,?,?,?,?,?,?,?,?,?)",
            events,
        )
