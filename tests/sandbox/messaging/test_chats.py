from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from amocrm_sandbox import Request, Response
from amocrm_sandbox.webhooks.chat_signature import hook_signature, signature, signature_headers

from ..conftest import NOW, Checked

SECRET = "0123456789abcdef0123456789abcdef01234567"
DATE = "Mon, 03 Mar 2025 10:00:00 +0000"


@pytest.fixture
def origin(sandbox: Checked) -> str:
    """The path of a connected channel."""
    channel = sandbox.channel
    body = {"account_id": sandbox.account["amojo_id"], "hook_api_version": "v2"}
    scope = sandbox.post(f"/v2/origin/custom/{channel['channel_id']}/connect", body).json()["scope_id"]
    assert scope == f"{channel['channel_id']}_{sandbox.account['amojo_id']}"
    return f"/v2/origin/custom/{scope}"


def message(id: str = "m-1", text: str = "Здравствуйте", **more: Any) -> dict[str, Any]:
    payload = {
        "timestamp": NOW,
        "msec_timestamp": NOW * 1000,
        "msgid": id,
        "conversation_id": "c-1",
        "sender": {"id": "u-1", "name": "Анна", "profile": {"phone": "+79000000001"}},
        "message": {"type": "text", "text": text},
    }
    return {"event_type": "new_message", "payload": {**payload, **more}}


def test_the_signature_is_that_of_the_published_composition() -> None:
    """Five lines under HMAC-SHA1; hooks are signed over their body alone."""
    path = "/v2/origin/custom/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee/connect"
    digest = "85cd495da04fe71d750550a545dfe251"
    assert (
        signature(SECRET, "POST", digest, "application/json", DATE, path)
        == "a21c7991a87b3664382b67f6e17e37a6a8958371"
    )
    body = b'{"account_id":"11111111-2222-4333-8444-555555555555","time":1740996000}'
    assert hook_signature(SECRET, body) == "f38e3e87377ce14b44b4406e3cbdebee80433c8b"


@pytest.mark.parametrize(
    "change",
    [
        {"x-signature": "0" * 40},
        {"content-md5": hashlib.md5(b"other").hexdigest()},
        {"date": "nonsense"},
        {"content-type": "text/plain"},
    ],
)
def test_a_wrong_signature_is_refused_in_the_service_s_own_form(
    sandbox: Checked, origin: str, change: dict[str, str]
) -> None:
    """Each of the signed parts counts; the error has a form of its own."""
    answer = sandbox.call("POST", origin, message(), change)
    assert answer.status == 403
    assert answer.json() == {
        "status": 0,
        "error_code": 403,
        "error_type": "ORIGIN_INVALID_SIGNATURE",
        "error_description": "invalid signature",
    }


def test_a_signature_lives_for_fifteen_minutes_and_leaves_the_query_out(
    sandbox: Checked, origin: str
) -> None:
    """An old date is refused; a query may be added to a signed path."""
    chat = sandbox.post(origin, message()).json()["new_message"]["conversation_id"]
    target = f"{origin}/chats/{chat}/history?limit=1"

    def ask(age: int) -> Response:
        headers = signature_headers(sandbox.channel, "GET", target, b"", NOW - age)
        return sandbox.handle(Request("GET", target, "amojo.amocrm.ru", headers))

    assert ask(900).status == 200
    assert ask(901).status == 403


def test_a_channel_is_connected_and_disconnected(sandbox: Checked, origin: str) -> None:
    """Without a connection nothing is sent; unknown channels and other accounts are 404."""
    path = f"/v2/origin/custom/{sandbox.channel['channel_id']}"
    body = {"account_id": sandbox.account["amojo_id"]}
    assert sandbox.call("DELETE", f"{path}/disconnect", body).status == 200
    assert sandbox.call("DELETE", f"{path}/disconnect", body).status == 404
    assert sandbox.post(origin, message()).status == 403
    assert sandbox.post(f"{path}/connect", {"account_id": "other"}).status == 404
    assert sandbox.post("/v2/origin/custom/unknown/connect", body).status == 404
    assert sandbox.post(f"{path}/connect", {"account_id": 5}).json()["error_code"] == 400


def test_a_first_message_makes_contact_incoming_lead_and_talk(sandbox: Checked, origin: str) -> None:
    """The client becomes a contact with phone, and an incoming lead of category chats waits with the text."""
    answer = sandbox.post(origin, message()).json()["new_message"]
    assert answer["ref_id"] == "m-1"
    (talk,) = sandbox.read("/api/v4/talks")["_embedded"]["talks"]
    assert (talk["chat_id"], talk["is_in_work"], talk["is_read"]) == (answer["conversation_id"], True, False)
    contact = sandbox.read(f"/api/v4/contacts/{talk['contact_id']}")
    assert (contact["name"], contact["is_unsorted"]) == ("Анна", True)
    assert contact["custom_fields_values"][0]["values"][0]["value"] == "+79000000001"
    (waiting,) = sandbox.read("/api/v4/leads/unsorted")["_embedded"]["unsorted"]
    assert (waiting["category"], waiting["metadata"]["last_message_text"]) == ("chats", "Здравствуйте")
    sandbox.post(origin, message("m-2", "Вы тут?"))
    (waiting,) = sandbox.read("/api/v4/leads/unsorted")["_embedded"]["unsorted"]
    assert waiting["metadata"]["last_message_text"] == "Вы тут?"
    assert len(sandbox.read(f"/api/v4/talks/{talk['talk_id']}/messages")["_embedded"]["messages"]) == 2
    (event, *_) = sandbox.read("/api/v4/events?filter[type]=incoming_chat_message&filter[entity]=contact")[
        "_embedded"
    ]["events"]
    assert event["entity_type"] == "lead"
    assert event["_embedded"]["entity"]["linked_talk_contact_id"] == talk["contact_id"]
    sandbox.delete("leads", talk["entity_id"])
    assert sandbox.read(f"/api/v4/events/{event['id']}")["entity_type"] == "contact"


def test_messages_are_told_to_subscribers(sandbox: Checked, origin: str) -> None:
    """Incoming and outgoing messages are groups of their own, with talk, author and entity."""
    codes = ["add_message", "add_outgoing_message", "add_talk", "update_talk"]
    sandbox.post("/api/v4/webhooks", {"destination": "https://app.example.com", "settings": codes})
    sandbox.post(origin, message())
    (talk,) = sandbox.read("/api/v4/talks")["_embedded"]["talks"]
    sandbox.post(f"/api/v4/talks/{talk['talk_id']}/send_message", {"text": "Добрый день"})
    sandbox.post(f"/api/v4/talks/{talk['talk_id']}/close", {})
    told = {one.code: one.data for one in sandbox.webhooks.deliveries}
    incoming = told["add_message"]["message"]["add"][0]
    assert (incoming["talk_id"], incoming["element_type"]) == (talk["talk_id"], 2)
    assert incoming["author"]["type"] == "external"
    outgoing = told["add_outgoing_message"]["outgoing_message"]["add"][0]
    assert (outgoing["author"]["user_id"], outgoing["recipient"]["name"]) == (sandbox.admin_id, "Анна")
    assert told["add_talk"]["talk"]["add"][0]["is_in_work"] is True
    assert told["update_talk"]["talk"]["update"][0]["is_in_work"] is False


def test_a_text_from_the_crm_reaches_the_channel_signed(sandbox: Checked, origin: str) -> None:
    """The channel's address gets a version 2 hook whose signature covers the raw body."""
    sandbox.post(origin, message())
    hook_url = "https://channel.example/:scope_id"
    sandbox.store.put("channels", {**sandbox.channel, "hook_url": hook_url})
    talk = sandbox.read("/api/v4/talks")["_embedded"]["talks"][0]["talk_id"]
    id = sandbox.post(f"/api/v4/talks/{talk}/send_message", {"text": "Добрый день"}).json()["id"]
    delivery = sandbox.webhooks.deliveries[-1]
    assert delivery.destination == f"https://channel.example/{origin.rpartition('/')[2]}"
    wanted = hmac.new(sandbox.channel["secret"].encode(), delivery.body, hashlib.sha1).hexdigest()
    assert delivery.headers["X-Signature"] == wanted
    sent = delivery.data["message"]
    assert (sent["message"]["id"], sent["message"]["text"]) == (id, "Добрый день")
    assert sent["conversation"]["client_id"] == "c-1"
    assert sent["receiver"]["client_id"] == "u-1"
    sandbox.post(f"{origin}/{id}/delivery_status", {"status_code": 2})
    shown = sandbox.read(f"/api/v4/talks/{talk}/messages")["_embedded"]["messages"]
    assert shown[0]["delivery_status"] == "read"
    assert sandbox.post(f"{origin}/{id}/delivery_status", {"status_code": -1}).status == 400
    older = {"msgid": id, "delivery_status": 1, "error_code": None, "error": None}
    assert sandbox.post(f"{origin}/{id}/delivery_status", older).status == 200
    assert sandbox.post(f"{origin}/{id}/delivery_status", {"msgid": id}).status == 400
    assert sandbox.post(f"{origin}/unknown/delivery_status", {"status_code": 1}).status == 404


def test_history_is_newest_first_and_only_of_the_channel(sandbox: Checked, origin: str) -> None:
    """Imported messages are in the history and in no talk; an unknown chat is 204; fifty are the most."""
    chat = sandbox.post(origin, message("m-1", "раз", silent=True)).json()["new_message"]["conversation_id"]
    bot = {"id": "bot", "ref_id": sandbox.channel["bot_id"], "name": "Бот"}
    client = {"id": "u-1", "name": "Анна"}
    sandbox.post(origin, message("m-2", "два", silent=True, sender=bot, receiver=client))
    assert sandbox.get("/api/v4/talks").status == 204
    path = f"{origin}/chats/{chat}/history"
    second, first = sandbox.read(path)["messages"]
    assert [one["message"]["text"] for one in (first, second)] == ["раз", "два"]
    assert "receiver" not in first
    assert second["sender"]["name"] == "Бот"
    assert [one["message"]["text"] for one in sandbox.read(f"{path}?limit=1&offset=1")["messages"]] == ["раз"]
    assert sandbox.get(f"{origin}/chats/unknown/history").status == 204
    assert sandbox.get(f"{path}?limit=51").status == 400


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"msgid": "m-1"}, "payload.msgid"),
        ({"message": {"type": "picture", "media": "https://x"}}, "payload.message.file_name"),
        ({"message": {"type": "location"}}, "payload.message.location"),
        ({"timestamp": "5"}, "payload.timestamp"),
        ({"receiver": {"id": "u-1", "name": "Анна"}}, "payload.sender.ref_id"),
    ],
)
def test_bad_messages_are_told_by_their_path(
    sandbox: Checked, origin: str, change: dict[str, Any], words: str
) -> None:
    """Types are strict, media need their names, and an id is taken once."""
    sandbox.post(origin, message())
    answer = sandbox.post(
        origin, message(**{"id": "m-2", **change}) if "msgid" not in change else message("m-1")
    )
    assert answer.status == 400
    assert answer.json()["error_description"].startswith(words)


def test_pictures_without_a_name_are_taken_where_the_documentation_is_not_followed(
    sandbox: Checked, origin: str
) -> None:
    """Clients in use send pictures and videos without name and size; `strict` off takes them."""
    sandbox.behaviour.strict = False
    assert sandbox.post(origin, message(message={"type": "picture", "media": "https://x"})).status == 200


def test_an_older_signature_signs_the_body_alone(sandbox: Checked) -> None:
    """Without Date and Content-MD5 the signature is that of the body; another one is refused."""
    channel = sandbox.channel
    path = f"/v2/origin/custom/{channel['channel_id']}/connect"
    body = msgspec.json.encode(
        {"account_id": sandbox.account["amojo_id"], "title": "x", "hook_api_version": "v2"}
    )

    def connect(signature: str) -> int:
        headers = {"content-type": "application/json", "x-signature": signature}
        return sandbox.handle(Request("POST", path, "amojo.amocrm.ru", headers, body)).status

    assert connect(hook_signature(channel["secret"], body)) == 200
    assert connect(hook_signature("another", body)) == 403


def test_messages_are_edited_and_reacted_to(sandbox: Checked, origin: str) -> None:
    """An edit changes the text; a reaction needs a message that exists."""
    chat = sandbox.post(origin, message()).json()["new_message"]["conversation_id"]
    edit = {**message("m-1", "Иначе"), "event_type": "edit_message"}
    assert sandbox.post(origin, edit).status == 200
    assert sandbox.read(f"{origin}/chats/{chat}/history")["messages"][0]["message"]["text"] == "Иначе"
    assert sandbox.post(origin, {**message("m-9"), "event_type": "edit_message"}).status == 400
    reaction = {
        "conversation_id": "c-1",
        "msgid": "m-1",
        "user": {"id": "u-1"},
        "type": "react",
        "emoji": "👍",
    }
    assert sandbox.post(f"{origin}/react", reaction).status == 200
    assert sandbox.post(f"{origin}/react", {**reaction, "type": "unreact"}).status == 200
    assert sandbox.post(f"{origin}/react", {**reaction, "msgid": "m-9"}).status == 404
    assert sandbox.post(f"{origin}/typing", {"conversation_id": "c-1", "sender": {"id": "u-1"}}).status == 204


def test_a_chat_may_exist_before_its_first_message(sandbox: Checked, origin: str) -> None:
    """Creating it twice returns the same one, and no contact is made."""
    user = {"id": "u-9", "name": "Олег", "profile": {"phone": "+7901"}}
    first, second = (
        sandbox.post(f"{origin}/chats", {"conversation_id": "c-9", "user": user}).json() for _ in range(2)
    )
    assert first == second
    assert (first["user"]["client_id"], first["user"]["phone"]) == ("u-9", "+7901")
    assert sandbox.get("/api/v4/contacts").status == 204
    assert sandbox.post(f"{origin}/chats", {"conversation_id": "c-8", "user": {"name": "X"}}).status == 400


def test_chats_are_bound_to_contacts(sandbox: Checked, origin: str) -> None:
    """A chat has one contact; binding it again moves it and changes the id of the link."""
    chat = sandbox.post(origin, message()).json()["new_message"]["conversation_id"]
    (contact,) = sandbox.make("contacts", {})
    before = sandbox.read(f"/api/v4/contacts/chats?chat_id={chat}")["_embedded"]["chats"][0]
    moved = sandbox.post("/api/v4/contacts/chats", [{"contact_id": contact, "chat_id": chat}]).json()
    (link,) = moved["_embedded"]["chats"]
    assert link["contact_id"] == contact
    assert link["id"] != before["id"]
    assert (
        sandbox.read(f"/api/v4/contacts/chats?contact_id[]={contact}")["_embedded"]["chats"][0]["chat_id"]
        == chat
    )
    assert sandbox.get("/api/v4/contacts/chats?contact_id=5").status == 204
    assert sandbox.get("/api/v4/contacts/chats?contact_id=5&chat_id=x").status == 400


def test_talks_are_listed_closed_and_not_reopened(sandbox: Checked, origin: str) -> None:
    """A closed talk takes no text; the next message of the client opens another one for the same lead."""
    sandbox.post(origin, message())
    (talk,) = sandbox.read("/api/v4/talks")["_embedded"]["talks"]
    uid = sandbox.read("/api/v4/leads/unsorted")["_embedded"]["unsorted"][0]["uid"]
    sandbox.post(f"/api/v4/leads/unsorted/{uid}/accept", {})
    path = f"/api/v4/talks/{talk['talk_id']}"
    assert sandbox.post(f"{path}/close", {}).status == 202
    assert sandbox.post(f"{path}/close", {}).status == 422
    assert sandbox.post(f"{path}/send_message", {"text": "x"}).status == 422
    assert sandbox.read(path)["status"] == "closed"
    assert sandbox.get("/api/v4/talks?filter[only_in_work]=1").status == 204
    sandbox.post(origin, message("m-2"))
    newest, oldest = sandbox.read("/api/v4/talks")["_embedded"]["talks"]
    assert newest["entity_id"] == oldest["entity_id"] == talk["entity_id"]
    query = f"filter[entity_id]={talk['entity_id']}&filter[entity_type]=lead"
    assert len(sandbox.read(f"/api/v4/talks?{query}")["_embedded"]["talks"]) == 2


def test_the_nps_bot_stands_between_work_and_the_end(sandbox: Checked, origin: str) -> None:
    """Where there is such a bot, closing starts it unless it is forced."""
    sandbox.post(origin, message())
    sandbox.ui.add_bot("NPS", "nps")
    path = f"/api/v4/talks/{sandbox.read('/api/v4/talks')['_embedded']['talks'][0]['talk_id']}"
    sandbox.post(f"{path}/close", {})
    assert sandbox.read(path)["status"] == "nps_in_progress"


def test_messages_of_talks_need_scopes_of_their_own(sandbox: Checked, origin: str) -> None:
    """Reading and sending are two scopes."""
    sandbox.post(origin, message())
    talk = sandbox.read("/api/v4/talks")["_embedded"]["talks"][0]["talk_id"]
    plain = sandbox.tokens.create_integration(scopes=("crm", "list_external_messages"))
    headers = {
        "authorization": f"Bearer {sandbox.tokens.issue_access(plain.client_id, sandbox.admin_id, 60)}"
    }
    assert sandbox.call("GET", f"/api/v4/talks/{talk}/messages", headers=headers).status == 200
    answer = sandbox.call("POST", f"/api/v4/talks/{talk}/send_message", {"text": "x"}, headers)
    assert answer.status == 403


def test_a_client_may_write_by_hand(sandbox: Checked) -> None:
    """The first channel is connected and signed for; other channels have secrets of their own."""
    assert sandbox.ui.write_as_client("Привет", phone="+7900").status == 200
    assert sandbox.ui.write_as_client("Ещё").status == 200
    assert len(sandbox.read("/api/v4/talks")["_embedded"]["talks"]) == 1
    other = sandbox.ui.add_channel("Другой")
    assert other["secret"] != sandbox.channel["secret"]
