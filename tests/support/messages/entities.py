"""Messages about entities and their attributes."""

from __future__ import annotations

from typing import Any, Final

from amocrm import Contact, Lead, Note, Pipeline, Task, User
from amocrm_gen.models.leads import Lead as LeadModel

from . import Message


def assign(**values: Any) -> Any:
    """Return a call that assigns to attributes of a new lead."""
    return lambda: Lead(**values)


def existing() -> Lead:
    """Return a lead with an id, outside of a session."""
    return Lead._from_api(LeadModel(id=5, name="Order"), None)


TITLE: Final = "Entities"
MESSAGES: Final = (
    Message(
        "attribute-text",
        assign(name=5),
        ["must be a text", "got 5"],
        "A text attribute got another value.",
        "Convert the value: `str(value)`.",
    ),
    Message(
        "attribute-number",
        assign(price="5"),
        ["must be a number", "got '5'"],
        "A number attribute got a text.",
        "Convert the value: `int(value)`.",
    ),
    Message(
        "attribute-number-finite",
        assign(price=float("inf")),
        ["finite number"],
        "The number is infinite, not a number, or has more than 18 digits.",
        "Pass a finite number.",
    ),
    Message(
        "attribute-id",
        assign(status_id="won"),
        ["must be an id", "got 'won'"],
        "An attribute with an id got another value.",
        "Pass the id, or assign an entity to `status` or `responsible`.",
    ),
    Message(
        "attribute-id-length",
        assign(status_id=10**18),
        ["18 digits"],
        "The number cannot be an id of the API.",
        "Check where the id comes from.",
    ),
    Message(
        "attribute-readonly",
        lambda: setattr(existing(), "account_id", 1),
        ["Lead.account_id", "read-only", "server"],
        "Only the server sets this attribute.",
        "Remove the assignment.",
    ),
    Message(
        "attribute-fixed",
        lambda: setattr(User._from_api(User._model(id=1, name="x"), None), "name", "y"),
        ["User.name", "read-only after creation"],
        "The API cannot change this attribute of an existing object.",
        "Create a new object, or look for an operation under `crm.api`.",
    ),
    Message(
        "attribute-delete",
        lambda: delattr(Lead(), "name"),
        ["cannot be deleted", "assign None"],
        "`del` was used on an attribute.",
        "`lead.name = None`",
    ),
    Message(
        "attribute-none",
        lambda: Lead.responsible_user_id.is_(None),
        ["got None", "no filter"],
        "A query compares with `None`, which the API cannot.",
        "Compare in Python: `[lead for lead in crm.leads if lead.responsible_user_id is None]`.",
    ),
    Message(
        "responsible-type",
        assign(responsible="Anna"),
        ["must be a User or an id", "got 'Anna'"],
        "A user was given by name.",
        "`lead.responsible = crm.users.get(7)`, or the id.",
    ),
    Message(
        "responsible-new",
        lambda: Lead(responsible=User("Anna", "anna@example.com")),
        ["Lead.responsible must have an id", "create it first"],
        "The user does not exist in the account yet.",
        "Create it first: `crm.users.create(user)`.",
    ),
    Message(
        "stage-type",
        lambda: setattr(Lead(), "status", "Won"),
        ["Status of crm.pipelines", "got 'Won'"],
        "A stage was given by name.",
        '`lead.status = crm.pipelines.by_name("Sales")["Won"]`',
    ),
    Message(
        "embedded-readonly",
        lambda: setattr(Lead(), "loss_reason", 1),
        ["Lead.loss_reason", "read-only", "loss_reason_id"],
        "The API shows this part and does not take it.",
        "Use the attribute with the id, such as `loss_reason_id`, or an operation under `crm.api`.",
    ),
    Message(
        "pipeline-stages",
        lambda: Pipeline("Sales", statuses="Talks"),
        ["statuses must be a list", "got str"],
        "The stages of a pipeline were given as one text.",
        '`Pipeline("Sales", statuses=["New", "Paid"])`',
    ),
    Message(
        "task-due",
        lambda: Lead().tasks.add("Call"),
        ["due", "got None", "tasks.add(text, due="],
        "A task has no deadline.",
        '`lead.tasks.add("Call", due=tomorrow)`',
    ),
    Message(
        "task-due-naive",
        lambda: Task("Call", due="tomorrow"),
        ["aware datetime", "got 'tomorrow'"],
        "A deadline is not a date and time.",
        "Pass an aware `datetime` or Unix seconds.",
    ),
    Message(
        "note-params",
        lambda: Note(params="text"),
        ["params must be a mapping", "got 'text'"],
        "The content of a note was given as a text.",
        '`Note("text")`',
    ),
    Message(
        "dict-name",
        lambda: Lead.from_dict({"prise": 5}),
        ["'prise'", "did you mean price"],
        "The class has no attribute of this name.",
        "Correct the name.",
    ),
    Message(
        "dict-id",
        lambda: Lead.from_dict({"id": "17"}),
        ["id must be a whole number"],
        "An id came as a text.",
        "`int(value)`; without an id the object is a new one.",
    ),
    Message(
        "dict-id-range",
        lambda: Lead.from_dict({"id": 0}),
        ["id must be above 0", "got 0"],
        "No record has this id.",
        "Leave `id` out for a new object.",
    ),
    Message(
        "dict-link",
        lambda: Lead.from_dict({"company": 5}),
        ["Lead.company must be a Company or its values", "got 5"],
        "A link came as a bare id.",
        '`{"company": {"id": 5}}`',
    ),
    Message(
        "dict-links",
        lambda: Lead.from_dict({"contacts": 5}),
        ["Lead.contacts must be a list of contacts", "got 5"],
        "Several links did not come as a list.",
        '`{"contacts": [{"id": 5}]}`',
    ),
    Message(
        "dict-element",
        lambda: Lead.from_dict({"catalog_elements": [{"id": 5}]}),
        ["catalog_id of Lead.catalog_elements must be", "got none"],
        "An element of a list came without the id of its list.",
        '`{"id": 5, "catalog_id": 7}`',
    ),
    Message(
        "dict-embedded",
        lambda: Lead.from_dict({"id": 17, "source": "site"}),
        ["Lead.source must be as the API has it", "got 'site'"],
        "A part that only the server sets came in another form.",
        "Leave it out, or write what `to_dict` shows.",
    ),
    Message(
        "dict-two-values",
        lambda: Contact.from_dict({"phone": "+79001234567", "phones": ["+79001234568"]}),
        ["phone and phones", "must agree"],
        "Both names are of one field, and the values differ.",
        "Leave `phone` out.",
    ),
    Message(
        "dict-moment",
        lambda: Lead.from_dict({"closed_at": "tomorrow"}),
        ["closed_at must be a datetime in ISO 8601"],
        "The text is no moment.",
        '`"2030-01-31T12:00:00+03:00"`',
    ),
)
