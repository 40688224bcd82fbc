"""Local HTTP server for webhook deliveries, for development and tests."""

from __future__ import annotations

from collections.abc import Callable

from ..webhooks._delivery import Answer, Delivery
from .local_server import LocalRequest, LocalResponse, LocalServer

__all__ = ["DeliveryServer"]


class DeliveryServer(LocalServer):
    """Server that hands each request to ``accept`` as a delivery.

    Args:
        accept: called on a thread of the server.
        port: 0 for a free one.
        max_body_bytes: a longer body is answered with 413 unread.

    Example:
        >>> with DeliveryServer(receiver.accept) as server:
        ...     print(server.url)
        http://127.0.0.1:...
    """

    def __init__(
        self, accept: Callable[[Delivery], Answer], *, port: int = 0, max_body_bytes: int = 4 * 1024 * 1024
    ) -> None:
        def handle(request: LocalRequest) -> LocalResponse:
            delivery = Delivery(
                body=request.body, headers=request.headers, query=request.query, path=request.path
            )
            answer = accept(delivery)
            return LocalResponse(answer.status, answer.body)

        super().__init__(handle, port=port, max_body_bytes=max_body_bytes)
