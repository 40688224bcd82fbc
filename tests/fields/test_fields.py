"""Custom fields: write forms, reading, clearing, options, undeclared access."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm import Contact, Lead, fields
from amocrm._core.orm.identity import Directory, Origin
from amocrm.entities._writing import works_of
from amocrm_gen.models import leads
from amocrm_gen.models.fields import CustomField, CustomFieldEnum, FieldValue, FieldValueItem

MOSCOW = timezone(timedelta(hours=3))


class City(StrEnum):
    """Options by label."""

    KAZAN = "Казань"
    MOSCOW = "Москва"


class Product(IntEnum):
    """Options by id."""

    BASIC = 17
    PLUS = 19


class Deal(Lead):
    """One field of each kind."""

    text = fields.Text(field_id=1)
    notes_text = fields.Textarea(field_id=2)
    url = fields.Url(field_id=3)
    street = fields.StreetAddress(field_id=4)
    number = fields.Numeric(field_id=5)
    money = fields.Monetary(code="MONEY")
    flag = fields.Checkbox(field_id=7)
    city = fields.Select(field_id=8, options=City)
    plain = fields.Select(field_id=9)
    products = fields.MultiSelect(field_id=10, options=Product)
    radio = fields.Radio(field_id=11, options=City)
    day = fields.Date(field_id=12)
    moment = fields.DateTime(field_id=13)
    born = fields.Birthday(field_id=14)
    address = fields.SmartAddress(field_id=15)
    legal = fields.LegalEntity(field_id=16)
    file = fields.File(field_id=17)
    chain = fields.ChainedList(field_id=18)
    raw = fields.Raw(field_id=19)


def sent(attribute: str, value: Any) -> Any:
    """The values that assigning sends."""
    directory = Directory()
    directory.zone = MOSCOW
    deal = Deal._from(leads.Lead(id=5), Origin(directory))
    setattr(deal, attribute, value)
    (found,) = next(iter(works_of(deal))).build()["custom_fields_values"]
    return found["values"]


def read(field_id: int, kind: str, *items: dict[str, Any], zone: Any = None) -> Deal:
    """A lead whose one field has these items."""
    values = [FieldValueItem(**item) for item in items]
    directory = Directory()
    directory.zone = zone
    value = FieldValue(field_id=field_id, field_name="Поле", field_code=None, field_type=kind, values=values)
    return Deal._from(leads.Lead(id=5, custom_fields_values=[value]), Origin(directory))


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        ("text", "сайт", [{"value": "сайт"}]),
        ("number", "1.50", [{"value": "1.50"}]),
        ("number", 1e20, [{"value": "100000000000000000000"}]),
        ("money", Decimal("0.10"), [{"value": "0.10"}]),
        ("flag", False, [{"value": False}]),
        ("city", City.KAZAN, [{"value": "Казань"}]),
        ("city", 55, [{"enum_id": 55}]),
        ("products", {Product.BASIC}, [{"enum_id": 17}]),
        ("products", ["Новый", 19], [{"value": "Новый"}, {"enum_id": 19}]),
        ("radio", "Москва", [{"value": "Москва"}]),
        ("day", date(2024, 5, 1), [{"value": "2024-05-01T00:00:00+03:00"}]),
        ("born", date(1990, 5, 1), [{"value": "1990-05-01T00:00:00+03:00"}]),
        ("moment", datetime(2024, 5, 1, 9, 30, tzinfo=UTC), [{"value": "2024-05-01T09:30:00+00:00"}]),
        (
            "address",
            fields.Address(city="Казань", country="RU"),
            [{"value": "Казань", "enum_code": "city"}, {"value": "RU", "enum_code": "country"}],
        ),
        (
            "legal",
            fields.LegalEntityValue(name="ООО", vat_id="77"),
            [{"value": {"name": "ООО", "vat_id": "77"}}],
        ),
        ("file", "uuid-1", [{"value": {"file_uuid": "uuid-1"}}]),
        ("chain", [fields.ChainItem(1, 2)], [{"catalog_id": 1, "catalog_element_id": 2}]),
        ("raw", [{"value": {"a": 1}}], [{"value": {"a": 1}}]),
    ],
)
def test_each_kind_is_written_in_the_form_of_the_api(attribute: str, value: Any, expected: Any) -> None:
    """The items hold the keys that the type knows and no other."""
    assert sent(attribute, value) == expected


def test_clearing_sends_null_and_an_empty_item_for_files() -> None:
    """None clears; an empty array is never sent."""
    for attribute in ("text", "number", "city", "products", "day", "address", "chain"):
        assert sent(attribute, None) is None
    assert sent("file", None) == [{"value": None}]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("text", 5),
        ("number", True),
        ("number", "1,5"),
        ("number", "NaN"),
        ("city", 1.5),
        ("products", "Казань"),
        ("day", datetime(2024, 5, 1, tzinfo=UTC)),
        ("moment", date(2024, 5, 1)),
        ("moment", datetime(2024, 5, 1)),
        ("legal", fields.LegalEntityValue(vat_id="77")),
        ("chain", [fields.ChainItem(1, 2)] * 6),
    ],
)
def test_wrong_values_are_refused_where_they_are_assigned(attribute: str, value: Any) -> None:
    """The error names the field and stands at the line that assigns."""
    with pytest.raises((TypeError, ValueError), match=rf"{attribute}|time zone"):
        setattr(Deal(), attribute, value)


@pytest.mark.parametrize(
    ("field_id", "kind", "items", "attribute", "expected"),
    [
        (1, "text", [{"value": "сайт"}], "text", "сайт"),
        (5, "numeric", [{"value": "12.30"}], "number", Decimal("12.30")),
        (5, "numeric", [{"value": "?"}], "number", None),
        (7, "checkbox", [{"value": False}], "flag", False),
        (8, "select", [{"value": "Казань", "enum_id": 1, "enum_code": None}], "city", City.KAZAN),
        (8, "select", [{"value": "Новый город", "enum_id": 9}], "city", "Новый город"),
        (10, "multiselect", [{"value": "Б", "enum_id": 17}], "products", (Product.BASIC,)),
        (10, "multiselect", [{"value": "Я", "enum_id": 99}], "products", (99,)),
        (12, "date", [{"value": 1634590800}], "day", date(2021, 10, 19)),
        (13, "date_time", [{"value": 1634590800}], "moment", datetime(2021, 10, 18, 21, tzinfo=UTC)),
        (15, "smart_address", [{"value": "Казань", "enum_id": 3}], "address", fields.Address(city="Казань")),
        (
            18,
            "chained_list",
            [{"catalog_id": 1, "catalog_element_id": 2}],
            "chain",
            (fields.ChainItem(1, 2),),
        ),
        (19, "items", [{"value": {"sku": "A"}}], "raw", [{"value": {"sku": "A"}}]),
    ],
)
def test_each_kind_is_read_as_a_python_value(
    field_id: int, kind: str, items: list[dict[str, Any]], attribute: str, expected: Any
) -> None:
    """Values are typed; an unknown option is given as it is and breaks nothing."""
    assert getattr(read(field_id, kind, *items), attribute) == expected
    assert getattr(read(field_id, kind, *items, zone=MOSCOW), attribute) == expected


def test_objects_are_read_with_the_keys_that_fit() -> None:
    """An odd key inside a free value costs itself only."""
    deal = read(16, "legal_entity", {"value": {"name": "ООО", "entity_type": "odd", "unknown": 1}})
    assert deal.legal is not None
    assert deal.legal.name == "ООО"


def test_an_empty_field_is_none_and_an_empty_collection_is_empty() -> None:
    """A field without a value is not listed by the server."""
    deal = read(1, "text", {"value": "x"})
    assert (deal.city, deal.number, deal.products, deal.chain) == (None, None, (), ())


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_amounts_come_back_as_they_were_written(amount: Decimal) -> None:
    """No digit is lost on the way through text."""
    assert read(5, "numeric", {"value": sent("number", amount)[0]["value"]}).number == amount


@given(st.sampled_from(list(City)), st.sampled_from(list(City)))
def test_a_value_set_back_is_no_change(before: City, after: City) -> None:
    """What means the same as what was read is not sent."""
    deal = read(8, "select", {"value": before.value, "enum_id": 1})
    deal.city = after
    assert deal._is_dirty() == (before is not after)
    deal.city = before
    assert not deal._is_dirty()


def test_numbers_and_addresses_are_lists_with_kinds() -> None:
    """All numbers of a field, with the kind that the server names in either form."""
    items = [{"value": "+7901", "enum_id": 1, "enum_code": "MOB"}, {"value": "+7902", "enum": "WORK"}]
    value = FieldValue(
        field_id=3,
        field_code="PHONE",
        field_type="multitext",
        values=[FieldValueItem(**item) for item in items],
    )
    contact = Contact._from(Contact._model(id=5, custom_fields_values=[value]), None)
    assert contact.phone == "+7901"
    assert [(phone.value, phone.kind) for phone in contact.phones] == [("+7901", "MOB"), ("+7902", "WORK")]
    contact.phone = "+7999"
    contact.phones.add("+7903")
    contact.phones.remove("+7902")
    (found,) = next(iter(works_of(contact))).build()["custom_fields_values"]
    assert found == {
        "field_id": 3,
        "values": [{"value": "+7999", "enum_code": "MOB"}, {"value": "+7903", "enum_code": "WORK"}],
    }
    with pytest.raises(ValueError, match="not among"):
        contact.phones.remove("+7000")


# ---- without a declaration


def with_definitions(deal: Deal) -> Deal:
    """The same lead once the definitions were loaded."""
    assert deal._session is not None
    options = [CustomFieldEnum(id=1, value="Казань"), CustomFieldEnum(id=2, value="Москва")]
    deal._session.directory.fields["leads"] = fields.Definitions(
        "leads",
        [
            CustomField(id=5, name="Поле", type="numeric", code="NUM"),
            CustomField(id=8, name="Город", type="select", code=None, enums=options),
        ],
    )
    return deal


def test_undeclared_fields_are_typed_by_what_was_read() -> None:
    """By name or id, with the type that the value says."""
    deal = read(5, "numeric", {"value": "1.5"})
    assert deal.custom["Поле"] == deal.custom[5] == Decimal("1.5")
    assert dict(deal.custom) == {"Поле": Decimal("1.5")}
    deal.custom["Поле"] = 2
    assert deal.custom[5] == 2
    del deal.custom[5]
    assert deal.custom["Поле"] is None


def test_a_missing_name_is_an_error_until_the_definitions_are_known() -> None:
    """Without definitions an empty field cannot be told from a misspelt one."""
    deal = read(5, "numeric", {"value": "1.5"})
    with pytest.raises(KeyError, match="load the definitions"):
        deal.custom["Город"]
    with_definitions(deal)
    assert deal.custom["Город"] is None
    assert deal.custom.get("Горад") is None
    with pytest.raises(LookupError, match="Город"):
        deal.custom["Горад"] = "Казань"


def test_undeclared_fields_are_written_by_the_definitions() -> None:
    """The definitions give id and type; without them the Python value decides."""
    deal = with_definitions(read(5, "numeric", {"value": "1.5"}))
    deal.custom["Город"] = "Москва"
    deal.custom["NUM"] = "2.5"
    (body,) = [work.build() for work in works_of(deal)]
    assert body["custom_fields_values"] == [
        {"field_id": 8, "values": [{"value": "Москва"}]},
        {"field_id": 5, "values": [{"value": "2.5"}]},
    ]
    guessed = Deal()
    guessed.custom[77] = ["a", Product.PLUS]
    (body,) = [work.build() for work in works_of(guessed)]
    assert body["custom_fields_values"] == [{"field_id": 77, "values": [{"value": "a"}, {"enum_id": 19}]}]
    assert guessed.custom[77] == ["a", 19]


def test_definitions_to_create() -> None:
    """A declaration with a name is enough to create its field; options come from the enum."""
    made = fields.Definition.of(Deal.money)
    assert made.body() == {"name": "money", "type": "monetary", "code": "MONEY"}
    city = fields.Select(name="Город", options=City)
    assert fields.Definition.of(city).body()["enums"] == [
        {"value": "Казань", "sort": 1},
        {"value": "Москва", "sort": 2},
    ]
    with pytest.raises(ValueError, match="declared by its id"):
        fields.Definition.of(Deal.city)
    with pytest.raises(ValueError, match="needs options"):
        fields.Definition(name="x", type="select").body()


def test_a_field_must_be_named_somehow() -> None:
    """A declaration without id, code and name is refused at once."""
    with pytest.raises(TypeError, match=r"field_id=, code= or name="):
        fields.Text()


# ---- values that are objects


class Invoice(Lead):
    """Types of fields that lists have."""

    items = fields.Items(field_id=1)
    payer = fields.Payer(field_id=2)
    supplier = fields.Supplier(field_id=3)
    link = fields.LinkedEntity(field_id=4)
    legal = fields.LegalEntity(field_id=5)


READ: list[tuple[int, str, str, Any, Any]] = [
    (
        1,
        "items",
        "items",
        {"sku": "A", "quantity": 2, "unit_price": 5.5, "total_sum": 11, "is_total_sum_recalculated": True},
        {"sku": "A", "quantity": 2.0, "unit_price": 5.5},
    ),
    (2, "payer", "payer", {"name": "Иван", "type": "individual"}, {"name": "Иван", "type": "individual"}),
    (3, "supplier", "supplier", {"entity_id": 7, "name": "ООО", "kpp": "1"}, {"entity_id": 7}),
    (
        4,
        "linked_entity",
        "link",
        {"entity_id": 7, "entity_type": "contacts", "name": "И"},
        {"entity_id": 7, "entity_type": "contacts", "name": "И"},
    ),
    (5, "legal_entity", "legal", {"name": "ООО", "vat_id": "77"}, {"name": "ООО", "vat_id": "77"}),
]


@pytest.mark.parametrize(("field_id", "kind", "attribute", "value", "expected"), READ)
def test_an_object_is_written_back_without_what_the_server_adds(
    field_id: int, kind: str, attribute: str, value: Any, expected: Any
) -> None:
    """Read, assigned to another entity and sent: only the keys that can be written, none that is empty."""
    deal = Invoice._from(read(field_id, kind, {"value": value})._data, None)
    found = getattr(deal, attribute)
    setattr(deal, attribute, found)
    assert list(works_of(deal)) == []
    other = Invoice(**{attribute: found})
    (item,) = next(iter(works_of(other))).build()["custom_fields_values"]
    assert item == {"field_id": field_id, "values": [{"value": expected}]}
    assert getattr(other, attribute) is not None
    undeclared = read(field_id, kind, {"value": value})
    assert undeclared.custom["Поле"] == found


def test_what_an_object_does_not_say_reads_as_none() -> None:
    """Nobody has to know of a value that stands for nothing."""
    deal = read(16, "legal_entity", {"value": {"name": "ООО"}})
    assert deal.legal is not None
    assert deal.legal.kpp is None


@pytest.mark.parametrize(("attribute", "wrong"), [("legal", {"name": "ООО"}), ("file", 5)])
def test_an_object_of_another_kind_is_refused(attribute: str, wrong: Any) -> None:
    """The error names the class to use."""
    with pytest.raises(TypeError, match=r"takes a fields\.\w+Value"):
        setattr(Deal(), attribute, wrong)


def test_definitions_take_whatever_the_api_takes() -> None:
    """Keys without a parameter of their own go into ``more``."""
    chain = fields.Definition(name="Цепь", type="chained_list", more={"chained_lists": [{"title": "A"}]})
    assert chain.body()["chained_lists"] == [{"title": "A"}]
