"""Programs that tests run in a process of their own, with what they have in common."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

__all__ = ["HEAD", "run"]

ROOT = Path(__file__).resolve().parents[2]
#: A client ``crm`` of the server whose address is the first argument, without limits and retries.
HEAD = """
import json, os, signal, sys, threading, time, warnings
from amocrm import AmoCRM, AsyncAmoCRM, AsyncMemoryLimiter, RateLimits, MemoryLimiter, RetryPolicy
url = sys.argv[1]
fast = RateLimits(per_key=1_000_000, per_account=1_000_000)
options = dict(token="x" * 40, base_url=url, retry=RetryPolicy(attempts=1), timeout=10)
crm = AmoCRM("demo", limiter=MemoryLimiter(fast), **options)
"""


def run(text: str, *arguments: str, seconds: float = 60, head: str = HEAD, check: bool = True) -> str:
    """Run a program to its end and return what it printed.

    Args:
        text: the program; ``head`` stands before it.
        arguments: of the program.
        seconds: after which it is killed and the test fails.
        check: whether it must end well.
    """
    result = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", head + dedent(text), *arguments],
        capture_output=True,
        text=True,
        timeout=seconds,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if check:
        assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout + ("" if check else result.stderr)
