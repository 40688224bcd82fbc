"""What a commit must read before it is sent: definitions of named fields, options, the newest ids."""

from __future__ import annotations

from collections import Counter
from typing import Any

from amocrm._core.orm.doubt import Doubt, stamp_of, stamp_refs
from amocrm._core.orm.identity import IdentityMap
from amocrm._core.orm.operations import LIST, Operation
from amocrm.entities._base import Entity
from amocrm.entities._collecting import Collected
from amocrm.entities._scope import path_of
from amocrm.fields._base import Field

from .account import AsyncAccountState
from .reconciling import AsyncReconciling

__all__ = ["AsyncLookups"]

#: Kinds whose newest id proves what is not stored: their lists can be read from the newest.
_MARKED = frozenset({"leads", "contacts", "companies", "customers", "tasks", "notes"})


class AsyncLookups:
    """The reads and values that a session adds to its commits.

    Args:
        account: the account.
        identities: the session's objects.
        stamp: field that takes a unique value for each new object.
        mark: whether the newest id of a kind may be read first; None decides by what it brings.
        batch_size: highest number of items in a request.
    """

    def __init__(
        self,
        account: AsyncAccountState,
        identities: IdentityMap,
        stamp: Field[Any, Any] | None,
        mark: bool | None,
        batch_size: int | None,
    ) -> None:
        if stamp is not None:
            _check_field("stamp", stamp)
        self._account = account
        self._map = identities
        self._stamp = stamp
        self._mark = mark
        self._batch_size = batch_size

    def unnamed(self, collected: Collected) -> list[str]:
        """Return the kinds whose definitions must be read, because a changed field is known by its name."""
        definitions = self._account.directory.fields
        kinds = dict.fromkeys(
            entity._field_kind
            for entity in collected.entities
            if (state := entity._custom_fields) is not None
            and (
                any(state.name_of(ref) is not None for ref in state.local)
                if entity._field_kind in definitions
                else state.needs_definitions()
            )
        )
        return [kind for kind in kinds if kind not in definitions or definitions[kind].is_stale]

    async def resolve(self, collected: Collected) -> bool:
        """Put changes of named fields under the ids of the account; return whether something was read."""
        unnamed = self.unnamed(collected)
        for kind in unnamed:
            await self._account.definitions(kind)
        lacking: set[str] = set()
        for entity in collected.entities:
            state, definitions = entity._custom_fields, self._account.directory.fields.get(entity._field_kind)
            if state is None or definitions is None:
                continue
            try:
                state.resolve(definitions)
            except LookupError:
                definitions.is_stale = True  # the field may be made before the next commit
                raise
            items = [(ref, item) for ref in state.local for item in state.local.get(ref)]
            if any(definitions.lacks_option(ref, item.value, item.enum_id) for ref, item in items):
                lacking.add(entity._field_kind)
        # An option that is missing may have been added since the definitions were read.
        for kind in sorted(lacking):
            await self._account.read_definitions(kind)
        return bool(unnamed or lacking)

    def unmarked(self, collected: Collected) -> dict[str, Operation]:
        """Return the list of each kind whose newest id is read before the commit, because none was seen."""
        marks = self._account.directory.marks
        # The first commit of a client pays nothing: its answers are the marks of the next ones.
        if self._mark is False or not (self._mark or self._stamp is not None or marks.commits):
            return {}
        counts: Counter[str] = Counter()
        first: dict[str, Entity] = {}
        for entity in collected.entities:
            if entity._kind in _MARKED and _needs_mark(entity):
                counts[entity._kind] += 1
                first.setdefault(entity._kind, entity)
        pays = 0 if self._mark or self._stamp is not None else min(250, self._batch_size or 250)
        return {
            kind: Operation(LIST[kind], path_of(entity, LIST[kind]))
            for kind, entity in first.items()
            if counts[kind] > pays and marks.highest(kind) is None
        }

    async def read_marks(self, collected: Collected) -> bool:
        """Read the newest ids that are missing; return whether there were any."""
        lists = self.unmarked(collected)
        for kind, operation in lists.items():
            await AsyncReconciling(self._account, self._map).read_mark(kind, dict(operation.path))
        return bool(lists)

    @property
    def stamp_ref(self) -> tuple[str, Any] | None:
        return None if self._stamp is None else self._stamp.ref

    def add_stamps(self, collected: Collected) -> None:
        if self._stamp is None:
            return
        from secrets import token_hex

        for entity in collected.entities:
            declared = type(entity)._declared.get(self._stamp.attribute)
            new = entity._key is None and entity._doubt is None
            if new and declared is self._stamp and not entity._field_items(self._stamp):
                self._stamp.__set__(entity, token_hex(12))

    def key_of(self, entity: Entity, doubt: Doubt, key: Field[Any, Any]) -> Any:
        """Return reference and value of a natural key in what was sent."""
        _check_field("key", key)
        refs = stamp_refs(key.ref, self._account.directory.fields.get(entity._field_kind))
        stamp = stamp_of(doubt.body, {*refs, entity._fields().canonical(key.ref)})
        if stamp is None:
            raise ValueError(f"{entity!r} was sent without a value in {key!r}: reconcile it without key=")
        return stamp


def _needs_mark(entity: Entity) -> bool:
    """Return whether an id that was seen before helps to prove that a creation is not stored."""
    if entity._key is not None or entity._doubt is not None:
        return False
    parent = None if entity._links is None else entity._links.parent
    return (
        entity._kind != "notes" or parent is None or parent._key is not None
    )  # all notes of a new one are new


def _check_field(name: str, value: object) -> None:
    """Raise TypeError unless the value is a declared custom field."""
    if not isinstance(value, Field):
        raise TypeError(
            f"{name} must be a declared custom field such as Deal.import_key, got {value!r}; "
            'declare one: import_key = fields.Text(name="Import key")'
        )
