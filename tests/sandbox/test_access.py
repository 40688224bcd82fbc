from __future__ import annotations

from typing import Any

import pytest

from .conftest import Checked

NAMES = ("mine", "group", "other")


class Office:
    """A user with rights, a colleague of the same group, and a lead and a contact of each and of the administrator."""

    def __init__(self, sandbox: Checked, **rights: Any) -> None:
        self.sandbox = sandbox
        group = sandbox.by_hand.add_group("Опт")["id"]
        users = [{**rights, "group_id": group}, {"group_id": group}]
        me, colleague = sandbox.make(
            "users",
            *(
                {"name": "U", "email": f"{number}@example.com", "password": "Passw0rd", "rights": one}
                for number, one in enumerate(users)
            ),
        )
        self.headers = {"authorization": f"Bearer {sandbox.long_lived_token(user_id=me)}"}
        owners = dict(zip(NAMES, (me, colleague, sandbox.admin_id), strict=True))
        leads = sandbox.make(
            "leads", *({"name": name, "responsible_user_id": id} for name, id in owners.items())
        )
        self.leads = dict(zip(NAMES, leads, strict=True))

    def call(self, method: str, target: str, body: Any = None) -> Any:
        """Send a request as the user."""
        return self.sandbox.call(method, target, body, self.headers)

    def seen(self) -> set[str]:
        """The leads that the user's list shows."""
        answer = self.call("GET", "/api/v4/leads")
        return (
            {lead["name"] for lead in answer.json()["_embedded"]["leads"]} if answer.status == 200 else set()
        )


@pytest.mark.parametrize(
    ("letter", "names"), [("A", set(NAMES)), ("G", {"mine", "group"}), ("M", {"mine"}), ("D", set())]
)
def test_letters_bound_what_is_seen_and_changed(sandbox: Checked, letter: str, names: set[str]) -> None:
    """All, the group's, one's own or none: lists leave the rest out, one by id is 204, a change is 403."""
    office = Office(sandbox, leads={"view": letter, "edit": letter})
    assert office.seen() == names
    for name, id in office.leads.items():
        assert office.call("GET", f"/api/v4/leads/{id}").status == (200 if name in names else 204)
        answer = office.call("PATCH", f"/api/v4/leads/{id}", {"name": name})
        assert answer.status == (200 if name in names else 403)


@pytest.mark.parametrize(("letter", "status"), [("A", 200), ("D", 403)])
def test_adding_is_a_right_of_its_own(sandbox: Checked, letter: str, status: int) -> None:
    """It depends on no other right; customers follow the rights on leads."""
    sandbox.set_option("customers_mode", "segments")
    office = Office(sandbox, leads={"view": "D", "add": letter}, contacts={"add": "D"})
    assert office.call("POST", "/api/v4/leads", [{}]).status == status
    assert office.call("POST", "/api/v4/customers", [{"name": "A"}]).status == status
    assert office.call("POST", "/api/v4/contacts", [{}]).status == 403


def test_a_role_takes_the_place_of_the_user_s_own_rights(sandbox: Checked) -> None:
    """With a role the rights of the role count, and they change with it."""
    (role,) = sandbox.make("roles", {"name": "R", "rights": {"leads": {"view": "A"}}})
    office = Office(sandbox, role_id=role)
    assert office.seen() == set(NAMES)
    sandbox.patch(f"/api/v4/roles/{role}", {"rights": {"leads": {"view": "M", "edit": "D"}}})
    assert office.seen() == {"mine"}


def test_stage_rights_widen_and_narrow(sandbox: Checked) -> None:
    """A stage may be opened to those who see nothing else, and closed to those who see everything."""
    place = sandbox.read(f"/api/v4/leads/{sandbox.make('leads', {'name': 'moved'})[0]}")
    head = {"entity_type": "leads", "pipeline_id": place["pipeline_id"], "status_id": 142}
    won = sandbox.make("leads", {"name": "won", "status_id": 142})[0]
    opened = [{**head, "rights": {"view": "A", "edit": "D"}}]
    office = Office(sandbox, leads={"view": "M", "edit": "M"}, status_rights=opened)
    assert office.seen() == {"mine", "won"}
    assert office.call("PATCH", f"/api/v4/leads/{won}", {"name": "x"}).status == 403
    user = sandbox.store.documents("users")[max(sandbox.store.documents("users")) - 1]
    closed = [{**head, "rights": {"view": "D"}}]
    rights = {**user["rights"], "leads": {"view": "A", "edit": "A"}, "status_rights": closed}
    sandbox.store.put("users", {**user, "rights": rights})
    assert office.seen() == {*NAMES, "moved"}


def test_a_subscription_lets_see_more(sandbox: Checked) -> None:
    """Whoever is subscribed to the chat of a lead sees it, and can still not change it."""
    office = Office(sandbox, leads={"view": "D", "edit": "D"})
    me = int(max(sandbox.store.documents("users"))) - 1
    sandbox.by_hand.subscribe("leads", office.leads["other"], me)
    assert office.seen() == {"other"}
    assert office.call("PATCH", f"/api/v4/leads/{office.leads['other']}", {"name": "x"}).status == 403
