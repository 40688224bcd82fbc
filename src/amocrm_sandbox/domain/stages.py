"""Pipelines and their stages, as other areas ask for them."""

from __future__ import annotations

from typing import Any

from ..storage.store import Store

__all__ = [
    "CLOSED",
    "LOST",
    "WON",
    "first_stage",
    "main_pipeline",
    "pipeline_of",
    "renumber",
    "stage",
    "stages",
    "unsorted_stage",
]

WON, LOST = 142, 143
CLOSED = frozenset({WON, LOST})


def stages(store: Store, pipeline_id: int) -> list[dict[str, Any]]:
    """Return the stages of a pipeline by sort."""
    return sorted(store.documents(f"statuses:{pipeline_id}").values(), key=lambda status: status["sort"])


def stage(store: Store, pipeline_id: int, status_id: int) -> dict[str, Any] | None:
    """Return one stage of a pipeline, or None."""
    return store.document(f"statuses:{pipeline_id}", status_id)


def first_stage(store: Store, pipeline_id: int) -> int:
    """Return the id of the first regular stage; of 142 in a pipeline that has none."""
    regular = [status["id"] for status in stages(store, pipeline_id) if status["type"] == 0]
    return int(regular[0])


def unsorted_stage(store: Store, pipeline_id: int) -> int:
    """Return the id of the stage of incoming leads."""
    return int(next(status["id"] for status in stages(store, pipeline_id) if status["type"] == 1))


def main_pipeline(store: Store) -> int:
    """Return the id of the main pipeline."""
    pipelines = store.documents("pipelines").values()
    return int(
        next(
            (pipeline["id"] for pipeline in pipelines if pipeline["is_main"]),
            min(store.documents("pipelines")),
        )
    )


def pipeline_of(store: Store, status_id: int) -> int | None:
    """Return the pipeline of an ordinary stage, or None."""
    for pipeline_id in store.documents("pipelines"):
        if status_id in store.documents(f"statuses:{pipeline_id}"):
            return pipeline_id
    return None


def renumber(store: Store, pipeline_id: int) -> None:
    """Give the regular stages the sorts 20, 30 and so on, in their order, as the server does after every change."""
    regular = [status for status in stages(store, pipeline_id) if status["is_editable"]]
    for index, status in enumerate(regular):
        sort = 20 + index * 10
        if status["sort"] != sort:
            store.put(f"statuses:{pipeline_id}", {**status, "sort": sort})
