"""Lists of the account with their elements, and the settings of products: ``crm.catalogs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from amocrm._core.arguments import checked
from amocrm.entities import Catalog, CatalogElement

from ..orm.account import AsyncAccountState
from ..orm.collections import AsyncWritableRecords

if TYPE_CHECKING:
    from amocrm_gen.models.links import EntityLink
    from amocrm_gen.models.products import ProductsSettings

__all__ = ["AsyncCatalogs", "AsyncElements"]

T = TypeVar("T", bound=CatalogElement)


@checked()
class AsyncElements(AsyncWritableRecords[T]):
    """Elements of one list.

    Example:
        >>> elements = crm.catalogs[6101].elements
        >>> await elements.create(CatalogElement("Чайник"))
    """

    async def links(self, element: T | int) -> list[EntityLink]:
        """Return what an element is linked to, with quantities; one request."""
        answer = await self._act("list_element_links", **self._path, id=self._key_of(element))
        return [] if answer is None else list(answer.embedded.links)


class AsyncCatalogParts:
    """What belongs to one list."""

    def __init__(self, account: AsyncAccountState, key: int) -> None:
        self._account, self._key = account, key

    @property
    def elements(self) -> AsyncElements[CatalogElement]:
        """Its elements."""
        return self.of(CatalogElement)

    def of(self, cls: type[T]) -> AsyncElements[T]:
        """Return its elements as objects of a class, such as ``Product`` or one with declared fields."""
        return AsyncElements(self._account, cls, {"catalog_id": self._key})


@checked()
class AsyncCatalogs(AsyncWritableRecords[Catalog]):
    """Lists of the account. Their elements are ``crm.catalogs[6101].elements``."""

    def __getitem__(self, catalog: Catalog | int) -> AsyncCatalogParts:
        """Return what belongs to one list, without a request."""
        return AsyncCatalogParts(self._account, self._key_of(catalog))

    async def by_type(self, type: str) -> Catalog | None:
        """Return the first list of a type, ``None`` without any: ``products`` and ``invoices`` have one at most.

        Example:
            >>> products = await crm.catalogs.by_type("products")
            >>> await crm.catalogs[products].of(Product).create(Product("Чайник", sku="A-1", price=990))
        """
        return next((item for item in await self.all() if item.type == type), None)

    async def products_settings(self) -> ProductsSettings:
        """Return whether products are on, and which list holds them."""
        return await self._act("get_settings")

    async def enable_products(self, is_enabled: bool = True) -> ProductsSettings:
        """Turn products on or off; turned on, the account gets a list for them."""
        return await self._act("update_settings", body={"is_enabled": is_enabled})
