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


def test_a_request_id_of_null_is_none(sandbox: Checked) -> None:
    """The vendor's SDK sends it where it numbers no items; the item is then known by its index."""
    made = sandbox.post("/api/v4/leads", [{"name": "A"}, {"name": "B", "request_id": None}]).json()
    assert [lead["request_id"] for lead in made["_embedded"]["leads"]] == ["0", "1"]


def test_an_empty_embedded_part_is_none(sandbox: Checked) -> None:
    """A client sends it with every object, also where the object has no such part; one with a key is refused there."""
    task = {"text": "x", "complete_till": 1_900_000_000, "_embedded": {}}
    assert sandbox.post("/api/v4/tasks", [task]).status == 200
    full = [{**task, "_embedded": {"tags": []}}]
    assert sandbox.refused("POST", "/api/v4/tasks", full)[0][1:] == ("FieldNotExpected", "_embedded")


def test_a_file_is_renamed_as_it_was_read(sandbox: Checked) -> None:
    """The version that is active already may stand beside a new name; another one may not."""
    file = sandbox.upload("a.txt")
    path, version = f"/v1.0/files/{file['uuid']}", file["version_uuid"]
    assert sandbox.patch(path, {"name": "b", "version_uuid": version}).json()["name"] == "b"
    other = {"name": "c", "version_uuid": "00000000-0000-4000-8000-000000000000"}
    assert sandbox.refused("PATCH", path, other)[0][1:] == ("FieldNotExpected", "version_uuid")


def test_positions_are_taken_back_as_they_were_read(sandbox: Checked) -> None:
    """A position without free data is read with an empty list in its place, which is an object to the server."""
    (catalog,) = sandbox.post("/api/v4/catalogs", [{"name": "C"}]).json()["_embedded"]["catalogs"]
    path = f"/api/v4/catalogs/{catalog['id']}"
    (field,) = sandbox.post(f"{path}/custom_fields", [{"name": "F", "type": "items"}]).json()["_embedded"][
        "custom_fields"
    ]
    position = {"sku": "s", "unit_price": 5, "quantity": 2}
    values = [{"field_id": field["id"], "values": [{"value": position}]}]
    (made,) = sandbox.post(f"{path}/elements", [{"name": "E", "custom_fields_values": values}]).json()[
        "_embedded"
    ]["elements"]
    (read,) = sandbox.read(f"{path}/elements/{made['id']}")["custom_fields_values"]
    shown = read["values"][0]["value"]
    assert shown["metadata"] == []
    kept = {key: shown[key] for key in ("sku", "unit_price", "quantity", "metadata")}
    sent = {"custom_fields_values": [{"field_id": field["id"], "values": [{"value": kept}]}]}
    assert sandbox.patch(f"{path}/elements/{made['id']}", sent).status == 200


def test_a_file_that_was_deleted_since_is_taken_back(sandbox: Checked) -> None:
    """The vendor's SDK writes all values of an entity back; a file in the bin may be among them."""
    (field,) = sandbox.post("/api/v4/leads/custom_fields", [{"name": "F", "type": "file"}]).json()[
        "_embedded"
    ]["custom_fields"]
    file = sandbox.upload("a.txt")
    values = [{"field_id": field["id"], "values": [{"value": {"file_uuid": file["uuid"]}}]}]
    (lead,) = sandbox.make("leads", {"custom_fields_values": values})
    assert sandbox.call("DELETE", "/v1.0/files", [{"uuid": file["uuid"]}]).status == 204
    assert sandbox.patch(f"/api/v4/leads/{lead}", {"custom_fields_values": values}).status == 200


def test_the_outcome_of_a_review_is_taken_with_what_was_read(sandbox: Checked) -> None:
    """Id, source and an empty reason stand in the vendor's SDK beside the status."""
    body = [{"name": "T", "content": "Hi", "type": "waba", "waba_category": "UTILITY", "waba_language": "ru"}]
    (made,) = sandbox.post("/api/v4/chats/templates", body).json()["_embedded"]["chat_templates"]
    path = f"/api/v4/chats/templates/{made['id']}/review"
    (review,) = sandbox.post(path, None).json()["_embedded"]["reviews"]
    sent = {"id": review["id"], "source_id": None, "status": "approved", "reject_reason": None}
    assert sandbox.post(f"{path}/{review['id']}", sent).json()["status"] == "approved"
