"""The SQLite file of an inbox: no lock of the process is lost, whoever opens, closes, forks or is killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from amocrm._io.sqlite_file import SQLiteFile, SQLiteFileError

SCHEMA = ("CREATE TABLE kept (number INTEGER, content BLOB)", "PRAGMA user_version = 1")
COMMON = """
import os, sys, time
from amocrm._io.sqlite_file import SQLiteFile
path = sys.argv[1]
SCHEMA = ("CREATE TABLE kept (number INTEGER, content BLOB)", "PRAGMA user_version = 1")
def opened(): return SQLiteFile(path, SCHEMA, 1)
def add(file, number): file.write(lambda sql: sql.execute("INSERT INTO kept VALUES (?, '')", (number,)), time.monotonic() + 30)
def count(file): return file.read(lambda sql: sql.execute("SELECT count(*) FROM kept").fetchone()[0], time.monotonic() + 30)
"""
#: what happens in the process that has the file open, before it is told to go on
MEANWHILE = {
    "a second object of the process": "other = opened(); count(other); other.close()",
    "a second object that stays": "other = opened(); count(other)",
    "a child that was forked": "pid = os.fork()\nif pid == 0:\n    add(file, -1); file.close(); os._exit(0)\nos.waitpid(pid, 0)",
    "a child of a child": "pid = os.fork()\nif pid == 0:\n    inner = os.fork()\n    if inner == 0: add(file, -1); os._exit(0)\n    os.waitpid(inner, 0); os._exit(0)\nos.waitpid(pid, 0)",
}
WRITER = """
file = opened()
add(file, 0)
{meanwhile}
print("ready", flush=True)
input()
for number in range(1, 51):
    add(file, number)
print("written", flush=True)
time.sleep(100)
"""
OPENER = "file = opened(); count(file); file.close()"


def program(script: str, path: Path) -> subprocess.Popen[str]:
    """A process that runs a script."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMON + script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def look(path: Path) -> None:
    """Another process opens the file and closes it."""
    opener = program(OPENER, path)
    opener.communicate(timeout=30)
    assert opener.returncode == 0


def numbers(path: Path) -> list[int]:
    """What is in the file."""
    sql = sqlite3.connect(path)
    try:
        return [number for (number,) in sql.execute("SELECT number FROM kept ORDER BY number")]
    finally:
        sql.close()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="locks of a process are a matter of POSIX")
@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_what_was_committed_survives_a_kill(meanwhile: str, tmp_path: Path) -> None:
    """Second openers of the process, forked children, and another process that closes take no lock away."""
    path = tmp_path / "file.sqlite3"
    writer = program(WRITER.format(meanwhile=MEANWHILE[meanwhile]), path)
    assert writer.stdout is not None
    assert writer.stdin is not None
    writer.stdout.readline()
    look(path)
    writer.stdin.write("\n")
    writer.stdin.flush()
    assert writer.stdout.readline() == "written\n"
    # Another process that closes while this one is at work: it must not take the log for its own.
    look(path)
    writer.send_signal(signal.SIGKILL)
    writer.communicate()

    assert [number for number in numbers(path) if number >= 0] == list(range(51))
    assert ("child" in meanwhile) == (-1 in numbers(path))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="locks of a process are a matter of POSIX")
def test_a_forked_child_works_under_locks_of_its_own(tmp_path: Path) -> None:
    """A child goes on after its parent has closed and others have opened and closed: nothing of it is lost."""
    path = tmp_path / "file.sqlite3"
    script = """
file = opened()
add(file, 0)
if os.fork():
    file.close()
    os._exit(0)
add(file, 1)
print(os.getpid(), flush=True)
input()
for number in range(2, 51):
    add(file, number)
print("written", flush=True)
time.sleep(100)
"""
    parent = program(script, path)
    assert parent.stdout is not None
    assert parent.stdin is not None
    child = int(parent.stdout.readline())
    look(path)
    parent.stdin.write("\n")
    parent.stdin.flush()
    assert parent.stdout.readline() == "written\n"
    look(path)
    os.kill(child, signal.SIGKILL)
    parent.communicate()

    assert numbers(path) == list(range(51))


@pytest.mark.slow
def test_space_of_removed_rows_is_given_back(tmp_path: Path) -> None:
    """After cleaning, file and log are small again."""
    path = tmp_path / "file.sqlite3"
    file = SQLiteFile(str(path), SCHEMA, 1)

    def soon() -> float:
        return time.monotonic() + 30

    def fill(sql: sqlite3.Connection) -> None:
        for number in range(3000):
            sql.execute("INSERT INTO kept VALUES (?, ?)", (number, bytes(4000)))

    file.write(fill, soon())
    before = sum(each.stat().st_size for each in tmp_path.iterdir())
    file.write(lambda sql: sql.execute("DELETE FROM kept WHERE number > 0"), soon())
    file.shrink(soon)
    after = sum(each.stat().st_size for each in tmp_path.iterdir())
    file.close()

    assert before > 12_000_000
    assert after < 100_000
    assert numbers(path) == [0]


def test_errors_of_sqlite_are_its_own(tmp_path: Path) -> None:
    """What goes wrong is one kind of error, with advice."""
    path = tmp_path / "file.sqlite3"
    path.write_text("no database " * 500)
    file = SQLiteFile(str(path), SCHEMA, 1)

    with pytest.raises(SQLiteFileError, match="not an SQLite database"):
        file.read(lambda sql: None, 0.0)
    file.close()
