"""For every area everything that its table has is done once, over HTTP, in both modes, with and without the option."""
# GENERATED from tests/shell_async/resources/test_every_area.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from amocrm import ChannelSecret, Purchase
from amocrm._sync.client import AmoCRM
from amocrm._core.http.retry import NEVER
from amocrm._core.orm.operations import resource_of
from amocrm_sandbox import SandboxServer
from tests.contract.world import World
from tests.sandbox.conftest import NOW

from .._support import ManualClock
from .stories import ACTIONS, READ, ROWS

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(
    params=product((True, False), ("segments", "periodicity")),
    ids=lambda param: f"{'option' if param[0] else 'no option'}, {param[1]}",
)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """An account that has one of everything, with and without the filter option, in both modes of customers."""
    account = World()
    option, mode = request.param
    account.sandbox.set_option("is_api_filter_enabled", option)
    account.sandbox.set_option("customers_mode", mode)
    account.ids["widget"] = "sandbox_widget"
    yield account
    account.close()


@pytest.fixture
def server(world: World) -> Iterator[SandboxServer]:
    """The account over HTTP."""
    with SandboxServer(world.sandbox) as running:
        yield running


def client_of(server: SandboxServer, **options: Any) -> AmoCRM:
    """A client that may sign messages of chats."""
    channel = server.sandbox.channel
    return AmoCRM(
        "demo",
        base_url=server.url,
        token=server.sandbox.token,
        chats=ChannelSecret(channel["channel_id"], channel["secret"]),
        retry=NEVER,
        clock=ManualClock(NOW),
        **options,
    )


def lacks(call: Any) -> str:
    """The words of the error of something that the API does not have."""
    with pytest.raises((AttributeError, TypeError)) as error:
        call()
    return str(error.value)


@pytest.mark.parametrize("name", ROWS)
def test_records_are_created_read_changed_listed_and_deleted(
    name: str, world: World, server: SandboxServer
) -> None:
    """What the table has works; what it lacks is an error that names what there is."""
    row = ROWS[name]
    if row.mode:
        world.sandbox.set_option("customers_mode", row.mode)
    with client_of(server) as crm:
        collection = row.open(crm, world.ids)
        resource = resource_of(collection._cls._kind)
        made = collection.create(row.make(world.ids))
        assert made.id
        assert made.id in [one.id for one in collection]
        read = collection.get(made.id)
        if row.change is None:
            assert "it has: list" in lacks(lambda: collection.save(read))
        else:
            attribute, value = row.change
            setattr(read, attribute, value)
            collection.save(read)
            assert getattr(collection.get(made.id), attribute) == value
        if resource.delete:
            collection.delete(read)
            assert collection.get_or_none(made.id) is None
        else:
            assert "it has: list" in lacks(lambda: collection.delete(read))


@pytest.mark.parametrize("name", READ)
def test_what_is_only_read_is_listed_and_got(name: str, world: World, server: SandboxServer) -> None:
    """Lists give what the account has, and a key gives one of it."""
    opened, key = READ[name]
    with client_of(server) as crm:
        collection = opened(crm, world.ids)
        listed = collection.all()
        assert listed
        if key:
            assert (collection.get(world.ids[key])).id == world.ids[key]
            assert world.ids[key] in [one.id for one in listed]
        if name != "purchases":
            assert "no operation to create" in lacks(lambda: collection.create(listed[0]))


@pytest.mark.parametrize("name", ACTIONS)
def test_actions_are_carried_out(name: str, world: World, server: SandboxServer) -> None:
    """Each named action makes its requests, and what it changes is there afterwards."""
    with client_of(server) as crm:
        ACTIONS[name](crm, world.ids)


def test_a_purchase_says_whether_it_earns_bonus_points(world: World, server: SandboxServer) -> None:
    """The answer to that stands in the query of its creation, and in no body."""
    with client_of(server) as crm:
        purchases = crm.customers[world.ids["customer"]].purchases
        purchase = purchases.create(Purchase(990, accrue_bonus=False))
        (entry,) = [one for one in world.sandbox.journal if one.operation == "create_transactions"]
        assert entry.target.endswith("/transactions?accrue_bonus=0")
        assert purchase.price == 990
