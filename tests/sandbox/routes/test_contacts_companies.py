from __future__ import annotations

import pytest

from ..conftest import NOW, Checked


@pytest.mark.parametrize(
    ("sent", "name", "first", "last"),
    [
        ({"name": "Анна Орлова"}, "Анна Орлова", "Анна", "Орлова"),
        ({"first_name": "Анна", "last_name": "Орлова"}, "Анна Орлова", "Анна", "Орлова"),
        ({"first_name": "Анна"}, "Анна", "Анна", ""),
        ({}, "", "", ""),
    ],
)
def test_the_full_name_and_its_parts_belong_together(
    sandbox: Checked, sent: dict[str, str], name: str, first: str, last: str
) -> None:
    """First and last name build the full name, and a full name alone fills its parts."""
    (id,) = sandbox.make("contacts", sent)
    contact = sandbox.read(f"/api/v4/contacts/{id}")
    assert (contact["name"], contact["first_name"], contact["last_name"]) == (name, first, last)


def test_changing_one_part_of_a_name_keeps_the_other(sandbox: Checked) -> None:
    """A new last name leaves the first name alone and rebuilds the full name."""
    (id,) = sandbox.make("contacts", {"first_name": "Анна", "last_name": "Орлова"})
    sandbox.patch(f"/api/v4/contacts/{id}", {"last_name": "Петрова"})
    assert sandbox.read(f"/api/v4/contacts/{id}")["name"] == "Анна Петрова"


def test_updates_of_contacts_echo_more_than_those_of_companies(sandbox: Checked) -> None:
    """A contact's update answers its name and flags, a company's its name."""
    (contact,) = sandbox.make("contacts", {"name": "A"})
    (company,) = sandbox.make("companies", {"name": "C"})
    shown = sandbox.patch("/api/v4/contacts", [{"id": contact, "name": "B"}]).json()["_embedded"]["contacts"][
        0
    ]
    keys = {"id", "name", "updated_at", "is_deleted", "is_unsorted", "request_id", "_links"}
    assert set(shown) == keys
    shown = sandbox.patch(f"/api/v4/companies/{company}", {"name": "D"}).json()
    assert shown["name"] == "D"
    assert set(shown) == {"id", "name", "updated_at", "_links"}


def test_companies_of_a_contact_come_without_with(sandbox: Checked) -> None:
    """A contact always shows its company; leads need `with`, and a company shows contacts only with it."""
    (contact,) = sandbox.make("contacts", {})
    (company,) = sandbox.make("companies", {})
    (lead,) = sandbox.make(
        "leads", {"_embedded": {"contacts": [{"id": contact}], "companies": [{"id": company}]}}
    )
    link = [{"to_entity_id": company, "to_entity_type": "companies"}]
    sandbox.post(f"/api/v4/contacts/{contact}/link", link)
    embedded = sandbox.read(f"/api/v4/contacts/{contact}")["_embedded"]
    assert [one["id"] for one in embedded["companies"]] == [company]
    assert "leads" not in embedded
    embedded = sandbox.read(f"/api/v4/contacts/{contact}?with=leads,customers,catalog_elements")["_embedded"]
    assert [one["id"] for one in embedded["leads"]] == [lead]
    assert embedded["customers"] == embedded["catalog_elements"] == []
    assert set(sandbox.read(f"/api/v4/companies/{company}")["_embedded"]) == {"tags"}
    embedded = sandbox.read(f"/api/v4/companies/{company}?with=contacts,leads")["_embedded"]
    assert ([one["id"] for one in embedded["contacts"]], [one["id"] for one in embedded["leads"]]) == (
        [contact],
        [lead],
    )


def test_a_complex_creation_makes_and_links_all_three(sandbox: Checked) -> None:
    """`/leads/complex` answers a bare array, and lead, new contact and new company are linked with each other."""
    body = {
        "name": "L",
        "price": 5,
        "request_id": "row-1",
        "_embedded": {
            "tags": [{"name": "site"}],
            "contacts": [
                {
                    "first_name": "A",
                    "custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "1"}]}],
                }
            ],
            "companies": [{"name": "C"}],
        },
    }
    answer = sandbox.post("/api/v4/leads/complex", [body, {"name": "alone"}])
    first, second = answer.json()
    assert first["request_id"] == ["row-1"]
    assert second == {**second, "contact_id": None, "company_id": None, "request_id": ["1"], "merged": False}
    lead = sandbox.read(f"/api/v4/leads/{first['id']}?with=contacts")["_embedded"]
    assert [tag["name"] for tag in lead["tags"]] == ["site"]
    assert lead["contacts"][0]["id"] == first["contact_id"]
    assert lead["contacts"][0]["is_main"] is True
    assert lead["companies"][0]["id"] == first["company_id"]
    contact = sandbox.read(f"/api/v4/contacts/{first['contact_id']}")
    assert contact["_embedded"]["companies"][0]["id"] == first["company_id"]


def test_errors_inside_an_embedded_contact_have_the_whole_path(sandbox: Checked) -> None:
    """The path of an error in a nested contact starts at the lead, and nothing of the batch is stored."""
    values = [{"field_code": "PHONE", "values": [{"value": "1", "enum_code": "CAR"}]}]
    body = [{"_embedded": {"contacts": [{"name": "A", "custom_fields_values": values}]}}]
    path = "_embedded.contacts.0.custom_fields_values.0.values.0.enum_code"
    assert sandbox.refused("POST", "/api/v4/leads/complex", body) == [("0", "NotSupportedChoice", path)]
    assert sandbox.get("/api/v4/contacts").status == 204


def test_at_most_50_complex_leads(sandbox: Checked) -> None:
    """51 leads in one complex creation are too many."""
    answer = sandbox.post("/api/v4/leads/complex", [{} for _ in range(51)])
    assert (answer.status, answer.json()["detail"]) == (422, "Limit 50 per page")


def test_metadata_makes_a_complex_lead_unsorted(sandbox: Checked) -> None:
    """With metadata of a form the lead goes to the stage of incoming leads, whatever stage was asked for."""
    form = {
        "category": "forms",
        "form_id": "1",
        "form_name": "F",
        "form_page": "https://example.com",
        "form_sent_at": NOW,
    }
    body = [{"name": "L", "status_id": 142, "_embedded": {"metadata": form}}]
    answer = sandbox.post("/api/v4/leads/complex", body)
    assert answer.status == 200, answer
    lead = sandbox.read(f"/api/v4/leads/{answer.json()[0]['id']}")
    pipeline = sandbox.read(f"/api/v4/leads/pipelines/{lead['pipeline_id']}")
    stage = next(one for one in pipeline["_embedded"]["statuses"] if one["id"] == lead["status_id"])
    assert stage["type"] == 1
