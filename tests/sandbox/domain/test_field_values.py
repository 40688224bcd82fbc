from __future__ import annotations

from typing import Any

import pytest

from amocrm_sandbox import ManualClock

from ..conftest import Checked


def field(sandbox: Checked, type_: str, owner: str = "leads", **more: Any) -> dict[str, Any]:
    """Create a field and return its definition."""
    body = {"name": type_, "type": type_, **more}
    if type_ in ("select", "multiselect", "radiobutton"):
        body["enums"] = [{"value": "a", "sort": 1, "code": "A"}, {"value": "b", "sort": 2}]
    answer = sandbox.post(f"/api/v4/{owner}/custom_fields", [body])
    assert answer.status == 201, answer
    made: dict[str, Any] = answer.json()["_embedded"]["custom_fields"][0]
    return made


def write(sandbox: Checked, id: int, field_id: int, values: Any, kind: str = "leads") -> Any:
    """Write the values of one field."""
    body = {"custom_fields_values": [{"field_id": field_id, "values": values}]}
    return sandbox.patch(f"/api/v4/{kind}/{id}", body)


def read(sandbox: Checked, id: int, kind: str = "leads") -> Any:
    """Return the values of the only field that has some."""
    shown = sandbox.read(f"/api/v4/{kind}/{id}")["custom_fields_values"]
    return None if shown is None else shown[0]["values"]


@pytest.mark.parametrize(
    ("type_", "sent", "shown"),
    [
        ("text", {"value": "t"}, {"value": "t"}),
        ("textarea", {"value": "a\nb"}, {"value": "a\nb"}),
        ("streetaddress", {"value": "Lenina 1"}, {"value": "Lenina 1"}),
        ("url", {"value": "https://example.com"}, {"value": "https://example.com"}),
        ("tracking_data", {"value": "x"}, {"value": "x"}),
        ("numeric", {"value": "1.5"}, {"value": "1.5"}),
        ("numeric", {"value": 12}, {"value": "12"}),
        ("checkbox", {"value": False}, {"value": False}),
        ("date_time", {"value": 1_634_601_605}, {"value": 1_634_601_605}),
        ("date_time", {"value": "2024-05-01T10:00:00+03:00"}, {"value": 1_714_546_800}),
        ("date", {"value": 1_634_601_600}, {"value": 1_634_590_800}),
        ("birthday", {"value": "2024-05-01T00:00:00+03:00"}, {"value": 1_714_510_800}),
        (
            "smart_address",
            {"value": "Kazan", "enum_id": 3},
            {"value": "Kazan", "enum_id": 3, "enum_code": "city"},
        ),
        (
            "smart_address",
            {"value": "RU", "enum_code": "country"},
            {"value": "RU", "enum_id": 6, "enum_code": "country"},
        ),
    ],
)
def test_what_is_written_is_read_in_the_form_of_the_facts(
    sandbox: Checked, type_: str, sent: Any, shown: Any
) -> None:
    """Numbers come back as strings, dates as the beginning of the day in the account's zone, the rest as written."""
    (id,) = sandbox.make("leads", {})
    assert write(sandbox, id, field(sandbox, type_)["id"], [sent]).status == 200
    assert read(sandbox, id) == [shown]


@pytest.mark.parametrize("type_", ["select", "radiobutton", "multiselect"])
def test_options_are_named_by_id_or_text(sandbox: Checked, type_: str) -> None:
    """An option may be written by its id or its exact text and is read with id, text and code."""
    (id,) = sandbox.make("leads", {})
    made = field(sandbox, type_)
    option = made["enums"][0]["id"]
    for sent in ({"enum_id": option}, {"value": "a"}):
        assert write(sandbox, id, made["id"], [sent]).status == 200
        assert read(sandbox, id) == [{"value": "a", "enum_id": option, "enum_code": "A"}]


def test_several_options_only_where_there_may_be_several(sandbox: Checked) -> None:
    """A multiselect keeps all sent options in their order; a select refuses two."""
    (id,) = sandbox.make("leads", {})
    many, one = field(sandbox, "multiselect"), field(sandbox, "select")
    write(sandbox, id, many["id"], [{"value": "b"}, {"value": "a"}])
    assert [value["value"] for value in read(sandbox, id)] == ["b", "a"]
    assert write(sandbox, id, one["id"], [{"value": "b"}, {"value": "a"}]).status == 400


@pytest.mark.parametrize(
    ("type_", "values", "code", "path"),
    [
        ("select", [{"value": "zzz"}], "NotSupportedChoice", "values.0.value"),
        ("select", [{"enum_id": 1}], "NotSupportedChoice", "values.0.enum_id"),
        ("multiselect", [{"value": "a", "enum_code": "A"}], "FieldNotExpected", "values.0.enum_code"),
        ("text", [{"value": "a", "enum_id": None}], "FieldNotExpected", "values.0.enum_id"),
        ("text", [{"value": "a", "enum": "x"}], "FieldNotExpected", "values.0.enum"),
        ("text", [{"value": 5}], "InvalidType", "values.0.value"),
        ("text", [{"value": "x" * 257}], "TooLong", "values.0.value"),
        ("numeric", [{"value": "many"}], "InvalidType", "values.0.value"),
        ("checkbox", [{"value": "1"}], "InvalidType", "values.0.value"),
        ("date", [{"value": "2020-08-23"}], "InvalidType", "values.0.value"),
        ("legal_entity", [{"value": {"vat_id": "1"}}], "FieldMissing", "values.0.value.name"),
        ("legal_entity", [{"value": {"name": "A", "bin": "1"}}], "FieldNotExpected", "values.0.value.bin"),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_refused(
    sandbox: Checked, type_: str, values: Any, code: str, path: str
) -> None:
    """Wrong types, unknown options and keys that the type does not know are refused at their path."""
    made = field(sandbox, type_)
    body = [{"custom_fields_values": [{"field_id": made["id"], "values": values}]}]
    assert sandbox.refused("POST", "/api/v4/leads", body) == [("0", code, f"custom_fields_values.0.{path}")]


def test_an_unknown_field_and_a_field_of_another_owner_are_refused(sandbox: Checked) -> None:
    """A field id or code must belong to the entity's type; with neither of them the code of the error is a UUID."""
    contact_field = field(sandbox, "text", "contacts")["id"]
    values = [{"value": "x"}]
    for entry, path in (
        ({"field_id": 5, "values": values}, "custom_fields_values.0.field_id"),
        ({"field_id": contact_field, "values": values}, "custom_fields_values.0.field_id"),
        ({"field_code": "PHONE", "values": values}, "custom_fields_values.0.field_code"),
    ):
        errors = sandbox.refused("POST", "/api/v4/leads", [{"custom_fields_values": [entry]}])
        assert errors == [("0", "NotSupportedChoice", path)]
    ((_, code, path),) = sandbox.refused(
        "POST", "/api/v4/leads", [{"custom_fields_values": [{"values": values}]}]
    )
    assert (len(code), path) == (36, "custom_fields_values.0")


def test_a_write_replaces_the_named_field_and_leaves_the_others(sandbox: Checked) -> None:
    """Values are replaced per field: phones must be sent all together, and other fields stay."""
    (id,) = sandbox.make(
        "contacts",
        {
            "custom_fields_values": [
                {
                    "field_code": "PHONE",
                    "values": [{"value": "1", "enum_code": "WORK"}, {"value": "2", "enum_code": "MOB"}],
                },
                {"field_code": "EMAIL", "values": [{"value": "a@example.com", "enum_code": "WORK"}]},
            ]
        },
    )
    phone = {"field_code": "PHONE", "field_id": None, "values": [{"value": "3", "enum_code": "HOME"}]}
    sandbox.patch(f"/api/v4/contacts/{id}", {"custom_fields_values": [phone]})
    shown = {
        one["field_code"]: one["values"]
        for one in sandbox.read(f"/api/v4/contacts/{id}")["custom_fields_values"]
    }
    assert [(value["value"], value["enum_code"]) for value in shown["PHONE"]] == [("3", "HOME")]
    assert len(shown["EMAIL"]) == 1


@pytest.mark.parametrize("type_", ["text", "select", "date", "checkbox", "numeric"])
def test_null_clears_a_field(sandbox: Checked, type_: str) -> None:
    """`values: null` removes the value; an entity without any value shows null."""
    sent: dict[str, Any] = {"text": "x", "select": "a", "date": 1, "checkbox": True, "numeric": "1"}
    (id,) = sandbox.make("leads", {})
    made = field(sandbox, type_)
    write(sandbox, id, made["id"], [{"value": sent[type_]}])
    assert read(sandbox, id) is not None
    assert write(sandbox, id, made["id"], None).status == 200
    assert read(sandbox, id) is None


def test_a_phone_without_a_kind_becomes_a_work_phone(sandbox: Checked) -> None:
    """A multitext value without a kind is taken, as the English documentation's own example does."""
    (id,) = sandbox.make(
        "contacts", {"custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "+7"}]}]}
    )
    assert read(sandbox, id, "contacts")[0]["enum_code"] == "WORK"


def test_the_day_of_a_date_is_that_of_the_accounts_zone(clock: ManualClock) -> None:
    """A date is kept as the beginning of its day where the account is."""
    sandbox = Checked(clock=clock, limits=False, timezone="Asia/Vladivostok")
    (id,) = sandbox.make("leads", {})
    write(sandbox, id, field(sandbox, "date")["id"], [{"value": "2024-05-01T20:00:00+00:00"}])
    assert read(sandbox, id) == [{"value": 1_714_572_000}]


def test_a_legal_entity_is_read_with_the_keys_of_all_countries(sandbox: Checked) -> None:
    """Reading adds the keys that were not written, as nulls."""
    (id,) = sandbox.make("leads", {})
    write(sandbox, id, field(sandbox, "legal_entity")["id"], [{"value": {"name": "ООО", "vat_id": "77"}}])
    (shown,) = read(sandbox, id)
    assert shown["value"]["name"] == "ООО"
    assert shown["value"]["egrpou"] is None


def test_a_deleted_option_takes_its_values_along(sandbox: Checked) -> None:
    """Options that an update leaves out disappear together with the values that used them."""
    (id,) = sandbox.make("leads", {})
    made = field(sandbox, "select")
    write(sandbox, id, made["id"], [{"value": "a"}])
    keep = [{"id": made["enums"][1]["id"], "value": "b", "sort": 1}, {"value": "c", "sort": 2}]
    answer = sandbox.patch(f"/api/v4/leads/custom_fields/{made['id']}", {"name": "S", "enums": keep}).json()
    assert [option["value"] for option in answer["enums"]] == ["b", "c"]
    assert read(sandbox, id) is None


def test_a_deleted_field_takes_its_values_along(sandbox: Checked) -> None:
    """Deleting a definition deletes the values; predefined fields cannot be deleted."""
    (id,) = sandbox.make("leads", {})
    made = field(sandbox, "text")
    write(sandbox, id, made["id"], [{"value": "x"}])
    assert sandbox.call("DELETE", f"/api/v4/leads/custom_fields/{made['id']}").status == 204
    assert read(sandbox, id) is None
    phone = sandbox.read("/api/v4/contacts/custom_fields")["_embedded"]["custom_fields"]
    fixed = next(one["id"] for one in phone if one["code"] == "PHONE")
    assert sandbox.call("DELETE", f"/api/v4/contacts/custom_fields/{fixed}").status == 400
