"""Pipelines (воронки) and their statuses (этапы)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from msgspec import UNSET, UnsetType

from ._attributes import Amount, Flag, Id, Plain, Text
from ._base import Entity
from ._foreign_keys import directory_object

if TYPE_CHECKING:
    from .._core.orm.identity import Origin

__all__ = ["LOST", "WON", "Pipeline", "Status", "directory_stage"]

#: Ids of the closing stages, the same in every pipeline.
WON, LOST = 142, 143


class Status(Entity):
    """Stage of a pipeline; ``crm.pipelines.save(stage)`` sends changes of an existing one.

    Args:
        name: name.
        color: one of the 21 colours of the API, such as ``#fffeb2``.
        sort: position, a whole number.
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
        self._init_from_arguments({"name": name, "color": color, "sort": sort}, {})

    @property
    def pipeline(self) -> Pipeline:
        """Its pipeline: the loaded one if the directory was read, else a reference with its id only."""
        found: Pipeline = directory_object(self._session, "pipelines", self.pipeline_id)
        return found

    @property
    def is_won(self) -> bool:
        """True for the stage of won leads."""
        return self._key == WON

    @property
    def is_lost(self) -> bool:
        """True for the stage of lost leads."""
        return self._key == LOST


class Pipeline(Entity):
    """Pipeline with its stages; ``crm.pipelines.save(pipeline)`` sends changes.

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
        raise TypeError("Pipeline must not be called; use crm.pipelines.create(name, statuses=[...])")

    @property
    def statuses(self) -> tuple[Status, ...]:
        """Stages in their order."""
        listed = self._embedded("statuses")
        if listed is UNSET:
            self._absent("statuses")
        links = self._ensure_links()
        if links.stages is None:
            links.stages = tuple(
                directory_stage(self._session, self._key, status)
                for status in sorted(listed or (), key=lambda row: row.sort if row.sort is not UNSET else 0)
            )
        return cast("tuple[Status, ...]", links.stages)

    def __getitem__(self, name: str) -> Status:
        """Return the stage with this name.

        Raises:
            KeyError: there is none; the message names the nearest ones.
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
        """Return the stage with this id.

        Raises:
            KeyError: there is none.
        """
        for status in self.statuses:
            if status._key == key:
                return status
        raise KeyError(f"{self!r} has no stage {key}")

    @property
    def won(self) -> Status:
        """Stage of won leads (142)."""
        return self.by_id(WON)

    @property
    def lost(self) -> Status:
        """Stage of lost leads (143)."""
        return self.by_id(LOST)


def directory_stage(origin: Origin | None, pipeline_id: Any, data: Any) -> Status:
    """Return the only object of a stage, which the directory of the account keeps."""
    data.pipeline_id = pipeline_id
    if origin is None:
        return Status._from_api(data, None)
    key = ("statuses", (pipeline_id, data.id))
    stage = origin.directory.objects.get(key)
    if stage is None:
        stage = origin.directory.objects[key] = Status._from_api(data, origin)
    else:
        stage._refresh_from(data)
    return stage
