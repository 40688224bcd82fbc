"""CPU time of imports, each in a fresh interpreter, compared with ``import httpx``.

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
_MAKE = "import amocrm; client = amocrm.AmoCRM('demo', token='t')"
_ONE = "from amocrm_gen.api.leads import list_leads"
_CLIENT = f"{_MAKE}; {_ONE}"
_EVERY = (
    "import amocrm_gen.api, importlib, pkgutil; "
    "[importlib.import_module('amocrm_gen.api.' + each.name) for each in pkgutil.iter_modules(amocrm_gen.api.__path__)]"
)
_SCRIPT = """
import sys, time
sys.modules.update(click=None, rich=None)
{}
start = time.process_time()
{}
print(time.process_time() - start)
"""


def import_rows() -> list[Row]:
    """Measure declaring entities, a client with one operation, and operations next to an existing client."""
    statements = (("", _BASE), ("", _DECLARE), ("", _CLIENT), (_MAKE, _ONE), (_MAKE, _EVERY))
    times: dict[tuple[str, str], list[float]] = {each: [] for each in statements}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(_ROUNDS + 1):
            for each in statements:  # in turn: load on the machine hits all of them
                seconds = _cpu(*each, folder)
                if number:  # the first round fills the cache
                    times[each].append(seconds)
    # The minimum of the rounds: other load can only add time.
    base, declare, client, one, every = (min(times[each]) for each in statements)
    return [
        Row("import of entities and fields", declare / base, 0.6, "against import httpx"),
        Row("import, client, one operation", client / base, 1.5, "against import httpx"),
        Row("import of one operation", one * 1e3, 1.0, "beside a client that is there", "ms"),
        Row("import of every operation", every * 1e3, 10.0, "beside a client that is there", "ms"),
    ]


def _cpu(before: str, statement: str, folder: str) -> float:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", _SCRIPT.format(before, statement)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout)
