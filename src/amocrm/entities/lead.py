"""Leads (сделки)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._attributes import Flag
from ._embedded import EmbeddedOne
from ._generated import leads as _generated
from ._many_links import ManyLinks

if TYPE_CHECKING:
    from amocrm_gen.models.loss_reasons import LossReason

    from .customer import Customer

__all__ = ["Lead"]


class Lead(_generated.Lead):
    """Lead (a deal); derive from it to declare custom fields.

    Args:
        name: title.
        price: budget in the currency of the account. amoCRM keeps whole numbers; fractions exist in Kommo.
        status: stage, which sets its pipeline too; or give ``status_id`` and ``pipeline_id``.
        pipeline: pipeline, in whose first stage the lead is to be.
        responsible: responsible user, an entity or an id.
        tags: names of tags.
        company, contacts: new or existing ones; new ones are created first.
        created_at, closed_at: aware datetimes or Unix seconds.
        visitor_uid: id of the visitor from the tracking pixel of the site; it can be written, not read.
        custom: declared custom fields by their attribute names; checked at run time.

    Declaring a field with the name of a built-in attribute (``price``, ``source``, …) raises ``TypeError``;
    to do it on purpose, write ``class Deal(Lead, replaces={"source"})``.

    Example:
        >>> class Deal(Lead):
        ...     city = fields.Select(field_id=1278, options=City)
        ...
        >>> deal = Deal(name="Заказ 17", price=50_000, city=City.KAZAN, tags={"сайт"})
    """

    is_unsorted = Flag(readonly=True, nullable=False)
    loss_reason: EmbeddedOne[LossReason] = EmbeddedOne("loss_reason")
    customers: ManyLinks[Customer] = ManyLinks(
        "customers", needs="contacts", writable=False, through=("contacts", "company")
    )
