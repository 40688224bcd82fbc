from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest

from amocrm_sandbox import SandboxServer, WebhookDelivery

from ..conftest import NOW, Checked

URL = "https://app.example.com/hook"


def subscribe(sandbox: Checked, *codes: str) -> None:
    assert sandbox.post("/api/v4/webhooks", {"destination": URL, "settings": list(codes)}).status == 201


def sent(sandbox: Checked) -> list[dict[str, str]]:
    """The bodies of all deliveries, as their receivers read them."""
    return [dict(parse_qsl(one.body.decode(), keep_blank_values=True)) for one in sandbox.webhooks.deliveries]


def test_the_address_is_the_key_of_a_subscription(sandbox: Checked) -> None:
    """The same address again replaces the settings; it is found by its exact address and removed by it."""
    subscribe(sandbox, "add_lead", "update_lead")
    subscribe(sandbox, "add_task")
    listed = sandbox.read("/api/v4/webhooks")
    assert set(listed) == {"_total_items", "_embedded"}
    (hook,) = listed["_embedded"]["webhooks"]
    assert (hook["settings"], hook["disabled"], hook["sort"]) == (["add_task"], False, 1)
    assert sandbox.get("/api/v4/webhooks?filter[destination]=https://other.example").status == 204
    assert sandbox.call("DELETE", "/api/v4/webhooks", {"destination": "https://other.example"}).status == 404
    assert sandbox.call("DELETE", "/api/v4/webhooks", {"destination": URL}).status == 204
    assert sandbox.get("/api/v4/webhooks").status == 204


@pytest.mark.parametrize(
    "destination", ["nonsense", "ftp://example.com", "https://пример.рф/hook", "https://[x"]
)
def test_an_address_that_is_none_is_refused(sandbox: Checked, destination: str) -> None:
    """Only http addresses with a Latin host are taken, and at least one code."""
    body = {"destination": destination, "settings": ["add_lead"]}
    assert sandbox.refused("POST", "/api/v4/webhooks", body) == [(None, "InvalidFormat", "destination")]
    assert sandbox.post("/api/v4/webhooks", {"destination": URL, "settings": []}).status == 400


def test_a_hundred_subscriptions_are_the_most(sandbox: Checked) -> None:
    """The hundred and first is 422."""
    for number in range(100):
        sandbox.post("/api/v4/webhooks", {"destination": f"{URL}/{number}", "settings": ["add_lead"]})
    assert sandbox.post("/api/v4/webhooks", {"destination": URL, "settings": ["add_lead"]}).status == 422


def test_a_new_lead_is_told_in_the_words_of_v2(sandbox: Checked) -> None:
    """Scalars are texts, nulls are absent, the account comes with every delivery, and there is no signature."""
    subscribe(sandbox, "add_lead")
    field = sandbox.post(
        "/api/v4/leads/custom_fields", [{"type": "date_time", "name": "Визит", "code": "VISIT"}]
    ).json()
    field_id = field["_embedded"]["custom_fields"][0]["id"]
    values = [{"field_id": field_id, "values": [{"value": NOW}]}]
    (id,) = sandbox.make(
        "leads",
        {"name": "Заказ 17", "price": 5, "custom_fields_values": values, "tags_to_add": [{"name": "vip"}]},
    )
    (delivery,) = sandbox.webhooks.deliveries
    (body,) = sent(sandbox)
    lead = {
        key.removeprefix("leads[add][0]"): value for key, value in body.items() if key.startswith("leads")
    }
    assert body["account[subdomain]"] == "demo"
    assert body["account[id]"] == str(sandbox.account["id"])
    assert (lead["[id]"], lead["[name]"], lead["[price]"]) == (str(id), "Заказ 17", "5")
    assert lead["[date_create]"] == lead["[created_at]"] == str(NOW)
    assert lead["[tags][0][name]"] == "vip"
    # A moment is a bare scalar, without a level `value`.
    assert lead["[custom_fields][0][values][0]"] == str(NOW)
    assert lead["[custom_fields][0][code]"] == "VISIT"
    assert "[loss_reason_id]" not in lead
    assert delivery.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert delivery.headers["User-Agent"] == "amoCRM-Webhooks/3.0"
    assert not [name for name in delivery.headers if "signature" in name.lower()]
    assert b"leads%5Badd%5D%5B0%5D%5Bname%5D=%D0%97" in delivery.body


def test_fields_have_their_old_forms(sandbox: Checked) -> None:
    """Kinds of phones are ids, flags are 1 and 0, a radio button is one object, a birthday a text."""
    subscribe(sandbox, "add_contact")
    fields = [
        {"type": "checkbox", "name": "F"},
        {"type": "birthday", "name": "B"},
        {"type": "radiobutton", "name": "R", "enums": [{"value": "да", "sort": 1}]},
    ]
    made = sandbox.post("/api/v4/contacts/custom_fields", fields).json()["_embedded"]["custom_fields"]
    flag, birthday, radio = (field["id"] for field in made)
    sandbox.set_option("timezone", "UTC")
    values = [
        {"field_code": "PHONE", "values": [{"value": "+7900", "enum_code": "MOB"}]},
        {"field_id": flag, "values": [{"value": False}]},
        {"field_id": birthday, "values": [{"value": 315532800}]},
        {"field_id": radio, "values": [{"value": "да"}]},
    ]
    sandbox.make("contacts", {"name": "Анна", "custom_fields_values": values})
    (delivery,) = sandbox.webhooks.deliveries
    shown = {field["name"]: field["values"] for field in delivery.data["contacts"]["add"][0]["custom_fields"]}
    phones = sandbox.read("/api/v4/contacts/custom_fields?filter[type][]=multitext")["_embedded"][
        "custom_fields"
    ]
    mobile = next(option["id"] for option in phones[0]["enums"] if option["value"] == "MOB")
    assert shown["Телефон"] == [{"value": "+7900", "enum": mobile}]
    assert shown["B"] == [{"value": "01.01.1980"}]
    assert shown["R"] == {"value": "да", "enum": made[2]["enums"][0]["id"]}
    (body,) = sent(sandbox)
    assert "0" in [value for key, value in body.items() if key.endswith("[values][0][value]")]
    assert body["contacts[add][0][type]"] == "contact"


def test_which_action_a_subscription_is_delivered_as(sandbox: Checked) -> None:
    """Stage and responsible user of a lead have actions of their own; of a contact the latter is an update."""
    subscribe(sandbox, "status_lead", "responsible_lead", "responsible_contact", "note_lead", "delete_lead")
    body = {"name": "Bob", "email": "b@example.com", "password": "Passw0rd", "rights": {"is_free": True}}
    (other,) = sandbox.make("users", body)
    (lead,) = sandbox.make("leads", {})
    (contact,) = sandbox.make("contacts", {})
    start = sandbox.read(f"/api/v4/leads/{lead}")["status_id"]
    sandbox.patch(f"/api/v4/leads/{lead}", {"status_id": 142})
    sandbox.patch(f"/api/v4/leads/{lead}", {"responsible_user_id": other})
    sandbox.patch(f"/api/v4/contacts/{contact}", {"responsible_user_id": other})
    sandbox.make(f"leads/{lead}/notes", {"note_type": "common", "params": {"text": "T"}})
    sandbox.delete("leads", lead)
    status, responsible, update, note, gone = (one.data for one in sandbox.webhooks.deliveries)
    assert status["leads"]["status"][0]["old_status_id"] == start
    assert responsible["leads"]["responsible"][0]["old_responsible_user_id"] == sandbox.admin_id
    assert update["contacts"]["update"][0]["old_responsible_user_id"] == sandbox.admin_id
    assert note["leads"]["note"][0]["note"]["note_type"] == 4
    assert gone["leads"]["delete"] == [
        {"id": lead, "status_id": 142, "pipeline_id": status["leads"]["status"][0]["pipeline_id"]}
    ]


def test_tasks_have_text_dates_and_tell_when_they_are_closed(sandbox: Checked) -> None:
    """A completed task carries its result, its old text and the mark that this update closed it."""
    subscribe(sandbox, "add_task", "update_task", "delete_task")
    (lead,) = sandbox.make("leads", {})
    task = {"text": "T", "complete_till": NOW, "entity_id": lead, "entity_type": "leads"}
    (id,) = sandbox.make("tasks", task)
    sandbox.patch(f"/api/v4/tasks/{id}", {"is_completed": True, "result": {"text": "done"}})
    sandbox.ui.delete_task(id)
    added, updated, deleted = (one.data["task"] for one in sandbox.webhooks.deliveries)
    assert added["add"][0]["element_type"] == 2
    assert added["add"][0]["complete_till"] == "2023-11-14 22:13:20"
    assert (updated["update"][0]["action_close"], updated["update"][0]["old_text"]) == (1, "T")
    assert updated["update"][0]["result"]["text"] == "done"
    assert deleted["delete"][0]["id"] == id


def test_incoming_leads_elements_and_templates_are_told(sandbox: Checked) -> None:
    """Drafts come with an incoming lead, a decision names its outcome, a template stands at the top."""
    codes = ("add_unsorted", "delete_unsorted", "add_chat_template_review", "add_catalog_element")
    subscribe(sandbox, *codes, "delete_catalog_element")
    form = {"form_id": "1", "form_name": "F", "form_page": "p", "form_sent_at": NOW}
    body = {
        "source_uid": "s",
        "source_name": "S",
        "metadata": form,
        "_embedded": {"contacts": [{"name": "A"}]},
    }
    uid = sandbox.post("/api/v4/leads/unsorted/forms", [body]).json()["_embedded"]["unsorted"][0]["uid"]
    result = sandbox.post(f"/api/v4/leads/unsorted/{uid}/accept", {}).json()["_embedded"]
    template = {"name": "T", "content": "C", "type": "waba"}
    made = sandbox.post("/api/v4/chats/templates", [template]).json()["_embedded"]["chat_templates"][0]["id"]
    sandbox.post(f"/api/v4/chats/templates/{made}/review", {})
    (catalog,) = sandbox.make("catalogs", {"name": "C"})
    (element,) = sandbox.make(f"catalogs/{catalog}/elements", {"name": "E"})
    sandbox.post("/api/v2/catalog_elements", {"delete": [element]})
    came, gone, review, added, deleted = (one.data for one in sandbox.webhooks.deliveries)
    assert came["unsorted"]["add"][0]["data"]["contacts"][0]["name"] == "A"
    assert came["unsorted"]["add"][0]["data"]["leads"][0]["tags"] == ""
    decision = gone["unsorted"]["delete"][0]
    assert decision["action"] == "accept"
    assert decision["accept_result"]["contacts"] == [result["contacts"][0]["id"]]
    assert review["add"][0]["is_on_review"] is True
    assert added["catalogs"]["add"][0]["type"] == "catalog"
    assert deleted["catalogs"]["delete"] == [{"id": element, "catalog_id": catalog, "type": "catalog"}]


def test_only_what_is_subscribed_and_carried_out_is_told(sandbox: Checked) -> None:
    """A refused batch tells nothing, nor does a change that nobody asked about, nor anything of a disabled hook."""
    subscribe(sandbox, "add_lead")
    sandbox.post("/api/v4/leads", [{"name": "A"}, {"status_id": 5}])
    sandbox.make("contacts", {})
    assert not sandbox.webhooks.deliveries
    (hook,) = sandbox.store.documents("webhooks").values()
    sandbox.store.put("webhooks", {**hook, "disabled": True})
    sandbox.make("leads", {})
    assert not sandbox.webhooks.deliveries


@pytest.mark.parametrize(
    ("status", "moments"),
    [
        (200, [0]),
        (404, [0, 300, 1200]),
        (0, [0, 300, 1200]),
        (500, [0, 300, 1200, 2100, 5700]),
        (302, [0, 300, 1200]),
    ],
)
def test_failures_are_repeated_by_the_documented_schedule(
    sandbox: Checked, status: int, moments: list[int]
) -> None:
    """Any failure is tried three times, a failing server five times; a success once."""
    sandbox.webhooks.deliverer = lambda delivery: status
    subscribe(sandbox, "add_lead")
    sandbox.make("leads", {})
    for _ in range(120):
        sandbox.clock.advance(60)
        sandbox.webhooks.run_due()
    (delivery,) = sandbox.webhooks.deliveries
    assert [at - NOW for at, _ in delivery.attempts] == moments
    assert delivery.is_delivered is (status == 200)
    assert delivery.next_at is None


def test_a_repeated_delivery_is_the_same_bytes(sandbox: Checked) -> None:
    """A later attempt sends what the first one did, whatever has happened since."""
    seen: list[bytes] = []

    def fail_once(delivery: WebhookDelivery) -> int:
        seen.append(delivery.body)
        return 500 if len(seen) == 1 else 200

    sandbox.webhooks.deliverer = fail_once
    subscribe(sandbox, "add_lead")
    (id,) = sandbox.make("leads", {"name": "A"})
    sandbox.patch(f"/api/v4/leads/{id}", {"name": "B"})
    sandbox.clock.advance(300)
    assert sandbox.webhooks.run_due() == 1
    assert seen[0] == seen[1]


def test_more_than_a_hundred_failures_in_two_hours_disable_a_hook(sandbox: Checked) -> None:
    """The hundred and first invalid answer switches the subscription off; subscribing again switches it on."""
    sandbox.webhooks.deliverer = lambda delivery: 400
    subscribe(sandbox, "add_lead")
    sandbox.make("leads", *({} for _ in range(100)))
    assert sandbox.read("/api/v4/webhooks")["_embedded"]["webhooks"][0]["disabled"] is False
    sandbox.make("leads", {})
    assert sandbox.read("/api/v4/webhooks")["_embedded"]["webhooks"][0]["disabled"] is True
    subscribe(sandbox, "add_lead")
    assert sandbox.read("/api/v4/webhooks")["_embedded"]["webhooks"][0]["disabled"] is False


class _Receiver(BaseHTTPRequestHandler):
    bodies: list[bytes]
    came: threading.Event

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()
        self.server.came.set()  # type: ignore[attr-defined]

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Any]:
    """Somebody who takes deliveries."""
    server: Any = HTTPServer(("127.0.0.1", 0), _Receiver)
    server.bodies, server.came = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_delivers_over_http_in_the_background(sandbox: Checked, receiver: Any) -> None:
    """While a server runs, the change is posted to the real address by threads of its own."""
    with SandboxServer(sandbox):
        address = f"http://127.0.0.1:{receiver.server_port}/hook"
        sandbox.post("/api/v4/webhooks", {"destination": address, "settings": ["add_lead"]})
        sandbox.make("leads", {"name": "A"})
        assert receiver.came.wait(10)
    assert b"leads%5Badd%5D%5B0%5D%5Bname%5D=A" in receiver.bodies[0]


def test_deliveries_are_seen_and_repeated_from_other_processes(sandbox: Checked) -> None:
    """The control endpoint lists deliveries with their attempts and tries again what the clock makes due."""
    statuses = iter((500, 200))
    sandbox.webhooks.deliverer = lambda delivery: next(statuses)
    subscribe(sandbox, "add_lead")
    sandbox.make("leads", {})
    (shown,) = sandbox.get("/_sandbox/webhooks").json()
    assert (shown["code"], shown["attempts"]) == ("add_lead", [{"at": NOW, "status": 500}])
    sandbox.call("POST", "/_sandbox/clock", {"advance": 300})
    sandbox.call("POST", "/_sandbox/webhooks")
    (shown,) = sandbox.get("/_sandbox/webhooks").json()
    assert [attempt["status"] for attempt in shown["attempts"]] == [500, 200]
