"""Files that must not be lost, and that nobody may turn into other files."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from amocrm._io.durable_files import Disk, open_private, replace_file, way_out

posix = pytest.mark.skipif(os.name == "nt", reason="links and owners are a matter of POSIX")


@posix
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_draft_is_never_written_through_a_link(link: object, tmp_path: Path) -> None:
    """A link that lies where the draft will be costs the file behind it nothing."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    link(victim, tmp_path / "token.tmp")  # type: ignore[operator]

    replace_file(Disk(), tmp_path / "token.json", b"new")

    assert victim.read_bytes() == b"precious"
    assert (tmp_path / "token.json").read_bytes() == b"new"
    assert not (tmp_path / "token.json").is_symlink()


@posix
def test_a_draft_is_never_read_through_a_link(tmp_path: Path) -> None:
    """What another user has put there is not taken for a draft of our own."""
    (tmp_path / "elsewhere").write_bytes(b"planted")
    (tmp_path / "token.tmp").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="symbolic") as caught:
        Disk().read_draft(tmp_path / "token.tmp")

    assert caught.value.errno == errno.ELOOP
    assert "symbolic link" in way_out(tmp_path / "token.tmp", caught.value)


@posix
def test_a_lock_file_is_no_link(tmp_path: Path) -> None:
    """A lock on a file of somebody else's choice would exclude nobody."""
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="symbolic"):
        open_private(tmp_path / "lock")
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_system_without_locks_has_a_way_out(tmp_path: Path) -> None:
    """The advice is another folder, not other rights."""
    assert "local disk" in way_out(tmp_path, OSError(errno.ENOLCK, "No locks available"))


FOREIGN = """
import os, sys
from amocrm import FileTokenStore
from amocrm.errors import TokenStoreError
folder = sys.argv[1]
os.setuid(65534)
store = FileTokenStore(folder)
for step in (lambda: store.load("key"), lambda: store.lock("key").__enter__()):
    try:
        step()
    except TokenStoreError as error:
        print(error)
"""


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user"
)
def test_files_of_another_user_name_both(tmp_path: Path) -> None:
    """A store that root has used once says to whom its files belong and what to do."""
    from amocrm import FileTokenStore
    from amocrm._core.auth.token import Token

    for each in (tmp_path, *(place for place in tmp_path.parents if "pytest-of" in str(place))):
        each.chmod(0o755)
    store = FileTokenStore(tmp_path)
    token = Token(access="a", refresh="r", expires_at=1.0, lifetime=1.0, account="demo")
    with store.lock("key") as fence:
        store.save("key", token, fence=fence, replaces=None)

    done = subprocess.run(
        [sys.executable, "-c", FOREIGN, str(tmp_path)], capture_output=True, text=True, check=True
    )

    said = done.stdout.splitlines()
    assert len(said) == 2
    assert all("belongs to root" in line and "chown" in line for line in said)
