"""Rules of operations: names, facts, parameters, bodies and answers."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import Any

from . import rules_batches
from .bundle import METHODS, Bundle, Operation
from .naming import argument_name
from .published import SERVERS
from .rules_batches import json_schema, parameters_of
from .rules_schemas import check_inline, check_text
from .source import Map, Problem

__all__ = ["RULES", "check"]

RULES: dict[str, str] = {
    "path": "A path starts with a slash, has a method, and its placeholders are its path parameters; none stands twice.",
    "operation-id": "An operation has a unique id, verb_noun in snake_case.",
    "tag": "An operation has one tag: the area whose file it stands in, declared in the root.",
    "summary": "An operation has a summary of one line.",
    "vendor-page": "An operation names the vendor's page, unless its facts come from elsewhere.",
    "x-name": "An operation has a short name, unique in its tag and legal in Python.",
    "x-safety": "An operation says whether it may be sent twice; reads are safe, and only they.",
    "x-host": "An operation says which host serves it, one whose address is published.",
    "x-source": "An operation says where its facts come from.",
    **rules_batches.RULES,
    "extension": "There are no other extensions.",
    "parameter-name": "Parameters have names without brackets that do not collide in Python.",
    "parameter-place": "Parameters are in path, query or header; path parameters are required.",
    "parameter-style": "Objects are deepObject and exploded; lists say whether they are joined by commas or repeated.",
    "request-body": "A body has one content type that we can encode.",
    "response-success": "An operation has a success answer, with one content type that we can read.",
    "response-errors": "An operation lists 401, 403 and 429, and 400 when it writes.",
    "response-error-type": "An error answer is a problem document.",
    "response-text": "An answer says in its description what it is.",
    "no-content": "A 204 has no content.",
    "hook": "A webhook is one post with a summary and a body that refers to a schema, or one get.",
}

_ID = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SAFETY = ("safe", "idempotent", "unsafe")
_HOSTS = ("account", *SERVERS)
_SOURCES = ("docs", "sdk", "kommo", "observed", "client")
_CONFIDENCE = ("certain", "likely", "inferred")
_PAGES = ("https://www.amocrm.ru/developers/", "https://developers.kommo.com/", "https://github.com/amocrm/")
_REQUESTS = ("application/json", "application/octet-stream")
_ANSWERS = ("application/hal+json", "application/json", "application/octet-stream", "text/html")
_PROBLEMS = ("application/problem+json", "application/json", "application/hal+json", "text/html")
_OWN = frozenset({"x-name", "x-safety", "x-host", "x-source", "x-page", "x-batch", "x-twin", "x-collection"})
_RESERVED = frozenset({"client", "body", "content"})


def check(bundle: Bundle) -> Iterator[Problem]:
    """Problems of all operations and webhooks."""
    tags = {tag.get("name") for tag in bundle.document.get("tags") or () if isinstance(tag, Map)}
    names: dict[tuple[str, str], str] = {}
    shapes: dict[tuple[str, str, str], str] = {}
    for operation in bundle.operations():
        data = operation.data
        yield from _naming(operation, tags)
        yield from _facts(operation)
        key = (operation.area, str(data.get("x-name")))
        if key in names and "x-name" in data:
            yield data.problem("x-name", f"{key[1]} is the name of {names[key]} already", "x-name")
        names.setdefault(key, operation.id)
        shape = (str(data.get("x-host")), operation.method, re.sub(r"\{[^}]*\}", "{}", operation.path))
        if shape in shapes:
            yield data.problem("path", f"the same path as that of {shapes[shape]}")
        shapes.setdefault(shape, operation.id)
        yield from _parameters(bundle, operation)
        yield from _body(bundle, operation)
        yield from _responses(bundle, operation)
        yield from rules_batches.check(bundle, operation)
    for path, item in bundle.document["paths"].items():
        if not item.keys() & set(METHODS):
            yield item.problem("path", f"{path} has no method")
    for name, item in bundle.document["webhooks"].items():
        yield from _hook(bundle, name, item)


def _naming(operation: Operation, tags: set[Any]) -> Iterator[Problem]:
    data = operation.data
    if not _ID.fullmatch(str(data.get("operationId", ""))):
        message = f"{data.get('operationId')!r} is no snake_case verb_noun"
        yield data.problem("operation-id", message, "operationId")
    if data.get("tags") != [operation.area] or operation.area not in tags:
        message = f"tags must be [{operation.area}], the area of the file, and the root must declare it"
        yield data.problem("tag", message, "tags")
    summary = data.get("summary")
    if not isinstance(summary, str) or not summary.strip() or "\n" in summary.strip() or len(summary) > 120:
        yield data.problem("summary", "must be one line of at most 120 characters", "summary")
    yield from check_text(data)
    name = str(data.get("x-name", ""))
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        yield data.problem("x-name", f"{name!r} is no name for a method", "x-name")


def _facts(operation: Operation) -> Iterator[Problem]:
    data = operation.data
    safety = data.get("x-safety")
    if safety not in _SAFETY:
        yield data.problem("x-safety", f"must be one of {', '.join(_SAFETY)}", "x-safety")
    elif (safety == "safe") != (operation.method == "get"):
        yield data.problem("x-safety", f"a {operation.method.upper()} cannot be {safety}", "x-safety")
    if data.get("x-host") not in _HOSTS:
        yield data.problem("x-host", f"must be one of {', '.join(_HOSTS)}", "x-host")
    source = data.get("x-source")
    origin = source.get("from") if isinstance(source, Map) else None
    if not isinstance(source, Map) or origin not in _SOURCES:
        yield data.problem("x-source", f"must be {{from: one of {', '.join(_SOURCES)}}}", "x-source")
    elif not set(source) <= {"from", "confidence", "note"} or (
        source.get("confidence", "certain") not in _CONFIDENCE or not isinstance(source.get("note", ""), str)
    ):
        message = f"knows from, confidence ({', '.join(_CONFIDENCE)}) and note"
        yield source.problem("x-source", message)
    page = data.get("externalDocs")
    url = page.get("url") if isinstance(page, Map) else None
    if url is None and origin not in ("sdk", "observed", "client"):
        yield data.problem("vendor-page", "externalDocs.url is missing", "externalDocs")
    elif isinstance(page, Map) and not str(url).startswith(_PAGES):
        yield page.problem("vendor-page", f"{url} is no page of the vendor", "url")
    if data.get("security") not in (None, []):
        yield data.problem("extension", "security is left out, or [] where no token is sent", "security")
    for key in data:
        if key.startswith("x-") and key not in _OWN:
            yield data.problem("extension", f"{key} is not known", key)


def _parameters(bundle: Bundle, operation: Operation) -> Iterator[Problem]:
    parameters = parameters_of(bundle, operation)
    placeholders = re.findall(r"\{([^}]*)\}", operation.path)
    in_path = [str(parameter.get("name")) for parameter in parameters if parameter.get("in") == "path"]
    if (
        not operation.path.startswith("/")
        or operation.path.endswith("/")
        or sorted(in_path) != sorted(placeholders)
    ):
        message = f"the path has the placeholders {placeholders} and the path parameters {in_path}"
        yield operation.data.problem("path", message, "parameters")
    names: dict[str, str] = {}
    for parameter in parameters:
        name = str(parameter.get("name", ""))
        python = argument_name(name)
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name) or python in names or python in _RESERVED:
            message = f"{name} has brackets, or cannot be the argument {python} beside {sorted(names)} and {sorted(_RESERVED)}"
            yield parameter.problem("parameter-name", message, "name")
        names[python] = name
        yield from _parameter(bundle, parameter)


def _parameter(bundle: Bundle, parameter: Map) -> Iterator[Problem]:
    place, schema = parameter.get("in"), parameter.get("schema")
    if place not in ("path", "query", "header") or (
        place == "path" and parameter.get("required") is not True
    ):
        yield parameter.problem(
            "parameter-place", "must be in query, header, or path with required: true", "in"
        )
    yield from check_text(parameter)
    if not isinstance(schema, Map):
        yield parameter.problem("parameter-style", "a parameter has a schema")
        return
    yield from check_inline(bundle, schema, is_read=False)
    target = bundle.resolve(schema)
    kind = target.get("type") if isinstance(target, Map) else None
    style, explode = parameter.get("style"), parameter.get("explode")
    if kind == "object":
        if place != "query" or style != "deepObject" or explode is not True:
            message = "an object is a query parameter with style: deepObject, explode: true"
            yield parameter.problem("parameter-style", message, "style")
    elif kind == "array":
        if place != "query" or style != "form" or not isinstance(explode, bool):
            message = (
                "a list is a query parameter with style: form and explode: false (commas) or true (repeated)"
            )
            yield parameter.problem("parameter-style", message, "style")
    elif style is not None or explode is not None:
        yield parameter.problem("parameter-style", "a scalar has neither style nor explode", "style")
    elif kind not in ("string", "integer", "number", "boolean"):
        yield schema.problem("parameter-style", "a parameter is a scalar, an enum, a list or an object")


def _body(bundle: Bundle, operation: Operation) -> Iterator[Problem]:
    body = bundle.resolve(operation.data.get("requestBody"))
    if body is None:
        return
    content = body.get("content") if isinstance(body, Map) else None
    if not isinstance(content, Map) or len(content) != 1 or next(iter(content)) not in _REQUESTS:
        message = f"a body has one content type of {', '.join(_REQUESTS)}"
        yield operation.data.problem("request-body", message, "requestBody")
        return
    yield from check_text(body)
    media, inner = next(iter(content.items()))
    schema = inner.get("schema") if isinstance(inner, Map) else None
    if not isinstance(schema, Map):
        yield content.problem("request-body", "a body has a schema", media)
        return
    yield from check_inline(bundle, schema, is_read=False)
    if (media == "application/octet-stream") != (schema.get("format") == "binary"):
        message = "application/octet-stream, and only that, is {type: string, format: binary}"
        yield content.problem("request-body", message, media)


def _responses(bundle: Bundle, operation: Operation) -> Iterator[Problem]:
    data = operation.data
    responses = data.get("responses")
    if not isinstance(responses, Map):
        yield data.problem("response-success", "there are no responses")
        return
    if not any(status.startswith("2") for status in responses):
        yield data.problem("response-success", "there is no 2xx", "responses")
    wanted = [] if data.get("security") == [] else ["401", "403"]
    wanted += ["429"] if operation.method == "get" else ["400", "429"]
    missing = [status for status in sorted(wanted) if status not in responses]
    if missing:
        yield data.problem("response-errors", f"missing: {', '.join(missing)}", "responses")
    for status, node in responses.items():
        response = bundle.resolve(node)
        if not isinstance(response, Map):
            continue
        if "description" not in response:
            yield responses.problem("response-text", f"{status} has no description", status)
        if not re.fullmatch(r"[2345][0-9][0-9]", status):
            yield responses.problem("response-success", f"{status!r} is no status", status)
        yield from check_text(response)
        content = response.get("content")
        if content is not None:
            yield from _content(bundle, responses, status, content)


def _content(bundle: Bundle, responses: Map, status: str, content: Any) -> Iterator[Problem]:
    rule, media_types = (
        ("response-success", _ANSWERS) if status.startswith("2") else ("response-error-type", _PROBLEMS)
    )
    if status == "204":
        yield responses.problem("no-content", "a 204 has no content", status)
    if not isinstance(content, Map) or len(content) != 1 or next(iter(content)) not in media_types:
        yield responses.problem(rule, f"must have one content type of {', '.join(media_types)}", status)
        return
    inner = next(iter(content.values()))
    schema = inner.get("schema") if isinstance(inner, Map) else None
    if not isinstance(schema, Map):
        yield responses.problem(rule, "the content has no schema", status)
    else:
        yield from check_inline(bundle, schema, is_read=True)


def _hook(bundle: Bundle, name: str, item: Any) -> Iterator[Problem]:
    methods = [method for method in METHODS if method in item]
    data = item[methods[0]] if len(methods) == 1 else None
    schema = json_schema(bundle, data.get("requestBody")) if isinstance(data, Map) else None
    refers = isinstance(schema, Map) and "$ref" in schema
    if not isinstance(data, Map) or not data.get("summary") or not (refers or methods == ["get"]):
        message = f"{name} must be one post with a summary and a body that refers to a schema, or one get"
        yield item.problem("hook", message)
        return
    yield from check_text(data)
