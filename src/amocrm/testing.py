"""Pytest fixtures for your tests: clients on a local amoCRM, without a socket.

Installed as a pytest plugin by the entry point ``amocrm``. The account itself is the fixture ``amocrm_sandbox`` of the
sandbox's own plugin (extra ``sandbox``); this module joins the two, because the sandbox must not import the client that
it tests. Neither is imported before a test uses a fixture.

Example:
    >>> def test_import(amocrm_client, amocrm_sandbox):
    ...     with amocrm_client.session() as s:
    ...         s.add(Lead(name="Заказ 17"))
    ...     assert amocrm_sandbox.get("/api/v4/leads").json()["_embedded"]["leads"][0]["name"] == "Заказ 17"

Test a token store of your own with ``check_token_store`` or ``check_async_token_store``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from amocrm_sandbox import Sandbox

    from ._async.auth.token_stores import AsyncTokenStore
    from ._async.client import AsyncAmoCRM
    from ._sync.auth.token_stores import TokenStore
    from ._sync.client import AmoCRM

__all__ = ["amocrm_async_client", "amocrm_client", "check_async_token_store", "check_token_store"]

#: Requests per second; so many that no test waits for the limiter.
_RATE = 1_000_000


@pytest.fixture
def amocrm_client(amocrm_sandbox: Sandbox) -> Iterator[AmoCRM]:
    """Give a client on the account of ``amocrm_sandbox``, with its administrator's token and without limits."""
    from amocrm_sandbox import SandboxTransport

    from ._core.limits.limiter import RateLimits
    from ._sync.client import AmoCRM
    from ._sync.limits.memory import MemoryLimiter

    with AmoCRM(
        amocrm_sandbox.subdomain,
        token=amocrm_sandbox.token,
        http_transport=SandboxTransport(amocrm_sandbox),
        limiter=MemoryLimiter(RateLimits(per_key=_RATE, per_account=_RATE)),
    ) as client:
        yield client


@pytest.fixture
def amocrm_async_client(amocrm_sandbox: Sandbox) -> AsyncAmoCRM:
    """Give the async client, for tests run by anyio, pytest-asyncio or ``asyncio.run``.

    It is open and has no socket, so there is nothing to close; ``async with`` works too.
    """
    from amocrm_sandbox import AsyncSandboxTransport

    from ._async.client import AsyncAmoCRM
    from ._async.limits.memory import AsyncMemoryLimiter
    from ._core.limits.limiter import RateLimits

    return AsyncAmoCRM(
        amocrm_sandbox.subdomain,
        token=amocrm_sandbox.token,
        http_transport=AsyncSandboxTransport(amocrm_sandbox),
        limiter=AsyncMemoryLimiter(RateLimits(per_key=_RATE, per_account=_RATE)),
    )


def check_token_store(store: TokenStore, *, leased: bool = False) -> None:
    """Test a token store of your own against the rules of ``TokenStore``.

    Args:
        store: store to test; some test tokens stay in it under keys of their own.
        leased: its locks can expire while they are held, so it must compare fencing numbers.

    Raises:
        AssertionError: a sentence that says which rule is broken.

    Example:
        >>> from amocrm import MemoryTokenStore
        >>> check_token_store(MemoryTokenStore())
    """
    from ._sync.auth.store_conformance import check_token_store as check

    check(store, leased=leased)


async def check_async_token_store(store: AsyncTokenStore, *, leased: bool = False) -> None:
    """Test an async token store; see ``check_token_store``."""
    from ._async.auth.store_conformance import check_token_store as check

    await check(store, leased=leased)
