"""Robots act as user 0, and colleagues with a token of their own."""

from __future__ import annotations

import pytest

from amocrm_sandbox import ManualClock

from .conftest import NOW, Checked


def test_a_robot_changes_as_user_0(sandbox: Checked) -> None:
    """A robot's change and its events name user 0 and leave author and time of the creation alone."""
    (lead,) = sandbox.make("leads", {"name": "a"})
    sandbox.robots.change("leads", lead, name="b", price=5)
    shown = sandbox.read(f"/api/v4/leads/{lead}")
    assert (shown["name"], shown["price"], shown["updated_by"]) == ("b", 5, 0)
    assert (shown["created_by"], shown["created_at"], shown["updated_at"]) == (sandbox.admin_id, NOW, NOW)
    events = sandbox.read("/api/v4/events")["_embedded"]["events"]
    assert {(event["type"], event["created_by"]) for event in events} == {
        ("lead_added", sandbox.admin_id),
        ("name_field_changed", 0),
        ("sale_field_changed", 0),
    }


def test_a_robot_gives_a_lead_to_somebody_else(sandbox: Checked) -> None:
    """A robot may assign another responsible user in the second of the creation."""
    colleague = sandbox.ui.add_user("Борис")
    sandbox.robots.when_added("leads", responsible_user_id=colleague["id"])
    (lead,) = sandbox.make("leads", {"name": "a"})
    shown = sandbox.read(f"/api/v4/leads/{lead}")
    assert (shown["responsible_user_id"], shown["updated_at"]) == (colleague["id"], NOW)


def test_a_robot_may_come_later(sandbox: Checked, clock: ManualClock) -> None:
    """A rule with `after` acts so many seconds after the creation, dated then, also if it is noticed later."""
    sandbox.robots.when_added("contacts", after=10, name="b")
    (contact,) = sandbox.make("contacts", {"name": "a"})
    clock.tick(9)
    assert sandbox.read(f"/api/v4/contacts/{contact}")["name"] == "a"
    clock.tick(9)
    shown = sandbox.read(f"/api/v4/contacts/{contact}")
    assert (shown["name"], shown["updated_at"], shown["updated_by"]) == ("b", NOW + 10, 0)


def test_a_robot_may_delete(sandbox: Checked, clock: ManualClock) -> None:
    """A robot deletes at once or later; a change that is due after the deletion does nothing."""
    sandbox.robots.when_added("leads", after=2, name="too late")
    sandbox.robots.when_added("leads", after=1, delete=True)
    (lead,) = sandbox.make("leads", {"name": "a"})
    clock.tick(3)
    assert sandbox.get(f"/api/v4/leads/{lead}").status == 204
    (company,) = sandbox.make("companies", {"name": "a"})
    sandbox.robots.delete("companies", company)
    assert sandbox.get(f"/api/v4/companies/{company}").status == 204


def test_a_robot_can_be_stopped(sandbox: Checked) -> None:
    """Rules end with `clear`, and with a reset of the faults."""
    for stop in (sandbox.robots.clear, sandbox.reset):
        sandbox.robots.when_added("leads", name="b")
        stop()
        (lead,) = sandbox.make("leads", {"name": "a"})
        assert sandbox.read(f"/api/v4/leads/{lead}")["name"] == "a"


def test_what_a_robot_cannot_do_is_refused(sandbox: Checked) -> None:
    """Unknown kinds, entities, keys and values are refused when they are given."""
    with pytest.raises(ValueError, match="kind"):
        sandbox.robots.when_added("tasks")
    with pytest.raises(ValueError, match="nme"):
        sandbox.robots.when_added("leads", nme="b")
    with pytest.raises(ValueError, match="price"):
        sandbox.robots.when_added("leads", price="much")
    with pytest.raises(ValueError, match="no entity 5"):
        sandbox.robots.change("leads", 5, name="b")
    (lead,) = sandbox.make("leads", {"name": "a"})
    with pytest.raises(ValueError, match="status_id"):
        sandbox.robots.change("leads", lead, status_id=5)
    assert sandbox.read(f"/api/v4/leads/{lead}")["status_id"] != 5


def test_robots_are_told_from_other_processes(sandbox: Checked) -> None:
    """The control endpoint carries out the actions of robots by their names."""
    (lead,) = sandbox.make("leads", {"name": "a"})
    change = {"action": "change", "args": {"kind": "leads", "id": lead, "name": "b"}}
    assert sandbox.post("/_sandbox/robots", change).status == 200
    assert sandbox.read(f"/api/v4/leads/{lead}")["name"] == "b"
    assert sandbox.post("/_sandbox/robots", {"action": "dance"}).status == 400


def test_a_colleague_has_a_token_of_its_own(sandbox: Checked) -> None:
    """What a colleague creates is its own, and it sees what all see."""
    colleague = sandbox.ui.add_user("Борис")
    headers = {"authorization": f"Bearer {colleague['token']}"}
    sandbox.make("leads", {"name": "a"})
    sandbox.call("POST", "/api/v4/leads", [{"name": "b"}], headers)
    leads = sandbox.call("GET", "/api/v4/leads", headers=headers).json()["_embedded"]["leads"]
    assert [(lead["name"], lead["created_by"]) for lead in leads] == [
        ("a", sandbox.admin_id),
        ("b", colleague["id"]),
    ]
    assert sandbox.call("GET", f"/api/v4/users/{colleague['id']}", headers=headers).status == 403


def test_a_user_may_see_own_records_only(sandbox: Checked) -> None:
    """With the letter M a lead that a robot gives away is out of its creator's sight."""
    user = sandbox.ui.add_user("Борис", view="M")
    headers = {"authorization": f"Bearer {user['token']}"}
    sandbox.robots.when_added("leads", responsible_user_id=sandbox.admin_id)
    made = sandbox.call("POST", "/api/v4/leads", [{"name": "b"}], headers).json()
    id = made["_embedded"]["leads"][0]["id"]
    assert sandbox.call("GET", f"/api/v4/leads/{id}", headers=headers).status == 204
    assert sandbox.read(f"/api/v4/leads/{id}")["created_by"] == user["id"]
    with pytest.raises(ValueError, match="view"):
        sandbox.ui.add_user(view="X")
