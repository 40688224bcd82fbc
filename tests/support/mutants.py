"""Random mistakes in the Unit of Work, to see whether the tests notice: `make mutants` (SEED=1 COUNT=100 ONLY='*').

Each mutant is one change of one module in a copy of the project: a comparison swapped, a branch negated, a
statement removed, a constant changed. It meets the tests that run its statement, the fastest first; one of a
statement that runs at import, such as a table, meets the tests that run anything of its module. Mutants of the
async half are those of its sync twin, which is converted from it. Some modules against some tests:

    python -m tests.support.mutants --only '*/history.py' --tests tests/core/orm/test_history.py

What the tests run is recorded first; `--coverage FILE` keeps it for the next run over the same sources and tests.
`--again LOG` takes the mutants that survived or timed out in an earlier run's output, with the tests of now.
"""

from __future__ import annotations

import argparse
import ast
import copy
import hashlib
import json
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
from typing import Any

from coverage.numbits import numbits_to_nums

from .equivalent_mutants import EQUIVALENT

ROOT = Path(__file__).resolve().parents[2]
MODULES = (
    *("src/amocrm/_core/orm/*.py", "src/amocrm/_sync/orm/*.py", "src/amocrm/entities/_*.py"),
    *("src/amocrm/_core/http/retry.py", "src/amocrm/_core/http/failures.py"),
)
TESTS = (
    *("tests/core/orm", "tests/core/http", "tests/entities", "tests/fields"),
    *(
        f"tests/facade/test_{name}.py"
        for name in ("linear", "no_duplicates", "record", "roundtrip", "verify")
    ),
    *("tests/facade/test_worlds.py", "tests/facade/test_upsert_worlds.py"),
    *("tests/shell_sync/orm", "tests/shell_sync/resources", "tests/shell_sync/test_surface.py"),
    *("tests/shell_sync/test_upsert_examples.py", "tests/shell_sync/test_wrong_arguments.py"),
)
#: Seconds for one run of tests over a mutant. One that hangs is noticed; on a busy machine it may only be slow, so it
#: is shown apart.
PATIENCE = 240
#: What a mutant meets that all of these let pass: any order of steps against the model.
LAST = "tests/shell_sync/orm/test_model.py"
_PAIRS = ((ast.Eq, ast.NotEq), (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Is, ast.IsNot), (ast.In, ast.NotIn))
_SWAPS = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_REMOVED = (ast.Expr, ast.AugAssign, ast.Delete, ast.Raise, ast.Continue, ast.Break)
#: Tests of the first of two runs over a mutant.
_AT_ONCE = 150
#: Seconds that the tests of one mutant may take when nothing is changed; those of its own module come first.
_MOST_SECONDS = 60
#: What means nothing when a program runs.
_TYPING = ("TypeVar", "NewType", "ParamSpec", "TypeVarTuple")
_SHOWN_ONLY = ("__repr__", "__str__", "__del__", "drawing")


def mutations(tree: ast.Module) -> Iterator[tuple[ast.AST, str, Any]]:
    """Yield a node, what is done to it, and the node in its place."""
    for node in _code(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPS:
            other = copy.copy(node)
            other.ops = [_SWAPS[type(node.ops[0])](), *node.ops[1:]]
            yield node, "comparison swapped", other
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            other = copy.copy(node)
            other.test = ast.UnaryOp(ast.Not(), node.test)
            yield node, "branch negated", other
        elif isinstance(node, ast.BoolOp):
            yield (
                node,
                "and/or swapped",
                ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values),
            )
        elif isinstance(node, _REMOVED) or (
            isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)
        ):
            yield node, "statement removed", ast.Pass()
        elif isinstance(node, ast.Return) and node.value is not None:
            yield node, "result dropped", ast.Return(ast.Constant(None))
        elif isinstance(node, ast.Constant) and type(node.value) in (bool, int):
            changed = not node.value if isinstance(node.value, bool) else node.value + 1
            yield node, f"constant {node.value} changed to {changed}", ast.Constant(changed)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            yield node, f"constant {node.value!r} emptied", ast.Constant("")


def _code(node: ast.AST, depth: int = 0) -> Iterator[ast.AST]:
    """Walk through what runs: no annotations, messages, docstrings and what is only shown."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "keywords_of_class"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(
                child, ast.JoinedStr | ast.Import | ast.ImportFrom
            ):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(child, ast.FunctionDef) and child.name in _SHOWN_ONLY:
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if depth == 0 and isinstance(child, ast.Assign | ast.AnnAssign) and "__" in ast.dump(child)[:60]:
                continue
            if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) in ("__slots__", "__all__"):
                continue
            if isinstance(child, ast.AnnAssign) and "TypeAlias" in ast.unparse(child.annotation):
                continue
            if isinstance(child, ast.Call) and isinstance(child.func, ast.Name):
                if child.func.id in _TYPING:
                    continue
                if child.func.id == "cast":
                    yield child.args[1]
                    yield from _code(child.args[1], depth + 1)
                    continue
            yield child
            if not isinstance(child, ast.Raise):
                yield from _code(child, depth + 1)


def mutant(text: str, name: str, number: int) -> tuple[str, range | None, int, str]:
    """Return source, lines of the statement (None if it runs at import), line and key of one mutation of a module."""
    tree = ast.parse(text)
    node, what, other = list(mutations(tree))[number]
    lines = _statement(tree, node)

    class Change(ast.NodeTransformer):
        def visit(self, found: ast.AST) -> Any:
            return ast.copy_location(other, node) if found is node else self.generic_visit(found)

    source = ast.unparse(ast.fix_missing_locations(Change().visit(tree)))
    return source, lines, node.lineno, _key(text, name, node, what)  # type: ignore[attr-defined]


def keys(text: str, name: str) -> list[str]:
    """Return the keys of all mutations of a module, in the order of their numbers."""
    return [_key(text, name, node, what) for node, what, _ in mutations(ast.parse(text))]


def _key(text: str, name: str, node: Any, what: str) -> str:
    return f"{name}: {text.splitlines()[node.lineno - 1].strip()}: {what}"


def _statement(tree: ast.AST, node: ast.AST) -> range | None:
    """Return the lines of the innermost statement around a node, without those of its body; None outside functions."""
    found, is_inside = None, False
    for one in ast.walk(tree):  # from the outermost inwards
        if isinstance(one, ast.stmt) and node in ast.walk(one):
            is_inside |= isinstance(found, ast.FunctionDef) and any(one is part for part in found.body)
            found = one
    if found is None or not is_inside:
        return None
    body = getattr(found, "body", None)
    end = body[0].lineno if body else (found.end_lineno or found.lineno) + 1
    return range(found.lineno, max(end, found.lineno + 1))


class Recorder:
    """A plugin of pytest that keeps how long each test takes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Add the time of one phase."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration


def baseline(
    place: Path, tests: list[str], processes: int
) -> tuple[dict[str, float], dict[str, dict[int, list[str]]]]:
    """Run the tests once; return seconds by test, and by module and line the tests that run it."""
    script = (
        "import json, sys, pytest; from tests.support.mutants import Recorder; r = Recorder();"
        "code = pytest.main(sys.argv[1:], plugins=[r]); json.dump(r.seconds, open('seconds.json', 'w')); sys.exit(code)"
    )
    (place / "lines.ini").write_text("[run]\nbranch = false\n")
    cover = ["--cov=amocrm", "--cov-context=test", "--cov-report=", "--cov-config=lines.ini"]
    done = subprocess.run(
        [sys.executable, "-c", script, *tests, "-q", "-m", "not slow", *cover, "-n", str(processes)],
        cwd=place,
        env=_environment(place),
        check=False,
    )
    if done.returncode:
        raise SystemExit("the tests fail without a mutant")
    with sqlite3.connect(place / ".coverage") as data:
        rows = data.execute(
            "select path, context, numbits from line_bits join file on file.id = file_id join context on context.id = context_id"
        ).fetchall()
    lines: dict[str, dict[int, list[str]]] = {}
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
) -> tuple[dict[str, float], dict[str, dict[int, list[str]]]]:
    """Return what `baseline` gives, from the file of an earlier run over the same sources and tests if there is one."""
    sources = sorted(path for part in ("src/amocrm", *tests) for path in _modules(place / part))
    state = hashlib.sha256(b"".join(path.read_bytes() for path in sources) + repr(tests).encode()).hexdigest()
    if kept and kept.exists():
        saved = json.loads(kept.read_text())
        if saved["state"] == state:
            names = list(saved["seconds"])
            return saved["seconds"], {
                module: {int(line): [names[number] for number in met] for line, met in by_line.items()}
                for module, by_line in saved["lines"].items()
            }
    seconds, lines = baseline(place, tests, processes)
    if kept:
        number_of = {name: number for number, name in enumerate(seconds)}
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
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:randomly"]
    try:
        for part in (tests[:_AT_ONCE], tests[_AT_ONCE:], last if tests else []):
            if not part:
                continue
            done = subprocess.run(
                [*command, *part],
                cwd=place,
                env=_environment(place),
                timeout=PATIENCE,
                capture_output=True,
                check=False,
            )
            if done.returncode:
                return "noticed"
    except subprocess.TimeoutExpired:
        return "timed out"
    finally:
        _write(place / module, original)
    return "survived"


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
        self.places.put(place)

    def tests_of(self, module: str, statement: range | None) -> list[str]:
        """Return the tests that run a statement: those of its module first, then the fastest."""
        by_line = self.lines.get(module, {})
        met = {test for at in statement or by_line for test in by_line.get(at, []) if test in self.seconds}
        own = f"/test_{Path(module).stem.strip('_')}.py::"
        tests = sorted(met, key=lambda test: (own not in test, self.seconds[test]))
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
