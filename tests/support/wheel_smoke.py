"""The built wheel in an environment of its own: ``python -m tests.support.wheel_smoke dist``.

The first program of the README runs on it, against the sandbox that the wheel brings; nothing of the
repository can be imported there.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import venv
from pathlib import Path

__all__ = ["program", "smoke"]

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BEFORE = """
import sys
import amocrm, amocrm_gen, amocrm_sandbox
from amocrm import AmoCRM, Lead, fields
for package in (amocrm, amocrm_gen, amocrm_sandbox):
    assert package.__file__.startswith(sys.prefix), package.__file__
server = amocrm_sandbox.SandboxServer(limits=False).start()
with AmoCRM("demo", token=server.sandbox.token, base_url=server.url) as first:
    city = fields.Definition(name="City", type="select", options=["Kazan", "Perm"])
    first.fields.create(Lead, [city, fields.Definition(name="Due", type="date")])
"""
_AFTER = """
crm.close()
(lead,) = server.sandbox.get("/api/v4/leads").json()["_embedded"]["leads"]
assert lead["price"] == 50_000, lead
server.stop()
"""


def program(readme: str) -> str:
    """Return the README's first program, made to run against a sandbox of its own."""
    block = _BLOCK.findall(readme)[0]
    account = '"mycompany", token="…"'
    if account not in block:
        raise ValueError(f"the first program of the README must make a client with {account}")
    return (
        _BEFORE + block.replace(account, '"demo", token=server.sandbox.token, base_url=server.url') + _AFTER
    )


def smoke(dist: Path) -> None:
    """Install the only wheel of a folder, with the sandbox, and run the program; raise when it fails."""
    (wheel,) = dist.resolve().glob("*.whl")
    with tempfile.TemporaryDirectory(prefix="amocrm-wheel-") as folder:
        place = Path(folder)
        venv.create(place / "venv", with_pip=True)
        python = next(path for path in (place / "venv").glob("*/python*") if path.stem == "python")
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{wheel}[sandbox]"]
        subprocess.run([python, *install], check=True, cwd=place)
        script = place / "readme.py"
        script.write_text(program((ROOT / "README.md").read_text(encoding="utf-8")), encoding="utf-8")
        subprocess.run([python, "-I", "-W", "error", script], check=True, cwd=place)
        subprocess.run(
            [python, "-I", "-m", "amocrm", "--help"], check=True, cwd=place, stdout=subprocess.DEVNULL
        )
    print(f"{wheel.name}: the first program of the README ran in an environment of its own")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dist", type=Path, help="the folder with the wheel")
    smoke(parser.parse_args().dist)
