"""A keep-alive server that answers ``/api/v4/leads/N`` with lead N, whatever connection it is asked on.

``python -m tests.deployment.echo_server`` prints its port and serves until it is killed.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["echo_server"]

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def echo_server() -> Iterator[str]:
    """The server in a process of its own; yields its address."""
    command = [sys.executable, "-m", "tests.deployment.echo_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def _serve(connection: socket.socket) -> None:
    lines = connection.makefile("rb")
    with connection, lines:
        while line := lines.readline():
            path = line.split()[1].decode().partition("?")[0]
            while lines.readline() not in (b"\r\n", b""):
                pass
            time.sleep(0.005)
            key = int(path.rpartition("/")[2])
            body = json.dumps({"id": key, "name": f"lead {key}"}).encode()
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(
                body
            )
            try:
                connection.sendall(head + body)
            except OSError:
                return


def _main() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    _main()
