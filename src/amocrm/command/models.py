"""Command ``amocrm models``: write typed classes for the custom fields of an account into a Python file."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import AmoCRMError, APIError
from .account import add_options, client_of
from .source import source_of

if TYPE_CHECKING:
    from .._sync.client import AmoCRM
    from ..entities._base import Entity
    from ..fields import Definitions

__all__ = ["main", "read"]

_KINDS: Final = ("leads", "contacts", "companies", "customers")


def read(crm: AmoCRM, kinds: Sequence[str] = _KINDS) -> tuple[str, list[str]]:
    """Return the source of the models of an account, and sentences about what was left out.

    Args:
        crm: client of the account; at most two requests per 250 fields of an entity.
        kinds: entities to write classes for.

    Raises:
        AmoCRMError: the definitions of an entity other than customers could not be read.
    """
    from ..entities._kinds import entity_class

    owners: list[tuple[type[Entity], Definitions]] = []
    left_out = []
    for kind in kinds:
        try:
            owners.append((entity_class(kind), crm.fields.list(kind)))
        except APIError as error:
            if kind != "customers":
                raise
            left_out.append(f"customers are left out, they may be disabled in this account: {error}")
    return source_of(crm.account_host, owners), left_out


def main(arguments: Sequence[str]) -> int:
    """Write the models, or compare them with a file, and return the exit code."""
    parser = argparse.ArgumentParser(prog="amocrm models", description=__doc__)
    add_options(parser)
    parser.add_argument("-o", "--output", type=Path, help="file to write (default: standard output)")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail if the file differs from the account",
    )
    parser.add_argument(
        "--entities", default=",".join(_KINDS), help="entities, separated by commas (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    kinds = [kind for kind in options.entities.split(",") if kind]
    if unknown := [kind for kind in kinds if kind not in _KINDS]:
        parser.error(f"--entities must be of {', '.join(_KINDS)}, got {', '.join(unknown)}")
    if options.check and options.output is None:
        parser.error("--check must have a file to compare with, got none; write -o FILE")
    try:
        with client_of(options) as crm:
            source, left_out = read(crm, kinds)
    except AmoCRMError as error:
        print(f"amocrm models: {error}", file=sys.stderr)
        return 2
    for line in left_out:
        print(f"amocrm models: {line}", file=sys.stderr)
    if options.check:
        return _compare(options.output, source)
    if options.output is None:
        sys.stdout.write(source)
    else:
        options.output.write_text(source, encoding="utf-8")
        print(f"{options.output}: written")
    return 0


def _compare(path: Path, source: str) -> int:
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    if written == source:
        print(f"{path}: current")
        return 0
    lines = difflib.unified_diff(
        written.splitlines(keepends=True), source.splitlines(keepends=True), str(path), "the account"
    )
    sys.stdout.writelines(lines)
    return 1
