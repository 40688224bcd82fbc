"""Write an invoice for a deal: its lines, its payer, linked with the deal.

1 request for the lists of the account, 1 for the deal, 2 in the commit: the invoice and its link.
"""
# GENERATED from examples/jobs/_async/invoice.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Sequence

from amocrm import AmoCRM, Invoice, Lead, fields

__all__ = ["invoice_for"]


def invoice_for(
    crm: AmoCRM, lead_id: int, name: str, lines: Sequence[fields.InvoiceItemValue]
) -> Invoice:
    """Create an invoice whose payer is the company of a deal."""
    catalog = crm.catalogs.by_type("invoices")
    if catalog is None:
        raise LookupError("invoices are off in this account; turn them on in its settings")
    with crm.session() as session:
        lead = session.get(Lead, lead_id)
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
