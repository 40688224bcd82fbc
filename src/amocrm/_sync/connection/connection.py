"""Base of the client: sends requests of one account with its token, within its limits."""
# GENERATED from src/amocrm/_async/connection/connection.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from amocrm._core.arguments import checked
from amocrm._core.auth.environment import credentials
from amocrm._core.auth.token import integration_of
from amocrm._core.conflicting_packages import installed_conflicts
from amocrm._core.http.hosts import Hosts, LimitKey, limit_key, parse_account
from amocrm._core.http.options import Options, Stats, Timeout
from amocrm._core.http.retry import RetryPolicy
from amocrm._core.limits.limiter import RateLimits
from amocrm._core.validation import check_count
from amocrm.errors import ConfigurationError
from amocrm_gen._runtime.drift import Drift, DriftWarning
from amocrm_gen._runtime.wire import Request, Response

from .._primitives import Clock, Result, to_thread
from ..auth.token_source import FixedTokens, ProvidedTokens, Tokens
from ..http.sender import Sender
from ..http.transport import BaseTransport, Transport
from ..limits.memory import Limiter, MemoryLimiter
from .client_arguments import check_collaborators, check_credentials, checked_hooks
from .executor import Executor

# OAuth and the chats bring modules along that a client with a long-lived token never needs.
if TYPE_CHECKING:
    import ssl

    from amocrm._core.auth.login_redirect import Redirect
    from amocrm._core.auth.token import OAuth
    from amocrm._core.events import ClientEvent
    from amocrm._core.http.chat_signing import ChannelSecret
    from amocrm_gen.bound import Api

    from ..auth.token_stores import TokenStore

__all__ = ["Connection"]

_KEEP: Any = object()


@checked(own=("__init__",))
class Connection:
    """Sends requests of one account and one integration; ``AmoCRM`` describes its arguments."""

    def __init__(
        self,
        account: str | None = None,
        *,
        token: str | Callable[[], Result[str]] | None = None,
        oauth: OAuth | None = None,
        store: TokenStore | None = None,
        limiter: Limiter | None = None,
        retry: RetryPolicy | None = None,
        timeout: float | Timeout | None = None,
        base_url: str | None = None,
        chats: ChannelSecret | None = None,
        http_transport: BaseTransport | None = None,
        proxy: str | None = None,
        verify: ssl.SSLContext | None = None,
        unverified_tls: bool = False,
        event_hooks: Iterable[Callable[[ClientEvent], None]] | None = None,
        max_prefetch: int | None = None,
        user_agent: str | None = None,
        max_response_bytes: int = 64 * 1024 * 1024,
        rate_limit_key: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        account, token = credentials(account, token, has_oauth=oauth is not None, environment=os.environ)
        hosts = parse_account(account, base_url)
        check_credentials(token, oauth, store)
        check_collaborators(
            limiter,
            retry,
            verify,
            proxy,
            max_response_bytes,
            unverified_tls=unverified_tls,
            http_transport=http_transport,
        )
        if max_prefetch is not None:
            check_count(minimum=0, max_prefetch=max_prefetch)
        _check_neighbours()
        clock = clock or Clock()
        self.max_prefetch = max_prefetch
        self._options = Options(timeout=Timeout.of(timeout), retry=retry or RetryPolicy())
        self._sender = Sender(
            hosts,
            _key(hosts, token, oauth, rate_limit_key),
            transport=Transport(
                http_transport, proxy=proxy, verify=verify, max_bytes=max_response_bytes, now=clock.monotonic
            ),
            limiter=limiter or MemoryLimiter(RateLimits(), clock=clock),
            clock=clock,
            stats=Stats(),
            user_agent=_agent(user_agent),
            event_hooks=checked_hooks(event_hooks),
            chats=chats,
        )
        self._tokens = self._make_tokens(token, oauth, store)
        self._executor = Executor(self._sender, self._tokens)
        self._drifts: set[tuple[str, str, str]] = set()
        self._opened()

    def _opened(self) -> None:
        """Finish the construction of a derived class, which has no constructor (and signature) of its own."""

    def send(self, request: Request, /) -> Response:
        """Send a request with the token, within the limits, as often as the retry policy allows.

        Returns:
            The answer, also one with an error status.

        Raises:
            NotSentError: it never left. UnansweredError: whether it took effect is unknown.
            CircuitOpen: it was held back because the API is blocked.
            TokenError: there is no token to send with.
        """
        response = self._executor.send(request, self._options)
        response.report = self._report
        return response

    def authorize(self, grant: str | Redirect) -> None:
        """Exchange the code of a login for the first tokens and store them (OAuth only).

        Args:
            grant: the code from the redirect to ``redirect_uri``, good for 20 minutes, once; or the whole
                redirect as ``read_redirect(address, state)`` has checked it.

        Raises:
            GrantRevoked: the code is over, was used, or belongs to another account.
            ConfigurationError: the client has no ``oauth``, its keys are refused, or the redirect names
                another account than this client.
        """
        from ..auth.refreshing_tokens import OAuthTokens

        if not isinstance(self._tokens, OAuthTokens):
            raise ConfigurationError(
                "authorize() must be called on a client with oauth=, got one with a token; write AmoCRM('mycompany', oauth=OAuth(...))"
            )
        if not isinstance(grant, str):
            if grant.account != self.account_host:
                raise ConfigurationError(
                    f"the grant must be of {self.account_host}, the account of the client, got one of {grant.account}; make a client for that account"
                )
            grant = grant.code
        self._tokens.authorize(grant)

    def login(self, *, timeout: float = 300.0, show: Callable[[str], object] | None = None) -> None:
        """Log in for the first time on a developer's machine: open the consent page and wait for its redirect.

        ``redirect_uri`` of the integration must name this machine, such as ``http://127.0.0.1:8765/cb``;
        a small server listens there until the redirect has come. ``state`` is made here and checked. On a
        server use ``OAuth.authorize_url``, ``read_redirect`` and ``authorize`` instead.

        Args:
            timeout: seconds to wait for the user.
            show: is given the address of the consent page; opens the browser without it.

        Raises:
            LoginRefused: the user refused, or did not come in time.
            ConfigurationError: ``redirect_uri`` is not of this machine, or is taken.
        """
        from ..auth.refreshing_tokens import OAuthTokens

        if not isinstance(self._tokens, OAuthTokens):
            raise ConfigurationError(
                "login() must be called on a client with oauth=, got one with a token; write AmoCRM('mycompany', oauth=OAuth(...))"
            )
        from ..._io.login_server import wait_for_redirect  # brings a server along, which nothing else needs

        platform = self._sender.hosts.family.domain
        redirect = to_thread(wait_for_redirect, self._tokens.oauth, platform, timeout, show)
        self.authorize(redirect)

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = _KEEP,
        retry: RetryPolicy = _KEEP,
        context_user: int | None = _KEEP,
    ) -> Self:
        """Return a copy that shares everything but the options given here.

        Args:
            timeout: seconds to wait for a byte of an answer, or a ``Timeout``.
            retry: how often and how long to try.
            context_user: id of the user with whose rights the calls run.

        Example:
            >>> crm.with_options(timeout=120).api.leads.list()  # doctest: +SKIP
        """
        old, other = self._options, object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._options = Options(
            timeout=old.timeout if timeout is _KEEP else Timeout.of(timeout),
            retry=old.retry if retry is _KEEP else retry,
            context_user=old.context_user if context_user is _KEEP else context_user,
        )
        return other

    @property
    def api(self) -> Api:
        """Every operation of the API by area and name: ``api.leads.list(limit=250)``."""
        from amocrm_gen.bound import Api

        return Api(self)

    @property
    def account_host(self) -> str:
        """Host of the account, such as ``mycompany.amocrm.ru``."""
        return self._sender.hosts.name

    @property
    def is_local(self) -> bool:
        """Whether requests go to a server on this machine (``base_url``)."""
        return self._sender.hosts.is_local

    @property
    def key(self) -> LimitKey:
        """The limits that requests of this client count against."""
        return self._sender.key

    @property
    def stats(self) -> Stats:
        """What this client and its copies have done so far."""
        return self._sender.stats

    def close(self) -> None:
        """Close the connections; those of a transport that was passed in stay open."""
        self._sender.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds connections and cannot be copied or sent to another process; make one "
            "there, or use with_options() for a copy in this one"
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.account_host!r})"

    def _make_tokens(
        self,
        token: str | Callable[[], Result[str]] | None,
        oauth: OAuth | None,
        store: TokenStore | None,
    ) -> Tokens:
        sender, wall = self._sender, self._sender.clock.wall
        if oauth is not None:
            from ..auth.refreshing_tokens import OAuthTokens
            from ..auth.token_stores import MemoryTokenStore

            return OAuthTokens(oauth, store or MemoryTokenStore(), sender, self._options)
        if isinstance(token, str):
            return FixedTokens(token, sender.hosts.name, wall)
        assert token is not None
        return ProvidedTokens(token, sender.hosts.name, wall)

    def _report(self, drift: Drift) -> None:
        if drift.key in self._drifts:
            return
        self._drifts.add(drift.key)
        warnings.warn(str(drift), DriftWarning, stacklevel=2)
        if self._sender.event_hooks:
            from amocrm._core.events import DriftSeen

            self._sender.emit(DriftSeen(account=self.account_host, drift=drift))


def _check_neighbours() -> None:
    for name in installed_conflicts():
        warnings.warn(
            f"the distribution {name!r} installs a package 'amocrm' too: its files and ours overwrite each other. "
            f"Uninstall both and install this one again: pip uninstall {name} amocrm-orm",
            stacklevel=3,
        )


def _key(hosts: Hosts, token: object, oauth: OAuth | None, rate_limit_key: str | None) -> LimitKey:
    if rate_limit_key is not None:
        return LimitKey(rate_limit_key, hosts.name)
    if oauth is not None:
        return limit_key(hosts, oauth.client_id)
    return limit_key(hosts, integration_of(token) if isinstance(token, str) else "provided")


def _agent(user_agent: str | None) -> str:
    if user_agent is not None and not (user_agent.isascii() and user_agent.isprintable()):
        raise ConfigurationError(
            "user_agent must consist of printable ASCII characters, got others; write 'my-app/1.0'"
        )
    own = f"amocrm-orm (Python {sys.version_info.major}.{sys.version_info.minor})"
    return f"{user_agent} {own}" if user_agent else own
