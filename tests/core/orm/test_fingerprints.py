"""What was sent and what is stored, compared as the server stores it."""

from __future__ import annotations

from datetime import timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import UNSET

from amocrm._core.orm.fingerprints import (
    Vocabulary,
    is_sure,
    print_of_body,
    print_of_record,
    sure_part,
    whole_body,
)
from amocrm_gen.models.leads import Lead

ZONE = timezone(timedelta(hours=3))


def words(type_: str, *, zone: Any = ZONE, **parts: Any) -> Vocabulary:
    """An account with one field, id 5, code CODE, name Field and two options."""
    options = [SimpleNamespace(id=51, value="Red", code="R"), SimpleNamespace(id=52, value="Blue", code=None)]
    definition = SimpleNamespace(id=5, code="CODE", name="Field", type=type_, enums=options)
    return Vocabulary(zone, [definition], **parts)


def sent(value: Any = None, *, enum_id: Any = None, enum_code: Any = None, **ref: Any) -> dict[str, Any]:
    """A body with one field."""
    pairs = {"value": value, "enum_id": enum_id, "enum_code": enum_code}
    values = [{key: one for key, one in pairs.items() if one is not None}]
    return {"custom_fields_values": [{**(ref or {"field_id": 5}), "values": values}]}


def stored(type_: str, value: Any = None, *, enum_id: Any = UNSET, enum_code: Any = UNSET) -> Any:
    """A record with one field."""
    one = SimpleNamespace(value=value, enum_id=enum_id, enum_code=enum_code)
    field = SimpleNamespace(field_id=5, field_code="CODE", field_name="Field", field_type=type_, values=[one])
    return SimpleNamespace(custom_fields_values=[field])


@pytest.mark.parametrize(
    ("type_", "one", "other"),
    [
        ("text", " two  words ", "two words"),
        ("numeric", "1.50", 1.5),
        ("numeric", 2, "2.0"),
        ("monetary", "10", "10.00"),
        ("date", "2024-05-01", 1714510800),  # midnight in the account's zone
        ("date", "2024-04-30T22:30:00+00:00", "2024-05-01"),
        ("date_time", "2024-05-01T03:00:00+03:00", 1714521600),
        ("checkbox", True, 1),
    ],
)
def test_values_are_compared_as_the_server_stores_them(type_: str, one: Any, other: Any) -> None:
    """Two ways to write one value are one form, whichever side wrote it."""
    account = words(type_)
    assert print_of_body(sent(one), account) == print_of_record(stored(type_, other), account)
    assert print_of_body(sent(other), account) == print_of_record(stored(type_, one), account)


@pytest.mark.parametrize(
    ("type_", "one", "other"),
    [
        ("text", "a", "b"),
        ("numeric", "1.5", "1.51"),
        ("numeric", "many", "few"),
        ("date", "2024-05-01", "2024-05-02"),
        ("date", "soon", "later"),
        ("date_time", 1, 2),
        ("date_time", "soon", "later"),
        ("checkbox", True, False),
    ],
)
def test_different_values_stay_different(type_: str, one: Any, other: Any) -> None:
    """Odd texts are compared as texts."""
    account = words(type_)
    assert print_of_body(sent(one), account) != print_of_record(stored(type_, other), account)
    assert print_of_body(sent(one), account) == print_of_record(stored(type_, one), account)


def test_one_field_by_id_code_and_name_is_one_field() -> None:
    """A body may name a field in three ways."""
    account = words("text")
    forms = {print_of_body(sent("x", **{f"field_{ref}": value}), account)
             for ref, value in (("id", 5), ("code", "CODE"), ("name", "Field"))}  # fmt: skip
    assert forms == {print_of_record(stored("text", "x"), account)}


def test_a_field_that_nobody_knows_keeps_its_name() -> None:
    """It is no field of the account then, and equal to none."""
    assert words("text").field({"field_code": "OTHER"}) == (("code", "OTHER"), "")
    assert words("text").field({}) == (None, "")


@pytest.mark.parametrize("type_", ["select", "multiselect", "radiobutton", "category"])
def test_options_are_compared_by_id(type_: str) -> None:
    """Text, code and id of an option are one option."""
    account = words(type_)
    expected = print_of_record(stored(type_, "Red", enum_id=51, enum_code="R"), account)
    for body in (sent("Red"), sent(enum_id=51), sent(enum_code="R"), sent("Blue", enum_id=51)):
        assert print_of_body(body, account) == expected
    assert print_of_body(sent("Blue"), account) != expected


def test_records_teach_fields_and_options() -> None:
    """Without definitions the records of the window show ids and types."""
    account = Vocabulary()
    assert account.type_of(5) == ""
    account.learn([stored("select", "Green", enum_id=53, enum_code="G")])
    assert account.type_of(5) == "select"
    for body in (sent("Green", field_name="Field"), sent(enum_code="G", field_code="CODE")):
        assert print_of_body(body, account) == frozenset({(("field", 5), 53)})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("8 (900) 123-45-67", "+79001234567"),
        ("Info@Example.com ", "info@example.com"),
        ("ext. only", "ext. only"),
        ("8123", "8 123"),
    ],
)
def test_phones_are_compared_by_digits_and_mail_without_case(one: str, other: str) -> None:
    """The kind of the number is compared by its option's id."""
    account = words("multitext")
    assert print_of_body(sent(one, enum_code="R"), account) == print_of_record(
        stored("multitext", other, enum_id=51, enum_code="R"), account
    )
    assert print_of_body(sent(one), account) != print_of_record(
        stored("multitext", other, enum_id=51), account
    )


@pytest.mark.parametrize(("one", "other"), [("89001234567", "69001234567"), ("8900123456", "7900123456")])
def test_only_the_russian_trunk_prefix_is_rewritten(one: str, other: str) -> None:
    """Eleven digits with an eight in front are a number of country seven."""
    account = words("multitext")
    assert print_of_body(sent(one), account) != print_of_body(sent(other), account)


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [("Ann", "Lee", "Ann Lee"), ("Ann", None, "Ann"), (None, "Lee", "Lee"), (" Ann ", "", "Ann")],
)
def test_parts_of_a_name_are_the_name_that_the_server_makes(first: Any, last: Any, name: str) -> None:
    """A record always shows a name."""
    body = {"first_name": first, "last_name": last}
    assert print_of_body(body, Vocabulary()) == print_of_record(SimpleNamespace(name=name), Vocabulary())


def test_a_name_goes_before_its_parts() -> None:
    """Where a body names the whole, its parts make no second name."""
    body = {"name": "Doctor Lee", "first_name": "Ann", "last_name": "Lee"}
    assert print_of_body(body, Vocabulary()) == frozenset({("name", "Doctor Lee")})
    assert print_of_body({"first_name": "", "last_name": None}, Vocabulary()) == frozenset()


def test_tags_and_links_are_compared() -> None:
    """Tags by name, contacts and companies by id, wherever the body keeps the tags."""
    links = {"contacts": [{"id": 3, "is_main": True}], "companies": [{"id": 4}]}
    body = {"_embedded": {"tags": [{"name": "a"}], **links}, "tags_to_add": [{"name": "b"}]}
    embedded = SimpleNamespace(
        tags=[SimpleNamespace(id=1, name="b"), SimpleNamespace(id=2, name="a")],
        contacts=[SimpleNamespace(id=3)],
        companies=[SimpleNamespace(id=4)],
    )
    account = Vocabulary()
    assert print_of_body(body, account) == print_of_record(SimpleNamespace(embedded=embedded), account)
    embedded.tags.pop()
    assert print_of_body(body, account) != print_of_record(SimpleNamespace(embedded=embedded), account)


def test_contents_of_a_note_are_compared() -> None:
    """Kind, and texts and numbers of the parameters."""
    body = {"note_type": "call_in", "params": {"uniq": "x", "duration": 5, "extra": {"odd": 1}}}
    account = Vocabulary()
    same = SimpleNamespace(note_type="call_in", params={"uniq": "x", "duration": 5})
    assert print_of_body(body, account) == print_of_record(same, account)
    for other in ({"uniq": "y", "duration": 5}, {"uniq": "x", "duration": 6}, {"uniq": "x"}):
        record = SimpleNamespace(note_type="call_in", params=other)
        assert print_of_body(body, account) != print_of_record(record, account)


def test_prices_are_compared_to_the_digit_that_the_account_keeps() -> None:
    """An account of whole prices drops the rest; no price is none."""
    exact, whole = Vocabulary(), Vocabulary(whole_prices=True)
    assert print_of_body({"price": 10.5}, whole) == print_of_record(Lead(id=1, price=10), whole)
    assert print_of_body({"price": 10.5}, exact) != print_of_record(Lead(id=1, price=10), exact)
    assert print_of_body({"price": 0}, exact) == print_of_record(Lead(id=1), exact) == frozenset()
    assert print_of_record(Lead(id=1, price=0), exact) == frozenset()


def test_properties_with_defaults_count_where_they_were_sent() -> None:
    """The server fills what was not sent; what was sent must be there."""
    record = Lead(id=1, status_id=10, responsible_user_id=8)
    assert whole_body({"name": "a"}, record)
    assert whole_body({"status_id": 10, "responsible_user_id": None}, record)
    assert whole_body({"pipeline_id": 3}, record)  # the list does not show it
    assert not whole_body({"status_id": 11}, record)


@pytest.mark.parametrize(
    "name",
    [
        *("status_id", "pipeline_id", "responsible_user_id", "loss_reason_id", "closed_at", "complete_till"),
        *("task_type_id", "duration", "is_completed", "entity_id", "entity_type", "source_id"),
    ],
)
def test_each_property_with_a_default_counts(name: str) -> None:
    """A record with another value of it is another record."""
    assert whole_body({name: 1}, SimpleNamespace(**{name: 1}))
    assert not whole_body({name: 1}, SimpleNamespace(**{name: 2}))


def test_a_structured_value_is_never_what_tells_records_apart() -> None:
    """A server may store an address or a legal entity otherwise than it was sent."""
    account = words("smart_address")
    form = print_of_body(sent({"city": "Omsk"}), account)
    assert form == print_of_record(stored("smart_address", {"city": "Perm"}), account)
    assert sure_part(form, frozenset({("field", 5)}), account) == frozenset()


def test_only_what_a_server_keeps_as_it_was_sent_is_sure() -> None:
    """The sure part of a form has the keys that were asked for and types that are stored untouched."""
    account = words("text")
    assert is_sure(("field", 5), "x", account)
    assert not is_sure(("field", 5), "?", account)
    assert not is_sure(("field", 6), "x", account)  # a type that is not known
    assert not is_sure(("contacts", 3), 3, account)
    assert not is_sure("status_id", 3, account)
    assert all(is_sure(key, "x", account) for key in ("name", "text", "note_type", "price", "tag"))
    form = print_of_body({"name": "a", "price": 3, **sent("x")}, account)
    assert sure_part(form, frozenset({"name", ("field", 5)}), account) == {("name", "a"), (("field", 5), "x")}
