"""Fixtures for users' tests: clients on a local amoCRM, without a socket.

Installed as a pytest plugin by the entry point ``amocrm``. The account itself is the fixture ``amocrm_sandbox`` of the
sandbox's own plugin (extra ``sandbox``); this module joins the two, because the sandbox must not know the client that
it judges. Nothing of either is imported before a test asks for a fixture.

Example:
    >>> def test_import(amocrm_client, amocrm_sandbox):
    ...     with amocrm_client.session() as s:
    ...         s.add(Lead(name="Заказ 17"))
    ...     assert amocrm_sandbox.get("/api/v4/leads").json()["_embedded"]["leads"][0]["name"] == "Заказ 17"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from amocrm_sandbox import Sandbox

    from ._async.client import AsyncAmoCRM
    from ._sync.client import AmoCRM

__all__ = ["amocrm_async_client", "amocrm_client"]

#: requests a second that a test never makes, so that nobody waits for the limiter
_RATE = 1_000_000


@pytest.fixture
def amocrm_client(amocrm_sandbox: Sandbox) -> Iterator[AmoCRM]:
    """A client on the account of ``amocrm_sandbox``, with its administrator's token; it never waits for limits."""
    from amocrm_sandbox import SandboxTransport

    from ._core.limiter import Limits
    from ._sync.client import AmoCRM
    from ._sync.limits import MemoryLimiter

    with AmoCRM(
        amocrm_sandbox.subdomain,
        token=amocrm_sandbox.token,
        http_transport=SandboxTransport(amocrm_sandbox),
        limiter=MemoryLimiter(Limits(per_key=_RATE, per_account=_RATE)),
    ) as client:
        yield client


@pytest.fixture
def amocrm_async_client(amocrm_sandbox: Sandbox) -> AsyncAmoCRM:
    """The same for asynchronous tests, whichever plugin runs them (anyio, pytest-asyncio, ``asyncio.run``).

    It is open when the test gets it. There is no socket behind it and nothing to close; ``async with`` does no harm.
    """
    from amocrm_sandbox import AsyncSandboxTransport

    from ._async.client import AsyncAmoCRM
    from ._async.limits import AsyncMemoryLimiter
    from ._core.limiter import Limits

    return AsyncAmoCRM(
        amocrm_sandbox.subdomain,
        token=amocrm_sandbox.token,
        http_transport=AsyncSandboxTransport(amocrm_sandbox),
        limiter=AsyncMemoryLimiter(Limits(per_key=_RATE, per_account=_RATE)),
    )
