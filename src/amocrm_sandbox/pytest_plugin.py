"""Fixtures for tests against the sandbox.

Installed as a pytest plugin by the entry point ``amocrm_sandbox``; nothing of the sandbox is imported before a test asks
for one of the fixtures.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .app import Sandbox
    from .http.server import SandboxServer

__all__ = ["amocrm_sandbox", "amocrm_sandbox_server"]


@pytest.fixture
def amocrm_sandbox() -> Iterator[Sandbox]:
    """Yield a fresh account in memory, without request limits."""
    from .app import Sandbox

    sandbox = Sandbox(limits=False)
    yield sandbox
    sandbox.close()


@pytest.fixture
def amocrm_sandbox_server(amocrm_sandbox: Sandbox) -> Iterator[SandboxServer]:
    """Yield the account of `amocrm_sandbox` over HTTP on a free loopback port."""
    from .http.server import SandboxServer

    with SandboxServer(amocrm_sandbox) as server:
        yield server
