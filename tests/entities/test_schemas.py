"""Entities in models, lists and pages of pydantic and FastAPI."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import fastjsonschema
import httpx
import pytest
from fastapi import Body, FastAPI
from pydantic import BaseModel, TypeAdapter, ValidationError

from amocrm import Contact, Lead, fields


class City(StrEnum):
    """Options by label."""

    KAZAN = "Казань"


class Deal(Lead):
    """A lead with declared fields."""

    city = fields.Select(name="Город", options=City)
    amount = fields.Numeric(field_id=1)
    day = fields.Date(field_id=2)


class Every(Lead):
    """A lead with a field of each type whose value is not an object of the API."""

    text = fields.Text(field_id=1)
    notes_text = fields.Textarea(field_id=2)
    url = fields.Url(field_id=3)
    street = fields.StreetAddress(field_id=4)
    track = fields.TrackingData(field_id=5)
    number = fields.Numeric(field_id=6)
    money = fields.Monetary(field_id=7)
    cost = fields.Price(field_id=8)
    flag = fields.Checkbox(field_id=9)
    day = fields.Date(field_id=10)
    born = fields.Birthday(field_id=11)
    moment = fields.DateTime(field_id=12)
    address = fields.SmartAddress(field_id=13)


class Order(BaseModel):
    """A model with entities in it."""

    deal: Deal
    contacts: list[Contact] = []


def test_a_field_takes_an_object_or_its_values() -> None:
    """Both validate; a model is dumped as Python values or as JSON."""
    deal = Deal(name="Заказ", city=City.KAZAN)
    assert Order(deal=deal).deal is deal
    order = Order.model_validate(
        {"deal": {"name": "Заказ", "city": "Казань"}, "contacts": [{"name": "Анна"}]}
    )
    assert (order.deal.city, order.contacts[0].name) == (City.KAZAN, "Анна")
    assert order.model_dump() == {
        "deal": {"name": "Заказ", "city": City.KAZAN},
        "contacts": [{"name": "Анна"}],
    }
    again = Order.model_validate_json(order.model_dump_json())
    assert again.model_dump_json() == order.model_dump_json()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"prise": 5}, "did you mean price"),
        ({"city": "Москва"}, "option"),
        (5, "Deal"),
        ({"contacts": 5}, "list of contacts"),
    ],
)
def test_what_does_not_fit_is_an_error_of_validation(value: Any, words: str) -> None:
    """With the words of from_dict and the place in the model."""
    with pytest.raises(ValidationError, match=words) as caught:
        Order.model_validate({"deal": value})
    assert caught.value.errors()[0]["loc"] == ("deal",)


def test_the_schema_names_attributes_and_what_the_server_sets() -> None:
    """Types, options, moments; what cannot be sent is marked."""
    schema = TypeAdapter(Deal).json_schema()
    assert schema["title"] == "Deal"
    shown = schema["properties"]
    null = {"type": "null"}
    assert shown["city"] == {"anyOf": [{"enum": ["Казань"]}, null]}
    assert shown["amount"] == {"anyOf": [{"type": "string", "format": "decimal"}, null]}
    assert shown["day"] == {"anyOf": [{"type": "string", "format": "date"}, null]}
    assert shown["tags"] == {"type": "array", "items": {"type": "string"}}
    assert shown["is_deleted"] == {"type": "boolean", "readOnly": True}
    assert shown["id"] == {"type": "integer", "readOnly": True}
    assert "notes" not in shown
    values = Deal(name="x", closed_at=datetime(2030, 1, 1, tzinfo=UTC)).to_dict(json=True)
    assert values.keys() <= shown.keys()
    contact = TypeAdapter(Contact).json_schema()["properties"]
    assert contact["phones"]["type"] == "array"
    assert json.dumps(schema)


MOMENT = "2030-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("cls", "attribute", "value", "wrong"),
    [
        (Every, "name", "Order", 5),
        (Every, "price", 5, "5"),
        (Every, "status_id", 142, "won"),
        (Every, "is_deleted", False, "no"),
        (Every, "closed_at", MOMENT, "tomorrow"),
        *((Every, name, "words", 5) for name in ("text", "notes_text", "url", "street", "track")),
        *((Every, name, "1.50", value) for name in ("number", "money", "cost") for value in (1.5, "many")),
        *((Every, name, "2030-01-01", value) for name in ("day", "born") for value in (5, "tomorrow")),
        (Every, "moment", MOMENT, "tomorrow"),
        (Every, "moment", MOMENT, 5),
        (Every, "flag", True, "yes"),
        (Every, "address", {"city": "Perm"}, "Perm"),
        (Every, "tags", ["vip"], "vip"),
        (Every, "tags", ["vip"], [5]),
        (Every, "contacts", [{"id": 5}], {"id": 5}),
        (Every, "contacts", [{"id": 5, "is_main": True}], [5]),
        (Every, "contacts", [{"name": "Ann"}], [{"id": "5"}]),
        (Every, "company", {"id": 5}, 5),
        (Every, "catalog_elements", [{"id": 5, "catalog_id": 7, "quantity": 1.5}], {"id": 5}),
        (Every, "catalog_elements", [{"id": 5, "catalog_id": 7, "price_id": 3}], [5]),
        (Every, "catalog_elements", [{"id": 5, "catalog_id": 7}], [{"id": "5", "catalog_id": 7}]),
        (Every, "catalog_elements", [{"id": 5, "catalog_id": 7}], [{"id": 5}]),
        (
            Every,
            "catalog_elements",
            [{"id": 5, "catalog_id": 7}],
            [{"id": 5, "catalog_id": 7, "quantity": "2"}],
        ),
        (Deal, "city", "Казань", "Москва"),
        (Contact, "phones", [{"value": "+79001234567", "kind": "WORK"}], [5]),
        (Contact, "phones", ["+79001234567"], [{"value": 5}]),
        (Contact, "phone", "+79001234567", 5),
    ],
)
def test_the_schema_takes_what_an_object_shows_and_refuses_other_types(
    cls: Any, attribute: str, value: Any, wrong: Any
) -> None:
    """A program that goes by the schema sends what ``from_dict`` takes."""
    schema = TypeAdapter(cls).json_schema()
    check = fastjsonschema.compile(schema, formats={"decimal": r"^-?\d+(\.\d+)?\Z"})
    shown = cls.from_dict({"id": 1, attribute: value}).to_dict(json=True)
    assert attribute in shown
    check({attribute: value})
    check(shown)
    for refused in ({attribute: wrong}, {"nothing": value}):
        with pytest.raises(fastjsonschema.JsonSchemaValueException):
            check(refused)


@pytest.mark.anyio
async def test_a_page_takes_and_gives_entities() -> None:
    """A body says so by Annotated[Deal, Body()]; the answer and the description name the attributes."""
    app = FastAPI()

    @app.post("/deals")
    async def create(deal: Annotated[Deal, Body()]) -> Deal:
        """Give the deal back with another price."""
        return deal.update(price=5)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
        made = await client.post("/deals", json={"name": "Заказ", "city": "Казань"})
        assert made.json() == {"name": "Заказ", "price": 5, "city": "Казань"}
        refused = await client.post("/deals", json={"city": "Москва"})
        assert refused.status_code == 422
        assert "option" in refused.text
        assert "Deal" in (await client.get("/openapi.json")).text


def test_pydantic_is_imported_by_pydantic_only() -> None:
    """Dicts and JSON work without it."""
    code = (
        "import sys; from amocrm import Lead; "
        "Lead.from_dict(Lead(name='x').to_dict(json=True)); sys.exit('pydantic_core' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
