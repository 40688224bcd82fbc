from __future__ import annotations

import pytest

from ..conftest import NOW, Checked


def test_create_answers_ids_links_and_the_request_ids_as_strings(sandbox: Checked) -> None:
    """A created lead is answered with its id, its link and the request_id, which is the index when none was sent."""
    answer = sandbox.post("/api/v4/leads", [{"name": "A", "request_id": "a1"}, {"name": "B"}])
    body = answer.json()
    assert answer.status == 200
    assert answer.header("Content-Type") == "application/hal+json"
    assert [lead["request_id"] for lead in body["_embedded"]["leads"]] == ["a1", "1"]
    assert set(body["_embedded"]["leads"][0]) == {"id", "request_id", "_links"}
    assert "_total_items" not in body


def test_defaults_of_a_new_lead(sandbox: Checked) -> None:
    """A lead without any key stands in the first stage of the main pipeline, owned by the token's user."""
    (id,) = sandbox.make("leads", {})
    lead = sandbox.read(f"/api/v4/leads/{id}")
    pipeline = sandbox.read("/api/v4/leads/pipelines")["_embedded"]["pipelines"][0]
    regular = [status for status in pipeline["_embedded"]["statuses"] if status["type"] == 0]
    assert (lead["pipeline_id"], lead["status_id"]) == (pipeline["id"], regular[0]["id"])
    assert lead["responsible_user_id"] == sandbox.admin_id
    assert lead["created_at"] == lead["updated_at"] == NOW
    assert lead["custom_fields_values"] is None
    assert lead["_embedded"] == {"tags": [], "companies": []}
    assert "contacts" not in lead["_embedded"]


def test_an_unknown_lead_is_204(sandbox: Checked) -> None:
    """A lead that does not exist is answered with 204, not with 404."""
    assert sandbox.get("/api/v4/leads/5").status == 204


def test_an_empty_list_is_204_without_a_body(sandbox: Checked) -> None:
    """A list that holds nothing, and a page behind the last one, are 204."""
    assert sandbox.get("/api/v4/leads").status == 204
    sandbox.make("leads", {})
    assert sandbox.get("/api/v4/leads?page=2").status == 204
    assert sandbox.get("/api/v4/leads?page=2").body == b""


def test_one_bad_item_refuses_the_whole_batch(sandbox: Checked) -> None:
    """One invalid lead refuses all of them; every bad item is named by its request_id, and nothing is stored."""
    batch = [{"name": "good"}, {"price": "many", "request_id": "x"}, {"nam": "bad"}]
    errors = sandbox.refused("POST", "/api/v4/leads", batch)
    assert errors == [("x", "InvalidType", "price"), ("2", "FieldNotExpected", "nam")]
    assert sandbox.get("/api/v4/leads").status == 204


def test_shape_and_meaning_are_refused_together(sandbox: Checked) -> None:
    """Errors of the schema and errors of the account's data come in one answer."""
    errors = sandbox.refused(
        "POST", "/api/v4/leads", [{"name": 5}, {"responsible_user_id": 1, "status_id": 2}]
    )
    assert set(errors) == {
        ("0", "InvalidType", "name"),
        ("1", "NotSupportedChoice", "responsible_user_id"),
        ("1", "NotSupportedChoice", "status_id"),
    }


def test_a_refused_batch_leaves_no_tag_behind(sandbox: Checked) -> None:
    """What a refused batch had made on the way, such as new tags, is taken back."""
    sandbox.refused("POST", "/api/v4/leads", [{"tags_to_add": [{"name": "new"}]}, {"status_id": 2}])
    assert sandbox.get("/api/v4/leads/tags").status == 204


def test_more_than_250_items_are_422(sandbox: Checked) -> None:
    """251 leads in one request are refused with 422 and the vendor's sentence."""
    answer = sandbox.post("/api/v4/leads", [{} for _ in range(251)])
    assert (answer.status, answer.json()["detail"]) == (422, "Limit 250 per page")
    assert sandbox.post("/api/v4/leads", [{} for _ in range(250)]).status == 200


def test_a_limit_above_250_is_422(sandbox: Checked) -> None:
    """A page of more than 250 is refused."""
    answer = sandbox.get("/api/v4/contacts?limit=251")
    assert (answer.status, answer.json()["detail"]) == (422, "Limit 250 per page")


def test_update_of_one_answers_the_bare_object(sandbox: Checked) -> None:
    """PATCH by id answers id, updated_at and the link, and moves updated_at."""
    (id,) = sandbox.make("leads", {"name": "A"})
    sandbox.clock.advance(60)
    answer = sandbox.patch(f"/api/v4/leads/{id}", {"price": 7})
    assert answer.json() == {
        "id": id,
        "updated_at": NOW + 60,
        "_links": {"self": {"href": f"https://demo.amocrm.ru/api/v4/leads/{id}"}},
    }
    lead = sandbox.read(f"/api/v4/leads/{id}")
    assert (lead["name"], lead["price"], lead["updated_at"]) == ("A", 7, NOW + 60)


def test_update_of_many_echoes_the_request_ids(sandbox: Checked) -> None:
    """A batch update answers id, updated_at and request_id of every item."""
    first, second = sandbox.make("leads", {}, {})
    answer = sandbox.patch("/api/v4/leads", [{"id": second, "name": "B", "request_id": "b"}, {"id": first}])
    items = answer.json()["_embedded"]["leads"]
    assert [(item["id"], item["request_id"]) for item in items] == [(second, "b"), (first, "1")]


def test_an_update_of_an_unknown_lead_refuses_the_batch(sandbox: Checked) -> None:
    """An id that does not exist, or is in the bin, refuses the batch, and the single update as well."""
    alive, gone = sandbox.make("leads", {}, {})
    sandbox.delete("leads", gone)
    errors = sandbox.refused("PATCH", "/api/v4/leads", [{"id": alive, "price": 1}, {"id": gone, "price": 1}])
    assert errors == [("1", "EntityNotFound", "id")]
    assert sandbox.refused("PATCH", f"/api/v4/leads/{gone}", {"price": 1}) == [("0", "EntityNotFound", "id")]
    assert sandbox.read(f"/api/v4/leads/{alive}")["price"] == 0


def test_an_array_where_an_object_belongs_is_field_not_expected_at_0(sandbox: Checked) -> None:
    """The single update refuses an array with FieldNotExpected at path 0."""
    (id,) = sandbox.make("leads", {})
    assert sandbox.refused("PATCH", f"/api/v4/leads/{id}", [{"price": 1}]) == [("0", "FieldNotExpected", "0")]


def test_an_empty_body_is_a_plain_400(sandbox: Checked) -> None:
    """No body and an empty array are refused without validation errors."""
    for body in (None, []):
        answer = sandbox.post("/api/v4/leads", body)
        assert answer.status == 400
        assert answer.json()["detail"] == "Request data can not be empty"


def test_closing_sets_closed_at_and_reopening_clears_it(sandbox: Checked) -> None:
    """closed_at appears when a lead reaches 142 or 143, stays while it is edited, and goes when it is reopened."""
    (id,) = sandbox.make("leads", {})
    start = sandbox.read(f"/api/v4/leads/{id}")["status_id"]
    sandbox.clock.advance(5)
    sandbox.patch(f"/api/v4/leads/{id}", {"status_id": 142})
    assert sandbox.read(f"/api/v4/leads/{id}")["closed_at"] == NOW + 5
    sandbox.clock.advance(5)
    sandbox.patch(f"/api/v4/leads/{id}", {"name": "edited"})
    assert sandbox.read(f"/api/v4/leads/{id}")["closed_at"] == NOW + 5
    sandbox.patch(f"/api/v4/leads/{id}", {"status_id": start})
    assert sandbox.read(f"/api/v4/leads/{id}")["closed_at"] is None


def test_a_given_closed_at_is_kept(sandbox: Checked) -> None:
    """An import may say when a lead was created and closed."""
    (id,) = sandbox.make("leads", {"status_id": 143, "created_at": 1_500_000_000, "closed_at": 1_500_000_500})
    lead = sandbox.read(f"/api/v4/leads/{id}")
    assert (lead["created_at"], lead["closed_at"]) == (1_500_000_000, 1_500_000_500)


def test_a_loss_reason_needs_a_lost_lead(sandbox: Checked) -> None:
    """A loss reason on a lead that is not lost gives the 400 whose errors are keyed by the lead's id."""
    (id,) = sandbox.make("leads", {})
    reason = sandbox.read("/api/v4/leads/loss_reasons")["_embedded"]["loss_reasons"][0]["id"]
    answer = sandbox.patch(f"/api/v4/leads/{id}", {"loss_reason_id": reason})
    assert answer.status == 400
    assert answer.json()["errors"] == {str(id): "Loss reason can be specified only for lost lead"}
    assert sandbox.patch(f"/api/v4/leads/{id}", {"status_id": 143, "loss_reason_id": reason}).status == 200
    lost = sandbox.read(f"/api/v4/leads/{id}?with=loss_reason")
    assert [one["id"] for one in lost["_embedded"]["loss_reason"]] == [reason]
    sandbox.patch(f"/api/v4/leads/{id}", {"status_id": 142})
    assert sandbox.read(f"/api/v4/leads/{id}?with=loss_reason")["_embedded"]["loss_reason"] == []


def test_the_unsorted_stage_can_not_be_chosen(sandbox: Checked) -> None:
    """A lead cannot be put into the stage of incoming leads through the ordinary operations."""
    pipeline = sandbox.read("/api/v4/leads/pipelines")["_embedded"]["pipelines"][0]
    unsorted = next(status["id"] for status in pipeline["_embedded"]["statuses"] if status["type"] == 1)
    assert sandbox.refused("POST", "/api/v4/leads", [{"status_id": unsorted}]) == [
        ("0", "NotSupportedChoice", "status_id")
    ]


def test_142_needs_the_pipeline_and_other_stages_name_theirs(sandbox: Checked) -> None:
    """An ordinary stage moves the lead into its pipeline; 142 stays in the lead's own unless a pipeline is sent."""
    status = {"name": "S", "sort": 10, "color": "#fffeb2"}
    body = {
        "name": "P",
        "sort": 5,
        "is_main": False,
        "is_unsorted_on": True,
        "_embedded": {"statuses": [status]},
    }
    other = sandbox.post("/api/v4/leads/pipelines", [body]).json()["_embedded"]["pipelines"][0]
    stage = next(one["id"] for one in other["_embedded"]["statuses"] if one["name"] == "S")
    (id,) = sandbox.make("leads", {})
    home = sandbox.read(f"/api/v4/leads/{id}")["pipeline_id"]
    sandbox.patch(f"/api/v4/leads/{id}", {"status_id": 142})
    assert sandbox.read(f"/api/v4/leads/{id}")["pipeline_id"] == home
    sandbox.patch(f"/api/v4/leads/{id}", {"status_id": 142, "pipeline_id": other["id"]})
    assert sandbox.read(f"/api/v4/leads/{id}")["pipeline_id"] == other["id"]
    sandbox.patch(f"/api/v4/leads/{id}", {"pipeline_id": home})
    sandbox.patch(f"/api/v4/leads/{id}", {"status_id": stage})
    assert sandbox.read(f"/api/v4/leads/{id}")["pipeline_id"] == other["id"]
    assert sandbox.refused("PATCH", f"/api/v4/leads/{id}", {"status_id": stage, "pipeline_id": home}) == [
        ("0", "NotSupportedChoice", "status_id")
    ]


def test_embedded_contacts_and_company_are_linked_on_creation(sandbox: Checked) -> None:
    """Existing contacts and a company can be embedded into a new lead; contacts are shown only with `with`."""
    first, second = sandbox.make("contacts", {"name": "A"}, {"name": "B"})
    (company,) = sandbox.make("companies", {"name": "C"})
    embedded = {"contacts": [{"id": first}, {"id": second, "is_main": True}], "companies": [{"id": company}]}
    (id,) = sandbox.make("leads", {"_embedded": embedded})
    plain = sandbox.read(f"/api/v4/leads/{id}")["_embedded"]
    assert [one["id"] for one in plain["companies"]] == [company]
    assert "contacts" not in plain
    contacts = sandbox.read(f"/api/v4/leads/{id}?with=contacts")["_embedded"]["contacts"]
    assert {one["id"]: one["is_main"] for one in contacts} == {first: False, second: True}
    assert sandbox.refused("POST", "/api/v4/leads", [{"_embedded": {"contacts": [{"id": 5}]}}]) == [
        ("0", "NotSupportedChoice", "_embedded.contacts.0.id")
    ]


def test_deleted_leads_are_a_list_of_their_own_with_reduced_models(sandbox: Checked) -> None:
    """A lead in the bin leaves the list; `with=only_deleted` shows it with four fields."""
    kept, gone = sandbox.make("leads", {}, {})
    sandbox.delete("leads", gone)
    assert [lead["id"] for lead in sandbox.read("/api/v4/leads")["_embedded"]["leads"]] == [kept]
    assert sandbox.get(f"/api/v4/leads/{gone}").status == 204
    (shown,) = sandbox.read("/api/v4/leads?with=only_deleted")["_embedded"]["leads"]
    assert shown["is_deleted"] is True
    assert set(shown) == {"id", "updated_at", "updated_by", "is_deleted", "_links"}


def test_a_number_beyond_the_database_is_refused(sandbox: Checked) -> None:
    """A number of more than 64 bits is a bad request, not a crash."""
    assert sandbox.post("/api/v4/leads", [{"price": 10**30}]).status == 400
    assert sandbox.get("/api/v4/leads?page=999999999999999999999").status == 204


@pytest.mark.parametrize("query", ["contacts,loss_reason,source,source_id", "catalog_elements", "nonsense"])
def test_with_values_may_be_joined_and_unknown_ones_are_ignored(sandbox: Checked, query: str) -> None:
    """`with` takes several values, and unknown ones do no harm."""
    (id,) = sandbox.make("leads", {})
    assert sandbox.read(f"/api/v4/leads/{id}?with={query}")["id"] == id
