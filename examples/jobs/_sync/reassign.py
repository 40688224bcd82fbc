"""Give everything of one user to another: deals, contacts, companies, open tasks.

With the filter option: the pages of what he has, and 1 request for 250 changes. Without it the whole lists are read
and compared here, except for tasks, whose filters are free.
"""
# GENERATED from examples/jobs/_async/reassign.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from amocrm import AmoCRM, Company, Contact, Lead, Task, User

__all__ = ["reassign"]


def reassign(crm: AmoCRM, old: User | int, new: User | int) -> dict[str, int]:
    """Return how many of each kind were given to the new user."""
    queries = {
        "leads": crm.leads.where(Lead.responsible.is_(old)).scan(),
        "contacts": crm.contacts.where(Contact.responsible.is_(old)).scan(),
        "companies": crm.companies.where(Company.responsible.is_(old)).scan(),
        "tasks": crm.tasks.where(Task.responsible.is_(old), Task.is_completed.is_(False)),
    }
    counts = {}
    for kind, query in queries.items():
        report = query.update(responsible=new).commit()
        counts[kind] = len(report.applied)
    return counts
