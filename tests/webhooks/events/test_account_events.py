"""Every recorded form of an account webhook, one by one."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from amocrm import webhooks as hooks
from amocrm.webhooks import parse

from .. import bodies
from ..bodies import ACCOUNT, wire


def only(body: str | bytes, **options: Any) -> Any:
    """The one event of a body."""
    events = parse(wire(body) if isinstance(body, str) else body, **options)
    assert len(events) == 1
    return events[0]


@pytest.mark.parametrize(
    ("action", "kind", "code"),
    [
        ("add", hooks.LeadAdded, "add_lead"),
        ("update", hooks.LeadUpdated, "update_lead"),
        ("restore", hooks.LeadRestored, "restore_lead"),
        ("status", hooks.LeadStatusChanged, "status_lead"),
        ("responsible", hooks.LeadResponsibleChanged, "responsible_lead"),
    ],
)
def test_a_lead_arrives_typed(action: str, kind: type, code: str) -> None:
    """Texts of a lead's delivery become numbers, lists and the class of its subscription."""
    event = only(ACCOUNT + bodies.LEAD.format(action=action))

    assert type(event) is kind
    assert event.code == code
    assert (event.lead_id, event.status_id, event.pipeline_id, event.responsible_user_id) == (
        900001,
        142,
        400001,
        700001,
    )
    assert event.changed_by == 700002
    assert event.happened_at == datetime(2023, 11, 14, 22, 15, tzinfo=UTC)
    assert event.account == hooks.Account(id=12345678, subdomain="demo", url="https://demo.amocrm.ru")
    assert event.payload.tags[0].name == "repeat"
    assert event.payload.price == 22500


def test_what_a_change_changed_is_told() -> None:
    """The earlier stage and the earlier responsible user are attributes."""
    assert only(bodies.LEAD.format(action="status")).old_status_id == 500002
    assert only(bodies.LEAD.format(action="responsible")).old_responsible_user_id == 700003


@pytest.mark.parametrize(
    "body",
    [
        "leads[delete][0][id]=900001&leads[delete][0][status_id]=143&leads[delete][0][pipeline_id]=400001",
        "leads[delete][0][id]=900001&leads[delete][0][type]=lead",
        "leads[delete][0]=900001",
        "leads[delete][id]=900001",
        "leads[delete]=900001",
    ],
)
def test_a_deletion_in_all_its_forms(body: str) -> None:
    """A deletion is a list of records, a list of ids, one record or one id."""
    event = only(body + "&" + ACCOUNT)

    assert type(event) is hooks.LeadDeleted
    assert event.lead_id == 900001
    assert event.account.id == 12345678


def test_the_account_may_come_last_or_not_at_all() -> None:
    """The order of the account block does not matter; without one the account is unknown."""
    assert only(bodies.LEAD.format(action="add") + ACCOUNT).account.subdomain == "demo"
    assert not only(bodies.LEAD.format(action="add")).account


def test_several_items_keep_their_order() -> None:
    """Groups and actions come in the order of the body, items in the order of their indexes."""
    body = "leads[update][1][id]=2&leads[update][0][id]=1&task[add][0][id]=3&leads[add][0][id]=4"

    events = parse(wire(body))

    assert [(type(event).__name__, event.entity_id) for event in events] == [  # type: ignore[attr-defined]
        ("LeadUpdated", 1),
        ("LeadUpdated", 2),
        ("LeadAdded", 4),
        ("TaskAdded", 3),
    ]
    assert [event.position for event in events] == [0, 1, 2, 3]


def test_indexes_may_have_holes_or_be_ids() -> None:
    """Items are found whatever their indexes are."""
    events = parse(wire("leads[add][900001][id]=900001&leads[add][7][id]=7"))

    assert [event.lead_id for event in events] == [900001, 7]  # type: ignore[attr-defined]


def test_custom_fields_come_as_the_api_has_them() -> None:
    """Names of v2 become names of v4: field ids, enum ids, dates as numbers, codes."""
    record = only(bodies.LEAD.format(action="status")).record
    source, visit, uid = record.custom_fields_values

    assert (source.field_id, source.field_name, source.field_code) == (66339, "Source", None)
    assert (source.values[0].value, source.values[0].enum_id) == ("Site", 139517)
    assert visit.values[0].value == 1700090000
    assert (uid.field_code, uid.values[0].value) == ("_YM_UID", "87856")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("[values][0][value]=1", [("1", None)]),
        ("[values][0][value]=12.01.1980", [("12.01.1980", None)]),
        ("[values][value]=2&{p}[values][enum]=566642", [("2", 566642)]),
        ("[values][0]=1", [(1, None)]),
        (
            "[values][0][value]=A&{p}[values][0][enum]=1&{p}[values][1][value]=B&{p}[values][1][enum]=2",
            [("A", 1), ("B", 2)],
        ),
        ("[values][0][value]=Kazan&{p}[values][0][subtype]=city", [("Kazan", None)]),
    ],
    ids=["checkbox", "birthday", "radiobutton", "bare scalar of 2014", "multiselect", "address"],
)
def test_values_of_custom_fields_in_all_their_forms(values: str, expected: list[tuple[Any, Any]]) -> None:
    """Values come as a list, as one object, or bare."""
    prefix = "leads[add][0][custom_fields][0]"
    body = f"leads[add][0][id]=1&{prefix}[id]=5&{prefix}{values}".replace("{p}", prefix)

    (field,) = only(body).record.custom_fields_values

    assert [(item.value, item.enum_id or None) for item in field.values] == expected


def test_an_empty_or_missing_price_is_none() -> None:
    """A lead without a budget has an empty price or none at all; a deletion says nothing of it."""
    assert only("leads[add][0][id]=1&leads[add][0][price]=").record.price is None
    assert only("leads[add][0][id]=1").record.price is None
    assert only("leads[add][0][id]=1&leads[add][0][price]=10.5").record.price == 10.5


def test_contacts_are_told_from_companies() -> None:
    """One group carries both; the type of the item decides."""
    contact = only(bodies.CONTACT.format(old=700001, kind="contact"))
    company = only(bodies.CONTACT.format(old=700001, kind="company"))

    assert type(contact) is hooks.ContactUpdated
    assert type(company) is hooks.CompanyUpdated
    assert (contact.contact_id, company.company_id) == (37000001, 37000001)
    assert [ref.id for ref in contact.record.embedded.companies] == [37000009]
    assert [ref.id for ref in contact.record.embedded.leads] == [900001]


def test_a_new_responsible_user_is_told_from_an_update() -> None:
    """An update is a change of the responsible user when the earlier one is another."""
    same = only(bodies.CONTACT.format(old=700001, kind="contact"))
    other = only(bodies.CONTACT.format(old=700003, kind="contact"))
    company = only(bodies.CONTACT.format(old=700003, kind="company"))
    task = only(bodies.TASK.format(index="[0]") + "&task[update][0][old_responsible_user_id]=9")
    customer = only("customers[update][0][id]=5&customers[update][0][old_responsible_user_id]=9")

    assert type(same) is hooks.ContactUpdated
    assert type(other) is hooks.ContactResponsibleChanged
    assert isinstance(other, hooks.ContactUpdated)
    assert other.old_responsible_user_id == 700003
    assert type(company) is hooks.CompanyResponsibleChanged
    assert type(task) is hooks.TaskResponsibleChanged
    assert task.old_responsible_user_id == 9
    assert type(customer) is hooks.CustomerResponsibleChanged


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("contacts[add][0][id]=1&contacts[add][0][type]=contact", hooks.ContactAdded),
        ("contacts[add][0][id]=1&contacts[add][0][type]=company", hooks.CompanyAdded),
        ("contacts[delete][0][id]=1&contacts[delete][0][type]=contact", hooks.ContactDeleted),
        ("contacts[delete][0][id]=1&contacts[delete][0][type]=company", hooks.CompanyDeleted),
        ("contacts[restore][0][id]=1&contacts[restore][0][type]=company", hooks.CompanyRestored),
        ("contacts[restore][0][id]=1", hooks.ContactRestored),
        ("companies[add][0][id]=1", hooks.CompanyAdded),
        ("customers[add][0][id]=1", hooks.CustomerAdded),
        ("customers[delete][0][id]=1", hooks.CustomerDeleted),
        ("customers[responsible][0][id]=1", hooks.CustomerResponsibleChanged),
        ("task[add][0][id]=1", hooks.TaskAdded),
        ("task[delete][0][id]=1", hooks.TaskDeleted),
        ("tasks[add][0][id]=1", hooks.TaskAdded),
        ("catalogs[update][0][id]=1", hooks.CatalogElementUpdated),
        (
            "catalogs[delete][0][id]=1&catalogs[delete][0][catalog_id]=4&catalogs[delete][0][type]=catalog",
            hooks.CatalogElementDeleted,
        ),
        ("talk[delete][0][talk_id]=1", hooks.TalkDeleted),
        ("unsorted[update][0][uid]=a", hooks.UnsortedUpdated),
        ("unsorted[delete][0][uid]=a", hooks.UnsortedRemoved),
    ],
)
def test_every_group_and_action_has_its_class(body: str, kind: type) -> None:
    """The class of an event follows from group, action and type."""
    assert type(only(body)) is kind


def test_the_confirmed_fields_of_a_customer_are_typed() -> None:
    """The confirmed fields of a customer are typed."""
    event = only(
        "customers[update][0][id]=55001&customers[update][0][name]=Ann&customers[update][0][next_price]=1000"
        "&customers[update][0][created_at]=1700000000&customers[update][0][updated_at]=1700000300"
    )

    assert type(event) is hooks.CustomerUpdated
    assert (event.customer_id, event.record.next_price, event.record.updated_at) == (55001, 1000, 1700000300)


@pytest.mark.parametrize("index", ["[0]", "[0][0]"])
def test_a_task_with_one_level_or_two(index: str) -> None:
    """A completed task tells its result; one documented sample nests it one level deeper."""
    event = only(bodies.TASK.format(index=index))

    assert type(event) is hooks.TaskUpdated
    assert event.completed
    assert event.result == "Done"
    assert (event.parent_type, event.parent_id) == ("leads", 900001)
    assert event.record.complete_till == 1741640340
    assert event.record.is_completed is True


def test_text_times_are_read_in_their_zones() -> None:
    """Where there are no Unix times, texts of tasks are UTC and texts of notes Moscow time."""
    task = only(
        "task[add][0][id]=1&task[add][0][date_create]=2025-03-03+13:20:25&task[add][0][complete_till]=2025-03-10+20:59:00"
    )
    note = only("leads[note][0][note][id]=1&leads[note][0][note][date_create]=2025-03-03+16:38:11")

    assert (task.record.created_at, task.record.complete_till) == (1741008025, 1741640340)
    assert note.record.created_at == 1741009091


@pytest.mark.parametrize(
    ("group", "extra", "number", "kind"),
    [
        ("leads", "", 2, hooks.LeadNoteAdded),
        ("contacts", "&contacts[note][0][type]=contact", 1, hooks.ContactNoteAdded),
        ("contacts", "&contacts[note][0][type]=company", 3, hooks.CompanyNoteAdded),
        ("customers", "", 12, hooks.CustomerNoteAdded),
    ],
)
def test_a_note_belongs_to_its_entity(group: str, extra: str, number: int, kind: type) -> None:
    """A note names its entity, its author and its type in words."""
    event = only(bodies.NOTE.format(group=group, number=number) + extra)

    assert type(event) is kind
    assert (event.entity_id, event.note_id, event.text, event.note_type) == (
        900001,
        4600471,
        "note text",
        "common",
    )
    assert event.changed_by == 700002
    assert event.record.params == {"text": "note text"}
    assert json.loads(event.note.metadata)["event_source"]["author_name"] == "Ann"


def test_a_call_note_is_unpacked() -> None:
    """The text of a call is JSON; it becomes the parameters of the note."""
    event = only(
        'leads[note][0][note][id]=1&leads[note][0][note][note_type]=10&leads[note][0][note][text]={"DURATION":5}'
    )

    assert event.note_type == "call_in"
    assert event.record.params == {"DURATION": 5}


def test_a_file_note_names_the_file() -> None:
    """The path of an attachment gives the file's name and id."""
    event = only(
        "leads[note][0][note][id]=1&leads[note][0][note][note_type]=5"
        "&leads[note][0][note][attachement]=drive/a-b/c-d/offer.pdf&leads[note][0][note][text]=offer"
    )

    assert event.record.params == {"text": "offer", "file_name": "offer.pdf", "file_uuid": "c-d"}


def test_an_element_of_a_list() -> None:
    """Elements of lists are typed, their flag included."""
    event = only(bodies.ELEMENT)

    assert type(event) is hooks.CatalogElementAdded
    assert (event.element_id, event.catalog_id, event.payload.deleted) == (347577, 4001, False)
    assert event.record.custom_fields_values[0].field_code == "SKU"


@pytest.mark.parametrize("data", ["[data]", ""], ids=["new", "old"])
def test_an_incoming_lead_of_a_form(data: str) -> None:
    """The fields of a form are in `data`, wherever the delivery keeps them."""
    event = only(bodies.UNSORTED_FORM.format(data=data))

    assert type(event) is hooks.UnsortedAdded
    assert (event.uid, event.category, event.lead_id, event.pipeline_id) == (
        "4278accf80",
        "forms",
        900003,
        400001,
    )
    assert event.payload.source_data.data["name_2"]["value"] == "Demo"
    assert event.payload.source_data.origin.ip == "192.0.2.10"
    assert event.payload.data.leads[0].name == "Demo"
    assert event.payload.data.leads[0].gso_session_uid is None
    assert event.payload.data.leads[0].tags == "site"
    assert event.raw["source_data"]["form_name"] == "Site"


def test_an_incoming_lead_of_a_chat() -> None:
    """The source of a chat holds a list of messages."""
    event = only(bodies.UNSORTED_CHAT)

    assert event.category == "chats"
    assert event.payload.source_data.data[0]["text"] == "Hello"
    assert event.payload.source_data.client.id == "1390000000"
    assert event.payload.source_data.from_ == "Ann"
    assert event.payload.data.contacts[0].id == 37000001


def test_drafts_of_an_incoming_lead_may_be_one_object() -> None:
    """`data[leads]` is a list or a single object."""
    event = only("unsorted[update][0][uid]=a&unsorted[update][0][data][leads][id]=5")

    assert [draft.id for draft in event.payload.data.leads] == [5]


def test_an_incoming_lead_is_accepted_or_declined() -> None:
    """A removal tells which of the two it was and what became of it."""
    accepted = only(
        "unsorted[delete][0][action]=accept&unsorted[delete][0][uid]=40789acb99&unsorted[delete][0][category]=forms"
        "&unsorted[delete][0][accept_result][leads][0]=900003&unsorted[delete][0][accept_result][contacts][0]=37000002"
    )
    declined = only(
        "unsorted[delete][0][action]=decline&unsorted[delete][0][uid]=a&unsorted[delete][0][decline_result][leads][0]=7"
    )

    assert type(accepted) is hooks.UnsortedAccepted
    assert (accepted.lead_ids, accepted.contact_ids, accepted.company_ids) == ([900003], [37000002], [])
    assert type(declined) is hooks.UnsortedDeclined
    assert declined.lead_ids == [7]


def test_closing_a_talk_takes_it_out_of_work() -> None:
    """Closing a talk is an update that takes it out of work."""
    added = only(bodies.TALK.format(action="add", work=1))
    closed = only(bodies.TALK.format(action="update", work=0))

    assert type(added) is hooks.TalkAdded
    assert (added.talk_id, added.contact_id) == (191, 37000001)
    assert type(closed) is hooks.TalkUpdated
    assert closed.closed
    assert not closed.answered


@pytest.mark.parametrize("index", ["[0]", ""])
def test_an_incoming_message_with_and_without_an_index(index: str) -> None:
    """The documented sample has no index, captures have one."""
    event = only(bodies.MESSAGE.format(index=index))

    assert type(event) is hooks.MessageReceived
    assert (event.text, event.talk_id, event.contact_id, event.lead_id, event.customer_id) == (
        "Hello",
        100,
        37000001,
        900001,
        None,
    )
    assert event.payload.author.name == "Ann"


def test_an_incoming_message_without_a_group() -> None:
    """One receiver reports messages at the top level, where templates come; they are told apart."""
    event = only(bodies.MESSAGE.format(index="[0]").replace("message[add]", "add"))

    assert type(event) is hooks.MessageReceived


def test_a_legacy_message_knows_its_customer_by_number() -> None:
    """Where the word is missing, the number of the entity type tells."""
    event = only("message[add][0][id]=a&message[add][0][element_type]=12&message[add][0][element_id]=5")

    assert (event.lead_id, event.customer_id) == (None, 5)


def test_an_outgoing_message_names_its_author() -> None:
    """An outgoing message names its author in the account."""
    event = only(bodies.OUTGOING)

    assert type(event) is hooks.MessageSent
    assert event.payload.author.user_id == 700001
    assert event.payload.recipient.type == "external"


def test_a_template_for_review() -> None:
    """The only items without a group."""
    event = only(bodies.TEMPLATE)

    assert type(event) is hooks.ChatTemplateSentForReview
    assert event.template_id == 6955
    assert event.payload.is_on_review is True
    assert event.payload.reviews[0].reject_reason == ""


def test_the_unknown_keeps_everything() -> None:
    """Groups and actions that nobody knows, and items without an id, arrive as they are."""
    events = parse(
        wire(
            "rockets[launch][0][id]=1&leads[paint][0][id]=2&leads[paint][0][color]=red&leads[add][0][name]=x&bare=1"
        )
    )

    assert all(type(event) is hooks.UnknownEvent for event in events)
    assert [(event.group, event.action, event.raw) for event in events] == [  # type: ignore[attr-defined]
        ("rockets", "launch", {"id": "1"}),
        ("leads", "paint", {"id": "2", "color": "red"}),
        ("leads", "add", {"name": "x"}),
        ("bare", "", "1"),
    ]


def test_an_odd_value_does_not_lose_the_event() -> None:
    """A value that cannot be what it should be is left out of the payload and stays in the raw item."""
    event = only("leads[add][0][id]=1&leads[add][0][status_id]=soon&leads[add][0][new_thing]=x")

    assert event.status_id is None
    assert event.raw["status_id"] == "soon"
    assert event.raw["new_thing"] == "x"


def test_nothing_comes_of_nothing() -> None:
    """An empty delivery, or one with nothing but its account, has no events."""
    assert parse(b"") == []
    assert parse(wire(ACCOUNT)) == []


def test_the_key_is_that_of_the_content_and_place() -> None:
    """The same body gives the same keys, another place another one."""
    body = wire("leads[add][0][id]=1&leads[add][1][id]=2")
    first, again = parse(body), parse(body, {"X-Amocrm-Requestid": "other"})

    assert [event.key for event in first] == [event.key for event in again]
    assert first[0].key != first[1].key


def test_reprs_hold_no_personal_data() -> None:
    """What is printed names ids only."""
    event = only(ACCOUNT + bodies.CONTACT.format(old=1, kind="contact"))

    assert repr(event) == "ContactResponsibleChanged(contacts 37000001, account=12345678)"
    assert "Ann" not in repr(event.delivery)


def test_events_cannot_be_changed() -> None:
    """Handlers share events, so events are frozen."""
    event = only("leads[add][0][id]=1")

    with pytest.raises(AttributeError):
        event.position = 5


def test_a_task_event_names_its_task() -> None:
    """The id of the task is at hand without the payload."""
    event = only("task[add][0][id]=17&task[add][0][element_id]=5&task[add][0][element_type]=2")

    assert (event.task_id, event.parent_type, event.parent_id) == (17, "leads", 5)
