"""The published description in other people's tools: ``python -m tests.interop.openapi_tools [FOLDER]``.

Validates it, makes types for TypeScript, a Postman collection and a reference as one HTML page from it, and lets a
client on these types call the sandbox. It needs node 20 or later with npm, and the index that npm is configured for;
where node is missing it says so and ends well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from amocrm_sandbox import SandboxServer

__all__ = ["main", "missing_node"]

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "spec/dist/amocrm.openapi.json"
SOURCES = Path(__file__).parent / "openapi"
_OLDEST = 20


def missing_node() -> str | None:
    """Return why node cannot be used, or None."""
    if shutil.which("npm") is None or (node := shutil.which("node")) is None:
        return "node and npm are not installed"
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    major = int(found.removeprefix("v").partition(".")[0])
    return None if major >= _OLDEST else f"node {_OLDEST} or later is needed, got {found}"


def main(arguments: list[str] | None = None) -> int:
    """Run all tools; the exit code is 1 when one of them refuses the description or warns of it."""
    given = sys.argv[1:] if arguments is None else arguments
    folder = Path(given[0] if given else ROOT / "build/openapi").resolve()
    subprocess.run([sys.executable, "-m", "openapi_spec_validator", DOCUMENT], check=True)
    reason = missing_node()
    if reason is not None:
        print(f"skipped: {reason}; redocly, spectral, TypeScript, Postman and the reference were not tried")
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    for source in SOURCES.iterdir():
        shutil.copy2(source, folder)
    shutil.copy2(DOCUMENT, folder / "amocrm.openapi.json")
    try:
        run(folder, "npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
        make(folder)
        smoke(folder)
    except subprocess.CalledProcessError as error:
        print(f"failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    print(f"{folder}: amocrm.d.ts, amocrm.postman_collection.json, reference.html")
    return 0


def make(folder: Path) -> None:
    """Validate the document and make everything from it."""
    document = "amocrm.openapi.json"
    run(folder, "npx", "redocly", "lint", "--max-problems=20", document, refused="You have ")
    run(folder, "npx", "spectral", "lint", "--ruleset=spectral.yaml", "--fail-severity=warn", document)
    run(folder, "npx", "openapi-typescript", document, "--output=amocrm.d.ts")
    run(folder, "npx", "openapi2postmanv2", "-s", document, "-o", "amocrm.postman_collection.json")
    run(folder, "npx", "redocly", "build-docs", document, "--output=reference.html")


def smoke(folder: Path) -> None:
    """Compile the client strictly and let it call the sandbox."""
    options = (
        "--strict",
        "--module",
        "nodenext",
        "--target",
        "es2022",
        "--lib",
        "es2022,dom",
        "--skipLibCheck",
    )
    run(folder, "npx", "tsc", *options, "smoke.ts")
    with SandboxServer(api_filter=True) as server:
        run(folder, "node", "smoke.js", AMOCRM_BASE_URL=server.url, AMOCRM_TOKEN=server.sandbox.token)


def run(folder: Path, *command: str, refused: str | None = None, **environment: str) -> None:
    """Run one tool and show what it says.

    Raises:
        subprocess.CalledProcessError: it fails, or it says the words ``refused``.
    """
    print("$", *command, flush=True)
    found = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "REDOCLY_TELEMETRY": "off", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = "\n".join(line for line in found.stdout.splitlines() if line.strip() and "│" not in line)
    print(said[-4000:], flush=True)
    warned = refused is not None and refused in said
    if found.returncode or warned:
        raise subprocess.CalledProcessError(found.returncode or 1, command)


if __name__ == "__main__":
    sys.exit(main())
