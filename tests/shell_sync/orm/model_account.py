"""The account of the model's runs: classes with a field of every type, and the values that steps assign."""
# GENERATED from tests/shell_async/orm/model_account.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from amocrm import Company, Contact, Customer, Entity, Lead, fields
from amocrm.fields import Definition
from amocrm_sandbox import Sandbox

__all__ = ["CLASSES", "VALUES", "Client", "Deal", "Firm", "Person", "made", "prepare"]


class Deal(Lead):
    """A lead with a field of every type."""

    text = fields.Text(name="text")
    more = fields.Textarea(name="textarea")
    url = fields.Url(code="URL")
    street = fields.StreetAddress(name="streetaddress")
    number = fields.Numeric(name="numeric")
    money = fields.Monetary(name="monetary")
    flag = fields.Checkbox(name="checkbox")
    city = fields.Select(name="select")
    radio = fields.Radio(name="radiobutton")
    channels = fields.MultiSelect(name="multiselect")
    day = fields.Date(name="date")
    moment = fields.DateTime(name="date_time")
    born = fields.Birthday(name="birthday")
    address = fields.SmartAddress(name="smart_address")
    legal = fields.LegalEntity(name="legal_entity")
    traced = fields.TrackingData(name="tracking_data")


class Person(Contact):
    """A contact with a text beside its phones."""

    text = fields.Text(name="text")


class Firm(Company):
    """A company with a date, and several phones and addresses."""

    day = fields.Date(name="date")


class Client(Customer):
    """A customer with a text."""

    text = fields.Text(name="text")


_DAYS = [None, date(2024, 5, 1), date(2024, 5, 2)]
_WORDS = [None, "а", "б"]
#: By kind, by attribute: what may be assigned; the first is what an object without a value shows.
VALUES: dict[str, dict[str, list[Any]]] = {
    "leads": {
        "name": ["а", "б", "в"],
        "price": [0, 1, 2],
        "text": _WORDS,
        "more": _WORDS,
        "url": [None, "https://a.example", "https://b.example"],
        "street": _WORDS,
        "number": [None, Decimal(1), Decimal("2.5")],
        "money": [None, Decimal(10), Decimal(20)],
        "flag": [None, True, False],
        "city": [None, "x", "y"],
        "radio": [None, "x", "y"],
        "channels": [(), ("x",), ("x", "y")],
        "day": _DAYS,
        "moment": [None, datetime(2024, 5, 1, 9, tzinfo=UTC), datetime(2024, 5, 1, 10, tzinfo=UTC)],
        "born": _DAYS,
        "address": [None, fields.Address(city="Казань"), fields.Address(city="Пермь")],
        "traced": _WORDS,
        "legal": [None, fields.LegalEntityValue(name="ООО"), fields.LegalEntityValue(name="ЗАО")],
    },
    "contacts": {
        "name": ["а", "б", "в"],
        "phone": [None, "+79001234567", "+79001234568"],
        "email": [None, "a@a.example", "b@b.example"],
        "text": _WORDS,
    },
    "companies": {
        "name": ["а", "б", "в"],
        "day": _DAYS,
        "phones": [(), ("+79001234567",), ("+79001234567", "+79001234568")],
        "emails": [(), ("a@a.example",), ("b@b.example", "a@a.example")],
    },
    "customers": {"name": ["а", "б", "в"], "next_price": [None, 1, 2], "text": _WORDS},
}
CLASSES: dict[str, type[Entity]] = {"leads": Deal, "contacts": Person, "companies": Firm, "customers": Client}


def made(kind: str, name: str) -> Any:
    """Return a new object."""
    more = {"next_date": datetime(2024, 6, 1, tzinfo=UTC)} if kind == "customers" else {}
    return CLASSES[kind](name=name, **more)  # type: ignore[call-arg]


def prepare(sandbox: Sandbox) -> None:
    """Make the fields, and switch customers on."""
    sandbox.act("PATCH", "/api/v4/customers/mode", {"mode": "periodicity", "is_enabled": True})
    for kind, cls in CLASSES.items():
        bodies = []
        for name in VALUES[kind]:
            field = cls._declared.get(name)
            if field is None or field.ref in (("code", "PHONE"), ("code", "EMAIL")):
                continue
            options = ["x", "y"] if field.wire_type in ("select", "radiobutton", "multiselect") else []
            code = "URL" if field.ref[0] == "code" else None
            definition = Definition(name=field.wire_type, type=field.wire_type, options=options, code=code)
            body = definition.body()
            if field.wire_type == "monetary":
                body["currency"] = "RUB"
            bodies.append(body)
        answer = sandbox.act("POST", f"/api/v4/{kind}/custom_fields", bodies)
        assert answer.status < 300, answer.body
