"""Webhooks: what parsing costs beside splitting the same bytes."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, quote_plus

from amocrm.webhooks import parse

from .table import Row, cpu_ratio

_FIELDS = 8


def delivery() -> bytes:
    """A changed stage as the platform sends it: a lead with tags and custom fields, 1.7 KB to 3 KB."""
    lead = "leads[status][0]"
    pairs = [
        ("account[subdomain]", "demo"),
        ("account[id]", "12345678"),
        ("account[_links][self]", "https://demo.amocrm.ru"),
    ]
    plain = {
        "id": 900001,
        "name": "Заказ 17",
        "status_id": 142,
        "old_status_id": 500002,
        "price": 22500,
        "pipeline_id": 31,
    }
    plain |= {
        "responsible_user_id": 7,
        "last_modified": 1700000100,
        "modified_user_id": 7,
        "created_user_id": 7,
    }
    plain |= {
        "date_create": 1700000000,
        "account_id": 12345678,
        "created_at": 1700000000,
        "updated_at": 1700000100,
    }
    pairs += [(f"{lead}[{name}]", str(value)) for name, value in plain.items()]
    pairs += [(f"{lead}[tags][0][id]", "80147"), (f"{lead}[tags][0][name]", "сайт")]
    for number in range(_FIELDS):
        field = f"{lead}[custom_fields][{number}]"
        pairs += [(f"{field}[id]", str(66339 + number)), (f"{field}[name]", "Источник")]
        pairs += [(f"{field}[values][0][value]", "Сайт"), (f"{field}[values][0][enum]", "139517")]
    return "&".join(f"{quote(name, safe='')}={quote_plus(value)}" for name, value in pairs).encode()


def hook_row() -> Row:
    """Parse into typed events against the standard library's split of the same bytes."""
    body = delivery()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    def ours() -> object:
        return [parse(body, headers)[0].payload for _ in range(200)]

    def theirs() -> object:
        return [parse_qsl(body.decode()) for _ in range(200)]

    ratio = cpu_ratio(ours, theirs)
    return Row("parse of a webhook into typed events", ratio, 3.0, "of urllib.parse.parse_qsl, same bytes")
