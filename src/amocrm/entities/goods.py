"""Products (товары) and invoices (счета): elements of lists whose fields are the same in every account."""

from __future__ import annotations

from .. import fields
from .catalog_element import CatalogElement

__all__ = ["Invoice", "Product"]


class Product(CatalogElement):
    """Product of the list of products; derive from it to declare further fields.

    Example:
        >>> from amocrm import Product
        >>> Product("Чайник", sku="A-1", price=990)
        <Product new 'Чайник'>
    """

    sku = fields.Text(code="SKU")
    description = fields.Textarea(code="DESCRIPTION")
    price = fields.Price(code="PRICE")
    group = fields.Category(code="GROUP")
    external_id = fields.Text(code="EXTERNAL_ID")


class Invoice(CatalogElement):
    """Invoice of the list of invoices; the API wants a status.

    Example:
        >>> Invoice("Счёт 17", status="Создан", comment="до пятницы")
        <Invoice new 'Счёт 17'>
    """

    status = fields.Select(code="BILL_STATUS")
    legal_entity = fields.LegalEntity(code="LEGAL_ENTITY")
    supplier = fields.Supplier(code="SUPPLIER")
    payer = fields.Payer(code="PAYER")
    items = fields.Items(code="ITEMS")
    vat = fields.Select(code="BILL_VAT_TYPE")
    paid_at = fields.DateTime(code="BILL_PAYMENT_DATE")
    comment = fields.Text(code="BILL_COMMENT")
    price = fields.Numeric(code="BILL_PRICE")
