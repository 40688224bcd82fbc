"""Decoding of bodies, and our errors for answers that are missing, refused or too large."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator

from amocrm.errors import NotSentError, RedirectRefused, ResponseTooLarge, UnansweredError
from amocrm_gen._runtime.op import Op

from .hosts import host_of

__all__ = ["Inflater", "decoded", "failure_of", "redirect_refused", "too_large"]

_GZIP = 31  # what zlib calls a window of 32 KiB inside a gzip frame
#: Largest piece of an answer that is passed on, in bytes.
_PIECE = 1024 * 1024


def decoded(op: Op, body: bytes, coding: str, limit: int) -> bytes:
    """Return the body without its content coding.

    Args:
        op: names the operation in errors.
        body: as it came.
        coding: ``content-encoding`` of the answer.
        limit: highest number of bytes of the result.

    Raises:
        UnansweredError: it is damaged, cut short, or coded in a way that was not asked for.
        ResponseTooLarge: it is beyond the limit.
    """
    inflater, whole = Inflater(op, coding), b""
    for piece in inflater.pieces(body, limit):
        if whole:
            raise too_large(op, limit)
        whole = piece
    inflater.finish()
    return whole


class Inflater:
    """Content coding of an answer, taken off part by part.

    Args:
        op: names the operation in errors.
        coding: ``content-encoding`` of the answer.

    Raises:
        UnansweredError: it is coded in a way that was not asked for.
    """

    def __init__(self, op: Op, coding: str | None) -> None:
        name = (coding or "identity").strip().lower()
        if name not in ("identity", "gzip", "x-gzip"):
            raise UnansweredError(
                f"the answer to {op.id} must be plain or gzip, got {name[:20]}; check the proxy", op=op.id
            )
        self._op = op
        self._gzip = None if name == "identity" else zlib.decompressobj(_GZIP)

    def pieces(self, part: bytes, limit: int = _PIECE) -> Iterator[bytes]:
        """Give the bytes of a part, in pieces of ``limit`` bytes at most.

        Raises:
            UnansweredError: it is damaged.
        """
        while part and self._gzip is not None:
            try:
                piece = self._gzip.decompress(part, limit)
            except zlib.error:
                raise UnansweredError(
                    f"the answer to {self._op.id} was damaged on its way; {_advice(self._op)}", op=self._op.id
                ) from None
            part = self._gzip.unconsumed_tail
            if piece:
                yield piece
        if part:
            yield part

    def finish(self) -> None:
        """Check that nothing is missing.

        Raises:
            UnansweredError: it was cut short.
        """
        if self._gzip is not None and not self._gzip.eof:
            raise UnansweredError(
                f"the answer to {self._op.id} was cut short; {_advice(self._op)}", op=self._op.id
            )


def too_large(op: Op, limit: int) -> ResponseTooLarge:
    """Return the error of an answer beyond the limit, in bytes."""
    return ResponseTooLarge(
        f"the answer to {op.id} is larger than {limit} bytes and was cut off; raise max_response_bytes "
        "or ask for less at once",
        op=op.id,
        limit=limit,
    )


def failure_of(
    op: Op, host: str, error: BaseException, *, unsent: bool, late: bool
) -> NotSentError | UnansweredError:
    """Return the error of an exchange that failed below HTTP.

    Args:
        op: the operation.
        host: to which it went.
        error: of the HTTP library.
        unsent: no byte of the request was handed to a socket.
        late: the time for the whole exchange is over.
    """
    # Only the kind and the operating system's words: the library's message may hold the whole address.
    cause = _root(error)
    kind = NotSentError if unsent else UnansweredError
    what = f"could not be sent to {host}" if unsent else f"was sent to {host} but not answered"
    why = "Timeout.total is over" if late else type(error).__name__ + _words_of(cause)
    advice = "check the network and the proxy" if unsent else _advice(op)
    failure = kind(f"{op.id} {what} ({why}); {advice}", op=op.id)
    failure.__cause__ = cause
    return failure


def _advice(op: Op) -> str:
    """Return what to do about a lost answer."""
    return (
        "try again" if op.safety == "safe" else "whether it took effect is unknown, so read before you repeat"
    )


def _root(error: BaseException) -> OSError | None:
    """Return the failure of the operating system below it; the layers between wrap it in two ways."""
    root, seen = None, error.__cause__
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            root = seen
        wrapped = seen.args[0] if seen.args and isinstance(seen.args[0], BaseException) else None
        seen = seen.__cause__ or wrapped
    return root


def _words_of(cause: OSError | None) -> str:
    """Return the words of the operating system, such as ``: Connection refused``."""
    if cause is None or not cause.strerror:
        return ""
    # asyncio puts words of its own, with the address, into the place of the system's.
    number = cause.errno or 0
    return f": {os.strerror(number) if number > 0 else cause.strerror}"


def redirect_refused(op: Op, host: str, status: int, location: str) -> RedirectRefused:
    """Return the error of a redirect.

    Args:
        op: the operation.
        host: that answered.
        status: of the answer.
        location: where it points.
    """
    target = host_of(location)
    return RedirectRefused(
        f"{op.id} was answered by {host} with a redirect ({status}) to {target or 'itself'}, which is "
        "not followed with credentials; if the account was renamed, write AmoCRM('<new subdomain>', …)",
        op=op.id,
        status=status,
        location=target,
    )
