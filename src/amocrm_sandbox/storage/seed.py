"""A new account: one pipeline, an administrator, the predefined fields, task types and groups."""

from __future__ import annotations

from random import Random
from typing import Any

from .ids import new_uuid
from .seed_reference_data import fill_reference_data
from .store import Store

__all__ = ["create_account", "create_reference_data", "full_rights"]

PHONE_CODES = ("WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER")
EMAIL_CODES = ("WORK", "PRIV", "OTHER")

_PREDEFINED: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("contacts", "Должность", "text", "POSITION", ()),
    ("contacts", "Телефон", "multitext", "PHONE", PHONE_CODES),
    ("contacts", "Email", "multitext", "EMAIL", EMAIL_CODES),
    ("companies", "Телефон", "multitext", "PHONE", PHONE_CODES),
    ("companies", "Email", "multitext", "EMAIL", EMAIL_CODES),
    ("companies", "Web", "url", "WEB", ()),
    ("companies", "Адрес", "textarea", "ADDRESS", ()),
    ("leads", "utm_content", "tracking_data", "UTM_CONTENT", ()),
    ("leads", "utm_medium", "tracking_data", "UTM_MEDIUM", ()),
    ("leads", "utm_campaign", "tracking_data", "UTM_CAMPAIGN", ()),
    ("leads", "utm_source", "tracking_data", "UTM_SOURCE", ()),
    ("leads", "utm_term", "tracking_data", "UTM_TERM", ()),
)

_STATUSES = (
    ("Первичный контакт", "#99ccff"),
    ("Переговоры", "#ffff99"),
    ("Принимают решение", "#ffcc66"),
    ("Согласование договора", "#ffcccc"),
)


def full_rights(**changes: Any) -> dict[str, Any]:
    """Return the rights of a user who may do everything, with changes."""
    entity = {"view": "A", "edit": "A", "add": "A", "delete": "A", "export": "A"}
    rights = {
        "leads": dict(entity),
        "contacts": dict(entity),
        "companies": dict(entity),
        "tasks": {"edit": "A", "delete": "A"},
        "mail_access": True,
        "catalog_access": True,
        "files_access": True,
        "status_rights": None,
        "catalog_rights": None,
        "custom_fields_rights": None,
        "oper_day_reports_view_access": False,
        "oper_day_user_tracking": False,
        "is_admin": True,
        "is_free": False,
        "is_active": True,
        "group_id": None,
        "role_id": None,
    }
    return {**rights, **changes}


def create_account(store: Store, now: int, subdomain: str, timezone: str, random: Random) -> None:
    """Fill an empty store with what every account has from the first day."""
    admin_id = store.next_id("users")
    store.set_setting(
        "account",
        {
            "id": store.next_id("account"),
            "name": "Песочница",
            "subdomain": subdomain,
            "created_at": now,
            "country": "RU",
            "currency": "RUB",
            "currency_symbol": "₽",
            "customers_mode": "disabled",
            "is_unsorted_on": True,
            "is_loss_reason_enabled": True,
            "is_helpbot_enabled": False,
            "is_technical_account": False,
            "is_paid": True,
            "contact_name_display_order": 1,
            "amojo_id": new_uuid(random),
            "uuid": new_uuid(random),
            "is_api_filter_enabled": False,
            "timezone": timezone,
        },
    )
    store.put(
        "users",
        {
            "id": admin_id,
            "name": "Администратор",
            "email": f"admin@{subdomain}.example",
            "lang": "ru",
            "rights": full_rights(),
            "uuid": new_uuid(random),
            "amojo_id": new_uuid(random),
        },
    )
    create_reference_data(store, now, random)


def create_reference_data(store: Store, now: int, random: Random) -> None:
    """Add the first pipeline, the predefined fields, groups, task types and loss reasons."""
    pipeline_id = store.next_id("pipelines")
    store.put(
        "pipelines",
        {
            "id": pipeline_id,
            "name": "Воронка",
            "sort": 1,
            "is_main": True,
            "is_unsorted_on": True,
            "is_archive": False,
        },
    )
    add_system_statuses(store, pipeline_id)
    for index, (name, color) in enumerate(_STATUSES, start=2):
        add_status(store, pipeline_id, name, index * 10, color)
    store.put("groups", {"id": 0, "name": "Отдел продаж", "uuid": None})
    store.put(
        "task_types", {"id": 1, "name": "Связаться", "color": None, "icon_id": None, "code": "FOLLOW_UP"}
    )
    store.put("task_types", {"id": 2, "name": "Встреча", "color": None, "icon_id": None, "code": "MEETING"})
    for sort, name in enumerate(("Слишком дорого", "Пропала потребность", "Не устроили условия"), start=1):
        reason_id = store.next_id("loss_reasons")
        store.put(
            "loss_reasons",
            {"id": reason_id, "name": name, "sort": sort, "created_at": now, "updated_at": now},
        )
    fill_reference_data(store, now, random)
    for sort, (owner, name, type_, code, codes) in enumerate(_PREDEFINED, start=1):
        enums = [
            {"id": store.next_id("enums"), "value": value, "sort": at, "code": None}
            for at, value in enumerate(codes, start=1)
        ]
        field = {
            "id": store.next_id("fields"),
            "name": name,
            "type": type_,
            "code": code,
            "sort": 500 + sort,
            "entity_type": owner,
            "is_predefined": True,
            "is_deletable": False,
            "enums": enums or None,
            "group_id": "statistic" if type_ == "tracking_data" else None,
        }
        store.put("fields", field)


def add_status(
    store: Store, pipeline_id: int, name: str, sort: int, color: str, type_: int = 0
) -> dict[str, Any]:
    """Add one stage of a pipeline and return it."""
    status = {
        "id": store.next_id("statuses"),
        "name": name,
        "sort": sort,
        "is_editable": type_ == 0,
        "pipeline_id": pipeline_id,
        "color": color,
        "type": type_,
        "descriptions": [],
    }
    store.put(f"statuses:{pipeline_id}", status)
    return status


def add_system_statuses(store: Store, pipeline_id: int) -> None:
    """Add the three stages that every pipeline has: unsorted, 142 and 143."""
    add_status(store, pipeline_id, "Неразобранное", 10, "#c1c1c1", type_=1)
    closed = (
        (142, "Успешно реализовано", 10000, "#CCFF66"),
        (143, "Закрыто и не реализовано", 11000, "#D5D8DB"),
    )
    for id, name, sort, color in closed:
        status = {"id": id, "name": name, "sort": sort, "is_editable": False, "color": color, "type": 0}
        store.put(f"statuses:{pipeline_id}", {**status, "pipeline_id": pipeline_id, "descriptions": []})
