"""An async client in more than one event loop: one after another works, two at once are refused before sending."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from amocrm import AsyncFileTokenStore
from amocrm.errors import ConfigurationError
from amocrm_sandbox import SandboxServer

from .echo_server import echo_server
from .scripts import run


def test_a_second_loop_works() -> None:
    """Each ``asyncio.run`` creates one lead, and none of them is created twice."""
    script = """
    import asyncio, gc
    from amocrm import Lead
    warnings.simplefilter("error")
    crm = AsyncAmoCRM("demo", limiter=AsyncMemoryLimiter(fast), **options | {"token": sys.argv[2]})
    async def create(name):
        async with crm.session() as s:
            s.add(Lead(name=name))
    for name in "abc":
        asyncio.run(create(name))
    async def names():
        return sorted([lead.name async for lead in crm.leads.query()])
    print(asyncio.run(names()))
    """
    with SandboxServer(limits=False) as server:
        assert run(script, server.url, server.sandbox.token).strip() == "['a', 'b', 'c']"


def test_waiters_of_a_loop_that_ended_hold_nobody_up() -> None:
    """A loop that was thrown away while tasks waited for the limiter leaves nobody in the queue."""
    script = """
    import asyncio, logging
    logging.disable(logging.CRITICAL)  # tasks that were thrown away
    crm = AsyncAmoCRM("demo", **options)
    loop = asyncio.new_event_loop()
    tasks = [loop.create_task(crm.leads.get(i)) for i in range(1, 12)]
    while crm.stats.requests < 2:
        loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    async def main():
        async with asyncio.timeout(30):
            return (await crm.leads.get(77)).id
    print(asyncio.run(main()), flush=True)
    os._exit(0)
    """
    with echo_server() as url:
        assert run(script, url).split() == ["77"]


def test_two_loops_at_once_are_refused_before_anything_is_sent() -> None:
    """A loop of another thread that still runs keeps the client; the sentence says what to do."""
    script = """
    import asyncio
    crm = AsyncAmoCRM("demo", limiter=AsyncMemoryLimiter(fast), **options)
    ready, done = threading.Event(), threading.Event()
    async def hold():
        await crm.leads.get(1)
        ready.set()
        await asyncio.to_thread(done.wait)
    thread = threading.Thread(target=lambda: asyncio.run(hold()))
    thread.start()
    ready.wait()
    before = crm.stats.requests
    try:
        asyncio.run(crm.leads.get(2))
    except Exception as error:
        print(type(error).__name__, "loop" in str(error), crm.stats.requests - before)
    done.set()
    thread.join()
    print(asyncio.run(crm.leads.get(3)).id)
    """
    with echo_server() as url:
        assert run(script, url).split() == ["ConfigurationError", "True", "0", "3"]


def test_pytest_asyncio_gives_each_test_a_loop(tmp_path: Path) -> None:
    """One client of a module serves tests that pytest-asyncio runs in a loop each."""
    pytest.importorskip("pytest_asyncio")
    (tmp_path / "test_it.py").write_text(
        "import os, pytest\n"
        "from amocrm import AsyncAmoCRM\n"
        "crm = AsyncAmoCRM('demo', token='x' * 40, base_url=os.environ['SERVER'])\n"
        "@pytest.mark.asyncio\n"
        "@pytest.mark.parametrize('key', [1, 2, 3])\n"
        "async def test_read(key):\n"
        "    assert (await crm.leads.get(key)).id == key\n",
        encoding="utf-8",
    )
    with echo_server() as url:
        command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
        command += ["-o", "asyncio_default_fixture_loop_scope=function", str(tmp_path)]
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=100, cwd=tmp_path, env=_environment(url)
        )
    assert "3 passed" in result.stdout, result.stdout


def _environment(url: str) -> dict[str, str]:
    import os

    return {**os.environ, "SERVER": url}


def test_a_process_that_can_start_no_thread_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of a store is read on a thread; without one the error says which limit to raise."""

    def refuse(*_: object, **_named: object) -> int:
        raise RuntimeError("can't start new thread")

    async def main() -> None:
        with monkeypatch.context() as patch:
            own = "_start_new_thread" if hasattr(threading, "_start_new_thread") else "_start_joinable_thread"
            patch.setattr(threading, own, refuse)
            with pytest.raises(ConfigurationError, match="ulimit"):
                await AsyncFileTokenStore(tmp_path).load("demo")

    asyncio.run(main())
