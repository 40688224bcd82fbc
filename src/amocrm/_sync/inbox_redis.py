# GENERATED from src/amocrm/_async/inbox_redis.py by generator/desync.py: edit that file and run `make generate`.
"""An inbox in Redis Streams, for workers on many machines."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from amocrm.errors import ConfigurationError
from amocrm.webhooks import redis_scripts as scripts
from amocrm.webhooks.delivery import Delivery
from amocrm.webhooks.stored import Entry, State, packed, unpacked

__all__ = ["RedisInbox"]


class RedisInbox:
    """An inbox in Redis: a stream with a consumer group, and beside it what waits for its time or is dead.

    Every step is one script, so that a worker can die between any two of them. The server must keep its
    data on disk (``appendonly yes``), otherwise a restart loses what was accepted; with
    ``appendfsync always`` not even a power failure does.

    Args:
        client: ``redis.sync.Redis`` in the async flavour, ``redis.Redis`` in the sync one (extra
            ``redis``). It is yours and is not closed here.
        name: under which everything is kept; several routers of one server need names of their own.
        consumer: name of this worker in the group, a random one by default.
        durable: ask the server at the first use whether it keeps its data, and refuse one that does not.

    Example:
        >>> inbox = RedisInbox(Redis.from_url("redis://localhost"))
    """

    def __init__(
        self, client: Any, *, name: str = "amocrm-webhooks", consumer: str | None = None, durable: bool = True
    ) -> None:
        self._client = client
        # The braces keep all keys in one slot of a cluster.
        self.name = f"{{{name}}}"
        self._consumer = consumer or f"worker-{secrets.token_hex(4)}"
        self._durable = durable
        self._checked = False
        self._scripts = {script: client.register_script(text) for script, text in scripts.ALL.items()}

    def put(self, delivery: Delivery, *, now: float, dead: str | None = None) -> bool:
        """Takes a delivery; see ``Inbox``.

        Raises:
            ConfigurationError: the server does not keep its data on disk.
        """
        self._check()
        return bool(self._run("put", delivery.key or "", packed(delivery), now, dead or ""))

    def lease(self, limit: int, *, now: float, seconds: float) -> Sequence[Entry]:
        """Takes up entries that are due."""
        lease = secrets.token_hex(8)
        found = self._run("lease", limit, now, now + seconds, lease, self._consumer)
        return [_entry(row) for row in found]

    def extend(self, entry: Entry, *, until: float) -> bool:
        """Keeps a lease for longer."""
        return bool(self._run("extend", entry.id, entry.lease, until))

    def mark(self, entry: Entry, name: str) -> None:
        """Notes that a handler is done with an event."""
        self._run("mark", entry.id, name)

    def finish(self, entry: Entry, *, now: float) -> None:
        """All handlers are done."""
        self._run("settle", entry.id, entry.lease, "done", now, "")

    def retry(self, entry: Entry, *, due: float, error: str) -> None:
        """It failed and is to be taken up again."""
        self._run("settle", entry.id, entry.lease, "later", due, error)

    def bury(self, entry: Entry, *, now: float, error: str) -> None:
        """It is given up."""
        self._run("settle", entry.id, entry.lease, "dead", now, error)

    def entries(self, state: State | None = None, *, limit: int = 100) -> Sequence[Entry]:
        """What is there, the oldest first."""
        return [_entry(row) for row in self._run("entries", state or "", limit)]

    def counts(self) -> dict[State, int]:
        """How many entries are in each state."""
        ready, dead, done = self._run("counts")
        return {"ready": int(ready), "dead": int(dead), "done": int(done)}

    def replay(self, ids: Iterable[str], *, now: float) -> int:
        """Makes dead or done entries ready again."""
        count = 0
        for number in ids:
            count += int(self._run("replay", number, now))
        return count

    def drop(self, ids: Iterable[str]) -> int:
        """Removes entries."""
        count = 0
        for number in ids:
            count += int(self._run("drop", number))
        return count

    def purge(self, *, before: float) -> int:
        """Removes entries that were done before this time."""
        total = 0
        while count := int(self._run("purge", before, 500)):
            total += count
        return total

    def close(self) -> None:
        """Does nothing: the client is yours."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def _run(self, script: str, *arguments: object) -> Any:
        return self._scripts[script](keys=[self.name], args=[_argument(one) for one in arguments])

    def _check(self) -> None:
        if self._checked or not self._durable:
            return
        try:
            found = self._client.config_get("appendonly")
        except Exception as error:
            if type(error).__name__ not in ("ResponseError", "NoPermissionError"):
                raise
            found = {}  # a hosted server that hides its settings
        if found.get("appendonly") == "no":
            raise ConfigurationError(
                "this Redis does not keep its data (appendonly no), so accepted webhooks would be lost with a "
                "restart: set `appendonly yes`, or say RedisInbox(..., durable=False) if that is meant"
            )
        self._checked = True


def _argument(value: object) -> object:
    # As many digits as there are: Lua's own would round times.
    return repr(value) if isinstance(value, float) else value


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _entry(row: Sequence[Any]) -> Entry:
    number, state, data, received, due, attempts, error, lease, marks = row
    return Entry(
        id=_text(number),
        delivery=unpacked(data),
        state="ready" if _text(state) == "later" else _text(state),  # type: ignore[arg-type]  # one of the three
        received_at=float(received),
        due=float(due),
        attempts=int(attempts),
        error=_text(error) or None,
        lease=_text(lease),
        marks=frozenset(map(_text, marks)),
    )
