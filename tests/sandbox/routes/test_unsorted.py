from __future__ import annotations

from typing import Any

import pytest

from ..conftest import NOW, Checked

CALL = {
    "phone": "+7 900 000-00-01",
    "called_at": NOW,
    "duration": 5,
    "link": "",
    "service_code": "pbx",
    "uniq": "1",
}
FORM = {"form_id": "1", "form_name": "Заявка", "form_page": "https://example.com", "form_sent_at": NOW}
PATH = "/api/v4/leads/unsorted"


def arrive(sandbox: Checked, kind: str = "forms", **more: Any) -> dict[str, Any]:
    body = {"source_uid": "s-1", "source_name": "Сайт", "metadata": FORM if kind == "forms" else CALL, **more}
    answer = sandbox.post(f"{PATH}/{kind}", [body])
    assert answer.status == 200, answer.body
    made: dict[str, Any] = answer.json()["_embedded"]["unsorted"][0]
    return made


def test_an_incoming_lead_stands_in_the_system_stage_and_hides_its_contact(sandbox: Checked) -> None:
    """The lead is in the stage of incoming leads; contact and company are not in their lists until it is accepted."""
    drafts = {
        "leads": [{"name": "Заявка", "price": 5}],
        "contacts": [{"name": "Анна"}],
        "companies": [{"name": "ООО"}],
    }
    made = arrive(sandbox, _embedded=drafts)
    (lead,), (contact,), (company,) = (made["_embedded"][kind] for kind in ("leads", "contacts", "companies"))
    shown = sandbox.read(f"/api/v4/leads/{lead['id']}?with=contacts")
    pipeline = sandbox.read(f"/api/v4/leads/pipelines/{shown['pipeline_id']}")
    system = next(status for status in pipeline["_embedded"]["statuses"] if status["type"] == 1)
    assert (shown["status_id"], shown["price"]) == (system["id"], 5)
    assert sandbox.get("/api/v4/contacts").status == 204
    assert sandbox.read(f"/api/v4/contacts/{contact['id']}")["is_unsorted"] is True
    accepted = sandbox.post(f"{PATH}/{made['uid']}/accept", {}).json()
    assert [one["id"] for one in accepted["_embedded"]["companies"]] == [company["id"]]
    assert sandbox.read(f"/api/v4/leads/{lead['id']}")["status_id"] != system["id"]
    assert sandbox.read("/api/v4/contacts")["_embedded"]["contacts"][0]["is_unsorted"] is False
    assert sandbox.get(PATH).status == 204
    assert sandbox.get(f"{PATH}/{made['uid']}").status == 404


def test_accepting_takes_a_stage_and_a_user(sandbox: Checked) -> None:
    """The stage may be in any pipeline but not a system one; an unknown user is refused."""
    made = arrive(sandbox)
    lead = made["_embedded"]["leads"][0]["id"]
    system = sandbox.read(f"/api/v4/leads/{lead}")["status_id"]
    path = f"{PATH}/{made['uid']}/accept"
    assert sandbox.refused("POST", path, {"status_id": system}) == [(None, "NotSupportedChoice", "status_id")]
    assert sandbox.refused("POST", path, {"user_id": 5}) == [(None, "NotSupportedChoice", "user_id")]
    sandbox.post(path, {"status_id": 142, "user_id": sandbox.admin_id})
    assert sandbox.read(f"/api/v4/leads/{lead}")["status_id"] == 142


def test_declining_answers_what_went_into_the_bin(sandbox: Checked) -> None:
    """A decline is a DELETE with a body in both directions."""
    made = arrive(sandbox, _embedded={"contacts": [{"name": "Анна"}]})
    answer = sandbox.call("DELETE", f"{PATH}/{made['uid']}/decline", {"user_id": sandbox.admin_id})
    assert answer.status == 200
    gone = answer.json()["_embedded"]
    assert sandbox.get(f"/api/v4/leads/{gone['leads'][0]['id']}").status == 204
    assert sandbox.get(f"/api/v4/contacts/{gone['contacts'][0]['id']}").status == 204
    assert sandbox.call("DELETE", f"{PATH}/{made['uid']}/decline").status == 404


def test_the_same_data_twice_are_refused(sandbox: Checked) -> None:
    """A second copy of what waits already is an error; with other data it is another lead."""
    arrive(sandbox)
    body = {"source_uid": "s-1", "source_name": "Сайт", "metadata": FORM}
    assert sandbox.refused("POST", f"{PATH}/forms", [body]) == [("0", "NotUnique", "source_uid")]
    arrive(sandbox, metadata={**FORM, "form_id": "2"})


def test_errors_of_drafts_are_told_by_their_path(sandbox: Checked) -> None:
    """What is wrong with an embedded contact is named inside the item, and nothing is stored."""
    value = {"field_id": 5, "values": [{"value": "x"}]}
    body = {"source_uid": "s", "source_name": "S", "metadata": FORM}
    drafts = {"contacts": [{"custom_fields_values": [value]}]}
    errors = sandbox.refused("POST", f"{PATH}/forms", [{**body, "_embedded": drafts}])
    assert errors == [("0", "NotSupportedChoice", "_embedded.contacts.0.custom_fields_values.0.field_id")]
    errors = sandbox.refused("POST", f"{PATH}/forms", [{**body, "_embedded": {"leads": [{}, {}]}}])
    assert errors == [("0", "TooMany", "_embedded.leads")]
    assert sandbox.get(PATH).status == 204


def test_calls_may_ask_for_an_event(sandbox: Checked) -> None:
    """The wish for an event is not shown again; the event stands at the contact."""
    made = arrive(
        sandbox,
        "sip",
        metadata={**CALL, "is_call_event_needed": True},
        _embedded={"contacts": [{"name": "А"}]},
    )
    shown = sandbox.read(f"{PATH}/{made['uid']}")
    assert shown["category"] == "sip"
    assert "is_call_event_needed" not in shown["metadata"]
    (event,) = sandbox.read("/api/v4/events?filter[type]=incoming_call")["_embedded"]["events"]
    assert event["entity_type"] == "contact"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("filter[category][]=sip", 1),
        ("filter[category][]=sip&filter[category][]=forms", 2),
        ("filter[pipeline_id]=5", 0),
    ],
)
def test_the_list_is_filtered(sandbox: Checked, query: str, count: int) -> None:
    """By category and pipeline, in the order asked for."""
    arrive(sandbox)
    arrive(sandbox, "sip", created_at=NOW - 5)
    answer = sandbox.get(f"{PATH}?{query}")
    assert (len(answer.json()["_embedded"]["unsorted"]) if answer.status == 200 else 0) == count
    first = sandbox.read(f"{PATH}?order[created_at]=asc")["_embedded"]["unsorted"][0]
    assert first["category"] == "sip"


def test_the_summary_counts_by_outcome_and_category(sandbox: Checked) -> None:
    """Totals, outcomes, and the average time until a decision."""
    first, second = arrive(sandbox), arrive(sandbox, "sip")
    arrive(sandbox, metadata={**FORM, "form_id": "2"})
    sandbox.clock.advance(100)
    sandbox.post(f"{PATH}/{first['uid']}/accept", {})
    sandbox.call("DELETE", f"{PATH}/{second['uid']}/decline")
    summary = sandbox.read(f"{PATH}/summary")
    assert (summary["total"], summary["accepted"], summary["declined"]) == (3, 1, 1)
    assert summary["average_sort_time"] == 100
    assert summary["categories"]["forms"] == {"total": 2}
    assert sandbox.read(f"{PATH}/summary?filter[created_at]={NOW + 1}")["total"] == 0


def test_only_chats_and_mail_are_linked(sandbox: Checked) -> None:
    """A letter is attached to a lead that exists; its contact moves over and its own lead goes."""
    (lead,) = sandbox.make("leads", {})
    body = {"link": {"entity_id": lead, "entity_type": "leads"}}
    assert sandbox.post(f"{PATH}/{arrive(sandbox)['uid']}/link", body).status == 400
    uid = sandbox.ui.receive_mail("anna@example.com", "Вопрос", "Сколько стоит?", "Анна")
    mail = sandbox.read(f"{PATH}/{uid}")
    assert mail["metadata"]["from"] == {"email": "anna@example.com", "name": "Анна"}
    answer = sandbox.post(f"{PATH}/{uid}/link", body).json()
    assert [one["id"] for one in answer["_embedded"]["leads"]] == [lead]
    contacts = sandbox.read(f"/api/v4/leads/{lead}?with=contacts")["_embedded"]["contacts"]
    assert [one["id"] for one in contacts] == [mail["_embedded"]["contacts"][0]["id"]]
    assert sandbox.get(f"/api/v4/leads/{mail['_embedded']['leads'][0]['id']}").status == 204


def test_a_complex_lead_with_metadata_is_an_incoming_one(sandbox: Checked) -> None:
    """`POST /leads/complex` with metadata makes an incoming lead that is listed, and it can be accepted."""
    lead = {
        "name": "A",
        "_embedded": {"metadata": {"category": "forms", **FORM}, "contacts": [{"name": "B"}]},
    }
    sandbox.post("/api/v4/leads/complex", [lead])
    (found,) = sandbox.read(PATH)["_embedded"]["unsorted"]
    assert found["metadata"]["form_name"] == "Заявка"
    assert sandbox.post(f"{PATH}/{found['uid']}/accept", {}).status == 200
