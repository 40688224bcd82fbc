"""Which generated operation writes or reads what.

The areas of the operations are imported when they are first used; their facts (limits, how an answer
is matched) come with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final, Protocol, cast

import msgspec

from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.wire import Request, Response

__all__ = ["CREATE", "GET", "LIST", "UPDATE", "Endpoint", "Operation", "endpoint"]


class Endpoint(Protocol):
    """The part of a generated operation that the facade uses."""

    OP: Op

    def request(self, **parameters: Any) -> Request: ...

    def parse(self, response: Response) -> Any: ...


@cache
def endpoint(name: str) -> Endpoint:
    """Return a generated operation, named ``area.operation_id``."""
    area, _, operation = name.partition(".")
    return cast(Endpoint, getattr(import_module(f"amocrm_gen.api.{area}"), operation))


class Operation(msgspec.Struct, frozen=True, gc=False):
    """An operation with the parameters of its path: what can share one request."""

    name: str
    path: tuple[tuple[str, str], ...] = ()

    @property
    def op(self) -> Op:
        """Its facts."""
        return endpoint(self.name).OP

    @property
    def target(self) -> str:
        """Its path with the parameters filled in."""
        target = self.op.path
        for key, value in self.path:
            target = target.replace("{" + key + "}", value)
        return target

    def request(self, body: Any) -> Request:
        """The request with this body."""
        return endpoint(self.name).request(body=body, **dict(self.path))

    def parse(self, response: Response) -> Any:
        """The parsed answer; raises the error of an error status."""
        return endpoint(self.name).parse(response)


LIST: Final[Mapping[str, str]] = {
    "leads": "leads.list_leads",
    "contacts": "contacts.list_contacts",
    "companies": "companies.list_companies",
    "customers": "customers.list_customers",
    "tasks": "tasks.list_tasks",
    "notes": "notes.list_notes",
    "tags": "tags.list_tags",
    "users": "users.list_users",
    "pipelines": "pipelines.list_pipelines",
}
GET: Final[Mapping[str, str]] = {
    "leads": "leads.get_lead",
    "contacts": "contacts.get_contact",
    "companies": "companies.get_company",
    "customers": "customers.get_customer",
    "tasks": "tasks.get_task",
    "users": "users.get_user",
    "pipelines": "pipelines.get_pipeline",
}
CREATE: Final[Mapping[str, str]] = {
    "leads": "leads.create_leads",
    "contacts": "contacts.create_contacts",
    "companies": "companies.create_companies",
    "customers": "customers.create_customers",
    "tasks": "tasks.create_tasks",
    "notes": "notes.create_notes",
}
UPDATE: Final[Mapping[str, str]] = {
    "leads": "leads.update_leads",
    "contacts": "contacts.update_contacts",
    "companies": "companies.update_companies",
    "customers": "customers.update_customers",
    "tasks": "tasks.update_tasks",
    "notes": "notes.update_notes",
}
