"""Sockets below the HTTP library: every wait on them is bounded by the whole exchange and can be broken off.

The HTTP library counts each read anew, so a server that sends a byte now and then would hold it for ever, and
it loses connections when it is cancelled. Both are settled one floor below it, where bytes are read.
"""
# GENERATED from src/amocrm/_async/http/network.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import ssl
from collections.abc import Iterable
from functools import partial
from threading import Lock
from typing import Any
from weakref import WeakSet

from amocrm._core.http.exchange import CURRENT, Exchange

from ..._io.sockets import close_copy, shut_down
from .._primitives import interruptible

__all__ = ["Network"]


class Network:
    """Backend of a connection pool that wraps another backend.

    Args:
        backend: opens the sockets.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._streams: WeakSet[_Stream] = WeakSet()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> _Stream:
        """Open a connection."""
        exchange = CURRENT.get()
        call = partial(
            self._backend.connect_tcp,
            host,
            port,
            timeout=timeout if exchange is None else exchange.limit(timeout),
            local_address=local_address,
            socket_options=socket_options,
        )
        stream = call() if exchange is None else interruptible(call, exchange)
        return _Stream(stream, self._streams)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> Any:
        """Open a connection to a socket of this machine."""
        return self._backend.connect_unix_socket(path, timeout=timeout, socket_options=socket_options)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._backend.sleep(seconds)

    def abandon(self) -> None:
        """Close this process's copies of all sockets, without a word to the servers."""
        for stream in list(self._streams):
            close_copy(stream.get_extra_info("socket"))


class _Stream:
    __slots__ = ("__weakref__", "_exchange", "_guard", "_stopped", "_stream", "_streams")

    def __init__(self, stream: Any, streams: WeakSet[_Stream]) -> None:
        self._stream, self._streams = stream, streams
        self._exchange: Exchange | None = None
        self._stopped = False
        self._guard = Lock()
        streams.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = self._stream.read(max_bytes, self._begin(timeout))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        timeout = self._begin(timeout)
        if self._exchange is not None and not self._stopped:
            self._exchange.sent = True
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> _Stream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._begin(timeout))
        return _Stream(stream, self._streams)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self._stopped:
            return True  # to the pool, a connection that has ended
        return self._stream.get_extra_info(info)

    def stop(self, exchange: Exchange) -> None:
        """End what waits here, unless another exchange has the connection by now."""
        with self._guard:
            if self._exchange is exchange:
                self._stopped = True
                shut_down(self.get_extra_info("socket"))

    def _begin(self, timeout: float | None) -> float | None:
        """Note whose read or write begins, and return how long it may take."""
        exchange = CURRENT.get()
        with self._guard:
            self._exchange = exchange
        if exchange is None:
            return timeout
        exchange.use(self)
        return exchange.limit(timeout)
