"""The script by which Redis decides about slots, and what the errors of Redis mean.

``limiter.lua`` is ``limiter.RateGate`` and ``wait_queue.WaitQueue`` again, in Lua and on the clock of the Redis
server, so the clocks of the machines need not agree. A test compares the two step by step.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

__all__ = ["LIMITER", "reason_of"]

#: KEYS: state of the key, state of the account. ARGV: the question as JSON; see ``_async/limits/redis.py``.
LIMITER: Final = files("amocrm._core.limits").joinpath("limiter.lua").read_text("utf-8")

_REASONS: Final = {
    "WRONGTYPE": "another program uses this name; choose another prefix",
    "NOAUTH": "it needs a password; put it into the address",
    "WRONGPASS": "user name or password is wrong; correct the address",
    "NOPERM": "the user may not run scripts on these names; grant it EVALSHA",
    "READONLY": "it is a replica; pass the address of the primary",
    "OOM": "it has no memory left; raise maxmemory",
    "MISCONF": "it cannot write its data to disk; make room there",
    "LOADING": "it is starting",
}


def reason_of(error: Exception) -> str:
    """Return what an error of Redis means, from its code; empty for other errors.

    Example:
        >>> reason_of(Exception("OOM command not allowed when used memory > 'maxmemory'."))
        ': it has no memory left; raise maxmemory'
    """
    words = str(error).upper()
    return next((f": {reason}" for code, reason in _REASONS.items() if code in words), "")
