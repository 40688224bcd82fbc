"""Lists: making them with the fields that invoices and products have from the first moment."""

from __future__ import annotations

from typing import Any

from ..engine.refusals import refuse
from ..storage.store import Store
from . import access
from .context import Context

__all__ = [
    "MOST_CATALOGS",
    "catalog_of_type",
    "enable_products",
    "find_catalog",
    "make_catalog",
    "require_lists",
]

MOST_CATALOGS = 10
# Code, name, type, options with their codes.
_Field = tuple[str, str, str, tuple[tuple[str, str], ...]]
_STATUSES = (
    ("Создан", "created"),
    ("Оплачен", "paid"),
    ("Оплачен в аванс", "paid_in_advance"),
    ("Частично оплачен", "partially_paid"),
)
_VAT = (
    ("Без НДС", "vat_exempt"),
    ("НДС включён", "vat_included"),
    ("НДС начисляется поверх стоимости", "vat_not_included"),
)
_FIELDS: dict[str, tuple[_Field, ...]] = {
    "products": (
        ("SKU", "Артикул", "text", ()),
        ("DESCRIPTION", "Описание", "textarea", ()),
        ("PRICE", "Цена", "price", ()),
        ("GROUP", "Группа", "category", ()),
        ("EXTERNAL_ID", "External ID", "text", ()),
    ),
    "invoices": (
        ("BILL_STATUS", "Статус", "select", _STATUSES),
        ("LEGAL_ENTITY", "Юр. лицо", "legal_entity", ()),
        ("SUPPLIER", "Поставщик", "supplier", ()),
        ("PAYER", "Плательщик", "payer", ()),
        ("ITEMS", "Товары", "items", ()),
        ("BILL_VAT_TYPE", "НДС", "select", _VAT),
        ("BILL_PAYMENT_DATE", "Дата оплаты", "date_time", ()),
        ("BILL_COMMENT", "Комментарий", "text", ()),
        ("BILL_PRICE", "Итоговая сумма", "numeric", ()),
    ),
    "suppliers": (
        ("SUPPLIER_VAT_ID", "ИНН", "text", ()),
        ("SUPPLIER_TAX_REGISTRATION_REASON_CODE", "КПП", "text", ()),
        ("SUPPLIER_BANK_IDENTIFICATION_CODE", "БИК", "text", ()),
        ("SUPPLIER_ACCOUNT_NUMBER", "Расчётный счёт", "text", ()),
        ("SUPPLIER_LEGAL_ADDRESS", "Юридический адрес", "text", ()),
        ("SUPPLIER_PHONE", "Телефон", "text", ()),
    ),
    "regular": (),
}


def require_lists(ctx: Context) -> None:
    """Refuse users without access to lists."""
    rights = access.rights_of(ctx)
    if rights is not None and not rights["catalog_access"] and not rights.get("catalog_rights"):
        raise refuse(403, "Access denied")


def _require_list(ctx: Context, id: int) -> None:
    """Refuse users whose rights on this very list are denied; letters short of that are taken for allowed."""
    rights = access.rights_of(ctx)
    action = {"GET": "view", "POST": "add"}.get(ctx.request.method, "edit")
    for right in (rights.get("catalog_rights") or ()) if rights else ():
        if right["catalog_id"] == id and right["rights"].get(action) == "D":
            raise refuse(403, "Access denied")


def find_catalog(ctx: Context, name: str = "catalog_id") -> dict[str, Any]:
    """Return the list that the path names.

    Raises:
        Refused: The user has no access to lists (403), or there is no such list (404).
    """
    require_lists(ctx)
    catalog = ctx.store.document("catalogs", ctx.id(name))
    if catalog is None:
        raise refuse(404, "Catalog not found")
    _require_list(ctx, catalog["id"])
    return catalog


def catalog_of_type(store: Store, type: str) -> dict[str, Any] | None:
    """Return the list of a type of which there is at most one."""
    return next(
        (document for document in store.documents("catalogs").values() if document["type"] == type), None
    )


def make_catalog(ctx: Context, values: dict[str, Any]) -> dict[str, Any]:
    """Add a list with its predefined fields; a list of invoices brings that of the account's own legal entities."""
    store, user_id = ctx.store, ctx.user["id"]
    catalog = {
        "id": store.next_id("catalogs"),
        "name": values["name"],
        "created_by": values.get("created_by", user_id),
        "updated_by": values.get("updated_by", user_id),
        "created_at": values.get("created_at") or ctx.now,
        "updated_at": ctx.now,
        "sort": values.get("sort") or 10 * (len(store.documents("catalogs")) + 1),
        "type": values.get("type") or "regular",
        "can_add_elements": values.get("can_add_elements", True),
        "can_show_in_cards": values.get("can_show_in_cards", False),
        "can_link_multiple": values.get("can_link_multiple", True),
        "can_be_deleted": values.get("type") in (None, "regular"),
        "sdk_widget_code": None,
    }
    store.put("catalogs", catalog)
    for sort, (code, name, type, options) in enumerate(_FIELDS[catalog["type"]], start=1):
        enums = [
            {"id": store.next_id("enums"), "value": value, "sort": at, "code": option}
            for at, (value, option) in enumerate(options, start=1)
        ]
        field = {"id": store.next_id("fields"), "name": name, "type": type, "code": code, "sort": sort}
        owned = {"entity_type": f"catalogs:{catalog['id']}", "is_predefined": True, "is_deletable": False}
        visible = {"is_visible": code != "EXTERNAL_ID", "enums": enums or None}
        store.put("fields", {**field, **owned, **visible, **({"nested": []} if type == "category" else {})})
    if catalog["type"] == "invoices" and catalog_of_type(store, "suppliers") is None:
        make_catalog(ctx, {"name": "Мои юр. лица", "type": "suppliers"})
    return catalog


def enable_products(ctx: Context, is_enabled: bool) -> dict[str, Any]:
    """Switch products on or off and return the settings; the list is made when they are first switched on."""
    catalog = catalog_of_type(ctx.store, "products")
    if is_enabled and catalog is None:
        catalog = make_catalog(ctx, {"name": "Товары", "type": "products", "can_link_multiple": True})
    ctx.store.set_setting("products", is_enabled)
    return {"is_enabled": is_enabled, "catalog_id": catalog["id"] if catalog else None}
