"""Import orders of a shop: buyers by phone, products by article, deals by order number.

A second run sends only what has changed since. 300 orders of 300 new products: 2 requests for the list of
products, those that look buyers and orders up, then 2 for products, 2 for buyers, 2 for deals, 3 for 599 links.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from amocrm import AsyncAmoCRM, Contact, Lead, Product, Report, Status, fields

__all__ = ["Line", "Order", "ShopOrder", "import_orders"]


class Line(NamedTuple):
    """A line of an order."""

    sku: str
    name: str
    price: int
    quantity: float


class ShopOrder(NamedTuple):
    """An order as the shop has it."""

    number: str
    buyer: str
    phone: str
    lines: Sequence[Line]


class Order(Lead):
    """A deal that the shop knows by the number of its order."""

    number = fields.Text(name="Order number")


async def import_orders(crm: AsyncAmoCRM, orders: Sequence[ShopOrder], stage: Status) -> Report:
    """Write orders; a deal that exists stays in its stage, and quantities are set, not added up."""
    catalog = await crm.catalogs.by_type("products")
    if catalog is None:
        raise LookupError("products are off in this account; turn them on: crm.catalogs.enable_products()")
    products = {product.sku: product async for product in crm.catalogs[catalog].of(Product)}
    async with crm.session() as session:
        buyers = {order.phone: Contact(name=order.buyer, phone=order.phone) for order in orders}
        session.upsert_all(buyers.values(), key=Contact.phones, on_many="oldest")
        rows = []
        for order in orders:
            total = sum(line.price * line.quantity for line in order.lines)
            row = Order(number=order.number, price=round(total), contacts=[buyers[order.phone]])
            for line in order.lines:
                if line.sku not in products:
                    product = Product(line.name, sku=line.sku, price=line.price, catalog_id=catalog.id)
                    products[line.sku] = session.add(product)
                row.catalog_elements.add(products[line.sku], quantity=line.quantity)
            rows.append(row)
        new = {"status": stage, "name": "Order of the shop"}
        session.upsert_all(rows, key=Order.number, new=new, on_repeat="last")
    return session.report
