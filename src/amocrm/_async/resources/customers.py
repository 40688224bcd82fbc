"""Customers with their purchases, bonus points and mode: ``crm.customers``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from amocrm._core.arguments import checked
from amocrm.entities import Customer, Purchase

from ..orm.account import AsyncAccountState
from ..orm.collections import AsyncCollection, AsyncWritableRecords

if TYPE_CHECKING:
    from amocrm_gen.models.customers import CustomersMode

__all__ = ["AsyncCustomers"]


class AsyncCustomerParts:
    """What belongs to one customer."""

    def __init__(self, account: AsyncAccountState, key: int) -> None:
        self.purchases = AsyncWritableRecords(account, Purchase, {"customer_id": key})


@checked()
class AsyncCustomers(AsyncCollection[Customer]):
    """Customers. The purchases of one are ``crm.customers[501].purchases``."""

    def __getitem__(self, customer: Customer | int) -> AsyncCustomerParts:
        """Return what belongs to one customer, without a request.

        Example:
            >>> await crm.customers[501].purchases.create(Purchase(990, comment="чайник"))
        """
        return AsyncCustomerParts(self._account, self._key_of(customer))

    async def set_mode(
        self, mode: Literal["segments", "periodicity"], *, is_enabled: bool = True
    ) -> CustomersMode:
        """Turn customers on or off and choose their mode: segments, or purchases at intervals with statuses."""
        return await self._act("set_mode", body={"mode": mode, "is_enabled": is_enabled})

    async def earn(self, customer: Customer | int, points: int) -> int:
        """Give a customer bonus points; return how many there are now."""
        return await self._points(customer, earn=points)

    async def redeem(self, customer: Customer | int, points: int) -> int:
        """Take bonus points from a customer; return how many are left."""
        return await self._points(customer, redeem=points)

    async def _points(self, customer: Customer | int, **body: int) -> int:
        answer = await self._act("change_bonus_points", body=body, id=self._key_of(customer))
        return int(answer.bonus_points)
