"""The package itself: lazy names, what an import brings, the command line."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import amocrm
from amocrm import __main__ as command


def imported_by(statement: str) -> set[str]:
    """Modules that a statement imports in a fresh interpreter."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.slow
def test_entities_and_fields_bring_no_http() -> None:
    """Whoever declares classes pays for no HTTP library and for no models."""
    modules = imported_by("from amocrm import Lead, Contact, fields")
    assert not [name for name in modules if name.split(".")[0] in ("httpx", "httpcore", "anyio", "ssl")]
    assert not [name for name in modules if name.startswith("amocrm_gen.models.")]


@pytest.mark.slow
def test_one_flavour_does_not_bring_the_other() -> None:
    """The sync client imports nothing of the async one."""
    assert not [name for name in imported_by("from amocrm import AmoCRM") if name.startswith("amocrm._async")]
    assert not [
        name for name in imported_by("from amocrm import AsyncAmoCRM") if name.startswith("amocrm._sync")
    ]


def test_every_public_name_exists() -> None:
    """Each name of __all__ can be imported, and no other."""
    for name in amocrm.__all__:
        assert getattr(amocrm, name) is not None
    assert set(amocrm.__all__) <= set(dir(amocrm))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        amocrm.nothing  # type: ignore[attr-defined]


def test_the_command_says_what_it_can_do(capsys: Any) -> None:
    """Without a command, and for an unknown one, the help is shown."""
    assert command.main([]) == 0
    assert "amocrm sandbox" in capsys.readouterr().out
    assert command.main(["nothing"]) == 2
