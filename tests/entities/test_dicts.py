"""Entities as plain values and back: what is loaded, what is refused, what is equal after a round trip."""

from __future__ import annotations

import json
import pickle
import pkgutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from importlib import import_module
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from amocrm import (
    AmoCRM,
    Company,
    Contact,
    Event,
    Lead,
    MemoryLimiter,
    Note,
    NotLoaded,
    RateLimits,
    Task,
    User,
    fields,
)
from amocrm.entities import _generated
from amocrm.entities._base import Entity
from amocrm_gen.models.contacts import Contact as ContactModel
from amocrm_gen.models.fields import FieldValue, FieldValueItem
from amocrm_sandbox import Sandbox, SandboxTransport


class City(StrEnum):
    """Options by label."""

    KAZAN = "Казань"
    PERM = "Пермь"


class Product(IntEnum):
    """Options by id."""

    BASIC = 17
    PLUS = 19


class Deal(Lead):
    """A lead with fields of all kinds, known by id, code and name."""

    text = fields.Text(name="Текст")
    amount = fields.Numeric(code="AMOUNT")
    vip = fields.Checkbox(field_id=1)
    day = fields.Date(name="День")
    moment = fields.DateTime(field_id=2)
    city = fields.Select(name="Город", options=City)
    products = fields.MultiSelect(field_id=3, options=Product)
    address = fields.SmartAddress(name="Адрес")
    legal = fields.LegalEntity(field_id=4)
    chain = fields.ChainedList(field_id=5)
    parts = fields.Raw(field_id=6)


MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
    lambda when: when.replace(microsecond=0, tzinfo=UTC)
)
WORDS = st.text(st.characters(codec="utf-8", categories=["L", "Zs"]), min_size=1, max_size=8)
DEALS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.none() | WORDS,
        "price": st.none() | st.integers(0, 10**9),
        "status_id": st.integers(1, 10**6),
        "created_at": MOMENTS,
        "closed_at": MOMENTS,
        "tags": st.lists(WORDS, max_size=3, unique=True),
        "text": WORDS,
        "amount": st.decimals(-(10**6), 10**6, places=2),
        "vip": st.booleans(),
        "day": st.dates(date(1990, 1, 1), date(2100, 1, 1)),
        "moment": MOMENTS,
        "city": st.sampled_from(City),
        "products": st.lists(st.sampled_from(Product), min_size=1, max_size=2, unique=True),
        "address": st.builds(fields.Address, city=WORDS),
        "legal": st.builds(fields.LegalEntityValue, name=WORDS),
        "chain": st.lists(
            st.builds(fields.ChainItem, st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=5
        ),
        "parts": st.just([{"value": {"sku": "A-1"}}]),
    },
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(DEALS, st.none() | st.integers(1, 10**9))
def test_a_round_trip_over_json_loses_nothing(given_: dict[str, Any], key: int | None) -> None:
    """New objects are to be sent as before, those with an id are clean; the same over Python values."""
    deal = Deal.from_dict(given_ if key is None else {"id": key, **given_})
    for is_json in (True, False):
        shown = deal.to_dict(json=is_json)
        again = Deal.from_dict(json.loads(json.dumps(shown)) if is_json else shown)
        assert again.to_dict(json=True) == deal.to_dict(json=True)
        assert again._is_dirty() is (key is None and deal._is_dirty())
        assert again._key == key
    for name, value in given_.items():
        if name not in ("tags", "legal"):
            shown = getattr(deal, name)
            assert (list(shown) if isinstance(value, list) else shown) == value


# ---- what is in it


def test_a_new_object_shows_what_was_set() -> None:
    """Attributes, fields, tags, new contacts with their values; users and stages by their ids."""
    lead = Lead(
        name="Заказ",
        price=Decimal(5),
        status_id=142,
        pipeline_id=1,
        responsible=7,
        tags={"vip"},
        contacts=[Contact(name="Анна", phones=[fields.ContactValue("+79001234567", "MOB")])],
    )
    assert lead.to_dict(json=True) == {
        "name": "Заказ",
        "price": 5,
        "status_id": 142,
        "pipeline_id": 1,
        "responsible_user_id": 7,
        "tags": ["vip"],
        "contacts": [
            {
                "name": "Анна",
                "phone": "+79001234567",
                "phones": [{"value": "+79001234567", "kind": "MOB", "enum_id": None}],
            }
        ],
    }
    assert "contacts" not in lead.to_dict(links=False)
    assert Lead().to_dict() == {}


@pytest.fixture(scope="module")
def crm() -> Iterator[AmoCRM]:
    """An account with one lead that has everything."""
    sandbox = Sandbox(limits=False, api_filter=True)
    fast = MemoryLimiter(RateLimits(per_key=1_000_000, per_account=1_000_000))
    with AmoCRM("demo", token=sandbox.token, http_transport=SandboxTransport(sandbox), limiter=fast) as crm:
        crm.fields.create(
            Lead,
            [
                fields.Definition(name="Город", type="select", options=["Казань", "Уфа"]),
                fields.Definition(name="Текст", type="text"),
                fields.Definition(name="Прочее", type="numeric"),
            ],
        )
        with crm.session() as s:
            contacts = [Contact(name="Анна", phone="+79001234567"), Contact(name="Борис")]
            lead = s.add(Deal(name="Заказ", price=5, text="раз", tags={"vip"}, contacts=contacts))
            lead.contacts.main = contacts[1]
            lead.company = Company(name="ООО")
            lead.custom["Прочее"] = 3
            lead.custom["Город"] = "Уфа"
        yield crm
    sandbox.close()


def read(crm: AmoCRM) -> Deal:
    """The lead, with its contacts."""
    (deal,) = crm.query(Deal).preload(Deal.contacts).limit(1).all()
    return deal


def test_what_is_not_loaded_is_left_out_and_nothing_is_read(crm: AmoCRM) -> None:
    """Contacts come where they were asked for; undeclared fields on demand; options that a class lacks stay."""
    plain = crm.query(Deal).first()
    assert plain is not None
    assert "contacts" not in plain.to_dict()
    deal = read(crm)
    shown = deal.to_dict(json=True, custom=True)
    assert [sorted(one) for one in shown["contacts"]] in (
        [["id"], ["id", "is_main"]],
        [["id", "is_main"], ["id"]],
    )
    assert deal.company is not None
    assert shown["company"] == {"id": deal.company.id}
    assert (shown["city"], shown["text"], shown["custom"]) == ("Уфа", "раз", {"Прочее": "3"})
    assert shown["amount"] is None
    assert isinstance(shown["updated_at"], str)
    assert "custom" not in deal.to_dict()


def test_a_record_that_was_read_comes_back_as_it_was_read(crm: AmoCRM) -> None:
    """It is clean, of no session, shows the same and is changed as ever."""
    deal = read(crm)
    shown = json.loads(json.dumps(deal.to_dict(json=True, custom=True)))
    again = Deal.from_dict(shown)
    assert not again._is_dirty()
    assert again.contacts.main is not None
    assert again.contacts.main.id == deal.contacts.main.id  # type: ignore[union-attr]
    assert again.custom["Прочее"] == "3"
    assert again.to_dict(json=True)["city"] == "Уфа"  # the class lacks this option
    assert Deal.from_dict({"id": 5, "products": [17, 99]}).to_dict(json=True)["products"] == [17, 99]
    assert again.to_dict()["updated_at"] == deal.updated_at
    with pytest.raises(NotLoaded):
        Deal.from_dict({"id": 5}).name
    with crm.session() as s:
        s.add(again).price = 9
        again.text = "раз"
        assert s.plan().items == 1
    assert read(crm).price == 9
    assert pickle.loads(pickle.dumps(again)).to_dict() == again.to_dict()


@pytest.mark.parametrize(
    "type_",
    [
        *("multitext", "smart_address", "chained_list", "legal_entity", "file", "items", "linked_entity"),
        *("payer", "supplier"),
    ],
)
def test_an_undeclared_field_whose_values_have_parts_is_shown_as_the_api_has_it(type_: str) -> None:
    """Without a declaration nothing says what the parts mean: the items come and go as they are."""

    def record(kind: str, name: str | None, value: Any) -> Lead:
        items = [FieldValueItem(value=value, enum_code="WORK")]
        field = FieldValue(field_id=77, field_name=name, field_type=kind, values=items)
        return Lead._from_api(Lead._model(id=5, custom_fields_values=[field]), None)

    lead = record(type_, "Поле", {"name": "x"})
    shown = lead.to_dict(json=True, custom=True)
    assert shown["custom"] == {"Поле": [{"value": {"name": "x"}, "enum_code": "WORK"}]}
    again = Lead.from_dict(json.loads(json.dumps(shown)))
    assert (again.custom["Поле"], again._is_dirty()) == ({"name": "x"}, False)
    assert record("text", None, "x").to_dict(custom=True)["custom"] == {"77": "x"}


def test_a_value_that_was_written_by_code_stays_when_definitions_come(crm: AmoCRM) -> None:
    """The field is known by its id from then on; the object shows what it showed."""
    crm.fields.create(Lead, [fields.Definition(name="Сумма", type="numeric", code="AMOUNT")])
    crm.directory.fields.clear()
    with crm.session() as s:
        deal = s.add(Deal(amount=Decimal(7)))
    assert "leads" not in crm.directory.fields
    crm.fields.load(Lead)
    assert deal.amount == 7


def test_users_and_pipelines_show_no_secrets(crm: AmoCRM) -> None:
    """The password of a new user is in no dict; what the API has as an object comes back as one."""
    assert "password" not in User("Анна", "a@b.ru", password="Secret123").to_dict(json=True)
    (user,) = crm.users.all()
    again = User.from_dict(json.loads(json.dumps(user.to_dict(json=True))))
    assert again.is_admin is user.is_admin
    pipeline = crm.pipelines.all()[0]
    assert pipeline.to_dict()["name"] == pipeline.name


def test_notes_and_tasks_are_plain_too(crm: AmoCRM) -> None:
    """Their texts and results; two names of one value agree."""
    with crm.session() as s:
        lead = s.get(Deal, read(crm).id)
        lead.notes.add("раз")
        task = lead.tasks.add("Позвонить", due=datetime(2030, 1, 1, tzinfo=UTC))
        task.complete("сделано")
    (note,), (stored,) = crm.notes.of(lead).all(), crm.tasks.of(lead).all()
    for one in (note, stored):
        again: Any = type(one).from_dict(json.loads(json.dumps(one.to_dict(json=True))))
        assert again.to_dict() == one.to_dict()
        assert not again._is_dirty()
    with pytest.raises(ValueError, match="agree"):
        Note.from_dict({"params": {"text": "раз"}, "text": "два"})
    with pytest.raises(TypeError, match="notes"):
        Lead.from_dict({"notes": ["раз"]})
    assert Task.from_dict({"text": "x", "due": "2030-01-01T00:00:00+00:00"}).due.year == 2030


def classes() -> list[type[Entity]]:
    """All classes of entities, those of the table of the API among them."""
    for module in pkgutil.iter_modules(_generated.__path__, f"{_generated.__name__}."):
        import_module(module.name)
    found, waiting = [], [Entity]
    while waiting:
        waiting += (cls := waiting.pop()).__subclasses__()
        found += [cls] if "_kind" in vars(cls) and cls.__module__ == "amocrm" else []
    return sorted(set(found) - {Entity}, key=lambda cls: cls.__name__)


@pytest.mark.parametrize("cls", classes(), ids=lambda cls: cls.__name__)
def test_every_kind_of_entity_goes_there_and_back(cls: type[Entity]) -> None:
    """With a key of its own kind, a number or a text; the other one is refused."""
    good, bad = ("5", 5) if cls._key_type is str else (5, "5")
    one = cls.from_dict({"id": good})
    assert not one._is_dirty()
    shown = one.to_dict()
    assert shown["id"] == one._key == good
    assert cls.from_dict(json.loads(json.dumps(one.to_dict(json=True)))).to_dict() == shown
    with pytest.raises(TypeError, match="id"):
        cls.from_dict({"id": bad})
    assert TypeAdapter(cls).json_schema()["title"] == cls.__name__


# ---- what is refused


@pytest.mark.parametrize(
    ("given_", "error", "words"),
    [
        ({"prise": 5}, TypeError, "did you mean price"),
        ({"is_deleted": True}, AttributeError, "read-only"),
        ({"loss_reason": None}, AttributeError, "read-only"),
        ({"id": "17"}, TypeError, "whole number"),
        ({"price": "5"}, TypeError, "number"),
        ({"city": "Москва"}, ValueError, "option"),
        ({"day": "завтра"}, ValueError, "day"),
        ({"closed_at": "2030-01-01T00:00:00"}, ValueError, "time zone"),
    ],
)
def test_what_does_not_fit_is_refused(given_: dict[str, Any], error: type[Exception], words: str) -> None:
    """Unknown names with the nearest, what the server sets without an id, values of another kind."""
    with pytest.raises(error, match=words):
        Deal.from_dict(given_)


def test_first_and_all_numbers_must_agree() -> None:
    """Both are shown, so both may come back; when they differ nobody knows which is meant."""
    contact = Contact.from_dict({"phones": ["+7900", "+7901"], "phone": "+7900"})
    assert [str(one) for one in contact.phones] == ["+7900", "+7901"]
    assert Contact.from_dict({"id": 1, "email": "a@b.ru"}).email == "a@b.ru"
    for key in ({}, {"id": 1}):
        with pytest.raises(ValueError, match="agree"):
            Contact.from_dict({**key, "phones": ["+7901"], "phone": "+7900"})


# ---- copies and updates


def test_a_copy_is_another_record(crm: AmoCRM) -> None:
    """Values, undeclared fields, tags and links come along; id, authors and times do not."""
    deal = read(crm)
    made = deal.copy().update(name="Второй")
    assert made._key is None
    assert made.to_dict(links=False).keys().isdisjoint({"id", "created_at", "updated_at", "created_by"})
    with crm.session() as s:
        s.add(made)
    stored = crm.get(Deal, made.id, preload=[Deal.contacts])
    assert (stored.name, stored.price, stored.text, stored.city) == ("Второй", deal.price, deal.text, "Уфа")
    assert {one.id for one in stored.contacts} == {one.id for one in deal.contacts}
    assert stored.contacts.main is not None
    assert stored.contacts.main.id == deal.contacts.main.id  # type: ignore[union-attr]
    assert (stored.custom["Прочее"], set(stored.tags)) == (3, {"vip"})


def test_a_copy_shows_what_the_object_shows(crm: AmoCRM) -> None:
    """Local changes win, cleared fields stay cleared, and what nobody can write is left out."""
    deal = read(crm)
    deal.text, deal.amount, deal.price = None, Decimal(8), 77
    made = deal.copy()
    assert (made.text, made.amount, made.price, made.city) == (None, 8, 77, "Уфа")
    empty = {"field_id": 1, "field_code": "PHONE", "field_type": "multitext", "values": [{"value": ""}]}
    data = msgspec.convert({"id": 5, "name": "А", "custom_fields_values": [empty]}, ContactModel)
    assert Contact._from_api(data, None).copy().to_dict() == {"name": "А"}


def test_several_attributes_are_assigned_or_none() -> None:
    """A misspelt name changes nothing."""
    lead = Lead(name="а")
    with pytest.raises(TypeError, match="did you mean price"):
        lead.update(name="б", prise=5)
    assert lead.name == "а"
    assert lead.update(name="б", price=5) is lead
    assert (lead.name, lead.price) == ("б", 5)


@pytest.mark.parametrize("key", ["City", 77], ids=["by name", "by id"])
@pytest.mark.parametrize("identity", [{}, {"id": 5}], ids=["new", "as read"])
def test_fields_that_no_class_declares_survive_without_definitions(
    key: str | int, identity: dict[str, int]
) -> None:
    """What ``from_dict`` took under a name or an id comes back, also before the account's fields are known."""
    lead = Lead.from_dict({"name": "x", "custom": {key: "Kazan"}, **identity})
    shown = lead.to_dict(custom=True)
    assert shown["custom"] == {str(key): "Kazan"}
    assert lead.custom[key] == "Kazan"
    lead.custom[key] = "Perm"
    assert lead.to_dict(custom=True)["custom"] == {str(key): "Perm"}


def test_a_copy_has_what_was_written_through_a_reference(crm: AmoCRM) -> None:
    """A value that was written and not read back is shown, so the copy has it as well."""
    key = read(crm).id
    with crm.session() as s:
        lead = s.ref(Deal, key)
        lead.price, lead.text = 5, "two"
        lead.custom["Прочее"] = 4
    shown = lead.to_dict()
    assert (shown["price"], shown["text"], lead.custom["Прочее"]) == (5, "two", 4)
    again = lead.copy()
    assert (again.price, again.text) == (5, "two")
    with crm.session() as s:
        s.add(again)
    stored = crm.get(Deal, again.id)
    assert (stored.price, stored.text, stored.custom["Прочее"]) == (5, "two", 4)


@pytest.mark.parametrize("identity", [{}, {"id": 5}], ids=["new", "as read"])
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"company": 5}, r"Lead.company must be a Company or its values, got 5; write \{'id': 5\}"),
        ({"company": [{"id": 1}]}, "Lead.company must be a Company .*got list; write"),
        ({"company": Contact(name="Ann")}, "Lead.company must be a Company .*got Contact; write"),
        ({"company": {"id": -1}}, "the id must be above 0 .*got -1; leave it out"),
        ({"contacts": 5}, r"Lead.contacts must be a list of contacts, got 5; write \[\{'id': 5\}\]"),
        ({"contacts": {"id": 5}}, "Lead.contacts must be a list of contacts, got dict; write"),
        ({"contacts": ["x"]}, "Lead.contacts must be a Contact or its values, got 'x'; write"),
        ({"contacts": [None]}, "Lead.contacts must be a Contact or its values, got None; write"),
        ({"contacts": [{"id": 0}]}, "the id must be above 0 .*got 0; leave it out"),
        ({"catalog_elements": 5}, "Lead.catalog_elements must be a list of catalog_elements, got 5; write"),
        (
            {"catalog_elements": [5]},
            "Lead.catalog_elements must be a CatalogElement .*got 5; .*'catalog_id': 7",
        ),
        ({"catalog_elements": [{"id": 5}]}, "catalog_id of Lead.catalog_elements must be .*got none; write"),
        (
            {"catalog_elements": [{"id": 5, "catalog_id": "x"}]},
            "catalog_id of .*whole number, got 'x'; write",
        ),
        (
            {"catalog_elements": [{"id": 5, "catalog_id": 7, "price_id": "x"}]},
            "price_id of .*whole number, got 'x'; write",
        ),
        ({"custom": 5}, "custom must be a mapping .*got 5; write"),
        ({"custom": []}, "custom must be a mapping .*got list; write"),
        ({"id": 0}, "the id must be above 0 .*got 0; leave it out for a new Lead"),
        ({"id": -1}, "the id must be above 0 .*got -1; leave it out"),
        ({"id": 10**30}, "of at most 18 digits, got .*; leave it out"),
        ({"id": 5, "source": "x"}, "Lead.source must be as the API has it, got 'x'; write"),
        ({"id": 5, "source": {"id": "x"}}, "Lead.source must be as the API has it, got dict; write"),
        ({"id": 5, "loss_reason": 5}, "Lead.loss_reason must be as the API has it, got 5; write"),
        ({"id": 5, "name": ["x"]}, "name must be as the API has it, got list; write"),
    ],
)
def test_what_is_no_link_no_id_and_no_part_is_refused(
    identity: dict[str, int], values: dict[str, Any], words: str
) -> None:
    """With an id as without one, by the name of the argument and with what to write; pydantic tells the same."""
    with pytest.raises((TypeError, ValueError), match=words):
        Lead.from_dict({**identity, **values})
    with pytest.raises(ValidationError, match=words):
        TypeAdapter(Lead).validate_python({**identity, **values})


def test_the_data_must_be_a_mapping_and_a_key_filled() -> None:
    """A list of pairs, a text or an empty key are refused by name."""
    with pytest.raises(TypeError, match=r"data must be a mapping .*got 'x'; write"):
        Lead.from_dict("x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the id must be a filled text, got ''; leave it out"):
        Event.from_dict({"id": ""})


def test_an_embedded_part_that_a_record_lacks_stays_absent() -> None:
    """``None`` comes back as ``None``, whether the API has an object there or a list of it."""
    again = Lead.from_dict({"id": 5, "source": None, "loss_reason": None})
    assert (again.source, again.loss_reason) == (None, None)
    assert Lead.from_dict(again.to_dict(json=True)).to_dict() == again.to_dict()
