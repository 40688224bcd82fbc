"""Pipelines (воронки) and their statuses (этапы)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from msgspec import UNSET, UnsetType

from ._attributes import Amount, Flag, Id, Plain, Text
from ._base import Entity

if TYPE_CHECKING:
    from .._core.orm.identity import Origin

__all__ = ["LOST", "WON", "Pipeline", "Status", "directory_stage"]

#: Ids of the system stages, the same in every pipeline.
WON, LOST = 142, 143


class Status(Entity):
    """A stage of a pipeline. ``crm.pipelines.save(stage)`` sends changes of one that exists.

    Args:
        name: name.
        color: one of the 21 colours that the API takes, such as ``#fffeb2``.
        sort: position.
    """

    _kind = "statuses"
    _names = ("pipelines", "PipelineStatus", None, None)

    name = Text()
    color = Text()
    sort = Amount()
    descriptions = Plain["list[Any] | None"](readonly=True)
    pipeline_id = Id(readonly=True)
    type = Amount(readonly=True)
    is_editable = Flag(readonly=True, nullable=False)
    account_id = Id(readonly=True)

    def __init__(self, name: str, *, color: str | UnsetType = UNSET, sort: int | UnsetType = UNSET) -> None:
        self._start({"name": name, "color": color, "sort": sort}, {})

    @property
    def is_won(self) -> bool:
        """Whether this is the stage of won leads."""
        return self._key == WON

    @property
    def is_lost(self) -> bool:
        """Whether this is the stage of lost leads."""
        return self._key == LOST


class Pipeline(Entity):
    """A pipeline with its stages; see ``crm.pipelines``. ``crm.pipelines.save(pipeline)`` sends changes.

    Example:
        >>> sales = crm.pipelines.by_name("Продажи")
        >>> lead.status = sales["Переговоры"]
    """

    _kind = "pipelines"
    _names = ("pipelines", "Pipeline", None, None)

    name = Text()
    sort = Amount()
    is_main = Flag(nullable=False)
    is_unsorted_on = Flag(nullable=False)
    is_archive = Flag(readonly=True, nullable=False)
    account_id = Id(readonly=True)

    def __init__(self) -> None:
        raise TypeError("pipelines are created by crm.pipelines.create(name, statuses=[...])")

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The stages in their order."""
        listed = self._embedded("statuses")
        if listed is UNSET:
            self._absent("statuses")
        links = self._ensure_links()
        if links.stages is None:
            links.stages = tuple(
                directory_stage(self._session, self._key, one)
                for one in sorted(listed or (), key=lambda one: one.sort if one.sort is not UNSET else 0)
            )
        return cast("tuple[Status, ...]", links.stages)

    def __getitem__(self, name: str) -> Status:
        """The stage of this name.

        Raises:
            KeyError: there is none; names the nearest ones.
        """
        names = {str(status.name): status for status in self.statuses}
        if name in names:
            return names[name]
        from difflib import get_close_matches

        near = get_close_matches(name, names, 3)
        raise KeyError(
            f"{self!r} has no stage {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else "")
        )

    def __iter__(self) -> Iterator[Status]:
        return iter(self.statuses)

    def by_id(self, key: int) -> Status:
        """The stage with this id.

        Raises:
            KeyError: there is none.
        """
        for status in self.statuses:
            if status._key == key:
                return status
        raise KeyError(f"{self!r} has no stage {key}")

    @property
    def won(self) -> Status:
        """The stage of won leads (142)."""
        return self.by_id(WON)

    @property
    def lost(self) -> Status:
        """The stage of lost leads (143)."""
        return self.by_id(LOST)


def directory_stage(origin: Origin | None, pipeline_id: Any, data: Any) -> Status:
    """The one object of a stage; it is kept in the directory of the account."""
    data.pipeline_id = pipeline_id
    if origin is None:
        return Status._from(data, None)
    key = ("statuses", (pipeline_id, data.id))
    known = origin.directory.objects.get(key)
    if known is None:
        known = origin.directory.objects[key] = Status._from(data, origin)
    else:
        known._absorb(data)
    return known
