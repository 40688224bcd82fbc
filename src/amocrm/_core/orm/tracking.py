"""What was changed locally, kept as an overlay over what the server said.

Nothing is copied until something changes. Setting a value back to what the server has removes it from
the overlay, so that an entity which looks as before is clean again. What is on its way to the server is
remembered: a change made meanwhile, even a change back, stays a change.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from msgspec import UNSET

__all__ = ["Overlay", "SetChanges", "SetSent"]

K = TypeVar("K", bound=Hashable)
Same = Callable[[Any, Any], bool]


class Overlay(Generic[K]):
    """Local values by key, over originals that somebody else holds.

    Example:
        >>> local = Overlay()
        >>> local.set("price", 5, original=1); bool(local)
        True
        >>> local.set("price", 1, original=1); bool(local)
        False
    """

    __slots__ = ("_flying", "_local")

    def __init__(self) -> None:
        self._local: dict[K, Any] = {}
        self._flying: Mapping[K, Any] = {}

    def __bool__(self) -> bool:
        return bool(self._local)

    def __len__(self) -> int:
        return len(self._local)

    def __iter__(self) -> Iterator[K]:
        return iter(tuple(self._local))

    def __contains__(self, key: object) -> bool:
        return key in self._local

    def get(self, key: K) -> Any:
        """The local value, ``UNSET`` where nothing was changed."""
        return self._local.get(key, UNSET)

    def set(self, key: K, value: Any, original: Any = UNSET, same: Same = operator.eq) -> None:
        """Records a local value; ``original`` is the server's (``UNSET``: unknown)."""
        if key not in self._flying and original is not UNSET and same(original, value):
            self._local.pop(key, None)
        else:
            self._local[key] = value

    def discard(self, key: K) -> None:
        """Forgets the local value of a key."""
        self._local.pop(key, None)

    def rename(self, old: K, new: K) -> None:
        """Moves a local value to another key; an existing value there gives way."""
        if old in self._local:
            self._local[new] = self._local.pop(old)

    def take_off(self) -> Mapping[K, Any]:
        """A copy of everything that differs, remembered as being on its way."""
        self._flying = dict(self._local)
        return self._flying

    def land(self, same: Same = operator.eq) -> Mapping[K, Any]:
        """The server took what was on its way: returned are the new originals."""
        landed, self._flying = self._flying, {}
        for key, value in landed.items():
            if key in self._local and same(self._local[key], value):
                del self._local[key]
        return landed

    def turn_back(self, original: Callable[[K], Any], same: Same = operator.eq) -> None:
        """The server did not take it: what equals the original again is no change."""
        self._flying = {}
        self.rebase(original, same)

    def rebase(self, original: Callable[[K], Any], same: Same = operator.eq) -> None:
        """The originals were read anew: local values win, equal ones are no changes any more."""
        for key in self:
            found = original(key)
            if key not in self._flying and found is not UNSET and same(found, self._local[key]):
                del self._local[key]


class SetSent(Generic[K]):
    """The changes of a set that are on their way: added, removed, or the whole new content."""

    __slots__ = ("added", "removed", "replace")

    def __init__(self, added: Iterable[K], removed: Iterable[K], replace: Iterable[K] | None) -> None:
        self.added = tuple(added)
        self.removed = tuple(removed)
        self.replace = None if replace is None else tuple(replace)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.replace is not None)


class SetChanges(Generic[K]):
    """Changes of a set whose remote content may be unknown.

    ``base`` is the remote content in its order, ``None`` while it was not loaded. Adding and removing work
    in both cases; only reading needs a base (or a replacement).
    """

    __slots__ = ("_added", "_base", "_removed", "_replace")

    def __init__(self, base: Iterable[K] | None = None) -> None:
        self._base: dict[K, None] | None = None if base is None else dict.fromkeys(base)
        self._added: dict[K, None] = {}
        self._removed: dict[K, None] = {}
        self._replace: dict[K, None] | None = None

    def __copy__(self) -> SetChanges[K]:
        made: SetChanges[K] = SetChanges(self._base)
        made._added, made._removed = dict(self._added), dict(self._removed)
        made._replace = None if self._replace is None else dict(self._replace)
        return made

    def __bool__(self) -> bool:
        return bool(self._added or self._removed or self._replace is not None)

    @property
    def loaded(self) -> bool:
        """Whether the content can be told."""
        return self._base is not None or self._replace is not None

    @property
    def base(self) -> tuple[K, ...] | None:
        """The remote content."""
        return None if self._base is None else tuple(self._base)

    def content(self) -> tuple[K, ...]:
        """The content as it will be; ask only when ``loaded``."""
        if self._replace is not None:
            return tuple(self._replace)
        return (*(key for key in self._base or () if key not in self._removed), *self._added)

    def add(self, key: K) -> None:
        """Adds; adding what was removed before the last commit takes the removal back."""
        if self._replace is not None:
            self._replace[key] = None
            return
        self._removed.pop(key, None)
        if self._base is None or key not in self._base:
            self._added[key] = None

    def remove(self, key: K) -> None:
        """Removes; removing what was added before the last commit takes the addition back."""
        if self._replace is not None:
            self._replace.pop(key, None)
            return
        self._added.pop(key, None)
        if self._base is None or key in self._base:
            self._removed[key] = None

    def assign(self, keys: Iterable[K]) -> None:
        """Sets the whole content; with an unknown base it becomes a replacement."""
        wanted = dict.fromkeys(keys)
        self._added, self._removed = {}, {}
        if self._base is None:
            self._replace = wanted
            return
        self._added = {key: None for key in wanted if key not in self._base}
        self._removed = {key: None for key in self._base if key not in wanted}

    def take_off(self) -> SetSent[K]:
        """The changes as they stand, to be sent."""
        return SetSent(self._added, self._removed, self._replace)

    def land(self, sent: SetSent[K]) -> None:
        """The server took ``sent``: it belongs to the base, later changes stay changes."""
        wanted = self.content() if self.loaded else None
        if sent.replace is not None:
            self._base, self._replace = dict.fromkeys(sent.replace), None
        elif self._base is not None:
            kept = [key for key in self._base if key not in sent.removed]
            self._base = dict.fromkeys((*kept, *sent.added))
        if wanted is not None and self._base is not None:
            self.assign(wanted)
            return
        for key in sent.added:
            self._added.pop(key, None)
        for key in sent.removed:
            self._removed.pop(key, None)

    def rebase(self, base: Iterable[K]) -> None:
        """The remote content was read anew; local additions and removals are kept."""
        added, removed, replace = self._added, self._removed, self._replace
        self._base, self._added, self._removed, self._replace = dict.fromkeys(base), {}, {}, None
        if replace is not None:
            self.assign(replace)
            return
        for key in added:
            self.add(key)
        for key in removed:
            self.remove(key)
