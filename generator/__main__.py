"""``python -m generator build | check | lint | root``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .desync import DesyncError
from .lint import lint
from .root import write_root
from .source import SpecError

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; the exit code is 0 when everything is in order, else 1."""
    parser = argparse.ArgumentParser(prog="python -m generator", description=__doc__)
    parser.add_argument("command", choices=["build", "check", "lint", "root"])
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository (default: this one)")
    given = parser.parse_args(arguments)
    repository: Path = given.root
    try:
        if given.command == "root":
            print("spec/amocrm.yaml: " + ("rewritten" if write_root(repository / "spec") else "current"))
            return 0
        if given.command == "lint":
            problems = lint(repository / "spec")
            for problem in problems:
                print(problem)
            print(f"{len(problems)} problems" if problems else "the description is in order", file=sys.stderr)
            return 1 if problems else 0
        return _build(repository, check=given.command == "check")
    except (SpecError, DesyncError) as error:
        print(error)
        return 1


def _build(repository: Path, *, check: bool) -> int:
    # Imported here: the two generators are slow to load, and lint does not need them.
    from .build import differences, outputs, write

    texts = outputs(repository)
    if check:
        lines = list(differences(repository, texts))
        print("\n".join(lines) if lines else f"{len(texts)} generated files are current")
        if lines:
            print("stale or edited by hand: run python -m generator build", file=sys.stderr)
        return 1 if lines else 0
    changed = write(repository, texts)
    print(f"{len(texts)} generated files, {len(changed)} of them changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
