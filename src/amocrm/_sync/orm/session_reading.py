"""The methods of a session that read entities into it."""
# GENERATED from src/amocrm/_async/orm/session_reading.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from amocrm._core.arguments import checked
from amocrm._core.orm.identity import IdentityMap
from amocrm.entities._base import Entity

from .account import AccountState
from .loading import get_entity, get_entity_or_none, query_of
from .preload import Loadable
from .query import Query

__all__ = ["SessionReading"]

T = TypeVar("T", bound=Entity)


@checked()
class SessionReading:
    """Reading, for a session: there is one object for each id, and local changes are kept."""

    _account: AccountState
    _map: IdentityMap

    def get(self, cls: type[T], key: int, *, preload: Iterable[Loadable] = ()) -> T:
        """Read one entity into the session; local changes are kept.

        Raises:
            NotFoundError: there is none.
        """
        return get_entity(self._account, cls, key, self._map, preload)

    def get_or_none(self, cls: type[T], key: int, *, preload: Iterable[Loadable] = ()) -> T | None:
        """Read one entity into the session; return ``None`` if there is none."""
        return get_entity_or_none(self._account, cls, key, self._map, preload)

    def query(self, cls: type[T]) -> Query[T]:
        """Return a list whose entities belong to this session."""
        return query_of(self._account, cls, self._map)
