"""Pool of connections of one client: opened at the first request, anew in another process or event loop."""
# GENERATED from src/amocrm/_async/http/connections.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import os
import ssl
import warnings
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from amocrm._core.processes import ForkSafeLock, reset_after_fork
from amocrm.errors import ConfigurationError

from ..._io.http_library import httpx
from .._home import HomeEnd, current_home, is_home_running
from .._primitives import Slots
from .network import Network

__all__ = ["Connections", "Pool"]

_SIZE = 100
#: Seconds. Many servers close a connection after five: a creation that meets that moment has an unknown outcome.
_IDLE = 4.0
_LIMITS = httpx.Limits(max_connections=_SIZE, max_keepalive_connections=50, keepalive_expiry=_IDLE)


@dataclass(slots=True, eq=False)
class Pool:
    """Connections of one scheme, and how many requests are under way in them."""

    http: httpx.HTTPTransport
    network: Network
    end: HomeEnd
    users: int = 0


#: Pools of a parent process. They are kept, since closing them would touch the parent's event loop.
_abandoned: list[Pool] = []


class Connections:
    """Our own connections, one pool for each scheme.

    Args:
        proxy: address of a proxy; ``None`` takes the usual environment variables.
        verify: TLS settings for private certificate authorities.

    Attributes:
        slots: places for requests; as many as a pool has connections.
    """

    def __init__(self, proxy: str | None, verify: ssl.SSLContext | None) -> None:
        self._proxy, self._verify = proxy, verify
        self._pools: dict[str, Pool] = {}
        self._retired: list[Pool] = []
        self._home: object = None
        self.slots = Slots(_SIZE)
        self._guard = ForkSafeLock()
        reset_after_fork(self)

    def prepare(self, url: str) -> None:
        """Make the pool for an address, if there is none in this process and event loop.

        Raises:
            ConfigurationError: the proxy or the certificates cannot be used, or another event loop that runs
                in another thread uses this client.
        """
        with self._guard:  # two threads may come at once
            self._pool(url)

    def take(self, url: str) -> Pool:
        """Return the pool for a request to an address, as ``prepare`` makes it; it has to be given back."""
        with self._guard:
            pool = self._pool(url)
            pool.users += 1
            return pool

    def give_back(self, pool: Pool) -> None:
        """Note that a request has ended; a retired pool is closed with its last one."""
        with self._guard:
            pool.users -= 1
            is_over = pool.users <= 0 and pool in self._retired
            if is_over:
                self._retired.remove(pool)
        if is_over:
            pool.end.close()

    def retire(self, pool: Pool) -> None:
        """Use a pool no more that may have lost connections; requests that are under way in it end there."""
        with self._guard:
            for scheme, open_pool in list(self._pools.items()):
                if open_pool is pool:
                    self._retired.append(self._pools.pop(scheme))

    def close(self) -> None:
        """Close all connections."""
        with self._guard:
            pools = self._taken() if self._home is current_home() else []
        for pool in pools:
            pool.end.close()

    def after_fork(self) -> None:
        """Leave the connections to the parent: the answers of both would get mixed up on them."""
        self._home = None
        for pool in self._taken():
            pool.network.abandon()
            _abandoned.append(pool)
        self.slots = Slots(_SIZE)

    def _pool(self, url: str) -> Pool:
        scheme = url.partition(":")[0]
        if self._home is not current_home():
            self._move_in()
        if scheme not in self._pools:
            self._pools[scheme] = self._open(url)
        return self._pools[scheme]

    def _move_in(self) -> None:
        if self._home is not None and is_home_running(self._home):
            raise ConfigurationError(
                "a client must be used in one event loop at a time, got a second loop in another thread; create a client "
                "in each loop (nothing was sent)"
            )
        with warnings.catch_warnings():
            # The loop that could have closed these connections has ended; they are closed with their objects.
            warnings.simplefilter("ignore", ResourceWarning)
            self._taken()
        self.slots = Slots(_SIZE)
        self._home = current_home()

    def _taken(self) -> list[Pool]:
        pools = [*self._pools.values(), *self._retired]
        self._pools, self._retired = {}, []
        return pools

    def _open(self, url: str) -> Pool:
        proxy = self._proxy or _environment_proxy(url)
        # Loading the certificates of an authority costs more than a request; plain HTTP has no use for them.
        plain = url.startswith("http:") and not (proxy or "").startswith("https:")
        verify: ssl.SSLContext | bool = not plain if self._verify is None else self._verify
        try:
            if verify is True and (authorities := os.environ.get("SSL_CERT_FILE")):
                os.stat(authorities)  # httpx 0.27 passes over a file that is missing
            pool = httpx.HTTPTransport(verify=verify, limits=_LIMITS, proxy=proxy)
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            # Not its own words: the address of a proxy may hold a password.
            raise ConfigurationError(
                "proxy, or HTTPS_PROXY or ALL_PROXY in the environment, must be an address that the HTTP library can "
                f"use, got another ({type(error).__name__}); write 'http://user:password@host:3128' ('socks5://…' "
                "needs pip install 'httpx[socks]')"
            ) from None
        except OSError as error:
            raise ConfigurationError(
                f"the certificates of the authorities cannot be read ({error.strerror or type(error).__name__}); "
                "check SSL_CERT_FILE and SSL_CERT_DIR, or pass verify=ssl.create_default_context(cafile=…)"
            ) from None
        # Neither library has a public way to hand in a backend together with proxies and TLS.
        inner: Any = pool._pool
        network = inner._network_backend = Network(inner._network_backend)
        # Threads: a signal that strikes within the lock's method of Python would leave it taken for ever.
        inner._optional_thread_lock = getattr(
            inner._optional_thread_lock, "_lock", inner._optional_thread_lock
        )
        return Pool(pool, network, HomeEnd(pool.close))


def _environment_proxy(url: str) -> str | None:
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass  # slow to import and rarely needed

    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127.") or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
