"""The tags of an entity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSet
from typing import TYPE_CHECKING, Any, Self, cast, overload

from msgspec import UNSET

from .._core.orm.tracking import SetChanges
from ._relations import Relation

if TYPE_CHECKING:
    from ._holder import Holder

__all__ = ["TagSet", "Tags"]


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

    def add(self, value: str) -> None:
        """Adds a tag; a name that the account does not have yet is created."""
        self._state.add(_tag_name(value))
        self._entity._touch()

    def discard(self, value: str) -> None:
        """Takes a tag off; works without having read the entity."""
        self._state.remove(_tag_name(value))
        self._entity._touch()

    def update(self, names: Iterable[str]) -> None:
        """Adds several tags."""
        for name in names:
            self.add(name)

    def clear(self) -> None:
        """Takes all tags off."""
        self._state.assign(())
        self._entity._touch()


def _tag_name(value: Any) -> str:
    name = value if isinstance(value, str) else getattr(value, "name", None)
    if not isinstance(name, str) or not name:
        raise TypeError(f"a tag is a name or a Tag, not {type(value).__name__}")
    return name


class Tags(Relation):
    """The tags of an entity."""

    kind = "tags"

    def state(self, entity: Holder) -> SetChanges[str]:
        """The tracked names."""
        related = entity._relations()
        if "tags" not in related:
            related["tags"] = SetChanges(self._read(entity))
        return cast("SetChanges[str]", related["tags"])

    def _read(self, entity: Holder) -> list[str] | None:
        if entity._key is None:
            return []
        embedded = entity._embedded("tags")
        return None if embedded is UNSET else [tag.name for tag in embedded or () if tag.name]

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Holder, owner: Any) -> TagSet: ...
    def __get__(self, instance: Holder | None, owner: Any) -> Any:
        return self if instance is None else TagSet(instance, self.state(instance))

    def __set__(self, instance: Holder, value: Iterable[str]) -> None:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise TypeError(
                f"tags are several names; put one into a set: {{{value or 'vip'!r}}} (no tags: set())"
            )
        self.state(instance).assign([_tag_name(one) for one in value])
        instance._touch()

    def rebase(self, entity: Holder) -> None:
        """Takes the tags of a fresh answer."""
        read = self._read(entity)
        if read is not None and "tags" in (entity._related or {}):
            self.state(entity).rebase(read)
