"""Advice in messages, checked against the library: what a text tells to write must exist."""

from __future__ import annotations

import argparse
import builtins
import inspect
import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any, Final
from unittest import mock

import amocrm
import amocrm.fields
import amocrm.testing
import amocrm.tokens
import amocrm.webhooks
import amocrm.webhooks.asgi
import amocrm.webhooks.wsgi
import amocrm_sandbox
from amocrm.__main__ import main

from ._clients import client

__all__ = ["unknown_advice"]

_MODULES: Final[tuple[ModuleType, ...]] = (
    amocrm,
    amocrm.fields,
    amocrm.testing,
    amocrm.tokens,
    amocrm.webhooks,
    amocrm.webhooks.asgi,
    amocrm.webhooks.wsgi,
    amocrm_sandbox,
)
_COMMANDS: Final = frozenset({"sandbox", "doctor", "models", "verify", "record", "login", "webhooks"})
#: Words before ``=`` that belong to the standard library, to httpx or to a program of the reader.
_FOREIGN: Final = frozenset({"cafile", "tzinfo", "key", "json", "import_key", "city"})
#: Classes of examples, which stand for the reader's own, and of the standard library.
_EXAMPLES: Final = frozenset({"Deal", "City", "Grade", "StrEnum", "IntEnum", "Decimal", "Redis"})


def unknown_advice(text: str) -> list[str]:
    """Return the attributes, commands, classes and arguments that a text names and the library does not have."""
    wrong = [path for path in _paths(text) if not _exists(path)]
    wrong += [f"amocrm {word}" for word in re.findall(r"`amocrm (\w+)", text) if word not in _COMMANDS]
    wrong += [option for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", text) if option not in _options()]
    wrong += [
        word for word in re.findall(r"(?<![\w.'\"<])([A-Z]\w*[a-z]\w*)(?=\()", text) if not _is_class(word)
    ]
    wrong += [
        f"{word}=" for word in re.findall(r"(?<![\w.&?])([a-z]\w*)=(?!=)", text) if word not in _arguments()
    ]
    return wrong


def _paths(text: str) -> Iterator[list[str]]:
    for match in re.findall(r"\bcrm((?:\.[a-z_]\w*)+)", text):
        yield match[1:].split(".")


def _exists(path: list[str]) -> bool:
    value: Any = client()
    for name in path:
        if not hasattr(value, name):
            return False
        value = getattr(value, name)
    return True


def _is_class(word: str) -> bool:
    return word in _EXAMPLES or hasattr(builtins, word) or any(hasattr(module, word) for module in _MODULES)


@cache
def _arguments() -> frozenset[str]:
    found = set(_FOREIGN)
    for module in _MODULES:
        for name in dir(module):
            value = getattr(module, name)
            if callable(value) and not name.startswith("_"):
                found |= _parameters(value)
                if inspect.isclass(value):
                    found |= {
                        parameter
                        for member, method in inspect.getmembers(value, callable)
                        if not member.startswith("_")
                        for parameter in _parameters(method)
                    }
    for area in (client().pipelines, client().webhooks, client().files, client().fields, client().users):
        for _, method in inspect.getmembers(type(area), callable):
            found |= _parameters(method)
    return frozenset(found)


def _parameters(function: Any) -> set[str]:
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return set()


@cache
def _options() -> frozenset[str]:
    """Return the options of all commands, as their parsers are told."""
    found: set[str] = set()
    real = argparse._ActionsContainer.add_argument

    def add(self: Any, *names: Any, **settings: Any) -> Any:
        found.update(name for name in names if isinstance(name, str) and name.startswith("--"))
        return real(self, *names, **settings)

    with mock.patch.object(argparse._ActionsContainer, "add_argument", add):
        for command in sorted(_COMMANDS):
            for words in ((command, "--help"),):
                try:
                    with mock.patch("sys.stdout"):
                        main(words)
                except SystemExit:
                    pass
    return frozenset(found)
