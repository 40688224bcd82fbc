"""Tolerant reader of answers: one strict decode, and a walk that converts only the values it refused.

The usual answer costs one decode. If the strict decoder refuses it, the JSON is decoded untyped and walked
beside the model: each object is first tried as a whole, and only refused objects are read property by property.
A key that the description lacks is not a drift: it is kept in ``extra`` of its object. Invalid Unicode and
numbers out of range are replaced before. A value that cannot be converted becomes ``UNSET``, with the raw value
in a drift record; a list member that is not an object is left out. One invalid value never loses a page.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import isfinite
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

from .decoding import decode_json
from .drift import Drift, DriftKind, DriftWarning, without_secrets
from .errors import DecodeError
from .model import Model, with_extra
from .op import Op
from .problems import problem_of
from .wire import Response

__all__ = ["mend", "read"]

T = TypeVar("T")
_BAD = object()


def read(op: Op, response: Response, model: Any) -> Any:
    """Parse an answer: ``None`` for 204 or an empty body, else ``model``; ``bytes`` returns the body as it is.

    For a paged list, 204 is a page without items. An empty body that the description does not allow is a drift and
    not an error: a write has taken effect.

    Raises:
        APIError: the status is not a success; neither is a redirect, which may answer for another account.
        DecodeError: a success status with a body that is not complete JSON.
    """
    if not 200 <= response.status < 300:
        raise problem_of(op, response)
    if model is None or response.status == 204 or not response.content.strip():
        if model is not None and 204 not in op.success:
            _note_all(response, [Drift(op.id, "$", "missing", None)])
        return None if op.page is None or model is None else _blank(model)
    if model is bytes:
        return response.content
    try:
        return _decoder(model).decode(response.content)
    except (ValueError, RecursionError):  # the decoder's own errors are ValueErrors, and it raises others
        pass
    try:
        value = _mended(op, response, model)
    except RecursionError:
        problem = "must be JSON of a normal depth, got a deeper one"
    except ValueError:
        count = len(response.content)
        size = f"{count} byte{'' if count == 1 else 's'}"
        problem = f"must be complete JSON, got {size} of {response.media_type or 'unknown type'}"
    else:
        if value is not _BAD:
            return value
        problem = "must match the description, got another shape"
    raise DecodeError(
        f"the answer to {op.id} ({response.status}) {problem}; "
        + (
            "try again" if op.safety == "safe" else "the write may have taken effect, so read the object back"
        ),
        op=op.id,
        status=response.status,
        request_id=response.request_id,
    )


def mend(raw: Any, model: type[T]) -> T:
    """Return an object of an answer as a model, converted as in ``read`` but without drift records."""
    mended: T = _Walk("").value(raw, model, "$")
    return mended


def _mended(op: Op, response: Response, model: Any) -> Any:
    raw, odd = decode_json(response.content)
    walk = _Walk(op.id)
    value = walk.value(raw, model, "$")
    paths = {drift.path for drift in walk.drifts}
    mended = [
        Drift(op.id, path, "converted", without_secrets(path, was)) for path, was in odd if path not in paths
    ]
    _note_all(response, [*mended, *walk.drifts])
    return value


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
#: Two threads that build the decoder of one type at the same moment crash msgspec.
_making = threading.Lock()


def _decoder(model: Any) -> msgspec.json.Decoder[Any]:
    decoder = _decoders.get(model)
    if decoder is None:
        with _making:
            decoder = _decoders.setdefault(model, msgspec.json.Decoder(model))
    return decoder


def _free() -> None:
    """Free the lock in a forked process, even if it is held in the parent."""
    global _making
    _making = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free)


def _note_all(response: Response, drifts: Sequence[Drift]) -> None:
    response.drift = tuple(drifts)
    for drift in drifts:
        (response.report or _warn)(drift)


def _warn(drift: Drift) -> None:
    # The registry of Python's warnings keeps it to once per message and place.
    warnings.warn(str(drift), DriftWarning, stacklevel=6)


class _Walk:
    """One walk over an untyped answer; ``drifts`` collects the differences."""

    def __init__(self, op: str) -> None:
        self.op = op
        self.drifts: list[Drift] = []

    def value(self, raw: Any, wanted: Any, path: str) -> Any:
        try:
            return msgspec.convert(raw, wanted)
        except msgspec.ValidationError:
            return self._mend(raw, wanted, path)

    def _mend(self, raw: Any, wanted: Any, path: str) -> Any:
        for option in _options(wanted):
            origin = get_origin(option)
            if isinstance(raw, dict) and isinstance(option, type) and issubclass(option, msgspec.Struct):
                return self._struct(raw, option, path)
            if isinstance(raw, list) and origin is list:
                return self._list(raw, get_args(option)[0], path)
            if isinstance(raw, dict) and origin is dict:
                inner = get_args(option)[1]
                mended = {key: self.value(item, inner, f"{path}.{key}") for key, item in raw.items()}
                return {key: item for key, item in mended.items() if item is not _BAD}
        for option in _options(wanted):
            mended = _scalar(raw, option)
            if mended is not _BAD:
                self._note("converted", path, raw)
                return mended
        self._note("unset", path, raw)
        return _BAD

    def _struct(self, raw: Mapping[str, Any], model: type[msgspec.Struct], path: str) -> Any:
        names = _names(model)
        extra = {key: value for key, value in raw.items() if key not in names}
        if not extra:
            return self._fields(raw, model, path)
        described = {key: value for key, value in raw.items() if key in names}
        try:
            item = msgspec.convert(described, model)
        except msgspec.ValidationError:
            item = self._fields(described, model, path)
        return with_extra(item, extra) if isinstance(item, Model) else item

    def _fields(self, raw: Mapping[str, Any], model: type[msgspec.Struct], path: str) -> msgspec.Struct:
        values: dict[str, Any] = {}
        for field in msgspec.structs.fields(model):
            if field.encode_name in raw:
                value = self.value(raw[field.encode_name], field.type, f"{path}.{field.encode_name}")
                if value is not _BAD:
                    values[field.name] = value
                    continue
            elif field.required:
                self._note("missing", f"{path}.{field.encode_name}", None)
            if field.required:
                values[field.name] = _blank(field.type)
        return model(**values)

    def _list(self, raw: list[Any], wanted: Any, path: str) -> list[Any]:
        kept = []
        for index, item in enumerate(raw):
            place = f"{path}[{index}]"
            before = len(self.drifts)
            value = self.value(item, wanted, place)
            if value is _BAD:
                del self.drifts[before:]
                self._note("left out", place, item)
            else:
                kept.append(value)
        return kept

    def _note(self, kind: DriftKind, path: str, raw: Any) -> None:
        self.drifts.append(Drift(self.op, path, kind, without_secrets(path, raw)))


@cache
def _names(model: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(field.encode_name for field in msgspec.structs.fields(model))


def _options(wanted: Any) -> tuple[Any, ...]:
    if get_origin(wanted) in (Union, UnionType):
        return tuple(option for option in get_args(wanted) if option is not msgspec.UnsetType)
    return (wanted,)


def _blank(wanted: Any) -> Any:
    """Return the value for a required one that is missing: a page always has its list."""
    for option in _options(wanted):
        if get_origin(option) is list:
            return []
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            fields = msgspec.structs.fields(option)
            return option(**{field.name: _blank(field.type) for field in fields if field.required})
    return msgspec.UNSET


def _int(raw: Any) -> Any:
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if isinstance(raw, str):
        text = raw.strip()
        if text.removeprefix("-").isdecimal() and len(text) <= 20:
            return int(text)
    return _BAD


def _float(raw: Any) -> Any:
    if isinstance(raw, str):
        try:
            number = float(raw)
        except ValueError:
            return _BAD
        return number if isfinite(number) else _BAD
    return _BAD


def _bool(raw: Any) -> Any:
    bools: dict[Any, bool] = {0: False, 1: True, "0": False, "1": True, "false": False, "true": True}
    return bools.get(raw, _BAD) if isinstance(raw, int | str) else _BAD


def _str(raw: Any) -> Any:
    return str(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else _BAD


_SCALARS: Mapping[Any, Callable[[Any], Any]] = {int: _int, float: _float, bool: _bool, str: _str}


def _scalar(raw: Any, wanted: Any) -> Any:
    if wanted is type(None):
        return None if raw in ("", [], {}) and raw is not False else _BAD
    convert = _SCALARS.get(wanted)
    return _BAD if convert is None else convert(raw)
