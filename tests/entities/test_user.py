"""Users are created and not changed."""

from __future__ import annotations

import pytest

from amocrm import User


def test_users_and_tags_are_not_changed_after_they_were_created() -> None:
    """An assignment that nothing could send is refused."""
    known = User._from_api(User._model(id=7, name="Имя"), None)
    with pytest.raises(AttributeError, match="read-only"):
        known.name = "Другое"
