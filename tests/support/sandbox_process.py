"""The sandbox as a process of its own, so that its work is not counted as ours."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def sandbox(*arguments: str) -> Iterator[dict[str, Any]]:
    """A sandbox on a free loopback port; yields its address and keys."""
    command = [sys.executable, "-m", "amocrm_sandbox", "--port", "0", "--json", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()
