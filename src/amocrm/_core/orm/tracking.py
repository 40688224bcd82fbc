"""Local changes, kept as an overlay over what the server said.

Nothing is copied until something changes. Setting a value back to what the server has removes it from
the overlay: an entity which looks as before is clean again. A commit takes the changes off once,
when it is planned; what is in flight is remembered, and a change made meanwhile, even a change back,
stays a change.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET

__all__ = ["OneValue", "Overlay", "SetChanges", "SetSent"]

K = TypeVar("K", bound=Hashable)
Same = Callable[[Any, Any], bool]


class Overlay(msgspec.Struct, Generic[K], eq=False):
    """Local values by key, over originals that are kept elsewhere.

    Example:
        >>> local = Overlay()
        >>> local.set("price", 5, original=1); bool(local)
        True
        >>> local.set("price", 1, original=1); bool(local)
        False
    """

    _local: dict[K, Any] = {}
    _bases: dict[K, Any] | None = None
    _in_flight: Mapping[K, Any] | None = None

    def __bool__(self) -> bool:
        return bool(self._local)

    def __len__(self) -> int:
        return len(self._local)

    def __iter__(self) -> Iterator[K]:
        return iter(tuple(self._local))

    def __contains__(self, key: object) -> bool:
        return key in self._local

    def get(self, key: K) -> Any:
        """Return the local value, ``UNSET`` where nothing was changed."""
        return self._local.get(key, UNSET)

    def base(self, key: K) -> Any:
        """Return the original that was shown when the value was last set, ``UNSET`` if none was."""
        return UNSET if self._bases is None else self._bases.get(key, UNSET)

    def set(self, key: K, value: Any, original: Any = UNSET, same: Same = operator.eq) -> None:
        """Record a local value; ``original`` is the server's (``UNSET``: unknown)."""
        if original is not UNSET:
            if (self._in_flight is None or key not in self._in_flight) and same(original, value):
                self.discard(key)
                return
            if self._bases is None:
                self._bases = {}
            self._bases[key] = original
        if self._local is self._in_flight:
            self._local = dict(self._local)
        if key in self._local:
            del self._local[key]  # the order is that of the last assignments
        self._local[key] = value

    def _own(self) -> dict[K, Any]:
        """Return the local values to change them; what is in flight is lent and stays as it is."""
        if self._local is self._in_flight:
            self._local = dict(self._local)
        return self._local

    def discard(self, key: K) -> None:
        """Forget the local value of a key."""
        self._own().pop(key, None)
        if self._bases is not None:
            self._bases.pop(key, None)

    def clear(self) -> None:
        """Forget all local values."""
        self._local, self._bases = {}, None

    def rename(self, old: K, new: K) -> None:
        """Move a local value to another key; of two values the one that was assigned last stays."""
        if old not in self._local or old == new:
            return
        order, local = list(self._local), self._own()
        value = local.pop(old)
        if new not in local or order.index(new) < order.index(old):
            local[new] = value
        if self._bases is not None and old in self._bases:
            self._bases[new] = self._bases.pop(old)

    def pending(self) -> Mapping[K, Any]:
        """Return what a commit would send now; it stays as it is once it is in flight."""
        return self._local

    def begin_flush(self, sent: Mapping[K, Any]) -> None:
        """Note that ``sent`` is in flight."""
        self._in_flight = sent

    def confirm(self, sent: Mapping[K, Any], same: Same = operator.eq) -> bool:
        """Note that the server took ``sent``: values that equal it are no changes any more.

        Returns:
            Whether a change is left.
        """
        self._in_flight = None
        if sent is self._local or sent == self._local:
            self._local, self._bases = {}, None
            return False
        for key, value in sent.items():
            if key in self._local and same(self._local[key], value):
                self.discard(key)
        return bool(self._local)

    def revert(self, original: Callable[[K], Any], same: Same = operator.eq) -> None:
        """Note that the server did not take it: what equals the original again is no change."""
        self._in_flight = None
        self.rebase(original, same)

    def lose(self) -> None:
        """Note that the server may have taken it or not: all local values stay changes."""
        self._in_flight = None

    def rebase(self, original: Callable[[K], Any], same: Same = operator.eq) -> None:
        """Note that the originals were read anew: local values win, equal ones are no changes any more."""
        for key in self:
            if self._in_flight is not None and key in self._in_flight:
                continue
            value = original(key)
            if value is not UNSET and same(value, self._local[key]):
                self.discard(key)


class OneValue(msgspec.Struct, eq=False):
    """One value with its local change: the company of a lead, the main contact.

    Attributes:
        base: what the server has, ``UNSET`` while it is unknown.
        local: what it is to be, ``UNSET`` without a change.
    """

    base: Any = UNSET
    local: Any = UNSET
    _in_flight: bool = False

    def __copy__(self) -> OneValue:
        return OneValue(self.base, self.local)

    def __bool__(self) -> bool:
        return self.local is not UNSET

    @property
    def value(self) -> Any:
        """The local value, else the server's, ``UNSET`` while neither is known."""
        return self.base if self.local is UNSET else self.local

    def set(self, value: Any) -> None:
        """Record a local value."""
        self.local = UNSET if not self._in_flight and self.base is value else value

    def clear(self) -> None:
        """Forget the local value."""
        self.local = UNSET

    def forget_base(self) -> None:
        """Note that the server's value is not known any more; a local one is kept."""
        self.base = UNSET

    def pending(self) -> Any:
        """Return what a commit would send now."""
        return self.local

    def begin_flush(self) -> None:
        """Note that the local value is in flight."""
        self._in_flight = True

    def confirm(self, value: Any) -> None:
        """Note that the server has this value now."""
        self._in_flight = False
        self.base = value
        if self.local is value:
            self.local = UNSET

    def revert(self) -> None:
        """Note that the server did not take it."""
        self._in_flight = False
        self.rebase(self.base)

    def lose(self, value: Any) -> None:
        """Note that the server may have taken this value or not."""
        self._in_flight = False
        if self.local is not value:  # another one was chosen meanwhile, which takes its place
            self.base = value

    def rebase(self, base: Any) -> None:
        """Note that the value was read anew; a local one is kept."""
        self.base = base
        if not self._in_flight and base is not UNSET and self.local is base:
            self.local = UNSET


class SetSent(NamedTuple, Generic[K]):
    """Changes of a set as they were sent: added, removed, or the whole new content."""

    added: tuple[K, ...] = ()
    removed: tuple[K, ...] = ()
    replace: tuple[K, ...] | None = None


class SetChanges(Generic[K]):
    """Changes of a set whose remote content may be unknown.

    ``base`` is the remote content in its order, ``None`` while it was not loaded. Adding and removing work
    in both cases; only reading needs a base (or a replacement).
    """

    __slots__ = ("_added", "_base", "_index", "_removed", "_replace")

    #: How many members got a key so far; an index that was made before does not have them.
    keys_given: ClassVar[int] = 0

    def __init__(self, base: Iterable[K] | None = None) -> None:
        self._index: tuple[int, dict[Any, Any]] | None = None
        self._base: dict[K, None] | None = None if base is None else dict.fromkeys(base)
        self._added: dict[K, None] | None = None
        self._removed: dict[K, None] | None = None
        self._replace: dict[K, None] | None = None

    def __copy__(self) -> SetChanges[K]:
        set_changes: SetChanges[K] = SetChanges(self._base)
        set_changes._added = None if self._added is None else dict(self._added)
        set_changes._removed = None if self._removed is None else dict(self._removed)
        set_changes._replace = None if self._replace is None else dict(self._replace)
        return set_changes

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

    @property
    def added(self) -> tuple[K, ...]:
        """What is to be added, or what a replacement holds."""
        return tuple(self._added or ()) if self._replace is None else tuple(self._replace)

    def holds(self, key: K) -> bool:
        """Return whether it is in the remote content or in the changes."""
        return any(part and key in part for part in (self._base, self._added, self._removed, self._replace))

    def like(self, entity: Any) -> Any:
        """Return the member with the ``_key`` of an entity, None without one; a look-up, however many there are."""
        if self._index is None or self._index[0] != SetChanges.keys_given:
            members: tuple[Any, ...] = (*(self._base or ()), *self.added)
            self._index = SetChanges.keys_given, {member._key: member for member in members}
        member = self._index[1].get(entity._key)
        return member if member is not None and self.holds(member) else None

    def content(self) -> tuple[K, ...]:
        """Return the content as it will be; ask only when ``loaded``."""
        if self._replace is not None:
            return tuple(self._replace)
        if not self._base:
            return tuple(self._added or ())
        members = {**self._base, **(self._added or {})}
        return tuple(key for key in members if key not in self._removed) if self._removed else tuple(members)

    def add(self, key: K) -> None:
        """Add; adding what was removed before the last commit takes the removal back."""
        if self._index is not None:
            member: Any = key
            self._index[1][member._key] = member
        if self._replace is not None:
            self._replace[key] = None
            return
        if self._removed:
            self._removed.pop(key, None)
        if self._base is None or key not in self._base:
            self._added = _with(self._added, key)

    def remove(self, key: K) -> None:
        """Remove; removing what was added before the last commit takes the addition back."""
        if self._replace is not None:
            self._replace.pop(key, None)
            return
        if self._added:
            self._added.pop(key, None)
        if self._base is None or key in self._base:
            self._removed = _with(self._removed, key)

    def assign(self, keys: Iterable[K]) -> None:
        """Set the whole content; with an unknown base it becomes a replacement."""
        wanted = dict.fromkeys(keys)
        self._added = self._removed = self._index = None
        if self._base is None:
            self._replace = wanted
            return
        self._added = {key: None for key in wanted if key not in self._base} or None
        self._removed = {key: None for key in self._base if key not in wanted} or None

    def clear(self) -> None:
        """Forget all changes."""
        self._added = self._removed = self._replace = None

    def forget_base(self) -> None:
        """Note that the remote content is not known any more; changes are kept."""
        self._base = None

    def pending(self) -> SetSent[K]:
        """Return what a commit would send now."""
        replace = None if self._replace is None else tuple(self._replace)
        return SetSent(tuple(self._added or ()), tuple(self._removed or ()), replace)

    def begin_flush(self) -> None:
        """Note that the changes are in flight: additions and removals are compared when they arrive."""

    def revert(self) -> None:
        """Note that the server did not take what was in flight: it is a change still."""

    def confirm(self, sent: SetSent[K]) -> None:
        """Note that the server took ``sent``: it belongs to the base, later changes stay changes."""
        if sent.replace is not None:
            wanted = self.content()
            self._base, self._replace = dict.fromkeys(sent.replace), None
            self.assign(wanted)
            return
        base = {} if self._base is None else self._base
        for key in sent.removed:
            if self._removed and key in self._removed:
                del self._removed[key]
            elif key in base:  # added again while it was in flight
                self._added = _with(self._added, key)
            base.pop(key, None)
        for key in sent.added:
            if self._added and key in self._added:
                del self._added[key]
            elif self._base is not None and key not in base:  # removed again while it was in flight
                self._removed = _with(self._removed, key)
            base[key] = None

    def lose(self, sent: SetSent[K]) -> None:
        """Note that the server may have taken ``sent`` or not: it stays a change, and its opposite is one."""
        if self._base is None:
            return
        for key in sent.added:
            self._base[key] = None
            if not self._added or key not in self._added:  # removed again while it was in flight
                self._removed = _with(self._removed, key)
        for key in sent.removed:
            self._base.pop(key, None)
            if not self._removed or key not in self._removed:
                self._added = _with(self._added, key)

    def rebase(self, base: Iterable[K]) -> None:
        """Note that the remote content was read anew; local additions and removals are kept."""
        added, removed, replace = self._added, self._removed, self._replace
        self._index = None
        self._base, self._added, self._removed, self._replace = dict.fromkeys(base), None, None, None
        if replace is not None:
            self.assign(replace)
            return
        for key in added or ():
            self.add(key)
        for key in removed or ():
            self.remove(key)


def _with(keys: dict[K, None] | None, key: K) -> dict[K, None]:
    """Return the keys with another one; most sets never get any."""
    keys = {} if keys is None else keys
    keys[key] = None
    return keys
