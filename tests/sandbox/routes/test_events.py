from __future__ import annotations

from typing import Any

import pytest

from ..conftest import Checked

FIELD = {
    "type": "select",
    "name": "Город",
    "enums": [{"value": "Казань", "sort": 1}, {"value": "Уфа", "sort": 2}],
}


def events(sandbox: Checked, query: str = "") -> list[dict[str, Any]]:
    answer = sandbox.get(f"/api/v4/events?{query}")
    return answer.json()["_embedded"]["events"] if answer.status == 200 else []


def kinds(sandbox: Checked, query: str = "") -> list[str]:
    return [event["type"] for event in reversed(events(sandbox, query))]


def test_each_change_of_a_lead_is_an_event_with_both_values(sandbox: Checked) -> None:
    """Name, budget, stage and responsible user are told apart, each with the value before and after."""
    (id,) = sandbox.make("leads", {"name": "A", "price": 5})
    start = sandbox.read(f"/api/v4/leads/{id}")
    body = {"name": "Bob", "email": "b@example.com", "password": "Passw0rd", "rights": {"is_free": True}}
    (other,) = sandbox.make("users", body)
    sandbox.patch(
        f"/api/v4/leads/{id}", {"name": "B", "price": 7, "status_id": 142, "responsible_user_id": other}
    )
    found = {event["type"]: (event["value_before"], event["value_after"]) for event in events(sandbox)}
    assert found["name_field_changed"] == (
        [{"name_field_value": {"name": "A"}}],
        [{"name_field_value": {"name": "B"}}],
    )
    assert found["sale_field_changed"] == (
        [{"sale_field_value": {"sale": 5}}],
        [{"sale_field_value": {"sale": 7}}],
    )
    place = {"id": start["status_id"], "pipeline_id": start["pipeline_id"]}
    assert found["lead_status_changed"] == ([{"lead_status": place}], [{"lead_status": {**place, "id": 142}}])
    assert found["entity_responsible_changed"] == (
        [{"responsible_user": {"id": sandbox.admin_id}}],
        [{"responsible_user": {"id": other}}],
    )
    assert list(found["lead_added"][1][0]["note"]) == ["id"]


def test_a_change_that_changes_nothing_leaves_no_event(sandbox: Checked) -> None:
    """The same values again write nothing into the log."""
    (id,) = sandbox.make("leads", {"name": "A", "price": 5})
    sandbox.patch(f"/api/v4/leads/{id}", {"name": "A", "price": 5})
    assert kinds(sandbox) == ["lead_added"]


def test_a_refused_batch_leaves_no_event(sandbox: Checked) -> None:
    """What is rolled back was never written down."""
    sandbox.post("/api/v4/leads", [{"name": "A"}, {"status_id": 5}])
    assert events(sandbox) == []


def test_a_custom_field_is_a_type_of_its_own_and_one_item_per_value(sandbox: Checked) -> None:
    """The event names the field in its type, is found by the general type too, and carries option and text."""
    made = sandbox.post("/api/v4/leads/custom_fields", [FIELD]).json()["_embedded"]["custom_fields"][0]
    first, second = (option["id"] for option in made["enums"])
    value = {"field_id": made["id"], "values": [{"enum_id": first}]}
    (id,) = sandbox.make("leads", {"custom_fields_values": [value]})
    sandbox.patch(
        f"/api/v4/leads/{id}",
        {"custom_fields_values": [{"field_id": made["id"], "values": [{"enum_id": second}]}]},
    )
    type = f"custom_field_{made['id']}_value_changed"
    (event,) = events(sandbox, "filter[type]=custom_field_value_changed")
    shown = {"field_id": made["id"], "field_type": 4, "enum_id": second, "text": "Уфа"}
    assert (event["type"], event["value_after"]) == (type, [{"custom_field_value": shown}])
    assert (
        len(events(sandbox, f"filter[type]={type}&filter[value_after][custom_field_values]={second},5")) == 1
    )
    assert events(sandbox, f"filter[type]={type}&filter[value_before][custom_field_values]={second}") == []
    assert sandbox.get(f"/api/v4/events?filter[type]={type},lead_added").status == 400


def test_tags_links_notes_and_tasks_are_events(sandbox: Checked) -> None:
    """What hangs on an entity is written down at the entity, links at both ends."""
    (lead,) = sandbox.make("leads", {"tags_to_add": [{"name": "a"}, {"name": "b"}]})
    (contact,) = sandbox.make("contacts", {"name": "C"})
    sandbox.patch(f"/api/v4/leads/{lead}", {"tags_to_delete": [{"name": "a"}]})
    link = [{"to_entity_id": contact, "to_entity_type": "contacts"}]
    sandbox.post(f"/api/v4/leads/{lead}/link", link)
    sandbox.post(f"/api/v4/leads/{lead}/unlink", link)
    sandbox.make(
        f"leads/{lead}/notes",
        {"note_type": "call_in", "params": {"phone": "1", "duration": 5, "source": "pbx"}},
    )
    (task,) = sandbox.make("tasks", {"text": "T", "complete_till": 1})
    sandbox.patch(f"/api/v4/tasks/{task}", {"is_completed": True, "result": {"text": "done"}, "text": "U"})
    of_lead = f"filter[entity]=lead&filter[entity_id]={lead}"
    assert kinds(sandbox, of_lead) == [
        "lead_added",
        "entity_tag_added",
        "entity_tag_deleted",
        "entity_linked",
        "entity_unlinked",
        "incoming_call",
    ]
    tags = events(sandbox, "filter[type]=entity_tag_added")[0]["value_after"]
    assert tags == [{"tag": {"name": "a"}}, {"tag": {"name": "b"}}]
    assert [event["entity_type"] for event in events(sandbox, "filter[type]=entity_linked")] == [
        "contact",
        "lead",
    ]
    (linked,) = events(sandbox, "filter[type]=contact_linked")
    assert linked["value_after"] == [{"link": {"entity": {"type": "contact", "id": contact}}}]
    (gone,) = events(sandbox, "filter[type]=contact_unlinked")
    assert (gone["value_before"], gone["value_after"]) == (linked["value_after"], [])
    assert kinds(sandbox, "filter[entity]=task") == [
        "task_added",
        "task_text_changed",
        "task_result_added",
        "task_completed",
    ]


def test_the_bin_is_an_event_both_ways(sandbox: Checked) -> None:
    """Deleting and restoring are written down with empty values."""
    (id,) = sandbox.make("contacts", {})
    sandbox.delete("contacts", id)
    sandbox.ui.restore("contacts", id)
    assert kinds(sandbox) == ["contact_added", "contact_deleted", "contact_restored"]
    assert sandbox.read(f"/api/v4/contacts/{id}")["id"] == id


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("filter[type]=sale_field_changed&filter[value_after][value]=7", 1),
        ("filter[type]=sale_field_changed&filter[value_after][value]=5", 0),
        ("filter[value_before][leads_statuses][0][pipeline_id]=5100001"
         "&filter[value_before][leads_statuses][0][status_id]=51000002", 1),
        ("filter[value_after][leads_statuses][0][pipeline_id]=5100001"
         "&filter[value_after][leads_statuses][0][status_id]=143", 0),
        ("filter[created_by][]=700001&filter[created_by][]=5", 4),
        ("filter[created_by]=0", 0),
        ("filter[entity]=contact,company", 0),
        ("filter[created_at]=1700000060", 3),
        ("filter[created_at]=1699999999,1700000059", 1),
        ("filter[type][]=lead_added&filter[type][]=name_field_changed", 2),
    ],
)  # fmt: skip
def test_events_are_filtered_by_each_documented_key(sandbox: Checked, query: str, count: int) -> None:
    """The log filters by type, entity, author, moment and value, as arrays and as comma-joined texts."""
    (id,) = sandbox.make("leads", {"name": "A", "price": 5})
    sandbox.clock.advance(60)
    sandbox.patch(f"/api/v4/leads/{id}", {"name": "B", "price": 7, "status_id": 142})
    assert len(events(sandbox, query)) == count


def test_impossible_filters_are_refused(sandbox: Checked) -> None:
    """Ids of entities need exactly one type, and no filter takes more than ten ids."""
    many = "".join(f"&filter[entity_id][]={number}" for number in range(11))
    for query in (
        "filter[entity_id]=5",
        "filter[entity_id]=5&filter[entity]=lead,contact",
        f"filter[entity]=lead{many}",
    ):
        assert sandbox.get(f"/api/v4/events?{query}").status == 400
    assert sandbox.get("/api/v4/events?limit=101").status == 422


def test_names_come_only_when_asked_for(sandbox: Checked) -> None:
    """`with` adds the names of one kind of entity, and of lists."""
    sandbox.make("leads", {"name": "Заказ"})
    sandbox.make("contacts", {"name": "Анна"})
    by_type = {event["type"]: event["_embedded"]["entity"] for event in events(sandbox, "with=lead_name")}
    assert by_type["lead_added"]["name"] == "Заказ"
    assert "name" not in by_type["contact_added"]


def test_one_event_and_its_type_are_found(sandbox: Checked) -> None:
    """Ids are 26 lower-case characters; an unknown one is 204; every field adds a type."""
    sandbox.make("leads", {})
    (event,) = events(sandbox)
    assert len(event["id"]) == 26
    assert event["id"] == event["id"].lower()
    assert sandbox.read(f"/api/v4/events/{event['id']}")["type"] == "lead_added"
    assert sandbox.get("/api/v4/events/nothing").status == 204
    types = sandbox.read("/api/v4/events/types?language_code=en")["_embedded"]["events_types"]
    assert {"key": "lead_added", "type": 1, "lang": "New lead"} in types
    fields = [entry for entry in types if entry["key"].startswith("custom_field_") and entry["type"] == 24]
    assert len(fields) == 1 + len(sandbox.store.documents("fields"))


def test_an_opened_short_link_leaves_a_note_and_an_event(sandbox: Checked) -> None:
    """The contact's own doing: nobody of the account is the author."""
    (contact,) = sandbox.make("contacts", {})
    metadata = {"entity_type": "contacts", "entity_id": contact}
    body = [{"url": "https://example.com/page", "metadata": metadata}]
    (link,) = sandbox.post("/api/v4/short_links", body).json()["_embedded"]["short_links"]
    assert sandbox.ui.open_short_link(link["url"]) == "https://example.com/page"
    (note,) = sandbox.read(f"/api/v4/contacts/{contact}/notes")["_embedded"]["notes"]
    assert (note["note_type"], note["params"]) == ("link_followed", {"url": "https://example.com/page"})
    (event,) = events(sandbox, "filter[type]=link_followed")
    assert (event["created_by"], event["value_after"]) == (0, [{"note": {"id": note["id"]}}])
    with pytest.raises(ValueError, match="no short link"):
        sandbox.ui.open_short_link("https://amo.sh/nonsense")


def test_a_rated_talk_is_closed_with_its_mark(sandbox: Checked) -> None:
    """The client's mark is kept with the talk and written down."""
    sandbox.ui.write_as_client("Hello")
    (talk,) = sandbox.read("/api/v4/talks")["_embedded"]["talks"]
    sandbox.ui.rate_talk(talk["talk_id"], 9)
    shown = sandbox.read(f"/api/v4/talks/{talk['talk_id']}")
    assert (shown["rate"], shown["status"], shown["is_in_work"]) == (9, "closed", False)
    (event,) = events(sandbox, "filter[type]=nps_rate_added&filter[value_after][value]=9")
    assert event["value_after"] == [{"nps": {"rate": 9}}]


def test_customers_have_no_bin(sandbox: Checked) -> None:
    """A deleted customer is told, and cannot be taken back."""
    sandbox.set_option("customers_mode", "segments")
    (id,) = sandbox.make("customers", {"name": "A"})
    sandbox.delete("customers", id)
    assert kinds(sandbox, "filter[entity]=customer")[-1] == "customer_deleted"
    with pytest.raises(ValueError, match="cannot be restored"):
        sandbox.ui.restore("customers", id)


def test_a_deleted_note_is_gone_and_told(sandbox: Checked) -> None:
    """Only people delete notes; the log names the note that was."""
    (lead,) = sandbox.make("leads", {})
    (note,) = sandbox.make(f"leads/{lead}/notes", {"note_type": "common", "params": {"text": "n"}})
    sandbox.ui.delete_note(note)
    assert sandbox.get(f"/api/v4/leads/notes/{note}").status == 404
    (event,) = events(sandbox, "filter[type]=common_note_deleted")
    assert (event["entity_id"], event["value_after"]) == (lead, [{"note": {"id": note}}])
