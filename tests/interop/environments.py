"""One environment for each client, because several of them install a package of the same name."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CLIENTS", "Client", "install"]

SCRIPTS = Path(__file__).parent / "clients"


@dataclass(frozen=True)
class Client:
    """One client.

    Attributes:
        name: What it is called on the command line; also its folder.
        package: What the package index calls it.
        version: The version that is shown to run.
        script: Its file in `clients/`.
    """

    name: str
    package: str
    version: str
    script: str

    @property
    def is_node(self) -> bool:
        """Whether it runs in node."""
        return self.script.endswith(".cjs")

    @property
    def path(self) -> Path:
        """Its script."""
        return SCRIPTS / self.script

    @property
    def address_lines(self) -> list[str]:
        """The lines of the script that say where the server is; they end with the comment `address`."""
        found = (
            re.fullmatch(r"\s*(.*?),?\s*(?:#|//) address", line)
            for line in self.path.read_text().splitlines()
        )
        return [match[1] for match in found if match]


CLIENTS = {
    client.name: client
    for client in (
        Client("aioamocrm", "aioamocrm", "0.1.1", "run_aioamocrm.py"),
        Client("amochka", "amochka", "0.7.0", "run_amochka.py"),
        Client("amocrm-sdk", "amocrm-sdk", "0.4.0", "run_amocrm_sdk.py"),
        Client("amocrm-api-wrapper", "amocrm-api-wrapper", "0.0.20", "run_amocrm_api_wrapper.py"),
        Client("amocrm-api", "amocrm-api", "2.6.1", "run_amocrm_api.py"),
        Client("shevernitskiy-amo", "@shevernitskiy/amo", "0.1.12", "run_shevernitskiy_amo.cjs"),
    )
}


def install(client: Client, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Make the environment of a client when it is missing.

    Args:
        client: The client.
        folder: Where environments are kept, one folder below it for each.

    Returns:
        The command that runs its script, without the script, and what its process needs to find the package.
    """
    home = folder / client.name
    done = home / "installed"
    wanted = f"{client.package} {client.version}"
    is_there = done.is_file() and done.read_text() == wanted
    home.mkdir(parents=True, exist_ok=True)
    if client.is_node:
        if not is_there:
            _quietly(
                "npm",
                "install",
                "--no-audit",
                "--no-fund",
                "--prefix",
                home,
                f"{client.package}@{client.version}",
            )
    elif not is_there:
        _quietly(sys.executable, "-m", "venv", home)
        _quietly(_python(home), "-m", "pip", "install", "--quiet", f"{client.package}=={client.version}")
    done.write_text(wanted)
    if client.is_node:
        return ["node"], {"NODE_PATH": str(home / "node_modules")}
    return [str(_python(home))], {}


def _python(home: Path) -> Path:
    windows = home / "Scripts" / "python.exe"
    return windows if windows.exists() else home / "bin" / "python"


def _quietly(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(str(part) for part in command)}\n{done.stdout}{done.stderr}")
