"""Elements of lists (элементы списков): products, invoices and others."""

from __future__ import annotations

from .._core.orm.operations import field_kind
from ._generated import catalogs as _generated
from ._scope import scope_of

__all__ = ["CatalogElement"]


class CatalogElement(_generated.CatalogElement):
    """Element of a list, such as a product; derive from it to declare custom fields of a list.

    Args:
        name: name.
        catalog_id: its list, unless the class or the collection names it.
        currency_id: currency of the element.
        custom: declared custom fields by their attribute names; checked at run time.

    Example:
        >>> class Product(CatalogElement, catalog_id=6101):
        ...     price = fields.Numeric(code="PRICE")
        ...
        >>> session.add(Product("Чайник", price=990))
        <Product new 'Чайник'>
    """

    @property
    def _field_kind(self) -> str:
        return field_kind(self._kind, scope_of(self, "catalog_id"))
