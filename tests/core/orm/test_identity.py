"""The identity map of a session."""

from __future__ import annotations

from amocrm import Lead
from amocrm._core.orm.identity import Directory, IdentityMap
from amocrm_gen.models import leads


def test_clean_objects_do_not_live_for_the_session() -> None:
    """The identity map is weak for clean objects and strong for changed ones."""
    known = IdentityMap(Directory())
    clean = known.make(Lead, leads.Lead(id=1, price=1))
    assert known.make(Lead, leads.Lead(id=1, price=1)) is clean
    known.make(Lead, leads.Lead(id=2, price=1)).price = 2
    del clean
    assert known.find(Lead, 1) is None
    changed = known.find(Lead, 2)
    assert changed is not None
    assert changed.price == 2
