"""A token store of the sync client in an async one: each of its calls runs on a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amocrm import TokenStore
    from amocrm.tokens import Token


class InThreads:
    """Makes ``store`` fit ``AsyncAmoCRM``.

    Args:
        store: a store whose calls may run on any thread.
    """

    def __init__(self, store: TokenStore) -> None:
        self._store = store

    async def load(self, key: str) -> Token | None:
        """Return the stored token."""
        return await asyncio.to_thread(self._store.load, key)

    async def save(self, key: str, token: Token, *, fence: int, replaces: str | None) -> bool:
        """Store a token."""
        return await asyncio.to_thread(self._store.save, key, token, fence=fence, replaces=replaces)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[int]:
        """Lock a key against all other holders."""
        held = self._store.lock(key)
        fence = await asyncio.to_thread(held.__enter__)
        try:
            yield fence
        finally:
            await asyncio.to_thread(held.__exit__, None, None, None)
