# SOURCE: the sync twin of this file is generated from it; run `make generate` after a change.
"""What all tests of this flavour share."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of the standard library; the sync flavour has none and does not look."""
    return "asyncio"
