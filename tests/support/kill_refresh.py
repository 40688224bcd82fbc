"""Kills and cancellations at every step of a token refresh, and many that refresh one token at once."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from amocrm._core.auth.token import fingerprint
from amocrm_sandbox import SandboxServer

from .process_pool import process_pool
from .refreshing import cancelled_at, put, stored

__all__ = ["Result", "World", "cancellations", "kills", "one_refresh", "world"]

_AT_ONCE = 20
_IMPORTS = {
    "sqlalchemy": ["sqlalchemy.dialects.sqlite", "examples.stores.sqlalchemy_store"],
    "django": ["django.db.models", "django.db.backends.sqlite3.base"],
}
TOKEN_PATH = "/oauth2/access_token"


@dataclass
class World:
    """A sandbox, a store, and places in it that each hold a token of their own."""

    server: SandboxServer
    spec: dict[str, Any]
    folder: str
    count: int = 0
    refresh_tokens: dict[str, str] = field(default_factory=dict)

    def place(self) -> str:
        """A new place with a token that is over."""
        self.count += 1
        place = f"{self.folder}/{self.count}"
        sandbox = self.server.sandbox
        with sandbox.lock:
            pair = sandbox.tokens.issue_pair(sandbox.integration.client_id, sandbox.admin_id)
        put(self.spec, place, pair)
        self.refresh_tokens[place] = pair["refresh_token"]
        return place

    def is_spent(self, place: str) -> bool:
        """Whether the server has taken the refresh token of a place."""
        with self.server.sandbox.lock:
            return not self.server.sandbox.tokens.is_live_refresh(self.refresh_tokens[place])

    def is_replaced(self, place: str) -> bool:
        """Whether the store holds another pair by now."""
        return stored(self.spec, place) != fingerprint(self.refresh_tokens[place])

    def refreshes(self) -> int:
        """Requests to the token endpoint so far."""
        return len(self.server.sandbox.journal.find("POST", TOKEN_PATH))


@contextmanager
def world(store: str, redis_url: str = "") -> Iterator[World]:
    """A sandbox without limits and a store of this kind (``file`` or ``redis``)."""
    with tempfile.TemporaryDirectory() as folder, SandboxServer(limits=False) as server:
        made = server.sandbox.integration
        oauth = [made.client_id, made.client_secret, made.redirect_uri]
        spec = {"store": store, "redis": redis_url, "url": server.url, "oauth": oauth}
        spec["imports"] = _IMPORTS.get(store, [])
        yield World(server, spec, folder)


@dataclass
class Result:
    """What became of the runs.

    Attributes:
        ends: how many ended how, by where they were struck.
        wrong: runs that lost something or were taken for what they are not.
    """

    runs: int = 0
    steps: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    in_doubt_at: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def kills(on: World, runs: int) -> Result:
    """Kills processes at every step in turn; the next process must find the token, or recognise the doubt."""
    result = Result()
    with process_pool(
        "tests.support.refreshing:kill", on.spec | {"at": [-1], "places": [on.place()]}, 1
    ) as first:
        first.go()
        result.steps = first.results(30)[0]["steps"]
    plan = [number * len(result.steps) // runs for number in range(runs)]
    for begin in range(0, runs, _AT_ONCE):
        at = plan[begin : begin + _AT_ONCE]
        spec = on.spec | {"at": at, "places": [on.place() for _ in at], "processes": 4}
        with process_pool("tests.support.refreshing:kill", spec, len(at)) as dying:
            dying.go()
            ends = dying.results(60)
        before = [(on.is_spent(place), on.is_replaced(place)) for place in spec["places"]]
        with process_pool("tests.support.refreshing:taken_up", spec, 4) as heirs:
            heirs.go()
            outcomes = dict(_dealt(spec["places"], heirs.results(120)))
        for number, place in enumerate(spec["places"]):
            spent, replaced = before[number]
            outcome, step = outcomes[place], result.steps[at[number]]
            result.runs += 1
            where = "after the save" if replaced else "in between" if spent else "before the request arrived"
            result.ends[f"{where}: {outcome}"] += 1
            if outcome == "GrantInDoubt":
                result.in_doubt_at[step] += 1
            if ends[number] is not None or outcome != ("GrantInDoubt" if where == "in between" else "ok"):
                result.wrong.append(f"killed at {step!r}: {where}, then {outcome} ({ends[number]})")
    return result


def cancellations(on: World, runs: int) -> Result:
    """Cancels tasks at every step in turn; the next client must find the token."""
    return asyncio.run(_cancellations(on, runs))


async def _cancellations(on: World, runs: int) -> Result:
    result = Result()
    _, result.steps = await cancelled_at(on.spec, on.place(), -1)
    for number in range(runs):
        step = number * len(result.steps) // runs
        place = on.place()
        end, _ = await cancelled_at(on.spec, place, step)
        before = on.refreshes()
        after, _ = await cancelled_at(on.spec, place, -1)
        result.runs += 1
        again = on.refreshes() - before
        result.ends[f"{end}, then {after} with {again} more refreshes"] += 1
        if (
            after != "ok"
            or end not in ("cancelled", "ok")
            or (again and on.is_spent(place) and not on.is_replaced(place))
        ):
            result.wrong.append(f"cancelled at {result.steps[step]!r}: {end}, then {after}")
    return result


def one_refresh(on: World, processes: int, tasks: int) -> tuple[int, Counter[str]]:
    """Many meet on one token that is over: requests to the token endpoint, and what the requests ended in."""
    before = on.refreshes()
    spec = on.spec | {"places": [on.place()], "tasks": tasks}
    with process_pool("tests.support.refreshing:many", spec, processes) as all_of_them:
        all_of_them.go()
        outcomes = Counter(outcome for each in all_of_them.results(120) for outcome in each)
    return on.refreshes() - before, outcomes


def _dealt(places: list[str], results: list[list[str]]) -> Iterator[tuple[str, str]]:
    for index, outcomes in enumerate(results):
        yield from zip(places[index :: len(results)], outcomes, strict=True)
