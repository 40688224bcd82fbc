"""Public constructors and functions show their real parameters."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import Parameter, isclass, isfunction, signature
from typing import Any

import pytest

import amocrm

FACES = ("amocrm", "amocrm.events", "amocrm.fields", "amocrm.testing", "amocrm.tokens", "amocrm.webhooks")
#: Names that the user gives: declared custom fields of an entity, attributes of an event class.
OPEN = ([], ["custom"], ["filters"])


def is_made_by_users(cls: type[Any]) -> bool:
    """Whether a class has a constructor for users: protocols have none, errors are made by the library."""
    return not (getattr(cls, "_is_protocol", False) or issubclass(cls, BaseException))


def public_callables() -> Iterator[Any]:
    """Constructors, methods and functions of every public name, each once."""
    for face in FACES:
        module = import_module(face)
        for name in module.__all__:
            value = getattr(module, name)
            if isclass(value):
                members = [one for key, one in vars(value).items() if not key.startswith("_")]
                own_constructor = [value] if is_made_by_users(value) else []
                yield from (pytest.param(one, id=f"{face}.{name}") for one in own_constructor)
                yield from (
                    pytest.param(one, id=f"{face}.{name}.{one.__name__}")
                    for one in members
                    if isfunction(one)
                )
            elif isfunction(value):
                yield pytest.param(value, id=f"{face}.{name}")


@pytest.mark.parametrize("function", list(public_callables()))
def test_no_parameter_hides_the_others(function: Any) -> None:
    """No ``**options`` stands in the place of parameters that an editor could show."""
    try:
        found = signature(function)
    except ValueError:
        return  # an exception or an enum of the standard library's making
    hidden = [one for one in found.parameters.values() if one.kind is Parameter.VAR_KEYWORD]
    assert [one.name for one in hidden] in OPEN


@pytest.mark.parametrize("client", [amocrm.AmoCRM, amocrm.AsyncAmoCRM])
def test_the_clients_show_what_they_take(client: Any) -> None:
    """The most important signature names the account, the token and everything else that can be set."""
    names = list(signature(client).parameters)
    assert names[0] == "account"
    assert {"token", "oauth", "store", "limiter", "retry", "timeout", "event_hooks"} <= set(names)
    with pytest.raises(TypeError, match="tokn"):
        client("demo", tokn="t")
