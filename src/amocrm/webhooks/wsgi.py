"""WSGI application around ``WebhookReceiver``: served alone or mounted into Flask and others.

    receiver = WebhookReceiver(secret=...)
    app = wsgi_app(receiver)                   # gunicorn myapp:app

WSGI has no startup event: run the worker in a process of its own (``amocrm webhooks work myapp:receiver``), or
enter ``receiver.running()`` around the server.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Protocol, TypeAlias

from ._delivery import Answer, Delivery
from ._parsing.php_forms import BodyLimits

__all__ = ["wsgi_app"]

StartResponse: TypeAlias = Callable[..., Any]
App: TypeAlias = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class _Receiver(Protocol):
    @property
    def limits(self) -> BodyLimits: ...

    def check_address(self, path: str, query: str, /) -> Answer | None: ...

    def accept(self, delivery: Delivery, /) -> Answer: ...


def wsgi_app(receiver: _Receiver, *, max_body_bytes: int | None = None) -> App:
    """Return the WSGI application.

    Args:
        receiver: a ``WebhookReceiver``, the sync receiver.
        max_body_bytes: largest body in bytes, by default the bound of the receiver; a longer one is answered with 413.
            The server decides how long it waits for a slow body.

    Raises:
        TypeError: ``receiver`` is not a ``WebhookReceiver``.
    """
    if inspect.iscoroutinefunction(receiver.accept):
        raise TypeError(
            "receiver must be a WebhookReceiver, got AsyncWebhookReceiver; use amocrm.webhooks.asgi.asgi_app"
        )
    bound = receiver.limits.bytes if max_body_bytes is None else max_body_bytes

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        answer = _accept(receiver, environ, bound)
        try:
            phrase = HTTPStatus(answer.status).phrase
        except ValueError:
            phrase = "Error"
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {phrase}", headers)
        return [answer.body]

    return app


def _accept(receiver: _Receiver, environ: dict[str, Any], max_body_bytes: int) -> Answer:
    if environ["REQUEST_METHOD"] not in ("POST", "GET"):
        return Answer(405, "method not allowed")
    # WSGI passes paths as Latin-1 of their bytes.
    raw = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    path, query = raw.encode("latin-1").decode("utf-8", "replace"), environ.get("QUERY_STRING", "")
    refusal = receiver.check_address(path, query)
    if refusal is not None:
        return refusal  # the body is not read without the secret
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and (len(length) > 18 or int(length) > max_body_bytes):
        return Answer(413, "too large")
    terminated = environ.get("wsgi.input_terminated")
    if not length and not terminated and environ.get("HTTP_TRANSFER_ENCODING"):
        # This server does not mark the end of a chunked body: the sender must give its length.
        return Answer(411, "length required")
    if length.isdecimal():
        body = environ["wsgi.input"].read(int(length))
    else:
        body = environ["wsgi.input"].read(max_body_bytes + 1) if terminated else b""
    if len(body) > max_body_bytes:
        return Answer(413, "too large")
    headers = {
        name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")
    }
    headers |= {"content-length": length, "content-type": environ.get("CONTENT_TYPE") or ""}
    return receiver.accept(Delivery(body=body, headers=headers, query=query, path=path))
