"""Delivery of webhooks: sent right after the change, repeated, and switched off after many failures."""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from ..account import Account
from ..engine.hook_delivery import WebhookDelivery
from ..storage.ids import new_uuid
from .bodies import encode_form, hook_item, place_of

__all__ = ["Deliverer", "Webhooks", "post"]

# Seconds after the answer before, and whether only answers of the server's own kind are tried again.
_AGAIN = ((300, False), (900, False), (900, True), (3600, True))
MOST_INVALID = 100
WINDOW = 2 * 3600
_WORKERS = 4


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(WebhookDelivery).decode

Deliverer = Callable[[WebhookDelivery], int]
"""Sends a delivery and returns the status of the answer, 0 when there was none."""


def _record(delivery: WebhookDelivery) -> int:
    return 200


def post(delivery: WebhookDelivery) -> int:
    """Send a delivery over HTTP."""
    import httpx

    try:
        answer = httpx.request(
            delivery.method,
            delivery.destination,
            content=delivery.body,
            headers=delivery.headers,
            timeout=delivery.timeout,
            trust_env=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return 0
    return answer.status_code


def _again(delivery: WebhookDelivery, status: int, now: int) -> int | None:
    """Return when a delivery that failed is tried again, or None when it is given up."""
    tried = len(delivery.attempts)
    if not delivery.is_repeated or tried > len(_AGAIN):
        return None
    delay, servers_only = _AGAIN[tried - 1]
    # The last two attempts are made only after 499 and 5xx; the first two after any failure.
    return now + delay if not servers_only or status == 499 or 500 <= status <= 599 else None


class Webhooks:
    """Deliveries of one account.

    In process everything is handed to `deliverer` right after the request that caused it; the default one keeps it in
    `deliveries` and calls it delivered. What is to be repeated waits for the sandbox's clock: move it and call
    `run_due`. A server calls `start`: then real HTTP is spoken in the background. What waits is kept with the data, from
    the transaction of the change that caused it on, so an account that is opened again goes on with it.

    Example:
        >>> from amocrm_sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> hook = {"destination": "https://example.com/hook", "settings": ["add_lead"]}
        >>> _ = sandbox.call("POST", "/api/v4/webhooks", hook)
        >>> _ = sandbox.call("POST", "/api/v4/leads", [{"name": "Order 17"}])
        >>> sandbox.webhooks.deliveries[-1].data["leads"]["add"][0]["name"]
        'Order 17'
    """

    def __init__(self, account: Account, size: int = 2000) -> None:
        self._account = account
        self.deliverer: Deliverer = _record
        self.deliveries: deque[WebhookDelivery] = deque(maxlen=size)
        self._waiting: list[tuple[int, int, WebhookDelivery]] = []
        self._count = 0
        self._wake = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._is_stopping = False
        for number, body in account.store.rows("SELECT number, body FROM hook_queue ORDER BY number"):
            delivery = _decode(body)
            delivery.number = number
            self.deliveries.append(delivery)
            self._wait(delivery, delivery.next_at or 0)

    # ---- what has to be sent

    def prepare(self, hooks: dict[tuple[str, str, Any], dict[str, Any]]) -> list[WebhookDelivery]:
        """Return the deliveries that subscriptions ask for, rendered as things stand now."""
        webhook_deliveries: list[WebhookDelivery] = []
        for hook in self._account.store.documents("webhooks").values():
            seen = set()
            for (code, kind, id), extra in hooks.items():
                if hook["disabled"] or code not in hook["settings"]:
                    continue
                group, action = place_of(code)
                item = (
                    None if (group, action, id) in seen else hook_item(self._account, code, kind, id, extra)
                )
                if item is not None:
                    seen.add((group, action, id))
                    webhook_deliveries.append(self._delivery(hook, code, group, action, item))
        return webhook_deliveries

    def _delivery(
        self, hook: dict[str, Any], code: str, group: str | None, action: str, item: dict[str, Any]
    ) -> WebhookDelivery:
        account = self._account.settings
        block = {
            "subdomain": account["subdomain"],
            "id": account["id"],
            "_links": {"self": self._account.url},
        }
        data = {"account": block, **({group: {action: [item]}} if group else {action: [item]})}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "amoCRM-Webhooks/3.0",
            "X-Amocrm-Requestid": new_uuid(self._account.random),
        }
        return WebhookDelivery(hook["id"], code, hook["destination"], headers, encode_form(data), data)

    def keep(self, deliveries: Iterable[WebhookDelivery]) -> None:
        """Put deliveries into the queue that is kept with the data, in the transaction of what caused them."""
        for delivery in deliveries:
            delivery.next_at = self._account.clock.now()
            row = (delivery.next_at, _encode(delivery))
            cursor = self._account.store.execute("INSERT INTO hook_queue (next_at, body) VALUES (?,?)", row)
            delivery.number = cursor.lastrowid

    def send_all(self, deliveries: Iterable[WebhookDelivery]) -> None:
        """Queue deliveries that are kept; they leave with the next `pump`, or at once from the threads of a server."""
        for delivery in deliveries:
            self.deliveries.append(delivery)
            self._wait(delivery, delivery.next_at or 0)

    def _wait(self, delivery: WebhookDelivery, at: int) -> None:
        with self._wake:
            delivery.next_at = at
            self._count += 1
            heapq.heappush(self._waiting, (at, self._count, delivery))
            self._wake.notify()

    # ---- sending

    def pump(self) -> None:
        """Send what is due, unless a server's threads do that."""
        if self._waiting and not self._threads:
            self.run_due()

    def run_due(self) -> int:
        """Send everything that the sandbox's clock makes due; return how many attempts that were."""
        count = 0
        while (delivery := self._due()) is not None:
            self._attempt(delivery)
            count += 1
        return count

    def _due(self) -> WebhookDelivery | None:
        with self._wake:
            if self._waiting and self._waiting[0][0] <= self._account.clock.now():
                return heapq.heappop(self._waiting)[2]
        return None

    def _attempt(self, delivery: WebhookDelivery) -> None:
        delivery.next_at = None
        status = self.deliverer(delivery)
        account = self._account
        now = account.clock.now()
        delivery.attempts.append((now, status))
        again = None if delivery.is_delivered else _again(delivery, status, now)
        with account.lock, account.store.transaction():
            if again is None:
                account.store.execute("DELETE FROM hook_queue WHERE number=?", (delivery.number,))
                delivery.number = None
            else:
                delivery.next_at = again
                row = (again, _encode(delivery), delivery.number)
                account.store.execute("UPDATE hook_queue SET next_at=?, body=? WHERE number=?", row)
            if not delivery.is_delivered and delivery.hook_id is not None:
                self._note_invalid(delivery.hook_id, now)
        if again is not None:
            self._wait(delivery, again)

    def _note_invalid(self, hook_id: int, now: int) -> None:
        store = self._account.store
        store.execute("DELETE FROM hook_failures WHERE hook_id=? AND at<=?", (hook_id, now - WINDOW))
        store.execute("INSERT INTO hook_failures VALUES (?,?)", (hook_id, now))
        if store.value("SELECT count(*) FROM hook_failures WHERE hook_id=?", (hook_id,)) <= MOST_INVALID:
            return
        hook = store.document("webhooks", hook_id)
        if hook is not None and not hook["disabled"]:
            store.put("webhooks", {**hook, "disabled": True, "updated_at": now})
        self.forget(hook_id)

    def forget(self, hook_id: int) -> None:
        """Forget the invalid answers of a subscription, when it is made anew."""
        self._account.store.execute("DELETE FROM hook_failures WHERE hook_id=?", (hook_id,))

    # ---- threads

    def start(self) -> None:
        """Deliver over HTTP from now on, in background threads; a deliverer of your own is kept."""
        if self._threads:
            return
        if self.deliverer is _record:
            self.deliverer = post
        self._is_stopping = False
        for number in range(_WORKERS):
            thread = threading.Thread(target=self._work, name=f"amocrm-sandbox-hooks-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Stop the threads; deliveries under way are finished, what waits goes on waiting."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _work(self) -> None:
        while True:
            with self._wake:
                if self._is_stopping:
                    return
                if not self._waiting or self._waiting[0][0] > self._account.clock.now():
                    # A moved clock makes things due without a word: look again soon.
                    self._wake.wait(0.2 if self._waiting else None)
                    continue
            delivery = self._due()
            if delivery is not None:
                self._attempt(delivery)

    def clear(self) -> None:
        """Forget deliveries and what waits; the kept queue is emptied together with the account's data."""
        with self._wake:
            self._waiting.clear()
            self.deliveries.clear()
