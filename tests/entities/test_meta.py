"""What every entity class gets."""

from __future__ import annotations

import pytest

from amocrm import Bot, CatalogElement, Event, Lead, Unsorted, WebsiteButton, fields
from amocrm.entities._base import Entity
from amocrm.entities._meta import EntityMeta


def test_a_class_says_what_its_key_is() -> None:
    """Events have texts for ids, incoming leads a ``uid``, buttons the id of their source."""
    keys = {cls: (cls._key_name, cls._key_type) for cls in (Bot, Event, Unsorted, WebsiteButton)}

    assert keys == {
        Bot: ("id", int),
        Event: ("id", str),
        Unsorted: ("uid", str),
        WebsiteButton: ("source_id", int),
    }
    lead = Unsorted._from_api(Unsorted._model(uid="a1"), None)
    assert (lead.id, repr(lead), repr(WebsiteButton(pipeline_id=1))) == (
        "a1",
        "<Unsorted a1>",
        "<WebsiteButton new>",
    )


def test_a_derived_class_names_its_owner_once() -> None:
    """The part of a path that all objects of a class share stands beside its base."""

    class Product(CatalogElement, catalog_id=6101):
        pass

    assert isinstance(Product, EntityMeta)
    assert Product("Чайник").catalog_id == 6101
    with pytest.raises(TypeError, match="got colour"):

        class _(CatalogElement, colour=5):
            pass

    with pytest.raises(AttributeError, match="colour"):
        Product("Чайник").colour = "red"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "name", [name for name in dir(Entity) if not name.startswith("_") and name not in dir(type)]
)
def test_a_declared_field_takes_the_place_of_no_built_in_name(name: str) -> None:
    """Methods that all entities share are built-in names as well, unless the class asks for it."""
    with pytest.raises(TypeError, match=f"must not replace {name} of"):
        EntityMeta("Deal", (Lead,), {name: fields.Text(name="Field")})
    EntityMeta("Deal", (Lead,), {name: fields.Text(name="Field")}, replaces={name})
