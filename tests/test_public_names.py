"""Public names: each is used by an example or a test, and none is a word of the inside."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
MODULES = [
    "amocrm",
    "amocrm.entities",
    "amocrm.errors",
    "amocrm.events",
    "amocrm.fields",
    "amocrm.otel",
    "amocrm.testing",
    "amocrm.tokens",
    "amocrm.webhooks",
    "amocrm.webhooks.asgi",
    "amocrm.webhooks.wsgi",
    "amocrm_sandbox",
]
#: Words of docs/architecture.md and of the field that say how something is built, and not what it is for.
INNER = re.compile(
    r"(?<![a-z])(?:Core|Shell|Flavour|Twin|State|Tracked|Overlay|Origin|Slot|Waiter|Pool|Executor|Dispatcher"
    r"|Worker|Wire|Op|Base|Mixin|Impl|Private|Internal|Raw|Holder|Relation|Attribute)(?![a-z])"
)
#: Names that contain such a word because users know it: the value of a field as the API has it.
KNOWN = {"amocrm.fields.Raw"}


@cache
def used_words() -> frozenset[str]:
    """Return the words of examples, tests, and pages, whose code the tests run."""
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    files += [path for folder in ("examples", "tests") for path in (ROOT / folder).rglob("*.py")]
    return frozenset(re.findall(r"\w+", "\n".join(path.read_text(encoding="utf-8") for path in files)))


def public(module: ModuleType) -> list[str]:
    """Return the names that a module exports."""
    return list(module.__all__)


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_used_by_an_example_or_a_test(name: str) -> None:
    """A name that no program writes is not tried, or not needed."""
    assert sorted(set(public(import_module(name))) - used_words()) == []


@pytest.mark.parametrize("name", MODULES)
def test_no_public_name_is_a_word_of_the_inside(name: str) -> None:
    """Users meet the words of the field."""
    words = {word: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", word) for word in public(import_module(name))}
    assert [word for word in words if INNER.search(words[word]) and f"{name}.{word}" not in KNOWN] == []


@pytest.mark.slow
def test_a_star_import_offers_what_users_write_and_nothing_else() -> None:
    """Every name has a public home and, if it is a class or function, a docstring."""
    script = "from amocrm import *; print(' '.join(name for name in dir() if not name.startswith('__')))"
    names = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    amocrm = import_module("amocrm")
    assert sorted(names) == sorted(amocrm.__all__)
    values = {name: getattr(amocrm, name) for name in names}
    for name, value in values.items():
        if inspect.isclass(value) or inspect.isfunction(value):
            assert "._" not in value.__module__.removeprefix("amocrm"), name
            assert inspect.getdoc(value), name
