"""A Redis server of the tests' own, on a free loopback port, that can be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

import pytest

from tests.support.ports import free_port

__all__ = ["Failover", "RedisServer", "needs_redis", "redis_server"]


def needs_redis() -> None:
    """Skips where no redis-server is installed; continuous integration must have one."""
    if shutil.which("redis-server") is None and not os.environ.get("CI"):
        pytest.skip("redis-server is not installed (apt-get install redis-server)")


class RedisServer:
    """Keeps its data in a folder, as a server in earnest does; starts again with what it had.

    Args:
        appendonly: whether it keeps its data, written through before it answers.
    """

    def __init__(self, *, appendonly: bool = True) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="amocrm-redis-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._appendonly = appendonly
        self.port = free_port()

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--save", ""]
        options += [
            "--appendonly",
            "yes" if self._appendonly else "no",
            "--repl-diskless-sync-delay",
            "0",
            "--appendfsync",
            "always" if self._appendonly else "no",
            "--daemonize",
            "no",
            "--loglevel",
            "warning",
        ]
        self._process = subprocess.Popen(
            ["redis-server", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(64).startswith(b"+PONG"):
                        return
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError("redis-server did not start")

    def kill(self) -> None:
        """Ends it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Stop its process during the block; connections stay open and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        yield
        self._process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Kills it and starts it again."""
        self.kill()
        self.start()

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


class Failover:
    """A primary and its replica behind one address, which leads to the primary until ``promote``."""

    def __init__(self) -> None:
        self.primary, self.replica = RedisServer(), RedisServer()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._target = self.primary.port
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def wait_for_copy(self) -> None:
        """Wait until the replica has what was written; WAIT is about the writes of its own connection."""
        with socket.create_connection(("127.0.0.1", self.primary.port), 10) as connection:
            connection.sendall(b"SET copied 1\r\nWAIT 1 9000\r\n")
            answer = b""
            while answer.count(b"\n") < 2:
                answer += connection.recv(64)
        assert answer == b"+OK\r\n:1\r\n", answer

    def detach(self) -> None:
        """Let the replica miss what is written from now on."""
        _command(self.replica, "REPLICAOF", "NO", "ONE")

    def promote(self) -> None:
        """Kill the primary; the address leads to the replica, which takes writes."""
        self.primary.kill()
        self.detach()
        self._target = self.replica.port
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Failover:
        self.primary.start()
        self.replica.start()
        _command(self.replica, "REPLICAOF", "127.0.0.1", str(self.primary.port))
        while b"master_link_status:up" not in _command(self.replica, "INFO", "replication"):
            time.sleep(0.02)
        self.wait_for_copy()  # the first write goes to a replica that has acknowledged something, after a second
        while b"aof_rewrite_in_progress:1" in _command(self.replica, "INFO", "persistence"):
            time.sleep(0.02)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        for each in (*self._open, self.primary, self.replica):
            each.close() if isinstance(each, socket.socket) else each.__exit__(None, None, None)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, far = self._listener.accept()[0], socket.create_connection(("127.0.0.1", self._target))
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def _command(server: RedisServer, *words: str) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
        connection.sendall(" ".join(words).encode() + b"\r\n")
        return connection.recv(65536)


@contextmanager
def redis_server() -> Iterator[str]:
    """Start a Redis server that keeps nothing, and yield its address."""
    with RedisServer(appendonly=False) as server:
        yield server.url
