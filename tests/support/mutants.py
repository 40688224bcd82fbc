"""Random mistakes in the Unit of Work, to see whether the tests notice: `make mutants` (SEED=1 COUNT=100 ONLY='*').

Each mutant is one change of one module in a copy of the project: a comparison swapped, a branch negated, a
statement removed, a constant changed. It meets the tests that run its statement, the fastest first; one of a
statement that runs at import, such as a table, meets the tests that run anything of its module. Mutants of the
async half are those of its sync twin, which is converted from it. Some modules against some tests:

    python -m tests.support.mutants --only '*/history.py' --tests tests/core/orm/test_history.py

What the tests run is recorded first; `--coverage FILE` (COVERAGE=FILE) keeps it for the next run over the same sources and tests.
`--again LOG` (AGAIN=LOG) takes the mutants that survived or timed out in an earlier run's output, with the tests of now.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from queue import Queue
from typing import Any, TypeAlias

import pytest
from coverage.numbits import numbits_to_nums

from ..test_mirror import elsewhere, mirrored
from .equivalent_mutants import EQUIVALENT
from .mutations import keys, mutant

ROOT = Path(__file__).resolve().parents[2]
MODULES = (
    *("src/amocrm/_core/orm/*.py", "src/amocrm/_sync/orm/*.py", "src/amocrm/entities/_*.py"),
    *("src/amocrm/_core/http/retry.py", "src/amocrm/_core/http/failures.py"),
)
TESTS = (
    *("tests/core/orm", "tests/core/http", "tests/entities", "tests/fields"),
    *(f"tests/facade/test_{name}.py" for name in ("linear", "no_duplicates", "roundtrip", "verify")),
    *("tests/facade/test_worlds.py", "tests/facade/test_upsert_worlds.py"),
    *("tests/shell_sync/orm", "tests/shell_sync/resources", "tests/shell_sync/test_surface.py"),
    *("tests/shell_sync/test_upsert_examples.py", "tests/shell_sync/test_wrong_arguments.py"),
)
#: Seconds for one run of tests over a mutant. One that hangs is noticed; on a busy machine it may only be slow, so it
#: is shown apart.
PATIENCE = 240
#: What a mutant meets that all of these let pass: any order of steps against the model.
LAST = "tests/shell_sync/orm/test_model.py"
#: Tests of the first of two runs over a mutant.
_AT_ONCE = 150
#: Seconds that the tests of one mutant may take when nothing is changed; those of its own module come first.
_MOST_SECONDS = 60
#: A process that is forked for each run of tests: importing pytest and its plugins takes longer than most runs.
_WARM = multiprocessing.get_context("forkserver")
#: By module and line the tests that run it.
Lines: TypeAlias = dict[str, dict[int, list[str]]]


class Recorder:
    """A plugin of pytest that keeps how long each test takes, without those that fail."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Add the time of one phase."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write the times, where this is not a worker of pytest-xdist."""
        kept = {test: seconds for test, seconds in self.seconds.items() if test not in self.failed}
        Path("seconds.json").write_text(json.dumps(kept))


def baseline(place: Path, tests: list[str], processes: int) -> tuple[dict[str, float], Lines]:
    """Run the tests once; return seconds by test, and by module and line the tests that run it."""
    script = (
        "import sys, pytest; from tests.support.mutants import Recorder;"
        "sys.exit(pytest.main(sys.argv[1:], plugins=[Recorder()]))"
    )
    (place / "lines.ini").write_text("[run]\nbranch = false\n")
    cover = ["--cov=amocrm", "--cov-context=test", "--cov-report=", "--cov-config=lines.ini"]
    done = subprocess.run(
        [sys.executable, "-c", script, *tests, "-q", "-m", "not slow", *cover, "-n", str(processes)],
        cwd=place,
        env=_environment(place),
        check=False,
    )
    # A test that fails without a mutant, such as one of time on a busy machine, is left out.
    if done.returncode > 1 or not json.loads((place / "seconds.json").read_text()):
        raise SystemExit("the tests do not run without a mutant")
    with sqlite3.connect(place / ".coverage") as data:
        rows = data.execute(
            "select path, context, numbits from line_bits join file on file.id = file_id join context on context.id = context_id"
        ).fetchall()
    lines: Lines = {}
    for path, context, bits in rows:
        test = sys.intern(context.partition("|")[0])
        by_line = lines.setdefault(Path(path).relative_to(place).as_posix(), {})
        for line in numbits_to_nums(bits):
            by_line.setdefault(line, []).append(test)
    return json.loads((place / "seconds.json").read_text()), lines


def _environment(place: Path) -> dict[str, str]:
    # Options of whoever calls, such as those of pytest-xdist, would change what runs and in which order.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {
        **own,
        "PYTHONPATH": str(place / "src"),
        "MODEL_RUNS": "30",
    }


def recorded(
    place: Path, tests: list[str], processes: int, kept: Path | None
) -> tuple[dict[str, float], Lines]:
    """Return what `baseline` gives, from the file of an earlier run over the same sources and tests if there is one."""
    sources = sorted(path for part in ("src/amocrm", *tests) for path in _modules(place / part))
    state = hashlib.sha256(b"".join(path.read_bytes() for path in sources) + repr(tests).encode()).hexdigest()
    if kept and kept.exists():
        saved = json.loads(kept.read_text())
        if saved["state"] == state:
            names = [*saved["seconds"], ""]
            return saved["seconds"], {
                module: {int(line): [names[number] for number in met] for line, met in by_line.items()}
                for module, by_line in saved["lines"].items()
            }
    seconds, lines = baseline(place, tests, processes)
    if kept:
        number_of = {name: number for number, name in enumerate(seconds)} | {"": -1}
        numbers = {
            module: {line: [number_of[test] for test in met if test in number_of] for line, met in of.items()}
            for module, of in lines.items()
        }
        kept.write_text(json.dumps({"state": state, "seconds": seconds, "lines": numbers}))
    return seconds, lines


def _modules(path: Path) -> Iterator[Path]:
    return path.rglob("*.py") if path.is_dir() else iter([path])


def verdict(place: Path, module: str, source: str, tests: list[str], last: list[str]) -> str:
    """Return `survived` if no test fails with this source in the place of a module, else `noticed` or `timed out`."""
    original = (place / module).read_text(encoding="utf-8")
    _write(place / module, source)
    try:
        for part in (tests[:_AT_ONCE], [*tests[_AT_ONCE:], *(last if tests else [])]):
            if not part:
                continue
            process = _WARM.Process(target=_run_tests, args=(place, part))
            process.start()
            process.join(PATIENCE)
            if process.is_alive():
                process.kill()
                process.join()
                return "timed out"
            if process.exitcode:
                return "noticed"
    finally:
        _write(place / module, original)
    return "survived"


def _run_tests(place: Path, tests: list[str]) -> None:
    """Run tests in a process that has imported what they use and nothing of the project."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]  # those of the place are meant
    os.chdir(place)
    environment = _environment(place)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [str(place), str(place / "src")]
    sys.dont_write_bytecode = False  # whatever the caller says, the copies are used many times
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        # Plugins that were imported before have no rewritten assertions.
        quiet = ["-q", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
        sys.exit(pytest.main(["-x", *quiet, "-p", "no:randomly", *tests]))


def _write(path: Path, source: str) -> None:
    path.write_text(source, encoding="utf-8")
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):
        compiled.unlink()  # its date has seconds only, which may be those of the text before


def survivors(log: str) -> set[tuple[str, str]]:
    """Return module and key of the mutants that an earlier run's output shows as not noticed in time."""
    rows = re.findall(r"^(?:survived|timed out): (\S+?):\d+ (.*) \(\d+ tests\)$", log, re.MULTILINE)
    return {(module, key) for module, key in rows}


class Run:
    """Mutants of one copy of the project, what its tests run, and the copies in which they are tried."""

    def __init__(self, folder: Path, given: argparse.Namespace) -> None:
        self.places: Queue[Path] = Queue()
        ignored = shutil.ignore_patterns(".git", ".venv", "dist", "build", "__pycache__", ".*_cache")
        for number in range(given.processes):
            self.places.put(Path(shutil.copytree(ROOT, folder / str(number), ignore=ignored)))
        # From here on the project may change: the copies stay.
        place = self.places.get()
        self.texts = {
            path.relative_to(place).as_posix(): path.read_text(encoding="utf-8")
            for pattern in MODULES
            for path in sorted(place.glob(pattern))
            if path.name != "__init__.py" and fnmatch(path.relative_to(place).as_posix(), given.only)
        }
        self.last = [] if given.tests else [LAST]
        again = survivors(given.again.read_text()) if given.again else None
        self.every = [
            (module, number)
            for module in sorted(self.texts)
            for number, key in enumerate(keys(self.texts[module], Path(module).name))
            if again is None or (module, key) in again
        ]
        self.seconds, self.lines = recorded(place, given.tests or [*TESTS], given.processes, given.coverage)
        module = next(iter(self.texts))
        if verdict(place, module, self.texts[module], list(self.seconds)[:20], []) != "survived":
            raise SystemExit("the tests do not pass without a mutant")
        self.places.put(place)

    def tests_of(self, module: str, statement: range | None) -> list[str]:
        """Return the tests that run a statement: those of its module first, then the fastest.

        A statement that runs at import meets the tests that run anything of its module.
        """
        by_line = self.lines.get(module, {})
        met = {test for at in statement or by_line for test in by_line.get(at, [])}
        if "" in met:
            met = {test for known in by_line.values() for test in known}
        written = module.replace("/_sync/", "/_async/")
        own = "tests/" + elsewhere().get(written, (mirrored(written), None))[0].replace("_async/", "_sync/")
        tests = sorted(met & self.seconds.keys(), key=lambda test: (own not in test, self.seconds[test]))
        total = 0.0
        for place, test in enumerate(tests):
            total += self.seconds[test]
            if total > _MOST_SECONDS:
                return tests[:place]
        return tests

    def judge(self, job: tuple[str, int]) -> tuple[str, str]:
        """Return the verdict on one mutant, and what to print of it."""
        module = job[0]
        source, statement, line, key = mutant(self.texts[module], Path(module).name, job[1])
        if key in EQUIVALENT:
            return "equivalent", key
        tests = self.tests_of(module, statement)
        place = self.places.get()
        try:
            outcome = verdict(place, module, source, tests, self.last)
        finally:
            self.places.put(place)
        return outcome, f"{module}:{line} {key} ({len(tests)} tests)"


def main() -> int:
    """Run the mutants, print the survivors; return 1 if too many were not noticed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="*", help="pattern of the paths of modules")
    parser.add_argument("--tests", nargs="+", help="the only tests that are run")
    parser.add_argument("--coverage", type=Path, help="file that keeps which test runs which line")
    parser.add_argument(
        "--again", type=Path, help="output of an earlier run, whose survivors are the only mutants"
    )
    given = parser.parse_args()
    found: dict[str, list[str]] = {"noticed": [], "timed out": [], "survived": [], "equivalent": []}
    _WARM.set_forkserver_preload(["pytest", "hypothesis", "httpx", "msgspec", "trio", "anyio.pytest_plugin"])
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.processes) as pool:
        run = Run(Path(folder).resolve(), given)
        chosen = random.Random(given.seed).sample(run.every, min(given.count, len(run.every)))
        for outcome, text in pool.map(run.judge, chosen):
            found[outcome].append(text)
            print(f"{outcome}: {text}", flush=True)
    counts = {outcome: len(texts) for outcome, texts in found.items()}
    print(
        f"{len(chosen)} of {len(run.every)} mutants:", ", ".join(f"{n} {word}" for word, n in counts.items())
    )
    noticed = counts["noticed"] + counts["timed out"]
    return int(noticed < 0.9 * (noticed + counts["survived"]))


if __name__ == "__main__":
    sys.exit(main())
