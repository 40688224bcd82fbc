"""Custom fields for invented data, one of every common type, and values for them."""

from __future__ import annotations

from random import Random
from typing import Any

from .people import CITIES, INDUSTRIES, POSITIONS, STREETS, phone

__all__ = ["SAMPLE_FIELDS", "sample_values"]

DAY = 86_400


def _options(*values: str) -> list[dict[str, Any]]:
    return [{"value": value, "sort": sort} for sort, value in enumerate(values, start=1)]


# By owner: bodies of the requests that make them. Lists of goods, files and linked catalogs need more than a value.
SAMPLE_FIELDS: dict[str, tuple[dict[str, Any], ...]] = {
    "leads": (
        {"name": "Город", "type": "select", "enums": _options(*CITIES)},
        {"name": "Сумма договора", "type": "monetary", "code": "CONTRACT_SUM", "currency": "RUB"},
        {"name": "Количество", "type": "numeric"},
        {"name": "Дата отгрузки", "type": "date"},
        {"name": "Встреча", "type": "date_time"},
        {"name": "Договор подписан", "type": "checkbox"},
        {"name": "Доставка", "type": "multiselect", "enums": _options("Курьер", "Самовывоз", "Почта", "ТК")},
        {"name": "Откуда узнали", "type": "radiobutton", "enums": _options("Сайт", "Реклама", "Знакомые")},
        {"name": "Номер договора", "type": "text", "code": "CONTRACT_NUMBER"},
        {"name": "Техническое задание", "type": "url"},
        {"name": "Комментарий", "type": "textarea"},
        {"name": "Адрес объекта", "type": "streetaddress"},
    ),
    "contacts": (
        {"name": "День рождения", "type": "birthday"},
        {"name": "Согласие на рассылку", "type": "checkbox"},
        {"name": "Адрес", "type": "smart_address"},
    ),
    "companies": (
        {"name": "ИНН", "type": "text", "code": "INN"},
        {"name": "Отрасль", "type": "select", "enums": _options(*INDUSTRIES)},
        {"name": "Реквизиты", "type": "legal_entity"},
    ),
}


def _tax_number(random: Random) -> str:
    """Return a ten-digit tax number (ИНН) of a legal person with its true check digit."""
    digits = [7, 7, *(random.randrange(10) for _ in range(7))]
    check = sum(weight * digit for weight, digit in zip((2, 4, 10, 3, 5, 9, 4, 6, 8), digits, strict=True))
    return "".join(map(str, digits)) + str(check % 11 % 10)


def _address(random: Random) -> list[dict[str, Any]]:
    line = f"ул. {random.choice(STREETS)}, {random.randint(1, 120)}"
    parts = (line, "address_line_1"), (random.choice(CITIES), "city"), ("RU", "country")
    return [{"value": value, "enum_code": code} for value, code in parts]


def sample_values(field: dict[str, Any], random: Random, now: int, name: str = "") -> list[dict[str, Any]]:
    """Return `values` that fit a field definition; an empty list for a type that has none here.

    Args:
        field: The definition, as the API lists it.
        random: Source of chance.
        now: Unix seconds that dates lie around.
        name: Name of the entity, for fields that repeat it.

    Example:
        >>> sample_values({"type": "checkbox"}, Random(1), 0)
        [{'value': True}]
    """
    kind, code = field["type"], field.get("code")
    if kind in ("select", "radiobutton"):
        return [{"enum_id": random.choice(field["enums"])["id"]}]
    if kind == "multiselect":
        count = random.randint(1, min(3, len(field["enums"])))
        return [{"enum_id": option["id"]} for option in random.sample(field["enums"], count)]
    if kind == "smart_address":
        return _address(random)
    if kind == "multitext":
        value = phone(random) if code == "PHONE" else f"{random.getrandbits(32):08x}@mail.example"
        return [{"value": value, "enum_code": "WORK"}]
    value = _single(kind, code, random, now, name)
    return [] if value is None else [{"value": value}]


def _single(kind: str, code: str | None, random: Random, now: int, name: str) -> Any:
    if kind == "text":
        if code == "INN":
            return _tax_number(random)
        return random.choice(POSITIONS) if code == "POSITION" else f"Д-{random.randint(1, 9999):04d}/24"
    if kind == "url":
        return f"https://files.example/{random.getrandbits(32):08x}"
    if kind in ("textarea", "streetaddress"):
        return f"г. {random.choice(CITIES)}, ул. {random.choice(STREETS)}, д. {random.randint(1, 120)}"
    if kind == "numeric":
        return str(random.randint(1, 500))
    if kind in ("monetary", "price"):
        return str(random.randint(10, 900) * 1000)
    if kind == "checkbox":
        return random.random() < 0.6
    if kind == "date":
        return now + random.randint(-30, 60) * DAY
    if kind == "date_time":
        return now - now % DAY + random.randint(-10, 10) * DAY + random.randint(12, 29) * 1800
    if kind == "birthday":
        return now - random.randint(20 * 365, 65 * 365) * DAY
    if kind == "legal_entity":
        return {"name": name or "ООО «Ромашка»", "vat_id": _tax_number(random)}
    if kind == "tracking_data":
        return random.choice(("yandex", "google", "vk", "telegram"))
    return None
