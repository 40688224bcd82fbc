"""One environment for each client, because several of them install a package of the same name."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CLIENTS", "DRIVERS", "Client", "Missing", "install"]

SCRIPTS = Path(__file__).parent / "clients"


class Missing(Exception):
    """A client cannot be run here; the message says why."""


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


#: Clients that are driven over all that they offer (`tests.interop.calls`).
DRIVERS = {
    client.name: client
    for client in (
        Client("php", "amocrm/amocrm-api-library", "1.16.0", "drive_php.php"),
        Client("shevernitskiy-amo", "@shevernitskiy/amo", "0.1.12", "drive_shevernitskiy_amo.cjs"),
        Client("amocrm-js", "amocrm-js", "3.6.0", "drive_amocrm_js.cjs"),
        Client("amotop", "@mobilon-dev/amotop", "0.1.47", "drive_amotop.cjs"),
        Client("amocrm-ruby", "amocrm", "0.6.1", "drive_amocrm.rb"),
        Client("amocrm-api-wrapper", "amocrm-api-wrapper", "0.0.20", "drive_amocrm_api_wrapper.py"),
    )
}


def install(client: Client, folder: Path, at: Path | None = None) -> tuple[list[str], dict[str, str]]:
    """Make the environment of a client when it is missing.

    Args:
        client: The client.
        folder: Where environments are kept, one folder below it for each.
        at: Folder in which a PHP library (with `vendor/autoload.php`) or a Ruby one (with `lib`) lies already, for
            machines that do not reach the package index.

    Returns:
        The command that runs its script, without the script, and what its process needs to find the package.

    Raises:
        Missing: Its language or its package is not to be had here.
    """
    home = folder / client.name
    home.mkdir(parents=True, exist_ok=True)
    suffix = client.path.suffix
    program = {".php": "php", ".rb": "ruby", ".cjs": "node", ".py": sys.executable}[suffix]
    if shutil.which(program) is None:
        raise Missing(f"there is no {program}")
    done = home / "installed"
    wanted = f"{client.package} {client.version}"
    if at is None and not (done.is_file() and done.read_text() == wanted):
        _install(client, home)
        done.write_text(wanted)
    found = at or home
    if suffix == ".php":
        return ["php"], {"INTEROP_AUTOLOAD": str(found / "vendor" / "autoload.php")}
    if suffix == ".rb":
        return ["ruby", "-I", str(found / "lib")], {} if at else {"GEM_HOME": str(home)}
    if suffix == ".cjs":
        return ["node"], {"NODE_PATH": str(found / "node_modules")}
    return [str(_python(home))], {}


def _install(client: Client, home: Path) -> None:
    suffix = client.path.suffix
    if suffix == ".py":
        _quietly(sys.executable, "-m", "venv", home)
        _quietly(_python(home), "-m", "pip", "install", "--quiet", f"{client.package}=={client.version}")
    elif suffix == ".cjs":
        package = f"{client.package}@{client.version}"
        _quietly("npm", "install", "--no-audit", "--no-fund", "--prefix", home, package)
    elif suffix == ".php":
        require = ("require", "--quiet", "--no-interaction", "--prefer-dist", f"--working-dir={home}")
        _quietly("composer", *require, f"{client.package}:{client.version}")
    else:
        gem = ("install", "--quiet", "--no-document", "--install-dir", home, "--version", client.version)
        _quietly("gem", *gem, client.package)


def _python(home: Path) -> Path:
    windows = home / "Scripts" / "python.exe"
    return windows if windows.exists() else home / "bin" / "python"


def _quietly(*command: str | Path) -> None:
    words = [str(part) for part in command]
    if shutil.which(words[0]) is None:
        raise Missing(f"there is no {words[0]}")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["failed"]
        raise Missing(f"{' '.join(words)}: {said[-1]}")
