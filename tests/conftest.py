"""What tests of several rooms share."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Generator, Iterator
from functools import partial
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings

from amocrm import RateLimits
from tests.support.redis_server import RedisServer, needs_redis

#: Folders and files whose tests start processes, servers, commands or checkers, or read every source; elsewhere a
#: test is marked where it stands.
SLOW = (
    *(
        "tests/deployment/",
        "tests/typing/",
        "tests/test_sizes.py",
        "tests/test_arrows.py",
        "tests/test_mirror.py",
    ),
    *("tests/facade/test_command.py", "tests/facade/test_record.py"),
    *(f"tests/shell_{flavour}/test_broken_stores.py" for flavour in ("sync", "async")),
    *(f"tests/shell_{flavour}/auth/test_lost_tokens.py" for flavour in ("sync", "async")),
)
#: Files whose tests wait for time and for processes more than they compute. They come first, and the longest before the
#: others, so that one worker waits while the others use the processors.
WAITING = (
    "tests/test_multiprocess.py",
    "tests/webhooks/test_kill.py",
    "tests/webhooks/test_chaos.py",
    "tests/test_store_recipes.py",
    "tests/test_upsert_processes.py",
    "tests/typing/",
    "tests/deployment/",
)
#: A test with more rows than `FAMILY` is one rule over all operations; one row in `SAMPLE` is in `make quick`.
FAMILY, SAMPLE = 12, 15
# How fast values are drawn says how busy the machine is.
settings.register_profile("suite", suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("suite"), max_examples=20)
settings.load_profile("suite")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Take modules and tests, which live to the end, out of the collections of garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Start a worker for each processor, and one that waits unless only quick tests run."""
    return (os.cpu_count() or 1) + (config.getoption("markexpr") != "not slow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave folders of slow tests, and most rows of a large family, out of `make quick`."""
    items.sort(
        key=lambda item: next(
            (n for n, path in enumerate(WAITING) if item.nodeid.startswith(path)), len(WAITING)
        )
    )
    rows = Counter(item.nodeid.partition("[")[0] for item in items)
    for item in items:
        is_family = rows[item.nodeid.partition("[")[0]] > FAMILY
        if item.nodeid.startswith(SLOW) or (is_family and crc32(item.nodeid.encode()) % SAMPLE):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Address of one Redis server for the whole run; every test uses names of its own in it."""
    needs_redis()
    with RedisServer(appendonly=False) as server:
        yield server.url


@pytest.fixture
def without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients that name no limiter send as fast as they can; the sandbox behind them limits nothing."""
    fast = partial(RateLimits, per_key=1_000_000, per_account=1_000_000)
    for flavour in ("_sync", "_async"):
        monkeypatch.setattr(f"amocrm.{flavour}.connection.connection.RateLimits", fast)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run play more simulated worlds than `make test` does."""
    parser.addoption("--worlds", type=int, default=25, help="simulated worlds of each kind (default: 25)")


@pytest.fixture(scope="session")
def worlds(request: pytest.FixtureRequest) -> int:
    """How many simulated worlds of each kind are played."""
    return int(request.config.getoption("--worlds"))
