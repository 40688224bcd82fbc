"""Texts to types: a decoded item becomes the payload model that the description has for it.

Forms carry texts only, the models say what they mean. Reading never fails for one odd value: a value
that cannot be what the model wants is left out (``UNSET``) and stays in the event's ``raw``. Rules:

- ``"1"`` and ``"0"`` are booleans where a boolean stands; an empty text is null where null is allowed,
  else it is left out, except where a text is wanted;
- one object where a list of objects stands is a list of one (``message[add][id]``, a radio button's
  values); a mapping with digits as keys is a list with holes;
- a bare value where an object stands is that object's ``value`` (dates in custom fields) or ``id``;
- names that the model does not have are ignored here and stay in ``raw``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeAlias, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["typed_payload", "integer"]

M = TypeVar("M", bound=msgspec.Struct)
Reader: TypeAlias = Callable[[Any], Any]

#: Longest text that is read as a number; 64 bits have 20 characters.
_LONGEST: Final = 20
_FALSE: Final = frozenset({"0", "false", "False", "FALSE", "no", "off"})
_TRUE: Final = frozenset({"1", "true", "True", "TRUE", "yes", "on"})


def typed_payload(tree: Any, model: type[M]) -> M | None:
    """The item as ``model``, ``None`` when it lacks what every such item has (its id).

    Example:
        >>> from amocrm_gen.models.hooks import HookLead
        >>> typed_payload({"id": "17", "price": ""}, HookLead).id
        17
    """
    read: Reader = _struct(model)
    found = read(tree)
    return None if found is UNSET else cast("M", found)


def integer(value: object) -> int | None:
    """The number of a text or a number, ``None`` if it is none."""
    found = _int(value)
    return None if found is UNSET else cast("int", found)


@cache
def _struct(model: type[msgspec.Struct]) -> Reader:
    """Reads one model; made once."""
    return _StructReader(model)


class _StructReader:
    """Reads one model. How its fields are read is found at the first use: models may hold one another."""

    def __init__(self, model: type[msgspec.Struct]) -> None:
        self._model = model
        self._plan: dict[str, tuple[str, Reader]] | None = None
        self._required: tuple[str, ...] = ()
        names = {field.encode_name for field in msgspec.structs.fields(model)}
        self._bare = next((name for name in ("value", "id") if name in names), None)

    def __call__(self, raw: Any) -> Any:
        if type(raw) is not dict:
            if type(raw) is list and len(raw) == 1:
                return self(raw[0]) if type(raw[0]) is not list else UNSET
            if self._bare is None or raw in (None, "") or not isinstance(raw, str | int | float):
                return UNSET
            # Dates of custom fields are what comes without a level of their own: Unix seconds.
            number = integer(raw) if self._bare == "value" else None
            raw = {self._bare: raw if number is None else number}
        plan = self._plan or self._made()
        values: dict[str, Any] = {}
        for key, value in raw.items():
            known = plan.get(key)
            if known is not None:
                found = known[1](value)
                if found is not UNSET:
                    values[known[0]] = found
        for name in self._required:
            if name not in values:
                return UNSET
        return self._model(**values)

    def _made(self) -> dict[str, tuple[str, Reader]]:
        fields = msgspec.structs.fields(self._model)
        self._required = tuple(field.name for field in fields if field.required)
        self._plan = {field.encode_name: (field.name, _reader(field.type)) for field in fields}
        return self._plan


def _reader(wanted: Any) -> Reader:
    """How a value of this type is read."""
    options = [option for option in _options(wanted) if option is not UnsetType]
    nullable = NoneType in options
    kinds = [option for option in options if option is not NoneType]
    read = _of_kinds(kinds)
    if not nullable:
        return read
    text = str in kinds

    def read_nullable(raw: Any) -> Any:
        if raw is None or raw == "" or (text and raw == "null"):
            return None
        return read(raw)

    return read_nullable


def _of_kinds(kinds: list[Any]) -> Reader:
    if Any in kinds or not kinds:
        return _any
    for kind in kinds:
        origin = get_origin(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return _struct(kind)
        if origin is list:
            return _list(_reader(get_args(kind)[0]))
        if origin is dict:
            return _dict(_reader(get_args(kind)[1]))
    if int in kinds and float in kinds:
        return _number
    for kind, read in _SCALARS:
        if kind in kinds:
            return read
    return _any


def _options(wanted: Any) -> tuple[Any, ...]:
    return get_args(wanted) if get_origin(wanted) in (Union, UnionType) else (wanted,)


def _list(read: Reader) -> Reader:
    def read_list(raw: Any) -> Any:
        if type(raw) is dict:
            raw = list(raw.values()) if all(key.isdecimal() for key in raw) else [raw]
        elif type(raw) is not list:
            raw = [] if raw in (None, "") else [raw]
        return [found for found in map(read, raw) if found is not UNSET]

    return read_list


def _dict(read: Reader) -> Reader:
    def read_dict(raw: Any) -> Any:
        if type(raw) is list:
            raw = {str(index): value for index, value in enumerate(raw)}
        if type(raw) is not dict:
            return UNSET
        return {key: found for key, value in raw.items() if (found := read(value)) is not UNSET}

    return read_dict


def _any(raw: Any) -> Any:
    return raw


def _int(raw: Any) -> Any:
    if type(raw) is int:
        return raw
    if type(raw) is str and len(raw) <= _LONGEST:
        if raw.isdecimal() or (raw[:1] == "-" and raw[1:].isdecimal()):
            return int(raw)
        raw = _float(raw)
    if isinstance(raw, bool):
        return int(raw)
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    return UNSET


def _float(raw: Any) -> Any:
    if isinstance(raw, str) and len(raw) <= 2 * _LONGEST and "_" not in raw:
        try:
            raw = float(raw.replace(",", "."))
        except ValueError:
            return UNSET
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return UNSET
    try:
        found = float(raw)
    except OverflowError:
        return UNSET
    return found if -1e300 < found < 1e300 else UNSET


def _number(raw: Any) -> Any:
    whole = _int(raw)
    return _float(raw) if whole is UNSET else whole


def _bool(raw: Any) -> Any:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int | float):
        return bool(raw)
    if isinstance(raw, str):
        return True if raw in _TRUE else False if raw in _FALSE else UNSET
    return UNSET


def _str(raw: Any) -> Any:
    if type(raw) is str:
        return raw
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        try:
            return str(raw)
        except ValueError:  # an integer of more than 4300 digits
            return UNSET
    return UNSET


_SCALARS: Final[tuple[tuple[type, Reader], ...]] = ((bool, _bool), (int, _int), (float, _float), (str, _str))
