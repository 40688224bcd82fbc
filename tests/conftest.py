"""What tests of several rooms share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.redis_server import RedisServer, needs_redis

#: Folders whose tests start processes, servers or checkers of others; elsewhere a test is marked where it stands.
SLOW = {"deployment", "typing"}
settings.register_profile("quick", max_examples=20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the folders of slow tests out of `make quick`."""
    for item in items:
        if SLOW.intersection(item.path.relative_to(Path(__file__).parent).parts):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Address of one Redis server for the whole run; every test uses names of its own in it."""
    needs_redis()
    with RedisServer(appendonly=False) as server:
        yield server.url


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run play more simulated worlds than `make test` does."""
    parser.addoption("--worlds", type=int, default=25, help="simulated worlds of each kind (default: 25)")


@pytest.fixture(scope="session")
def worlds(request: pytest.FixtureRequest) -> int:
    """How many simulated worlds of each kind are played."""
    return int(request.config.getoption("--worlds"))
