"""A plain WSGI application around a router: to be served alone or mounted into Flask and others.

    hooks = Hooks(secret=...)
    app = wsgi_app(hooks)                   # gunicorn myapp:app

WSGI has no startup: work in a process of its own (``amocrm webhooks work myapp:hooks``), or enter
``hooks.running()`` around the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Protocol, TypeAlias

from .delivery import Answer, Delivery

__all__ = ["wsgi_app"]

StartResponse: TypeAlias = Callable[..., Any]
App: TypeAlias = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class _Hooks(Protocol):
    def accept(self, delivery: Delivery, /) -> Answer: ...


def wsgi_app(hooks: _Hooks, *, largest: int = 4 * 1024 * 1024) -> App:
    """The application.

    Args:
        hooks: a ``Hooks``, the router of the sync flavour.
        largest: bytes of a body beyond which the request is answered with 413 unread.
    """

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        answer = _taken(hooks, environ, largest)
        try:
            phrase = HTTPStatus(answer.status).phrase
        except ValueError:
            phrase = "Error"
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {phrase}", headers)
        return [answer.body]

    return app


def _taken(hooks: _Hooks, environ: dict[str, Any], largest: int) -> Answer:
    if environ["REQUEST_METHOD"] not in ("POST", "GET"):
        return Answer(405, "method not allowed")
    given = environ.get("CONTENT_LENGTH") or ""
    if given.isdecimal() and (len(given) > 18 or int(given) > largest):
        return Answer(413, "too large")
    # Without a length (chunked) the server ends the stream; not all of them do, so it is not asked then.
    if given.isdecimal():
        body = environ["wsgi.input"].read(int(given))
    else:
        body = environ["wsgi.input"].read(largest + 1) if environ.get("wsgi.input_terminated") else b""
    if len(body) > largest:
        return Answer(413, "too large")
    headers = {
        name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    # WSGI hands paths over as Latin-1 of their bytes.
    path = (
        (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""))
        .encode("latin-1")
        .decode("utf-8", "replace")
    )
    query = environ.get("QUERY_STRING", "")
    return hooks.accept(Delivery(body=body, headers=headers, query=query, path=path))
