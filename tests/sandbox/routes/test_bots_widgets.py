from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from ..conftest import NOW, Checked


@pytest.fixture
def lead(sandbox: Checked) -> int:
    """A lead for bots to work on."""
    return sandbox.make("leads", {})[0]


def test_bots_are_listed_with_totals_under_items(sandbox: Checked) -> None:
    """The collection is called `items`; an unknown bot is 204; favourites come on demand."""
    sandbox.ui.add_bot("Рассылка", "marketing")
    listed = sandbox.read("/api/v4/bots?filter[type_functionality][]=marketing&with=favorite")
    (bot,) = listed["_embedded"]["items"]
    assert (listed["_total_items"], bot["name"], bot["is_favorite"]) == (1, "Рассылка", False)
    assert "is_favorite" not in sandbox.read(f"/api/v4/bots/{bot['id']}")
    assert sandbox.get("/api/v4/bots/5").status == 204


def test_a_run_is_accepted_with_an_empty_page_and_recorded(sandbox: Checked, lead: int) -> None:
    """202 with an empty HTML body, in all three ways to start."""
    bot = next(iter(sandbox.store.documents("bots")))
    batch = [{"bot_id": bot, "entity_id": lead, "entity_type": "leads"}]
    answer = sandbox.post("/api/v4/bots/run", batch)
    assert (answer.status, answer.header("Content-Type"), answer.body) == (202, "text/html", b"")
    sandbox.post(f"/api/v4/bots/{bot}/run", {"entity_id": lead, "entity_type": "leads"})
    old = sandbox.post("/api/v2/salesbot/run", [{"bot_id": bot, "entity_id": lead, "entity_type": 2}])
    assert (old.status, old.json()["success"]) == (202, True)
    assert [(run["bot_id"], run["kind"], run["entity_id"]) for run in sandbox.ui.bot_runs()] == [
        (bot, "leads", lead)
    ] * 3


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"bot_id": 0}, "TooLow", "bot_id"),
        ({"bot_id": 5}, "NotSupportedChoice", "bot_id"),
        ({"entity_id": 5}, "NotSupportedChoice", "entity_id"),
        ({"entity_type": "companies"}, "NotSupportedChoice", "entity_type"),
    ],
)
def test_impossible_runs_are_refused(
    sandbox: Checked, lead: int, change: dict[str, Any], code: str, path: str
) -> None:
    """Bot and entity exist, and companies have no bots."""
    bot = next(iter(sandbox.store.documents("bots")))
    body = [{"bot_id": bot, "entity_id": lead, "entity_type": "leads", **change}]
    assert sandbox.refused("POST", "/api/v4/bots/run", body) == [("0", code, path)]
    assert not sandbox.ui.bot_runs()


def test_a_bot_asks_the_integration_and_waits(sandbox: Checked, lead: int) -> None:
    """The request carries a token under the integration's secret and the address to continue at, once."""
    bot = sandbox.ui.add_bot("Опрос", request_url="https://app.example.com/bot", request_data={"a": "b"})
    run = {"entity_id": lead, "entity_type": "leads"}
    sandbox.post(f"/api/v4/bots/{bot['id']}/run", run)
    data = sandbox.webhooks.deliveries[-1].data
    head, _, sent = data["token"].rpartition(".")
    digest = hmac.new(sandbox.integration.client_secret.encode(), head.encode(), hashlib.sha512).digest()
    assert sent == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    claims = msgspec.json.decode(base64.urlsafe_b64decode(head.partition(".")[2] + "=="))
    assert (claims["entity_id"], claims["entity_type"], claims["exp"]) == (lead, "lead", NOW + 1800)
    assert data["data"] == {"a": "b"}
    path = data["return_url"].partition(".amocrm.ru")[2]
    step = {"handler": "show", "params": {"type": "text", "value": "Спасибо"}}
    assert sandbox.post(path, {"execute_handlers": [step]}).status == 202
    assert sandbox.post(path, {}).status == 404
    assert sandbox.ui.bot_runs()[-1]["answer"] == {"execute_handlers": [step]}


@pytest.mark.parametrize(
    ("handlers", "path"),
    [
        (
            [{"handler": "show", "params": {"type": "text", "value": "x" * 81}}],
            "execute_handlers.0.params.value",
        ),
        ([{"handler": "show", "params": {"type": "finish"}}], "execute_handlers.0.params.type"),
        ([{"handler": "show", "params": {"type": "buttons", "buttons": ["x"] * 26}}], None),
        ([{"handler": "goto", "params": {"type": "finish"}}] * 11, "execute_handlers"),
    ],
)
def test_handlers_of_a_continuation_are_checked(
    sandbox: Checked, lead: int, handlers: list[Any], path: str | None
) -> None:
    """Ten handlers, 25 buttons, 80 characters, and types that fit the handler."""
    bot = sandbox.ui.add_bot("Опрос", request_url="https://app.example.com/bot")
    sandbox.post(f"/api/v4/bots/{bot['id']}/run", {"entity_id": lead, "entity_type": "leads"})
    run = sandbox.ui.bot_runs()[-1]["id"]
    target = f"/api/v4/salesbot/{bot['id']}/continue/{run}"
    ((_, _, found),) = sandbox.refused("POST", target, {"execute_handlers": handlers})
    assert found == (path or "execute_handlers.0.params.buttons")


def test_a_waiting_bot_is_ended_by_a_stop_or_by_another_bot(sandbox: Checked, lead: int) -> None:
    """Neither can be continued afterwards; only bots of leads can be stopped."""
    bot = sandbox.ui.add_bot("Опрос", request_url="https://app.example.com/bot")["id"]
    run = {"entity_id": lead, "entity_type": "leads"}
    for end in (
        f"/api/v4/bots/{bot}/stop",
        f"/api/v4/bots/{next(iter(sandbox.store.documents('bots')))}/run",
    ):
        sandbox.post(f"/api/v4/bots/{bot}/run", run)
        id = sandbox.ui.bot_runs()[-1]["id"]
        assert sandbox.post(end, run).status == 202
        assert sandbox.post(f"/api/v4/salesbot/{bot}/continue/{id}", {}).status == 404
    assert sandbox.post(f"/api/v4/bots/{bot}/stop", {**run, "entity_type": "contacts"}).status == 400


def test_a_widget_is_installed_with_its_settings(sandbox: Checked) -> None:
    """Settings are checked by their types, shown in the answer, and later only to the widget's own integration."""
    template = [
        {"key": "users", "name": "users", "type": "users", "is_required": True},
        {"key": "note", "name": "note", "type": "text", "is_required": False},
    ]
    own = sandbox.integration.client_id
    sandbox.ui.add_widget("pbx", template, own)
    path = "/api/v4/widgets/pbx"
    assert sandbox.refused("POST", path, {}) == [(None, "FieldMissing", "users")]
    assert sandbox.refused("POST", path, {"users": "103"}) == [(None, "InvalidType", "users")]
    assert sandbox.refused("POST", path, {"users": {}, "x": 1}) == [(None, "FieldNotExpected", "x")]
    installed = sandbox.post(path, {"users": {"700001": "103"}}).json()
    assert (installed["is_active_in_account"], installed["settings"]) == (True, {"users": {"700001": "103"}})
    assert sandbox.read(path)["settings"] == installed["settings"]
    other = sandbox.tokens.create_integration()
    headers = {
        "authorization": f"Bearer {sandbox.tokens.issue_access(other.client_id, sandbox.admin_id, 60)}"
    }
    assert "settings" not in sandbox.call("GET", path, headers=headers).json()
    assert sandbox.call("DELETE", path).status == 204
    assert sandbox.call("DELETE", path).status == 404
    assert sandbox.get("/api/v4/widgets/unknown").status == 404


def test_short_links_are_made_for_contacts_in_reach(sandbox: Checked) -> None:
    """Links of unknown contacts are left out without an error."""
    (contact,) = sandbox.make("contacts", {})
    link = {"url": "https://example.com", "metadata": {"entity_type": "contacts", "entity_id": contact}}
    missing = {**link, "metadata": {**link["metadata"], "entity_id": 5}}  # type: ignore[dict-item]
    answer = sandbox.post("/api/v4/short_links", [missing, link]).json()
    (made,) = answer["_embedded"]["short_links"]
    assert made["metadata"]["entity_id"] == contact
    assert answer["_links"]["self"]["href"] == "/api/v4/short_links"


def test_subscribers_are_users_and_groups(sandbox: Checked, lead: int) -> None:
    """They are listed with totals; an unknown lead is 404, and other entities have no such list."""
    path = f"/api/v4/leads/{lead}/subscriptions"
    assert sandbox.get(path).status == 204
    sandbox.ui.subscribe("leads", lead, sandbox.admin_id)
    group = sandbox.ui.add_group("Опт")["id"]
    sandbox.ui.subscribe("leads", lead, group, "group")
    shown = sandbox.read(path)
    assert shown["_total_items"] == 2
    assert shown["_embedded"]["subscriptions"][1] == {"subscriber_id": group, "type": "group"}
    assert sandbox.get("/api/v4/leads/5/subscriptions").status == 404
    assert sandbox.get("/api/v4/contacts/5/subscriptions").status == 404


def test_knowledge_has_its_own_limits_and_errors(sandbox: Checked) -> None:
    """One function each, its own longest text, and errors in a form of their own."""
    body = {"name": "О нас", "text": "т" * 2001, "available_functions": ["agent"]}
    made = sandbox.post("/api/v2/sources/text", body)
    assert (made.status, made.json()["name"]) == (201, "О нас")
    short = {**body, "available_functions": ["suggested_reply"]}
    assert sandbox.refused("POST", "/api/v2/sources/text", short) == [(None, "TooLong", "text")]
    both = {"url": "https://example.com", "available_functions": ["agent", "suggested_reply"]}
    assert sandbox.post("/api/v2/sources/url", both).status == 400
    assert (
        sandbox.post("/api/v2/sources/file", {"file_uuid": "x", "available_functions": ["agent"]}).status
        == 400
    )
    answer = sandbox.call(
        "POST", "/api/v2/agent/knowledges/products/import", headers={"authorization": "Bearer x"}
    )
    assert (answer.status, answer.json()["status"]) == (401, "error")


def test_an_old_key_is_exchanged_for_a_code_once_in_five_minutes(sandbox: Checked) -> None:
    """The code is sent to the redirect address; wrong keys are 403, haste is 429."""
    keys = sandbox.integration
    login = sandbox.store.documents("users")[sandbox.admin_id]["email"]
    body = {"login": login, "client_uuid": keys.client_id, "client_secret": keys.client_secret, "state": "s"}
    path = "/oauth2/exchange_api_key"
    key = sandbox.ui.give_api_key(sandbox.admin_id)
    assert sandbox.post(path, {**body, "api_key": "wrong"}).status == 403
    assert sandbox.post(path, {**body, "client_secret": "wrong", "api_key": key}).status == 403
    assert sandbox.post(path, {**body, "api_key": key}).status == 202
    assert sandbox.post(path, {**body, "api_key": key}).status == 429
    delivery = sandbox.webhooks.deliveries[-1]
    assert (delivery.method, delivery.data["from_exchange"], delivery.data["state"]) == ("GET", "1", "s")
    assert delivery.destination.startswith(f"{keys.redirect_uri}?code=")
    sandbox.clock.advance(300)
    assert sandbox.post(path, {**body, "api_key": key}).status == 202


def test_leads_of_site_visitors_come_through_the_old_api(sandbox: Checked) -> None:
    """The answer has the ids; a bad stage refuses the request."""
    made = sandbox.post("/api/v2/leads", {"add": [{"name": "С сайта", "visitor_uid": "v"}]}).json()
    (item,) = made["_embedded"]["items"]
    assert sandbox.read(f"/api/v4/leads/{item['id']}")["name"] == "С сайта"
    assert sandbox.post("/api/v2/leads", {"add": [{"status_id": 5}]}).status == 400
    assert sandbox.read("/v3/user")["id"] == sandbox.admin_id
