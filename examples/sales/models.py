"""What this account calls a company and a deal."""

from __future__ import annotations

from amocrm import Company, Lead, fields


class Account(Company):
    """A customer of the sales history."""

    sector = fields.Select(code="SECTOR")
    employees = fields.Numeric(code="EMPLOYEES")
    office = fields.Text(code="OFFICE")


class Deal(Lead):
    """An opportunity of the sales history."""

    opportunity = fields.Text(code="OPPORTUNITY")
    product = fields.Select(code="PRODUCT")
    region = fields.Select(code="REGION")
    engaged = fields.Date(code="ENGAGED")
