"""What became of each row of an upsert."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, Literal, TypeAlias, TypeVar, overload

from .._core.orm.lookup_planner import Means
from .._core.orm.outcome import Outcome, Report
from ..errors import AmoCRMError
from ._base import Entity

__all__ = [
    "Duplicates",
    "UpsertEntry",
    "OnKeyless",
    "OnMany",
    "OnRepeat",
    "UpsertAction",
    "UpsertReport",
    "Upserts",
]

T = TypeVar("T", bound=Entity)

UpsertAction: TypeAlias = Literal[
    "pending", "created", "updated", "unchanged", "rejected", "repeated", "keyless", "unknown", "skipped"
]
OnMany: TypeAlias = Literal["reject", "oldest", "newest", "skip"] | Callable[[T, Sequence[T]], T | None]
OnRepeat: TypeAlias = Literal["error", "last", "merge"]
OnKeyless: TypeAlias = Literal["reject", "create", "skip"]


class UpsertEntry(Generic[T]):
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

    __slots__ = ("action", "entity", "error", "found_by", "key", "matches", "reason", "row")

    def __init__(self, row: T) -> None:
        self.row: T = row
        self.entity: T = row
        self.action: UpsertAction = "pending"
        self.key = ""
        self.matches: tuple[int, ...] = ()
        self.found_by: Means | Literal["session"] | None = None
        self.reason = ""
        self.error: AmoCRMError | None = None

    def __repr__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"<UpsertEntry {self.action} {self.entity!r}{why}>"

    def settle(self, report: Report[Entity]) -> None:
        """Take what became of the object in a commit."""
        if self.action not in ("created", "updated"):
            return
        outcomes = {result.outcome: result for result in report.of(self.entity)}
        for outcome, action in _WORSE:
            if outcome in outcomes:
                result = outcomes[outcome]
                self.action, self.reason, self.error = action, result.reason, result.error
                return

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "id": self.entity._key,
            "action": self.action,
            "key": self.key,
            "matches": list(self.matches),
            "found_by": self.found_by,
            "reason": self.reason,
        }


_WORSE: tuple[tuple[Outcome, UpsertAction], ...] = (
    (Outcome.UNKNOWN, "unknown"),
    (Outcome.REJECTED, "rejected"),
    (Outcome.SKIPPED, "skipped"),
)


class Upserts(Sequence[UpsertEntry[T]]):
    """The rows of one call, in their order."""

    def __init__(self, entries: Sequence[UpsertEntry[T]]) -> None:
        self._entries = entries
        self._by_row = {id(entry.row): entry for entry in reversed(entries)}

    @overload
    def __getitem__(self, index: int) -> UpsertEntry[T]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[UpsertEntry[T]]: ...
    def __getitem__(self, index: int | slice) -> UpsertEntry[T] | Sequence[UpsertEntry[T]]:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[UpsertEntry[T]]:
        return iter(self._entries)

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {action}" for action, number in self.counts().items())
        return f"<{type(self).__name__}: {counts or 'no rows'}>"

    def of(self, row: T) -> UpsertEntry[T]:
        """Return the entry of a row.

        Raises:
            KeyError: the row was not given to this call.
        """
        return self._by_row[id(row)]

    def counts(self) -> Mapping[UpsertAction, int]:
        """Return the number of rows by action."""
        return dict(Counter(entry.action for entry in self._entries))

    def _with(self, action: UpsertAction) -> list[UpsertEntry[T]]:
        return [entry for entry in self._entries if entry.action == action]

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
        return [entry for entry in self._entries if entry.action in ("rejected", "keyless")]

    def to_dict(self) -> dict[str, Any]:
        """Return counts and entries as plain values, ready for JSON."""
        return {"counts": dict(self.counts()), "entries": [entry.to_dict() for entry in self._entries]}


class Duplicates(Generic[T]):
    """Records that share a key.

    Attributes:
        key: the key in words.
        records: the records, the oldest first.
    """

    __slots__ = ("key", "records")

    def __init__(self, key: str, records: Sequence[T]) -> None:
        self.key = key
        self.records: tuple[T, ...] = tuple(records)

    def __repr__(self) -> str:
        return f"<Duplicates {self.key}: {', '.join(str(one.id) for one in self.records)}>"


class UpsertReport(Upserts[T]):
    """The rows of one call and the commit that wrote them.

    Attributes:
        commit: the report of the commit.
        duplicates: keys that several records have after the commit; empty unless ``verify=True`` looked.
    """

    def __init__(
        self,
        entries: Sequence[UpsertEntry[T]],
        commit: Report[Entity],
        duplicates: Sequence[Duplicates[T]] = (),
    ) -> None:
        super().__init__(entries)
        self.commit = commit
        self.duplicates: tuple[Duplicates[T], ...] = tuple(duplicates)
