"""WSGI application around ``Hooks``: served alone or mounted into Flask and others.

    hooks = Hooks(secret=...)
    app = wsgi_app(hooks)                   # gunicorn myapp:app

WSGI has no startup event: run the worker in a process of its own (``amocrm webhooks work myapp:hooks``), or
enter ``hooks.running()`` around the server.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Protocol, TypeAlias

from ._parsing.php_forms import Limits
from ._receiving.delivery import Answer, Delivery

__all__ = ["wsgi_app"]

StartResponse: TypeAlias = Callable[..., Any]
App: TypeAlias = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class _Hooks(Protocol):
    @property
    def limits(self) -> Limits: ...

    def refusal(self, path: str, query: str, /) -> Answer | None: ...

    def accept(self, delivery: Delivery, /) -> Answer: ...


def wsgi_app(hooks: _Hooks, *, largest: int | None = None) -> App:
    """Return the WSGI application.

    Args:
        hooks: a ``Hooks``, the sync receiver.
        largest: longest body in bytes, by default the bound of the receiver; a longer one is answered with 413.
            The server decides how long it waits for a slow body.

    Raises:
        TypeError: ``hooks`` is not a ``Hooks``.
    """
    if inspect.iscoroutinefunction(hooks.accept):
        raise TypeError("hooks must be a Hooks, got AsyncHooks; use amocrm.webhooks.asgi.asgi_app")
    bound = hooks.limits.bytes if largest is None else largest

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        answer = _accept(hooks, environ, bound)
        try:
            phrase = HTTPStatus(answer.status).phrase
        except ValueError:
            phrase = "Error"
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {phrase}", headers)
        return [answer.body]

    return app


def _accept(hooks: _Hooks, environ: dict[str, Any], largest: int) -> Answer:
    if environ["REQUEST_METHOD"] not in ("POST", "GET"):
        return Answer(405, "method not allowed")
    # WSGI passes paths as Latin-1 of their bytes.
    raw = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    path, query = raw.encode("latin-1").decode("utf-8", "replace"), environ.get("QUERY_STRING", "")
    refusal = hooks.refusal(path, query)
    if refusal is not None:
        return refusal  # the body is not read without the secret
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and (len(length) > 18 or int(length) > largest):
        return Answer(413, "too large")
    terminated = environ.get("wsgi.input_terminated")
    if not length and not terminated and environ.get("HTTP_TRANSFER_ENCODING"):
        # This server does not mark the end of a chunked body: the sender must give its length.
        return Answer(411, "length required")
    if length.isdecimal():
        body = environ["wsgi.input"].read(int(length))
    else:
        body = environ["wsgi.input"].read(largest + 1) if terminated else b""
    if len(body) > largest:
        return Answer(413, "too large")
    headers = {
        name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")
    }
    headers |= {"content-length": length, "content-type": environ.get("CONTENT_TYPE") or ""}
    return hooks.accept(Delivery(body=body, headers=headers, query=query, path=path))
