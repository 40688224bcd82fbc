"""Shutdown of sockets that another thread waits on, and closing of those that a fork copied."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Any

__all__ = ["close_copy", "shut_down"]


def shut_down(sock: Any) -> None:
    """End every wait on a socket, from any thread; the descriptor stays open for its owner to close.

    Args:
        sock: a socket, also one of an event loop, also under TLS.
    """
    with suppress(OSError, ValueError):
        if isinstance(sock, socket.socket):
            # Not the method of a TLS socket: it removes the TLS layer that the waiting thread uses.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
            return
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except (AttributeError, TypeError, NotImplementedError):
            with socket.socket(fileno=os.dup(sock.fileno())) as copy:  # event loops that hide theirs
                copy.shutdown(socket.SHUT_RDWR)


def close_copy(sock: Any) -> None:
    """Close this process's descriptor of a socket that another process uses; the connection stays open."""
    with suppress(OSError, ValueError):
        getattr(sock, "_sock", sock).close()
