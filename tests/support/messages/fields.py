"""Messages about custom fields."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, Final

from amocrm import Lead, fields

from . import Message


class City(StrEnum):
    """Labels of a field with options."""

    KAZAN = "Kazan"


class Grade(IntEnum):
    """Ids of a field with options."""

    BEST = 8


class Deal(Lead):
    """Lead with a field of each kind."""

    origin = fields.Text(field_id=1)
    city = fields.Select(field_id=2, options=City)
    grade = fields.Select(name="Grade", options=Grade)
    goods = fields.MultiSelect(field_id=3)
    amount = fields.Monetary(field_id=4)
    due = fields.Date(field_id=5)
    met_at = fields.DateTime(field_id=6)
    chain = fields.ChainedList(field_id=7)
    legal = fields.LegalEntity(field_id=8)
    place = fields.SmartAddress(field_id=9)
    parts = fields.Raw(field_id=10)
    phones = fields.Phones(field_id=11)


def assign(**values: Any) -> Any:
    """Return a call that assigns to fields of a new deal."""
    return lambda: Deal(**values)


TITLE: Final = "Custom fields"
MESSAGES: Final = (
    Message(
        "field-reference",
        lambda: fields.Text(),
        ["field_id=", "code=", "name=", "got none"],
        "A field was declared without an id, a code or a name.",
        '`city = fields.Text(name="City")`',
    ),
    Message(
        "field-options-class",
        lambda: fields.Select(field_id=1, options=["a"]),
        ["options", "StrEnum", "IntEnum"],
        "The options of a field were given as a list.",
        "Declare a `StrEnum` of the labels and pass the class.",
    ),
    Message(
        "field-text",
        assign(origin=5),
        ["must be a text", "got 5"],
        "A text field got a value that is no text.",
        "Convert the value: `str(value)`.",
    ),
    Message(
        "field-option",
        assign(city="Kasan"),
        ["option of City", "did you mean 'Kazan'"],
        "The label is not an option of the declared enum.",
        "Correct the label, or add the option to the enum.",
    ),
    Message(
        "field-option-type",
        assign(city=1.5),
        ["option", "got 1.5"],
        "A field with options got a value that is neither an option, a label nor an id.",
        "Pass a member of the enum.",
    ),
    Message(
        "field-list",
        assign(goods="one"),
        ["list", "['one']"],
        "A field with several values got one text.",
        "Put the value into a list.",
    ),
    Message(
        "field-list-type",
        assign(goods=5),
        ["iterable", "got 5"],
        "A field with several values got a single value.",
        "Put the value into a list.",
    ),
    Message(
        "field-number",
        assign(amount=[]),
        ["must be a number", "got list"],
        "A numeric field got a value that is no number.",
        "Pass a `Decimal`, an `int`, a `float` or a text with a decimal point.",
    ),
    Message(
        "field-number-text",
        assign(amount="1,5"),
        ["a number", "point"],
        "The text is not a number with a decimal point.",
        '`Decimal(text.replace(",", "."))`',
    ),
    Message(
        "field-number-finite",
        assign(amount=Decimal("NaN")),
        ["finite number"],
        "The number is infinite, not a number, or too long.",
        "Pass a finite number.",
    ),
    Message(
        "field-date",
        assign(due=datetime(2026, 1, 1)),
        ["datetime.date", "value.date()"],
        "A date field got a date with a time.",
        "`value.date()`",
    ),
    Message(
        "field-datetime",
        assign(met_at=5),
        ["aware datetime", "got 5"],
        "A field with date and time got another value.",
        "Pass a `datetime` with a time zone.",
    ),
    Message(
        "field-chain",
        assign(chain=[1]),
        ["fields.ChainItem", "got 1"],
        "A chained list got values that are no links.",
        "`[fields.ChainItem(catalog_id, element_id)]`",
    ),
    Message(
        "field-chain-length",
        assign(chain=[fields.ChainItem(1, number) for number in range(6)]),
        ["at most 5", "got 6"],
        "The API keeps five elements.",
        "Pass at most five elements.",
    ),
    Message(
        "field-object",
        assign(legal={"name": "x"}),
        ["fields.LegalEntityValue", "got dict"],
        "A field with an object got a dict.",
        "Create the object that the message names.",
    ),
    Message(
        "field-legal-name",
        assign(legal=fields.LegalEntityValue()),
        ["name", "fields.LegalEntityValue(name="],
        "A legal entity has no name.",
        '`fields.LegalEntityValue(name="…")`',
    ),
    Message(
        "field-address",
        assign(place="Kazan"),
        ["fields.Address", "got 'Kazan'"],
        "An address in parts got a text.",
        '`fields.Address(city="Kazan")`',
    ),
    Message(
        "field-raw",
        assign(parts="x"),
        ["list of mappings", "got 'x'"],
        "A raw field got a value that is no list of items.",
        '`[{"value": …}]`',
    ),
    Message(
        "field-phone-empty",
        assign(phones=[" "]),
        ["must not be empty"],
        "The API would store an empty number.",
        "Leave the empty value out, or assign `None` to clear the field.",
    ),
    Message(
        "field-phone-missing",
        lambda: Deal(phones=["+7"]).phones.remove("+8"),
        ["must be one of", "+8"],
        "The number is not among those of the field.",
        "Compare with `str(phone)` of the present numbers first.",
    ),
    Message(
        "field-delete",
        lambda: delattr(Deal(), "origin"),
        ["cannot be deleted", "assign None"],
        "`del` was used on a declared field.",
        "`deal.origin = None`",
    ),
    Message(
        "custom-key",
        lambda: Deal(name="x").custom["Town"],
        ["'Town'", "crm.fields.load"],
        "The field is empty or its name is misspelt; without definitions these look the same.",
        "Load the definitions once: `crm.fields.load(Lead)`.",
    ),
    Message(
        "custom-type",
        lambda: Deal(name="x").custom.__setitem__("Town", object()),
        ["got object", "[{'value':"],
        "A field of unknown type got an object.",
        "Assign a plain value, or declare the field with its type.",
    ),
    Message(
        "definition-options",
        lambda: fields.Definition(name="Size", type="select").body(),
        ["options", "'Size'", "got none"],
        "A field with options is created without any.",
        '`fields.Definition(name="Size", type="select", options=["S", "M"])`',
    ),
    Message(
        "definition-name",
        lambda: fields.Definition.of(Deal.city),
        ["name= or code=", "field_id="],
        "A field declared by its id only cannot be created.",
        "Declare it with `name=`.",
    ),
    Message(
        "definition-ids",
        lambda: fields.Definition.of(Deal.grade),
        ["StrEnum of labels", "enum of ids"],
        "Ids of options exist only after the field was created.",
        "Declare the options as a `StrEnum` of labels.",
    ),
)
