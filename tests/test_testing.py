"""The fixtures that join client and sandbox."""

import asyncio
import subprocess
import sys

import pytest

from amocrm import AmoCRM, AsyncAmoCRM, Lead
from amocrm_sandbox import Sandbox


def test_the_client_writes_to_the_account_of_the_sandbox(
    amocrm_client: AmoCRM, amocrm_sandbox: Sandbox
) -> None:
    """Both fixtures of one test mean one account."""
    with amocrm_client.session() as s:
        lead = s.add(Lead(name="Заказ 17", price=5))

    found = amocrm_sandbox.get(f"/api/v4/leads/{lead.id}").json()

    assert (found["name"], found["price"]) == ("Заказ 17", 5)


def test_the_asynchronous_client_reads_from_it(
    amocrm_async_client: AsyncAmoCRM, amocrm_sandbox: Sandbox
) -> None:
    """It works in whatever loop the test runs."""
    amocrm_sandbox.call("POST", "/api/v4/leads", [{"name": f"Заказ {number}"} for number in range(3)])

    async def names() -> list[str | None]:
        return [lead.name async for lead in amocrm_async_client.query(Lead)]

    assert asyncio.run(names()) == ["Заказ 0", "Заказ 1", "Заказ 2"]
    assert asyncio.run(names()) == ["Заказ 0", "Заказ 1", "Заказ 2"]


def test_nobody_waits_for_limits_in_tests(amocrm_client: AmoCRM, amocrm_sandbox: Sandbox) -> None:
    """A hundred requests leave at once, though the real server allows seven a second."""
    for _ in range(100):
        amocrm_client.api.account.get()

    assert amocrm_sandbox.counters()["peak"] > 20


@pytest.mark.slow
def test_the_plugin_costs_nothing_where_it_is_not_used() -> None:
    """Loading it brings neither the client's HTTP nor the sandbox."""
    script = (
        "import sys, pytest; before = set(sys.modules); import amocrm.testing;"
        "print(' '.join(sorted({name.split('.')[0] for name in set(sys.modules) - before})))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "amocrm" in loaded
    assert not set(loaded) & {"httpx", "amocrm_sandbox", "amocrm_gen", "msgspec", "attrs"}
