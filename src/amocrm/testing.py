"""Fixtures for users' tests: clients on a local amoCRM, without a socket.

Installed as a pytest plugin by the entry point ``amocrm``. The account itself is the fixture ``amocrm_sandbox`` of the
sandbox's own plugin (extra ``sandbox``); this module joins the two, because the sandbox must not know the client that
it judges. Nothing of either is imported before a test asks for a fixture.

Example:
    >>> def test_import(amocrm_client, amocrm_sandbox):
    ...     with amocrm_client.session() as s:
    ...         s.add(Lead(name="Заказ 17"))
    ...     assert amocrm_sandbox.get("/api/v4/leads").json()["_embedded"]["leads"][0]["name"] == "Заказ 17"

Who keeps tokens in a store of his own tries it with ``check_token_store`` (or ``check_async_token_store``).
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

#: requests a second that a test never makes, so that nobody waits for the limiter
_RATE = 1_000_000


@pytest.fixture
def amocrm_client(amocrm_sandbox: Sandbox) -> Iterator[AmoCRM]:
    """A client on the account of ``amocrm_sandbox``, with its administrator's token; it never waits for limits."""
    from amocrm_sandbox import SandboxTransport

    from ._core.limits.limiter import Limits
    from ._sync.client import AmoCRM
    from ._sync.limits.memory import MemoryLimiter

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
    from ._async.limits.memory import AsyncMemoryLimiter
    from ._core.limits.limiter import Limits

    return AsyncAmoCRM(
        amocrm_sandbox.subdomain,
        token=amocrm_sandbox.token,
        http_transport=AsyncSandboxTransport(amocrm_sandbox),
        limiter=AsyncMemoryLimiter(Limits(per_key=_RATE, per_account=_RATE)),
    )


def check_token_store(store: TokenStore, *, leased: bool = False) -> None:
    """Tries a token store of your own against everything that ``TokenStore`` promises.

    Args:
        store: what to try; it is given keys of its own and keeps some tokens afterwards.
        leased: its locks can end while they are held, so that it has to look at fencing numbers.

    Raises:
        AssertionError: a sentence that says which promise is broken.

    Example:
        >>> from amocrm import MemoryTokenStore
        >>> check_token_store(MemoryTokenStore())
    """
    from ._sync.auth.store_conformance import check_token_store as check

    check(store, leased=leased)


async def check_async_token_store(store: AsyncTokenStore, *, leased: bool = False) -> None:
    """The same for a store of the async client."""
    from ._async.auth.store_conformance import check_token_store as check

    await check(store, leased=leased)
