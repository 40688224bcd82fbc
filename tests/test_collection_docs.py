"""The pages about collections: their code runs, both languages say the same, their links lead somewhere."""

from __future__ import annotations

import warnings

import pytest

from amocrm import AmoCRM
from amocrm_sandbox import SandboxServer
from tests import test_guide

PAGES = ["docs/collections.md", "docs/collections.ru.md"]


@pytest.mark.usefixtures("without_limits")
@pytest.mark.parametrize("name", PAGES)
def test_the_code_of_the_page_runs(name: str) -> None:
    """All blocks in one program; account and token are replaced."""
    with SandboxServer(limits=False) as server:
        account = f'"demo", token="{server.sandbox.token}", base_url="{server.url}"'
        names: dict[str, object] = {"__name__": "page"}
        for number, block in enumerate(test_guide.blocks_of(name), 1):
            code = block.replace('"mycompany", token="…"', account)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                exec(compile(code, f"{name}, block {number}", "exec"), names)
        stored = server.sandbox.get("/api/v4/leads/loss_reasons").json()["_embedded"]["loss_reasons"]
        assert len(stored) == 3 + 2  # those of a new account, and those of the session
        moved = server.sandbox.get("/api/v4/events?filter[type]=lead_status_changed").json()["_embedded"][
            "events"
        ]
        assert len(moved) == 1


@pytest.mark.parametrize("name", PAGES)
def test_the_table_has_every_collection(name: str) -> None:
    """A collection that is not in the table is found by no reader."""
    page = test_guide.ROOT.joinpath(name).read_text(encoding="utf-8")

    assert [name for name in AmoCRM.__annotations__ if f"`crm.{name}`" not in page] == []


def test_both_pages_say_the_same() -> None:
    """The same code, tables and lists; every link of both leads to a file or a heading."""
    test_guide.test_both_languages_say_the_same(*PAGES)
    for name in PAGES:
        test_guide.test_every_link_leads_to_a_file_or_a_heading(name)
