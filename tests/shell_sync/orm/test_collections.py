"""Records of all kinds in sessions and through their collections."""
# GENERATED from tests/shell_async/orm/test_collections.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import pytest

from amocrm import (
    Catalog,
    CatalogElement,
    Contact,
    FlushError,
    Lead,
    LossReason,
    NotFoundError,
    Source,
    Status,
    ValidationError,
    WebsiteButton,
)
from amocrm._sync.client import AmoCRM
from amocrm._sync.orm.collections import Records, WritableRecords
from amocrm_sandbox import Drop, Sandbox

from ..crm import bodies, client_of

pytestmark = pytest.mark.anyio


def test_one_commit_writes_records_of_many_kinds(sandbox: Sandbox, crm: AmoCRM) -> None:
    """What is written in batches shares requests, what is written one by one takes one each."""
    catalog = crm.catalogs.create(Catalog("Цвета"))

    with crm.session() as s:
        reasons = s.add_all([LossReason("Дорого"), LossReason("Долго")])
        s.add_all([CatalogElement(name, catalog_id=catalog.id) for name in ("белый", "синий")])
        s.add(Lead(name="Заказ"))
    for reason in reasons:
        reason.name = f"{reason.name}!"
    with crm.session() as s:
        s.add_all(reasons)
        assert s.plan().requests == 2

    assert len(bodies(sandbox, "create_loss_reasons")) == 1
    assert [len(body) for body in bodies(sandbox, "create_catalog_elements")] == [2]
    assert bodies(sandbox, "update_loss_reason") == [{"name": "Дорого!"}, {"name": "Долго!"}]
    assert [one.name for one in crm.catalogs[catalog].elements] == ["белый", "синий"]


def test_what_was_read_of_an_owner_is_written_there(sandbox: Sandbox, crm: AmoCRM) -> None:
    """A note does not say whether it belongs to a lead or a contact: the list does, where it was read."""
    with crm.session() as s:
        contact = s.add(Contact(name="Анна"))
        contact.notes.add("раз")
    for query in (crm.notes.of(contact), crm.notes.of(Contact)):
        (note,) = query.all()
        assert isinstance(note.entity, Contact)
        assert note.entity.id == contact.id
        with crm.session() as s:
            s.add(note).text = f"{note.text}!"
    assert [note.text for note in crm.notes.of(contact)] == ["раз!!"]
    changes = [entry.target for entry in sandbox.journal if entry.operation == "update_notes"]
    assert [target.split("?")[0] for target in changes] == ["/api/v4/contacts/notes"] * 2


def test_what_was_refused_is_raised_as_it_is(crm: AmoCRM) -> None:
    """A call of one request raises the error of the server; only a mixed result is a report."""
    with pytest.raises(ValidationError, match="trusted_websites"):
        crm.website_buttons.create(WebsiteButton(pipeline_id=1))
    with pytest.raises(NotFoundError):
        crm.sources.get(999)


def test_a_creation_without_an_answer_is_in_doubt(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Lists of other kinds prove nothing, so the doubt stays until the caller decides."""
    sandbox.faults.add(Drop(after_commit=True), operation="create_sources")
    session = crm.session()
    source = session.add(Source("Сайт", "site"))
    with pytest.raises(FlushError):
        session.commit()

    report = session.reconcile(settle=0)

    assert [result.reason for result in report.unknown] == [
        "lists of sources prove nothing: read the list, then adopt() or resend()"
    ]
    (stored,) = crm.sources.all()
    assert session.adopt(source, stored.id).name == "Сайт"


def test_a_stage_with_leads_is_not_deleted_by_chance(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Its leads would move to the first stage without a word: the error counts them, and nothing is sent."""
    sales = crm.pipelines.create("Продажи", statuses=["Первый", "Второй"])
    stages = crm.pipelines[sales].statuses
    added = stages.create(Status("Третий"))
    assert [one.name for one in (crm.pipelines.get(sales.id)).statuses][1:4] == [
        "Первый",
        "Второй",
        "Третий",
    ]
    with crm.session() as s:
        s.add_all([Lead(name=str(number), status=added) for number in range(3)])

    with pytest.raises(ValueError, match="has 3 leads"):
        stages.delete(added)
    assert stages.get(added.id)
    assert stages.count_leads(added) == stages.count_leads(added.id) == 3
    stages.delete(added, move_leads=True)
    stages.delete(sales["Второй"])

    assert [one.name for one in (crm.pipelines.get(sales.id)).statuses][1:2] == ["Первый"]
    assert {
        lead.status.name for lead in crm.leads.query().preload(Lead.status).all() if lead.status
    } == {"Первый"}


def test_what_the_api_lacks_is_said(crm: AmoCRM) -> None:
    """A collection that is only read has no method to write; another one refuses what it cannot do."""
    assert isinstance(crm.events, Records)
    assert not hasattr(crm.currencies, "create")
    with pytest.raises(AttributeError, match="no operation to create an Event; it has: list, get"):
        _ = crm.events.create  # type: ignore[attr-defined]
    assert isinstance(crm.leads, WritableRecords)
    with pytest.raises(TypeError, match="no operation to delete a Lead; it has: list, get, create, update"):
        crm.leads.delete(17)
    with pytest.raises(TypeError, match=r"without catalog_id; write crm\.catalogs\[6101\]\.elements"):
        crm.query(CatalogElement)


def test_a_class_of_one_list_is_queried_like_a_lead(sandbox: Sandbox, crm: AmoCRM) -> None:
    """The list is named once, where the class is declared."""
    catalog = crm.catalogs.create(Catalog("Цвета"))

    class Colour(CatalogElement, catalog_id=catalog.id):
        pass

    with crm.session() as s:
        s.add(Colour("белый"))

    other = client_of(sandbox)
    assert [one.name for one in other.query(Colour)] == ["белый"]
    (found,) = other.query(Colour).all()
    with other.session() as s:
        s.add(found).name = "чёрный"
    assert (other.get(Colour, found.id)).name == "чёрный"
