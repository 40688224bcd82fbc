from __future__ import annotations

import pytest

from ..conftest import Checked

SOURCE = {"name": "Лендинг", "external_id": "land-1"}


def test_a_source_belongs_to_its_integration(sandbox: Checked) -> None:
    """Another integration of the account does not see it and may use the same external id."""
    (id,) = sandbox.make("sources", SOURCE)
    other = sandbox.tokens.create_integration()
    headers = {
        "authorization": f"Bearer {sandbox.tokens.issue_access(other.client_id, sandbox.admin_id, 60)}"
    }
    assert sandbox.call("GET", "/api/v4/sources", headers=headers).status == 204
    assert sandbox.call("GET", f"/api/v4/sources/{id}", headers=headers).status == 204
    assert sandbox.call("POST", "/api/v4/sources", [SOURCE], headers).status == 200
    assert sandbox.refused("POST", "/api/v4/sources", [SOURCE]) == [("0", "NotUnique", "external_id")]


def test_there_is_one_default_at_most(sandbox: Checked) -> None:
    """Making another one the default clears the former."""
    first, second = sandbox.make("sources", {**SOURCE, "default": True}, {**SOURCE, "external_id": "b"})
    sandbox.patch("/api/v4/sources", [{"id": second, "default": True}])
    shown = {one["id"]: one["default"] for one in sandbox.read("/api/v4/sources")["_embedded"]["sources"]}
    assert shown == {first: False, second: True}
    main = next(one["id"] for one in sandbox.store.documents("pipelines").values() if one["is_main"])
    assert sandbox.read(f"/api/v4/sources/{first}")["pipeline_id"] == main


def test_the_external_id_stays_as_it_is(sandbox: Checked) -> None:
    """Clients send it back with updates; it changes nothing."""
    (id,) = sandbox.make("sources", SOURCE)
    shown = sandbox.patch(f"/api/v4/sources/{id}", {"id": id, "external_id": "other", "name": "Сайт"}).json()
    assert (shown["external_id"], shown["name"]) == ("land-1", "Сайт")
    assert sandbox.patch("/api/v4/sources/5", {"name": "x"}).status == 404
    assert sandbox.refused("PATCH", "/api/v4/sources", [{"id": 5}]) == [("0", "EntityNotFound", "id")]


@pytest.mark.parametrize(
    ("change", "path"), [({"pipeline_id": 5}, "pipeline_id"), ({"origin_code": "123"}, "origin_code")]
)
def test_bad_values_are_refused(sandbox: Checked, change: dict[str, object], path: str) -> None:
    """The pipeline exists, and a code is not only digits."""
    ((_, _, found),) = sandbox.refused("POST", "/api/v4/sources", [{**SOURCE, **change}])
    assert found == path


def test_deleting_unknown_sources_has_an_error_form_of_its_own(sandbox: Checked) -> None:
    """An object stands where validation errors have a list, and nothing is deleted; without any source it is 404."""
    assert sandbox.call("DELETE", "/api/v4/sources", [{"id": 5}]).status == 404
    (id,) = sandbox.make("sources", SOURCE)
    answer = sandbox.call("DELETE", "/api/v4/sources", [{"id": id}, {"id": 5}])
    assert answer.status == 400
    error = {"code": "EntityNotFound", "path": "id", "detail": "source with id = 5 not found"}
    assert answer.json()["errors"] == [{"request_id": "1", "errors": error}]
    assert sandbox.read(f"/api/v4/sources/{id}")["id"] == id
    assert sandbox.call("DELETE", f"/api/v4/sources/{id}").status == 204
    assert sandbox.call("DELETE", f"/api/v4/sources/{id}").status == 404


def test_a_button_is_made_in_the_background(sandbox: Checked) -> None:
    """The source is there at once, the button and its script a moment later."""
    (pipeline,) = sandbox.store.documents("pipelines")
    order = {"pipeline_id": pipeline, "trusted_websites": ["example.com"], "name": "Кнопка"}
    answer = sandbox.post("/api/v4/website_buttons", order)
    assert answer.status == 202
    path = f"/api/v4/website_buttons/{answer.json()['source_id']}"
    pending = sandbox.read(f"{path}?with=scripts")
    assert (pending["creation_status"], pending["button_id"], pending["script"]) == (
        "creation_pending",
        None,
        None,
    )
    sandbox.clock.advance(2)
    made = sandbox.read(f"{path}?with=scripts")
    assert made["creation_status"] == "created"
    assert made["script"].startswith("<script")
    assert "script" not in sandbox.read(path)
    listed = sandbox.read("/api/v4/website_buttons?with=deleted")
    assert listed["_links"]["self"]["href"].endswith("limit=250")
    assert listed["_embedded"]["website_buttons"][0]["is_deleted"] is False


def test_domains_can_only_be_added(sandbox: Checked) -> None:
    """Ten at most, and only where there is one already; an app needs none."""
    (pipeline,) = sandbox.store.documents("pipelines")
    assert sandbox.post("/api/v4/website_buttons", {"pipeline_id": pipeline}).status == 400
    assert sandbox.post("/api/v4/website_buttons", {"pipeline_id": 5, "is_used_in_app": True}).status == 400
    app = sandbox.post("/api/v4/website_buttons", {"pipeline_id": pipeline, "is_used_in_app": True}).json()
    path = f"/api/v4/website_buttons/{app['source_id']}"
    added = {"trusted_websites": {"add": ["a.example"]}}
    assert sandbox.patch(path, added).status == 400
    site = sandbox.post(
        "/api/v4/website_buttons", {"pipeline_id": pipeline, "trusted_websites": ["b.example"]}
    ).json()
    path = f"/api/v4/website_buttons/{site['source_id']}"
    assert "script" in sandbox.patch(path, added).json()
    assert sandbox.patch(path, {"trusted_websites": {"add": ["x"] * 9}}).status == 400
    assert sandbox.patch(path, {}).status == 400
    assert sandbox.post(f"{path}/online_chat", None).status == 202
    assert sandbox.get("/api/v4/website_buttons/5").status == 404


def test_a_lead_goes_to_the_pipeline_of_its_source(sandbox: Checked) -> None:
    """Without a pipeline of its own; the source is shown on demand, and one of another integration is unknown."""
    body = {"name": "P", "sort": 5, "is_main": False, "is_unsorted_on": True}
    stages = {"_embedded": {"statuses": [{"name": "S", "sort": 10}]}}
    (pipeline,) = sandbox.make("leads/pipelines", {**body, **stages})
    (source,) = sandbox.make("sources", {"name": "Сайт", "external_id": "land", "pipeline_id": pipeline})
    embedded = {"_embedded": {"source": {"external_id": "land", "type": "widget"}}}
    (lead,) = sandbox.make("leads", embedded)
    shown = sandbox.read(f"/api/v4/leads/{lead}?with=source,source_id")
    assert (shown["pipeline_id"], shown["source_id"]) == (pipeline, source)
    assert shown["_embedded"]["source"] == {"id": source, "name": "Сайт"}
    assert "source" not in sandbox.read(f"/api/v4/leads/{lead}")["_embedded"]
    other = sandbox.tokens.create_integration()
    token = sandbox.tokens.issue_access(other.client_id, sandbox.admin_id, 3600)
    headers = {"authorization": f"Bearer {token}"}
    assert sandbox.call("POST", "/api/v4/leads", [embedded], headers).status == 400
