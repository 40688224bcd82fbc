"""Arguments of public calls, compared with the annotations: open it to let a public class refuse wrong types.

``@checked()`` on a class or function makes its annotations rules that hold at run time. So a wrong type is an error
at the call, with the name of the argument, and not an ``AttributeError`` of some inner function, or of a request
that was sent. Names that are imported for checkers only are compared by name, so nothing is imported for a check.
A value is shown only where it is a number or stands for one of a few words: it may be a secret in the wrong place.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import wraps
from itertools import chain, repeat
from math import isfinite
from types import FunctionType, NoneType, UnionType
from typing import (
    Annotated,
    Any,
    BinaryIO,
    Final,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from amocrm.errors import ArgumentError

from .signatures import expand, refuse_unknown

__all__ = ["as_bool", "check_text", "checked", "is_number", "is_text", "shown", "shown_value"]

T = TypeVar("T")

#: Integers of the API have 64 bits, and so have times.
_BOUND: Final = 2**63
#: Names of annotations that are no classes, and are imported for checkers only in some modules: not compared there.
_ALIASES: Final = frozenset({"Equal", "Loadable", "Progress"})


class _Rule(NamedTuple):
    words: str
    fits: Callable[[Any], bool]
    item: _Rule | None = None
    hint: str = ""
    #: Whether a value that does not fit may be shown: it is one of a few words, no secret.
    open: bool = False


def checked(*, own: Collection[str] = (), **hints: str) -> Callable[[T], T]:
    """Return a decorator that compares arguments with the annotations of a function, or of the methods of a class.

    Args:
        own: names of methods that check their arguments for themselves, with a message of their own.
        hints: what to write instead, by the name of the argument.

    Example:
        >>> @checked()
        ... def double(number: int) -> int:
        ...     return 2 * number
        >>> double("4")
        Traceback (most recent call last):
        amocrm.errors.ArgumentError: number must be an integer, got str
    """

    def decorate(target: Any) -> Any:
        if isinstance(target, FunctionType):
            return _wrapped(target, hints)
        for name, value in list(vars(target).items()):
            function = getattr(value, "__func__", value)
            is_public = name == "__init__" or not name.startswith("_")
            if not isinstance(function, FunctionType) or not is_public or name in own:
                continue
            wrapper = _wrapped(function, hints)
            setattr(target, name, wrapper if function is value else type(value)(wrapper))
        return target

    return decorate


def shown(value: object) -> str:
    """Return a value as messages show it: a number, a class, an attribute such as ``Lead.name``, else its type.

    Example:
        >>> shown(5), shown("secret"), shown(10**5000)
        ('5', 'str', 'an integer of more than 64 bits')
    """
    if isinstance(value, int) and not -_BOUND <= value < _BOUND:
        return "an integer of more than 64 bits"
    if value is None or type(value) in (bool, int, float):
        return repr(value)
    if isinstance(value, str) and not is_text(value):
        return "text that has no UTF-8"
    if isinstance(value, str) and not value.strip():
        return "an empty text"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return repr(value) if hasattr(value, "attribute") else type(value).__name__


def shown_value(value: object) -> str:
    """Return a value that cannot be a secret as messages show it: like ``shown``, and short texts as they are.

    Example:
        >>> shown_value("12"), shown_value(1.5), shown_value("x" * 99)
        ("'12'", '1.5', 'text of 99 characters')
    """
    if isinstance(value, str) and is_text(value):
        return repr(value) if len(value) <= 40 else f"text of {len(value)} characters"
    return repr(value) if isinstance(value, date | Decimal) else shown(value)


def as_bool(attribute: object, value: object) -> bool:
    """Return a flag as a bool; 0 and 1 are what the API itself writes.

    Args:
        attribute: the flag, for the message.
        value: True, False, 1 or 0.

    Raises:
        TypeError: it is something else; a text such as ``"0"`` would be true.

    Example:
        >>> as_bool("Task.is_completed", 1)
        True
    """
    if value is True or value is False or (type(value) is int and value in (0, 1)):
        return bool(value)
    raise ArgumentError(
        f"{attribute!r} must be True or False, got {shown(value)}; compare texts yourself: value == 'yes'"
    )


def check_text(name: str, value: object) -> None:
    """Raise ArgumentError unless a value is text or ``None``."""
    if value is not None and not isinstance(value, str):
        raise ArgumentError(f"{name} must be text, got {shown(value)}")


def _wrapped(function: Any, hints: Mapping[str, str]) -> Any:
    expand(function)
    check = _Rules(function, hints).check
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            args, kwargs = check(args, kwargs)
            return await function(*args, **kwargs)

        return awaited

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = check(args, kwargs)
        return function(*args, **kwargs)

    return call


class _Rules:
    """Rules of the arguments of one function."""

    def __init__(self, function: Any, hints: Mapping[str, str]) -> None:
        self._function, self._hints = function, hints
        self._named: dict[str | None, _Rule] | None = None

    def _compile(self) -> dict[str | None, _Rule]:
        """Make the rules, at the first call: most functions of a program are never called."""
        parameters = inspect.signature(self._function).parameters.values()
        space = inspect.unwrap(self._function).__globals__
        named: dict[str | None, _Rule] = {}
        self._listed = [
            parameter.name for parameter in parameters if parameter.kind <= parameter.POSITIONAL_OR_KEYWORD
        ]
        rest = [parameter.name for parameter in parameters if parameter.kind is parameter.VAR_POSITIONAL]
        self._rest = rest[0] if rest else None
        for parameter in parameters:
            if parameter.annotation is not parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
                rule = _rule_of(_evaluated(parameter.annotation, space))
                if rule is not None:
                    named[parameter.name] = rule._replace(hint=self._hints.get(parameter.name, ""))
        self._named = named
        return named

    def check(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments, an iterator as a tuple, or raise ArgumentError."""
        named = self._compile() if self._named is None else self._named
        if not kwargs and len(args) <= len(self._listed):
            for value, rule in zip(args, map(named.get, self._listed), strict=False):
                if rule is not None and (rule.item is not None or not rule.fits(value)):
                    break
            else:
                return args, kwargs
        refuse_unknown(self._function, kwargs)
        names = chain(self._listed, repeat(self._rest))
        args = tuple(_checked(name, named.get(name), value) for name, value in zip(names, args, strict=False))
        return args, {name: _checked(name, named.get(name), value) for name, value in kwargs.items()}


def _checked(name: str | None, rule: _Rule | None, value: Any) -> Any:
    if rule is None:
        return value
    if rule.item is not None and isinstance(value, Iterator):
        value = tuple(value)
    if rule.fits(value):
        return value
    got = _shown_list(rule.item, value) or (shown_value if rule.open else shown)(value)
    raise ArgumentError(f"{name} must be {rule.words}, got {got}{'; ' * bool(rule.hint)}{rule.hint}")


def _shown_list(item: _Rule | None, value: Any) -> str:
    if item is None or not isinstance(value, Collection) or isinstance(value, str | bytes | Mapping):
        return ""
    return next(
        (f"{type(value).__name__} with {shown(element)}" for element in value if not item.fits(element)), ""
    )


# ---- rules


class _Names(dict[str, Any]):
    """Names of an annotation; one that is imported for checkers only stands for a class of this name."""

    def __init__(self, space: dict[str, Any]) -> None:
        super().__init__()
        self._space = space

    def __missing__(self, name: str) -> Any:
        if name in self._space or hasattr(builtins, name) or name.startswith("__"):
            raise KeyError(name)
        if len(name) == 1 or name in _ALIASES:
            return Any
        return _ByName(name, (), {})


class _ByName(type):
    """Class that is known by its name."""

    def __getitem__(cls, _: object) -> _ByName:
        return cls

    def __getattr__(cls, name: str) -> _ByName:
        if name.startswith("__"):
            raise AttributeError(name)
        return _ByName(name, (), {})


def _evaluated(annotation: Any, space: dict[str, Any]) -> Any:
    if not isinstance(annotation, str):
        return annotation
    return eval(annotation, space, _Names(space))  # nosec B307  # our own source


def _rule_of(hint: Any) -> _Rule | None:
    """Return the rule of a type, ``None`` if it says nothing."""
    hint = _bound_of(hint)
    if hint is Any or hint is object:
        return None
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _any_of([_rule_of(option) for option in inner])
    if origin is Annotated:
        return _rule_of(inner[0])
    if origin is Literal:
        return _Rule(
            _either([repr(value) for value in inner]), lambda value: _is_among(value, inner), open=True
        )
    if origin is type:
        return _class_rule(inner[0])
    if origin is not None and issubclass(origin, Mapping):
        return _Rule("a mapping", lambda value: isinstance(value, Mapping))
    if origin is not None and origin is not tuple and issubclass(origin, Iterable):
        return _list_rule(_rule_of(inner[0]))
    return _value_rule(hint if origin is None else origin)


def _bound_of(hint: Any) -> Any:
    if isinstance(hint, TypeVar):
        hint = Any if hint.__bound__ is None else hint.__bound__
    hint = getattr(hint, "__forward_arg__", hint)
    return _ByName(hint, (), {}) if isinstance(hint, str) else hint


def _value_rule(cls: Any) -> _Rule | None:
    if cls is None or cls is NoneType:
        return _Rule("None", lambda value: value is None)
    if cls in _PLAIN:
        return _PLAIN[cls]
    if not isinstance(cls, type):
        return None
    if cls is Callable or issubclass(cls, Callable):  # type: ignore[arg-type]
        return _Rule("a function", callable)
    if isinstance(cls, _ByName):
        return _Rule(_named(cls), lambda value: _has_base(type(value), cls))
    if getattr(cls, "_is_protocol", False):
        methods = [name for name, value in vars(cls).items() if name[0] != "_" and callable(value)]
        return _Rule(_named(cls), lambda value: all(_fits_method(value, cls, name) for name in methods))
    return _Rule(_named(cls), lambda value: isinstance(value, cls))


def _class_rule(hint: Any) -> _Rule | None:
    hint = get_origin(hint) or _bound_of(hint)
    if not isinstance(hint, type) or hint in (object, Any):
        return _Rule("a class", lambda value: isinstance(value, type))
    return _Rule(
        f"a class of {_named(hint)}", lambda value: isinstance(value, type) and _has_base(value, hint)
    )


def _list_rule(item: _Rule | None) -> _Rule:
    def fits(value: object) -> bool:
        if not isinstance(value, Iterable) or isinstance(value, str | bytes | bytearray):
            return False
        return item is None or not isinstance(value, Collection) or all(map(item.fits, value))

    return _Rule("a list" if item is None else f"a list (each item {item.words})", fits, item)


def _any_of(rules: list[_Rule | None]) -> _Rule | None:
    options = [rule for rule in rules if rule is not None]
    if len(options) < len(rules):
        return None
    item = next((rule.item for rule in options if rule.item is not None), None)
    return _Rule(
        _either([rule.words for rule in options]),
        lambda value: any(rule.fits(value) for rule in options),
        item,
        open=any(rule.open for rule in options),
    )


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _named(cls: type) -> str:
    return _WORDS.get(cls.__name__, cls.__name__)


_WORDS: Final = {"PathLike": "a path", "Entity": "entities", "Event": "events"}


def _has_base(value: type, cls: type) -> bool:
    if isinstance(cls, _ByName):
        return any(base.__name__ == cls.__name__ for base in value.__mro__)
    return issubclass(value, cls)


def _fits_method(value: object, protocol: type, name: str) -> bool:
    """Return whether a value has a method of a protocol, and of the same kind: plain, or to be awaited."""
    method = getattr(value, name, None)
    if not callable(method):
        return False
    wanted = inspect.iscoroutinefunction(getattr(protocol, name))
    return inspect.iscoroutinefunction(inspect.unwrap(method)) is wanted


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_BOUND <= value < _BOUND


def is_number(value: object) -> bool:
    """Return whether a value is a finite number of at most 64 bits, and no truth value."""
    return (isinstance(value, float) and isfinite(value)) or _is_integer(value)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool) or (isinstance(value, int) and value in (0, 1))


def is_text(value: object) -> bool:
    """Return whether a value is text that has a UTF-8."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_among(value: object, options: tuple[Any, ...]) -> bool:
    return isinstance(value, str | int) and value in options


_PLAIN: Final[dict[Any, _Rule]] = {
    int: _Rule("an integer", _is_integer),
    float: _Rule("a number", is_number),
    bool: _Rule("True or False", _is_flag),
    str: _Rule("text", is_text),
    bytes: _Rule("bytes", lambda value: isinstance(value, bytes)),
    BinaryIO: _Rule("a binary file", lambda value: hasattr(value, "read")),
}
