"""File on the disk that a download is written to part by part, and that appears only when it is whole."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import BinaryIO

__all__ = ["DownloadFile"]


class DownloadFile:
    """Receiver of a download.

    Args:
        target: a path, which is replaced once everything is there, or an open binary file that can be sought.

    Attributes:
        size: bytes written so far.
    """

    def __init__(self, target: str | os.PathLike[str] | BinaryIO) -> None:
        self.size = 0
        self._path = Path(target) if isinstance(target, str | os.PathLike) else None
        self._draft: Path | None = None
        self._file: BinaryIO | None = None if isinstance(target, str | os.PathLike) else target
        self._start = 0 if self._file is None else self._file.tell()

    def begin(self) -> None:
        """Forget what an earlier attempt has written.

        Raises:
            OSError: there is no such folder, or it cannot be written to.
        """
        if self._file is None:
            assert self._path is not None
            # In the same folder: only there is a rename one step.
            self._draft = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}.part")
            self._file = self._draft.open("xb")
        self._file.seek(self._start)
        self._file.truncate()
        self.size = 0

    def write(self, part: bytes) -> None:
        """Append a part."""
        assert self._file is not None
        self._file.write(part)
        self.size += len(part)

    def keep(self) -> None:
        """Put the whole file into its place."""
        if self._draft is not None and self._file is not None and self._path is not None:
            self._file.close()
            os.replace(self._draft, self._path)

    def drop(self) -> None:
        """Leave the path as it was before."""
        if self._draft is not None and self._file is not None:
            self._file.close()
            self._draft.unlink(missing_ok=True)
