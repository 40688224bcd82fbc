"""Customers with their purchases, bonus points and mode: ``crm.customers``."""
# GENERATED from src/amocrm/_async/resources/customers.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from amocrm._core.arguments import checked
from amocrm.entities import Customer, Purchase

from ..orm.account import AccountState
from ..orm.collections import Collection, WritableRecords

if TYPE_CHECKING:
    from amocrm_gen.models.customers import CustomersMode

__all__ = ["Customers"]


class CustomerParts:
    """What belongs to one customer."""

    def __init__(self, account: AccountState, key: int) -> None:
        self.purchases = WritableRecords(account, Purchase, {"customer_id": key})


@checked()
class Customers(Collection[Customer]):
    """Customers. The purchases of one are ``crm.customers[501].purchases``."""

    def __getitem__(self, customer: Customer | int) -> CustomerParts:
        """Return what belongs to one customer, without a request.

        Example:
            >>> crm.customers[501].purchases.create(Purchase(990, comment="чайник"))
        """
        return CustomerParts(self._account, self._key_of(customer))

    def set_mode(
        self, mode: Literal["segments", "periodicity"], *, is_enabled: bool = True
    ) -> CustomersMode:
        """Turn customers on or off and choose their mode: segments, or purchases at intervals with statuses."""
        return self._act("set_mode", body={"mode": mode, "is_enabled": is_enabled})

    def earn(self, customer: Customer | int, points: int) -> int:
        """Give a customer bonus points; return how many there are now."""
        return self._points(customer, earn=points)

    def redeem(self, customer: Customer | int, points: int) -> int:
        """Take bonus points from a customer; return how many are left."""
        return self._points(customer, redeem=points)

    def _points(self, customer: Customer | int, **body: int) -> int:
        answer = self._act("change_bonus_points", body=body, id=self._key_of(customer))
        return int(answer.bonus_points)
