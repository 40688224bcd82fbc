"""Operations that the facade reaches, recorded on send: ``python -m tests.support.facade_operations`` writes them.

``docs/coverage.md`` shows them, and ``tests/contract/test_facade_coverage.py`` compares them with a run.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from amocrm import AmoCRM, ChannelSecret, OAuth
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import SandboxServer
from generator.bundle import load_bundle
from generator.coverage import FACADE, concrete
from tests.contract.world import World
from tests.sandbox.conftest import NOW
from tests.shell_sync._support import ManualClock
from tests.shell_sync.resources.stories import ACTIONS, READ, ROWS, Row

ROOT = Path(__file__).resolve().parents[2]


def recorded() -> set[str]:
    """Do everything that the facade can, and return the operations that were sent, such as ``GET /api/v4/leads``."""
    seen: set[tuple[str, str, str]] = set()

    def note(event: Any) -> None:
        if type(event).__name__ == "RequestSent":
            seen.add((event.op, event.method, event.path.partition("?")[0]))

    for name in (*ROWS, *READ, *ACTIONS):
        _play(name, note)
    return _named(seen)


def _play(name: str, note: Any) -> None:
    world = World()
    world.ids["widget"] = "sandbox_widget"
    try:
        with SandboxServer(world.sandbox) as server:
            channel = world.sandbox.channel
            options: dict[str, Any] = {"base_url": server.url, "retry": NEVER, "event_hooks": [note]}
            options |= {"chats": ChannelSecret(channel["channel_id"], channel["secret"])}
            with AmoCRM("demo", token=world.sandbox.token, clock=ManualClock(NOW), **options) as crm:
                if name in ROWS:
                    if ROWS[name].mode:
                        world.sandbox.set_option("customers_mode", ROWS[name].mode)
                    _records(crm, world.ids, ROWS[name])
                if name in READ:
                    opened, key = READ[name]
                    assert opened(crm, world.ids).all()
                    if key:
                        opened(crm, world.ids).get(world.ids[key])
                if name in ACTIONS:
                    ACTIONS[name](crm, world.ids)
            if name == "users":
                keys = world.sandbox.integration
                oauth = OAuth(keys.client_id, keys.client_secret, redirect_uri=keys.redirect_uri)
                with AmoCRM("demo", oauth=oauth, clock=ManualClock(NOW), **options) as crm:
                    crm.authorize(world.sandbox.authorization_code())
                    crm.account()
    finally:
        world.close()


def _records(crm: AmoCRM, ids: Any, row: Row) -> None:
    collection = row.open(crm, ids)
    made = collection.create(row.make(ids))
    assert list(collection)
    read = collection.get(made.id)
    if row.change is not None:
        setattr(read, *row.change)
        collection.save(read)
    with suppress(TypeError):  # the API may have no operation for it
        collection.delete(read)


def _named(seen: set[tuple[str, str, str]]) -> set[str]:
    """Return the concrete operations of the description that were sent."""
    found = set()
    for operation in (made := load_bundle(ROOT / "spec")).operations():
        for method, pattern in concrete(made, operation):
            if any(op == operation.id and verb == method and _fits(pattern, path) for op, verb, path in seen):
                found.add(f"{method} {pattern}")
    return found


def _fits(pattern: str, path: str) -> bool:
    wanted, got = pattern.split("/"), path.split("/")
    return len(wanted) == len(got) and all(
        one in ("{}", other) for one, other in zip(wanted, got, strict=True)
    )


def main() -> None:
    """Write the operations."""
    (ROOT / FACADE).write_text("".join(f"{line}\n" for line in sorted(recorded())), encoding="utf-8")


if __name__ == "__main__":
    main()
