"""The stage of a lead."""

from __future__ import annotations

import pytest

from amocrm.entities import Lead, Stage, Status
from tests.entities.leads import body, read


def test_a_stage_brings_its_pipeline() -> None:
    """Assigning a stage sets both ids."""
    lead = read()
    lead.status = Status._from_api(Status._model(id=142, pipeline_id=31), None)
    assert body(lead) == {"id": 5, "status_id": 142, "pipeline_id": 31}
    assert (lead.status.id, lead.status.is_won) == (142, True)


def test_a_stage_can_be_a_constant() -> None:
    """A pair of ids stands for a stage where one is assigned, given to a constructor or compared with."""
    lead = read()
    lead.status = Stage(31, 142)
    assert body(lead) == {"id": 5, "status_id": 142, "pipeline_id": 31}
    assert (lead.status.id, lead.status.is_won) == (142, True)
    assert Lead(status=Stage(31, 7)).pipeline_id == 31
    assert Lead.status.in_(Stage(31, 142), Stage(32, 142)).values == ((31, 142), (32, 142))
    assert Stage(31, 142) in {Stage(31, 142)}
    with pytest.raises(
        TypeError, match=r"write Stage\(pipeline_id, status_id\), or take one of crm\.pipelines\.all\(\)"
    ):
        lead.status = 142  # type: ignore[assignment]
