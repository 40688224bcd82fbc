"""Random mistakes in the Unit of Work, to see whether the tests notice: `make mutants` (SEED=1 COUNT=100 ONLY='*').

Each mutant is one change of one module in a copy of the project: a comparison swapped, a branch negated, a
statement removed, a constant changed. It meets the tests that run its statement, the fastest first; one of a
statement that runs at import, such as a table, meets the tests that run anything of its module. Mutants of the
async half are those of its sync twin, which is converted from it. Some modules against some tests:

    python -m tests.support.mutants --only '*/history.py' --tests tests/core/orm/test_history.py
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import os
import random
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
    *("tests/core/orm", "tests/core/http", "tests/entities", "tests/fields", "tests/facade/test_worlds.py"),
    "tests/shell_sync/orm",
)
#: Seconds for the tests of one mutant; one that hangs is noticed.
PATIENCE = 240
#: What a mutant meets that all of these let pass: any order of steps against the model.
LAST = "tests/shell_sync/orm/test_model.py"
_PAIRS = ((ast.Eq, ast.NotEq), (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Is, ast.IsNot), (ast.In, ast.NotIn))
_SWAPS = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_REMOVED = (ast.Expr, ast.AugAssign, ast.Delete, ast.Raise, ast.Continue, ast.Break)
#: Highest number of tests that a mutant of import time meets.
_MOST_TESTS = 300
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
    line: int = node.lineno  # type: ignore[attr-defined]
    lines = _statement(tree, node)

    class Change(ast.NodeTransformer):
        def visit(self, found: ast.AST) -> Any:
            return ast.copy_location(other, node) if found is node else self.generic_visit(found)

    source = ast.unparse(ast.fix_missing_locations(Change().visit(tree)))
    shown = text.splitlines()[line - 1].strip()
    return source, lines, line, f"{name}: {shown}: {what}"


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


def baseline(place: Path, tests: list[str]) -> tuple[dict[str, float], dict[str, dict[int, list[str]]]]:
    """Run the tests once; return seconds by test, and by module and line the tests that run it."""
    script = (
        "import json, sys, pytest; from tests.support.mutants import Recorder; r = Recorder();"
        "code = pytest.main(sys.argv[1:], plugins=[r]); json.dump(r.seconds, open('seconds.json', 'w')); sys.exit(code)"
    )
    cover = ["--cov=amocrm", "--cov-context=test", "--cov-report="]
    done = subprocess.run(
        [sys.executable, "-c", script, *tests, "-m", "not slow", *cover],
        cwd=place,
        env=_environment(place),
        check=False,
    )
    if done.returncode:
        raise SystemExit("the tests fail without a mutant")
    with sqlite3.connect(max(place.glob(".coverage*"), key=lambda path: path.stat().st_size)) as data:
        rows = data.execute(
            "select path, context, numbits from line_bits join file on file.id = file_id join context on context.id = context_id"
        ).fetchall() or _arcs(data)
    lines: dict[str, dict[int, list[str]]] = {}
    for path, context, bits in rows:
        test = context.partition("|")[0]
        for line in numbits_to_nums(bits) if isinstance(bits, bytes) else bits:
            lines.setdefault(Path(path).relative_to(place).as_posix(), {}).setdefault(line, []).append(test)
    return json.loads((place / "seconds.json").read_text()), lines


def _arcs(data: sqlite3.Connection) -> list[tuple[str, str, list[int]]]:
    found: dict[tuple[str, str], set[int]] = {}
    query = "select path, context, fromno, tono from arc join file on file.id = file_id join context on context.id = context_id"
    for path, context, start, end in data.execute(query):
        found.setdefault((path, context), set()).update((abs(start), abs(end)))
    return [(path, context, sorted(numbers)) for (path, context), numbers in found.items()]


def _environment(place: Path) -> dict[str, str]:
    # Options of whoever calls, such as those of pytest-xdist, would change what runs and in which order.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {
        **own,
        "PYTHONPATH": str(place / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MODEL_RUNS": "30",
    }


def survives(place: Path, module: str, source: str, tests: list[str], last: list[str]) -> bool:
    """Return whether no test fails with this source in the place of a module."""
    target = place / module
    original = target.read_text(encoding="utf-8")
    target.write_text(source, encoding="utf-8")
    try:
        for part in (tests[:150], tests[150:], last if tests else []):
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:randomly", *part]
            if (
                part
                and subprocess.run(
                    command,
                    cwd=place,
                    env=_environment(place),
                    timeout=PATIENCE,
                    capture_output=True,
                    check=False,
                ).returncode
            ):
                return False
    except subprocess.TimeoutExpired:
        return False
    finally:
        target.write_text(original, encoding="utf-8")
    return True


def main() -> int:
    """Run the mutants, print the survivors; return 1 if too many were not noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="*", help="pattern of the paths of modules")
    parser.add_argument("--tests", nargs="+", help="the only tests that are run")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        places: Queue[Path] = Queue()
        for number in range(given.processes):
            ignored = shutil.ignore_patterns(".git", ".venv", "dist", "build", "__pycache__", ".*_cache")
            places.put(Path(shutil.copytree(ROOT, Path(folder).resolve() / str(number), ignore=ignored)))
        first = places.get()
        # From here on the project may change: the copies stay.
        paths = sorted(
            path
            for pattern in MODULES
            for path in first.glob(pattern)
            if path.name != "__init__.py" and fnmatch(path.relative_to(first).as_posix(), given.only)
        )
        every = [
            (path, number)
            for path in paths
            for number in range(len(list(mutations(ast.parse(path.read_text(encoding="utf-8"))))))
        ]
        chosen = random.Random(given.seed).sample(every, min(given.count, len(every)))
        texts = {path: path.read_text(encoding="utf-8") for path in paths}
        seconds, lines = baseline(first, given.tests or [*TESTS])
        places.put(first)

        def judge(job: tuple[Path, int]) -> tuple[str, str]:
            source, statement, line, key = mutant(texts[job[0]], job[0].name, job[1])
            module = job[0].relative_to(first).as_posix()
            if key in EQUIVALENT:
                return "equivalent", key
            by_line = lines.get(module, {})
            met = {one for at in statement or by_line for one in by_line.get(at, []) if one in seconds}
            tests = sorted(met, key=seconds.__getitem__)
            if statement is None:
                own = f"test_{job[0].stem.strip('_')}.py"
                tests = sorted(tests, key=lambda one: f"/{own}::" not in one)[:_MOST_TESTS]
            place = places.get()
            try:
                alive = survives(place, module, source, tests, [] if given.tests else [LAST])
            finally:
                places.put(place)
            return ("survived" if alive else "noticed"), f"{module}:{line} {key} ({len(tests)} tests)"

        found: dict[str, list[str]] = {"noticed": [], "survived": [], "equivalent": []}
        with ThreadPoolExecutor(given.processes) as pool:
            for verdict, text in pool.map(judge, chosen):
                found[verdict].append(text)
                if verdict != "noticed":
                    print(f"{verdict}: {text}", flush=True)
    noticed, alive = len(found["noticed"]), len(found["survived"])
    print(
        f"{len(chosen)} of {len(every)} mutants: {noticed} noticed, {alive} survived, {len(found['equivalent'])} equivalent"
    )
    return int(noticed < 0.9 * (noticed + alive))


if __name__ == "__main__":
    sys.exit(main())
