"""Further things that every account has from the first day: stages of customers, a bot, a widget, a chat channel."""

from __future__ import annotations

from random import Random

from .ids import new_uuid
from .store import Store

__all__ = ["CURRENCIES", "fill_reference_data"]

CURRENCIES = (
    "RUB",
    "USD",
    "EUR",
    "KZT",
    "BYN",
    "UAH",
    "UZS",
    "KGS",
    "GEL",
    "AMD",
    "AZN",
    "TRY",
    "CNY",
    "GBP",
    "ILS",
    "AED",
    "AUD",
    "BRL",
    "CAD",
    "CHF",
    "CZK",
    "INR",
    "JPY",
    "MDL",
    "MNT",
    "PLN",
    "RSD",
    "THB",
    "TJS",
    "VND",
)

# Name, colour, type: 4 bought recently, 1 purchase expected, 2 did not buy, 3 closed.
_CUSTOMER_STATUSES = (
    ("Недавно купили", "#ccff66", 4),
    ("Скоро покупка", "#99ccff", 1),
    ("Ожидается покупка", "#ffcc66", 1),
    ("Не купили", "#fd5598", 2),
    ("Закрыты и не реализованы", "#d5d8db", 3),
)


def fill_reference_data(store: Store, now: int, random: Random) -> None:
    """Fill the directories of a new account.

    Args:
        store: An empty account.
        now: Unix seconds of its creation.
        random: Source of ids.
    """
    for sort, (name, color, kind) in enumerate(_CUSTOMER_STATUSES):
        status = {"id": store.next_id("customer_statuses"), "name": name, "sort": sort, "is_default": True}
        store.put("customer_statuses", {**status, "conditions": [], "color": color, "type": kind})
    bot = {"id": store.next_id("bots"), "name": "Приветствие", "type_functionality": "regular"}
    store.put("bots", {**bot, "is_visual_editor": True, "settings": {"active": True}, "favorite_of": []})
    setting = {"key": "api_key", "name": "api_key", "type": "text", "is_required": True}
    widget = {
        "id": store.next_id("widgets"),
        "code": "sandbox_widget",
        "version": "1.0.0",
        "rating": "4,5",
        "settings_template": [setting],
        "is_lead_source": True,
        "is_work_with_dp": False,
        "is_crm_template": False,
        "client_uuid": None,
        "is_active_in_account": False,
        "pipeline_id": None,
        "settings": None,
    }
    store.put("widgets", widget)
    channel = {
        "id": 1,
        "channel_id": new_uuid(random),
        "code": "amo.ext.sandbox",
        "title": "Песочница",
        "secret": f"{random.getrandbits(160):040x}",
        "hook_url": None,
        "bot_id": new_uuid(random),
        "origin": "sandbox",
        "connection": None,
        "created_at": now,
    }
    store.put("channels", channel)
