"""The tags of an entity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSet
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from .._core.arguments import checked, shown
from .._core.orm.tracking import SetChanges
from ._relations import Assigned, check_accounts

if TYPE_CHECKING:
    from ._generated.tags import Tag
    from ._holder import Holder

__all__ = ["TagSet", "Tags"]


@checked(own=("__init__",))
class TagSet(MutableSet[str]):
    """Names of tags. Adding and removing changes the entity and nothing else: other people's tags stay.

    Example:
        >>> lead.tags.add("vip"); lead.tags.discard("cold"); "vip" in lead.tags
        True
    """

    __slots__ = ("_entity", "_state")

    def __init__(self, entity: Holder, state: SetChanges[str]) -> None:
        self._entity, self._state = entity, state

    def _content(self) -> tuple[str, ...]:
        if not self._state.loaded:
            self._entity._absent("tags")
        return self._state.content()

    def __contains__(self, name: object) -> bool:
        return name in self._content()

    def __iter__(self) -> Iterator[str]:
        return iter(self._content())

    def __len__(self) -> int:
        return len(self._content())

    def __repr__(self) -> str:
        return repr(set(self._content())) if self._state.loaded else "<tags, not loaded>"

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> Any:
        # Results of & | - are plain sets: they belong to no entity.
        return set(it)

    def add(self, value: str | Tag) -> None:
        """Add a tag; a name that the account does not have yet is created."""
        self._state.add(_tag_name(self._entity, value))
        self._entity._touch()

    def discard(self, value: str | Tag) -> None:
        """Remove a tag; the entity need not have been read."""
        self._state.remove(_tag_name(self._entity, value))
        self._entity._touch()

    def update(self, names: Iterable[str | Tag]) -> None:
        """Add several tags."""
        for name in names:
            self.add(name)

    def clear(self) -> None:
        """Remove all tags."""
        self._state.assign(())
        self._entity._touch()


def _tag_name(holder: Holder, value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    check_accounts(holder, value)
    name = getattr(value, "name", None)
    if not isinstance(name, str) or not name:
        got = repr(value) if isinstance(value, str) else type(value).__name__
        raise TypeError(f"a tag must be a name or a Tag, got {got}; write for example 'vip'")
    return name


class Tags(Assigned[TagSet]):
    """The tags of an entity."""

    kind = "tags"
    form = "names"
    clearing = "assign set() to clear it"

    def _tracked(self, entity: Holder) -> SetChanges[str]:
        embedded = getattr(entity._data, "embedded", UNSET)
        return SetChanges([] if entity._key is None else self._read(embedded))

    def _read(self, embedded: Any) -> list[str] | None:
        tags = UNSET if embedded is UNSET else getattr(embedded, "tags", UNSET)
        return None if tags is UNSET else [tag.name for tag in tags or () if tag.name]

    def _value(self, instance: Holder) -> TagSet:
        return TagSet(instance, self.state(instance))

    def __set__(self, instance: Holder, value: Iterable[str]) -> None:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise TypeError(
                f"tags must be a set or list of names, got {shown(value)}; write {{'vip'}} for one, or set() for none"
            )
        self.state(instance).assign([_tag_name(instance, item) for item in value])
        instance._touch()

    def rebase(self, entity: Holder, embedded: Any) -> None:
        """Take the tags of a fresh answer, which says nothing about them when it does not contain them."""
        state, read = self.known_state(entity), self._read(embedded)
        if state is not None and read is not None:
            state.rebase(read)
