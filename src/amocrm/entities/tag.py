"""Tags (теги)."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from ._attributes import Text
from ._base import Entity

__all__ = ["Tag"]


class Tag(Entity):
    """Tag in the directory of leads, contacts or companies; entities have tags by name: ``lead.tags``.

    Args:
        name: name; the same name has another id in the directory of another entity type.
        color: six hexadecimal digits without ``#``, for tags of leads only.
    """

    _kind = "tags"
    _names = ("tags", "Tag", "TagFilter", None)

    name = Text(fixed=True)
    color = Text(fixed=True)

    def __init__(self, name: str, *, color: str | UnsetType | None = UNSET) -> None:
        self._init_from_arguments({"name": name, "color": color}, {})
