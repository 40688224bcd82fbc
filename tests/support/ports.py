"""Ports of servers that are killed and started again."""

from __future__ import annotations

import random
import socket

__all__ = ["free_port"]


def free_port() -> int:
    """Return a port that no other test is given while its server is away.

    It is below those that systems hand out (from 32768 on Linux, 49152 elsewhere), for connections and for port 0.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
