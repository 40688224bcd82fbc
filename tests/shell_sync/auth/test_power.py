"""The power fails between any two system calls of a save: the old pair or the new one is there, never half of one."""
# GENERATED from tests/shell_async/auth/test_power.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amocrm._sync.auth.token_stores import FileTokenStore
from amocrm._core.auth.token import Token

from .._power import LyingDisk, PowerDisk, State

pytestmark = pytest.mark.anyio

KEY = "demo.amocrm.ru/client"


def pair(number: int) -> Token:
    """The pair of a refresh; lengths differ so that a mixture would show."""
    return Token(access="a" * number, refresh=f"r{number}" * 20, expires_at=number, lifetime=1.0, account="x")


def saved(folder: Path, token: Token, disk: Any = None) -> None:
    """Stores a pair, whatever is there."""
    store = FileTokenStore(folder, disk=disk)
    with store.lock(KEY) as fence:
        assert store.save(KEY, token, fence=fence, replaces=None)


def found_after(state: State, place: Path) -> Token | None:
    """What the next process loads from what the power failure has left."""
    place.mkdir()
    for path, content in state.items():
        place.joinpath(path.name).write_bytes(content)
    found = FileTokenStore(place).load(KEY)
    for path in state:
        place.joinpath(path.name).unlink()
    place.rmdir()
    return found


def losses(disk: PowerDisk, places: Path, old: Token | None, new: Token) -> list[str]:
    """States after a power failure in which neither the old nor the new pair is found."""
    wrong = []
    for count in range(len(disk.calls) + 1):
        good = [new] if count == len(disk.calls) else [old, new]
        for state in disk.remains(count):
            try:
                found: Any = found_after(state, places / "after")
            except Exception as error:
                found = type(error).__name__
                for path in places.joinpath("after").iterdir():
                    path.unlink()
                places.joinpath("after").rmdir()
            if found not in good:
                wrong.append(f"after {count} calls: {found}")
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("earlier", [False, True])
def test_a_save_survives_a_power_failure(tmp_path: Path, earlier: bool) -> None:
    """After each of its calls, with whatever was not synced lost: the old pair, and at the end the new one."""
    folder = tmp_path / "tokens"
    folder.mkdir()
    old = pair(10) if earlier else None
    if old is not None:
        saved(folder, old)
    disk = PowerDisk(folder)
    saved(folder, pair(25), disk)
    assert [call for call, _ in disk.calls].count("write") > 2
    assert losses(disk, tmp_path, old, pair(25)) == []


@pytest.mark.slow
def test_a_draft_of_a_dead_process_is_in_nobodys_way(tmp_path: Path) -> None:
    """Power failed in the middle of a draft: the next save writes over it and survives as well."""
    folder = tmp_path / "tokens"
    folder.mkdir()
    saved(folder, pair(10))
    path = next(folder.glob("*.json"))
    path.with_suffix(".tmp").write_bytes(b'{"access": "half')
    disk = PowerDisk(folder)
    saved(folder, pair(25), disk)
    assert losses(disk, tmp_path, pair(10), pair(25)) == []
    assert sorted(each.suffix for each in folder.iterdir()) == [".json", ".lock"]


def test_new_folders_are_durable_before_anything_lies_in_them(tmp_path: Path) -> None:
    """Each level of a new folder is synced in the one above it before the next is made."""
    disk = PowerDisk(tmp_path)
    saved(tmp_path / "one" / "two", pair(10), disk)
    assert disk.calls[:4] == [
        ("make_folder", tmp_path / "one"),
        ("sync_folder", tmp_path),
        ("make_folder", tmp_path / "one" / "two"),
        ("sync_folder", tmp_path / "one"),
    ]


@pytest.mark.slow
def test_the_check_can_fail(tmp_path: Path) -> None:
    """On a disk that does not sync what it is told to, the same check finds pairs that are lost."""
    folder = tmp_path / "tokens"
    folder.mkdir()
    saved(folder, pair(10))
    disk = LyingDisk(folder)
    saved(folder, pair(25), disk)
    assert losses(disk, tmp_path, pair(10), pair(25))
