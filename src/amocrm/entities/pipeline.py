"""Pipelines (воронки) and their statuses (этапы)."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Self, overload

from msgspec import UNSET, UnsetType

from amocrm_gen.models import pipelines as _models

from .._core.filters import Condition, check
from ._attributes import Amount, Flag, Id, Text
from ._base import Entity
from ._relations import Relation, _value, directory_object

if TYPE_CHECKING:
    from .._core.identity import Origin

__all__ = ["LOST", "WON", "Pipeline", "StagePointer", "Status"]

#: Ids of the system stages, the same in every pipeline.
WON, LOST = 142, 143


class Status(Entity):
    """A stage of a pipeline.

    Args:
        name: name.
        color: one of the 21 colours that the API takes, such as ``#fffeb2``.
        sort: position.
    """

    _kind = "statuses"
    _model = _models.PipelineStatus

    name = Text()
    color = Text()
    sort = Amount()
    pipeline_id = Id(readonly=True)
    type = Amount(readonly=True)
    is_editable = Flag(readonly=True, nullable=False)
    account_id = Id(readonly=True)

    def __init__(
        self, name: str, *, color: str | UnsetType = UNSET, sort: int | UnsetType = UNSET
    ) -> None:
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
    """A pipeline with its stages; see ``crm.pipelines``.

    Example:
        >>> sales = crm.pipelines.get(31)
        >>> lead.status = sales["Переговоры"]
    """

    _kind = "pipelines"
    _model = _models.Pipeline

    name = Text()
    sort = Amount(readonly=True)
    is_main = Flag(readonly=True, nullable=False)
    is_unsorted_on = Flag(readonly=True, nullable=False)
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
        related = self._relations()
        if "stages" not in related:
            related["stages"] = _Stages(
                directory_stage(self._session, self._key, one)
                for one in sorted(listed or (), key=lambda one: one.sort if one.sort is not UNSET else 0)
            )
        return tuple(related["stages"])

    def __getitem__(self, name: str) -> Status:
        """The stage of this name.

        Raises:
            KeyError: there is none; names the nearest ones.
        """
        names = {str(status.name): status for status in self.statuses}
        if name in names:
            return names[name]
        near = get_close_matches(name, names, 3)
        raise KeyError(f"{self!r} has no stage {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else ""))

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


class _Stages(tuple[Status, ...]):
    """Stages of a pipeline, kept beside its links; they are no change of it."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


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
    return known  # type: ignore[no-any-return]


class StagePointer(Relation):
    """The stage of a lead: assigning one sets stage and pipeline together.

    Filters need both as well: ``Lead.status.in_(sales["Переговоры"], sales.won)``.
    """

    kind = "statuses"

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: Entity, owner: Any) -> Status: ...
    def __get__(self, instance: Entity | None, owner: Any) -> Any:
        if instance is None:
            return self
        status, pipeline = _value(instance, "status_id"), _value(instance, "pipeline_id")
        if status is UNSET:
            return instance._absent(self.attribute)
        return directory_object(instance._session, "statuses", (None if pipeline is UNSET else pipeline, status))

    def __set__(self, instance: Entity, value: Status) -> None:
        status, pipeline = _pair(value)
        instance._set("status_id", status)
        if pipeline is not None:
            instance._set("pipeline_id", pipeline)

    def in_(self, *values: Any) -> Condition:
        """The lead is in one of these stages; give ``Status`` objects, which know their pipelines."""
        pairs = []
        for value in values:
            status, pipeline = _pair(value)
            if pipeline is None:
                raise ValueError(f"{value!r} does not know its pipeline; take the stage from crm.pipelines")
            pairs.append((pipeline, status))
        condition = Condition(
            kind=self.owner._kind,
            key="statuses",
            op="in",
            get=_stage_of,
            shown=f"{self!r} in {values!r}",
            values=tuple(pairs),
        )
        check(condition, self.owner._filter)
        return condition

    def is_(self, value: Any) -> Condition:
        """The lead is in this stage."""
        return self.in_(value)


def _stage_of(item: Any) -> Any:
    return UNSET if item.status_id is UNSET or item.pipeline_id is UNSET else (item.pipeline_id, item.status_id)


def _pair(value: Any) -> tuple[int, int | None]:
    if isinstance(value, tuple) and len(value) == 2:
        return value[1], value[0]
    if not isinstance(value, Status) or value._key is None:
        raise TypeError(f"a stage of crm.pipelines is needed, not {value!r}")
    pipeline = value._data.pipeline_id
    return value._key, None if pipeline is UNSET else pipeline
