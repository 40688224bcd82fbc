"""Stage of a lead: status and pipeline, which are always set and compared together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec
from msgspec import UNSET

from .._core.arguments import shown_value
from .._core.orm.filters import Condition, check
from ._foreign_keys import directory_object, shared_account
from ._relations import Assigned, take_account

if TYPE_CHECKING:
    from ._holder import Holder
    from .pipeline import Status

__all__ = ["Stage", "StageKey"]


class Stage(msgspec.Struct, frozen=True):
    """Ids of a stage and of its pipeline: a constant, such as ``amocrm models`` writes.

    It is taken wherever a ``Status`` is: by ``lead.status``, ``Lead.status.in_(...)`` and by handlers of
    webhooks (``status=stage``), which then compare both ids.

    Example:
        >>> Lead(name="Заказ 17", status=Stage(5100001, 51000003))
        <Lead new 'Заказ 17'>
    """

    pipeline_id: int
    id: int


class StageKey(Assigned["Status"]):
    """Foreign key to the stage of a lead; assigning one sets status and pipeline together.

    Filters need both as well: ``Lead.status.in_(sales["Переговоры"], sales.won)``.
    """

    kind = "statuses"
    form = "key"
    clearing = "assign another one, since a lead always has it"

    def _value(self, instance: Holder) -> Any:
        status, pipeline = instance._current_value("status_id"), instance._current_value("pipeline_id")
        if status is UNSET:
            return instance._absent(self.attribute)
        return directory_object(
            instance._session, "statuses", (None if pipeline is UNSET else pipeline, status)
        )

    def __set__(self, instance: Holder, value: Status | Stage) -> None:
        status, pipeline = _pair(value)
        take_account(instance, value)
        instance._set("status_id", status)
        if pipeline is not None:
            instance._set("pipeline_id", pipeline)

    def in_(self, *values: Status | Stage | tuple[int, int]) -> Condition:
        """Require one of these stages; give ``Status`` or ``Stage`` objects, which know their pipelines."""
        pairs = []
        for value in values:
            status, pipeline = _pair(value)
            if pipeline is None:
                raise ValueError(f"the stage must have a pipeline, got {value!r}; take it from crm.pipelines")
            pairs.append((pipeline, status))
        condition = Condition(
            kind=self.owner._kind,
            key="statuses",
            op="in",
            get=_stage_of,
            shown=f"{self!r} in {values!r}",
            values=tuple(pairs),
            account=shared_account(values),
        )
        check(condition, self.owner._filter)
        return condition

    def is_(self, value: Status | Stage | tuple[int, int]) -> Condition:
        """Require this stage."""
        return self.in_(value)


def _stage_of(item: Any) -> Any:
    return (
        UNSET if item.status_id is UNSET or item.pipeline_id is UNSET else (item.pipeline_id, item.status_id)
    )


def _pair(value: Any) -> tuple[int, int | None]:
    """Return the ids of stage and pipeline of a ``Status``, a ``Stage``, or a pair of pipeline id and stage id."""
    if isinstance(value, Stage):
        return value.id, value.pipeline_id
    if type(value) is tuple and len(value) == 2 and all(type(part) is int for part in value):
        pipeline_id, status_id = cast("tuple[int, int]", value)
        return status_id, pipeline_id
    key = getattr(value, "_key", None)
    if key is None or getattr(value, "_kind", "") != "statuses":
        raise TypeError(
            f"the stage must be a Status of crm.pipelines or Stage(pipeline_id, status_id), "
            f"got {shown_value(value)}; write Stage(pipeline_id, status_id), or take one of crm.pipelines.all()"
        )
    pipeline = cast("Status", value)._data.pipeline_id
    return key, None if pipeline is UNSET else pipeline
