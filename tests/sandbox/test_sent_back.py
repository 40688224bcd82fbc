"""Values that a client sends back as it has read them, which several clients do."""

from __future__ import annotations

from .conftest import Checked


def test_a_custom_field_is_taken_back_as_it_was_read(sandbox: Checked) -> None:
    """`field_name`, `field_code` and `field_type` beside the values are accepted and ignored."""
    body = [
        {"name": "City", "type": "select", "enums": [{"value": "Kazan", "sort": 1}]},
        {"name": "Note", "type": "text"},
    ]
    city, note = (
        field["id"]
        for field in sandbox.post("/api/v4/leads/custom_fields", body).json()["_embedded"]["custom_fields"]
    )
    values = [
        {"field_id": city, "values": [{"value": "Kazan"}]},
        {"field_id": note, "values": [{"value": "quiet"}]},
    ]
    (id,) = sandbox.make("leads", {"custom_fields_values": values})
    read = sandbox.read(f"/api/v4/leads/{id}")["custom_fields_values"]
    assert {"field_name", "field_code", "field_type"} <= read[0].keys()
    assert sandbox.patch(f"/api/v4/leads/{id}", {"custom_fields_values": read}).status == 200
    assert sandbox.read(f"/api/v4/leads/{id}")["custom_fields_values"] == read


def test_errors_of_a_single_update_name_the_first_request(sandbox: Checked) -> None:
    """A refused update of one entity carries `request_id` "0", as a batch of one would."""
    for kind in ("leads", "contacts", "companies"):
        (id,) = sandbox.make(kind, {"name": "A"})
        errors = sandbox.refused("PATCH", f"/api/v4/{kind}/{id}", {"unknown": 1})
        assert errors == [("0", "FieldNotExpected", "unknown")]
