"""The demo tells right from wrong: every fortieth deal of its history, in and out, in both flavours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from amocrm_sandbox import Mutate, SandboxServer
from examples.sales import __main__ as demo
from examples.sales.history import History, read_history

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def history() -> History:
    """A part of the real history, won, lost and open deals among it."""
    whole = read_history()
    return replace(whole, opportunities=whole.opportunities[::40])


def total(history: History) -> int:
    """What was won in it."""
    return sum(history.revenue_by_agent().values())


def test_the_whole_history_is_what_the_demo_promises() -> None:
    """85 companies, 8,800 deals, 10,005,534 won."""
    whole = read_history()
    assert (len(whole.accounts), len(whole.opportunities), total(whole)) == (85, 8_800, demo.EXPECTED)
    assert sum(whole.revenue_by_quarter().values()) == demo.EXPECTED


@pytest.mark.parametrize("flavour", [[], ["--async"]], ids=["sync", "async"])
def test_the_demo_agrees_with_its_history(flavour: list[str], history: History, capsys: Any) -> None:
    """Every figure agrees, without filters and with them, with the true limits on."""
    assert demo.main(flavour, history, total(history)) == 0
    said = capsys.readouterr().out
    assert "WRONG" not in said
    assert "220 deals read without filters" in said
    assert "0 times 429" in said


def test_the_demo_fails_when_a_figure_differs(
    history: History, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """A server that shows one price wrong is found out: the sums differ, and the exit code says so."""

    @contextmanager
    def lying() -> Iterator[dict[str, Any]]:
        with SandboxServer() as server:
            server.sandbox.faults.add(Mutate("_embedded.leads.0.price", 1_234_567), operation="list_leads")
            yield {
                "url": server.url,
                "token": server.sandbox.token,
                "control_url": f"{server.url}/_sandbox",
            }

    monkeypatch.setattr(demo, "sandbox", lying)
    assert demo.main([], history, total(history)) == 1
    said = capsys.readouterr().out
    assert "SOMETHING DIFFERS" in said
    assert said.count("DIFFERENT") == 2
    assert "<- differs" in said
