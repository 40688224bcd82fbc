"""Pipelines, stages, loss reasons, users, the account, tags and field definitions."""

from __future__ import annotations

from typing import Any

import pytest

from amocrm_sandbox import ManualClock

from ..conftest import Checked

PIPELINES = "/api/v4/leads/pipelines"


def pipeline(sandbox: Checked, *names: str, **more: Any) -> Any:
    """Create a pipeline and return it."""
    statuses = [
        {"name": name, "sort": 100 * (at + 1), "color": "#fffeb2"} for at, name in enumerate(names or ("S",))
    ]
    body = {
        "name": "P",
        "sort": 5,
        "is_main": False,
        "is_unsorted_on": True,
        "_embedded": {"statuses": statuses},
    }
    answer = sandbox.post(PIPELINES, [{**body, **more}])
    assert answer.status == 200, answer
    return answer.json()["_embedded"]["pipelines"][0]


def test_a_pipeline_has_three_system_stages_and_renumbered_sorts(sandbox: Checked) -> None:
    """A new pipeline gets the unsorted stage, 142 and 143, and its own stages are sorted 20, 30 and so on."""
    made = pipeline(sandbox, "A", "B")
    shown = [(one["name"], one["sort"], one["is_editable"]) for one in made["_embedded"]["statuses"]]
    assert shown[1:3] == [("A", 20, True), ("B", 30, True)]
    assert [one["id"] for one in made["_embedded"]["statuses"][3:]] == [142, 143]
    assert [one["sort"] for one in made["_embedded"]["statuses"]] == [10, 20, 30, 10000, 11000]
    assert made["_embedded"]["statuses"][0]["type"] == 1
    assert made["request_id"] == "0"


def test_system_stages_can_be_renamed_at_creation(sandbox: Checked) -> None:
    """142 and 143 take a name when the pipeline is made, and no new stage comes of them."""
    statuses = [{"name": "A", "sort": 1}, {"id": 142, "name": "Оплачено"}]
    made = pipeline(sandbox, _embedded={"statuses": statuses})
    names = {one["id"]: one["name"] for one in made["_embedded"]["statuses"]}
    assert names[142] == "Оплачено"
    assert len(names) == 4


def test_a_pipeline_without_stages_is_refused(sandbox: Checked) -> None:
    """The server was seen to refuse a pipeline that brings no stages."""
    body = [{"name": "P", "sort": 5, "is_main": False, "is_unsorted_on": True}]
    assert sandbox.refused("POST", PIPELINES, body) == [("0", "FieldMissing", "_embedded.statuses")]


def test_there_is_one_main_pipeline(sandbox: Checked) -> None:
    """Making another pipeline the main one clears the former, and new leads go there."""
    made = pipeline(sandbox, is_main=True)
    every = sandbox.read(PIPELINES)["_embedded"]["pipelines"]
    assert [one["id"] for one in every if one["is_main"]] == [made["id"]]
    (id,) = sandbox.make("leads", {})
    assert sandbox.read(f"/api/v4/leads/{id}")["pipeline_id"] == made["id"]


def test_a_pipeline_with_leads_and_the_last_one_stay(sandbox: Checked) -> None:
    """Deleting works for an empty pipeline that is not the last."""
    made = pipeline(sandbox)
    sandbox.make("leads", {"pipeline_id": made["id"]})
    assert sandbox.call("DELETE", f"{PIPELINES}/{made['id']}").status == 400
    empty = pipeline(sandbox)
    assert sandbox.call("DELETE", f"{PIPELINES}/{empty['id']}").status == 204
    assert sandbox.get(f"{PIPELINES}/{empty['id']}").status == 404


def test_leads_of_a_deleted_stage_move_to_the_first(sandbox: Checked) -> None:
    """Removing a stage moves its leads to the first stage of the pipeline; system stages cannot be removed."""
    made = pipeline(sandbox, "A", "B")
    first, second = (one["id"] for one in made["_embedded"]["statuses"][1:3])
    (id,) = sandbox.make("leads", {"status_id": second})
    base = f"{PIPELINES}/{made['id']}/statuses"
    assert sandbox.call("DELETE", f"{base}/{second}").status == 204
    assert sandbox.read(f"/api/v4/leads/{id}")["status_id"] == first
    assert sandbox.call("DELETE", f"{base}/142").status == 400


def test_stages_are_created_changed_and_described(sandbox: Checked) -> None:
    """Writes answer descriptions, reads need `with`; a level without a text removes its description by id."""
    made = pipeline(sandbox, "A")
    base = f"{PIPELINES}/{made['id']}/statuses"
    body = [
        {"name": "N", "sort": 1, "descriptions": [{"level": "newbie", "description": "x"}], "request_id": "r"}
    ]
    status = sandbox.post(base, body).json()["_embedded"]["statuses"][0]
    assert (status["sort"], status["request_id"], status["descriptions"][0]["level"]) == (20, "r", "newbie")
    plain = sandbox.read(f"{base}/{status['id']}")
    assert "descriptions" not in plain
    described = sandbox.read(f"{base}/{status['id']}?with=descriptions")["descriptions"][0]
    changes = {"name": "M", "descriptions": [{"id": described["id"], "level": "newbie"}]}
    changed = sandbox.patch(f"{base}/{status['id']}", changes).json()
    assert (changed["name"], changed["descriptions"]) == ("M", [])
    assert "_links" not in sandbox.read(base)
    assert sandbox.get(f"{PIPELINES}/5/statuses").json()["detail"] == "Pipeline not found"


def test_colours_of_stages_are_a_closed_list(sandbox: Checked) -> None:
    """A colour outside the vendor's list is refused at its path."""
    statuses = [{"name": "A", "sort": 1, "color": "#123456"}]
    body = [
        {
            "name": "P",
            "sort": 5,
            "is_main": False,
            "is_unsorted_on": True,
            "_embedded": {"statuses": statuses},
        }
    ]
    ((_, code, path),) = sandbox.refused("POST", PIPELINES, body)
    assert (code, path) == ("NotSupportedChoice", "_embedded.statuses.0.color")


def test_loss_reasons_are_written_and_an_unknown_one_is_404(sandbox: Checked) -> None:
    """Loss reasons answer 404 for an unknown id, unlike leads."""
    (id,) = sandbox.make("leads/loss_reasons", {"name": "R", "sort": 1})
    assert sandbox.patch(f"/api/v4/leads/loss_reasons/{id}", {"name": "Q"}).json()["name"] == "Q"
    assert sandbox.call("DELETE", f"/api/v4/leads/loss_reasons/{id}").status == 204
    missing = sandbox.get(f"/api/v4/leads/loss_reasons/{id}")
    assert (missing.status, missing.json()["detail"]) == (404, "Loss reason not found")


RIGHTS = {"view": "A", "edit": "A", "add": "A", "delete": "A", "export": "A"}


def person(**more: Any) -> dict[str, Any]:
    """Return the body of a user who may be created."""
    rights = {"leads": RIGHTS, "contacts": RIGHTS, "companies": RIGHTS, "tasks": {"edit": "A", "delete": "A"}}
    return {"name": "Bob", "email": "bob@example.com", "password": "Passw0rd", "rights": rights, **more}


def test_users_are_added_with_201_and_no_link_at_the_top(sandbox: Checked) -> None:
    """A new user comes back whole, with the rights that were sent and no administrator's flag."""
    answer = sandbox.post("/api/v4/users", [person(request_id="u")])
    body = answer.json()
    assert answer.status == 201
    assert set(body) == {"_total_items", "_embedded"}
    user = body["_embedded"]["users"][0]
    assert user["request_id"] == "u"
    assert user["rights"]["is_admin"] is False
    assert user["rights"]["leads"] == RIGHTS
    shown = sandbox.read(f"/api/v4/users/{user['id']}?with=role,group,uuid,amojo_id")
    assert shown["_embedded"]["roles"] == []
    assert shown["_embedded"]["groups"][0]["id"] == 0
    assert shown["uuid"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"password": "short"}, "password"),
        ({"password": "alllowercase1"}, "password"),
        ({"name": "https://example.com"}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"email": "nobody"}, "email"),
    ],
)
def test_a_user_must_have_a_proper_name_address_and_password(
    sandbox: Checked, change: dict[str, str], path: str
) -> None:
    """Name, e-mail and password are held against the vendor's rules."""
    errors = sandbox.refused("POST", "/api/v4/users", [person(**change)])
    assert {error[2] for error in errors} == {path}


def test_at_most_ten_users_at_once(sandbox: Checked) -> None:
    """Eleven users in one request are too many."""
    batch = [person(email=f"{at}@example.com") for at in range(11)]
    assert sandbox.post("/api/v4/users", batch).status == 422
    assert sandbox.post("/api/v4/users", batch[:10]).status == 201


def test_only_administrators_see_users_and_change_directories(sandbox: Checked) -> None:
    """A token of an ordinary user gets 403 for users, pipelines and fields, and may write leads."""
    user = sandbox.post("/api/v4/users", [person()]).json()["_embedded"]["users"][0]["id"]
    headers = {"authorization": f"Bearer {sandbox.long_lived_token(user_id=user)}"}
    assert sandbox.call("GET", "/api/v4/users", headers=headers).status == 403
    assert (
        sandbox.call("POST", "/api/v4/leads/custom_fields", [{"name": "F", "type": "text"}], headers).status
        == 403
    )
    made = sandbox.call("POST", "/api/v4/leads", [{}], headers).json()["_embedded"]["leads"][0]["id"]
    assert sandbox.read(f"/api/v4/leads/{made}")["responsible_user_id"] == user


def test_an_administrator_may_act_as_another_user(sandbox: Checked) -> None:
    """X-Context-User-ID runs the request with that user's rights; an unknown user makes authorization fail."""
    user = sandbox.post("/api/v4/users", [person()]).json()["_embedded"]["users"][0]["id"]
    acting = sandbox.call("GET", "/api/v4/account", headers={"x-context-user-id": str(user)})
    assert acting.json()["current_user_id"] == user
    assert sandbox.call("GET", "/api/v4/users", headers={"x-context-user-id": str(user)}).status == 403
    assert sandbox.call("GET", "/api/v4/account", headers={"x-context-user-id": "5"}).status == 401


def test_the_account_shows_what_with_asks_for(sandbox: Checked) -> None:
    """Top-level extras and embedded directories come only when asked for, and `_embedded` only with something in it."""
    plain = sandbox.read("/api/v4/account")
    assert "_embedded" not in plain
    assert not {"uuid", "version", "drive_url", "is_api_filter_enabled", "amojo_id"} & set(plain)
    top = "amojo_id,uuid,version,entity_names,drive_url,is_api_filter_enabled,invoices_settings"
    inner = "amojo_rights,users_groups,task_types,datetime_settings"
    full = sandbox.read(f"/api/v4/account?with={top},{inner}")
    assert set(top.split(",")) <= set(full)
    assert set(inner.split(",")) == set(full["_embedded"])
    assert [one["code"] for one in full["_embedded"]["task_types"]] == ["FOLLOW_UP", "MEETING"]
    assert full["entity_names"]["leads"]["ru"]["plural_form"]["genitive"] == "сделок"


def test_an_unpaid_account_answers_402(sandbox: Checked) -> None:
    """An account whose subscription has ended answers 402 to everything."""
    sandbox.set_option("is_paid", False)
    assert sandbox.get("/api/v4/account").status == 402


def test_tags_are_directories_per_entity_type(sandbox: Checked) -> None:
    """The same name has different ids for leads and contacts; a name that exists gives its id back."""
    (lead_tag,) = sandbox.make("leads/tags", {"name": "vip", "color": "EBEBEB"})
    (contact_tag,) = sandbox.make("contacts/tags", {"name": "vip", "color": "EBEBEB"})
    assert lead_tag != contact_tag
    assert sandbox.make("leads/tags", {"name": "vip"}) == [lead_tag]
    (shown,) = sandbox.read("/api/v4/contacts/tags?filter[name]=vip")["_embedded"]["tags"]
    assert shown == {"id": contact_tag, "name": "vip", "color": None}
    assert sandbox.get("/api/v4/companies/tags").status == 204
    assert sandbox.refused("POST", "/api/v4/leads/tags", [{"name": "x", "color": "123456"}]) == [
        ("0", "NotSupportedChoice", "color")
    ]


def test_tags_of_leads_can_be_renamed(sandbox: Checked) -> None:
    """PATCH renames and colours tags of leads, one or many."""
    first, second = sandbox.make("leads/tags", {"name": "a"}, {"name": "b"})
    assert sandbox.patch(f"/api/v4/leads/tags/{first}", {"name": "c"}).json()["name"] == "c"
    answer = sandbox.patch("/api/v4/leads/tags", [{"id": second, "name": "d", "color": "D0D0D0"}]).json()
    assert answer["_embedded"]["tags"][0]["color"] == "D0D0D0"
    assert [tag["name"] for tag in sandbox.read("/api/v4/leads/tags?query=D")["_embedded"]["tags"]] == ["d"]


def test_embedded_tags_replace_and_beat_the_other_two(sandbox: Checked) -> None:
    """`tags_to_add` and `tags_to_delete` change single tags; `_embedded.tags` replaces all and makes them ignored."""

    def tags(id: int) -> set[str]:
        return {tag["name"] for tag in sandbox.read(f"/api/v4/leads/{id}")["_embedded"]["tags"]}

    (id,) = sandbox.make("leads", {"tags_to_add": [{"name": "a"}, {"name": "b"}]})
    both = {"tags_to_add": [{"name": "c"}], "tags_to_delete": [{"name": "a"}, {"name": "unknown"}]}
    sandbox.patch(f"/api/v4/leads/{id}", both)
    assert tags(id) == {"b", "c"}
    sandbox.patch(
        f"/api/v4/leads/{id}", {"_embedded": {"tags": [{"name": "x"}]}, "tags_to_add": [{"name": "y"}]}
    )
    assert tags(id) == {"x"}
    sandbox.patch(f"/api/v4/leads/{id}", {"_embedded": {"tags": None}})
    assert tags(id) == set()
    assert sandbox.refused("PATCH", f"/api/v4/leads/{id}", {"tags_to_add": [{"id": 5}]}) == [
        ("0", "NotSupportedChoice", "tags_to_add.0.id")
    ]
    request_id = {"_embedded": {"tags": [{"name": "x", "request_id": "1"}]}}
    assert sandbox.refused("PATCH", f"/api/v4/leads/{id}", request_id) == [
        ("0", "FieldNotExpected", "_embedded.tags.0.request_id")
    ]


def test_fields_are_created_with_201_and_whole_definitions(sandbox: Checked) -> None:
    """A new field comes back as it stands, its group id a string or null, with the request_id."""
    body = [
        {
            "name": "F",
            "type": "select",
            "code": "F",
            "group_id": "leads_1",
            "enums": [{"value": "a", "sort": 1}],
        }
    ]
    answer = sandbox.post("/api/v4/leads/custom_fields", body)
    made = answer.json()["_embedded"]["custom_fields"][0]
    assert answer.status == 201
    assert (made["group_id"], made["request_id"], made["entity_type"]) == ("leads_1", "0", "leads")
    assert sandbox.read(f"/api/v4/leads/custom_fields/{made['id']}")["enums"] == made["enums"]
    assert sandbox.get(f"/api/v4/contacts/custom_fields/{made['id']}").status in (204, 404)
    filtered = sandbox.read("/api/v4/leads/custom_fields?filter[type][]=select")
    assert [field["id"] for field in filtered["_embedded"]["custom_fields"]] == [made["id"]]


@pytest.mark.parametrize(
    ("owner", "body", "code", "path"),
    [
        ("leads", {"name": "F", "type": "select"}, "FieldMissing", "enums"),
        ("leads", {"name": "F", "type": "monetary"}, "FieldMissing", "currency"),
        ("leads", {"name": "F", "type": "items"}, "NotSupportedChoice", "type"),
        ("companies", {"name": "F", "type": "tracking_data"}, "NotSupportedChoice", "type"),
        ("leads", {"name": "F"}, "FieldMissing", "type"),
        ("contacts", {"name": "F", "type": "text", "code": "PHONE"}, "NotUnique", "code"),
    ],
)
def test_a_definition_that_can_not_be_is_refused(
    sandbox: Checked, owner: str, body: dict[str, Any], code: str, path: str
) -> None:
    """Types belong to owners, lists need options, money needs a currency, and codes are unique per owner."""
    assert sandbox.refused("POST", f"/api/v4/{owner}/custom_fields", [body]) == [("0", code, path)]


def test_predefined_fields_of_contacts(clock: ManualClock) -> None:
    """Contacts have POSITION, PHONE and EMAIL from the first day; codes of phones stand in the option's value."""
    sandbox = Checked(clock=clock, limits=False)
    fields = sandbox.read("/api/v4/contacts/custom_fields")["_embedded"]["custom_fields"]
    by_code = {field["code"]: field for field in fields}
    assert set(by_code) == {"POSITION", "PHONE", "EMAIL"}
    assert [option["value"] for option in by_code["EMAIL"]["enums"]] == ["WORK", "PRIV", "OTHER"]


def test_leads_of_a_removed_stage_are_told_to_have_moved(sandbox: Checked) -> None:
    """Each lead goes to the first stage; the log and the subscribers hear of it."""
    hook = {"destination": "https://example.com/h", "settings": ["status_lead"]}
    sandbox.post("/api/v4/webhooks", hook)
    (pipeline,) = sandbox.read("/api/v4/leads/pipelines")["_embedded"]["pipelines"]
    path = f"/api/v4/leads/pipelines/{pipeline['id']}/statuses"
    (made,) = sandbox.post(path, [{"name": "New", "sort": 5}]).json()["_embedded"]["statuses"]
    (lead,) = sandbox.make("leads", {"status_id": made["id"]})
    assert sandbox.call("DELETE", f"{path}/{made['id']}").status == 204
    (event,) = sandbox.read("/api/v4/events?filter[type]=lead_status_changed")["_embedded"]["events"]
    assert (event["entity_id"], event["value_before"][0]["lead_status"]["id"]) == (lead, made["id"])
    assert sandbox.webhooks.deliveries[-1].data["leads"]["status"][0]["old_status_id"] == made["id"]


def test_an_update_needs_at_least_one_key(sandbox: Checked) -> None:
    """An empty object is refused for pipelines and stages."""
    (pipeline,) = sandbox.read("/api/v4/leads/pipelines")["_embedded"]["pipelines"]
    path = f"/api/v4/leads/pipelines/{pipeline['id']}"
    stage = next(one for one in pipeline["_embedded"]["statuses"] if one["is_editable"])
    for target in (path, f"{path}/statuses/{stage['id']}"):
        # Which of the keys that would do is named follows the order of the description, which is none.
        assert [error[:2] for error in sandbox.refused("PATCH", target, {})] == [(None, "FieldMissing")]
