"""Which room may know which: the import arrows of docs/architecture.md."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.syntax import imports_of, module_of

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"


def floors(*levels: str) -> dict[str, set[str]]:
    """The folders of a package from the lowest to the highest; each may import itself and all below it."""
    allowed: dict[str, set[str]] = {}
    for level in levels:
        below = set(allowed)
        for folder in level.split():
            allowed[folder] = below | {folder}
    return allowed


#: room -> rooms that it may import; every room may import itself
ARROWS = {
    "amocrm_gen._runtime": set(),
    "amocrm_gen._resources": {"amocrm_gen._runtime"},
    "amocrm_gen.models": {"amocrm_gen._runtime"},
    "amocrm_gen.api": {"amocrm_gen._runtime", "amocrm_gen.models"},
    "amocrm_gen.bound": {"amocrm_gen._runtime", "amocrm_gen.models", "amocrm_gen.api"},
    "amocrm_gen.client": {"amocrm_gen._runtime"},
    "amocrm_gen.openapi": set(),  # the function that reads the published document
    # for checkers only: a commit that was not applied in full carries the report that made the error
    "amocrm.errors": {"amocrm_gen._runtime", "amocrm._core", "amocrm.entities"},
    "amocrm._core": {
        "amocrm.errors",
        "amocrm_gen._resources",
        "amocrm_gen._runtime",
        "amocrm_gen.models",
        "amocrm_gen.api",
    },
    "amocrm.fields": {"amocrm.errors", "amocrm._core", "amocrm_gen._runtime", "amocrm_gen.models"},
    "amocrm.entities": {
        "amocrm.errors",
        "amocrm._core",
        "amocrm.fields",
        "amocrm_gen._runtime",
        "amocrm_gen.models",
    },
    "amocrm.webhooks": {
        "amocrm.errors",
        "amocrm._core",
        "amocrm.fields",
        "amocrm.entities",
        "amocrm_gen._runtime",
        "amocrm_gen.models",
    },
    "amocrm._io": {"amocrm.errors", "amocrm._core", "amocrm.webhooks"},
    "amocrm_sandbox": set(),
}
_BELOW_SHELL = {room for room in ARROWS if room != "amocrm_sandbox"}
ARROWS["amocrm._async"] = _BELOW_SHELL
ARROWS["amocrm._sync"] = _BELOW_SHELL
#: adapters of one kind each, over the pure rooms
ARROWS["amocrm.otel"] = {"amocrm.errors", "amocrm._core"}
ARROWS["amocrm.tokens"] = {"amocrm.errors", "amocrm._core"}
ARROWS["amocrm.events"] = {"amocrm._core", "amocrm_gen._runtime"}
#: a front door: the command works on inboxes and clients, which belong to the shell, and reads the description
ARROWS["amocrm.command"] = _BELOW_SHELL | {"amocrm._sync", "amocrm_gen.openapi"}
#: the outside libraries that a room may import besides the standard library
OUTSIDE = {
    "amocrm_gen._runtime": {"msgspec"},
    "amocrm_gen.models": {"msgspec"},
    "amocrm_gen.api": {"msgspec"},
    "amocrm_gen.client": {"httpx"},
    "amocrm._core": {"msgspec", "attrs"},
    "amocrm.errors": set(),
    "amocrm.otel": {"opentelemetry"},
    "amocrm.tokens": {"msgspec", "attrs"},
    "amocrm.events": set(),
    "amocrm.fields": {"msgspec", "attrs"},
    "amocrm.entities": {"msgspec", "attrs"},
    "amocrm.webhooks": {"msgspec", "attrs"},
    "amocrm._io": {"msgspec", "attrs", "httpx"},
    "amocrm._async": {"msgspec", "attrs", "httpx", "redis"},
    "amocrm._sync": {"msgspec", "attrs", "httpx", "redis"},
}

#: package -> folder (or module that stands alone) -> folders of the package that it may import, itself included.
#: Lazy imports and those for types only count like any other. `amocrm.entities` is one
#: folder of modules on one level; only its circles are held.
FLOORS: dict[str, dict[str, set[str]]] = {
    "amocrm_sandbox": floors(
        "storage",
        "engine",
        "account",
        "domain",
        "webhooks",
        "exchange",
        "messaging",
        "ui_actions robots",
        "control",
        "routes",
        "app",
        "sample_data http",
        "pytest_plugin __main__ __init__",
    )
    # what works on requests knows nothing of the rules, and storage nothing of requests
    | {"engine": {"engine"}, "exchange": {"exchange", "account", "domain", "engine"}},
    "amocrm._core": floors(
        "signatures",
        "arguments",
        "conflicting_packages events processes public_names validation",
        "http",
        "auth limits orm",
        "__init__",
    )
    # the decisions of the ORM know nothing of connections
    | {"orm": {"orm", "arguments"}},
    "amocrm._async": floors(
        "_primitives",
        "_handlers _home _redis",
        "limits",
        "http",
        "auth",
        "connection",
        "orm",
        "resources",
        "client",
        "webhooks",
        "__init__",
    ),
    "amocrm._io": floors(
        "durable_files local_server", "delivery_server login_server sqlite_file", "__init__"
    ),
    "amocrm.fields": floors(
        "_state",
        "_base",
        "_definitions _lists _objects _simple _structured",
        "_conditions _custom",
        "__init__",
    ),
    "amocrm.webhooks": floors(
        "_delivery _payload errors", "_events", "_parsing", "_receiving asgi wsgi", "__init__"
    ),
    "amocrm.command": floors(
        "account names recording verification", "doctor login record source", "models verify", "__init__"
    ),
    "generator": floors(
        "naming runtime shell_rules source uncertain_facts",
        "async_to_sync node_types",
        "bundle",
        "coverage models published root_file rules_batches rules_schemas",
        "calls entity_relations opc_input resources rules_examples rules_operations",
        "endpoints entities rules_collections",
        "lint",
        "build",
        "__main__ __init__",
    ),
}
FLOORS["amocrm._sync"] = FLOORS["amocrm._async"]
#: The modules that may know each other, by the nature of the things: each links to the others.
_LINKED = frozenset(
    f"amocrm.entities.{name}"
    for title, area in (
        ("company", "companies"),
        ("contact", "contacts"),
        ("customer", "customers"),
        ("lead", "leads"),
    )
    for name in (title, f"_generated.{area}")
)


def room_of(module: str) -> str | None:
    """The room of a module, the longest name that fits; None for the front doors of a package."""
    fitting = [room for room in ARROWS if module == room or module.startswith(room + ".")]
    return max(fitting, key=len) if fitting else None


def test_arrows_point_downwards_only() -> None:
    """A module imports its own room and the rooms below it, and nothing else of this project."""
    wrong = []
    for path in SRC.rglob("*.py"):
        room = room_of(module_of(path))
        if room is None:
            continue
        for line, name in imports_of(path):
            target = room_of(name)
            ours = name.split(".")[0] in {"amocrm", "amocrm_gen", "amocrm_sandbox"}
            if target == room or not ours:
                continue
            if target is None or target not in ARROWS[room]:
                wrong.append(f"{path.relative_to(SRC)}:{line}: {room} -> {name}")

    assert wrong == []


def modules_of(package: str) -> dict[str, set[str]]:
    """The modules of a package and the modules of it that each imports, anywhere in its text."""
    top = ROOT if package == "generator" else SRC
    paths = {module_of(path): path for path in top.joinpath(*package.split(".")).rglob("*.py")}
    known: dict[str, set[str]] = {}
    for module, path in paths.items():
        names = {name for _, name in imports_of(path)}
        targets = {name if name in paths else name.rpartition(".")[0] for name in names}
        known[module] = (targets & paths.keys()) - {module}
    return known


def folder_of(module: str, package: str) -> str:
    """The folder of a package that a module lies in, or its own name when it lies in none."""
    return module.removeprefix(package).lstrip(".").partition(".")[0] or "__init__"


@pytest.mark.parametrize("package", FLOORS)
def test_folders_of_a_package_stand_on_floors(package: str) -> None:
    """A folder imports the folders that its row names: no lazy import and none for types goes around it."""
    wrong = []
    for module, targets in modules_of(package).items():
        folder = folder_of(module, package)
        for target in targets:
            if folder_of(target, package) not in FLOORS[package].get(folder, set()):
                wrong.append(f"{module} -> {target}")

    assert sorted(wrong) == []


def test_outside_libraries_stay_in_their_rooms() -> None:
    """HTTP is imported by the transport of each flavour and by the optional plain client only."""
    wrong = []
    for path in SRC.rglob("*.py"):
        room = room_of(module_of(path))
        if room not in OUTSIDE:
            continue
        for line, name in imports_of(path):
            top = name.split(".")[0]
            known = top in sys.stdlib_module_names or top.startswith("amocrm") or top in OUTSIDE[room]
            if not known:
                wrong.append(f"{path.relative_to(SRC)}:{line}: {name}")
            if top in {"httpx", "httpx2"} and path.stem not in {"http_library", "client"}:
                wrong.append(f"{path.relative_to(SRC)}:{line}: httpx outside the transport")

    assert wrong == []


def circles_of(graph: dict[str, set[str]]) -> list[set[str]]:
    """The groups of modules that reach each other."""

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        waiting = [start]
        while waiting:
            new = graph[waiting.pop()] - found
            found |= new
            waiting.extend(new)
        return found

    reach = {module: reached(module) for module in graph}
    groups = {frozenset(other for other in reach[one] if one in reach[other]) for one in graph}
    return sorted((set(group) for group in groups if group), key=sorted)


@pytest.mark.parametrize("package", [*FLOORS, "amocrm.entities"])
def test_no_modules_import_each_other(package: str) -> None:
    """Import circles, lazy and typing-only ones counted, are those of the linked entities and no other."""
    circles = circles_of(modules_of(package))

    assert circles == ([set(_LINKED)] if package == "amocrm.entities" else [])


def test_a_circle_is_found() -> None:
    """The test above can fail: a circle over three modules is one group."""
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}

    assert circles_of(graph) == [{"a", "b", "c"}]


def loaded_by(statement: str) -> set[str]:
    """Top-level packages from outside the standard library that a statement loads."""
    script = (
        f"import sys; before = set(sys.modules); {statement};"
        "tops = {name.split('.')[0] for name in set(sys.modules) - before};"
        "print(' '.join(sorted(tops - set(sys.stdlib_module_names))))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name for name in result.stdout.split() if not name.startswith("_")}


#: loads the three dependencies with all that they bring, also what httpx takes along when it is installed
_DEPENDENCIES = (
    "import attrs, httpx, msgspec, importlib.util; httpx.Client().close(); "
    "importlib.util.find_spec('httpx2') and __import__('httpx2').Client().close()"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement",
    ["import amocrm", "from amocrm import AmoCRM, AsyncAmoCRM; AmoCRM('demo', token='t').close()"],
)
def test_the_core_needs_httpx_attrs_and_msgspec_only(statement: str) -> None:
    """The core loads nothing from outside but its three dependencies and what they bring."""
    ours = loaded_by(statement) - loaded_by(_DEPENDENCIES)

    assert ours <= {"amocrm", "amocrm_gen"}


@pytest.mark.slow
@pytest.mark.parametrize("statement", ["import amocrm", "from amocrm import Lead, Contact, fields"])
def test_declaring_entities_loads_no_http(statement: str) -> None:
    """Entities and fields can be declared without an HTTP library in memory."""
    assert not loaded_by(statement) & {"httpx", "httpcore", "h11", "anyio"}


@pytest.mark.slow
def test_the_sandbox_stands_alone() -> None:
    """The sandbox shares nothing with the client it judges."""
    assert not loaded_by("import amocrm_sandbox") & {"amocrm", "amocrm_gen"}
