"""The stage of a lead."""

from __future__ import annotations

from amocrm.entities import Status
from tests.entities.leads import body, read


def test_a_stage_brings_its_pipeline() -> None:
    """Assigning a stage sets both ids."""
    lead = read()
    lead.status = Status._from_api(Status._model(id=142, pipeline_id=31), None)
    assert body(lead) == {"id": 5, "status_id": 142, "pipeline_id": 31}
    assert (lead.status.id, lead.status.is_won) == (142, True)
