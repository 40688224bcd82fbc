"""The script by which Redis decides about slots, and what its refusals mean.

``limiter.lua`` is ``limiter.RateGate`` and ``wait_queue.WaitQueue`` once more, in Lua and on the clock of the
Redis server, so the machines that share a limit need not agree about the time. A test compares the two move by
move.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

__all__ = ["LIMITER", "reason_of"]

#: KEYS: state of the key, state of the account. ARGV: the question as JSON; see ``_async/limits/redis.py``.
LIMITER: Final = files("amocrm._core.limits").joinpath("limiter.lua").read_text("utf-8")

_REASONS: Final = {
    "WRONGTYPE": "another program uses this name; choose another prefix",
    "NOAUTH": "it asks for a password; put it into the address",
    "WRONGPASS": "user name or password is wrong",
    "NOPERM": "its user may not run scripts on these names",
    "READONLY": "it is a replica; give the address of the primary",
    "OOM": "it has no memory left",
    "MISCONF": "it cannot write its data to the disk",
    "LOADING": "it is starting",
}


def reason_of(error: Exception) -> str:
    """Return what a refusal of Redis means, from its first words; empty for other errors.

    Example:
        >>> reason_of(Exception("OOM command not allowed when used memory > 'maxmemory'."))
        ': it has no memory left'
    """
    words = str(error).upper()
    return next((f": {reason}" for code, reason in _REASONS.items() if code in words), "")
