"""Fields are changed without losing values."""
# GENERATED from tests/shell_async/orm/test_field_lists.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from unittest.mock import ANY

import pytest

from amocrm import Catalog, CatalogElement, Lead
from amocrm._sync.client import AmoCRM
from amocrm._sync.orm.field_lists import FieldList
from amocrm.fields import Definition
from amocrm_sandbox import Sandbox

from ..crm import bodies

pytestmark = pytest.mark.anyio


def test_options_are_sent_with_their_ids(sandbox: Sandbox, crm: AmoCRM) -> None:
    """An option that is sent without its id would be a new one, and the values of the old one lost."""
    fields = crm.fields[Lead]
    assert isinstance(fields, FieldList)
    (made,) = fields.create(Definition(name="Город", type="select", options=["Казань", "Мск"]))

    fields.change(made.id, rename_options={"Мск": "Москва"}, add_options=["Тверь"])

    ((sent,),) = bodies(sandbox, "update_custom_fields")
    ids = {option.value: option.id for option in made.enums or ()}  # type: ignore[union-attr]
    assert [(one.get("id"), one["value"]) for one in sent["enums"]] == [
        (ids["Казань"], "Казань"),
        (ids["Мск"], "Москва"),
        (None, "Тверь"),
    ]


def test_what_has_no_options_is_changed_by_one_request(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Options are read only when options change; a label that is not there is named."""
    (made,) = crm.fields[Lead].create(Definition(name="Город", type="select", options=["Казань"]))
    sandbox.journal.reset()

    crm.fields[Lead].change(made.id, name="Место")

    assert sandbox.journal.total == 1
    with pytest.raises(LookupError, match="no option 'Омск'; it has Казань"):
        crm.fields[Lead].change(made.id, remove_options=["Омск"])


def test_only_what_was_given_is_changed(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Each argument goes under its key; the other options keep their ids; the next write reads the field anew."""
    fields = crm.fields[Lead]
    (made,) = fields.create(Definition(name="Город", type="select", options=["Казань", "Мск"]))
    crm.fields.load(Lead)

    fields.change(made.id, sort=7, is_api_only=True, remove_options=["Мск"])

    ((sent,),) = bodies(sandbox, "update_custom_fields")
    assert sent == {
        "id": made.id,
        "sort": 7,
        "is_api_only": True,
        "enums": [{"id": made.enums[0].id, "value": "Казань", "sort": 1}],  # type: ignore[index,union-attr]
        "request_id": ANY,
    }
    assert "leads" not in crm.directory.fields


def test_a_class_of_elements_names_its_list(sandbox: Sandbox, crm: AmoCRM) -> None:
    """Each list has fields of its own."""
    sandbox.act("PATCH", "/api/v4/customers/mode", {"mode": "segments", "is_enabled": True})
    catalog = crm.catalogs.create(Catalog("Цвета"))
    for owner, path in (
        ("leads", "leads/custom_fields"),
        ("segments", "customers/segments/custom_fields"),
        (f"catalogs/{catalog.id}", f"catalogs/{catalog.id}/custom_fields"),
    ):
        crm.fields[owner].list()
        assert list(sandbox.journal)[-1].target.startswith(f"/api/v4/{path}")
    with pytest.raises(TypeError, match="must name its list"):
        _ = crm.fields[CatalogElement]
    with pytest.raises(TypeError, match="have no groups"):
        _ = crm.fields["segments"].groups
