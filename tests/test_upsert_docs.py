"""The pages about find, update or create: their code runs, both languages say the same, their links lead somewhere."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from amocrm_sandbox import SandboxServer
from tests import test_guide

PAGES = ["docs/upsert.md", "docs/upsert.ru.md"]


@pytest.mark.usefixtures("without_limits")
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("option", [False, True], ids=["without the option", "with the option"])
def test_the_code_of_the_page_runs(name: str, option: bool, tmp_path: Path) -> None:
    """All blocks in one program; account, token and folder are replaced. Nothing is doubled by it."""
    with SandboxServer(limits=False, api_filter=option) as server:
        account = f'"demo", token="{server.sandbox.token}", base_url="{server.url}"'
        names: dict[str, object] = {"__name__": "page"}
        for number, block in enumerate(test_guide.blocks_of(name), 1):
            code = block.replace('"mycompany", token="…"', account)
            code = code.replace("/var/lib/myapp/amocrm", str(tmp_path))
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                exec(compile(code, f"{name}, block {number}", "exec"), names)
        contacts = server.sandbox.get("/api/v4/contacts?limit=250").json()["_embedded"]["contacts"]
        leads = server.sandbox.get("/api/v4/leads?limit=250").json()["_embedded"]["leads"]
    # The last block asks the server to find the duplicate, whose control is off.
    assert [one["name"] for one in contacts[:-1]].count(contacts[0]["name"]) == 1
    assert (len(contacts), len(leads)) == (4, 102)


def test_both_pages_say_the_same() -> None:
    """The same code, tables and lists; every link of both leads to a file or a heading."""
    test_guide.test_both_languages_say_the_same(*PAGES)
    for name in PAGES:
        test_guide.test_every_link_leads_to_a_file_or_a_heading(name)
