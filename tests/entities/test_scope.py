"""What stands in the path of an entity's requests."""

from __future__ import annotations

import pytest

from amocrm import CatalogElement, Event, Lead, Note, Purchase, Source, Status, Tag
from amocrm.entities._scope import path_of, scope_of, unwritable


class Product(CatalogElement, catalog_id=6101):
    """An element of one list."""


def test_the_class_or_the_object_names_the_owner() -> None:
    """A class of elements of one list needs no argument; any other object says where it belongs."""
    assert scope_of(Product("Чайник"), "catalog_id") == 6101
    assert scope_of(CatalogElement("Чайник", catalog_id=7), "catalog_id") == 7
    assert Product("Чайник").catalog_id == 6101
    assert path_of(Purchase(100, customer_id=5), "transactions.create_transactions") == (("customer_id", 5),)


def test_the_path_has_the_key_of_what_exists() -> None:
    """A stage is changed below its pipeline, under its own id."""
    stage = Status._from_api(Status._model(id=142, pipeline_id=3), None)

    assert path_of(stage, "pipelines.update_pipeline_status") == (("pipeline_id", 3), ("id", 142))


def test_a_note_is_written_where_its_entity_is() -> None:
    """Notes do not say the type of their entity; one that was found in no list is one of a lead."""
    lead = Lead._from_api(Lead._model(id=1), None)

    assert path_of(lead.notes.add("текст"), "notes.create_notes") == (("entity_type", "leads"),)
    assert scope_of(Note._from_api(Note._model(id=1), None), "entity_type") == "leads"


@pytest.mark.parametrize(
    ("entity", "words"),
    [
        (Event(), "no operation to create an Event; it has: list, get"),
        (
            Purchase._from_api(Purchase._model(id=1), None),
            "no operation to update a Purchase; it has: list, get, create",
        ),
        (CatalogElement("Чайник"), "belongs to nothing: give it catalog_id"),
        (Note("текст"), "belongs to nothing"),
        (Tag._from_api(Tag._model(id=1, name="x"), None), None),
        (Source("Сайт", "site"), None),
    ],
)
def test_what_the_api_cannot_write_is_said_with_what_there_is(entity: Lead, words: str | None) -> None:
    """Events are only read, purchases never changed, and an element without a list has no address."""
    reason = unwritable(entity)

    assert (reason is None) if words is None else (reason is not None and words in reason)


def test_tags_of_contacts_are_not_renamed() -> None:
    """The API has the operation for tags of leads only."""
    tag = Tag._from_api(Tag._model(id=1, name="x"), None)
    tag._ensure_links().scope = {"entity_type": "contacts"}

    assert "tags of leads only" in str(unwritable(tag))
