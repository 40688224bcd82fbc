"""What tests of several rooms share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.redis_server import RedisServer, needs_redis


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
