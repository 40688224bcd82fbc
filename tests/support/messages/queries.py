"""Messages about queries, conditions, keys of one object and relations that are read along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import httpx

from amocrm import AmoCRM, Contact, Lead, Note, Task, fields
from amocrm_gen.models.leads import Lead as LeadModel

from . import Message
from ._clients import client

TITLE: Final = "Queries"


class Deal(Lead):
    """Lead with fields of several kinds."""

    city = fields.Text(field_id=1)


def leads(call: Callable[[Any], Any]) -> Callable[[], Any]:
    """Return a call with a query of leads."""
    return lambda: call(client().query(Deal))


def where(condition: Callable[[], Any], cls: Any = Deal) -> Callable[[], Any]:
    """Return a call that adds a condition to a query."""
    return lambda: client().query(cls).where(condition())


def _server(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/api/v4/leads":
        embedded = {"leads": [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}]}
        return httpx.Response(200, json={"_page": 1, "_links": {}, "_embedded": embedded})
    return httpx.Response(204)


def answered() -> AmoCRM:
    """Return a client of an account with two leads, which ignores every filter."""
    return client(httpx.MockTransport(_server))


def existing() -> Lead:
    """Return a lead with an id, outside of a session."""
    return Lead._from_api(LeadModel(id=5, name="Order"), None)


MESSAGES: Final = (
    Message(
        "where-condition",
        leads(lambda query: query.where(True)),
        ("where()", "Deal.id.in_(1, 2)"),
        "`==` compares in Python and makes no condition.",
        "`crm.query(Deal).where(Deal.price.is_(5))`",
    ),
    Message(
        "where-other-kind",
        where(lambda: Contact.responsible_user_id.is_(1)),
        ("contacts", "leads"),
        "The condition is of another kind of entity.",
        "Query that kind: `crm.query(Contact)`.",
    ),
    Message(
        "where-and",
        lambda: (Lead.price >= 5) & (Lead.price <= 9),
        ("where(a, b)",),
        "Conditions are not combined by `&` or `and`.",
        "`crm.leads.where(Lead.price >= 5, Lead.price <= 9)`",
    ),
    Message(
        "where-or",
        lambda: Lead.price.is_(5) | Lead.price.is_(9),
        (".in_(",),
        "The API has no alternative between conditions.",
        "`Lead.price.in_(5, 9)` for several values of one attribute, else one query for each condition.",
    ),
    Message(
        "where-not",
        lambda: ~Lead.price.is_(5),
        ("Python",),
        "The API has no negation.",
        "`[lead for lead in crm.leads if lead.price != 5]`",
    ),
    Message(
        "where-bool",
        lambda: bool(Lead.price.is_(5)),
        ("where(a, b)",),
        "`and`, `or` or `if` asked a condition for its truth.",
        "`crm.leads.where(a, b)`",
    ),
    Message(
        "where-open-range",
        lambda: Lead.price > 5,
        (">=", ".between("),
        "The ranges of the API include both ends.",
        "`Lead.price >= 6`",
    ),
    Message(
        "where-unknown-filter",
        lambda: client().tasks.where(Task.created_at >= 5),
        ("tasks cannot be filtered by created_at",),
        "The list has no filter for this attribute.",
        "Use one of the filters that the message names, or compare in Python.",
    ),
    Message(
        "where-too-many",
        lambda: client().leads.where(Lead.id.in_(*range(1, 2000))).all(),
        ("at most 250", "1999", "get_many("),
        "A request takes 250 values of one condition.",
        "`crm.leads.get_many(ids)`",
    ),
    Message(
        "order-by",
        leads(lambda query: query.order_by(Lead.name)),
        ("cannot be sorted by", "Lead.name"),
        "The list cannot be sorted by this attribute.",
        "`sorted(crm.leads, key=lambda lead: lead.name)`",
    ),
    Message(
        "limit",
        leads(lambda query: query.limit("5")),
        ("count", "integer"),
        "The number is a text, or negative.",
        "`crm.leads.query().limit(5)`",
    ),
    Message(
        "preload-name",
        leads(lambda query: query.preload("contacts")),
        ("relations", "Lead.contacts"),
        "A relation was given by name.",
        "`crm.query(Lead).preload(Lead.contacts)`",
    ),
    Message(
        "list-of-notes",
        lambda: client().query(Note).all(),
        ("crm.notes.of(Lead)",),
        "Notes are listed by the kind of their entity.",
        "`crm.notes.of(Lead)`",
    ),
    Message(
        "one-several",
        lambda: answered().leads.query().one(),
        ("one Lead", "got several", ".first()"),
        "Several leads fit the query.",
        "`.first()`, or add conditions.",
    ),
    Message(
        "one-none",
        lambda: client().leads.query().one(),
        ("one Lead", "got none", ".one_or_none()"),
        "No lead fits the query.",
        "`.one_or_none()`, or check the conditions.",
    ),
    Message(
        "filter-ignored",
        lambda: answered().leads.where(Lead.id.in_(7)).all(),
        ("ignored the filter", "leads"),
        "The account has no paid filter option, or the server dropped the filter; its answer would be wrong.",
        "Compare in Python, or read by ids: `crm.leads.get_many([7])`.",
    ),
    Message(
        "get-text",
        lambda: client().leads.get("17"),
        ("id of a Lead", "integer"),
        "The id is a text.",
        "`crm.leads.get(int(key))`",
    ),
    Message(
        "not-loaded",
        lambda: existing().price,
        ("price of <Lead 5 'Order'> is not loaded", "crm.leads.get(5)"),
        "The object is a reference, or the answer did not hold this attribute.",
        "Read it: `lead = crm.leads.get(5)`.",
    ),
    Message(
        "links-not-loaded",
        lambda: len(existing().contacts),
        ("contacts of <Lead 5 'Order'> are not loaded", "preload=[Lead.contacts]"),
        "Links come only on request.",
        "`crm.leads.get(5, preload=[Lead.contacts])`",
    ),
    Message(
        "new-attribute",
        lambda: Lead().id,
        ("set by the server", "commit first"),
        "The object does not exist in the account yet.",
        "Commit the session, then read the attribute.",
    ),
    Message(
        "search-twice",
        leads(lambda query: client().contacts.where(Contact.phone.is_("+79001234567")).search("Anna")),
        ("must search for one thing", "Contact.phone"),
        "A phone is searched for already, and a request has one search.",
        "Search for one of the two and compare the other in Python.",
    ),
    Message(
        "search-no-number",
        lambda: answered().contacts.where(Contact.email.is_("anna")).all(),
        ("full phone number or e-mail address",),
        "The text is neither a full phone number nor an address.",
        '`Contact.email.is_("anna@example.com")`, `Contact.phone.is_("+7 900 123-45-67")`',
    ),
    Message(
        "in-bulk-conditions",
        leads(lambda query: query.limit(5).in_bulk([17])),
        ("in_bulk() must be called",),
        "Ids are all that such a request can ask for.",
        "`crm.query(Deal).in_bulk([17])`",
    ),
    Message(
        "values-name",
        leads(lambda query: query.values("prise")),
        ("'prise'", "did you mean price"),
        "The class has no attribute of this name.",
        "Correct the name.",
    ),
)
