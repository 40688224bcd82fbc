"""The account and all that `with` adds to it."""

from __future__ import annotations

from typing import Any

from ..domain.catalogs import catalog_of_type
from ..domain.context import Context, Routes
from ..domain.dates import offset
from ..engine.messages import Response, json_response
from ..engine.service_hosts import drive_url

__all__ = ["routes"]

routes = Routes()

_PLAIN = (
    "id",
    "name",
    "subdomain",
    "created_at",
    "country",
    "currency",
    "currency_symbol",
    "customers_mode",
    "is_unsorted_on",
    "is_loss_reason_enabled",
    "is_helpbot_enabled",
    "is_technical_account",
    "contact_name_display_order",
)
_CASES = ("default", "genitive", "dative", "accusative", "instrumental", "prepositional")
# Russian words in the six cases, singular and plural, then the English pair.
_NAMES: dict[str, tuple[str, str, str, str, str]] = {
    "leads": (
        "f",
        "сделка сделки сделке сделку сделкой сделке",
        "сделки сделок сделкам сделки сделками сделках",
        "lead",
        "leads",
    ),
    "contacts": (
        "m",
        "контакт контакта контакту контакт контактом контакте",
        "контакты контактов контактам контакты контактами контактах",
        "contact",
        "contacts",
    ),
    "companies": (
        "f",
        "компания компании компании компанию компанией компании",
        "компании компаний компаниям компании компаниями компаниях",
        "company",
        "companies",
    ),
    "customers": (
        "m",
        "покупатель покупателя покупателю покупателя покупателем покупателе",
        "покупатели покупателей покупателям покупателей покупателями покупателях",
        "customer",
        "customers",
    ),
}


def _entity_names() -> dict[str, Any]:
    names = {}
    for entity, (gender, singular, plural, english_singular, english_plural) in _NAMES.items():
        russian = {
            "gender": gender,
            "singular_form": dict(zip(_CASES, singular.split(), strict=True)),
            "plural_form": dict(zip(_CASES, plural.split(), strict=True)),
        }
        forms = {"singular_form": {"default": english_singular}, "plural_form": {"default": english_plural}}
        names[entity] = {"ru": russian, "en": {"gender": "m", **forms}, "es": {"gender": "m", **forms}}
    return names


def _embedded(ctx: Context) -> dict[str, Any]:
    zone = ctx.account.settings["timezone"]
    makers: dict[str, Any] = {
        "amojo_rights": lambda: {"can_direct": True, "can_create_groups": True},
        "users_groups": lambda: list(ctx.store.documents("groups").values()),
        "task_types": lambda: list(ctx.store.documents("task_types").values()),
        "datetime_settings": lambda: {
            "date_pattern": "d.m.Y H:i",
            "short_date_pattern": "d.m.Y",
            "short_time_pattern": "H:i",
            "date_format": "d.m.Y",
            "time_format": "H:i:s",
            "timezone": zone,
            "timezone_offset": offset(ctx.now, zone),
        },
    }
    return {name: make() for name, make in makers.items() if name in ctx.with_}


@routes("GET", "/api/v4/account")
def get_account(ctx: Context) -> Response:
    """Return the account; `_embedded` only when a `with` asks for something that lives there."""
    account = ctx.account.settings
    shown = {key: account[key] for key in _PLAIN}
    shown.update(created_by=0, updated_at=account["created_at"], updated_by=0, mobile_feature_version=0)
    shown["current_user_id"] = ctx.user["id"]
    extra: dict[str, Any] = {
        "amojo_id": account["amojo_id"],
        "uuid": account["uuid"],
        "version": 16,
        "drive_url": drive_url(ctx.request),
        "is_api_filter_enabled": account["is_api_filter_enabled"],
        "invoices_settings": {
            "lang": None,
            "invoices_catalog_id": (catalog_of_type(ctx.store, "invoices") or {}).get("id"),
        },
    }
    shown.update({key: value for key, value in extra.items() if key in ctx.with_})
    if "entity_names" in ctx.with_:
        shown["entity_names"] = _entity_names()
    shown["_links"] = ctx.links("account")
    embedded = _embedded(ctx)
    if embedded:
        shown["_embedded"] = embedded
    return json_response(shown)
