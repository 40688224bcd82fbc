"""Validate constructor arguments of a client early, with a message that says what to pass instead."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from amocrm._core.auth.token import OAuth
from amocrm._core.http.retry import RetryPolicy
from amocrm._core.validation import check_count
from amocrm.errors import ConfigurationError

from .._handlers import matches_flavour

__all__ = ["check_credentials", "check_collaborators", "checked_hooks"]


def check_credentials(token: object, oauth: object, store: object) -> None:
    """Check that there is a token, or an integration with or without a store.

    Raises:
        ConfigurationError: names what is wrong and what to write.
    """
    if (token is None) == (oauth is None):
        raise ConfigurationError(
            "the client must have either token= or oauth=, got "
            + ("none" if token is None else "both")
            + "; write token='…' or oauth=OAuth(...)"
        )
    if oauth is None and store is not None:
        raise ConfigurationError(
            "store must come with oauth=, got a token; leave store out, since a token that never changes needs none"
        )
    if oauth is not None and not isinstance(oauth, OAuth):
        raise ConfigurationError(
            f"oauth must be an OAuth, got {_kind(oauth)}; write OAuth(client_id, client_secret, redirect_uri)"
        )
    if isinstance(token, str):
        if not token.strip() or not token.isascii() or not token.isprintable():
            got = "one with other characters" if token.strip() else "an empty text"
            raise ConfigurationError(
                f"token must be a text of printable ASCII characters, got {got}; copy the token again"
            )
        if token != token.strip() or token.lower().startswith("bearer "):
            raise ConfigurationError(
                "token must be the token alone, got a text with blanks around it or 'Bearer ' before it; remove them"
            )
    elif token is not None and not callable(token):
        raise ConfigurationError(
            f"token must be a text or a function that returns one, got {_kind(token)}; write token='…'"
        )
    if store is not None:
        _check_methods(
            "store", store, ("load", "save", "lock"), "AsyncFileTokenStore('/var/lib/myapp/amocrm')"
        )


def check_collaborators(
    limiter: object,
    retry: object,
    verify: object,
    proxy: object,
    max_response_bytes: object,
    *,
    unverified_tls: bool = False,
    http_transport: object = None,
) -> None:
    """Check the collaborators that may be passed in.

    Raises:
        ConfigurationError: names what is wrong and what to write.
    """
    if http_transport is not None:
        _check_methods(
            "http_transport",
            http_transport,
            ("handle_async_request",),
            "http_transport=AsyncSandboxTransport(sandbox) in tests, or leave it out to use the network",
        )
    if limiter is not None:
        _check_methods("limiter", limiter, ("acquire", "confirm"), "AsyncMemoryLimiter()")
    if retry is not None and not isinstance(retry, RetryPolicy):
        raise ConfigurationError(
            f"retry must be a RetryPolicy, got {_kind(retry)}; write RetryPolicy(attempts=3)"
        )
    if verify is not None and not isinstance(verify, ssl.SSLContext):
        raise ConfigurationError(
            f"verify must be an ssl.SSLContext, got {_kind(verify)}; leave it out (certificates are "
            "verified), or write ssl.create_default_context(cafile='ca.pem') for an authority of your own"
        )
    if isinstance(verify, ssl.SSLContext) and not unverified_tls:
        _check_verification(verify)
    if proxy is not None and not _is_address(proxy):
        raise ConfigurationError(
            "proxy must be an address with scheme and host, got another value; write for example 'http://user:password@host:3128'"
        )
    check_count(max_response_bytes=max_response_bytes)


def checked_hooks(event_hooks: Iterable[Callable[[Any], None]] | None) -> tuple[Callable[[Any], None], ...]:
    """Return the hooks of a client as a tuple.

    Raises:
        ConfigurationError: one of them cannot be called, or would have to be awaited.
    """
    try:
        hooks = tuple(event_hooks or ())
    except TypeError:
        raise ConfigurationError(
            f"event_hooks must be a list of functions, got {_kind(event_hooks)}; write event_hooks=[my_hook]"
        ) from None
    for hook in hooks:
        if not callable(hook) or matches_flavour(hook, coroutine=True):
            raise ConfigurationError(
                f"each item of event_hooks must be a plain function that takes one event, got {_kind(hook)}; write def my_hook(event)"
            )
    return hooks


def _check_verification(context: ssl.SSLContext) -> None:
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        raise ConfigurationError(
            "verify must be a context that checks certificates and host names, got one that does not, so the token "
            "could be read on its way; use ssl.create_default_context(cafile='ca.pem'), or pass "
            "unverified_tls=True if you want that"
        )


def _check_methods(name: str, value: object, methods: tuple[str, ...], instead: str) -> None:
    missing = [method for method in methods if not callable(getattr(value, method, None))]
    if missing:
        raise ConfigurationError(
            f"{name} must have the method{'s' * (len(methods) > 1)} {', '.join(methods)}, got {_kind(value)}; "
            f"write {instead}"
        )
    if not matches_flavour(getattr(value, methods[0])):
        raise ConfigurationError(
            f"{name} must be of the same variant (sync or async) as the client, got {_kind(value)}; write {instead}"
        )


def _is_address(value: object) -> bool:
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        return bool(parts.scheme and parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _kind(value: object) -> str:
    # Never its repr: it may be a secret in the wrong place.
    return type(value).__name__
