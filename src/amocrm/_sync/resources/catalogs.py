"""Lists of the account with their elements, and the settings of products: ``crm.catalogs``."""
# GENERATED from src/amocrm/_async/resources/catalogs.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from amocrm._core.arguments import checked
from amocrm.entities import Catalog, CatalogElement

from ..orm.account import AccountState
from ..orm.collections import WritableRecords

if TYPE_CHECKING:
    from amocrm_gen.models.links import EntityLink
    from amocrm_gen.models.products import ProductsSettings

__all__ = ["Catalogs", "Elements"]

T = TypeVar("T", bound=CatalogElement)


@checked()
class Elements(WritableRecords[T]):
    """Elements of one list.

    Example:
        >>> elements = crm.catalogs[6101].elements
        >>> elements.create(CatalogElement("Чайник"))
    """

    def links(self, element: T | int) -> list[EntityLink]:
        """Return what an element is linked to, with quantities; one request."""
        answer = self._act("list_element_links", **self._path, id=self._key_of(element))
        return [] if answer is None else list(answer.embedded.links)


class CatalogParts:
    """What belongs to one list."""

    def __init__(self, account: AccountState, key: int) -> None:
        self._account, self._key = account, key

    @property
    def elements(self) -> Elements[CatalogElement]:
        """Its elements."""
        return self.of(CatalogElement)

    def of(self, cls: type[T]) -> Elements[T]:
        """Return its elements as objects of a class, such as ``Product`` or one with declared fields."""
        return Elements(self._account, cls, {"catalog_id": self._key})


@checked()
class Catalogs(WritableRecords[Catalog]):
    """Lists of the account. Their elements are ``crm.catalogs[6101].elements``."""

    def __getitem__(self, catalog: Catalog | int) -> CatalogParts:
        """Return what belongs to one list, without a request."""
        return CatalogParts(self._account, self._key_of(catalog))

    def by_type(self, type: str) -> Catalog | None:
        """Return the first list of a type, ``None`` without any: ``products`` and ``invoices`` have one at most.

        Example:
            >>> products = crm.catalogs.by_type("products")
            >>> crm.catalogs[products].of(Product).create(Product("Чайник", sku="A-1", price=990))
        """
        return next((item for item in self.all() if item.type == type), None)

    def products_settings(self) -> ProductsSettings:
        """Return whether products are on, and which list holds them."""
        return self._act("get_settings")

    def enable_products(self, is_enabled: bool = True) -> ProductsSettings:
        """Turn products on or off; turned on, the account gets a list for them."""
        return self._act("update_settings", body={"is_enabled": is_enabled})
