"""References to users, groups and pipelines."""

from __future__ import annotations

import pytest

from amocrm import Lead, User


def test_a_user_that_was_not_created_cannot_be_responsible() -> None:
    """An id is needed."""
    with pytest.raises(ValueError, match="must have an id"):
        Lead(responsible=User("Имя", "a@example.com"))
