"""``python -m generator build | check | coverage | lint | root``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .async_to_sync import ConversionError
from .lint import lint
from .published import FIXTURES
from .root_file import write_root
from .source import SpecError

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code, 0 if everything is in order, else 1."""
    parser = argparse.ArgumentParser(prog="python -m generator", description=__doc__)
    parser.add_argument("command", choices=["build", "check", "coverage", "lint", "root"])
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository (default: this one)")
    args = parser.parse_args(arguments)
    repository: Path = args.root
    try:
        if args.command == "root":
            print("spec/amocrm.yaml: " + ("rewritten" if write_root(repository / "spec") else "current"))
            return 0
        if args.command == "lint":
            fixtures = repository / FIXTURES
            problems = lint(repository / "spec", fixtures if fixtures.is_dir() else None)
            for problem in problems:
                print(problem)
            print(
                f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
                if problems
                else "the description is in order",
                file=sys.stderr,
            )
            return 1 if problems else 0
        check = args.command == "check"
        failed = 0 if args.command == "coverage" else _build(repository, check=check)
        return max(failed, _coverage(repository, check=check))
    except (SpecError, ConversionError) as error:
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


def _coverage(repository: Path, *, check: bool) -> int:
    """Write or compare the table of operations, if the repository has a list of operations."""
    from .coverage import LIST, PAGE, coverage_page

    if not (repository / LIST).is_file():
        return 0
    text, page = coverage_page(repository), repository / PAGE
    if page.is_file() and page.read_text(encoding="utf-8") == text:
        print(f"{PAGE} is current")
    elif check:
        print(f"{PAGE}: differs\nrun python -m generator coverage", file=sys.stderr)
        return 1
    else:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
        print(f"{PAGE}: rewritten")
    return 0


if __name__ == "__main__":
    sys.exit(main())
