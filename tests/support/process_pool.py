"""Real processes that begin at the same moment: forked from one that has imported everything, held by a barrier.

A job is a function ``prepare(spec, index)`` that gets ready and returns the function to run; what that
returns must be JSON. ``python -m tests.support.process_pool`` is the process that forks.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["ProcessPool", "process_pool"]

_ROOT = Path(__file__).resolve().parents[2]


class ProcessPool:
    """Processes that are ready and wait for ``go``."""

    def __init__(self, process: subprocess.Popen[str], pids: list[int]) -> None:
        self._process, self.pids = process, pids

    def go(self) -> None:
        """Lets all of them begin."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def results(self, timeout: float) -> list[Any]:
        """What each returned, in order; ``None`` for one that was killed."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], timeout)[0]:
            raise TimeoutError("the processes did not come to an end")
        answer = json.loads(self._process.stdout.readline())
        for each in answer:
            if isinstance(each, dict) and "traceback" in each:
                raise RuntimeError(each["traceback"])
        return list(answer)


@contextmanager
def process_pool(job: str, spec: dict[str, Any], processes: int) -> Iterator[ProcessPool]:
    """Starts processes, waits until all are ready, and ends them with the block.

    Args:
        job: ``module:function``.
        spec: what the job gets, as JSON.
        processes: how many.
    """
    command = [sys.executable, "-m", "tests.support.process_pool"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, cwd=_ROOT, **pipes)  # type: ignore[call-overload]
    try:
        process.stdin.write(json.dumps({"job": job, "spec": spec, "processes": processes}) + "\n")
        process.stdin.flush()
        yield ProcessPool(process, json.loads(process.stdout.readline()))
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _child(
    prepare: Callable[[Any, int], Callable[[], Any]], spec: Any, index: int, ready: int, gate: int, out: str
) -> None:
    """Runs in a fork; never returns."""
    code = 1
    try:
        try:
            run = prepare(spec, index)
            os.write(ready, b".")
            os.read(gate, 1)
            result = run()
        except BaseException:
            result = {"traceback": traceback.format_exc()}
        Path(out).write_text(json.dumps(result), encoding="utf-8")
        code = 0
    finally:
        os._exit(code)


def main() -> None:
    order = json.loads(sys.stdin.readline())
    module, _, name = order["job"].partition(":")
    prepare = getattr(importlib.import_module(module), name)
    for each in order["spec"].get("imports", ()):  # once here and not in every fork
        importlib.import_module(each)
    count = order["processes"]
    ready_read, ready_write = os.pipe()
    gate_read, gate_write = os.pipe()
    with tempfile.TemporaryDirectory(prefix="amocrm-processes-") as folder:
        outs = [f"{folder}/{index}" for index in range(count)]
        pids = []
        for index in range(count):
            pid = os.fork()
            if pid == 0:
                os.close(gate_write)
                _child(prepare, order["spec"], index, ready_write, gate_read, outs[index])
            pids.append(pid)
        got = 0
        while got < count:
            got += len(os.read(ready_read, count))
        print(json.dumps(pids), flush=True)
        go = sys.stdin.readline()
        os.close(gate_write)
        if not go:
            for pid in pids:
                os.kill(pid, 9)
        ends = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
        if any(end not in (0, -9) for end in ends):
            print(f"processes ended with {ends}", file=sys.stderr, flush=True)
        results = [json.loads(Path(out).read_text("utf-8")) if Path(out).exists() else None for out in outs]
    print(json.dumps(results), flush=True)


if __name__ == "__main__":
    main()
