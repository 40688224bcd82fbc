from __future__ import annotations

from typing import Any

import pytest

from ..conftest import NOW, Checked


def contact_link(id: int, **metadata: Any) -> dict[str, Any]:
    """Return the body of a link to a contact."""
    body: dict[str, Any] = {"to_entity_id": id, "to_entity_type": "contacts"}
    return {**body, "metadata": metadata} if metadata else body


def test_a_link_is_answered_with_both_ends_and_its_data(sandbox: Checked) -> None:
    """What is sent as `is_main` comes back as `main_contact`; a company's link has null for metadata."""
    (lead,), (contact,), (company,) = (sandbox.make(kind, {}) for kind in ("leads", "contacts", "companies"))
    body = [contact_link(contact, is_main=True), {"to_entity_id": company, "to_entity_type": "companies"}]
    answer = sandbox.post(f"/api/v4/leads/{lead}/link", body).json()
    assert answer["_total_items"] == 2
    head = {"entity_id": lead, "entity_type": "leads"}
    assert answer["_embedded"]["links"] == [
        {**head, "to_entity_id": contact, "to_entity_type": "contacts", "metadata": {"main_contact": True}},
        {**head, "to_entity_id": company, "to_entity_type": "companies", "metadata": None},
    ]
    shown = sandbox.read(f"/api/v4/leads/{lead}/links")["_embedded"]["links"]
    assert all("entity_id" not in link for link in shown)


def test_links_are_seen_from_both_sides(sandbox: Checked) -> None:
    """A link made from the lead is a link of the contact as well."""
    (lead,), (contact,) = (sandbox.make(kind, {}) for kind in ("leads", "contacts"))
    sandbox.post(f"/api/v4/leads/{lead}/link", [contact_link(contact)])
    (link,) = sandbox.read(f"/api/v4/contacts/{contact}/links")["_embedded"]["links"]
    assert (link["to_entity_type"], link["to_entity_id"]) == ("leads", lead)


def test_one_contact_is_the_main_one(sandbox: Checked) -> None:
    """The first contact is the main one until another is made so; when the main one goes, the next takes over."""
    (lead,), (first, second) = sandbox.make("leads", {}), sandbox.make("contacts", {}, {})

    def main() -> list[int]:
        contacts = sandbox.read(f"/api/v4/leads/{lead}?with=contacts")["_embedded"]["contacts"]
        return [contact["id"] for contact in contacts if contact["is_main"]]

    sandbox.post(f"/api/v4/leads/{lead}/link", [contact_link(first), contact_link(second)])
    assert main() == [first]
    sandbox.post(f"/api/v4/leads/{lead}/link", [contact_link(second, is_main=True)])
    assert main() == [second]
    assert sandbox.post(f"/api/v4/leads/{lead}/unlink", [contact_link(second)]).status == 204
    assert main() == [first]


def test_a_lead_has_one_company(sandbox: Checked) -> None:
    """Another company takes the place of the former."""
    (lead,), companies = sandbox.make("leads", {}), sandbox.make("companies", {}, {})
    for company in companies:
        sandbox.post(f"/api/v4/leads/{lead}/link", [{"to_entity_id": company, "to_entity_type": "companies"}])
    embedded = sandbox.read(f"/api/v4/leads/{lead}")["_embedded"]["companies"]
    assert [one["id"] for one in embedded] == companies[1:]


def test_mass_links_name_the_entity_in_each_item(sandbox: Checked) -> None:
    """The mass operations take `entity_id` in each item; the mass list needs its filter."""
    leads, (contact,) = sandbox.make("leads", {}, {}), sandbox.make("contacts", {})
    body = [{"entity_id": lead, **contact_link(contact)} for lead in leads]
    assert sandbox.post("/api/v4/leads/link", body).json()["_total_items"] == 2
    query = "&".join(f"filter[entity_id][]={lead}" for lead in leads)
    links = sandbox.read(f"/api/v4/leads/links?{query}")["_embedded"]["links"]
    assert [link["entity_id"] for link in links] == leads
    assert sandbox.get("/api/v4/leads/links").status == 400
    assert sandbox.post("/api/v4/leads/unlink", body[:1]).status == 204
    links = sandbox.read(f"/api/v4/leads/links?{query}")["_embedded"]["links"]
    assert [link["entity_id"] for link in links] == leads[1:]


def test_list_elements_keep_quantity_and_list(sandbox: Checked) -> None:
    """An element needs its list, its quantity is set and not added, and a link filter finds it by the list."""
    (lead,) = sandbox.make("leads", {})
    (catalog,) = sandbox.make("catalogs", {"name": "Tariffs"})
    (id,) = sandbox.make(f"catalogs/{catalog}/elements", {"name": "Basic"})
    element: dict[str, Any] = {"to_entity_id": id, "to_entity_type": "catalog_elements"}
    assert sandbox.refused(
        "POST", f"/api/v4/leads/{lead}/link", [{**element, "metadata": {"quantity": 1}}]
    ) == [("0", "FieldMissing", "metadata.catalog_id")]
    for quantity in (2, 3):
        metadata = {"catalog_id": catalog, "quantity": quantity}
        sandbox.post(f"/api/v4/leads/{lead}/link", [{**element, "metadata": metadata}])
    (link,) = sandbox.read(f"/api/v4/leads/{lead}/links?filter[to_catalog_id]={catalog}")["_embedded"][
        "links"
    ]
    assert link["metadata"]["quantity"] == 3
    (shown,) = sandbox.read(f"/api/v4/leads/{lead}?with=catalog_elements")["_embedded"]["catalog_elements"]
    assert shown["metadata"]["catalog_id"] == catalog


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"to_entity_id": 5}, "NotSupportedChoice", "to_entity_id"),
        ({"to_entity_type": "leads"}, "NotSupportedChoice", "to_entity_type"),
        ({"metadata": {"main": True}}, "FieldNotExpected", "metadata.main"),
        ({"metadata": {"updated_by": 5}}, "NotSupportedChoice", "metadata.updated_by"),
    ],
)
def test_impossible_links_are_refused(sandbox: Checked, change: dict[str, Any], code: str, path: str) -> None:
    """Unknown targets, pairs that do not exist and unknown keys are refused."""
    (lead,), (contact,) = (sandbox.make(kind, {}) for kind in ("leads", "contacts"))
    body = [{**contact_link(contact), **change}]
    assert sandbox.refused("POST", f"/api/v4/leads/{lead}/link", body) == [("0", code, path)]


WRITABLE_NOTES: dict[str, dict[str, Any]] = {
    "common": {"text": "Called back"},
    "call_in": {"uniq": "u", "duration": 42, "source": "pbx", "link": "https://e.x/1.mp3", "phone": "+7"},
    "call_out": {"uniq": "u", "duration": 42, "source": "pbx", "phone": "+7", "call_responsible": 700001},
    "service_message": {"service": "My app", "text": "Paid"},
    "extended_service_message": {"service": "My app", "text": "Long"},
    "message_cashier": {"status": "created", "text": "Check"},
    "geolocation": {"text": "Here", "address": "Main st. 1", "longitude": "37.61", "latitude": "55.75"},
    "sms_in": {"text": "Hello", "phone": "+7"},
    "sms_out": {"text": "Hello", "phone": "+7"},
    "invoice_paid": {"service": "Pay", "text": "Paid", "icon_url": "https://e.x/i.png"},
    "bill_paid": {"service": "Pay", "text": "Paid", "icon_url": "https://e.x/i.png"},
    "site_visit": {"url": "https://e.x"},
    "targeting_in": {"contacts": [1], "campaign": "Autumn", "service": "facebook"},
    "ai_result": {"text": "Summary", "answer_id": "abc", "talk_id": 77, "is_error": False},
}


@pytest.mark.parametrize("note_type", WRITABLE_NOTES)
def test_every_writable_note_type_is_kept(sandbox: Checked, note_type: str) -> None:
    """Each type that the API can write comes back with its params."""
    (lead,) = sandbox.make("leads", {})
    params = WRITABLE_NOTES[note_type]
    (id,) = sandbox.make(f"leads/{lead}/notes", {"note_type": note_type, "params": params})
    note = sandbox.read(f"/api/v4/leads/notes/{id}")
    assert note["note_type"] == note_type
    assert params.items() <= note["params"].items()
    assert note["_links"]["self"]["href"].endswith(f"/leads/{lead}/notes/{id}")


def test_an_attachment_names_a_file_of_the_drive(sandbox: Checked) -> None:
    """Reading adds the names, the shown one in ASCII; a file that is not there, or in the bin, is refused."""
    (lead,) = sandbox.make("leads", {})
    path, file = f"/api/v4/leads/{lead}/notes", sandbox.upload("Фото.png")
    body = {"note_type": "attachment", "params": {"file_uuid": file["uuid"]}}
    (id,) = sandbox.make(f"leads/{lead}/notes", body)
    assert sandbox.read(f"/api/v4/leads/notes/{id}")["params"] == {
        "is_drive_attachment": True,
        "text": "Фото.png",
        "original_name": "Фото.png",
        "file_uuid": file["uuid"],
        "version_uuid": file["version_uuid"],
        "file_name": "Foto.png",
    }
    sandbox.call("DELETE", "/v1.0/files", [{"uuid": file["uuid"]}])
    assert sandbox.refused("POST", path, [body]) == [("0", "NotSupportedChoice", "params.file_uuid")]


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({"note_type": "amomail_message", "params": {}}, "NotSupportedChoice", "note_type"),
        ({"note_type": "common", "params": {}}, "FieldMissing", "params.text"),
        ({"note_type": "common", "params": {"text": 5}}, "InvalidType", "params.text"),
        ({"note_type": "call_in", "params": {"link": None}}, "NotNullable", "params.link"),
        ({"note_type": "common", "params": {"text": "x", "phone": "+7"}}, "FieldNotExpected", "params.phone"),
    ],
)
def test_params_are_checked_for_their_type(
    sandbox: Checked, body: dict[str, Any], code: str, path: str
) -> None:
    """Types that are read only, missing texts, wrong types, nulls and foreign keys are refused."""
    (lead,) = sandbox.make("leads", {})
    assert ("0", code, path) in sandbox.refused("POST", f"/api/v4/leads/{lead}/notes", [body])


def test_notes_are_listed_filtered_and_pinned(sandbox: Checked) -> None:
    """Filters of notes work without the paid option; `is_pinned` is shown only with `with`."""
    first, second = sandbox.make("leads", {}, {})
    body = [
        {"entity_id": first, "note_type": "common", "params": {"text": "a"}},
        {
            "entity_id": second,
            "note_type": "sms_in",
            "params": {"text": "b", "phone": "1"},
            "request_id": "q",
        },
    ]
    answer = sandbox.post("/api/v4/leads/notes", body).json()["_embedded"]["notes"]
    assert [note["request_id"] for note in answer] == ["0", "q"]
    assert set(answer[0]) == {"id", "entity_id", "request_id", "_links"}
    assert len(sandbox.read("/api/v4/leads/notes")["_embedded"]["notes"]) == 2
    (sms,) = sandbox.read("/api/v4/leads/notes?filter[note_type][]=sms_in")["_embedded"]["notes"]
    assert sms["entity_id"] == second
    assert sandbox.get(f"/api/v4/leads/{first}/notes?filter[note_type]=sms_in").status == 204
    assert sandbox.post(f"/api/v4/leads/notes/{sms['id']}/pin", None).status == 204
    assert sandbox.read(f"/api/v4/leads/notes/{sms['id']}?with=is_pinned")["is_pinned"] is True
    assert sandbox.post(f"/api/v4/leads/notes/{sms['id']}/unpin", []).status == 204
    assert "is_pinned" not in sandbox.read(f"/api/v4/leads/notes/{sms['id']}")


def test_notes_are_changed_and_their_time_moves(sandbox: Checked) -> None:
    """An update answers id, entity and time only; an unknown note refuses the batch."""
    (lead,) = sandbox.make("leads", {})
    (id,) = sandbox.make(f"leads/{lead}/notes", {"note_type": "common", "params": {"text": "a"}})
    sandbox.clock.advance(9)
    change = {"note_type": "common", "params": {"text": "b"}}
    answer = sandbox.patch(f"/api/v4/leads/{lead}/notes/{id}", change).json()
    assert (answer["entity_id"], answer["updated_at"]) == (lead, NOW + 9)
    assert sandbox.read(f"/api/v4/leads/notes/{id}")["params"] == {"text": "b"}
    assert sandbox.refused("PATCH", "/api/v4/leads/notes", [{"id": id, **change}, {"id": 5, **change}]) == [
        ("1", "NotSupportedChoice", "id")
    ]
    assert sandbox.get("/api/v4/leads/5/notes/5").status in (204, 404)


def test_an_open_task_has_an_empty_array_for_its_result(sandbox: Checked) -> None:
    """`result` is `[]` until there is one, then an object."""
    (id,) = sandbox.make("tasks", {"text": "Call", "complete_till": NOW + 60})
    task = sandbox.read(f"/api/v4/tasks/{id}")
    assert (task["result"], task["is_completed"], task["task_type_id"]) == ([], False, 1)
    sandbox.patch(f"/api/v4/tasks/{id}", {"is_completed": True, "result": {"text": "Done"}})
    task = sandbox.read(f"/api/v4/tasks/{id}")
    assert (task["result"], task["is_completed"]) == ({"text": "Done"}, True)


def test_the_nearest_open_task_shows_in_its_entity(sandbox: Checked) -> None:
    """closest_task_at is the nearest deadline of the open tasks and goes with the last of them."""
    (lead,) = sandbox.make("leads", {})
    on = {"entity_id": lead, "entity_type": "leads", "text": "Call"}
    late, soon = sandbox.make("tasks", {**on, "complete_till": NOW + 99}, {**on, "complete_till": NOW + 9})

    def closest() -> Any:
        return sandbox.read(f"/api/v4/leads/{lead}")["closest_task_at"]

    assert closest() == NOW + 9
    sandbox.patch("/api/v4/tasks", [{"id": soon, "is_completed": True}])
    assert closest() == NOW + 99
    sandbox.patch("/api/v4/tasks", [{"id": late, "is_completed": True}])
    assert closest() is None


def test_tasks_are_filtered_and_ordered(sandbox: Checked) -> None:
    """Filters of tasks work without the paid option; entity_id alone is ignored."""
    (lead,) = sandbox.make("leads", {})
    made = sandbox.make(
        "tasks",
        {"text": "a", "complete_till": NOW + 2, "entity_id": lead, "entity_type": "leads", "task_type_id": 2},
        {"text": "b", "complete_till": NOW + 1, "is_completed": True},
    )

    def found(query: str) -> list[int]:
        answer = sandbox.get(f"/api/v4/tasks?{query}")
        return [task["id"] for task in answer.json()["_embedded"]["tasks"]] if answer.status == 200 else []

    assert found("filter[is_completed][]=1") == made[1:]
    assert found("filter[is_completed]=0") == made[:1]
    assert found("filter[task_type][]=2") == made[:1]
    assert found(f"filter[entity_type]=leads&filter[entity_id][]={lead}") == made[:1]
    assert found("filter[updated_at][from]=1&order[complete_till]=asc") == made[::-1]
    assert found(f"filter[id][]={made[1]}") == made[1:]
    status = sandbox.read(f"/api/v4/leads/{lead}")["status_id"]
    pair = f"filter[lead_statuses][0][pipeline_id]=5100001&filter[lead_statuses][0][status_id]={status}"
    assert found(pair) == made[:1]
    assert found(f"filter[entity_id]={lead}") == made


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({"complete_till": 1}, "FieldMissing", "text"),
        ({"text": "a"}, "FieldMissing", "complete_till"),
        ({"text": "a", "complete_till": 1, "task_type_id": 99}, "NotSupportedChoice", "task_type_id"),
        (
            {"text": "a", "complete_till": 1, "responsible_user_id": 5},
            "NotSupportedChoice",
            "responsible_user_id",
        ),
        (
            {"text": "a", "complete_till": 1, "entity_id": 5, "entity_type": "leads"},
            "NotSupportedChoice",
            "entity_id",
        ),
    ],
)
def test_a_task_must_be_possible(sandbox: Checked, body: dict[str, Any], code: str, path: str) -> None:
    """A task needs a text and a deadline, and a type, user and entity that exist."""
    assert sandbox.refused("POST", "/api/v4/tasks", [body]) == [("0", code, path)]


def test_the_nearest_deadline_follows_its_tasks(sandbox: Checked) -> None:
    """`closest_task_at` is that of the open task that is due first; completing and deleting tasks moves it."""
    (lead,) = sandbox.make("leads", {})
    place = {"text": "t", "entity_id": lead, "entity_type": "leads"}
    first, second = sandbox.make("tasks", *({**place, "complete_till": NOW + day} for day in (1, 2)))

    def closest() -> int | None:
        found: int | None = sandbox.read(f"/api/v4/leads/{lead}")["closest_task_at"]
        return found

    assert closest() == NOW + 1
    sandbox.patch(f"/api/v4/tasks/{first}", {"is_completed": True, "result": {"text": "Done"}})
    assert closest() == NOW + 2
    sandbox.ui.delete_task(second)
    assert closest() is None
