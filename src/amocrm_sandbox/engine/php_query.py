"""PHP-style query strings: `filter[id][]=1&order[id]=desc` becomes nested dictionaries."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

__all__ = ["as_int", "as_list", "as_range", "as_tuples", "form_value", "parse_query", "with_page"]


def parse_query(text: str) -> dict[str, Any]:
    """Parse a query string as PHP does.

    Every leaf is a string. A list is a dictionary whose keys are its indexes, because `[]`, `[0]` and `[name]` are
    one construct there; `as_list` flattens it.

    Example:
        >>> parse_query("filter[id][]=1&filter[id][]=2&limit=5")
        {'filter': {'id': {'0': '1', '1': '2'}}, 'limit': '5'}
    """
    result: dict[str, Any] = {}
    if not text:
        return result
    for part in text.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        name, value = unquote_plus(name), unquote_plus(value)
        head, bracket, rest = name.partition("[")
        if not bracket:
            result[head] = value
            continue
        keys = [head, *(bracket + rest)[1:].rstrip("]").split("][")]
        node = result
        for key in keys[:-1]:
            child = node.get(key)
            if not isinstance(child, dict):
                child = node[key] = {}
            node = child
        last = keys[-1]
        node[last if last else str(len(node))] = value
    return result


def form_value(text: str) -> Any:
    """Return a form as the JSON that it stands for: lists where keys are 0, 1 and so on, short numbers as numbers.

    Example:
        >>> form_value("add[0][phone_number]=79000000001&add[0][users][]=7")
        {'add': [{'phone_number': '79000000001', 'users': [7]}]}
    """
    return _untangled(parse_query(text))


def _untangled(node: Any) -> Any:
    if isinstance(node, dict):
        children = [_untangled(child) for child in node.values()]
        if list(node) == [str(index) for index in range(len(node))] and node:
            return children
        return dict(zip(node, children, strict=True))
    # Phone numbers have more digits than ids.
    return int(node) if node.isdigit() and len(node) < 10 and str(int(node)) == node else node


def as_list(node: Any) -> list[str]:
    """Return the strings of a parameter that may be one value or several; nested objects are left out."""
    if node is None:
        return []
    if isinstance(node, dict):
        return [value for value in node.values() if isinstance(value, str)]
    return [node]


def as_int(node: Any, default: int | None = None) -> int | None:
    """Return a whole number of at most 64 bits, or the default when there is none.

    Example:
        >>> as_int("17"), as_int("-1"), as_int("1_7"), as_int("x", 5)
        (17, -1, None, 5)
    """
    if isinstance(node, str):
        # Python's own `int` takes more than digits, and texts of thousands of them not at all.
        digits = node.removeprefix("-")
        if len(digits) > 19 or not (digits.isascii() and digits.isdigit()):
            return default
    elif not isinstance(node, int):
        return default
    number = int(node)
    return number if -(2**63) <= number < 2**63 else default


def as_range(node: Any) -> tuple[int | None, int | None]:
    """Return both ends of a range; a bare number means "from then on"."""
    if isinstance(node, dict):
        return as_int(node.get("from")), as_int(node.get("to"))
    return as_int(node), None


def as_tuples(node: Any, *keys: str) -> list[tuple[int, ...]]:
    """Return the numbers of objects that a parameter lists; one that lacks a key is left out.

    Example:
        >>> as_tuples({"0": {"pipeline_id": "1", "status_id": "142"}, "1": "x"}, "pipeline_id", "status_id")
        [(1, 142)]
    """
    objects = node.values() if isinstance(node, dict) else ()
    rows = [[as_int(item.get(key)) for key in keys] for item in objects if isinstance(item, dict)]
    return [
        tuple(number for number in numbers if number is not None) for numbers in rows if None not in numbers
    ]


def with_page(query: str, page: int, limit: int) -> str:
    """Return the query string with `page` and `limit` set and everything else as it was sent."""
    kept = [p for p in query.split("&") if p and p.partition("=")[0] not in ("page", "limit")]
    return "&".join([*kept, f"page={page}", f"limit={limit}"])
