"""Rules of lists and batches: x-page and x-batch must agree with parameters, bodies and answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .bundle import Bundle, Operation
from .source import Map, Problem, Seq

__all__ = ["RULES", "check", "items_of", "json_schema", "parameters_of", "success_schemas"]

RULES: dict[str, str] = {
    "x-page": "A paged list names its collection and limit, as the answer and the parameter have them.",
    "x-batch": "An array body says how much it takes and how the answer is matched, as the answer allows.",
}

_ATOMIC = ("documented", "inferred", "unknown")


def check(bundle: Bundle, operation: Operation) -> Iterator[Problem]:
    """Problems of the page and batch facts of one operation."""
    yield from _page(bundle, operation)
    yield from _batch(bundle, operation)


def parameters_of(bundle: Bundle, operation: Operation) -> list[Map]:
    """Return the parameters of an operation, resolved: its own first, then those of its path."""
    own: list[Map] = []
    for node in [*(operation.data.get("parameters") or ()), *(operation.item.get("parameters") or ())]:
        parameter = bundle.resolve(node)
        if isinstance(parameter, Map) and all(
            (parameter.get("name"), parameter.get("in")) != (p.get("name"), p.get("in")) for p in own
        ):
            own.append(parameter)
    return own


def json_schema(bundle: Bundle, node: Any) -> Any:
    """Return the schema of a body or answer, unresolved; ``None`` without one."""
    content = (bundle.resolve(node) or {}).get("content") if isinstance(bundle.resolve(node), Map) else None
    inner = next(iter(content.values()), None) if isinstance(content, Map) else None
    return inner.get("schema") if isinstance(inner, Map) else None


def success_schemas(bundle: Bundle, operation: Operation) -> dict[int, Any]:
    """Yield the schema of each success status in ascending order, ``None`` for those without a body."""
    responses = operation.data.get("responses") or {}
    return {
        int(s): json_schema(bundle, responses[s])
        for s in sorted(responses)
        if s.startswith("2") and s.isdigit()
    }


def _page(bundle: Bundle, operation: Operation) -> Iterator[Problem]:
    data, page = operation.data, operation.data.get("x-page")
    named = {parameter.get("name"): parameter for parameter in parameters_of(bundle, operation)}
    if page is None:
        if "page" in named:
            yield data.problem("x-page", "a list with the parameter page needs x-page", "operationId")
        return
    if not isinstance(page, Map) or set(page) != {"key", "limit"} or not isinstance(page["limit"], int):
        yield data.problem("x-page", "must be {key: collection, limit: maximum}", "x-page")
        return
    limit = named["limit"].get("schema") if "limit" in named else None
    maximum = limit.get("maximum", page["limit"]) if isinstance(limit, Map) else page["limit"]
    if maximum != page["limit"]:
        yield page.problem("x-page", f"limit is {page['limit']} here and {maximum} in the parameter", "limit")
    if not any(
        items_of(bundle, schema, page["key"]) is not None
        for schema in success_schemas(bundle, operation).values()
    ):
        yield page.problem("x-page", f"the answer has no list _embedded.{page['key']}", "key")
    for schema in success_schemas(bundle, operation).values():
        answer = _object_of(bundle, schema)
        embedded = _object_of(bundle, (answer.get("properties") or {}).get("_embedded"))
        if "properties" in embedded and not (
            "_embedded" in (answer.get("required") or ()) and page["key"] in (embedded.get("required") or ())
        ):
            message = (
                f"_embedded and its {page['key']} must be required; the client reads pages without a check"
            )
            yield page.problem("x-page", message, "key")


def _batch(bundle: Bundle, operation: Operation) -> Iterator[Problem]:
    data, batch = operation.data, operation.data.get("x-batch")
    body = json_schema(bundle, data.get("requestBody"))
    is_list = isinstance(body, Map) and body.get("type") == "array"
    if batch is None or not is_list:
        if is_list or batch is not None:
            yield data.problem("x-batch", "belongs to a body that is a list, and only there", "x-batch")
        return
    keys = {"max", "recommended", "items", "match", "partial", "atomic"}
    good = isinstance(batch, Map) and {"max", "items", "match", "partial", "atomic"} <= set(batch) <= keys
    if not good or not (
        isinstance(batch["max"], int)
        and isinstance(batch.get("recommended"), int | None)
        and isinstance(batch["items"], str | None)
        and isinstance(batch["match"], Seq)
        and isinstance(batch["partial"], bool)
        and batch["atomic"] in _ATOMIC
    ):
        message = "must have max, items, match, partial, atomic (documented, inferred, unknown) and may have recommended"
        yield data.problem("x-batch", message, "x-batch")
        return
    if body.get("maxItems", batch["max"]) != batch["max"]:
        yield batch.problem(
            "x-batch", f"max is {batch['max']} here and {body['maxItems']} in the body", "max"
        )
    if (batch.get("recommended") or 0) > batch["max"]:
        yield batch.problem("x-batch", "recommended is more than max", "recommended")
    yield from _matching(bundle, operation, batch)


def _matching(bundle: Bundle, operation: Operation, batch: Map) -> Iterator[Problem]:
    answers = [schema for schema in success_schemas(bundle, operation).values() if schema is not None]
    if not answers:
        if batch["items"] is not None or batch["match"]:
            yield batch.problem("x-batch", "there is no answer to match: items: null, match: []", "match")
        return
    lists = [
        item_schema
        for schema in answers
        if (item_schema := items_of(bundle, schema, batch["items"])) is not None
    ]
    if not lists and (batch["items"] is not None or batch["match"]):
        where = "is no list" if batch["items"] is None else f"has no list _embedded.{batch['items']}"
        yield batch.problem("x-batch", f"the answer {where}", "items")
    for items in lists:
        properties = _object_of(bundle, items).get("properties")
        for key in batch["match"]:
            name = "request_id" if key == "request_ids" else key
            if isinstance(properties, Map) and name not in properties:
                yield batch.problem("x-batch", f"an answered item has no {name}", "match")


def _object_of(bundle: Bundle, node: Any) -> Map:
    """Return the object of a schema, without null and known dirt; an empty mapping if it is not an object."""
    node = bundle.resolve(node)
    if isinstance(node, Map):
        for form in node.get("anyOf") or ():
            result = _object_of(bundle, form)
            if "properties" in result:
                return result
        return node
    return Map("", 0)


def items_of(bundle: Bundle, answer: Any, key: str | None) -> Any:
    """Return the schema of the items of a collection in ``_embedded``, or of a bare list; ``None`` for others."""
    node = bundle.resolve(answer)
    if key is not None:
        embedded = (_object_of(bundle, node).get("properties") or {}).get("_embedded")
        node = bundle.resolve((_object_of(bundle, embedded).get("properties") or {}).get(key))
    if not isinstance(node, Map):
        return None
    for form in [node, *(node.get("anyOf") or ())]:
        if "items" in form:
            return form["items"]
    return None
