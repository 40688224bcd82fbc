"""Conversion of account webhooks (API v2) to the models of API v4, which the entities wrap.

Values that a delivery lacks stay ``UNSET``; an entity then raises `NotLoaded` and never guesses. A full record
(everything but deletions and triggers) omits empty values: there, missing tags mean that the entity has none,
and the same holds for custom fields.

Times: leads, contacts and list elements have Unix seconds twice. Tasks and notes also have texts in an
undocumented zone: compared with the Unix times of the same samples, tasks are in UTC and notes in Moscow time.
The Unix times are preferred; the texts are used if an old delivery has nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import msgspec
from msgspec import UNSET

from amocrm_gen._runtime.decoding import decode_json
from amocrm_gen.models import catalogs, common, companies, contacts, customers, fields, leads, notes, tasks
from amocrm_gen.models.hooks import (
    HookCatalogElement,
    HookContact,
    HookCustomer,
    HookCustomField,
    HookLead,
    HookNote,
    HookTag,
    HookTask,
)

__all__ = [
    "ENTITY_TYPES",
    "NOTE_TYPES",
    "catalog_element",
    "company",
    "contact",
    "customer",
    "lead",
    "note",
    "task",
    "unix",
]

#: Entity types by their numbers in webhooks.
ENTITY_TYPES: Final[Mapping[int, str]] = {
    1: "contacts",
    2: "leads",
    3: "companies",
    4: "tasks",
    12: "customers",
}
#: Note types in webhooks by number, with their names in API v4. 4, 5 and 25 are documented, the others come
#: from API v2.
NOTE_TYPES: Final[Mapping[int, str]] = {
    1: "lead_created",
    2: "contact_created",
    3: "lead_status_changed",
    4: "common",
    5: "attachment",
    6: "call",
    7: "mail_message",
    8: "mail_message_attachment",
    10: "call_in",
    11: "call_out",
    12: "company_created",
    13: "task_result",
    25: "service_message",
    102: "sms_in",
    103: "sms_out",
}
_MOSCOW: Final = timezone(timedelta(hours=3), "MSK")


def unix(text: Any, zone: timezone = UTC) -> Any:
    """Convert a text ``Y-m-d H:i:s`` of this zone to Unix seconds, ``UNSET`` if it is not one.

    Example:
        >>> unix("2025-03-03 13:20:25")
        1741008025
    """
    if not isinstance(text, str) or len(text) > 32:
        return UNSET
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())
    except (ValueError, OverflowError):
        return UNSET


def lead(data: HookLead, *, full: bool = True) -> leads.Lead:
    """Return a lead as a model of API v4."""
    return leads.Lead(
        **_shared(data, full),
        price=_or(data.price, None, full),
        status_id=data.status_id,
        pipeline_id=data.pipeline_id,
        embedded=leads.LeadEmbedded(tags=_tags(data.tags, full)),
    )


def contact(data: HookContact, *, full: bool = True) -> contacts.Contact:
    """Return a contact as a model of API v4."""
    return contacts.Contact(
        **_shared(data, full),
        embedded=contacts.ContactEmbedded(
            tags=_tags(data.tags, full),
            companies=[common.Ref(id=data.linked_company_id)]
            if isinstance(data.linked_company_id, int) and data.linked_company_id
            else _or(UNSET, [], full),
            leads=_linked(data),
        ),
    )


def company(data: HookContact, *, full: bool = True) -> companies.Company:
    """Return a company as a model of API v4; it comes in the same shape as a contact."""
    return companies.Company(
        **_shared(data, full),
        embedded=companies.CompanyEmbedded(tags=_tags(data.tags, full), leads=_linked(data)),
    )


def customer(data: HookCustomer, *, full: bool = True) -> customers.Customer:
    """Return a customer as a model of API v4. Only six keys are confirmed, so a missing one is unknown."""
    return customers.Customer(
        id=data.id,
        name=data.name,
        next_price=data.next_price,
        next_date=data.next_date,
        responsible_user_id=data.responsible_user_id,
        status_id=data.status_id,
        periodicity=data.periodicity,
        created_by=data.created_by,
        updated_by=data.modified_by,
        created_at=_first(data.created_at, data.date_create),
        updated_at=_first(data.updated_at, data.date_modify),
        account_id=data.account_id,
        custom_fields_values=_values(data.custom_fields, False),
        embedded=customers.CustomerEmbedded(tags=_tags(data.tags, False)),
    )


def task(data: HookTask, *, full: bool = True) -> tasks.Task:
    """Return a task as a model of API v4."""
    status, result = data.status, data.result
    return tasks.Task(
        id=data.id,
        created_by=data.created_user_id,
        updated_by=data.modified_by,
        created_at=_first(data.created_at, unix(data.date_create)),
        updated_at=_first(data.updated_at, unix(data.last_modified)),
        responsible_user_id=data.responsible_user_id,
        entity_id=data.element_id,
        entity_type=ENTITY_TYPES.get(data.element_type, UNSET) if data.element_type is not UNSET else UNSET,
        is_completed=status == 1 if status is not UNSET else UNSET,
        task_type_id=data.task_type,
        text=data.text,
        result=tasks.TaskResult(text=result.text) if result is not UNSET else _or(UNSET, [], full),
        complete_till=_first(data.complete_before, unix(data.complete_till)),
        account_id=data.account_id,
    )


def note(data: HookNote) -> notes.Note:
    """Return a note as a model of API v4; the text of a call, which is JSON, becomes its ``params``."""
    number = data.note_type
    kind = UNSET if number is UNSET else NOTE_TYPES.get(number, str(number))
    return notes.Note(
        id=data.id,
        entity_id=data.element_id,
        created_by=data.created_by,
        updated_by=data.modified_by,
        created_at=_first(data.created_at, unix(data.date_create, _MOSCOW)),
        updated_at=_first(data.updated_at, unix(data.timestamp_x, _MOSCOW)),
        responsible_user_id=data.main_user_id,
        group_id=data.group_id,
        note_type=kind,
        params=_params(data.text, data.attachement),
        account_id=data.account_id,
    )


def catalog_element(data: HookCatalogElement, *, full: bool = True) -> catalogs.CatalogElement:
    """Return an element of a list as a model of API v4."""
    return catalogs.CatalogElement(
        id=data.id,
        name=data.name,
        created_by=data.created_by,
        updated_by=data.modified_by,
        created_at=_first(data.created_at, data.date_create),
        updated_at=_first(data.updated_at, data.date_modify),
        is_deleted=data.deleted,
        custom_fields_values=_values(data.custom_fields, full),
        catalog_id=data.catalog_id,
    )


def _shared(data: HookLead | HookContact, full: bool) -> dict[str, Any]:
    return {
        "id": data.id,
        "name": data.name,
        "responsible_user_id": data.responsible_user_id,
        "created_by": data.created_user_id,
        "updated_by": data.modified_user_id,
        "created_at": _first(data.created_at, data.date_create),
        "updated_at": _first(data.updated_at, data.last_modified),
        "account_id": data.account_id,
        "custom_fields_values": _values(data.custom_fields, full),
    }


def _linked(data: HookContact) -> Any:
    """Return the linked leads. Missing ones are unknown: the delivery need not list them."""
    if data.linked_leads_id is UNSET:
        return UNSET
    ids = [
        int(key) if linked.ID is UNSET else linked.ID
        for key, linked in data.linked_leads_id.items()
        if linked.ID is not UNSET or (key.isdecimal() and len(key) < 20)
    ]
    return [common.Ref(id=number) for number in ids]


def _tags(listed: Any, full: bool) -> Any:
    if listed is UNSET:
        return _or(UNSET, [], full)
    return [_tag(tag) for tag in listed if tag.id is not UNSET]


def _tag(tag: HookTag) -> common.TagRef:
    return common.TagRef(id=tag.id, name=tag.name)  # type: ignore[arg-type]  # only tags with an id come here


def _values(listed: list[HookCustomField] | msgspec.UnsetType, full: bool) -> Any:
    if listed is UNSET:
        return _or(UNSET, None, full)
    return [_value(field) for field in listed if field.id is not UNSET]


def _value(field: HookCustomField) -> fields.FieldValue:
    items: Sequence[Any] = () if field.values is UNSET else field.values
    return fields.FieldValue(
        field_id=field.id,  # type: ignore[arg-type]  # fields without an id are left out before
        field_name=field.name,
        field_code=_first(field.code, None),
        values=[
            fields.FieldValueItem(
                value=item.value,
                # The part of an address is named by `subtype` in API v2 and by the number of the part in v4.
                enum_id=item.enum if item.enum is not UNSET or item.subtype in (None, UNSET) else UNSET,
                enum_code=item.subtype,
            )
            for item in items
        ],
    )


def _params(text: Any, file: Any) -> Any:
    """Return the content of a note as a mapping, as in API v4."""
    if isinstance(text, str) and text[:1] == "{":
        try:
            result, _ = decode_json(text.encode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError):
            result = None
        if isinstance(result, dict):
            return result
    if text is UNSET and not file:
        return UNSET
    params = {} if text is UNSET else {"text": text}
    if isinstance(file, str) and file:
        # drive/{account}/{file}/{name}
        parts = file.split("/")
        params["file_name"] = parts[-1]
        if len(parts) >= 4 and parts[0] == "drive":
            params["file_uuid"] = parts[2]
    return params


def _first(value: Any, default: Any) -> Any:
    return default if value is UNSET else value


def _or(value: Any, empty: Any, full: bool) -> Any:
    return empty if value is UNSET and full else value
