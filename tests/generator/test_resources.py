"""The table of collections."""

from __future__ import annotations

from pathlib import Path

import pytest

from amocrm_gen._resources import RESOURCES
from generator.__main__ import ROOT
from generator.bundle import Bundle, load_bundle
from generator.resources import collections_of, item_of


@pytest.fixture(scope="module")
def made() -> Bundle:
    """The description of this repository."""
    return load_bundle(ROOT / "spec")


@pytest.mark.slow
def test_every_operation_of_the_table_exists_and_none_is_a_second_way(made: Bundle) -> None:
    """The table names operations by area and id, and calls the better of two ways."""
    known = {f"{one.data['tags'][0]}.{one.id}": one for one in made.operations()}
    named = [
        name
        for one in RESOURCES.values()
        for name in (one.list, one.get, one.create, one.update, one.delete, one.within, *one.actions.values())
        if name
    ]

    assert len(named) > 140
    assert set(named) <= set(known)
    assert not [name for name in named if "x-twin" in known[name].data]


def test_an_operation_is_in_one_collection_only(made: Bundle) -> None:
    """No two collections share an operation."""
    ids = [operation.id for one in collections_of(made) for operation in one.operations]

    assert len(ids) == len(set(ids))


def test_roles_follow_from_path_and_method(made: Bundle) -> None:
    """Purchases are listed for all and for one customer, and created below a customer."""
    purchases = RESOURCES["purchases"]

    assert purchases.list == "transactions.list_transactions"
    assert purchases.within == "transactions.list_customer_transactions"
    assert purchases.create == "transactions.create_transactions"
    assert purchases.update == ""
    assert RESOURCES["unsorted"].key == "uid"
    assert RESOURCES["users"].actions.keys() == {"activate", "deactivate"}


def test_what_a_collection_has_is_told_in_words() -> None:
    """Messages name what there is."""
    assert RESOURCES["events"].has == ("list", "get", "list_types")


def test_items_are_named_schemas(made: Bundle) -> None:
    """Every collection knows the schema of one item."""
    schemas = {one.name: item_of(made, one) for one in collections_of(made)}

    assert schemas["statuses"] == "pipelines.PipelineStatus"
    assert schemas["short_links"] == "short_links.ShortLink"


def test_the_small_description_has_a_collection(spec: Path) -> None:
    """A page or an item that can be read makes a collection; what hangs below it is an action."""
    (things,) = [one for one in collections_of(load_bundle(spec)) if one.name == "things"]

    assert {"list", "create", "get", "update", "delete"} == set(things.roles)
    assert "create_complex" in things.actions
