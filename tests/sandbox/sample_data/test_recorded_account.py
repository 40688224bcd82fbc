"""A recording of an account, laid into a new one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from amocrm_sandbox import Builder, Response, Sandbox, fill_from

KINDS = ("leads", "contacts", "companies", "customers")
READ = (
    "account",
    "users",
    "roles",
    "leads/pipelines",
    "leads/loss_reasons",
    "catalogs",
    *(f"{kind}/custom_fields?limit=50" for kind in KINDS),
    "leads?with=contacts,catalog_elements,loss_reason&limit=250",
    "contacts?with=leads,customers&limit=250",
    "companies?with=leads,contacts&limit=250",
    "customers?with=contacts,companies",
    "tasks?limit=250",
    *(f"{kind}/notes?limit=250" for kind in ("leads", "contacts", "companies")),
    "leads/tags?limit=250",
)


def said(target: str, response: Any, status: int = 200) -> dict[str, Any]:
    return {"method": "GET", "target": f"/api/v4/{target}", "status": status, "response": response}


def write(folder: Path, *interactions: dict[str, Any]) -> Path:
    file = folder / "account.json"
    cassette = {"cassette": "amocrm record", "format": 1, "interactions": interactions}
    file.write_text(json.dumps(cassette))
    return file


def shown(answer: Response) -> Any:
    """Return a body; what is linked to an entity has no documented order."""

    def ordered(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: ordered(inner) for key, inner in node.items()}
        return sorted(map(ordered, node), key=str) if isinstance(node, list) else node

    return ordered(answer.json()) if answer.body else None


def account_in_use() -> tuple[Sandbox, list[str]]:
    sandbox = Sandbox(limits=False)
    sandbox.set_option("customers_mode", "periodicity")
    make = Builder(sandbox, seed=3)
    make.fill(30)
    customer = {"name": "К", "next_date": 1_900_000_000, "next_price": 10}
    made = sandbox.call("POST", "/api/v4/customers", [customer]).json()["_embedded"]["customers"][0]
    sandbox.call("POST", f"/api/v4/customers/{made['id']}/transactions", [{"price": 5, "comment": "x"}])
    catalog = sandbox.call("POST", "/api/v4/catalogs", [{"name": "Склад"}]).json()["_embedded"]["catalogs"][0]
    elements = f"catalogs/{catalog['id']}/elements"
    (element,) = sandbox.call("POST", f"/api/v4/{elements}", [{"name": "Стол"}]).json()["_embedded"][
        "elements"
    ]
    lead = sandbox.get("/api/v4/leads").json()["_embedded"]["leads"][0]["id"]
    link = {"to_entity_id": element["id"], "to_entity_type": "catalog_elements"}
    metadata = {"quantity": 2, "catalog_id": catalog["id"]}
    assert sandbox.call("POST", f"/api/v4/leads/{lead}/link", [{**link, "metadata": metadata}]).status == 200
    return sandbox, [*READ, f"catalogs/{catalog['id']}/custom_fields", elements, "customers/transactions"]


@pytest.mark.slow
def test_an_account_reads_as_the_one_that_was_recorded(tmp_path: Path) -> None:
    """Every answer of the recording is the answer of the filled account: ids, times, values, links, tags."""
    original, targets = account_in_use()
    answers = {target: original.get(f"/api/v4/{target}") for target in targets}
    read = [
        said(target, answer.json() if answer.body else None, answer.status)
        for target, answer in answers.items()
    ]

    copy = Sandbox(limits=False)
    counts = fill_from(copy, write(tmp_path, *read))

    assert counts["leads"] == 30
    apart = {}
    for target, answer in answers.items():
        now = copy.get(f"/api/v4/{target}")
        if target != "account" and (now.status, shown(now)) != (answer.status, shown(answer)):
            apart[target] = (shown(answer), shown(now))
    assert apart == {}


def test_what_a_lead_names_is_made_up(tmp_path: Path) -> None:
    """Field, option, stage, pipeline and user that nothing describes come from the lead; it can be changed then."""
    city = {"value": "Казань", "enum_id": 17, "enum_code": None}
    field = {
        "field_id": 5,
        "field_name": "Город",
        "field_code": None,
        "field_type": "select",
        "values": [city],
    }
    contact = {"id": 9, "is_main": True}
    lead = {
        "id": 1,
        "name": "Сделка",
        "pipeline_id": 3166396,
        "status_id": 44,
        "responsible_user_id": 504141,
        "custom_fields_values": [field],
        "_embedded": {"contacts": [contact], "tags": [{"id": 3, "name": "сайт", "color": None}]},
    }
    sandbox = Sandbox(limits=False)

    fill_from(sandbox, write(tmp_path, said("leads/1?with=contacts", lead)))

    read = sandbox.get("/api/v4/leads/1?with=contacts").json()
    assert {key: read[key] for key in ("pipeline_id", "status_id", "custom_fields_values")} == {
        key: lead[key] for key in ("pipeline_id", "status_id", "custom_fields_values")
    }
    assert [(one["id"], one["is_main"]) for one in read["_embedded"]["contacts"]] == [(9, True)]
    assert sandbox.get("/api/v4/users/504141").json()["rights"]["is_admin"] is False
    change = {"status_id": 44, "custom_fields_values": [{"field_id": 5, "values": [{"value": "Казань"}]}]}
    assert sandbox.call("PATCH", "/api/v4/leads/1", change).status == 200


def test_new_ids_go_on_after_the_recorded_ones(tmp_path: Path) -> None:
    """A creation never takes an id of the recording."""
    sandbox = Sandbox(limits=False)
    fill_from(sandbox, write(tmp_path, said("leads/10000005", {"id": 10_000_005, "name": "x"})))

    made = [sandbox.call("POST", "/api/v4/leads", [{"name": "y"}]).json() for _ in range(2)]

    assert [one["_embedded"]["leads"][0]["id"] for one in made] == [10_000_006, 10_000_007]


def test_an_account_with_leads_is_not_filled(tmp_path: Path) -> None:
    """Filling is for a new account; nothing of what is there is mixed with the recording."""
    sandbox = Sandbox(limits=False)
    sandbox.call("POST", "/api/v4/leads", [{"name": "x"}])

    with pytest.raises(ValueError, match="empty"):
        fill_from(sandbox, write(tmp_path, said("leads/1", {"id": 1, "name": "x"})))


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """A file that is no cassette is named in the message."""
    file = tmp_path / "x.json"
    file.write_text("{}")

    with pytest.raises(ValueError, match="no cassette"):
        fill_from(Sandbox(), file)
