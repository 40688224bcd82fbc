"""Inbox in Redis Streams, for workers on many machines. Every step is one script in Redis."""
# GENERATED from src/amocrm/_async/webhooks/redis_inbox.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from socket import gethostname
from typing import Any

from amocrm._core.arguments import checked
from amocrm.errors import ConfigurationError
from amocrm.webhooks._delivery import Delivery
from amocrm.webhooks._receiving import redis_scripts as scripts
from amocrm.webhooks._receiving.inbox_entry import InboxEntry, State, deserialize, serialize
from amocrm.webhooks.errors import InboxError

from .._primitives import Result
from .._redis import evicting_policy, is_replicated, redis_client, server_settings

__all__ = ["RedisInbox"]


#: Seconds that Redis may take; the platform waits two for an answer, and there is one retry.
_TIMEOUT = 0.9
#: Seconds that a replica may take to have a delivery.
_REPLICATION = 0.5
#: Number of entries that one script replays or removes; other clients wait for it.
_BATCH = 500


@checked()
class RedisInbox:
    """Inbox in Redis: a stream with a consumer group, and sets of entries that wait for their time or are dead.

    Every step is one script, so a worker can die between any two of them. The server must write its data to
    disk before it answers (``appendonly yes`` and ``appendfsync always``), and must not evict data when it is
    full (``noeviction``); otherwise it loses accepted deliveries. With ``appendfsync everysec`` a server that
    is killed loses the deliveries of the last two seconds: it delays writes while the disk is busy. Where the
    server has replicas, a delivery is accepted when one of them has it, so a failover loses none.

    Args:
        redis: address (``redis://host:6379/0``, ``#name`` behind it stands for ``name``), or a client of your
            own: ``redis.sync.Redis`` in the async variant, ``redis.Redis`` in the sync one (extra
            ``redis``). Yours is not closed here; give it timeouts below two seconds.
        name: beginning of all names in Redis; several receivers of one server need names of their own.
        consumer: name of this worker in the group, by default that of the machine.
        durable: check at the first use that the server keeps its data, and refuse one that may lose some.

    Raises:
        ConfigurationError: the extra ``redis`` is not installed, or ``redis`` is no address and no client of
            this variant.

    Example:
        >>> inbox = RedisInbox("redis://localhost")
    """

    def __init__(
        self, redis: Any, *, name: str | None = None, consumer: str | None = None, durable: bool = True
    ) -> None:
        self._own = isinstance(redis, str)
        if self._own:
            redis, _, named = redis.partition("#")
            name = name or named
        self._client: Any = redis_client(redis, _TIMEOUT)
        from redis.exceptions import RedisError  # after the line that says how to install it

        self._errors = (RedisError, OSError)
        # The braces keep all keys in one slot of a cluster.
        self.name = f"{{{name or 'amocrm-webhooks'}}}"
        self._consumer = consumer or gethostname()
        self._durable = durable
        self._checked = False
        self._scripts = {script: self._client.register_script(text) for script, text in scripts.ALL.items()}

    def put(self, delivery: Delivery, *, now: float, dead: str | None = None) -> bool:
        """Store a delivery; see ``Inbox``.

        Raises:
            ConfigurationError: the server does not keep its data on disk.
        """
        self._check()
        is_new = bool(self._run("put", delivery.key or "", serialize(delivery), now, dead or ""))
        if self._durable and not self._attempt(partial(is_replicated, self._client, _REPLICATION)):
            raise InboxError(
                "no replica of Redis has the delivery yet, so a failover might lose it; it is sent again"
            )
        return is_new

    def lease(self, limit: int, *, now: float, seconds: float) -> Sequence[InboxEntry]:
        """Lease entries that are due."""
        lease = secrets.token_hex(8)
        rows = self._run("lease", limit, now, now + seconds, lease, self._consumer)
        return [_entry(row) for row in rows]

    def extend(self, entry: InboxEntry, *, until: float) -> bool:
        """Extend a lease."""
        return bool(self._run("extend", entry.id, entry.lease, until))

    def mark(self, entry: InboxEntry, name: str) -> None:
        """Mark a handler of an entry as done."""
        self._run("mark", entry.id, name)

    def finish(self, entry: InboxEntry, *, now: float) -> None:
        """Record that all handlers are done."""
        self._run("settle", entry.id, entry.lease, "done", now, "")

    def retry(self, entry: InboxEntry, *, due: float, error: str) -> None:
        """Release an entry that failed, until ``due``."""
        self._run("settle", entry.id, entry.lease, "later", due, error)

    def bury(self, entry: InboxEntry, *, now: float, error: str) -> None:
        """Record that an entry is dead."""
        self._run("settle", entry.id, entry.lease, "dead", now, error)

    def entries(self, state: State | None = None, *, limit: int = 100) -> Sequence[InboxEntry]:
        """Return entries, the oldest first."""
        return [_entry(row) for row in self._run("entries", state or "", limit)]

    def counts(self) -> dict[State, int]:
        """Return the number of entries in each state."""
        ready, dead, done = self._run("counts")
        return {"ready": int(ready), "dead": int(dead), "done": int(done)}

    def replay(self, ids: Iterable[str] | None = None, *, now: float) -> int:
        """Make dead or done entries ready again, and waiting ones due."""
        return self._in_pieces(ids, "replay", now)

    def drop(self, ids: Iterable[str] | None = None) -> int:
        """Remove entries."""
        return self._in_pieces(ids, "drop")

    def purge(self, *, before: float) -> int:
        """Remove entries that were done before this time."""
        total = 0
        while count := int(self._run("purge", before, 500)):
            total += count
        return total

    def close(self) -> None:
        """Close the connections; a client of yours stays open."""
        if self._own:
            self._client.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def _in_pieces(self, ids: Iterable[str] | None, script: str, *arguments: object) -> int:
        """Run a script for these entries, or without ids for the dead ones."""
        entry_ids = [_text(name) for name in self._run("dead")] if ids is None else list(ids)
        total = 0
        for start in range(0, len(entry_ids), _BATCH):
            total += int(self._run(script, *arguments, *entry_ids[start : start + _BATCH]))
        return total

    def _run(self, script: str, *arguments: object) -> Any:
        args = [_argument(value) for value in arguments]
        return self._attempt(partial(self._scripts[script], keys=[self.name], args=args))

    def _attempt(self, call: Callable[[], Result[Any]]) -> Any:
        try:
            return call()
        except self._errors as error:
            raise InboxError(
                f"the inbox in Redis failed ({type(error).__name__}: {error}); accepted deliveries are kept"
            ) from error

    def _check(self) -> None:
        if self._checked or not self._durable:
            return
        settings = self._attempt(partial(server_settings, self._client, "append*"))
        for name, value in (("appendonly", "yes"), ("appendfsync", "always")):
            current = settings.get(name, value)
            if current != value:
                raise ConfigurationError(
                    f"{name} of this Redis must be {value}, got {current}: it may lose accepted webhooks when it is "
                    f"killed; set `{name} {value}`, or accept the loss with RedisInbox(..., durable=False)"
                )
        if policy := self._attempt(partial(evicting_policy, self._client)):
            raise ConfigurationError(
                f"maxmemory-policy of this Redis must be noeviction, got {policy}: it evicts accepted webhooks when "
                "it is full; set it, or accept the loss with RedisInbox(..., durable=False)"
            )
        self._checked = True


def _argument(value: object) -> object:
    # As many digits as there are: Lua's own would round times.
    return repr(value) if isinstance(value, float) else value


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _entry(row: Sequence[Any]) -> InboxEntry:
    number, state, data, received, due, attempts, error, lease, marks = row
    return InboxEntry(
        id=_text(number),
        delivery=deserialize(data),
        state="ready" if _text(state) == "later" else _text(state),  # type: ignore[arg-type]  # one of the three
        received_at=float(received),
        due=float(due),
        attempts=int(attempts),
        error=_text(error) or None,
        lease=_text(lease),
        marks=frozenset(map(_text, marks)),
    )
