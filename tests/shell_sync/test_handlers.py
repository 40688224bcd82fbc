"""How a program's own functions are called: checked, on time, and from other threads."""
# GENERATED from tests/shell_async/test_handlers.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import threading
from functools import partial

import pytest

from amocrm._sync._handlers import call_handler, matches_flavour, thread_portal
from amocrm._sync._primitives import to_thread
from amocrm._io.handler_threads import HandlerThreads

pytestmark = pytest.mark.anyio


class Callable:
    """Object that is called like a function."""

    def __call__(self) -> None:
        """Do nothing."""


def nothing() -> None:
    """Do nothing."""


def test_a_function_of_this_flavour_is_recognised() -> None:
    """Functions, bound arguments and callable objects count alike."""
    assert [matches_flavour(each) for each in (nothing, partial(nothing), Callable())] == [True] * 3


def test_a_plain_handler_that_takes_too_long_is_left_to_its_thread() -> None:
    """The caller goes on after the time, whatever the handler waits for."""
    free, ended = threading.Event(), threading.Event()

    def hangs(seconds: int) -> None:
        free.wait(seconds)
        ended.set()

    threads = HandlerThreads()
    with pytest.raises(TimeoutError):
        call_handler(threads, 0.01, hangs, 30)
    assert not ended.is_set()
    free.set()


def test_what_a_handler_raises_reaches_the_caller() -> None:
    """An exception is no timeout."""

    def refuses(word: str) -> None:
        raise ValueError(word)

    with pytest.raises(ValueError, match="no"):
        call_handler(HandlerThreads(), 30, refuses, "no")


def test_another_thread_can_run_a_function_of_this_flavour() -> None:
    """It gets the value; the function runs where it belongs."""
    run = thread_portal()

    def answer() -> int:
        return 42

    assert to_thread(partial(run, answer)) == 42
