from __future__ import annotations

from typing import Any

import pytest

from ..conftest import Checked
from .test_field_values import field, read, write


def invoices(sandbox: Checked) -> tuple[int, dict[str, int]]:
    """Make a list of invoices and return its id and its fields by code."""
    (catalog,) = sandbox.make("catalogs", {"name": "Счета", "type": "invoices"})
    fields = sandbox.read(f"/api/v4/catalogs/{catalog}/custom_fields")["_embedded"]["custom_fields"]
    return catalog, {one["code"]: one["id"] for one in fields}


def invoice_errors(sandbox: Checked, code: str, value: Any) -> list[tuple[str, str]]:
    """Return code and path of what is wrong with one field of an invoice, relative to the value."""
    catalog, ids = invoices(sandbox)
    body = [{"name": "A", "custom_fields_values": [{"field_id": ids[code], "values": [{"value": value}]}]}]
    found = sandbox.refused("POST", f"/api/v4/catalogs/{catalog}/elements", body)
    head = "custom_fields_values.0.values.0.value"
    return [(code, path.removeprefix(head).lstrip(".")) for _, code, path in found]


def test_a_file_field_points_into_the_drive(sandbox: Checked) -> None:
    """The uuid is enough; version, name and size are read; a file that is not there is refused."""
    (id,) = sandbox.make("leads", {})
    made, file = field(sandbox, "file")["id"], sandbox.upload("Договор.pdf", b"12345")
    assert write(sandbox, id, made, [{"value": {"file_uuid": file["uuid"], "file_name": None}}]).status == 200
    value = {"file_uuid": file["uuid"], "version_uuid": file["version_uuid"]}
    assert read(sandbox, id) == [{"value": {**value, "file_name": "Договор.pdf", "file_size": 5}}]
    for wrong, path in (({"file_uuid": "no"}, "file_uuid"), ({"file": 1}, "file_uuid"), (5, "")):
        answer = write(sandbox, id, made, [{"value": wrong}])
        errors = answer.json()["validation-errors"][0]["errors"]
        assert f"custom_fields_values.0.values.0.value.{path}".rstrip(".") in {one["path"] for one in errors}
    two = [{"value": {"file_uuid": file["uuid"]}}] * 2
    assert write(sandbox, id, made, two).status == 400
    assert write(sandbox, id, made, [{"value": None}]).status == 200
    assert read(sandbox, id) is None


def test_a_chain_names_elements_of_its_lists(sandbox: Checked) -> None:
    """Each link is an element of a list of the definition; strangers, missing keys and a sixth link are refused."""
    (id,) = sandbox.make("leads", {})
    lists = sandbox.make("catalogs", *({"name": str(number)} for number in range(2)))
    (known,) = sandbox.make(f"catalogs/{lists[0]}/elements", {"name": "E"})
    made = field(sandbox, "chained_list", chained_lists=[{"catalog_id": lists[0], "title": None}])["id"]
    link = {"catalog_id": lists[0], "catalog_element_id": known}
    assert write(sandbox, id, made, [link]).status == 200
    assert read(sandbox, id) == [link]
    bad: list[tuple[list[Any], str, str]] = [
        ([{**link, "catalog_id": lists[1]}], "NotSupportedChoice", "values.0.catalog_id"),
        ([{**link, "catalog_element_id": 5}], "NotSupportedChoice", "values.0.catalog_element_id"),
        ([{"catalog_id": lists[0]}], "FieldMissing", "values.0.catalog_element_id"),
        ([{**link, "value": 1}], "FieldNotExpected", "values.0.value"),
        ([link] * 6, "TooMany", "values"),
    ]
    for values, code, path in bad:
        (error,) = write(sandbox, id, made, values).json()["validation-errors"][0]["errors"]
        assert (error["code"], error["path"]) == (code, f"custom_fields_values.0.{path}")


@pytest.mark.parametrize(
    ("code", "value", "error"),
    [
        ("ITEMS", {"sku": "A", "colour": "red"}, ("FieldNotExpected", "colour")),
        ("ITEMS", {"unit_price": "many"}, ("InvalidType", "unit_price")),
        ("ITEMS", {"discount": {"type": "gift", "value": 1}}, ("NotSupportedChoice", "discount.type")),
        ("PAYER", {"name": "A", "type": "robot"}, ("NotSupportedChoice", "type")),
        (
            "PAYER",
            {"name": "A", "entity_type": "contacts", "entity_id": 5},
            ("NotSupportedChoice", "entity_id"),
        ),
        ("SUPPLIER", {"entity_id": 5}, ("NotSupportedChoice", "entity_id")),
        ("SUPPLIER", {}, ("FieldMissing", "entity_id")),
        ("LEGAL_ENTITY", {"name": "A", "entity_type": 7}, ("TooHigh", "entity_type")),
        ("LEGAL_ENTITY", {"name": ""}, ("FieldMissing", "name")),
    ],
)
def test_objects_of_invoices_are_checked(sandbox: Checked, code: str, value: Any, error: Any) -> None:
    """Unknown keys, wrong types and choices, and references that lead nowhere are refused at their path."""
    assert invoice_errors(sandbox, code, value) == [error]


def test_a_payer_is_free_data_or_a_link(sandbox: Checked) -> None:
    """A link brings the name of its entity; only filled keys are read."""
    catalog, ids = invoices(sandbox)
    (company,) = sandbox.make("companies", {"name": "ООО «Ромашка»"})
    link = {"entity_type": "companies", "entity_id": company, "vat_id": None}
    status = {"field_id": ids["BILL_STATUS"], "values": [{"enum_code": "created"}]}
    for sent, shown in (
        (link, {"name": "ООО «Ромашка»", "entity_type": "companies", "entity_id": company}),
        ({"name": "Ivan", "address": "Moscow"}, {"name": "Ivan", "address": "Moscow"}),
    ):
        payer = {"field_id": ids["PAYER"], "values": [{"value": sent}]}
        body = [{"name": "A", "custom_fields_values": [status, payer]}]
        made = sandbox.post(f"/api/v4/catalogs/{catalog}/elements", body).json()["_embedded"]["elements"][0]
        assert made["custom_fields_values"][1]["values"] == [{"value": shown}]


def test_a_linked_entity_needs_a_name_or_an_id(sandbox: Checked) -> None:
    """An id with its type has to exist and gives the name that is missing."""
    (catalog,) = sandbox.make("catalogs", {"name": "L"})
    made = field(sandbox, "linked_entity", f"catalogs/{catalog}", search_in="contacts")["id"]
    (contact,) = sandbox.make("contacts", {"name": "Анна"})
    (element,) = sandbox.make(f"catalogs/{catalog}/elements", {"name": "E"})
    kind = f"catalogs/{catalog}/elements"
    for sent, name in (
        ({"name": "Кто-то"}, "Кто-то"),
        ({"entity_id": contact, "entity_type": "contacts"}, "Анна"),
        ({"entity_id": element, "entity_type": "catalog_elements", "catalog_id": catalog}, "E"),
    ):
        assert write(sandbox, element, made, [{"value": sent}], kind).status == 200
        assert read(sandbox, element, kind)[0]["value"]["name"] == name
    for wrong in ({}, {"entity_id": 5, "entity_type": "contacts"}):
        assert write(sandbox, element, made, [{"value": wrong}], kind).status == 400


@pytest.mark.parametrize("text", ["nan", "inf", "1_000", "1,5", "0x10", "١٢", "", "--1"])
def test_what_only_python_takes_for_a_number_is_none(sandbox: Checked, text: str) -> None:
    """What only Python takes for a number is none here."""
    (id,) = sandbox.make("leads", {})
    assert write(sandbox, id, field(sandbox, "numeric")["id"], [{"value": text}]).status == 400
