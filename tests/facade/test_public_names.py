"""Public names say where users find them, in messages, tracebacks and pickles."""

from __future__ import annotations

import pickle
import subprocess
import sys
from importlib import import_module
from types import FunctionType
from typing import Any

import pytest

import amocrm

FACES = (
    "amocrm",
    "amocrm.entities",
    "amocrm.errors",
    "amocrm.events",
    "amocrm.fields",
    "amocrm.tokens",
    "amocrm.webhooks",
    "amocrm_gen",
)
#: Types of other libraries that have no home of ours, and aliases of several types.
FOREIGN = {
    "amocrm.fields": {name for name in import_module("amocrm.fields").__all__ if name.endswith("Value")}
}


def public_values() -> list[Any]:
    """Every public class and function."""
    return [
        pytest.param(face, name, value, id=f"{face}.{name}")
        for face in FACES
        for name in import_module(face).__all__
        if isinstance(value := getattr(import_module(face), name), type | FunctionType)
        and name not in FOREIGN.get(face, set()) - {"ContactValue"}
    ]


@pytest.mark.parametrize(("face", "name", "value"), public_values())
def test_a_public_name_has_a_public_home(face: str, name: str, value: Any) -> None:
    """The module that a class or function names is public, and has it under its own name."""
    assert "._" not in value.__module__
    assert getattr(import_module(value.__module__), value.__name__) is value
    assert pickle.loads(pickle.dumps(value)) is value


def test_there_are_public_names() -> None:
    """The test above tests something."""
    assert len(public_values()) > 150


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("import amocrm.errors as e; print(e.NotFoundError)", "amocrm.errors.NotFoundError"),
        ("from amocrm import Lead; print(type(Lead()))", "amocrm.Lead"),
        ("from amocrm.entities.lead import Lead; print(Lead)", "amocrm.Lead"),
        ("from amocrm import AmoCRM; print(AmoCRM)", "amocrm.AmoCRM"),
    ],
)
def test_a_fresh_process_shows_public_names(statement: str, shown: str) -> None:
    """The public home is set wherever the name is imported first."""
    done = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=True)
    assert shown in done.stdout


def test_the_version_is_that_of_the_distribution() -> None:
    """``amocrm.__version__`` is what the installer knows."""
    assert amocrm.__version__.count(".") == 2


@pytest.mark.slow
def test_entities_and_errors_survive_another_process() -> None:
    """An entity and an error that are pickled here are made again in a process that has imported nothing."""
    sent = pickle.dumps([amocrm.Lead(name="Заказ"), amocrm.NotLoaded("x", attribute="name")])
    script = "import pickle, sys; lead, error = pickle.loads(sys.stdin.buffer.read()); print(lead.name == 'Заказ', error)"
    done = subprocess.run([sys.executable, "-c", script], input=sent, capture_output=True, check=True)
    assert done.stdout.decode().split() == ["True", "x"]
