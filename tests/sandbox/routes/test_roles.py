from __future__ import annotations

from typing import Any

from ..conftest import Checked

ALL = {"view": "A", "edit": "A", "add": "A", "delete": "A", "export": "A"}
USER = {"name": "Bob", "email": "b@example.com", "password": "Passw0rd"}


def act_as(sandbox: Checked, **rights: Any) -> tuple[int, dict[str, str]]:
    """Add a user with these rights; return the id and the headers of a token."""
    (id,) = sandbox.make("users", {**USER, "rights": rights})
    return id, {"authorization": f"Bearer {sandbox.long_lived_token(user_id=id)}"}


def test_a_role_denies_what_it_is_not_given(sandbox: Checked) -> None:
    """A new role is 201, its other rights are denied, and it has none of the keys of users."""
    answer = sandbox.post("/api/v4/roles", [{"name": "Менеджер", "rights": {"leads": ALL}}])
    (role,) = answer.json()["_embedded"]["roles"]
    assert answer.status == 201
    assert role["rights"]["leads"] == ALL
    assert set(role["rights"]["contacts"].values()) == {"D"}
    assert role["rights"]["tasks"] == {"edit": "D", "delete": "D"}
    assert "is_admin" not in role["rights"]


def test_no_action_is_wider_than_the_one_it_needs(sandbox: Checked) -> None:
    """Editing, deleting and exporting cannot reach further than viewing."""
    rights = {"leads": {"view": "M", "edit": "A"}, "contacts": {"view": "G", "edit": "M", "delete": "G"}}
    errors = sandbox.refused("POST", "/api/v4/roles", [{"name": "R", "rights": rights}])
    assert errors == [
        ("0", "NotSupportedChoice", "rights.leads.edit"),
        ("0", "NotSupportedChoice", "rights.contacts.delete"),
    ]


def test_a_role_is_changed_with_202_and_stage_rights_are_taken_away_by_an_empty_list(
    sandbox: Checked,
) -> None:
    """The update of one answers 202; of several 200; an empty object is refused."""
    lead = sandbox.read(f"/api/v4/leads/{sandbox.make('leads', {})[0]}")
    right = {"entity_type": "leads", "pipeline_id": lead["pipeline_id"], "status_id": lead["status_id"]}
    rights = {"status_rights": [{**right, "rights": {"view": "A"}}]}
    (id,) = sandbox.make("roles", {"name": "R", "rights": rights})
    answer = sandbox.patch(f"/api/v4/roles/{id}", {"rights": {"status_rights": []}})
    assert (answer.status, answer.json()["rights"]["status_rights"]) == (202, None)
    assert (
        sandbox.patch("/api/v4/roles", [{"id": id, "name": "S"}]).json()["_embedded"]["roles"][0]["name"]
        == "S"
    )
    assert sandbox.patch(f"/api/v4/roles/{id}", {}).status == 400
    bad = {"status_rights": [{**right, "status_id": 5, "rights": {"view": "A"}}]}
    assert sandbox.refused("PATCH", f"/api/v4/roles/{id}", {"rights": bad}) == [
        (None, "NotSupportedChoice", "rights.status_rights.0.status_id")
    ]


def test_a_role_shows_its_users_and_leaves_them_when_it_goes(sandbox: Checked) -> None:
    """`with=users` embeds ids; deleting the role leaves its users without one."""
    (role,) = sandbox.make("roles", {"name": "R"})
    user, _ = act_as(sandbox, role_id=role)
    assert sandbox.read("/api/v4/roles?with=users")["_embedded"]["roles"][0]["_embedded"]["users"] == [
        {"id": user}
    ]
    assert sandbox.read(f"/api/v4/users/{user}?with=role")["_embedded"]["roles"][0]["name"] == "R"
    assert sandbox.call("DELETE", f"/api/v4/roles/{role}").status == 204
    assert sandbox.read(f"/api/v4/users/{user}")["rights"]["role_id"] is None
    assert sandbox.get(f"/api/v4/roles/{role}").status == 404
    assert sandbox.get("/api/v4/roles").status == 204


def test_users_are_switched_off_together_with_their_tokens(sandbox: Checked) -> None:
    """A user who is switched off is 401 until switched on again; administrators cannot be touched."""
    user, headers = act_as(sandbox, is_free=False)
    assert sandbox.call("GET", "/api/v4/account", headers=headers).status == 200
    assert sandbox.post("/api/v4/users/deactivate", [{"id": user}]).status == 204
    assert sandbox.call("GET", "/api/v4/account", headers=headers).status == 401
    assert sandbox.post("/api/v4/users/activate", [{"id": user}]).status == 202
    assert sandbox.call("GET", "/api/v4/account", headers=headers).status == 200
    for id in (sandbox.admin_id, 5):
        assert sandbox.refused("POST", "/api/v4/users/deactivate", [{"id": id}]) == [
            ("0", "NotSupportedChoice", "id")
        ]


def test_roles_are_for_administrators(sandbox: Checked) -> None:
    """Anybody else is refused with 403."""
    _, headers = act_as(sandbox, is_free=False)
    for method, path in (("GET", "/api/v4/roles"), ("POST", "/api/v4/users/activate")):
        body = [{"id": 5}] if method == "POST" else None
        assert sandbox.call(method, path, body, headers).status == 403
