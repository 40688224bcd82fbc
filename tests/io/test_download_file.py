"""A file that is written part by part and takes its place when it is whole."""

from __future__ import annotations

from pathlib import Path

from amocrm._io.download_file import DownloadFile


def test_nothing_is_made_before_the_answer_begins(tmp_path: Path) -> None:
    """A request that is refused leaves no trace in the folder."""
    DownloadFile(tmp_path / "a").drop()
    assert list(tmp_path.iterdir()) == []


def test_a_draft_begins_anew(tmp_path: Path) -> None:
    """Only what came after the last beginning is kept, and counted."""
    file = DownloadFile(tmp_path / "a")
    for part in (b"first attempt", b"second"):
        file.begin()
        file.write(part)
    assert not (tmp_path / "a").exists()
    file.keep()
    assert ((tmp_path / "a").read_bytes(), file.size) == (b"second", 6)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
