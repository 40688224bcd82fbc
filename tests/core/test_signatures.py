"""Keywords that stand in a ``TypedDict`` are arguments like any others: shown by help, checked at the call."""

from __future__ import annotations

import inspect
from typing import Any, TypedDict, Unpack

import pytest

from amocrm._core.arguments import checked
from amocrm._core.signatures import expand
from amocrm.errors import ArgumentError


class Rules(TypedDict, total=False):
    """Some keywords."""

    sure: bool
    find: str


@checked()
def look(row: int, **rules: Unpack[Rules]) -> dict[str, Any]:
    """Return the keywords."""
    return {**rules}


def test_the_keys_are_shown_and_checked() -> None:
    """A wrong value is refused by the name of its key."""
    assert [*inspect.signature(look).parameters] == ["row", "sure", "find"]
    assert look(1, sure=True) == {"sure": True}
    with pytest.raises(ArgumentError, match="sure must be True or False"):
        look(1, sure="yes")  # type: ignore[arg-type]


@pytest.mark.parametrize(("unknown", "hint"), [("sur", "write sure="), ("mode", "write row=, sure=, find=")])
def test_an_unknown_keyword_is_refused_with_the_likely_one(unknown: str, hint: str) -> None:
    """Python itself would take it for one of the rules."""
    with pytest.raises(ArgumentError, match=rf"look\(\) has no argument {unknown}; {hint}"):
        look(1, **{unknown: True})  # type: ignore[misc]


def test_any_other_signature_stays() -> None:
    """Plain keywords are taken as they are."""

    def plain(row: int, **rules: bool) -> None: ...

    expand(plain)
    assert [*inspect.signature(plain).parameters] == ["row", "rules"]
