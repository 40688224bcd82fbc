"""Test data: pages of a busy account, 250 leads with 20 custom fields each, about 1 MB."""

from __future__ import annotations

import json

CITIES = ["Москва", "Казань", "Пермь", "Самара", "Томск", "Омск", "Тула"]
TYPES = [
    "text",
    "numeric",
    "select",
    "date",
    "checkbox",
    "multiselect",
    "url",
    "textarea",
    "monetary",
    "date_time",
]


def _value(kind: str, number: int) -> list[dict[str, object]]:
    if kind in ("select", "multiselect"):
        return [{"value": CITIES[number % 7], "enum_id": 100 + number % 7, "enum_code": None}]
    if kind in ("date", "date_time"):
        return [{"value": 1_700_000_000 + number}]
    if kind == "checkbox":
        return [{"value": bool(number % 2)}]
    if kind in ("numeric", "monetary"):
        return [{"value": str(number)}]
    return [{"value": f"Значение поля номер {number}"}]


def _fields(lead: int, count: int) -> list[dict[str, object]]:
    return [
        {
            "field_id": 1000 + index,
            "field_name": f"Дополнительное поле {index}",
            "field_code": None,
            "field_type": TYPES[index % len(TYPES)],
            "values": _value(TYPES[index % len(TYPES)], lead + index),
        }
        for index in range(count)
    ]


def _lead(number: int, fields: int) -> dict[str, object]:
    host = "https://demo.amocrm.ru/api/v4"
    return {
        "id": number,
        "name": f"Сделка №{number}",
        "price": number * 10,
        "responsible_user_id": 7_000_001,
        "group_id": 0,
        "status_id": 142,
        "pipeline_id": 31,
        "loss_reason_id": None,
        "created_by": 7_000_001,
        "updated_by": 0,
        "created_at": 1_700_000_000,
        "updated_at": 1_700_000_500,
        "closed_at": None,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": _fields(number, fields),
        "score": None,
        "account_id": 3001,
        "labor_cost": None,
        "_links": {"self": {"href": f"{host}/leads/{number}"}},
        "_embedded": {
            "tags": [{"id": 4, "name": "сайт", "color": None}],
            "companies": [
                {"id": 600 + number, "_links": {"self": {"href": f"{host}/companies/{600 + number}"}}}
            ],
            "contacts": [
                {
                    "id": 700 + number,
                    "is_main": True,
                    "_links": {"self": {"href": f"{host}/contacts/{700 + number}"}},
                }
            ],
        },
    }


def lead_page(leads: int = 250, fields: int = 20, first: int = 1) -> bytes:
    """Return the body of one page of leads."""
    host = "https://demo.amocrm.ru/api/v4/leads"
    page = {
        "_page": 1,
        "_links": {
            "self": {"href": f"{host}?page=1&limit={leads}"},
            "next": {"href": f"{host}?page=2&limit={leads}"},
        },
        "_embedded": {"leads": [_lead(first + index, fields) for index in range(leads)]},
    }
    return json.dumps(page, ensure_ascii=False).encode()
