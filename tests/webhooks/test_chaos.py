"""Servers in earnest whose processes are killed: what was accepted is handled, and has its effect once."""

from __future__ import annotations

import pytest

from tests.support.redis_server import needs_redis
from tests.support.webhook_chaos import SETUPS, Setup, chaos


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: f"{setup.server}-{setup.inbox}")
def test_a_hundred_kills_of_any_process(setup: Setup) -> None:
    """A quarter of a hundred for each server and inbox, while others open and close the inbox beside them."""
    if setup.inbox == "redis":
        needs_redis()

    result = chaos(setup, 25)

    assert result.good, str(result)
    assert result.kills == 25
