"""What an import costs, each in a fresh interpreter, beside ``import httpx``."""

from __future__ import annotations

import statistics
import subprocess
import sys

from .table import Row

_ROUNDS = 9
_DECLARE = "from amocrm import Lead, Contact, fields"
_CLIENT = (
    "import amocrm; client = amocrm.AmoCRM('demo', token='t'); from amocrm_gen.api.leads import list_leads"
)


def import_rows() -> list[Row]:
    """Declaring entities, and a client with one operation."""
    base = _cpu("import httpx")
    return [
        Row("import of entities and fields", _cpu(_DECLARE) / base, 0.6, "against import httpx"),
        Row("import, client, one operation", _cpu(_CLIENT) / base, 1.5, "against import httpx"),
    ]


def _cpu(statement: str) -> float:
    script = f"import time; start = time.process_time(); {statement}; print(time.process_time() - start)"
    times = [
        float(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)
        for _ in range(_ROUNDS)
    ]
    return statistics.median(times)
