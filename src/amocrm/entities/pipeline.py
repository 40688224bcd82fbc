"""Pipelines (воронки) and their statuses (этапы)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from msgspec import UNSET, UnsetType

from .._core.arguments import checked
from .._core.validation import did_you_mean
from ._base import arguments
from ._foreign_keys import directory_object
from ._generated import pipelines as _generated
from ._relations import take_account

if TYPE_CHECKING:
    from amocrm_gen.models.pipelines import PipelineStatusDescriptionCreate

    from .._core.orm.identity import Origin

__all__ = ["LOST", "WON", "Pipeline", "Status", "directory_stage"]

#: Ids of the closing stages, the same in every pipeline.
WON, LOST = 142, 143


@checked()
class Status(_generated.Status):
    """Stage of a pipeline; ``crm.pipelines.save(stage)`` sends changes of an existing one.

    Args:
        name: name.
        color: one of the 21 colours of the API, such as ``#fffeb2``.
        sort: position, a whole number.
        descriptions: hints of the stage as the API takes them.
        pipeline_id: its pipeline, unless it is created by ``crm.pipelines[1].statuses``.
    """

    def __init__(
        self,
        name: str,
        sort: int | UnsetType = UNSET,
        *,
        color: str | UnsetType = UNSET,
        descriptions: list[PipelineStatusDescriptionCreate] | UnsetType = UNSET,
        pipeline_id: int | UnsetType = UNSET,
    ) -> None:
        self._init_from_arguments(arguments(locals()), {})

    @property
    def pipeline(self) -> Pipeline:
        """Its pipeline: the loaded one if the directory was read, else a reference with its id only."""
        result: Pipeline = directory_object(self._session, "pipelines", self.pipeline_id)
        return result

    @property
    def is_won(self) -> bool:
        """True for the stage of won leads."""
        return self._key == WON

    @property
    def is_lost(self) -> bool:
        """True for the stage of lost leads."""
        return self._key == LOST


@checked(statuses='write statuses=["New", "Paid"]')
class Pipeline(_generated.Pipeline):
    """Pipeline with its stages; ``crm.pipelines.save(pipeline)`` sends changes.

    Args:
        name: its name.
        sort: position; that of the main pipeline is set by the server.
        is_main: whether it becomes the main one.
        is_unsorted_on: whether it has a stage of incoming leads.
        statuses: ordinary stages in their order, as names or ``Status`` objects with colours; the system stages
            (won, lost, unsorted) come by themselves.
        won, lost: other names for the stages of won and lost leads.

    Example:
        >>> sales = crm.pipelines.by_name("Продажи")
        >>> lead.status = sales["Переговоры"]
    """

    def __init__(
        self,
        name: str,
        sort: int = 100,
        is_unsorted_on: bool = True,
        *,
        is_main: bool = False,
        statuses: Iterable[str | Status] = (),
        won: str | None = None,
        lost: str | None = None,
    ) -> None:
        stages = [Status(status) if isinstance(status, str) else status for status in statuses]
        self._init_from_arguments(arguments(locals(), without=("statuses", "won", "lost", "stages")), {})
        for stage in stages:
            take_account(self, stage)
        nested = [_body(stage, place) for place, stage in enumerate(stages, 1)]
        nested += [
            {"id": key, "name": title} for key, title in ((WON, won), (LOST, lost)) if title is not None
        ]
        if nested:
            self._ensure_links().embedded = {"statuses": nested}

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
        if name not in names:
            raise KeyError(f"{self!r} has no stage {name!r}{did_you_mean(name, names, 3)}")
        return names[name]

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


def _body(stage: Status, place: int) -> dict[str, Any]:
    item = {
        "name": stage._current_value("name"),
        "sort": place * 10 + 10 if stage._current_value("sort") is UNSET else stage.sort,
    }
    return item if stage._current_value("color") is UNSET else {**item, "color": stage.color}


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
