"""One change of all entities of a query: read, then sent where it differs."""
# GENERATED from src/amocrm/_async/orm/bulk_update.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, Generic, Protocol, TypeVar, cast

from amocrm._core.orm.identity import IdentityMap
from amocrm._core.orm.outcome import Report
from amocrm._core.orm.plan import Plan
from amocrm.entities._base import Entity

from .reading import Reading

__all__ = ["BulkUpdate"]

T = TypeVar("T", bound=Entity)


class Session(Protocol):
    """The part of a session that is needed here; the module of sessions makes queries and is not imported."""

    _map: IdentityMap

    def plan(self) -> Plan:
        """Return the requests that a commit would make."""
        ...

    def commit(self) -> Report[Entity]:
        """Send the changes."""
        ...


class BulkUpdate(Generic[T]):
    """The same values for all entities of a query; see ``Query.update``.

    Args:
        query: what is read.
        values: new values by attribute.
    """

    def __init__(self, query: Reading[T], values: Mapping[str, Any]) -> None:
        self._query = query
        self._values = dict(values)
        self._session: Session | None = None

    def plan(self) -> Plan:
        """Read the entities and return the requests that ``commit`` would make; nothing is changed."""
        return (self._read()).plan()

    def commit(self) -> Report[Entity]:
        """Send what differs, 250 entities a request; read first what ``plan`` has not read.

        Raises:
            FlushError: something was not applied or is in doubt; it carries the report.
        """
        return (self._read()).commit()

    def _read(self) -> Session:
        if self._session is None:
            session: Session = cast(Any, self._query._account.connection).session()
            session._map.left = True  # a plan without a commit is not a forgotten change
            query = copy(self._query)
            query._origin = session._map
            for entity in query._entities():
                entity.update(**self._values)
            self._session = session
        return self._session
