"""Each rule of the description: what breaks it is named with file, line and rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.__main__ import main
from generator.lint import RULES, lint

Edit = Callable[[str, str, str], None]

THINGS, BOXES = "schemas/things.yaml", "schemas/boxes.yaml"
OPS, UPLOADS, HOOKS = "paths/things.yaml", "paths/boxes.yaml", "paths/hooks.yaml"
ID = "    id: {type: integer}\nOrphan"
LIST = "operationId: list_things\n"
GET = "summary: Get one thing"
PAGE = "x-page: {key: things, limit: 250}"
BATCH = "x-batch: {max: 3, recommended: 2, items: things, match: [request_id, id], partial: false, atomic: inferred}"
TYPE = "- {name: type, in: query, schema: {type: string}}"
COMPLEX = "summary: Create things with what belongs to them"
ALONE = f"""{COMPLEX}
    requestBody:
      required: true
      content:
        application/json:
          schema: {{type: array, items: {{$ref: "../schemas/things.yaml#/ThingCreate"}}}}
"""
SCHEMA = "schema: {type: array, items: {$ref: "

PLANTS = [
    ("file", BOXES, None, None),
    ("yaml", BOXES, "Orphan:", "Box:"),
    ("root", "amocrm.yaml", '  "redirected": {$ref: "paths/hooks.yaml#/redirected"}\n', ""),
    ("reference", BOXES, ID, '    id: {$ref: "#/Nowhere"}\nOrphan'),
    ("reference", BOXES, ID, '    id: {$ref: "../parameters.yaml#/id"}\nOrphan'),
    ("kind", THINGS, "required: [id, must]", "required: id"),
    ("kind", BOXES, "description: A box.", "description: [A, box]"),
    ("kind", OPS, "x-name: get\n", "x-name:\n"),
    ("kind", OPS, "match: [request_id, id]", "match: [[request_id], id]"),
    ("kind", "amocrm.yaml", "tags:\n", "tags: 5\nmore:\n"),
    ("key", OPS, f"    {GET}\n", f"    {GET}\n    sumary: Twice\n"),
    ("key", OPS, "  patch:\n", "  pach:\n"),
    ("key", OPS, "{description: No such page.}", "{description: None, or no more of them.}"),
    ("cycle", BOXES, "Box:\n", 'One: {$ref: "#/Two"}\nTwo: {$ref: "#/One"}\nBox:\n'),
    ("schema-name", BOXES, "Orphan:", "orphan:"),
    ("schema-name", BOXES, "Orphan:", "ORphan:"),
    ("schema-name", BOXES, "Orphan:", "Or2phan:"),
    ("schema-name", BOXES, "Orphan:", "Literal:"),
    ("schema-name", BOXES, "Orphan:", "OrphanApi:"),
    ("schema-unique", BOXES, "Orphan:", "Thing:"),
    ("schema-kind", BOXES, "Orphan:", "Words: {type: array, items: {type: string}}\nOrphan:"),
    ("schema-kind", BOXES, "Orphan:", "Words: {type: string, enum: [a, a]}\nOrphan:"),
    ("schema-keyword", BOXES, ID, "    id: {type: integer, nullable: true}\nOrphan"),
    ("schema-keyword", BOXES, ID, "    id: {type: int}\nOrphan"),
    ("schema-keyword", BOXES, ID, "    id: {type: array}\nOrphan"),
    ("inline-object", BOXES, ID, "    id: {type: object, properties: {a: {type: string}}}\nOrphan"),
    ("inline-object", BOXES, ID, "    id: {type: object}\nOrphan"),
    ("inline-enum", BOXES, ID, "    id: {type: string, enum: [a, b]}\nOrphan"),
    ("inline-union", BOXES, ID, "    id: {oneOf: [{type: string}, {type: integer}]}\nOrphan"),
    ("inline-union", BOXES, ID, '    id: {allOf: [{$ref: "common.yaml#/Ref"}]}\nOrphan'),
    ("inline-union", BOXES, ID, '    id: {anyOf: [{$ref: "common.yaml#/Ref"}, {type: string}]}\nOrphan'),
    ("dirty-union", THINGS, "  x-dirty: true\n", ""),
    ("dirty-union", THINGS, '[{$ref: "#/ThingResult"}, {type: array', '[{$ref: "#/ThingResult"}, {$ref: "#/Thing"}, {type: array'),
    ("dirty-union", BOXES, ID, "    id: {type: [object, array], additionalProperties: true, items: {}}\nOrphan"),
    ("free-value", BOXES, ID, "    id: {}\nOrphan"),
    ("x-values", THINGS, "x-values: [new, won]", "x-values: [new, new]"),
    ("x-by-type", THINGS, "call: CallParams", "call: NoParams"),
    ("x-by-type", THINGS, "      description: Content of the note.\n", "      type: string\n"),
    ("required", THINGS, "required: [id, must]", "required: [id, most]"),
    ("property-name", THINGS, "    _embedded: {$ref: \"#/ThingEmbedded\"}", "    links: {type: string}"),
    ("default", THINGS, "name: {type: string, maxLength: 5}", "name: {type: string, default: x}"),
    ("default", OPS, TYPE, "- {name: type, in: query, schema: {type: string, default: x}}"),
    ("format", BOXES, ID, "    id: {type: integer, format: int64}\nOrphan"),
    ("format", BOXES, ID, "    id: {type: integer, description: Unix seconds.}\nOrphan"),
    ("text", BOXES, "description: A box.", "description: 'a \\ b'"),
    ("text", OPS, "summary: List things", "summary: '\"\"\"'"),
    ("read-constraint", BOXES, ID, "    id: {type: integer, minimum: 1}\nOrphan"),
    ("read-constraint", THINGS, "    state: {type: string, ", "    kind: {$ref: \"common.yaml#/SortDirection\"}\n    state: {type: string, "),
    ("read-constraint", THINGS, "  description: A page of things.\n", "  additionalProperties: false\n"),
    ("read-write", THINGS, "tags: {type: [array, \"null\"], items: {$ref: \"common.yaml#/Ref\"}}", "stages: {$ref: \"#/ThingStage\"}"),
    ("write-closed", THINGS, "  additionalProperties: false\n  required: [line_id, stage_id]\n", ""),
    ("area-arrow", "schemas/common.yaml", "    href: {", "    box: {$ref: \"boxes.yaml#/Box\"}\n    href: {"),
    ("area-cycle", BOXES, ID, '    thing: {$ref: "things.yaml#/ThingResult"}\nOrphan'),
    ("path", OPS, "  parameters:\n    - {$ref: \"../parameters.yaml#/id\"}\n", ""),
    ("path", UPLOADS, "/v1.0/upload/{token}:", "/v1.0/upload/{other}:"),
    ("path", OPS, "/api/v4/things:\n", "/api/v4/empty: {parameters: []}\n/api/v4/things:\n"),
    ("operation-id", OPS, LIST, "operationId: listThings\n"),
    ("operation-id", OPS, LIST, "operationId: get_thing\n"),
    ("tag", OPS, "tags: [things]", "tags: [boxes]"),
    ("tag", "amocrm.yaml", "  - {name: boxes, description: Boxes and what is stored in them.}\n", ""),
    ("summary", OPS, f"    {GET}\n", ""),
    ("vendor-page", OPS, '    externalDocs: {url: "https://www.amocrm.ru/developers/content/things#list"}\n', ""),
    ("vendor-page", OPS, "https://www.amocrm.ru/developers/content/things#list", "https://example.com/"),
    ("x-name", OPS, "x-name: get\n", "x-name: import\n"),
    ("x-name", OPS, "x-name: get\n", "x-name: list\n"),
    ("pair", OPS, ALONE, ALONE.replace("    requestBody", "    x-twin: create_things\n    requestBody").replace("ThingCreate", "ThingStage")),
    ("x-twin", OPS, "x-name: get\n", "x-name: get\n    x-twin: nothing\n"),
    ("x-collection", OPS, "{class: Thing}", "{class: thing}"),
    ("x-collection", OPS, "{class: Thing}", "{class: Thing, key: uid}"),
    ("x-safety", OPS, "    x-safety: safe\n", ""),
    ("x-safety", OPS, "x-safety: unsafe", "x-safety: safe"),
    ("x-host", OPS, "x-host: account", "x-host: moon"),
    ("x-source", OPS, "    x-source: {from: kommo}\n", ""),
    ("x-source", OPS, "confidence: likely", "confidence: maybe"),
    ("x-page", OPS, f"    {PAGE}\n", ""),
    ("x-page", OPS, PAGE, "x-page: {key: boxes, limit: 250}"),
    ("x-page", OPS, PAGE, "x-page: {key: things, limit: 50}"),
    ("x-batch", OPS, f"    {BATCH}\n", ""),
    ("x-batch", OPS, "max: 3", "max: 4"),
    ("x-batch", OPS, "match: [request_id, id]", "match: [name]"),
    ("x-batch", OPS, "items: things, match", "items: boxes, match"),
    ("x-batch", OPS, "atomic: inferred", "atomic: maybe"),
    ("x-batch", OPS, PAGE, BATCH),
    ("extension", OPS, PAGE, f"{PAGE}\n    x-more: 1"),
    ("key", OPS, TYPE, "- {name: type, in: query, allowReserved: true, schema: {type: string}}"),
    ("parameter-name", OPS, "name: box_id", 'name: "box_id[]"'),
    ("parameter-name", OPS, "name: box_id", "name: client"),
    ("parameter-name", OPS, "{name: type, in: query", "{in: query"),
    ("parameter-place", OPS, "{name: type, in: query", "{name: type, in: cookie"),
    ("parameter-place", "parameters.yaml", "in: path, required: true", "in: path"),
    ("parameter-style", OPS, "        style: form\n        explode: false\n", ""),
    ("parameter-style", OPS, "style: deepObject, ", ""),
    ("request-body", UPLOADS, "application/octet-stream: {schema: {type: string, format: binary}}", "text/csv: {schema: {type: string}}"),
    ("response-success", OPS, '      "200":\n        description: The thing.', '      "300":\n        description: The thing.'),
    ("response-success", UPLOADS, "text/html", "image/png"),
    ("response-errors", OPS, '      "429": {$ref: "../responses.yaml#/TooManyRequests"}\n', ""),
    ("response-error-type", "responses.yaml", "application/problem+json", "text/plain"),
    ("response-text", OPS, "{description: No such page.}", "{}"),
    ("no-content", OPS, '"204": {description: No such page.}', '"204": {description: x, content: {application/json: {schema: {}}}}'),
    ("hook", HOOKS, "    summary: A thing was made\n", ""),
]  # fmt: skip


def test_the_small_description_is_in_order(spec: Path) -> None:
    """What the plants below break is without any problem."""
    assert lint(spec) == []


def test_every_rule_is_planted() -> None:
    """The list of plants and the list of rules are the same, and every rule says what it asks for."""
    assert {*(rule for rule, *_ in PLANTS), "example"} == set(RULES)
    assert all(sentence.endswith(".") for sentence in RULES.values())


@pytest.mark.parametrize(
    ("rule", "file", "old", "new"), PLANTS, ids=[f"{i}-{p[0]}" for i, p in enumerate(PLANTS)]
)
def test_a_planted_breach_is_named(
    rule: str, file: str, old: str | None, new: str, spec: Path, edit: Edit
) -> None:
    """A breach of the rule is reported under its id, and everything that is reported has a known id and a place."""
    if old is None:
        (spec / file).unlink()
        (spec / file).symlink_to(spec / "nowhere.yaml")
    else:
        edit(file, old, new)
    problems = lint(spec)
    assert rule in {problem.rule for problem in problems}, [str(problem) for problem in problems]
    assert {problem.rule for problem in problems} <= set(RULES)
    for problem in problems:
        path = spec.parent / problem.file
        assert not path.exists() or 1 <= problem.line <= len(path.read_text(encoding="utf-8").splitlines())


def test_every_body_and_answer_has_an_example(spec: Path, tmp_path: Path) -> None:
    """What no fixture shows is named with the file to write; a fixture of any variant is enough."""
    fixtures = tmp_path / "contract"
    for folder in ("examples", "bodies"):
        (fixtures / folder).mkdir(parents=True)
    missing = {problem.message for problem in lint(spec, fixtures) if problem.rule == "example"}
    assert {
        "write one into contract/examples/get_thing.json",
        "write one into contract/bodies/create_things.json",
    } <= missing
    (fixtures / "examples/get_thing.tall.json").write_text("{}")
    now = {problem.message for problem in lint(spec, fixtures)}
    assert missing - now == {"write one into contract/examples/get_thing.json"}


def test_a_breach_is_one_line_with_its_place(
    tmp_path: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command prints ``file:line: rule: message`` and exits with 1; in order it exits with 0."""
    assert main(["lint", "--root", str(tmp_path)]) == 0
    edit(OPS, "x-safety: unsafe", "x-safety: perhaps")
    capsys.readouterr()
    assert main(["lint", "--root", str(tmp_path)]) == 1
    assert re.fullmatch(
        r"spec/paths/things\.yaml:62: x-safety: must be one of safe, .*\n", capsys.readouterr().out
    )


BROKEN = {
    "a tab": (b"Box:\n\ttype: object\n", 2),
    "a bracket that is not closed": (b"Box: {type: [object, string}\n", 1),
    "a quote that is not closed": (b'Box:\n  description: "open\n', 3),
    "a key that stands twice": (b"Box:\n  type: object\n  type: object\n", 3),
    "an alias that names nothing": (b"Box:\n  type: object\n  properties: *nothing\n", 3),
    "two documents": (b"Box: {}\n---\nBox: {}\n", 2),
    "a list": (b"- Box\n", 1),
    "a word": (b"Box\n", 1),
    "bytes that are no UTF-8": (b"Box:\n  description: \xff\xfe\n", 2),
    "a control character": (b"Box:\n  description: a\x00b\n", 2),
    "a tag of Python": (b"Box: !!python/object:os.system {a: 1}\n", 1),
    "a merge": (b"Box:\n  <<: {type: object}\n", 2),
    "a list for a key": (b"Box:\n  ? [a, b]\n  : 1\n", 2),
    "an anchor inside of itself": (b"Box: &box\n  properties: *box\n", 1),
    "a number that is none": (b"Box:\n  type: !!int five\n", 2),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_one_line(
    what: str, spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no YAML of ours is named in one line with its place, by lint and by build, and never a traceback."""
    content, line = BROKEN[what]
    (spec / BOXES).write_bytes(content)
    for command in ("lint", "build"):
        assert main([command, "--root", str(tmp_path)]) == 1
        out = capsys.readouterr().out
        assert re.fullmatch(rf"spec/schemas/boxes\.yaml:{line}: (yaml|file|kind): \S.*\n", out), out


def test_an_unquoted_comma_is_explained(spec: Path, edit: Edit) -> None:
    """A text cut by a comma inside braces becomes a strange key; the message says how that happened."""
    edit(THINGS, "An open set.", "An open set, really")
    (problem,) = lint(spec)
    assert "quote texts with commas" in problem.message
