"""Write an invoice for a deal: its lines, its payer, linked with the deal.

1 request for the lists of the account, 1 for the deal, 2 in the commit: the invoice and its link.
"""

from __future__ import annotations

from collections.abc import Sequence

from amocrm import AsyncAmoCRM, Invoice, Lead, fields

__all__ = ["invoice_for"]


async def invoice_for(
    crm: AsyncAmoCRM, lead_id: int, name: str, lines: Sequence[fields.InvoiceItemValue]
) -> Invoice:
    """Create an invoice whose payer is the company of a deal."""
    catalog = await crm.catalogs.by_type("invoices")
    if catalog is None:
        raise LookupError("invoices are off in this account; turn them on in its settings")
    async with crm.session() as session:
        lead = await session.get(Lead, lead_id)
        payer = lead.company  # its id comes with every deal
        invoice = session.add(
            Invoice(
                name,
                catalog_id=catalog.id,
                status="Создан",
                items=lines,
                payer=None
                if payer is None
                else fields.PayerValue(entity_id=payer.id, entity_type=payer._kind),
            )
        )
        lead.catalog_elements.add(invoice)
    return invoice
