from __future__ import annotations

from typing import Any

import pytest

from ..conftest import Checked

CALL = {"direction": "inbound", "phone": "89000000001", "duration": 5, "source": "АТС"}
PHONE = {"field_code": "PHONE", "values": [{"value": "+7 (900) 000-00-01", "enum_code": "WORK"}]}


def call(sandbox: Checked, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = sandbox.post("/api/v4/calls", [{**CALL, **more}]).json()["_embedded"]["calls"][0]
    return made


def test_a_call_is_found_by_the_last_ten_digits(sandbox: Checked) -> None:
    """The number's form does not matter; the call becomes a note of whoever has it."""
    (contact,) = sandbox.make("contacts", {"custom_fields_values": [PHONE]})
    made = call(sandbox, direction="outbound", call_status=4)
    assert (made["entity_id"], made["entity_type"]) == (contact, "contact")
    note = sandbox.read(f"/api/v4/contacts/notes/{made['id']}")
    assert note["note_type"] == "call_out"
    assert note["params"] == {"duration": 5, "source": "АТС", "phone": "89000000001", "call_status": 4}
    assert sandbox.read("/api/v4/events?filter[type]=outgoing_call")["_embedded"]["events"]


def test_numbers_without_any_mark_are_found_too(sandbox: Checked) -> None:
    """A number that is kept as digits only is the same number."""
    values = [{"field_code": "PHONE", "values": [{"value": "79000000001", "enum_code": "WORK"}]}]
    (company,) = sandbox.make("companies", {"custom_fields_values": values})
    assert call(sandbox)["entity_id"] == company


@pytest.mark.parametrize("leads", [0, 1, 2])
@pytest.mark.parametrize("customers", [0, 1])
def test_where_a_call_goes(sandbox: Checked, leads: int, customers: int) -> None:
    """To the only active lead without a customer, to the only customer without a lead, else to the contact."""
    sandbox.set_option("customers_mode", "segments")
    (contact,) = sandbox.make("contacts", {"custom_fields_values": [PHONE]})
    embedded = {"_embedded": {"contacts": [{"id": contact}]}}
    made = sandbox.make(
        "leads", *({"name": "x", **embedded} for _ in range(leads)), {"status_id": 142, **embedded}
    )
    bought = sandbox.make("customers", {"name": "A"}) if customers else []
    for id in bought:
        sandbox.post(
            f"/api/v4/customers/{id}/link", [{"to_entity_id": contact, "to_entity_type": "contacts"}]
        )
    found = call(sandbox)
    wanted = {(1, 0): ("lead", made[0]), (0, 1): ("customer", (bought or [0])[0])}
    assert (found["entity_type"], found["entity_id"]) == wanted.get((leads, customers), ("contact", contact))


def test_unknown_numbers_are_told_beside_those_that_were_found(sandbox: Checked) -> None:
    """A mixed request is carried out in part; one in which nobody was found is a 400 with the same list."""
    sandbox.make("contacts", {"custom_fields_values": [PHONE]})
    answer = sandbox.post("/api/v4/calls", [CALL, {**CALL, "phone": "5", "request_id": "x"}])
    body = answer.json()
    assert (answer.status, body["_total_items"]) == (200, 1)
    assert [(error["status"], error["request_id"]) for error in body["errors"]] == [(263, "x")]
    alone = sandbox.post("/api/v4/calls", [{**CALL, "phone": "5"}])
    assert alone.status == 400
    assert alone.json()["errors"][0]["title"] == "Entity not found"
    assert "_embedded" not in alone.json()


def test_the_responsible_user_is_the_author(sandbox: Checked) -> None:
    """`call_responsible` may be a user's id; then the note is that user's, otherwise `created_by` counts."""
    sandbox.make("contacts", {"custom_fields_values": [PHONE]})
    body = {"name": "Bob", "email": "b@example.com", "password": "Passw0rd", "rights": {"is_free": True}}
    (other,) = sandbox.make("users", body)
    for sent in ({"call_responsible": other}, {"created_by": other, "call_responsible": "Bob"}):
        made = call(sandbox, **sent)
        assert sandbox.read(f"/api/v4/contacts/notes/{made['id']}")["created_by"] == other
    errors = sandbox.refused("POST", "/api/v4/calls", [{**CALL, "created_by": 5}])
    assert errors == [("0", "NotSupportedChoice", "created_by")]


def test_the_popup_takes_forms_as_well(sandbox: Checked) -> None:
    """The old notice finds the entity by the same rules; a number that nobody has has none."""
    (contact,) = sandbox.make("contacts", {"custom_fields_values": [PHONE]})
    form = b"add[0][type]=phone_call&add[0][phone_number]=%2B79000000001&add[0][users][]=700001"
    answer = sandbox.call(
        "POST", "/api/v2/events/", form, {"content-type": "application/x-www-form-urlencoded"}
    )
    (item,) = answer.json()["_embedded"]["items"]
    assert (item["element_id"], item["element_type"], item["phone_number"]) == (contact, 1, "+79000000001")
    body = {"add": [{"type": "phone_call", "phone_number": "5"}]}
    (item,) = sandbox.post("/api/v2/events", body).json()["_embedded"]["items"]
    assert item["element_id"] is None
