# GENERATED from tests/shell_async/conftest.py by generator/desync.py: edit that file and run `make generate`.
"""What all tests of this flavour share."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of the standard library; the sync flavour has none and does not look."""
    return "asyncio"
