"""Downloads to the disk: part by part, and only what is whole takes its place."""
# GENERATED from tests/shell_async/resources/test_files.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from amocrm._core.http.retry import NEVER
from amocrm.errors import NotFoundError, UnansweredError
from amocrm_sandbox import Sandbox, Truncate

from ..crm import client_of

pytestmark = pytest.mark.anyio

CONTENT = bytes(range(256)) * 4000
DOWNLOAD = "GET /download/{account_uuid}/{file_uuid}/{file_name}"


@pytest.mark.parametrize("content", [b"", b"a", CONTENT], ids=len)
def test_a_file_is_written_where_it_is_wanted(tmp_path: Path, content: bytes) -> None:
    """A path is made or replaced; an open file is written from where it stands."""
    crm = client_of(Sandbox(limits=False))
    file = crm.files.upload(content, name="film.mp4")
    path = tmp_path / "film.mp4"
    for _ in range(2):
        assert crm.files.download_to(file, path) == len(content)
        assert path.read_bytes() == content
    opened = BytesIO(b"head, and what was there")
    opened.seek(4)
    assert crm.files.download_to(file.uuid, opened) == len(content)
    assert opened.getvalue() == b"head" + content
    assert list(tmp_path.iterdir()) == [path]


def test_a_download_that_breaks_begins_anew(tmp_path: Path) -> None:
    """Half an answer is forgotten when the request is repeated."""
    sandbox = Sandbox(limits=False)
    crm = client_of(sandbox)
    file = crm.files.upload(CONTENT, name="film.mp4")
    sandbox.faults.add(Truncate(0.5), operation=DOWNLOAD, next=1)
    opened = BytesIO()
    assert crm.files.download_to(file, opened) == len(CONTENT)
    assert opened.getvalue() == CONTENT
    assert [entry.operation for entry in sandbox.journal].count(DOWNLOAD) == 2


def test_what_did_not_come_whole_leaves_the_path_as_it_was(tmp_path: Path) -> None:
    """Neither half a file nor a draft stays, and an older file is kept."""
    sandbox = Sandbox(limits=False)
    crm = client_of(sandbox, retry=NEVER)
    file = crm.files.upload(CONTENT, name="film.mp4")
    path = tmp_path / "film.mp4"
    path.write_bytes(b"older")
    sandbox.faults.add(Truncate(0.5), operation=DOWNLOAD)
    with pytest.raises(UnansweredError):
        crm.files.download_to(file, path)
    with pytest.raises(NotFoundError):
        crm.files.download_to("00000000-0000-0000-0000-000000000000", path)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    """The error of the disk reaches the caller as it is."""
    crm = client_of(Sandbox(limits=False))
    file = crm.files.upload(b"a", name="a.txt")
    with pytest.raises(FileNotFoundError):
        crm.files.download_to(file, tmp_path / "missing" / "a.txt")
