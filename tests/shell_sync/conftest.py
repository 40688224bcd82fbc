"""What all tests of this flavour share."""
# GENERATED from tests/shell_async/conftest.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterator

import pytest

from amocrm._sync.client import AmoCRM
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import Sandbox

from .crm import client_of


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of the standard library; the sync flavour has none and does not look."""
    return "asyncio"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A fresh account without limits."""
    made = Sandbox(limits=False)
    yield made
    made.close()


@pytest.fixture
def crm(sandbox: Sandbox) -> AmoCRM:
    """Its client."""
    return client_of(sandbox, retry=NEVER)
