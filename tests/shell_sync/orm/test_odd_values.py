"""What is easily mistaken in fields and filters is refused, found again or answered without a request."""
# GENERATED from tests/shell_async/orm/test_odd_values.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import pytest

from amocrm import FlushError, Lead, Outcome, fields
from amocrm._sync.client import AmoCRM
from amocrm_sandbox import Sandbox

from ..crm import Deal, bodies

pytestmark = pytest.mark.anyio


class Loose(Lead):
    """A lead whose options are those of the account."""

    city = fields.Select(name="Город")


class Numbered(Lead):
    """A lead with a text of its own."""

    number = fields.Text(name="Номер")


@pytest.fixture
def sandbox() -> Sandbox:
    """An account where filters work."""
    return Sandbox(limits=False, api_filter=True)


def test_no_values_match_nothing_without_a_request(sandbox: Sandbox, crm: AmoCRM) -> None:
    """``in_()`` is answered here, and proves nothing about the filters of the account."""
    crm.fields.ensure(Numbered)
    crm.account()
    with crm.session() as s:
        s.add(Numbered(name="x", number="3"))
    sandbox.journal.reset()

    for empty in (
        Numbered.number.in_(),
        Numbered.id.in_(),
        Numbered.status.in_(),
        Numbered.responsible.in_(),
    ):
        assert crm.query(Numbered).where(empty).all() == []
    assert sandbox.journal.total == 0
    assert len(crm.query(Numbered).where(Numbered.number.is_("3")).all()) == 1
    assert crm.directory.filters is True


def test_long_values_are_asked_for_in_several_requests(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Values that no request line takes are cut, and each lead is given once."""
    crm.fields.ensure(Numbered)
    texts = [f"{number:03d}" + "ж" * 60 for number in range(40)]
    with crm.session() as s:
        s.add_all([Numbered(name=text[:3], number=text) for text in texts])
    sandbox.journal.reset()

    found = crm.query(Numbered).where(Numbered.number.in_(*texts)).all()

    assert sorted(str(lead.name) for lead in found) == [text[:3] for text in texts]
    assert sandbox.journal.total > 2
    assert all(len(entry.target) < 8_192 for entry in sandbox.journal)


def test_an_option_that_the_field_lacks_is_not_sent(sandbox: Sandbox, crm: AmoCRM) -> None:
    """The definitions are read once more, then the item is rejected by itself and the others are sent."""
    crm.fields.ensure(Deal)
    s = crm.session()
    bad, good = s.add(Loose(name="Заказ", city="Казнь")), s.add(Loose(name="Заказ", city="Казань"))
    with pytest.raises(FlushError, match="did you mean 'Казань'"):
        s.commit()

    assert [result.outcome for result in s.report.of(bad)] == [Outcome.REJECTED]
    assert [result.outcome for result in s.report.of(good)] == [Outcome.APPLIED]
    assert len(bodies(sandbox, "create_leads")) == 1


def test_an_option_that_was_added_meanwhile_is_sent(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Definitions that were read before do not refuse what the account has by now."""
    (made,) = crm.fields.create(
        Lead, [fields.Definition(name="Город", type="select", options=["Казань"])]
    )
    crm.fields.load(Lead)
    enums = [{"id": one.id, "value": one.value, "sort": 1} for one in made.enums]
    body = {"enums": [*enums, {"value": "Омск", "sort": 2}]}
    assert sandbox.act("PATCH", f"/api/v4/leads/custom_fields/{made.id}", body).status == 200

    with crm.session() as s:
        lead = s.add(Loose(name="x", city="Омск"))
    assert (crm.get(Loose, lead.id)).city == "Омск"


def test_a_field_that_was_made_anew_is_found_after_a_refused_commit(
    sandbox: Sandbox, crm: AmoCRM
) -> None:
    """The commit that names the dead id is refused, the next one finds the field by its name."""
    (old,) = crm.fields.create(Lead, [fields.Definition(name="Номер", type="text")])
    with crm.session() as s:
        lead = s.add(Numbered(name="x", number="1"))
    sandbox.act("DELETE", f"/api/v4/leads/custom_fields/{old.id}")
    sandbox.act("POST", "/api/v4/leads/custom_fields", [{"name": "Номер", "type": "text"}])

    fresh = crm.session()
    made, changed = fresh.add(Numbered(name="y", number="2")), fresh.ref(Numbered, lead.id)
    changed.number = "3"
    with pytest.raises(FlushError):
        fresh.commit()
    fresh.commit()

    assert (crm.get(Numbered, made.id)).number == "2"
    assert (crm.get(Numbered, lead.id)).number == "3"


def test_what_needs_a_rejected_object_is_skipped(crm: AmoCRM) -> None:
    """The note of a lead that the server refused is in the report as skipped, with the reason."""
    s = crm.session()
    lead = s.add(Lead(name="Заказ", responsible_user_id=1))
    note = lead.notes.add("текст")
    with pytest.raises(FlushError) as caught:
        s.commit()

    report = caught.value.report
    assert [result.entity for result in report.rejected] == [lead]
    assert [result.entity for result in report.skipped] == [note]
    assert all("not applied" in result.reason for result in report.skipped)


@pytest.mark.parametrize("value", ["3", None])
def test_a_field_that_was_written_is_known(
    sandbox: Sandbox, crm: AmoCRM, value: str | None
) -> None:
    """Of an object whose fields were never read: it can be read, and the same value is no change."""
    crm.fields.ensure(Numbered)
    with crm.session() as s:
        made = s.add(Numbered(name="x"))
    ours, other = crm.session(), crm.session()
    for s, lead in ((ours, ours.add(made)), (other, other.ref(Numbered, made.id))):
        lead.number = value
        s.commit()
        assert lead.number == value
        lead.number = value
        assert not s.plan()
