from __future__ import annotations

from typing import Any

import pytest

from ..conftest import Checked

NAMES = ("mine", "group", "other")


class Office:
    """A user with rights, a colleague of the same group, and a lead and a contact of each and of the administrator."""

    def __init__(self, sandbox: Checked, **rights: Any) -> None:
        self.sandbox = sandbox
        group = sandbox.ui.add_group("Опт")["id"]
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
    sandbox.ui.subscribe("leads", office.leads["other"], me)
    assert office.seen() == {"other"}
    assert office.call("PATCH", f"/api/v4/leads/{office.leads['other']}", {"name": "x"}).status == 403


def _note(office: Office, name: str) -> int:
    path = f"/api/v4/leads/{office.leads[name]}/notes"
    made = office.sandbox.post(path, [{"note_type": "common", "params": {"text": name}}])
    return int(made.json()["_embedded"]["notes"][0]["id"])


def test_notes_follow_the_rights_on_their_entity(sandbox: Checked) -> None:
    """Notes of a lead out of reach are not listed, not read, not changed, not pinned and not added."""
    office = Office(sandbox, leads={"view": "M", "edit": "M"})
    notes = {name: _note(office, name) for name in NAMES}
    listed = office.call("GET", "/api/v4/leads/notes").json()["_embedded"]["notes"]
    assert [note["id"] for note in listed] == [notes["mine"]]
    text = {"note_type": "common", "params": {"text": "x"}}
    for name, status in (("mine", 200), ("other", 404)):
        path = f"/api/v4/leads/notes/{notes[name]}"
        assert office.call("GET", path).status == status
        assert office.call("PATCH", path, text).status == status
        assert office.call("POST", f"{path}/pin").status == (204 if status == 200 else 404)
    for name, status in (("mine", 200), ("other", 403)):
        assert office.call("POST", f"/api/v4/leads/{office.leads[name]}/notes", [text]).status == status
        entity = {**text, "entity_id": office.leads[name]}
        assert office.call("POST", "/api/v4/leads/notes", [entity]).status == status


@pytest.mark.parametrize(("letter", "status"), [("A", 200), ("M", 403), ("D", 403)])
def test_tasks_have_a_right_of_their_own(sandbox: Checked, letter: str, status: int) -> None:
    """Who may change a task depends on its responsible user, not on the lead."""
    office = Office(sandbox, leads={"view": "A", "edit": "A"}, tasks={"edit": letter})
    (task,) = sandbox.make("tasks", {"text": "t", "complete_till": 1_700_000_000})
    assert office.call("PATCH", f"/api/v4/tasks/{task}", {"text": "x"}).status == status
    mine = office.call("POST", "/api/v4/tasks", [{"text": "t", "complete_till": 1_700_000_000}])
    id = mine.json()["_embedded"]["tasks"][0]["id"]
    answer = office.call("PATCH", "/api/v4/tasks", [{"id": id, "text": "x"}])
    assert answer.status == (403 if letter == "D" else 200)


def test_links_and_files_follow_the_rights_on_both_ends(sandbox: Checked) -> None:
    """A lead out of reach shows no links and takes none; a contact out of reach is as good as unknown."""
    office = Office(sandbox, leads={"view": "M", "edit": "M"}, contacts={"view": "M"})
    contact, company = sandbox.make("contacts", {})[0], sandbox.make("companies", {})[0]
    for name, status in (("mine", 200), ("other", 403)):
        path = f"/api/v4/leads/{office.leads[name]}"
        assert office.call("GET", f"{path}/links").status == status
        body = [{"to_entity_id": company, "to_entity_type": "companies"}]
        sandbox.post(f"{path}/link", body)
        assert office.call("POST", f"{path}/unlink", body).status == (204 if status == 200 else 403)
        assert office.call("GET", f"{path}/files").status == (204 if status == 200 else 403)
        assert office.call("GET", f"{path}/subscriptions").status == (204 if status == 200 else 403)
    body = [{"to_entity_id": contact, "to_entity_type": "contacts"}]
    refused = office.call("POST", f"/api/v4/leads/{office.leads['mine']}/link", body)
    assert refused.json()["validation-errors"][0]["errors"][0]["path"] == "to_entity_id"
    query = "&".join(f"filter[entity_id][]={id}" for id in office.leads.values())
    found = office.call("GET", f"/api/v4/leads/links?{query}").json()["_embedded"]["links"]
    assert {link["entity_id"] for link in found} <= {office.leads["mine"]}


def test_events_short_links_and_incoming_leads_follow_the_rights(sandbox: Checked) -> None:
    """The log leaves out what is out of reach, so does the list of incoming leads; no short link is made for it."""
    office = Office(sandbox, leads={"view": "M", "edit": "D"}, contacts={"view": "D"})
    events = office.call("GET", "/api/v4/events?filter[entity]=lead").json()["_embedded"]["events"]
    assert {event["entity_id"] for event in events} == {office.leads["mine"]}
    contact = sandbox.make("contacts", {})[0]
    link = {"url": "https://example.com", "metadata": {"entity_type": "contacts", "entity_id": contact}}
    made = office.call("POST", "/api/v4/short_links", [link])
    assert made.json()["_embedded"]["short_links"] == []
    uid = sandbox.ui.receive_mail("a@example.com", "Hi", "…")
    assert office.call("GET", "/api/v4/leads/unsorted").status == 204
    assert office.call("POST", f"/api/v4/leads/unsorted/{uid}/accept", {}).status == 404


def test_talks_follow_the_rights_on_the_contact(sandbox: Checked) -> None:
    """A talk with a contact out of reach is not listed and is refused."""
    sandbox.ui.write_as_client("Hello")
    office = Office(sandbox, contacts={"view": "D"})
    talk = sandbox.read("/api/v4/talks")["_embedded"]["talks"][0]["talk_id"]
    assert office.call("GET", "/api/v4/talks").status == 204
    assert office.call("GET", f"/api/v4/talks/{talk}").status == 403


def test_lists_take_the_access_of_the_role_and_rights_of_their_own(sandbox: Checked) -> None:
    """Access to lists may come from the role; rights on one list narrow it."""
    (catalog,) = sandbox.make("catalogs", {"name": "L"})
    denied = [{"catalog_id": catalog, "rights": {"view": "A", "add": "D", "edit": "D"}}]
    (role,) = sandbox.make("roles", {"name": "R", "rights": {"catalog_access": True}})
    office = Office(sandbox, role_id=role)
    path = f"/api/v4/catalogs/{catalog}/elements"
    assert office.call("POST", path, [{"name": "E"}]).status == 200
    sandbox.patch(f"/api/v4/roles/{role}", {"rights": {"catalog_rights": denied}})
    assert office.call("POST", path, [{"name": "E"}]).status == 403
    assert office.call("GET", path).status == 200
    sandbox.patch(f"/api/v4/roles/{role}", {"rights": {"catalog_access": False, "catalog_rights": None}})
    assert office.call("GET", path).status == 403


def test_another_user_s_rights_need_an_administrator_and_an_active_user(sandbox: Checked) -> None:
    """`X-Context-User-ID` acts with the rights of that user; an unknown, free or inactive one fails."""
    office = Office(sandbox, leads={"view": "M"})
    me = int(max(sandbox.store.documents("users"))) - 1

    def acting(value: object, **headers: str) -> int:
        sent = {**headers, "x-context-user-id": str(value)}
        return sandbox.call("GET", "/api/v4/account", headers=sent).status

    assert acting(me) == 200
    assert [acting(value) for value in (1, "x", "²", "-1")] == [401] * 4
    assert acting(sandbox.admin_id, **office.headers) == 401
    sandbox.post("/api/v4/users/deactivate", [{"id": me}])
    assert acting(me) == 401


def test_rights_of_a_new_user_fit_together(sandbox: Checked) -> None:
    """Editing may not be wider than viewing; a role makes the sent rights meaningless."""
    user = {"name": "U", "email": "u@example.com", "password": "Passw0rd"}
    wide = {"leads": {"view": "M", "edit": "A"}}
    assert sandbox.refused("POST", "/api/v4/users", [{**user, "rights": wide}]) == [
        ("0", "NotSupportedChoice", "rights.leads.edit")
    ]
    (role,) = sandbox.make("roles", {"name": "R"})
    assert sandbox.post("/api/v4/users", [{**user, "rights": {**wide, "role_id": role}}]).status == 201


def test_what_hangs_on_the_deleted_stays_an_administrator_s(sandbox: Checked) -> None:
    """Notes and talks outlive their entity in the bin, for those whom no right binds."""
    (lead,) = sandbox.make("leads", {})
    (note,) = sandbox.make(f"leads/{lead}/notes", {"note_type": "common", "params": {"text": "n"}})
    sandbox.ui.write_as_client("Hello")
    (talk,) = sandbox.read("/api/v4/talks")["_embedded"]["talks"]
    sandbox.delete("leads", lead)
    sandbox.delete("contacts", talk["contact_id"])
    assert sandbox.get(f"/api/v4/leads/notes/{note}").status == 200
    assert sandbox.get(f"/api/v4/talks/{talk['talk_id']}").status == 200
    params = {"note_type": "common", "params": {"text": "x"}}
    assert sandbox.patch(f"/api/v4/leads/notes/{note}", params).status == 200


def test_incoming_leads_need_a_right_on_their_stage(sandbox: Checked) -> None:
    """Without one their stage is closed, even to those who may do everything with leads."""
    uid = sandbox.ui.receive_mail("a@example.com", "Hi", "…")
    path = f"/api/v4/leads/unsorted/{uid}"
    lead = sandbox.read(path)["_embedded"]["leads"][0]["id"]
    office = Office(sandbox, leads={"view": "A", "edit": "A"})
    assert office.call("GET", "/api/v4/leads/unsorted").status == 204
    assert office.call("GET", f"/api/v4/leads/{lead}").status == 204
    assert office.call("POST", f"{path}/accept", {}).status == 404
    place = {key: sandbox.read(f"/api/v4/leads/{lead}")[key] for key in ("pipeline_id", "status_id")}
    me = int(max(sandbox.store.documents("users"))) - 1
    user = sandbox.store.documents("users")[me]
    given = [{"entity_type": "leads", **place, "rights": {"view": "A", "edit": "A"}}]
    sandbox.store.put("users", {**user, "rights": {**user["rights"], "status_rights": given}})
    assert office.call("GET", path).status == 200
    assert office.call("POST", f"{path}/accept", {}).status == 200
    assert office.seen() == {*NAMES, "Hi"}
