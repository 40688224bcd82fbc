"""A disk that remembers what a power failure would leave of it.

It works on real files and keeps a journal. ``remains(count)`` gives every state that the disk may be in when
the power fails after that many calls: what was written and not synced may be there in full, in part or not at
all; names that were made, replaced or removed and whose folder was not synced may be the new or the old ones,
in the order in which they changed.
"""
# GENERATED from tests/shell_async/_power.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from amocrm._io.durable_files import Disk

__all__ = ["LyingDisk", "PowerDisk", "State"]

#: what a disk holds: content by path
State = dict[Path, bytes]


class _Node:
    """A file without its name: what is surely there, and what may be."""

    def __init__(self) -> None:
        self.durable = b""
        self.written = b""

    def contents(self) -> list[bytes]:
        """What may be found in it."""
        if self.written == self.durable:
            return [self.durable]
        half = len(self.durable) + (len(self.written) - len(self.durable)) // 2
        return [self.durable, self.written[:half], self.written, bytes(len(self.written))]


class PowerDisk(Disk):
    """Records every call. What lies in ``folder`` at the beginning is durable."""

    def __init__(self, folder: Path) -> None:
        self.calls: list[tuple[str, object]] = []
        self._old: State = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self._handles: dict[int, int] = {}
        self._files = 0

    def open(self, path: Path) -> int:
        """A new or emptied file."""
        handle = super().open(path)
        self._files += 1
        self._handles[handle] = self._files
        self.calls.append(("open", (path, self._files)))
        return handle

    def write(self, handle: int, content: bytes) -> int:
        """Writes a part only, as a system may."""
        size = super().write(handle, content[: max(1, len(content) // 2)])
        self.calls.append(("write", (self._handles[handle], content[:size])))
        return size

    def sync(self, handle: int) -> None:
        """Makes the content durable."""
        super().sync(handle)
        self.calls.append(("sync", self._handles[handle]))

    def make_folder(self, folder: Path) -> bool:
        """A new folder."""
        made = super().make_folder(folder)
        self.calls.append(("make_folder", folder))
        return made

    def rename(self, source: Path, target: Path) -> None:
        """Changes a name."""
        super().rename(source, target)
        self.calls.append(("rename", (source, target)))

    def sync_folder(self, folder: Path) -> None:
        """Makes the names durable."""
        super().sync_folder(folder)
        self.calls.append(("sync_folder", folder))

    def remove(self, path: Path) -> None:
        """Removes a name."""
        super().remove(path)
        self.calls.append(("remove", path))

    def remains(self, count: int) -> Iterator[State]:
        """What the disk may hold when the power fails after so many calls."""
        nodes: dict[int, _Node] = {}
        names: dict[Path, int] = {}
        durable: dict[Path, int] = {}
        for number, (path, content) in enumerate(self._old.items(), 1):
            node = nodes[-number] = _Node()
            node.durable = node.written = content
            names[path] = durable[path] = -number
        #: the tables of names since the last sync of the folder, oldest first
        tables = [dict(durable)]
        for call, what in self.calls[:count]:
            if call == "open":
                path, number = what  # type: ignore[misc]
                if path in names:  # emptied: what it held may be gone at once
                    old = nodes[names[path]]
                    nodes[number] = node = _Node()
                    node.durable = old.durable
                else:
                    nodes[number] = _Node()
                names[path] = number
            elif call == "write":
                number, content = what  # type: ignore[misc]
                nodes[number].written += content
            elif call == "sync":
                nodes[what].durable = nodes[what].written  # type: ignore[index]
            elif call == "rename":
                source, target = what  # type: ignore[misc]
                names[target] = names.pop(source)
            elif call == "remove":
                names.pop(what)  # type: ignore[call-overload]
            elif call == "sync_folder":
                tables = []
            tables.append(dict(names))
        for table in tables:
            paths = sorted(table)
            for found in product(*[nodes[table[path]].contents() for path in paths]):
                yield dict(zip(paths, found, strict=True))


class LyingDisk(PowerDisk):
    """Says that it has synced and has not: with it the check must find a loss."""

    def sync(self, handle: int) -> None:
        """Does nothing."""
