"""CPU time of parsing webhooks, compared with splitting the same bytes, for each kind of body."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from urllib.parse import parse_qsl, quote, quote_plus

from amocrm.webhooks import parse

from .table import Row, cpu_ratio

_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
#: Bytes that one measurement parses: small bodies are measured as long as large ones.
_BYTES = 400_000
_ACCOUNT = {"subdomain": "demo", "id": 12345678, "_links][self": "https://demo.amocrm.ru"}
_NAMES = {"id": 900001, "name": "Заказ 17", "status_id": 142, "old_status_id": 500002, "price": 22500}
_STAMPS = {"date_create": 1700000000, "created_at": 1700000000, "updated_at": 1700000100}
_USERS = {"responsible_user_id": 7, "modified_user_id": 7, "created_user_id": 7, "account_id": 12345678}
_NOTE = {
    "id": 4600471,
    "text": "Клиент просил перезвонить завтра после обеда, вопрос по доставке. " * 4,
    "attachement": "",
    "note_type": 4,
    "element_type": 2,
    "element_id": 900001,
    "timestamp_x": "2025-03-03 16:38:49",
    "metadata": '{"event_source":{"id":700001,"author_name":"Ann","type":1}}',
}


def _under(prefix: str, values: dict[str, object]) -> list[tuple[str, object]]:
    return [(f"{prefix}[{name}]", value) for name, value in values.items()]


def _lead(place: str, fields: int) -> list[tuple[str, object]]:
    """Return a lead with tags and custom fields in the form of a delivery."""
    pairs = _under(place, {**_NAMES, **_STAMPS, **_USERS, "tags][0][id": 80147, "tags][0][name": "сайт"})
    for number in range(fields):
        value = {"values][0][value": "Сайт", "values][0][enum": 139517}
        pairs += _under(
            f"{place}[custom_fields][{number}]", {"id": 66339 + number, "name": "Источник", **value}
        )
    return pairs


def _sent(pairs: Iterable[tuple[str, object]]) -> bytes:
    """Return the bytes of a delivery, with the account first."""
    whole = [*_under("account", dict(_ACCOUNT)), *pairs]
    return "&".join(f"{quote(name, safe='')}={quote_plus(str(value))}" for name, value in whole).encode()


def deliveries() -> dict[str, bytes]:
    """Return bodies from 0.25 to 200 kilobytes: the usual ones and a bulk operation."""
    return {
        "deleted lead": _sent(_under("leads[delete][0]", {"id": 900001, "status_id": 143})),
        "note": _sent(_under("leads[note][0][note]", {**_NOTE, **_STAMPS})),
        "lead, no fields": _sent(_lead("leads[add][0]", 0)),
        "lead, 8 fields": _sent(_lead("leads[status][0]", 8)),
        "lead, 60 fields": _sent(_lead("leads[update][0]", 60)),
        "50 leads": _sent(pair for number in range(50) for pair in _lead(f"leads[update][{number}]", 8)),
    }


def hook_row() -> Row:
    """Compare parsing into typed events with the standard library's split; report the worst kind of body."""
    ratios = {}
    for kind, body in deliveries().items():
        times = max(1, _BYTES // len(body))
        ratios[kind] = cpu_ratio(
            partial(_ours, body, times), partial(_theirs, body, times), rounds=5, repeat=1
        )
    worst = max(ratios, key=lambda kind: ratios[kind])
    others = ", ".join(f"{kind} {ratio:.2f}" for kind, ratio in ratios.items() if kind != worst)
    note = f"of urllib.parse.parse_qsl, same bytes; worst: {worst} (others: {others})"
    return Row("parse of a webhook into typed events", ratios[worst], 3.0, note)


def _ours(body: bytes, times: int) -> object:
    return [parse(body, _HEADERS) for _ in range(times)]


def _theirs(body: bytes, times: int) -> object:
    return [parse_qsl(body.decode(), keep_blank_values=True) for _ in range(times)]
