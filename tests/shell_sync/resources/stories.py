"""Everything that the table of collections has, done once through the facade: rows for records, calls for actions."""
# GENERATED from tests/shell_async/resources/stories.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from amocrm import (
    Call,
    Catalog,
    CatalogElement,
    ChatTemplate,
    Company,
    Contact,
    Customer,
    CustomerStatus,
    Event,
    Invoice,
    Lead,
    LossReason,
    Note,
    Pipeline,
    Product,
    Purchase,
    Role,
    Segment,
    Source,
    Status,
    Task,
    User,
    WebsiteButton,
)
from amocrm._sync.client import AmoCRM
from amocrm.entities._base import Entity
from amocrm.fields import Definition
from amocrm_gen.models.amojo import AmojoChatUser, AmojoMessage, AmojoPayload, AmojoPerson
from amocrm_gen.models.users import RoleRightsWrite

__all__ = ["ACTIONS", "READ", "ROWS", "Row"]

Ids: TypeAlias = Mapping[str, Any]
OWNERS: tuple[type[Entity], ...] = (Lead, Contact, Company, Customer)
WORDS = {Lead: "lead", Contact: "contact", Company: "company", Customer: "customer"}


@dataclass(frozen=True)
class Row:
    """Records that are written: where they live, how one is made, which attribute is changed, in which mode."""

    open: Callable[[AmoCRM, Ids], Any]
    make: Callable[[Ids], Any]
    change: tuple[str, Any] | None = None
    mode: str = ""


def ref(cls: type[Any], key: int) -> Any:
    """An object that stands for an id."""
    return cls._from_api(cls._model(**{cls._key_name: key}), None)


def owner(cls: type[Entity], ids: Ids) -> Any:
    """The entity of a class that the account has."""
    return ref(cls, ids[WORDS[cls]])


ROWS: dict[str, Row] = {
    "leads": Row(lambda crm, ids: crm.leads, lambda ids: Lead(name="Заказ"), ("price", 5)),
    "contacts": Row(lambda crm, ids: crm.contacts, lambda ids: Contact(name="Анна"), ("name", "Анна П.")),
    "companies": Row(lambda crm, ids: crm.companies, lambda ids: Company(name="ООО"), ("name", "АО")),
    "customers": Row(
        lambda crm, ids: crm.customers,
        lambda ids: Customer(name="Постоянный", next_date=2_000_000_000),
        ("next_price", 5),
    ),
    "tasks": Row(
        lambda crm, ids: crm.tasks, lambda ids: Task("Позвонить", due=2_000_000_000), ("text", "Написать")
    ),
    "catalogs": Row(lambda crm, ids: crm.catalogs, lambda ids: Catalog("Цвета"), ("name", "Размеры")),
    "catalog_elements": Row(
        lambda crm, ids: crm.catalogs[ids["catalog"]].elements,
        lambda ids: CatalogElement("Синий"),
        ("name", "Белый"),
    ),
    "purchases": Row(lambda crm, ids: crm.customers[ids["customer"]].purchases, lambda ids: Purchase(990)),
    "segments": Row(
        lambda crm, ids: crm.segments, lambda ids: Segment("Опт"), ("name", "Розница"), "segments"
    ),
    "customer_statuses": Row(
        lambda crm, ids: crm.customer_statuses,
        lambda ids: CustomerStatus("Думает", 70),
        ("name", "Ждёт"),
        "periodicity",
    ),
    "loss_reasons": Row(
        lambda crm, ids: crm.loss_reasons, lambda ids: LossReason("Долго"), ("name", "Дорого")
    ),
    "sources": Row(lambda crm, ids: crm.sources, lambda ids: Source("Сайт", "site-2"), ("name", "Лендинг")),
    "roles": Row(
        lambda crm, ids: crm.roles,
        lambda ids: Role("Стажёр", rights=RoleRightsWrite(mail_access=True)),
        ("name", "Старший"),
    ),
    "chat_templates": Row(
        lambda crm, ids: crm.chat_templates,
        lambda ids: ChatTemplate("Привет", "Здравствуйте"),
        ("content", "Добрый день"),
    ),
    "website_buttons": Row(
        lambda crm, ids: crm.website_buttons,
        lambda ids: WebsiteButton(ids["pipeline"], name="Кнопка", trusted_websites=["example.org"]),
        ("name", "Форма"),
    ),
    "pipelines": Row(
        lambda crm, ids: crm.pipelines,
        lambda ids: Pipeline("Розница", statuses=["Новая"]),
        ("name", "Магазин"),
    ),
    "statuses": Row(
        lambda crm, ids: crm.pipelines[ids["pipeline"]].statuses,
        lambda ids: Status("Договор"),
        ("name", "Счёт"),
    ),
    "users": Row(
        lambda crm, ids: crm.users, lambda ids: User("Борис", "boris@example.com", password="Passw0rd")
    ),
    **{
        f"notes of {cls._kind}": Row(
            lambda crm, ids, cls=cls: crm.notes[cls],  # type: ignore[misc]
            lambda ids, cls=cls: Note("текст", entity=owner(cls, ids)),  # type: ignore[misc]
            ("text", "иначе"),
        )
        for cls in OWNERS
    },
}

#: Collections that are read: where they live, and the name of an id in the account.
READ: dict[str, tuple[Callable[[AmoCRM, Ids], Any], str]] = {
    "events": (lambda crm, ids: crm.events, "event"),
    "talks": (lambda crm, ids: crm.talks, "talk"),
    "talk_messages": (lambda crm, ids: crm.talks[ids["talk"]].messages, ""),
    "bots": (lambda crm, ids: crm.bots, "bot"),
    "widgets": (lambda crm, ids: crm.widgets, "widget"),
    "currencies": (lambda crm, ids: crm.currencies, ""),
    "unsorted": (lambda crm, ids: crm.unsorted, "unsorted"),
    "purchases": (lambda crm, ids: crm.purchases, "transaction"),
}
Action: TypeAlias = Callable[[AmoCRM, Ids], Any]


def _tags(crm: AmoCRM, ids: Ids) -> None:
    for cls in OWNERS:
        (tag,) = crm.tags.create(cls, ["новый"])
        assert "новый" in [one.name for one in crm.tags.of(cls)]
        if cls is Lead:
            tag.name = "другой"
            crm.tags.save(tag)
            assert "другой" in [one.name for one in crm.tags.of(cls)]


def _pins(crm: AmoCRM, ids: Ids) -> None:
    for cls in OWNERS:
        note = crm.notes[cls].create(Note("важно", entity=owner(cls, ids)))
        crm.notes.pin(note)
        crm.notes.unpin(note)
        assert [one.text for one in crm.notes.of(owner(cls, ids)) if one.id == note.id] == ["важно"]


def _fields(crm: AmoCRM, ids: Ids) -> None:
    for kind in (*(cls._kind for cls in OWNERS), "segments", f"catalogs/{ids['catalog']}"):
        fields = crm.fields[kind]
        options = ["Восток", "Запад"]
        (made,) = fields.create(Definition(name="Регион", type="select", options=options))
        before = {one.value: one.id for one in (fields.get(made.id)).enums}  # type: ignore[union-attr]
        changed = fields.change(
            made.id,
            name="Край",
            add_options=["Юг"],
            rename_options={"Запад": "Север"},
            remove_options=["Восток"],
        )
        after = {one.value: one.id for one in changed.enums}  # type: ignore[union-attr]
        assert (changed.name, list(after)) == ("Край", ["Север", "Юг"])
        assert after["Север"] == before["Запад"]
        assert made.id in [one.id for one in fields.list()]
        fields.delete(made.id)
        if kind != "segments":
            group = fields.groups.create("Адрес", sort=30)
            assert (fields.groups.get(group.id)).name == "Адрес"
            assert (fields.groups.change(group.id, name="Место")).name == "Место"
            assert group.id in [one.id for one in fields.groups.list()]
            fields.groups.delete(group.id)


def _links(crm: AmoCRM, ids: Ids) -> None:
    contact = owner(Contact, ids)
    for cls in (Lead, Company, Customer):
        one = owner(cls, ids)
        crm.links.add(one, contact)
        assert contact.id in [link.to_entity_id for link in crm.links.of(one)]
        crm.links.remove(one, contact)
    company = owner(Company, ids)
    crm.links.add(contact, company)
    assert company.id in [link.to_entity_id for link in crm.links.of(contact)]
    crm.links.remove(contact, company)
    element = crm.catalogs[ids["catalog"]].elements.get(ids["element"])
    crm.links.add(owner(Lead, ids), element, quantity=2)
    (link,) = crm.catalogs[ids["catalog"]].elements.links(element)
    assert link.to_entity_id == ids["lead"]


def _files(crm: AmoCRM, ids: Ids) -> None:
    for cls in OWNERS:
        one = owner(cls, ids)
        crm.files.attach(one, ids["file"])
        assert ids["file"] in crm.files.of(one)
        assert one.id in [link.id for link in crm.files.linked(ids["file"])]
        crm.files.detach(one, ids["file"])


def _incoming(crm: AmoCRM, ids: Ids) -> None:
    form = {"form_id": "1", "form_name": "Заявка", "form_page": "https://example.com/"}
    made = crm.unsorted.add_form(
        Lead(name="Заявка"), contact=Contact(name="Анна"), source_uid="f-1", source_name="Сайт", **form
    )
    accepted = crm.unsorted.accept(made)
    assert accepted.embedded.leads[0].id  # type: ignore[union-attr]
    call = crm.unsorted.add_call(
        Lead(name="Звонок"),
        source_uid="c-1",
        source_name="АТС",
        phone="79000000003",
        service_code="pbx",
        uniq="77",
    )
    crm.unsorted.decline(call)
    crm.unsorted.link(ids["chat_unsorted"], owner(Lead, ids))
    summary = crm.unsorted.summary()
    assert summary is not None
    assert summary.accepted


def _history(crm: AmoCRM, ids: Ids) -> None:
    lead = crm.leads.get(ids["lead"])
    first = [event for event in crm.events.of(lead)]
    lead.status_id = ids["status"]
    lead.pipeline_id = ids["pipeline"]
    crm.leads.save(lead)
    moved = crm.events.since(first[0], Event.type.is_("lead_status_changed"))
    assert moved[-1].status_after is not None
    assert moved[-1].status_after.id == ids["status"]
    assert moved[-1].status_before is not None
    assert "lead_status_changed" in [one.key for one in crm.events.types()]


def _conversations(crm: AmoCRM, ids: Ids) -> None:
    talk = crm.talks.get(ids["talk"])
    assert crm.talks.send(talk, "Добрый день!")
    assert crm.talks[talk].messages.all()
    crm.talks.close(talk, force=True)
    crm.contacts.link_chat(ids["contact"], ids["chat"])
    assert ids["chat"] in [one.chat_id for one in crm.contacts.chats(ids["contact"])]
    (review,) = crm.chat_templates.send_to_review(ids["other_template"])
    crm.chat_templates.set_review_status(ids["other_template"], review, "approved")


def _chats(crm: AmoCRM, ids: Ids) -> None:
    amojo_id = str((crm.account(with_=["amojo_id"])).amojo_id)
    scope = crm.chats.connect(amojo_id, title="Чат")
    crm.chats.create_chat(scope, "c-9", AmojoChatUser(id="u-9", name="Анна"))
    payload = AmojoPayload(
        timestamp=1_700_000_000,
        msec_timestamp=1_700_000_000_000,
        msgid="m-9",
        conversation_id="c-9",
        sender=AmojoPerson(id="u-9", name="Анна"),
        message=AmojoMessage(type="text", text="Здравствуйте"),
        silent=False,
    )
    sent = crm.chats.send(scope, payload)
    assert crm.chats.history(scope, str(sent.conversation_id))
    crm.chats.typing(scope, "c-9", "u-9")
    crm.chats.react(scope, "c-9", str(sent.msgid), "u-9", emoji="👍")
    crm.chats.set_delivery_status(scope, str(sent.msgid), 2)
    crm.chats.disconnect(amojo_id)


def _automation(crm: AmoCRM, ids: Ids) -> None:
    lead = owner(Lead, ids)
    crm.bots.resume("salesbot", ids["bot"], ids["run"], data={"status": "ok"})
    crm.bots.run(ids["bot"], lead)
    crm.bots.run(ids["bot"], lead, owner(Contact, ids))
    crm.bots.stop(ids["bot"], lead)
    widget = crm.widgets.install("sandbox_widget", {"api_key": "y"})
    crm.widgets.uninstall(widget)
    crm.website_buttons.connect_chat(ids["button"])
    assert (crm.short_links.create("https://example.com/", ids["contact"])).url
    logged = crm.calls.create(
        Call(
            phone="+79000000001",
            direction="inbound",
            duration=5,
            source="ats",
            link="https://example.com/1.mp3",
        )
    )
    assert logged is not None
    notes = [note for note in crm.notes.of(Contact) if note.note_type == "call_in"]
    assert notes[-1].params["link"] == "https://example.com/1.mp3"


def _people(crm: AmoCRM, ids: Ids) -> None:
    crm.users.deactivate(ids["other_user"])
    crm.users.activate(ids["other_user"])
    assert crm.leads.subscribers(ids["lead"])
    crm.customers.subscribers(ids["customer"])


def _customers(crm: AmoCRM, ids: Ids) -> None:
    for mode in ("periodicity", "segments"):
        assert (crm.customers.set_mode(mode)).mode == mode  # type: ignore[arg-type]
    before = crm.customers.earn(ids["customer"], 100)
    assert crm.customers.redeem(ids["customer"], 40) == before - 40


def _goods(crm: AmoCRM, ids: Ids) -> None:
    crm.catalogs.enable_products()
    settings = crm.catalogs.products_settings()
    catalog = crm.catalogs.by_type("products")
    assert catalog is not None
    assert settings.is_enabled is True
    made = crm.catalogs[catalog].of(Product).create(Product("Чайник", sku="A-1", price=990))
    found = crm.catalogs[catalog].of(Product).get(made.id)
    assert (found.sku, found.price) == ("A-1", 990)
    invoices = crm.catalogs.create(Catalog("Счета", type="invoices"))
    bill = (
        crm.catalogs[invoices]
        .of(Invoice)
        .create(Invoice("Счёт 17", status="Создан", comment="до пятницы"))
    )
    assert (crm.catalogs[invoices].of(Invoice).get(bill.id)).comment == "до пятницы"


def _merging(crm: AmoCRM, ids: Ids) -> None:
    with crm.session() as session:
        session.add(Lead(name="Заявка"), duplicates="server")


def _drive(crm: AmoCRM, ids: Ids) -> None:
    file = crm.files.upload(b"abc", name="смета.txt")
    assert crm.files.get(file.uuid)
    crm.files.rename(file.uuid, "счёт.txt")
    crm.files.versions(file.uuid)
    assert [one for one in crm.files.find()]
    assert (crm.files.stats()).used
    crm.files.delete(file.uuid)
    crm.files.restore(file.uuid)


def _hooks(crm: AmoCRM, ids: Ids) -> None:
    crm.webhooks.ensure("https://app.example.com/other", ["add_lead"])
    assert crm.webhooks.list()
    crm.webhooks.remove("https://app.example.com/other")


ACTIONS: dict[str, Action] = {
    "tags": _tags,
    "notes": _pins,
    "fields": _fields,
    "links": _links,
    "files": _files,
    "unsorted": _incoming,
    "events": _history,
    "talks": _conversations,
    "chats": _chats,
    "bots": _automation,
    "users": _people,
    "customers": _customers,
    "catalogs": _goods,
    "leads": _merging,
    "drive": _drive,
    "webhooks": _hooks,
}
