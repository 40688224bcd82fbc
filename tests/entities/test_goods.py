"""Products and invoices have typed fields."""

from __future__ import annotations

from decimal import Decimal

from amocrm import Invoice, Product


def test_products_write_the_fields_of_their_list_by_code() -> None:
    """The codes are the same in every account."""
    product = Product("Чайник", sku="A-1", price=990)

    assert product.price == Decimal(990)
    assert product.changes["sku"].local == "A-1"


def test_a_class_of_one_list_derives_from_the_built_in_one() -> None:
    """An account's own fields stand beside those that every account has."""

    class Tea(Product, catalog_id=6101):
        pass

    assert Tea("Улун", sku="B-2").catalog_id == 6101
    assert Invoice("Счёт 17", status="Создан").status == "Создан"
