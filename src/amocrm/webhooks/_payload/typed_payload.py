"""Conversion of a decoded item to the payload model of the description.

Forms contain texts only; the models define the types. Reading never fails for a single value: a value that
the model cannot hold is left out (``UNSET``) and stays in the event's ``raw``. Rules:

- ``"1"`` and ``"0"`` are booleans if the model has a boolean; an empty text is null if null is allowed,
  else it is left out, unless the model has a text;
- one object instead of a list of objects is a list of one (``message[add][id]``, a radio button's values);
  a mapping with digits as keys is a list with holes;
- a bare value instead of an object is that object's ``value`` (dates in custom fields) or ``id``;
- keys that the model lacks are ignored here and stay in ``raw``.
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
_MAX_DIGITS: Final = 20
_FALSE: Final = frozenset({"0", "false", "False", "FALSE", "no", "off"})
_TRUE: Final = frozenset({"1", "true", "True", "TRUE", "yes", "on"})


def typed_payload(tree: Any, model: type[M]) -> M | None:
    """Return the item as ``model``, ``None`` if it lacks a required value (its id).

    Example:
        >>> from amocrm_gen.models.hooks import HookLead
        >>> typed_payload({"id": "17", "price": ""}, HookLead).id
        17
    """
    read: Reader = _struct(model)
    payload = read(tree)
    return None if payload is UNSET else cast("M", payload)


def integer(value: object) -> int | None:
    """Return a text or number as an integer, ``None`` if it is not one."""
    number = _int(value)
    return None if number is UNSET else cast("int", number)


@cache
def _struct(model: type[msgspec.Struct]) -> Reader:
    """Return the reader of a model; it is created once."""
    return _StructReader(model)


class _StructReader:
    """Reader of one model. Its fields are analysed at the first use, since models may be recursive."""

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
            # Dates of custom fields come without a level of their own, as Unix seconds.
            number = integer(raw) if self._bare == "value" else None
            raw = {self._bare: raw if number is None else number}
        plan = self._plan or self._analysed()
        values: dict[str, Any] = {}
        for key, value in raw.items():
            field = plan.get(key)
            if field is not None:
                typed = field[1](value)
                if typed is not UNSET:
                    values[field[0]] = typed
        for name in self._required:
            if name not in values:
                return UNSET
        return self._model(**values)

    def _analysed(self) -> dict[str, tuple[str, Reader]]:
        fields = msgspec.structs.fields(self._model)
        self._required = tuple(field.name for field in fields if field.required)
        self._plan = {field.encode_name: (field.name, _reader(field.type)) for field in fields}
        return self._plan


def _reader(annotation: Any) -> Reader:
    """Return the reader of values of a type."""
    options = [option for option in _options(annotation) if option is not UnsetType]
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


def _options(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _list(read: Reader) -> Reader:
    def read_list(raw: Any) -> Any:
        if type(raw) is dict:
            raw = list(raw.values()) if all(key.isdecimal() for key in raw) else [raw]
        elif type(raw) is not list:
            raw = [] if raw in (None, "") else [raw]
        return [item for item in map(read, raw) if item is not UNSET]

    return read_list


def _dict(read: Reader) -> Reader:
    def read_dict(raw: Any) -> Any:
        if type(raw) is list:
            raw = {str(index): value for index, value in enumerate(raw)}
        if type(raw) is not dict:
            return UNSET
        return {key: item for key, value in raw.items() if (item := read(value)) is not UNSET}

    return read_dict


def _any(raw: Any) -> Any:
    return raw


def _int(raw: Any) -> Any:
    if type(raw) is int:
        return raw
    if type(raw) is str and len(raw) <= _MAX_DIGITS:
        if raw.isdecimal() or (raw[:1] == "-" and raw[1:].isdecimal()):
            return int(raw)
        raw = _float(raw)
    if isinstance(raw, bool):
        return int(raw)
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    return UNSET


def _float(raw: Any) -> Any:
    if isinstance(raw, str) and len(raw) <= 2 * _MAX_DIGITS and "_" not in raw:
        try:
            raw = float(raw.replace(",", "."))
        except ValueError:
            return UNSET
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return UNSET
    try:
        number = float(raw)
    except OverflowError:
        return UNSET
    return number if -1e300 < number < 1e300 else UNSET


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
