"""What an answer shows only when it is asked for."""

from __future__ import annotations

import pytest

from amocrm import Lead, NotLoaded
from tests.entities.leads import read


def test_what_a_list_shows_only_when_asked_says_how_to_ask() -> None:
    """The call that is named brings the attribute."""
    with pytest.raises(NotLoaded, match=r"crm\.leads\.get\(5, preload=\[Lead\.source_id\]\)"):
        assert read().source_id
    with pytest.raises(NotLoaded, match=r"preload\(Lead\.loss_reason\)"):
        assert read().loss_reason
    with pytest.raises(AttributeError, match="assign loss_reason_id to change it"):
        read().loss_reason = None  # type: ignore[assignment]
    with pytest.raises(AttributeError, match=r"under crm\.api"):
        read().source = None  # type: ignore[assignment]
    assert Lead().loss_reason is None
