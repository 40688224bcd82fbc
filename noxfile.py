"""The tests on every Python and with every release of the dependencies that the package declares.

``nox`` runs them on each Python from 3.11 that is installed; ``nox -s lowest newest httpx2`` on other dependencies,
``nox -s generators`` builds with the newest generators.
``make test`` and ``make check`` need none of this.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests"]

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
PROJECT = tomllib.loads((Path(__file__).parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: what the package itself stands on, as it is declared
DECLARED = [
    requirement
    for group in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for requirement in group
    if "sys_platform" not in requirement
]


def install(session: nox.Session) -> None:
    """Install the pinned tools and the package itself, as `make test` does."""
    session.install("--quiet", "--require-hashes", "-r", "requirements/dev.txt")
    session.install("--quiet", "--no-build-isolation", "--no-deps", "-e", ".")


def run(session: nox.Session) -> None:
    """Run the tests that are named after ``--``, or all."""
    session.run("python", "-m", "pytest", *(session.posargs or ["-n", "auto", "--dist", "worksteal"]))


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests with the pinned dependencies."""
    install(session)
    run(session)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest declared version of each dependency."""
    install(session)
    lowest_ones = [re.sub(r">=([\w.]+).*", r"==\1", requirement) for requirement in DECLARED]
    # The SDK, with which the tests look at spans, is of the version of its interface.
    sdks = [each.replace("-api==", "-sdk==") for each in lowest_ones if "-api==" in each]
    session.install("--quiet", *lowest_ones, *sdks)
    run(session)


@nox.session(python=PYTHONS[-2:])
def newest(session: nox.Session) -> None:
    """Run the tests with the newest version of each dependency that the declaration allows."""
    install(session)
    session.install("--quiet", "--upgrade", *DECLARED)
    run(session)


@nox.session(python="3.11")
def httpx2(session: nox.Session) -> None:
    """Run the tests with httpx2, which the client prefers where it is installed."""
    install(session)
    session.install("--quiet", "httpx2")
    run(session)


@nox.session(python="3.11")
def generators(session: nox.Session) -> None:
    """Build with the newest openapi-python-client and datamodel-code-generator and compare with what is committed."""
    install(session)
    session.run("python", "-m", "generator", "check")
    session.install("--quiet", "--upgrade", "openapi-python-client", "datamodel-code-generator")
    session.run("python", "-m", "pip", "list")
    session.run("python", "-m", "generator", "check")
