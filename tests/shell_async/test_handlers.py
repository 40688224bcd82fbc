"""How a program's own functions are called: checked, on time, and from other threads."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from amocrm._async._handlers import call_handler, matches_flavour, thread_portal
from amocrm._async._primitives import to_thread
from amocrm._io.handler_threads import HandlerThreads

pytestmark = pytest.mark.anyio


class Callable:
    """Object that is called like a function."""

    async def __call__(self) -> None:
        """Do nothing."""


async def nothing() -> None:
    """Do nothing."""


def test_a_function_of_this_flavour_is_recognised() -> None:
    """Functions, bound arguments and callable objects count alike."""
    assert [matches_flavour(each) for each in (nothing, partial(nothing), Callable())] == [True] * 3


async def test_a_plain_handler_that_takes_too_long_is_left_to_its_thread() -> None:
    """The caller goes on after the time, whatever the handler waits for."""
    free, ended = threading.Event(), threading.Event()

    def hangs(seconds: int) -> None:
        free.wait(seconds)
        ended.set()

    threads = HandlerThreads()
    with pytest.raises(TimeoutError):
        await call_handler(threads, 0.01, hangs, 30)
    assert not ended.is_set()
    free.set()


async def test_what_a_handler_raises_reaches_the_caller() -> None:
    """An exception is no timeout."""

    def refuses(word: str) -> None:
        raise ValueError(word)

    with pytest.raises(ValueError, match="no"):
        await call_handler(HandlerThreads(), 30, refuses, "no")


async def test_another_thread_can_run_a_function_of_this_flavour() -> None:
    """It gets the value; the function runs where it belongs."""
    run = thread_portal()

    async def answer() -> int:
        return 42

    assert await to_thread(partial(run, answer)) == 42
