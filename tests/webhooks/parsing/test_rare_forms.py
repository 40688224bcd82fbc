"""Forms that are on record once or twice, or that only receivers of other people know of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from amocrm import webhooks as hooks
from amocrm.webhooks import parse

from .. import bodies
from ..bodies import ACCOUNT, wire

JSON = {"Content-Type": "application/json"}


def only(body: str | dict[str, Any], query: str = "") -> Any:
    """The one event of a readable form, or of JSON."""
    raw = wire(body) if isinstance(body, str) else json.dumps(body).encode()
    (event,) = parse(raw, None if isinstance(body, str) else JSON, query=query)
    return event


# ---- leads, contacts, companies
def test_a_lead_of_a_chat_has_no_responsible_user() -> None:
    """0 is nobody; a name may be empty."""
    event = only("leads[add][0][id]=1&leads[add][0][name]=&leads[add][0][responsible_user_id]=0")

    assert (event.responsible_user_id, event.lead.name) == (0, "")


def test_the_author_0_is_a_robot() -> None:
    """Who changed it is told, also when nobody did."""
    assert only("leads[update][0][id]=1&leads[update][0][modified_user_id]=0").changed_by == 0
    assert only("contacts[update][0][id]=1&contacts[update][0][type]=contact").changed_by is None


def test_an_update_may_name_the_earlier_stage() -> None:
    """An earlier stage or responsible user on an update of a lead changes nothing: they have actions of their own."""
    event = only(bodies.LEAD.format(action="update"))

    assert type(event) is hooks.LeadUpdated
    assert event.payload.old_status_id == 500002


def test_a_contact_before_the_block_of_its_account() -> None:
    """Deliveries of before 2019 have no account id."""
    event = only("contacts[add][0][id]=1&contacts[add][0][type]=contact&account[subdomain]=demo")

    assert (event.account.id, event.account.subdomain, event.account.names) == (None, "demo", ("demo",))


def test_the_account_of_a_global_platform() -> None:
    """Its link may show the host of the other platform."""
    event = only(ACCOUNT.replace("demo.amocrm.ru", "demo.amocrm.com") + "&leads[delete][0][id]=1")

    assert event.account.url == "https://demo.amocrm.com"


def test_the_parts_of_an_address() -> None:
    """A part is named by a word, which the API has as the code of the option."""
    prefix = "contacts[add][0][custom_fields][0]"
    event = only(
        f"contacts[add][0][id]=1&{prefix}[id]=5&{prefix}[values][0][value]=Kazan&{prefix}[values][0][subtype]=city"
        f"&{prefix}[values][1][value]=RU&{prefix}[values][1][subtype]=country"
    )

    (field,) = event.record.custom_fields_values
    assert [(item.value, item.enum_code) for item in field.values] == [("Kazan", "city"), ("RU", "country")]


def test_a_phone_names_its_kind_by_number() -> None:
    """WORK and MOB come as ids of options, not as codes."""
    event = only(bodies.CONTACT.format(old=1, kind="contact"))

    (field,) = event.record.custom_fields_values
    assert (field.values[0].enum_id, field.field_code) == (718321, "PHONE")


@pytest.mark.parametrize("group", ["leads", "contacts", "customers"])
def test_bulk_operations_have_several_items(group: str) -> None:
    """Every item of a bulk operation is an event."""
    events = parse(wire("&".join(f"{group}[delete][{number}][id]={number + 1}" for number in range(12))))

    assert [event.entity_id for event in events] == list(range(1, 13))  # type: ignore[attr-defined]


# ---- tasks, notes
def test_a_task_that_was_not_completed_by_this_change() -> None:
    """An update of a completed task is no completion."""
    event = only(bodies.TASK.format(index="[0]").replace("[action_close]=1", "[action_close]=0"))

    assert not event.completed
    assert event.record.is_completed is True
    assert event.payload.old_text == "Call"


@pytest.mark.parametrize(
    ("number", "kind"), [(1, "contacts"), (2, "leads"), (3, "companies"), (12, "customers")]
)
def test_the_entity_of_a_task(number: int, kind: str) -> None:
    """Numbers of entity types have names."""
    event = only(f"task[add][0][id]=1&task[add][0][element_type]={number}&task[add][0][element_id]=5")

    assert (event.parent_type, event.parent_id, event.record.entity_type) == (kind, 5, kind)


def test_unix_times_win_over_texts() -> None:
    """Where both are there, the texts, whose zone nobody documents, are not read."""
    body = bodies.TASK.format(index="[0]").replace("2025-03-03+13:20:25", "1999-01-01+00:00:00")
    note = bodies.NOTE.format(group="leads", number=2).replace("2025-03-03+16:38:11", "1999-01-01+00:00:00")

    assert only(body).record.created_at == 1741008025
    assert only(note).record.created_at == 1741009091


@pytest.mark.parametrize(
    ("number", "name"), [(4, "common"), (5, "attachment"), (25, "service_message"), (77, "77")]
)
def test_known_types_of_notes_have_names(number: int, name: str) -> None:
    """Known numbers have names, others stay numbers."""
    body = bodies.NOTE.format(group="leads", number=2).replace("[note_type]=4", f"[note_type]={number}")

    assert only(body).note_type == name


# ---- incoming leads
def test_an_update_of_an_incoming_lead() -> None:
    """Updates carry more beside the drafts; fields of drafts have no names; old times are texts."""
    place = "unsorted[update][0]"
    event = only(
        f"{place}[uid]=a&{place}[category]=forms&{place}[data][pipeline_id]=4&{place}[data][source]=site"
        f"&{place}[data][source_uid]=u&{place}[data][created_at]=1700000000"
        f"&{place}[data][leads][0][id]=9&{place}[data][leads][0][custom_fields][0][id]=5"
        f"&{place}[data][leads][0][custom_fields][0][values][0][value]=x"
        f"&{place}[source_data][origin][datetime]=2020-01-01+10:00:00&{place}[source_data][origin][visitor_uid]=v"
    )

    (draft,) = event.payload.data.leads
    assert type(event) is hooks.UnsortedUpdated
    assert (draft.id, draft.custom_fields[0].id, draft.custom_fields[0].values[0].value) == (9, 5, "x")
    assert event.raw["data"]["source_uid"] == "u"
    assert event.payload.source_data.origin.datetime in ("2020-01-01 10:00:00", None)
    assert event.raw["source_data"]["origin"]["datetime"] == "2020-01-01 10:00:00"


@pytest.mark.parametrize("category", ["mail", "sip"])
def test_an_incoming_lead_whose_source_nobody_has_recorded(category: str) -> None:
    """What is not known of mail and calls stays in the raw item."""
    place = "unsorted[add][0]"
    event = only(f"{place}[uid]=a&{place}[category]={category}&{place}[source_data][whatever][deep]=1")

    assert (event.category, event.raw["source_data"]) == (category, {"whatever": {"deep": "1"}})


def test_who_accepted_an_incoming_lead() -> None:
    """Newer deliveries name the user."""
    event = only(
        "unsorted[delete][0][action]=accept&unsorted[delete][0][uid]=a&unsorted[delete][0][modified_user_id]=7"
    )

    assert type(event) is hooks.UnsortedAccepted
    assert event.payload.modified_user_id == 7


# ---- talks, messages
def test_a_talk_of_a_customer_that_was_answered() -> None:
    """The entity of a talk is named by a word."""
    body = (
        bodies.TALK.format(action="update", work=1)
        .replace("=lead", "=customer")
        .replace("[is_read]=0", "[is_read]=1")
    )

    event = only(body)
    assert (event.answered, event.closed, event.payload.entity_type) == (True, False, "customer")


def test_a_message_that_is_only_a_file() -> None:
    """Text is empty, the chat has no lead yet."""
    place = "message[add][0]"
    event = only(
        f"{place}[id]=m&{place}[text]=&{place}[message_type]=picture&{place}[attachment][type]=picture"
        f"&{place}[attachment][link]=https://x/p.jpg&{place}[attachment][file_name]=p.jpg"
    )

    assert (event.text, event.lead_id, event.customer_id) == ("", None, None)
    assert event.payload.attachment.link == "https://x/p.jpg"


# ---- digital pipeline, bots
def test_a_period_of_a_customer() -> None:
    """The change of a period names the earlier one."""
    event = only(
        "customers[period][0][id]=5&customers[period][0][period_id]=2&customers[period][0][old_period_id]=1"
    )

    assert (event.trigger, event.payload.period_id, event.payload.old_period_id) == ("period", 2, 1)


def test_a_trigger_that_is_only_mentioned() -> None:
    """A filled questionnaire is in the text and in no sample: unknown, and nothing of it is lost."""
    event = only("leads[questionnaire][0][id]=5&leads[questionnaire][0][answer]=yes")

    assert type(event) is hooks.UnknownEvent
    assert (event.group, event.action, event.raw["answer"]) == ("leads", "questionnaire", "yes")


def test_a_widget_trigger_of_a_customer() -> None:
    """Only changes of a stage are documented; other data is an open mapping."""
    event = only(
        {
            "event": {
                "type": 21,
                "type_code": "customer_period_changed",
                "data": {"id": "7", "element_type": "12", "x": 1},
            }
        }
    )

    assert (event.entity_type, event.entity_id, event.data["x"], event.settings) == ("customers", 7, 1, {})


def test_a_bot_of_marketing() -> None:
    """The address names the kind of the bot."""
    event = only(
        {"token": "t", "data": [], "return_url": "https://demo.amocrm.ru/api/v4/marketingbot/3/continue/4"}
    )

    assert (event.bot_type, event.bot_id, event.continue_id) == ("marketingbot", 3, 4)


# ---- installation
def test_a_code_for_an_api_key() -> None:
    """It comes like a redirect, and is marked."""
    event = only("", query="code=c&referer=demo.amocrm.ru&state=s&from_exchange=1")

    assert type(event) is hooks.AccessGranted
    assert (event.authorization_code, event.host, event.state) == ("c", "demo.amocrm.ru", "s")
    assert event.payload.from_exchange is True


def test_the_hook_of_a_widget() -> None:
    """An installation has no state; its query values are texts."""
    event = only("", query="code=c&referer=demo.kommo.com&from_widget=1&platform=2&client_id=i")

    assert (event.installed, event.state, event.payload.platform) == (True, None, 2)


def test_the_secrets_of_an_integration_with_more_fields() -> None:
    """Fields that only some receivers declare are tolerated, a state may be null."""
    event = only(
        {
            "client_id": "a",
            "client_secret": "b",
            "state": None,
            "integration_id": "x",
            "account_id": 5,
            "name": "n",
        }
    )

    assert type(event) is hooks.SecretsIssued
    assert (event.state, event.raw["name"]) == (None, "n")


# ---- chats
def chat(content: Any, **message: Any) -> Any:
    """A message of version 2."""
    return only({"account_id": "a-b", "time": 1, "message": {"message": content, **message}})


def test_a_first_message_to_a_phone() -> None:
    """Who is written to first has no id of the integration, only a phone."""
    event = chat(
        {"id": "m", "type": "text", "text": "Hi"},
        conversation={"id": "c"},
        source={"external_id": "78000000000"},
        receiver={"id": "u", "phone": "79000000000", "email": ""},
    )

    assert (event.conversation_id, event.conversation_ref_id) == (None, "c")
    assert event.payload.message.receiver.phone == "79000000000"
    assert event.payload.message.source.external_id == "78000000000"


def test_an_album_a_list_and_forwards() -> None:
    """Several files share a group; a list has sections; what is forwarded is embedded."""
    album = chat({"id": "m", "type": "picture", "media": "https://x", "media_group_id": "g", "file_size": 5})
    rows = [{"callback_data": "1", "title": "One", "description": ""}]
    listed = chat(
        {
            "type": "text",
            "markup": {
                "list_message": {"body": "b", "button": "x", "sections": [{"title": "t", "rows": rows}]}
            },
        }
    )
    forwarded = chat({"forwards": {"messages": [{"id": "q", "text": "before"}], "conversation_ref_id": "r"}})

    assert (album.message.media_group_id, album.message.file_size) == ("g", 5)
    assert listed.raw["message"]["message"]["markup"]["list_message"]["sections"][0]["rows"] == rows
    assert listed.message.markup is not None
    assert forwarded.message.forwards.messages[0].text == "before"


def test_a_reply_to_a_comment_as_in_the_sample() -> None:
    """People are named otherwise there, and what is answered is quoted."""
    event = chat(
        {
            "text": "thanks",
            "markup": None,
            "post": {"id": "p"},
            "reply_to": {"message": {"id": "q", "text": "?"}},
        },
        receiver={"id": "u", "name": "Ann", "client_id": "u-1"},
        sender={"id": "s", "name": "Bob"},
    )

    assert type(event) is hooks.ChatCommentReply
    assert (event.post_id, event.message.reply_to.message.text) == ("p", "?")
    assert event.payload.message.receiver.name == "Ann"


def test_typing_an_answer_to_a_comment() -> None:
    """The post is named only then."""
    event = only(
        {
            "account_id": "a",
            "time": 1,
            "action": {
                "typing": {"user": {"id": "u"}, "conversation": {"id": "c"}, "expired_at": 5, "post_id": "p"}
            },
        }
    )

    assert type(event) is hooks.ChatTyping
    assert (event.user_id, event.conversation_id) == ("u", None)
    assert (event.payload.action.typing.expired_at, event.payload.action.typing.post_id) == (5, "p")


def test_a_reaction_to_a_message_of_the_client() -> None:
    """The message of the table has the integration's own id as well."""
    event = only(
        {
            "account_id": "a",
            "time": 1,
            "action": {
                "reaction": {"type": "react", "emoji": "+", "message": {"id": "m", "client_id": "m-1"}}
            },
        }
    )

    assert event.message_id == "m"
    assert event.payload.action.reaction.message.client_id == "m-1"


# ---- the wire
def test_headers_of_a_recorded_delivery() -> None:
    """Names in any case and as bytes; the content type has parameters."""
    recorded = [
        (b"Content-Type", b"application/x-www-form-urlencoded; charset=UTF-8"),
        (b"USER-AGENT", b"amoCRM-Webhooks/3.0"),
        (b"x-amocrm-RequestId", b"0f0e"),
    ]
    (event,) = parse(wire("leads[add][0][id]=1"), recorded)

    assert event.delivery.request_id == "0f0e"
    assert event.delivery.headers["user-agent"] == "amoCRM-Webhooks/3.0"


def test_a_body_in_plain_brackets() -> None:
    """Brackets may come as they are, spaces as plus or as %20."""
    (event,) = parse(b"leads[add][0][id]=1&leads[add][0][name]=A+b%20c")

    assert event.lead.name == "A b c"  # type: ignore[attr-defined]
