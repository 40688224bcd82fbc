"""A client that was made before a fork: the child starts anew and shares nothing but the settings."""

from __future__ import annotations

import json
import os

import pytest

from amocrm_sandbox import SandboxServer

from .echo_server import echo_server
from .scripts import run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def test_a_child_reads_its_own_answers() -> None:
    """Four children and their parent read 40 leads each over what was one connection: each gets its own."""
    script = """
    crm.leads.get(1)
    pipes = []
    def read(base):
        return [crm.leads.get(base + i).id == base + i for i in range(40)]
    warnings.simplefilter("ignore")
    for child in range(1, 5):
        out, into = os.pipe()
        if os.fork() == 0:
            os.write(into, json.dumps(read(1000 * child)).encode())
            os._exit(0)
        os.close(into)
        pipes.append(out)
    answers = read(9000)
    for out in pipes:
        answers += json.loads(os.read(out, 9999))
        os.wait()
    print(json.dumps(answers))
    """
    with echo_server() as url:
        assert json.loads(run(script, url)) == [True] * 200


def test_the_connections_of_the_parent_stay_open() -> None:
    """A child that uses, closes and drops its copy of the client costs the parent no connection."""
    script = """
    from amocrm._io.http_library import httpx
    opened = []
    import socket
    create = socket.create_connection
    socket.create_connection = lambda *a, **k: opened.append(os.getpid()) or create(*a, **k)
    crm.leads.get(1)
    if os.fork() == 0:
        warnings.simplefilter("ignore")
        crm.leads.get(2)
        crm.close()
        sys.exit(0)
    os.wait()
    assert crm.leads.get(3).id == 3
    print(len(opened))
    """
    with echo_server() as url:
        assert run(script, url).split() == ["1"]


def test_a_child_does_not_wait_for_those_who_wait_in_the_parent() -> None:
    """Six threads wait for the limiter while the process forks: the child gets its turn."""
    script = """
    crm = AmoCRM("demo", **options | {"token": sys.argv[2]})
    threads = [threading.Thread(target=lambda: [crm.api.account.get() for _ in range(3)]) for _ in range(6)]
    [thread.start() for thread in threads]
    while crm.stats.waits < 1:
        time.sleep(0.01)
    pid = os.fork()
    if pid == 0:
        warnings.simplefilter("ignore")
        signal.alarm(20)
        crm.api.account.get()
        os._exit(0)
    print(os.waitpid(pid, 0)[1])
    [thread.join() for thread in threads]
    """
    with SandboxServer(limits=False) as server:
        assert run(script, server.url, server.sandbox.token).split() == ["0"]


def test_a_split_limit_is_warned_about_once() -> None:
    """The first request of a child names the limiters that processes can share; the parent hears nothing."""
    script = """
    def heard():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            crm.leads.get(1), crm.leads.get(2)
        return [(w.category.__name__, "FileLimiter" in str(w.message) and "RedisLimiter" in str(w.message))
                for w in caught]
    assert heard() == []
    if os.fork() == 0:
        print(heard(), flush=True)
        os._exit(0)
    os.wait()
    assert heard() == []
    """
    with echo_server() as url:
        assert run(script, url).strip() == "[('SplitLimitWarning', True)]"


def test_locks_held_elsewhere_are_free_in_a_child() -> None:
    """A thread of the parent that holds each lock of the client while it forks does not stop the child."""
    script = """
    from amocrm._core.processes import ForkSafeLock
    import gc
    locks = [one for one in gc.get_objects() if isinstance(one, ForkSafeLock)]
    held, go = threading.Event(), threading.Event()
    def hold():
        for lock in locks:
            lock.__enter__()
        held.set()
        go.wait()
        for lock in locks:
            lock.__exit__(None, None, None)
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    pid = os.fork()
    if pid == 0:
        warnings.simplefilter("ignore")
        signal.alarm(20)
        crm.leads.get(1)
        os._exit(0)
    print(len(locks) > 2, os.waitpid(pid, 0)[1])
    go.set()
    thread.join()
    """
    with echo_server() as url:
        assert run(script, url).split() == ["True", "0"]


def test_an_async_client_starts_anew_in_a_child() -> None:
    """A child forked from inside a running event loop uses a loop of its own; the parent's goes on."""
    script = """
    import asyncio
    crm = AsyncAmoCRM("demo", limiter=AsyncMemoryLimiter(fast), **options)
    async def read(base):
        return [(await crm.leads.get(base + i)).id == base + i for i in range(20)]
    async def main():
        right = await read(100)
        pid = os.fork()
        if pid == 0:
            warnings.simplefilter("ignore")
            asyncio.events._set_running_loop(None)
            os._exit(0 if all(asyncio.new_event_loop().run_until_complete(read(900))) else 1)
        right += await read(500)
        return all(right), os.waitpid(pid, 0)[1]
    print(asyncio.run(main()))
    """
    with echo_server() as url:
        assert run(script, url).strip() == "(True, 0)"


def test_a_session_that_crossed_a_fork_is_not_committed_twice() -> None:
    """Parent and child have the same changes: the child is refused before a request, the parent commits."""
    script = """
    from amocrm import AmoCRM, Lead
    crm = AmoCRM("demo", token=sys.argv[2], base_url=sys.argv[1])
    session = crm.session()
    session.add(Lead(name="once"))
    out, into = os.pipe()
    if os.fork() == 0:
        warnings.simplefilter("ignore")
        try:
            session.commit()
        except RuntimeError as error:
            os.write(into, str(error).encode())
        os._exit(0)
    os.close(into)
    refusal = os.read(out, 9999).decode()
    os.wait()
    session.commit()
    print(json.dumps(["open a session in each process" in refusal, len(crm.leads.all())]))
    """
    with SandboxServer(limits=False) as server:
        assert json.loads(run(script, server.url, server.sandbox.token)) == [True, 1]
