"""What an import costs, each in a fresh interpreter, beside ``import httpx``.

In a development environment httpx finds click and rich and imports them for its command line, which an
application does not have: they are kept out on both sides. Both sides run from cached bytecode.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from .table import Row

_ROUNDS = 11
_BASE = "import httpx"
_DECLARE = "from amocrm import Lead, Contact, fields"
_CLIENT = (
    "import amocrm; client = amocrm.AmoCRM('demo', token='t'); from amocrm_gen.api.leads import list_leads"
)
_SCRIPT = """
import sys, time
sys.modules.update(click=None, rich=None)
start = time.process_time()
{}
print(time.process_time() - start)
"""


def import_rows() -> list[Row]:
    """Declaring entities, and a client with one operation."""
    statements = (_BASE, _DECLARE, _CLIENT)
    times: dict[str, list[float]] = {each: [] for each in statements}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(_ROUNDS + 1):
            for each in statements:  # in turn, so that a busy machine is busy for all of them
                seconds = _cpu(each, folder)
                if number:  # the first round fills the cache
                    times[each].append(seconds)
    # The least of the rounds: whatever else the machine does only ever adds.
    base, declare, client = (min(times[each]) for each in statements)
    return [
        Row("import of entities and fields", declare / base, 0.6, "against import httpx"),
        Row("import, client, one operation", client / base, 1.5, "against import httpx"),
    ]


def _cpu(statement: str, folder: str) -> float:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", _SCRIPT.format(statement)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout)
