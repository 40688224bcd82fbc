"""Conformance check for token stores of your own: everything that ``AsyncTokenStore`` promises.

A broken promise is an ``AssertionError`` whose message is the promise.
"""

from __future__ import annotations

import secrets
from functools import partial

from msgspec.structs import replace

from amocrm._core.arguments import checked
from amocrm._core.auth.token import Token

from .._primitives import run_all, sleep
from .token_stores import AsyncTokenStore

__all__ = ["check_token_store"]

_AT_ONCE = 5


@checked()
async def check_token_store(store: AsyncTokenStore, *, leased: bool = False) -> None:
    """Check a store under fresh keys; some tokens remain in it afterwards.

    Args:
        store: the store to check.
        leased: its locks can expire while they are held; it must then check fencing numbers.

    Raises:
        AssertionError: a sentence that says which promise is broken.

    Example:
        >>> await check_token_store(AsyncMemoryTokenStore())
    """
    key, other = (f"check.amocrm.ru/{secrets.token_hex(8)}" for _ in range(2))
    await _check_content(store, key, other)
    await _check_conditions(store, key)
    await _check_lock(store, key, other)
    if leased:
        await _check_fences(store, key)


def _pair(name: str) -> Token:
    # Long, because the platform promises no length.
    return Token(
        access=f"{name}-{'a' * 4000}",
        refresh=f"{name}-{'r' * 4000}",
        expires_at=1_700_000_000.25,
        lifetime=86_400.0,
        account="check.amocrm.ru",
    )


async def _check_content(store: AsyncTokenStore, key: str, other: str) -> None:
    assert await store.load(key) is None, "load gives None for a key that was never saved"
    async with store.lock(key) as fence:
        assert await store.save(key, _pair("one"), fence=fence, replaces=None), "save stores where nothing is"
    assert await store.load(key) == _pair("one"), "load gives what save was given, every attribute of it"
    assert await store.load(other) is None, "keys are kept apart"
    announced = replace(_pair("one"), intent=_pair("one").mark)
    async with store.lock(key) as fence:
        assert await store.save(key, announced, fence=fence, replaces=_pair("one").mark), (
            "save stores an intent"
        )
        assert await store.load(key) == announced, "load inside the lock sees what was just saved"


async def _check_conditions(store: AsyncTokenStore, key: str) -> None:
    async with store.lock(key) as fence:
        assert await store.save(key, _pair("two"), fence=fence, replaces=_pair("one").mark), (
            "save stores what replaces the token that is there"
        )
        assert not await store.save(key, _pair("bad"), fence=fence, replaces=_pair("one").mark), (
            "save refuses what replaces a token that is gone"
        )
        assert await store.load(key) == _pair("two"), "what was refused has changed nothing"
        assert await store.save(key, _pair("three"), fence=fence, replaces=None), "a login replaces any token"


async def _check_lock(store: AsyncTokenStore, key: str, other: str) -> None:
    inside: list[int] = []
    fences: list[int] = []

    async def enter(number: int) -> None:
        async with store.lock(key) as fence:
            inside.append(number)
            assert inside == [number], "one holds the lock at a time"
            fences.append(fence)
            await sleep(0.02)
            inside.remove(number)

    for result in await run_all([partial(enter, number) for number in range(_AT_ONCE)], limit=_AT_ONCE):
        if isinstance(result, BaseException):
            raise result
    assert fences == sorted(fences), "fencing numbers do not go back"
    try:
        async with store.lock(key):
            async with store.lock(other):
                pass  # two keys do not exclude each other, or this waits for ever
            raise LookupError("an error inside the lock")
    except LookupError:
        pass
    async with store.lock(key):
        pass  # the lock is free after an error


async def _check_fences(store: AsyncTokenStore, key: str) -> None:
    async with store.lock(key) as old:
        pass
    async with store.lock(key) as new:
        assert new > old, "each holder gets a higher fencing number"
        mark = _pair("three").mark
        intent = replace(_pair("three"), intent=mark)
        assert not await store.save(key, intent, fence=old, replaces=mark), (
            "an intent is refused under a number that is not the newest"
        )
        assert not await store.save(key, _pair("bad"), fence=old, replaces=None), (
            "a login is refused under a number that is not the newest"
        )
        assert await store.save(key, _pair("four"), fence=old, replaces=mark), (
            "the pair of a refresh is taken under any number, if what it replaces is there"
        )
