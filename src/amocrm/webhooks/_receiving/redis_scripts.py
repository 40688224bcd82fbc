"""Scripts of the inbox in Redis, one file each in ``lua``. Each script is atomic.

    {name}:stream     ready entries, a stream of ids with the consumer group ``workers``
    {name}:leases     ids in progress, by the end of their lease
    {name}:later      ids that wait for their next attempt, by its time
    {name}:dead       ids without further attempts, by the time
    {name}:done       ids that were handled, by the time
    {name}:entry:17   one entry: state, data, received, due, attempts, error, lease, place in the stream
    {name}:marks:17   handlers that are done
    {name}:key:...    id of the entry with this delivery key

A lease ends by the caller's clock, not by the idle time of Redis, so it can be extended and tested. The group's
list of pending entries is kept in step for the tools of Redis.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

__all__ = ["ALL"]

_FOLDER: Final = files("amocrm.webhooks._receiving").joinpath("lua")
_NAMES: Final = (
    "put",
    "lease",
    "extend",
    "mark",
    "settle",
    "entries",
    "counts",
    "dead",
    "replay",
    "drop",
    "purge",
)


def _read(name: str) -> str:
    return _FOLDER.joinpath(f"{name}.lua").read_text("utf-8")


#: Text of each script by its name.
ALL: Final = {name: _read("common") + _read(name) for name in _NAMES}
