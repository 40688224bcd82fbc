"""Conformance check for token stores of your own: everything that ``TokenStore`` promises.

A broken promise is an ``AssertionError`` whose message is the promise.
"""
# GENERATED from src/amocrm/_async/auth/store_conformance.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import secrets
from functools import partial

from msgspec.structs import replace

from amocrm._core.arguments import checked
from amocrm._core.auth.token import Token

from .._primitives import run_all, sleep
from .token_stores import TokenStore

__all__ = ["check_token_store"]

_AT_ONCE = 5


@checked()
def check_token_store(store: TokenStore, *, leased: bool = False) -> None:
    """Check a store under fresh keys; some tokens remain in it afterwards.

    Args:
        store: the store to check.
        leased: its locks can expire while they are held; it must then check fencing numbers.

    Raises:
        AssertionError: a sentence that says which promise is broken.

    Example:
        >>> check_token_store(MemoryTokenStore())
    """
    key, other = (f"check.amocrm.ru/{secrets.token_hex(8)}" for _ in range(2))
    _check_content(store, key, other)
    _check_conditions(store, key)
    _check_lock(store, key, other)
    if leased:
        _check_fences(store, key)


def _pair(name: str) -> Token:
    # Long, because the platform promises no length.
    return Token(
        access=f"{name}-{'a' * 4000}",
        refresh=f"{name}-{'r' * 4000}",
        expires_at=1_700_000_000.25,
        lifetime=86_400.0,
        account="check.amocrm.ru",
    )


def _check_content(store: TokenStore, key: str, other: str) -> None:
    assert store.load(key) is None, "load gives None for a key that was never saved"
    with store.lock(key) as fence:
        assert store.save(key, _pair("one"), fence=fence, replaces=None), "save stores where nothing is"
    assert store.load(key) == _pair("one"), "load gives what save was given, every attribute of it"
    assert store.load(other) is None, "keys are kept apart"
    announced = replace(_pair("one"), intent=_pair("one").mark)
    with store.lock(key) as fence:
        assert store.save(key, announced, fence=fence, replaces=_pair("one").mark), (
            "save stores an intent"
        )
        assert store.load(key) == announced, "load inside the lock sees what was just saved"


def _check_conditions(store: TokenStore, key: str) -> None:
    with store.lock(key) as fence:
        assert store.save(key, _pair("two"), fence=fence, replaces=_pair("one").mark), (
            "save stores what replaces the token that is there"
        )
        assert not store.save(key, _pair("bad"), fence=fence, replaces=_pair("one").mark), (
            "save refuses what replaces a token that is gone"
        )
        assert store.load(key) == _pair("two"), "what was refused has changed nothing"
        assert store.save(key, _pair("three"), fence=fence, replaces=None), "a login replaces any token"


def _check_lock(store: TokenStore, key: str, other: str) -> None:
    inside: list[int] = []
    fences: list[int] = []

    def enter(number: int) -> None:
        with store.lock(key) as fence:
            inside.append(number)
            assert inside == [number], "one holds the lock at a time"
            fences.append(fence)
            sleep(0.02)
            inside.remove(number)

    for result in run_all([partial(enter, number) for number in range(_AT_ONCE)], limit=_AT_ONCE):
        if isinstance(result, BaseException):
            raise result
    assert fences == sorted(fences), "fencing numbers do not go back"
    try:
        with store.lock(key):
            with store.lock(other):
                pass  # two keys do not exclude each other, or this waits for ever
            raise LookupError("an error inside the lock")
    except LookupError:
        pass
    with store.lock(key):
        pass  # the lock is free after an error


def _check_fences(store: TokenStore, key: str) -> None:
    with store.lock(key) as old:
        pass
    with store.lock(key) as new:
        assert new > old, "each holder gets a higher fencing number"
        mark = _pair("three").mark
        intent = replace(_pair("three"), intent=mark)
        assert not store.save(key, intent, fence=old, replaces=mark), (
            "an intent is refused under a number that is not the newest"
        )
        assert not store.save(key, _pair("bad"), fence=old, replaces=None), (
            "a login is refused under a number that is not the newest"
        )
        assert store.save(key, _pair("four"), fence=old, replaces=mark), (
            "the pair of a refresh is taken under any number, if what it replaces is there"
        )
