"""From conditions to filters, and back: does an answered item fit its filter?

The filters of a list are read from its generated model: description and facade cannot part. A condition that a list does not have is refused while the query is written. Every answered
item is checked against the conditions: one that does not fit proves that the server ignored them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, UnsetType

from ...errors import FilterError

__all__ = [
    "MOST",
    "PAID",
    "Condition",
    "InclusiveOnly",
    "Kind",
    "check",
    "compile_filter",
    "cut_conditions",
    "cut_ids",
    "cut_values",
    "kinds",
    "order_fields",
    "range_in_words",
]

Kind: TypeAlias = Literal["many", "range", "one", "pairs", "fields"]
Op: TypeAlias = Literal["in", "range", "search"]
V = TypeVar("V")

#: Lists whose filters are a paid option of the account.
PAID: Final = frozenset({"leads", "contacts", "companies", "customers"})
#: Ids that one request may name.
MOST: Final = 250
#: Bytes that the ids of one request may take: gateways allow 8 KiB for the request line.
ROOM: Final = 7_000

#: Custom field types that the server can filter by value, by option, and by range.
_BY_VALUE = frozenset({"text", "url", "textarea", "streetaddress", "numeric"})
_BY_OPTION = frozenset({"select", "multiselect", "radiobutton"})
_BY_RANGE = frozenset({"numeric", "date", "date_time"})
_HINTS: Final[Mapping[str, str]] = {
    "tags": "compare in Python (`'vip' in lead.tags`), or search with .search('vip')",
    "contacts": "start from the contact: its leads come with .preload(Contact.leads)",
    "company": "start from the company: its leads come with .preload(Company.leads)",
    "text": "search with .search('words') where the list has it, or compare in Python",
    "complete_till": "order by it (.order_by(Task.complete_till)) and stop, or filter by updated_at",
    "status_id": "use .status.in_(...), which sends stage and pipeline together",
}


class Condition(msgspec.Struct, frozen=True):
    """One condition on one key; made by the operators of attributes and fields, never by hand.

    Attributes:
        kind: entity type of the list.
        key: key of the filter; of a custom field, its reference.
        op: ``in`` (one of ``values``), ``range`` (``low`` to ``high``, both included), or ``search`` for what no
            list can be filtered by; its key is the field.
        get: reads the value to compare from an answered item, ``UNSET`` where it cannot be told.
        shown: the condition in words.
        field_type: type of the custom field, ``None`` for attributes.
        sent: the ends of a range as they are sent, where they differ from those compared.
        account: host of the account that its values belong to, empty where they are bare ids.
    """

    kind: str
    key: Any
    op: Op
    get: Callable[[Any], Any]
    shown: str
    values: tuple[Any, ...] = ()
    low: Any = None
    high: Any = None
    field_type: str | None = None
    sent: tuple[Any, Any] | None = None
    account: str = ""

    def __bool__(self) -> bool:
        raise TypeError(
            f"a condition must be an argument of where(), got {self.shown} beside `and`, `or`, `not`, `if` or a "
            "second comparison; write where(a, b) for both, .in_() for one of several values, and .between() for a range"
        )

    if not TYPE_CHECKING:  # a checker refuses them

        def __and__(self, other: object) -> Condition:
            raise TypeError(
                "conditions must be given to where() one by one, got a & b; write where(a, b), which means that both hold"
            )

        def __or__(self, other: object) -> Condition:
            raise TypeError(
                "conditions must all hold, got a | b, which the API lacks; write .in_(1, 2) for several values of one "
                "attribute, and one query for each condition otherwise"
            )

        def __invert__(self) -> Condition:
            raise TypeError(
                "a condition must not be negated, got ~condition: the API has no 'not'; read the list and compare in Python"
            )

    @property
    def is_impossible(self) -> bool:
        """Whether nothing can fit: one of no values. It is answered without a request."""
        return self.op == "in" and not self.values

    def fits(self, item: Any) -> bool | None:
        """Return whether an answered item fits; ``None`` if the item lacks the value."""
        value = self.get(item)
        if value is UNSET:
            return None
        if self.op == "range":
            return value is not None and not (
                (self.low is not None and value < self.low) or (self.high is not None and value > self.high)
            )
        if isinstance(value, str):
            # How exactly the server compares texts is not documented: only a text without the words proves anything.
            folded = value.casefold()
            return any(str(wanted).casefold() in folded for wanted in self.values)
        if isinstance(value, frozenset):
            return bool(value.intersection(self.values))
        return value in self.values


def range_in_words(name: object, low: object, high: object) -> str:
    """Return a range as a user writes it.

    Example:
        >>> range_in_words("Lead.price", 5, 5), range_in_words("Lead.price", 5, None)
        ('Lead.price == 5', 'Lead.price >= 5')
    """
    if low == high:
        return f"{name} == {low!r}"
    if low is None or high is None:
        return f"{name} <= {high!r}" if low is None else f"{name} >= {low!r}"
    return f"{name}.between({low!r}, {high!r})"


class InclusiveOnly:
    """Attribute with a range filter: the API includes both ends, and ``>`` and ``<`` say what to write instead."""

    __slots__ = ()

    if not TYPE_CHECKING:  # a checker refuses them by itself

        def __gt__(self, low: object) -> Condition:
            raise FilterError(
                f"a range must include its ends, got {self!r} > {low!r}; write >= with the next value, or .between(low, high)"
            )

        def __lt__(self, high: object) -> Condition:
            raise FilterError(
                f"a range must include its ends, got {self!r} < {high!r}; write <= with the value before, or .between(low, high)"
            )


@cache
def kinds(model: type[msgspec.Struct]) -> Mapping[str, Kind]:
    """Return what a filter model takes, key by key."""
    result: dict[str, Kind] = {}
    for field in msgspec.structs.fields(model):
        several = get_args(field.type) if get_origin(field.type) in (Union, UnionType) else (field.type,)
        first = next(item for item in several if item is not UnsetType)
        if field.name == "custom_fields_values":
            result[field.name] = "fields"
        elif get_origin(first) is list:
            nested = get_args(first)[0]
            result[field.name] = "pairs" if _is_struct(nested) else "many"
        elif _is_struct(first):
            result[field.name] = "range"
        else:
            result[field.name] = "one"
    return result


def order_fields(model: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return what a list can be sorted by."""
    return tuple(field.encode_name for field in msgspec.structs.fields(model))


def _is_struct(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, msgspec.Struct)


def check(condition: Condition, model: type[msgspec.Struct] | None) -> None:
    """Refuses a condition that the list does not have.

    Raises:
        FilterError: with the nearest thing that works.
    """
    filters = {} if model is None else kinds(model)
    if len(condition.values) > MOST:
        raise FilterError(
            f"a condition on {condition.kind} must have at most {MOST} values, got {len(condition.values)}; "
            "read by ids with get_many(ids), or make one query for each part"
        )
    if condition.low is not None and condition.high is not None and condition.low > condition.high:
        raise FilterError(f"no {condition.kind} can fit: {condition.shown}")
    if condition.field_type is not None:
        if filters.get("custom_fields_values") != "fields":
            raise FilterError(f"{condition.kind} cannot be filtered by custom fields; compare in Python")
        _check_field(condition)
        return
    kind = filters.get(condition.key)
    if kind is None:
        hint = _HINTS.get(condition.key, "")
        can = ", ".join(sorted(name for name in filters if name != "custom_fields_values"))
        raise FilterError(
            f"{condition.kind} cannot be filtered by {condition.key}"
            + (f"; {hint}. " if hint else ". ")
            + (f"The list can be filtered by {can}" if can else "This list has no filters: compare in Python")
        )
    if condition.is_impossible:
        return
    if condition.op == "range" and kind != "range":
        raise FilterError(
            f"{condition.kind} cannot be filtered by a range of {condition.key}; name the values: "
            f".in_(...), at most {MOST}"
        )
    if condition.op == "in" and kind == "range" and len(condition.values) != 1:
        raise FilterError(
            f"{condition.kind} can be filtered by a range of {condition.key} only: use .between(low, high) "
            "or one query for each value"
        )
    if condition.op == "in" and kind == "one" and len(condition.values) != 1:
        raise FilterError(
            f"{condition.kind} can be filtered by one {condition.key} at a time; make one query for each"
        )


def _check_field(condition: Condition) -> None:
    kind = condition.field_type or ""
    if condition.op == "range" and kind not in _BY_RANGE:
        raise FilterError(
            f"a {kind} field cannot be filtered by a range; "
            + ("use .in_(...)" if kind in _BY_VALUE | _BY_OPTION else "compare in Python, or use .search()")
        )
    if condition.op == "in" and kind not in _BY_VALUE | _BY_OPTION | {"checkbox"}:
        raise FilterError(
            f"a {kind} field cannot be filtered by value; "
            + ("use .between(low, high)" if kind in _BY_RANGE else "compare in Python, or use .search()")
        )


def compile_filter(
    conditions: Iterable[Condition],
    model: type[msgspec.Struct] | None,
    resolve: Callable[[Condition], tuple[int, tuple[Any, ...]]] | None = None,
) -> dict[str, Any]:
    """Return the ``filter`` parameter for these conditions; all of them must hold.

    Args:
        conditions: the conditions.
        model: the filter that the list takes, None if it takes none.
        resolve: the id of a custom field and the values as the server wants them (ids of options).

    Raises:
        FilterError: two conditions on one key exclude each other.
    """
    filters = {} if model is None else kinds(model)
    result: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for condition in conditions:
        if condition.is_impossible:
            continue
        if condition.field_type is not None:
            field_id, values = (condition.key[1], condition.values) if resolve is None else resolve(condition)
            key, resolved = str(field_id), msgspec.structs.replace(condition, values=values)
            fields[key] = _merge(fields.get(key), _value(resolved, "many"), condition)
        else:
            kind = filters.get(condition.key, "many")
            result[condition.key] = _merge(result.get(condition.key), _value(condition, kind), condition)
    if fields:
        result["custom_fields_values"] = fields
    return result


def _value(condition: Condition, kind: Kind) -> Any:
    if condition.op == "range":
        low, high = condition.sent or (condition.low, condition.high)
        ends = {"from": low, "to": high}
        return {name: end for name, end in ends.items() if end is not None}
    if kind == "range":
        return {"from": condition.values[0], "to": condition.values[0]}
    if kind == "one":
        return condition.values[0]
    if kind == "pairs":
        return [{"pipeline_id": pipeline, "status_id": status} for pipeline, status in condition.values]
    return [format(value, "f") if isinstance(value, Decimal) else value for value in condition.values]


def _merge(before: Any, new: Any, condition: Condition) -> Any:
    if before is None:
        return new
    if isinstance(before, dict) and isinstance(new, dict):
        low, high = ([item[end] for item in (before, new) if end in item] for end in ("from", "to"))
        merged = {**({"from": max(low)} if low else {}), **({"to": min(high)} if high else {})}
        if low and high and merged["from"] > merged["to"]:
            raise FilterError(f"no {condition.kind} can fit: {condition.shown} excludes an earlier condition")
        return merged
    if isinstance(before, list) and isinstance(new, list):
        both: Sequence[Any] = [item for item in before if item in new]
        if not both:
            raise FilterError(f"no {condition.kind} can fit: {condition.shown} excludes an earlier condition")
        return both
    raise FilterError(f"{condition.shown} cannot be combined with an earlier condition on {condition.key}")


def cut_conditions(conditions: Sequence[Condition]) -> list[tuple[Condition, ...]]:
    """Cut conditions into parts whose values fit the address of one request.

    The values of the longest condition are distributed over the parts; the other conditions are in each.

    Args:
        conditions: all of them must hold.

    Raises:
        FilterError: the other conditions alone are too long.
    """
    lengths = [sum(_length(condition, value) for value in condition.values) for condition in conditions]
    if sum(lengths) <= ROOM:
        return [tuple(conditions)]
    place = lengths.index(max(lengths))
    longest, rest = conditions[place], ROOM - sum(lengths) + lengths[place]
    if rest < max(_length(longest, value) for value in longest.values):
        raise FilterError(
            f"the conditions must fit one address of {ROOM} bytes, got {sum(lengths)}; "
            "filter by one of them and compare the others in Python"
        )
    values = cut_values(_sent_key(longest), longest.values, rest)
    return [
        tuple(
            msgspec.structs.replace(longest, values=tuple(part)) if condition is longest else condition
            for condition in conditions
        )
        for part in values
    ]


def _sent_key(condition: Condition) -> str:
    """Return what stands before one value in the address, at its longest."""
    if condition.field_type is not None:
        return "filter[custom_fields_values][0123456789][]=&"
    return (
        f"filter[{condition.key}][]=&"
        if condition.key != "statuses"
        else "filter[statuses][000][pipeline_id]=&" * 2
    )


def _length(condition: Condition, value: object) -> int:
    return len(_sent_key(condition)) + _quoted(value)


def _quoted(value: object) -> int:
    """Return the bytes of a value in an address."""
    # A program that only declares entities does without urllib.parse.
    from urllib.parse import quote

    return len(quote(str(value)))


def cut_ids(ids: Iterable[int], key: str = "id") -> list[list[int]]:
    """Cut ids into parts that one request can name in its filter under a key; see ``cut_values``."""
    return cut_values(f"filter[{key}][]=&", ids)


def cut_values(key: str, values: Iterable[V], room_for: int = ROOM) -> list[list[V]]:
    """Cut values into parts that one request can name: by number and by the bytes of the address.

    Args:
        key: what stands before each value in the address.
        values: in their order.
        room_for: bytes that the values of one part may take.

    Example:
        >>> cut_values("id=", [1, 2, 3], room_for=8)
        [[1, 2], [3]]
    """
    parts: list[list[V]] = []
    room = 0
    for value in values:
        length = len(key) + _quoted(value)
        if not parts or len(parts[-1]) == MOST or room < length:
            parts.append([])
            room = room_for
        parts[-1].append(value)
        room -= length
    return parts
