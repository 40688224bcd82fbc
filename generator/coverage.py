"""Generator of docs/coverage.md: each operation with its facts and its tests.

``spec/operations.txt`` lists what there is to be described; an operation that only one of the two has is an  an operation is tested is counted: fixtures by the names of their files, requests by the registry of the
contract tests.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .bundle import Bundle, Operation, load_bundle
from .source import Problem, SpecError
from .uncertain_facts import uncertain_facts

__all__ = ["FACADE", "LIST", "PAGE", "REASONS", "concrete", "coverage_page", "reached"]

LIST = "spec/operations.txt"
PAGE = "docs/coverage.md"
#: Operations that were sent while the facade did everything that it can; a test compares it with a run.
FACADE = "tests/contract/facade.txt"
#: Why an operation is left to ``crm.api``, by its id or its area.
REASONS = {
    "legacy": "version 2; version 4 has what it does, or its answers are not known",
    "knowledge": "sources of the AI agent, known from one page",
    "oauth": "the client logs in and refreshes by itself; the rest belongs to a browser or to who moves from API keys",
    "link_catalog_element": "`crm.links.add(lead, element)` does it from the side of the entity",
    "unlink_catalog_element": "`crm.links.remove(lead, element)` does it from the side of the entity",
    "continue_bot": "`crm.bots.resume` reaches it; the sandbox runs Salesbot only",
}
TESTS = "tests/contract"
#: Folders of fixtures, and what one of their files shows about its operation.
FIXTURES = {"examples": "answer", "bodies": "body", "errors": "error"}
#: Name of a module-level dictionary in the contract tests; its keys are the operations that they carry out.
REGISTRY = "VALID"
#: Entries that a comment may stand above by chance.
_TELLS_NOTHING = ("x-source", "externalDocs", "summary", "description", "schema", "type", "operationId")
_HEAD = """\
# Coverage

Made by `python -m generator coverage`; do not edit. What `{{entity_type}}` and the like stand for is in parentheses.

- {concrete} concrete operations ({operations} in the description) in {areas} areas; {listed} are listed in `spec/operations.txt`, \
and none of them is missing.
- Known from: {sources}. Other sources than `docs` are in **bold**: the vendor's documentation lacks the operation. A word \
behind the source says how sure its facts are, where they are not certain; what in particular is open stands at the end.
- Safety: `safe` reads; `idempotent` may be sent twice; `unsafe` acts again and is never repeated by itself. Batch: \
the most items in one request.
- Tested: documented answers read strictly and whole (`answer`), documented bodies checked and sent unchanged (`body`), \
error answers (`error`), with their number; `sandbox`: called over HTTP, sync and async, once carried out and once \
refused by the sandbox, both as described. Besides, `{tests}/test_operations.py` holds each operation's signature, its ways of being called and its facts against the \
description, and `{tests}/test_examples.py` reads and sends what can be made from it.
- Facade: {twins} concrete operations are second ways (`twin of …`). Of the others {reached} are sent while the facade does \
everything that it can; they are recorded on send (`{tests}/facade.txt`), and a test compares. The rest says why it is left to `crm.api`.
"""
_COLUMNS = (
    "Operation",
    "Vendor's page",
    "Function in `amocrm_gen.api`",
    "Safety",
    "Batch",
    "Source",
    "Tested",
    "Facade",
)


@dataclass(frozen=True)
class Listed:
    """Line of the list; ``page`` is ``-`` for an operation that the vendor's documentation lacks."""

    method: str
    path: str
    page: str
    line: int

    @property
    def key(self) -> tuple[str, str]:
        """Method and path without the names of parameters."""
        return self.method, _anonymous(self.path)


def coverage_page(repository: Path) -> str:
    """Return the text of the page.

    Raises:
        SpecError: the description has problems, or lacks operations of the list; each is named.
    """
    bundle = load_bundle(repository / "spec")
    listed = list(_listed(repository / LIST))
    problems = list(_problems(bundle, listed))
    if problems:
        raise SpecError(problems)
    evidence = _evidence(bundle, repository / TESTS)
    operations = list(bundle.operations())
    sources = Counter(operation.data["x-source"]["from"] for operation in operations)
    head = _HEAD.format(
        concrete=sum(len(list(concrete(bundle, operation))) for operation in operations),
        operations=len(operations),
        areas=len({operation.data["tags"][0] for operation in operations}),
        listed=len(listed),
        sources=", ".join(f"{source} {number}" for source, number in sources.most_common()),
        tests=TESTS,
        twins=sum(len(list(concrete(bundle, item))) for item in operations if "x-twin" in item.data),
        reached=sum(
            f"{method} {path}" in reached(repository)
            for item in operations
            if "x-twin" not in item.data
            for method, path in concrete(bundle, item)
        ),
    )
    facade = reached(repository)
    return head + "".join([*_sections(bundle, evidence, facade), *_uncertain(repository / "spec")])


def _listed(path: Path) -> Iterator[Listed]:
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if text and not text.startswith("#"):
            try:
                method, target, page = text.split()
            except ValueError:
                raise SpecError([Problem(LIST, number, "list", "must be method, path and page")]) from None
            yield Listed(method, target, page, number)


def _problems(bundle: Bundle, listed: Sequence[Listed]) -> Iterator[Problem]:
    described = {key: operation for operation in bundle.operations() for key in concrete(bundle, operation)}
    for entry in listed:
        operation = described.get(entry.key)
        if operation is None:
            message = f"{entry.method} {entry.path} is not in the description"
            yield Problem(LIST, entry.line, "missing-operation", message)
        elif entry.page != "-" and operation.data["x-source"]["from"] != "docs":
            message = f"{operation.id} is on the vendor's page {entry.page}, so its x-source must be docs"
            yield Problem(*operation.data.at("x-source"), "source", message)
    keys = {entry.key for entry in listed}
    for key, operation in described.items():
        if key not in keys:
            method, path = key
            message = f"{method} {path} is not in {LIST}; list it with the vendor's page, or - without one"
            yield operation.data.problem("unlisted-operation", message, "operationId")


def _choices(bundle: Bundle, operation: Operation) -> Mapping[str, list[str]]:
    """Return the placeholders of the path that take one of a few words, such as ``{entity_type}``, with the words."""
    result: dict[str, list[str]] = {}
    for node in (*operation.item.get("parameters", ()), *operation.data.get("parameters", ())):
        parameter = bundle.resolve(node)
        values = (bundle.resolve(parameter["schema"]) or {}).get("enum")
        if parameter["in"] == "path" and values:
            result["{" + parameter["name"] + "}"] = list(values)
    return result


def concrete(bundle: Bundle, operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield method and path once for each word that the path takes."""
    choices = [
        [(placeholder, value) for value in values]
        for placeholder, values in _choices(bundle, operation).items()
    ]
    for chosen in itertools.product(*choices):
        path = operation.path
        for placeholder, value in chosen:
            path = path.replace(placeholder, value)
        yield operation.method.upper(), _anonymous(path)


def _anonymous(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _evidence(bundle: Bundle, tests: Path) -> Mapping[str, list[str]]:
    """Return what is tested of each operation, in words."""
    result: dict[str, list[str]] = {operation.id: [] for operation in bundle.operations()}
    for folder, word in FIXTURES.items():
        for name, number in sorted(
            Counter(path.name.partition(".")[0] for path in tests.glob(f"{folder}/*.json")).items()
        ):
            if name in result:
                result[name].append(f"{word} {number}" if number > 1 else word)
    for name in sorted(set(_registered(tests)) & result.keys()):
        result[name].append("sandbox")
    return result


def _registered(tests: Path) -> Iterator[str]:
    """Return the keys of the registry; the tests are read, not run."""
    for path in sorted(tests.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(target, ast.Name) and target.id == REGISTRY for target in targets):
                    yield from (str(key.value) for key in node.value.keys if isinstance(key, ast.Constant))


def reached(repository: Path) -> frozenset[str]:
    """Return the concrete operations that were recorded while the facade did everything that it can."""
    path = repository / FACADE
    return frozenset(path.read_text(encoding="utf-8").splitlines() if path.is_file() else ())


def _reached_by(operation: Operation, each: Sequence[tuple[str, str]], facade: frozenset[str]) -> str:
    """Return ``facade``, the better operation of a second way, or why ``crm.api`` is left."""
    data = operation.data
    in_facade = [f"{method} {path}" in facade for method, path in each]
    reason = REASONS.get(operation.id, REASONS.get(data["tags"][0], ""))
    if "x-twin" in data:
        return f"twin of `{data['x-twin']}`"
    if any(in_facade):
        return "facade" if all(in_facade) else f"facade ({sum(in_facade)} of {len(in_facade)}); {reason}"
    return f"`crm.api`: {reason}" if reason else "`crm.api`"


def _sections(bundle: Bundle, evidence: Mapping[str, list[str]], facade: frozenset[str]) -> Iterator[str]:
    by_area: dict[str, list[Operation]] = {}
    for operation in bundle.operations():
        by_area.setdefault(operation.data["tags"][0], []).append(operation)
    for area, members in sorted(by_area.items()):
        yield f"\n## {area}\n\n{_row(_COLUMNS)}{_row('---' for _ in _COLUMNS)}"
        for operation in members:
            words = [word for words in _choices(bundle, operation).values() for word in words]
            by = _reached_by(operation, list(concrete(bundle, operation)), facade)
            yield _row([*_cells(operation, words, evidence[operation.id]), by])


def _uncertain(spec: Path) -> Iterator[str]:
    facts = list(uncertain_facts(spec))
    yield "\n## Uncertain facts\n"
    yield f"\nWhat the sources leave open or contradict each other in: {len(facts)} comments of the description.\n"
    for file, group in itertools.groupby(facts, key=lambda fact: fact.file):
        yield f"\n### {file}\n\n"
        for fact in group:
            about = "" if fact.about in (fact.place, *_TELLS_NOTHING) else f", `{fact.about}`"
            yield f"- `{fact.place}`{about}: {fact.text}\n"


def _cells(operation: Operation, words: Iterable[str], tested: Iterable[str]) -> Iterator[str]:
    data = operation.data
    served = ", ".join(words)
    yield f"`{operation.method.upper()} {operation.path}`" + (f" ({served})" if served else "")
    url = (data.get("externalDocs") or {}).get("url")
    yield f"[{_page_name(url)}]({url})" if url else ""
    yield f"`{data['tags'][0]}.{operation.id}`"
    yield data["x-safety"]
    yield _batch(data.get("x-batch"))
    source = data["x-source"]
    word = source["from"] if source["from"] == "docs" else f"**{source['from']}**"
    sure = source.get("confidence", "certain")
    yield word if sure == "certain" else f"{word}, {sure}"
    yield ", ".join(tested)


def _page_name(url: str) -> str:
    return url.partition("#")[0].rstrip("/").rpartition("/")[2]


def _batch(batch: Mapping[str, Any] | None) -> str:
    if batch is None:
        return ""
    advised = batch.get("recommended")
    return f"{batch['max']} ({advised} advised)" if advised and advised != batch["max"] else str(batch["max"])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"
