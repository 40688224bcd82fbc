"""Clients that answer from memory and remember what they were asked."""

from __future__ import annotations

from typing import Any


class Recorder:
    """Answers every request with the same answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.requests: list[Any] = []

    def send(self, request: Any, /) -> Any:
        """Remembers the request."""
        self.requests.append(request)
        return self.answer


class AsyncRecorder(Recorder):
    """The same for coroutines."""

    async def send(self, request: Any, /) -> Any:  # type: ignore[override]
        """Remembers the request."""
        return super().send(request)
