"""Base class of every generated model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar, cast

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["UNSET", "Model", "UnsetType", "with_extra"]

M = TypeVar("M", bound="Model")
_NONE: Mapping[str, Any] = MappingProxyType({})


class Model(msgspec.Struct, kw_only=True, gc=False, forbid_unknown_fields=True):
    """A shape of the API.

    A property that the server did not send, or that is not to be sent, is ``UNSET``; ``None`` is the
    JSON null. Models are trees and cannot form cycles, so the garbage collector need not look at them
    (``gc=False``): with many pages alive that halves the time to read one.
    """

    @property
    def extra(self) -> Mapping[str, Any]:
        """What the server sent under keys that the description does not know; empty without any.

        It is not sent back, and it does not count when models are compared.
        """
        return _NONE


def with_extra(model: M, extra: Mapping[str, Any]) -> M:
    """Copy a model and keep unknown keys with it.

    Only a model that has some pays for them: the copy is of a class of its own, below that of the model.
    """
    return _made(type(model), _values(model), extra)


def _made(base: type[M], values: Mapping[str, Any], extra: Mapping[str, Any]) -> M:
    model: Any = _class(base)(**values)
    model.__dict__["extra"] = extra
    return cast("M", model)


@cache
def _class(base: type[M]) -> type[M]:
    namespace = {
        "extra": property(lambda self: self.__dict__.get("extra", _NONE), doc=Model.extra.__doc__),
        "__reduce__": lambda self: (_made, (base, _values(self), dict(self.extra))),
        "__copy__": lambda self: _made(base, _values(self), self.extra),
        "__eq__": _equal,
        "__ne__": lambda self, other: not _equal(self, other),
        "__hash__": None,
    }
    return msgspec.defstruct(  # type: ignore[return-value]
        base.__name__,
        (),
        bases=(base,),
        namespace=namespace,
        module=base.__module__,
        dict=True,
        gc=True,
        kw_only=True,
    )


def _equal(self: Model, other: object) -> bool:
    return isinstance(other, type(self).__mro__[1]) and _values(self) == _values(other)


def _values(model: Any) -> dict[str, Any]:
    return {name: getattr(model, name) for name in model.__struct_fields__}
