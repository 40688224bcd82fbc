"""What only a worker of coroutines meets: cancellation, timeouts, threads that are all taken."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from amocrm import AsyncWebhookReceiver, WebhookReceiver
from amocrm._io.handler_threads import HandlerHangs
from amocrm.webhooks import Delivery, LeadAdded
from amocrm.webhooks._receiving.handler_registry import Failure
from amocrm.webhooks._receiving.inbox_entry import Backoff

BODY = b"leads[add][0][id]=%d&leads[add][0][updated_at]=1700000000"


def test_a_handler_that_was_cancelled_from_within_is_a_failure() -> None:
    """A cancelled task of the handler's own does not end the worker, nor count as done."""
    failures: list[Failure] = []
    seen: list[int] = []

    async def run() -> None:
        receiver = AsyncWebhookReceiver(secret=None, inbox=":memory:", on_failure=failures.append)

        @receiver.on(LeadAdded, lead=1)
        async def cancelled(event: LeadAdded) -> None:
            task = asyncio.ensure_future(asyncio.sleep(60))
            task.cancel()
            await task

        @receiver.on(LeadAdded, lead=2)
        async def fine(event: LeadAdded) -> None:
            seen.append(event.lead_id)

        async with receiver.running():
            await receiver.accept(Delivery(body=BODY % 1))
            await receiver.accept(Delivery(body=BODY % 2))
            while not seen:
                await asyncio.sleep(0.01)
        assert await receiver.inbox.counts() == {"ready": 1, "dead": 0, "done": 1}

    asyncio.run(asyncio.wait_for(run(), 30))

    assert [type(failure.error) for failure in failures] == [asyncio.CancelledError]


def test_a_worker_that_is_cancelled_ends_and_loses_nothing(tmp_path: Path) -> None:
    """Its handler is cancelled with it; the delivery comes back when the lease is over."""
    attempts: list[int] = []

    async def run() -> None:
        receiver = AsyncWebhookReceiver(
            secret=None, inbox=tmp_path / "hooks.sqlite3", lease=0.2, poll_interval=0.01
        )

        @receiver.on(LeadAdded)
        async def handler(event: LeadAdded, context: object) -> None:
            attempts.append(context.attempt)  # type: ignore[attr-defined]
            if len(attempts) == 1:
                await asyncio.sleep(600)

        await receiver.accept(Delivery(body=BODY % 1))
        worker = asyncio.ensure_future(receiver.run())
        while not attempts:
            await asyncio.sleep(0.01)
        worker.cancel()
        await asyncio.wait([worker])
        assert worker.cancelled()
        async with receiver.running():
            while len(attempts) < 2:
                await asyncio.sleep(0.01)
        await receiver.close()

    asyncio.run(asyncio.wait_for(run(), 30))

    assert attempts == [1, 2]


def test_a_handler_that_takes_too_long_is_broken_off() -> None:
    """With a timeout a hanging handler fails and is tried again; the worker goes on."""
    failures: list[Failure] = []
    seen: list[int] = []

    async def run() -> None:
        receiver = AsyncWebhookReceiver(
            secret=None, inbox=":memory:", timeout=0.05, on_failure=failures.append
        )

        @receiver.on(LeadAdded)
        async def handler(event: LeadAdded) -> None:
            if event.lead_id == 1:
                await asyncio.sleep(600)
            seen.append(event.lead_id)

        async with receiver.running():
            await receiver.accept(Delivery(body=BODY % 1))
            await receiver.accept(Delivery(body=BODY % 2))
            while not seen:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(run(), 30))

    assert seen == [2]
    assert [type(failure.error) for failure in failures] == [TimeoutError]


@pytest.mark.slow
def test_plain_handlers_that_hang_take_one_thread_each_and_none_of_the_loop() -> None:
    """A plain handler that hangs is given up, is not called again meanwhile, and starves nobody."""
    failures: list[Failure] = []
    calls: list[int] = []
    seen: list[int] = []
    leave = threading.Event()

    async def run() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        receiver = AsyncWebhookReceiver(
            secret=None,
            inbox=":memory:",
            timeout=0.05,
            concurrency=2,
            backoff=Backoff(base_delay=0.05, max_delay=0.1, attempts=1000),
            on_failure=failures.append,
        )

        @receiver.on(LeadAdded, name="hangs")
        def hangs(event: LeadAdded) -> None:
            calls.append(event.lead_id)
            leave.wait(60)

        @receiver.on(LeadAdded, name="works")
        def works(event: LeadAdded) -> None:
            seen.append(event.lead_id)

        async with receiver.running():
            for number in range(1, 21):
                await receiver.accept(Delivery(body=BODY % number))
            while len(seen) < 20:
                await asyncio.sleep(0.01)
            assert len(calls) <= 2
            assert await asyncio.get_running_loop().getaddrinfo("localhost", 80)
            leave.set()
            while len(set(calls)) < 20:
                await asyncio.sleep(0.01)
        await receiver.close()

    try:
        asyncio.run(asyncio.wait_for(run(), 60))
    finally:
        leave.set()

    assert sorted(seen) == list(range(1, 21))
    assert {type(failure.error) for failure in failures} == {TimeoutError, HandlerHangs}


def test_a_sync_handler_that_hangs_is_given_up() -> None:
    """With a timeout a plain worker goes on to other deliveries while one of its handlers hangs."""
    leave, seen = threading.Event(), []
    failures: list[Failure] = []
    receiver = WebhookReceiver(secret=None, inbox=":memory:", timeout=0.05, on_failure=failures.append)

    @receiver.on(LeadAdded)
    def handler(event: LeadAdded) -> None:
        if event.lead_id == 1:
            leave.wait(60)
        seen.append(event.lead_id)

    try:
        for number in (1, 2):
            receiver.accept(Delivery(body=BODY % number))
        assert receiver.work() == 1
        assert receiver.work() == 1
        assert [type(failure.error) for failure in failures] == [TimeoutError, HandlerHangs]
    finally:
        leave.set()
        receiver.close()


@pytest.mark.slow
def test_handlers_that_take_every_thread_keep_no_delivery_waiting(tmp_path: Path) -> None:
    """Plain functions may wait on all threads of the program; acceptance has one of its own."""
    leave = threading.Event()

    async def run() -> list[int]:
        receiver = AsyncWebhookReceiver(secret=None, inbox=tmp_path / "hooks.sqlite3", concurrency=100)
        inside = []

        @receiver.on(LeadAdded)
        def handler(event: LeadAdded) -> None:
            inside.append(event.lead_id)
            leave.wait()

        answers = []
        async with receiver.running():
            for number in range(60):
                answers.append((await receiver.accept(Delivery(body=BODY % (number + 1)))).status)
            while len(inside) < 5:
                await asyncio.sleep(0.01)
            answers.append((await receiver.accept(Delivery(body=BODY % 99))).status)
            leave.set()
        await receiver.close()
        return answers

    try:
        assert asyncio.run(asyncio.wait_for(run(), 60)) == [200] * 61
    finally:
        leave.set()
