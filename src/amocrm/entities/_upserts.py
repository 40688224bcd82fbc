"""How rows are found, updated or created, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, Literal, TypeAlias, TypedDict, TypeVar

import msgspec

from .._core.arguments import shown_value
from .._core.orm.lookup_planner import Find, Means
from .._core.orm.outcome import Report
from ..errors import AmoCRMError
from ..fields._base import Field
from ._base import Entity

__all__ = ["Duplicates", "Rules", "UpsertEntry", "UpsertReport", "UpsertRules", "Upserts"]

T = TypeVar("T", bound=Entity)

UpsertAction: TypeAlias = Literal[
    "pending", "created", "updated", "unchanged", "rejected", "repeated", "keyless", "unknown", "skipped"
]
OnMany: TypeAlias = Literal["reject", "oldest", "newest", "skip"] | Callable[[T, Sequence[T]], T | None]
OnRepeat: TypeAlias = Literal["error", "last", "merge"]
OnKeyless: TypeAlias = Literal["reject", "create", "skip"]


class UpsertRules(TypedDict, Generic[T], total=False):
    """Arguments of every upsert; see ``AsyncSession.upsert_all``."""

    new: Mapping[str, Any] | None
    on_many: OnMany[T]
    replace: Collection[Any]
    sure: bool
    on_repeat: OnRepeat
    on_keyless: OnKeyless
    find: Find


class Rules(msgspec.Struct, kw_only=True):
    """How the rows of one call are looked for and what becomes of them; see ``AsyncSession.upsert_all``."""

    new: Mapping[str, Any] | None = None
    on_many: OnMany[Any] = "reject"
    on_repeat: OnRepeat = "error"
    on_keyless: OnKeyless = "reject"
    find: Find = "auto"
    sure: bool = True
    replace: Collection[Any] = ()
    #: False leaves records that are found as they are.
    is_changing: bool = True

    def check(self, cls: type[Entity]) -> None:
        """Raise TypeError unless ``new`` names attributes of a class and ``replace`` its fields."""
        for name in self.new or ():
            if not hasattr(cls, name):
                raise TypeError(f"new must name attributes of {cls.__name__}, got {name!r}")
        for field in self.replace:
            owner = field.owner if isinstance(field, Field) else object()
            if owner is not None and not (isinstance(owner, type) and issubclass(cls, owner)):
                raise TypeError(
                    f"replace must name fields of {cls.__name__}, got {shown_value(field)}; "
                    "write for example replace={Contact.phones}; take tags and links off the record itself"
                )


class UpsertEntry(msgspec.Struct, Generic[T], eq=False):
    """One row of an upsert.

    Attributes:
        row: the object that was given.
        entity: the object that stands for the record; the row itself, unless the session had another one.
        action: what the commit did; before it, what it is going to do.
        key: the values of the key in words, empty without any.
        matches: ids of the records that have the key.
        found_by: how they were found, None where nothing was found.
        reason: why the row was not written, or what is worth knowing, empty without.
        error: the error behind it.
    """

    row: T
    entity: T
    action: UpsertAction = "pending"
    key: str = ""
    matches: tuple[int, ...] = ()
    found_by: Means | Literal["session"] | None = None
    reason: str = ""
    error: AmoCRMError | None = None

    def __repr__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"<UpsertEntry {self.action} {self.entity!r}{why}>"

    def settle(self, report: Report[Entity]) -> None:
        """Take what became of the object in a commit."""
        if self.action not in ("created", "updated"):
            return
        results = {result.outcome.value: result for result in report.of(self.entity)}
        for action in ("skipped", "rejected", "unknown"):  # the worst last
            if (result := results.get(action)) is not None:
                self.action, self.reason, self.error = action, result.reason, result.error

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        names = ("action", "key", "matches", "found_by", "reason")
        plain = {"id": self.entity._key, **{name: getattr(self, name) for name in names}}
        return {**plain, "matches": list(self.matches)}


class Upserts(tuple[UpsertEntry[T], ...]):
    """The rows of one call, in their order."""

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {action}" for action, number in self.counts().items())
        return f"<{type(self).__name__}: {counts or 'no rows'}>"

    @cached_property
    def _by_row(self) -> dict[int, UpsertEntry[T]]:
        return {id(entry.row): entry for entry in reversed(self)}

    def of(self, row: T) -> UpsertEntry[T]:
        """Return the entry of a row.

        Raises:
            KeyError: the row was not given to this call.
        """
        return self._by_row[id(row)]

    def counts(self) -> Mapping[UpsertAction, int]:
        """Return the number of rows by action."""
        return dict(Counter(entry.action for entry in self))

    def _with(self, *actions: UpsertAction) -> list[UpsertEntry[T]]:
        return [entry for entry in self if entry.action in actions]

    @property
    def created(self) -> list[UpsertEntry[T]]:
        """Rows without a record."""
        return self._with("created")

    @property
    def updated(self) -> list[UpsertEntry[T]]:
        """Rows whose record differed."""
        return self._with("updated")

    @property
    def unchanged(self) -> list[UpsertEntry[T]]:
        """Rows whose record holds everything already."""
        return self._with("unchanged")

    @property
    def rejected(self) -> list[UpsertEntry[T]]:
        """Rows that were not written: several records have their key, they have none, or the server refused."""
        return self._with("rejected", "keyless")

    def to_dict(self) -> dict[str, Any]:
        """Return counts and entries as plain values, ready for JSON."""
        return {"counts": dict(self.counts()), "entries": [entry.to_dict() for entry in self]}


class Duplicates(msgspec.Struct, Generic[T], frozen=True, eq=False):
    """Records that share a key.

    Attributes:
        key: the key in words.
        records: the records, the oldest first.
    """

    key: str
    records: tuple[T, ...]

    def __repr__(self) -> str:
        return f"<Duplicates {self.key}: {', '.join(str(record.id) for record in self.records)}>"


class UpsertReport(Upserts[T]):
    """The rows of one call and the commit that wrote them.

    Attributes:
        commit: the report of the commit.
        duplicates: keys that several records have after the commit; empty unless ``verify=True`` looked.
    """

    commit: Report[Entity]
    duplicates: tuple[Duplicates[T], ...] = ()
