"""Robots of the account: changes by user 0, made at once or whenever an entity is added."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .account import Account
from .domain.context import Context, Item
from .domain.entities import change, load
from .domain.kinds import COMPANIES, CONTACTS, CUSTOMERS, LEADS
from .engine.messages import Request

__all__ = ["Robots"]

_KINDS = {kind.name: kind for kind in (LEADS, CONTACTS, COMPANIES, CUSTOMERS)}


@dataclass(frozen=True)
class _Rule:
    kind: str
    after: int
    is_deletion: bool
    values: dict[str, Any]


class Robots:
    """Robots of the Digital Pipeline: they change and delete entities as user 0.

    Example:
        >>> from amocrm_sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.robots.when_added("leads", name="New order")
        >>> _ = sandbox.call("POST", "/api/v4/leads", [{"name": "Order 17"}])
        >>> (lead,) = sandbox.get("/api/v4/leads").json()["_embedded"]["leads"]
        >>> lead["name"], lead["created_by"] == sandbox.admin_id, lead["updated_by"]
        ('New order', True, 0)
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._rules: list[_Rule] = []

    def change(self, kind: str, id: int, **values: Any) -> None:
        """Change an entity now.

        Args:
            kind: `leads`, `contacts`, `companies` or `customers`.
            id: Its id.
            **values: Keys of an update, for example ``name`` or ``responsible_user_id``.

        Raises:
            ValueError: There is no such entity, or the API would refuse the values.
        """
        self._check(kind, values)
        with self._account.lock:
            self._change(kind, id, values, self._account.clock.now())
        self._account.hook_queue.pump()

    def delete(self, kind: str, id: int) -> None:
        """Put an entity into the bin now; one that is already there stays as it is."""
        self._check(kind, {})
        with self._account.lock:
            self._delete(kind, id, self._account.clock.now())
        self._account.hook_queue.pump()

    def when_added(self, kind: str, *, after: int = 0, delete: bool = False, **values: Any) -> None:
        """Act on every entity that is added from now on.

        Args:
            kind: `leads`, `contacts`, `companies` or `customers`.
            after: Seconds between the creation and the robot; 0 is the same second, after the answer was made.
            delete: Put the entity into the bin instead of changing it.
            **values: Keys of an update.

        Raises:
            ValueError: There are no such entities, or the API knows no such keys.
        """
        self._check(kind, values)
        self._rules.append(_Rule(kind, after, delete, values))

    def clear(self) -> None:
        """Remove all rules."""
        self._rules.clear()

    def do(self, action: str, args: dict[str, Any]) -> None:
        """Carry out `change`, `delete`, `when_added` or `clear`; used by the control endpoint.

        Raises:
            ValueError: There is no such action.
        """
        actions: dict[str, Callable[..., None]] = {
            "change": self.change,
            "delete": self.delete,
            "when_added": self.when_added,
            "clear": self.clear,
        }
        if action not in actions:
            raise ValueError(f"action must be one of {', '.join(actions)}, got {action!r}")
        actions[action](**args)

    def run_rules(self, kind: str, id: int, now: int) -> None:
        """Apply the rules to an entity that was added at `now`."""
        for rule in self._rules:
            if rule.kind != kind:
                continue
            if rule.after:
                self._account.deferred.add(now + rule.after, lambda at, rule=rule: self._act(rule, id, at))  # type: ignore[misc]
            else:
                self._act(rule, id, now)

    def _act(self, rule: _Rule, id: int, now: int) -> None:
        if rule.is_deletion:
            self._delete(rule.kind, id, now)
        elif self._account.store.row(f"SELECT 1 FROM {rule.kind} WHERE id=? AND is_deleted=0", (id,)):
            self._change(rule.kind, id, rule.values, now)

    def _check(self, kind: str, values: dict[str, Any]) -> None:
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {', '.join(_KINDS)}, got {kind!r}")
        operation = self._account.description.find("PATCH", f"/api/v4/{kind}")
        errors = operation.validate({"id": 1, **values}) if operation else []
        if errors:
            raise ValueError(f"{kind} cannot be changed so: {errors[0]['detail']} ({errors[0]['path']})")

    @contextmanager
    def _acting(self, now: int) -> Iterator[Context]:
        account = self._account
        request = Request("PATCH", "/", f"{account.subdomain}.amocrm.ru")
        ctx = Context(account, request, "/", "", {}, None, now)
        ctx.user = {**account.store.documents("users")[account.admin_id], "id": 0}
        with account.store.transaction():
            yield ctx
            deliveries = ctx.changes.flush()
        account.hook_queue.send_all(deliveries)

    def _change(self, kind: str, id: int, values: dict[str, Any], now: int) -> None:
        with self._acting(now) as ctx:
            old = load(ctx, _KINDS[kind], id)
            if old is None:
                raise ValueError(f"there is no entity {id} among {kind}")
            item = Item(None, {**values, "id": id}, [])
            change(ctx, _KINDS[kind], item, old)
            if item.errors:
                raise ValueError(f"{kind} {id} cannot be changed so: {item.errors[0]}")

    def _delete(self, kind: str, id: int, now: int) -> None:
        with self._acting(now) as ctx:
            sql = f"UPDATE {kind} SET is_deleted=1, updated_at=?, updated_by=0 WHERE id=? AND is_deleted=0"
            if ctx.store.execute(sql, (now, id)).rowcount:
                ctx.changes.deleted(kind, id)
