"""Customers (покупатели)."""

from __future__ import annotations

from ._generated import customers as _generated

__all__ = ["Customer"]


class Customer(_generated.Customer):
    """Customer; derive from it to declare custom fields.

    Args:
        name: name.
        next_price: expected sum of the next purchase.
        next_date: expected date and time of the next purchase.
        responsible: responsible user, an entity or an id.
        tags: names of tags.
        contacts, company: new or existing ones; new ones are created first.
        custom: declared custom fields by their attribute names; checked at run time.
    """
