"""The sandbox over HTTP/1.1 and TLS, in the foreground or in a thread."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from ..app import Sandbox
from ..control.origin_check import is_loopback
from .certificate import Certificate
from .client_connection import Connection, Pool

__all__ = ["ExposedWarning", "SandboxServer", "exposure", "serve"]

MOST_CONNECTIONS = 1000
_SWEEP = 5.0


def _room() -> int:
    """Return how many connections are taken at once, with room left for files within the limit of this process."""
    try:
        import resource
    except ImportError:
        return MOST_CONNECTIONS
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST_CONNECTIONS if soft < 0 else max(16, min(MOST_CONNECTIONS, soft - 64))


class ExposedWarning(UserWarning):
    """The sandbox listens on an address that other machines reach."""


def exposure(host: str) -> str:
    """Return the sentence that warns of an address beyond this machine."""
    return (
        f"{host} is not of this machine only: everyone who reaches the port can read and change everything below "
        "/_sandbox/ without a token; listen on 127.0.0.1 unless that is meant"
    )


def _literal(host: str) -> str:
    """Return a host as it stands in an address."""
    return f"[{host}]" if ":" in host else host


async def _sweep(pool: Pool) -> None:
    while True:
        await asyncio.sleep(_SWEEP)
        pool.sweep()


async def serve(
    sandbox: Sandbox,
    stop: asyncio.Event,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Any = None,
    certificate: Certificate | None = None,
    tls_port: int = 0,
) -> None:
    """Serve a sandbox until an event is set; its webhooks are posted meanwhile.

    Args:
        sandbox: The account to serve.
        stop: Ends the server; open connections are closed.
        host: Address to listen on.
        port: Port, 0 for a free one.
        ready: Called with both ports once connections are taken; the second is None without a certificate.
        certificate: Makes the sandbox listen with TLS as well, on a port of its own, and turns the plain port into a
            proxy that leads the vendor's names (`https://demo.amocrm.ru`) here.
        tls_port: Port of TLS, 0 for a free one.
    """
    sandbox.control_hosts.add(host.lower())
    pool = Pool(_room())
    loop = asyncio.get_running_loop()
    context = certificate.context() if certificate else None
    plain = await loop.create_server(lambda: Connection(sandbox, pool, context), host, port, backlog=512)
    servers = [plain]
    sweeper = loop.create_task(_sweep(pool))
    sandbox.webhooks.start()
    try:
        if context is not None:
            servers.append(
                await loop.create_server(
                    lambda: Connection(sandbox, pool, context, "https"),
                    host,
                    tls_port,
                    ssl=context,
                    ssl_handshake_timeout=10,
                    backlog=512,
                )
            )
        if ready is not None:
            ports = [server.sockets[0].getsockname()[1] for server in servers]
            ready(ports[0], ports[1] if context is not None else None)
        await stop.wait()
    finally:
        await asyncio.to_thread(sandbox.webhooks.stop)
        for server in servers:
            server.close()
        sweeper.cancel()
        pool.close()


class SandboxServer:
    """A sandbox over real sockets, in a thread of its own.

    Args:
        sandbox: The account to serve; None makes one from the options.
        host: Address to listen on.
        port: Port, 0 for a free one.
        certificate: Serves the account with TLS as well (see `serve`): at `tls_url`, and under the vendor's names for
            clients that take `url` for their HTTPS proxy.
        allowed_hosts: Names by which other machines may use `/_sandbox/`, for example that of a container.
        **options: Arguments of `Sandbox`.

    Warns:
        ExposedWarning: The address is not of this machine only, so others can use `/_sandbox/`.

    Example:
        >>> with SandboxServer(limits=False) as server:
        ...     print(server.url.startswith("http://127.0.0.1:"))
        True
    """

    def __init__(
        self,
        sandbox: Sandbox | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: Certificate | None = None,
        allowed_hosts: Iterable[str] = (),
        **options: Any,
    ) -> None:
        if not is_loopback(host):
            warnings.warn(exposure(host), ExposedWarning, stacklevel=2)
        self.sandbox = sandbox or Sandbox(**options)
        self.sandbox.control_hosts.update(name.lower() for name in allowed_hosts)
        self._owns = sandbox is None
        self._host, self._asked_port = host, port
        self.certificate = certificate
        self.port = 0
        self.tls_port: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """Address of the account, without a trailing slash."""
        return f"http://{_literal(self._host)}:{self.port}"

    @property
    def tls_url(self) -> str | None:
        """Address of the account with TLS, or None when there is no certificate."""
        return f"https://{_literal(self._host)}:{self.tls_port}" if self.tls_port else None

    def start(self) -> SandboxServer:
        """Start the thread and wait until connections are taken.

        Raises:
            OSError: The port is taken.
        """
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="amocrm-sandbox", daemon=True)
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            if self._owns:
                self.sandbox.close()
            raise self._failure
        return self

    def stop(self) -> None:
        """Stop the server; a sandbox that was made here is closed."""
        if self._loop is not None and self._stop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._loop = None
        if self._owns:
            self.sandbox.close()

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, ready: threading.Event) -> None:
        async def main() -> None:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()

            def opened(port: int, tls_port: int | None) -> None:
                self.port, self.tls_port = port, tls_port
                ready.set()

            await serve(self.sandbox, self._stop, self._host, self._asked_port, opened, self.certificate)

        try:
            asyncio.run(main())
        except BaseException as error:
            self._failure = error
        finally:
            ready.set()
