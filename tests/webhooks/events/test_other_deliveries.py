"""Deliveries that are no account webhooks: digital pipeline, bots, installation, chats."""

import json
from typing import Any

import pytest

from amocrm import webhooks as hooks
from amocrm.webhooks import parse

from .. import bodies
from ..bodies import as_form, wire

JSON = {"Content-Type": "application/json; charset=utf-8"}


def only(body: Any, headers: Any = None) -> Any:
    """The one event of a body; a mapping is sent as JSON."""
    raw = wire(body) if isinstance(body, str) else json.dumps(body).encode()
    (event,) = parse(raw, headers)
    return event


def test_a_pipeline_trigger_is_told_from_an_account_webhook() -> None:
    """A changed stage with its earlier pipeline comes from the digital pipeline."""
    event = only(bodies.PIPELINE_STATUS)

    assert type(event) is hooks.LeadTriggered
    assert event.trigger == "status"
    assert (event.lead_id, event.old_pipeline_id, event.old_status_id, event.status_id) == (
        900001,
        400001,
        500001,
        500002,
    )
    assert event.record.status_id == 500002


def test_a_whole_record_with_an_earlier_pipeline_is_a_status_change() -> None:
    """A trigger carries ids only; a record that happens to name the earlier pipeline is an account webhook."""
    event = only(
        bodies.PIPELINE_STATUS + "&leads[status][0][name]=Order+17&leads[status][0][last_modified]=1700000100"
    )

    assert type(event) is hooks.LeadStatusChanged
    assert (event.lead_id, event.old_status_id, event.status_id) == (900001, 500001, 500002)
    assert event.raw["old_pipeline_id"] == "400001"


@pytest.mark.parametrize("trigger", ["call_in", "chat", "site_visit", "mail_in"])
def test_triggers_of_leads_carry_the_present_stage(trigger: str) -> None:
    """Other triggers carry the present stage."""
    event = only(
        f"leads[{trigger}][0][id]=900001&leads[{trigger}][0][status_id]=5&leads[{trigger}][0][pipeline_id]=4"
    )

    assert type(event) is hooks.LeadTriggered
    assert (event.trigger, event.status_id) == (trigger, 5)


@pytest.mark.parametrize("trigger", ["period", "call_in", "chat", "site_visit", "mail_in"])
def test_customers_have_the_trigger_period(trigger: str) -> None:
    """Customers have the trigger `period` instead of `status`."""
    event = only(f"customers[{trigger}][0][id]=5&customers[{trigger}][0][period_id]=2")

    assert type(event) is hooks.CustomerTriggered
    assert (event.trigger, event.customer_id, event.payload.period_id) == (trigger, 5, 2)


@pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
def test_a_widget_trigger_in_both_encodings(form: bool) -> None:
    """The encoding is not documented; numbers and texts mean the same."""
    event = only(as_form(bodies.WIDGET_TRIGGER) if form else bodies.WIDGET_TRIGGER)

    assert type(event) is hooks.WidgetTriggered
    assert event.type_code == "lead_appeared_in_status"
    assert (event.entity_type, event.entity_id) == ("leads", 900001)
    assert event.settings == {"message": "text set by the user"}
    assert event.account.id == 12345678
    assert event.account.subdomain == "demo"
    assert event.payload.event.time == 1700000000


@pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
def test_a_bot_request_in_both_encodings(form: bool) -> None:
    """A bot's request names the step that waits."""
    body = {
        "token": "eyJ0.eyJ1.c2ln",
        "data": {"contact": "Ann", "phone": "{{contact.phone}}"},
        "return_url": "https://demo.amocrm.ru/api/v4/salesbot/321/continue/123",
    }

    event = only(as_form(body) if form else body)

    assert type(event) is hooks.BotRequest
    assert event.data == {"contact": "Ann", "phone": "{{contact.phone}}"}
    assert (event.bot_type, event.bot_id, event.continue_id) == ("salesbot", 321, 123)
    assert event.return_url.endswith("/continue/123")
    assert event.token == "eyJ0.eyJ1.c2ln"


def test_a_bot_request_with_another_address() -> None:
    """An address of another shape says nothing of the bot."""
    event = only({"token": "t", "return_url": "https://[bad/address"})

    assert (event.bot_type, event.bot_id, event.continue_id) == (None, None, None)


def test_the_uninstall_hook_comes_as_a_query() -> None:
    """It comes as a query; the integration's id has two names."""
    for name in ("client_uuid", "client_id"):
        (event,) = parse(b"", query=f"account_id=12345678&{name}=abc&signature=ff")

        assert isinstance(event, hooks.IntegrationUninstalled)
        assert (event.account_id, event.client_id, event.signature) == (12345678, "abc", "ff")
        assert event.account.id == 12345678


def test_the_secrets_hook_brings_keys_as_json() -> None:
    """An external integration gets its keys as JSON; further fields are tolerated."""
    event = only({"client_id": "0f0e", "client_secret": "s", "state": "xyz", "scopes": ["crm"]}, JSON)

    assert type(event) is hooks.SecretsIssued
    assert (event.client_id, event.client_secret, event.state) == ("0f0e", "s", "xyz")
    assert "s'" not in repr(event)


def test_a_redirect_brings_a_code_or_an_error() -> None:
    """A redirect brings a code or an error, an installation is marked."""
    (granted,) = parse(b"", query="code=def502aa&referer=demo.amocrm.ru&platform=1&client_id=0f0e&state=xyz")
    (installed,) = parse(b"", query="code=def502aa&referer=demo.amocrm.ru&from_widget=1")
    (refused,) = parse(b"", query="error=access_denied&state=xyz")

    assert isinstance(granted, hooks.AccessGranted)
    assert (granted.authorization_code, granted.host, granted.state, granted.installed) == (
        "def502aa",
        "demo.amocrm.ru",
        "xyz",
        False,
    )
    assert isinstance(installed, hooks.AccessGranted)
    assert installed.installed
    assert isinstance(refused, hooks.AccessRefused)
    assert refused.error == "access_denied"


def test_a_chat_message_names_chat_people_and_content() -> None:
    """Version 2 names chat, people and content."""
    event = only(bodies.CHAT_MESSAGE, JSON)

    assert type(event) is hooks.ChatMessage
    assert (event.text, event.conversation_id) == ("Hi", "c-1")
    assert event.message_id == "99999999-0000-4000-8000-000000000001"
    assert event.amojo_id == event.account.amojo_id == "11111111-2222-4333-8444-555555555555"
    assert event.payload.message.receiver.phone == "79000000000"


def test_a_chat_message_with_buttons_template_and_quote() -> None:
    """Optional parts are typed; a null markup is none."""
    content = {
        "id": "m",
        "type": "text",
        "markup": {
            "mode": "inline",
            "buttons": [[{"text": "Yes"}, {"text": "Site", "url": "https://example.com"}]],
        },
        "template": {"id": 5, "content": "Hi {{name}}", "params": [{"key": "{{name}}", "value": "Ann"}]},
        "reply_to": {"message": {"id": "q", "text": "before"}},
    }
    event = only(
        {"account_id": "a", "time": 1, "message": {"conversation": {"id": "c"}, "message": content}}, JSON
    )
    plain = only(
        {"account_id": "a", "time": 1, "message": {"conversation": {"id": "c"}, "message": {"markup": None}}},
        JSON,
    )

    assert event.message.markup.buttons[0][1].url == "https://example.com"
    assert event.message.template.params[0].value == "Ann"
    assert event.message.reply_to.message.text == "before"
    assert event.conversation_id is None
    assert plain.message.markup is None


def test_a_reply_to_a_comment() -> None:
    """The post marks a reply to a comment."""
    event = only(
        {"account_id": "a", "time": 1, "message": {"message": {"text": "thanks", "post": {"id": "p-1"}}}},
        JSON,
    )

    assert type(event) is hooks.ChatCommentReply
    assert event.post_id == "p-1"


@pytest.mark.parametrize(
    "action",
    [
        {"typing": {"user": {"id": "u"}, "conversation": {"id": "c", "client_id": "c-1"}, "expired_at": 5}},
        {"user": {"id": "u"}, "typing": {"conversation": {"id": "c", "client_id": "c-1"}}},
    ],
    ids=["sample", "table"],
)
def test_typing_names_its_user_in_either_place(action: Any) -> None:
    """The user stands in one of two places."""
    event = only({"account_id": "a", "time": 1, "action": action}, JSON)

    assert type(event) is hooks.ChatTyping
    assert (event.user_id, event.conversation_id) == ("u", "c-1")


@pytest.mark.parametrize("message", [{"msgid": "m"}, {"message": {"id": "m"}}], ids=["sample", "table"])
def test_a_reaction_names_its_message_in_either_way(message: Any) -> None:
    """The message is named in one of two ways."""
    action = {
        "reaction": {
            "user": {"id": "u"},
            "conversation": {"id": "c"},
            "type": "react",
            "emoji": "+",
            **message,
        }
    }
    event = only({"account_id": "a", "time": 1, "action": action}, JSON)

    assert type(event) is hooks.ChatReaction
    assert (event.message_id, event.emoji, event.removed, event.user_id) == ("m", "+", False, "u")


def test_a_reaction_taken_back() -> None:
    """A reaction that is taken back has no emoji."""
    action = {"reaction": {"type": "unreact", "msgid": "m"}}
    event = only({"account_id": "a", "time": 1, "action": action}, JSON)

    assert (event.emoji, event.removed) == (None, True)


def test_a_message_of_version_1() -> None:
    """The deprecated version is flat."""
    event = only(
        {"receiver": "u", "conversation_id": "c-1", "msec_timestamp": 1, "type": "text", "text": "Hi"}, JSON
    )

    assert type(event) is hooks.ChatMessageV1
    assert (event.text, event.conversation_id) == ("Hi", "c-1")


def test_json_without_a_content_type() -> None:
    """The body itself tells a form from JSON."""
    raw = json.dumps({"client_id": "a", "client_secret": "b"}).encode()

    assert type(parse(raw)[0]) is hooks.SecretsIssued
    assert type(parse(b"  " + raw, {"content-type": "text/plain"})[0]) is hooks.SecretsIssued


def test_unknown_json_is_kept() -> None:
    """JSON that nobody knows is one unknown event with the whole body."""
    event = only({"something": {"new": 1}}, JSON)

    assert type(event) is hooks.UnknownEvent
    assert (event.group, event.action, event.raw) == ("something", "new", 1)
