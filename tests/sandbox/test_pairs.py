"""Updates of one object and of several take the same keys, and what was read may be written back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

import amocrm_sandbox
from amocrm_sandbox import Description

from .conftest import Checked
from .fuzzing import make_account

DOCUMENT = msgspec.json.decode(Path(amocrm_sandbox.__file__).with_name("description.json").read_bytes())
PATHS: dict[str, Any] = DOCUMENT["paths"]
OPERATIONS = Description.bundled().operations
UPDATES = {path: OPERATIONS[item["patch"]["operationId"]] for path, item in PATHS.items() if "patch" in item}
#: updates of one object that stand for themselves: no list of such objects has an update
SINGLE = {path for path in UPDATES if path.endswith("}")}
PAIRS = sorted(path for path in SINGLE if path.rpartition("/")[0] in UPDATES)
READABLE = sorted(path for path in SINGLE if "get" in PATHS[path])
#: keys of answers whose refusal is documented or was seen, by operation
REFUSED = {
    # Only tags, and of a tag only its id and its name.
    **dict.fromkeys(("update_lead", "update_contact", "update_company", "update_customer"), "_embedded"),
    # The colours of old and of system stages are seen in answers only.
    "update_pipeline_status": "color",
}
#: what changes with every update
STAMPS = {"updated_at", "updated_by"}


@pytest.mark.parametrize("path", PAIRS)
def test_a_single_update_takes_what_a_batch_takes(path: str) -> None:
    """No key of an item of a batch is unknown to the update of one object, and neither needs more of it than the id."""
    single, batch = UPDATES[path], UPDATES[path.rpartition("/")[0]]
    assert batch.is_batch
    assert not single.is_batch
    assert batch.body_keys <= single.body_keys
    assert single.validate({"request_id": "1"}) == [] or batch.validate({"id": 1, "request_id": "1"}) != []


@pytest.mark.parametrize("path", sorted(SINGLE))
def test_a_single_update_takes_the_id_and_a_request_id(path: str) -> None:
    """The vendor's SDK sends both with every update of one object."""
    assert "request_id" in UPDATES[path].body_keys
    assert "id" in UPDATES[path].body_keys or not path.endswith("/{id}")


class TakeBack(Exception):
    """Takes everything back that a test has written."""


class Written:
    """An account with one of everything, and where each object of it is read."""

    def __init__(self) -> None:
        self.account, known = make_account()
        first = {kind: ids[0] for kind, ids in known.items()}
        store = self.account.store
        fields = store.documents("fields").values()
        lists, segments = f"catalogs:{first['catalogs']}", "customers/segments"
        for owner in (f"catalogs/{first['catalogs']}", segments):
            self.account.post(f"/api/v4/{owner}/custom_fields", [{"name": "F", "type": "text"}])
        for owner in ("leads", f"catalogs/{first['catalogs']}"):
            self.account.post(f"/api/v4/{owner}/custom_fields/groups", [{"name": "G", "sort": 9}])
        note = store.row("SELECT entity_type, entity_id, id FROM notes WHERE note_type='common'")
        assert note is not None
        pipeline = first["pipelines"]
        stages = store.documents(f"statuses:{pipeline}").values()
        owned = {
            owner: next(f["id"] for f in fields if f["entity_type"] == owner) for owner in ("leads", lists)
        }
        segment_field = next(f["id"] for f in fields if "segment" in f["entity_type"])
        groups = {g["owner"]: g["key"] for g in store.documents("field_groups").values()}
        api = "/api/v4"
        self.paths = {
            "update_lead": f"{api}/leads/{first['leads']}",
            "update_contact": f"{api}/contacts/{first['contacts']}",
            "update_company": f"{api}/companies/{first['companies']}",
            "update_customer": f"{api}/customers/{first['customers']}",
            "update_task": f"{api}/tasks/{first['tasks']}",
            "update_note": f"{api}/{note[0]}/notes/{note[2]}",
            "update_entity_note": f"{api}/{note[0]}/{note[1]}/notes/{note[2]}",
            "update_catalog": f"{api}/catalogs/{first['catalogs']}",
            "update_catalog_element": f"{api}/catalogs/{first['catalogs']}/elements/{first['elements']}",
            "update_catalog_custom_field": f"{api}/catalogs/{first['catalogs']}/custom_fields/{owned[lists]}",
            "update_catalog_custom_field_group": f"{api}/catalogs/{first['catalogs']}/custom_fields/groups/{groups[lists]}",
            "update_custom_field": f"{api}/leads/custom_fields/{owned['leads']}",
            "update_custom_field_group": f"{api}/leads/custom_fields/groups/{groups['leads']}",
            "update_segment": f"{api}/{segments}/{first['segments']}",
            "update_segment_custom_field": f"{api}/{segments}/custom_fields/{segment_field}",
            "update_customer_status": f"{api}/customers/statuses/{first['customers_statuses']}",
            "update_loss_reason": f"{api}/leads/loss_reasons/{first['loss_reasons']}",
            "update_pipeline": f"{api}/leads/pipelines/{pipeline}",
            "update_pipeline_status": f"{api}/leads/pipelines/{pipeline}/statuses/"
            + str(next(stage["id"] for stage in stages if stage["is_editable"])),
            "update_role": f"{api}/roles/{first['roles']}",
            "update_source": f"{api}/sources/{first['sources']}",
            "update_chat_template": f"{api}/chats/templates/{first['templates']}",
            "update_website_button": f"{api}/website_buttons/{first['website_buttons']}",
            "update_file": f"/v1.0/files/{first['files']}",
        }


@pytest.fixture(scope="module")
def written() -> Iterator[Written]:
    """One account for all; what a test writes is taken back."""
    made = Written()
    yield made
    made.account.close()


def without(value: Any, keys: set[str]) -> Any:
    return {key: child for key, child in value.items() if key not in keys}


def write_back(account: Checked, path: str, target: str, template: str, strict: bool) -> None:
    operation, single = UPDATES[template], UPDATES[path]
    refused = {REFUSED[single.id]} if single.id in REFUSED else set()
    if single.id == "update_customer_status":
        account.set_option("customers_mode", "periodicity")
    if single.id == "update_chat_template":
        # A template of WhatsApp that has left the draft cannot be changed.
        made = account.post("/api/v4/chats/templates", [{"name": "D", "content": "x"}]).json()
        target = f"/api/v4/chats/templates/{made['_embedded']['chat_templates'][0]['id']}"
    account.behaviour.strict = strict
    read = account.read(target)
    body = without(read, refused)
    if strict:
        body = {key: value for key, value in body.items() if key in operation.body_keys}
    one = operation.is_batch
    answer = account.call("PATCH", target.rpartition("/")[0] if one else target, [body] if one else body)
    assert answer.status in (200, 202), answer.body
    assert without(account.read(target), STAMPS) == without(read, STAMPS)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("path", READABLE)
def test_what_was_read_may_be_written_back(written: Written, path: str, strict: bool) -> None:
    """An object is taken back as it was read, by the single update and in a batch, and stays what it is.

    Nulls, zeros and empty lists of answers are values of requests. A strict account refuses the keys that are only
    read, so they are left out for it; another ignores them.
    """
    account, kept = written.account, written.account.settings
    batch = path.rpartition("/")[0]
    for template in (path, batch) if batch in UPDATES else (path,):
        with suppress(TakeBack), account.store.transaction():
            write_back(account, path, written.paths[UPDATES[path].id], template, strict)
            raise TakeBack
        account.settings = kept


def test_keys_that_are_only_read_are_refused_or_ignored(sandbox: Checked) -> None:
    """A strict account refuses them, as it refuses unknown keys; another ignores them, and refuses unknown ones still."""
    (lead,) = sandbox.make("leads", {"name": "a"})
    path = f"/api/v4/leads/{lead}"
    assert sandbox.refused("PATCH", path, {"account_id": 1}) == [("0", "FieldNotExpected", "account_id")]
    sandbox.behaviour.strict = False
    assert sandbox.patch(path, {"account_id": 1, "name": "b"}).status == 200
    assert sandbox.patch("/api/v4/leads", [{"id": lead, "closest_task_at": None, "name": "c"}]).status == 200
    read = sandbox.read(f"{path}?with=contacts")
    assert sandbox.patch(path, {**read, "name": "c"}).status == 200
    assert sandbox.read(path)["name"] == "c"
    assert sandbox.refused("PATCH", path, {"nonsense": 1}) == [("0", "FieldNotExpected", "nonsense")]


def test_the_path_names_the_object(sandbox: Checked) -> None:
    """An id in the body of a single update is ignored, also if it names another object."""
    first, second = sandbox.make("tasks", *({"text": text, "complete_till": 1} for text in ("a", "b")))
    assert sandbox.patch(f"/api/v4/tasks/{first}", {"id": second, "text": "c"}).json()["id"] == first
    assert [sandbox.read(f"/api/v4/tasks/{id}")["text"] for id in (first, second)] == ["c", "b"]


def test_empty_lists_stand_for_objects_without_keys(sandbox: Checked) -> None:
    """PHP writes `[]` for an object without keys, as a body and inside it; a list stays a list."""
    form = {
        "form_id": "f",
        "form_name": "n",
        "form_page": "p",
        "ip": "1.1.1.1",
        "form_sent_at": 1,
        "referer": "r",
    }
    body = [{"source_uid": "u", "source_name": "n", "metadata": form, "_embedded": []}]
    made = sandbox.post("/api/v4/leads/unsorted/forms", body).json()
    uid = made["_embedded"]["unsorted"][0]["uid"]
    assert sandbox.post(f"/api/v4/leads/unsorted/{uid}/accept", []).status == 200
    (lead,) = sandbox.make("leads", {"_embedded": []})
    assert sandbox.call("PATCH", f"/api/v4/leads/{lead}", []).status == 200
    assert sandbox.refused(
        "POST", f"/api/v4/leads/{lead}/notes", [{"note_type": "common", "params": []}]
    ) == [("0", "FieldMissing", "params.text")]


def test_calls_need_duration_and_source_on_a_strict_account(sandbox: Checked) -> None:
    """An integrator saw FieldMissing and NotBlank for them; an account that is not strict takes a bare number."""
    (lead,) = sandbox.make("leads", {})
    path = f"/api/v4/leads/{lead}/notes"
    call = {"note_type": "call_in", "params": {"phone": "+7"}}
    assert [error[1:] for error in sandbox.refused("POST", path, [call])] == [
        ("FieldMissing", "params.duration"),
        ("FieldMissing", "params.source"),
    ]
    blank = {**call, "params": {"duration": 0, "source": ""}}
    assert sandbox.refused("POST", path, [blank]) == [("0", "NotBlank", "params.source")]
    sandbox.behaviour.strict = False
    assert sandbox.post(path, [call]).status == 200


def test_a_link_is_removed_as_it_was_made(sandbox: Checked) -> None:
    """The vendor's SDK sends the same metadata for both, `price_id` as null among them."""
    (lead,) = sandbox.make("leads", {})
    (catalog,) = sandbox.make("catalogs", {"name": "c"})
    (element,) = sandbox.make(f"catalogs/{catalog}/elements", {"name": "e"})
    metadata = {"quantity": 2, "catalog_id": catalog, "price_id": None}
    to_element = {"to_entity_id": element, "to_entity_type": "catalog_elements", "metadata": metadata}
    to_lead = {"to_entity_id": lead, "to_entity_type": "leads", "metadata": metadata}
    ends = {f"/api/v4/leads/{lead}": to_element, f"/api/v4/catalogs/{catalog}/elements/{element}": to_lead}
    for path, link in ends.items():
        assert sandbox.post(f"{path}/link", [link]).status == 200
        assert sandbox.post(f"{path}/unlink", [link]).status == 204
        assert not sandbox.read(f"/api/v4/leads/{lead}/links")["_embedded"]["links"]


def test_slashes_are_merged(sandbox: Checked) -> None:
    """The vendor's SDK sends paths that begin with two slashes; the front merges them."""
    assert sandbox.get("//api/v4///account").json() == sandbox.get("/api/v4/account").json()


def test_nobody_may_be_responsible(sandbox: Checked) -> None:
    """User 0 is handed out for leads of chats and robots, and taken back; a user that never was is refused."""
    (lead,) = sandbox.make("leads", {})
    path = f"/api/v4/leads/{lead}"
    assert sandbox.patch(path, {"responsible_user_id": 0}).status == 200
    assert sandbox.read(path)["responsible_user_id"] == 0
    assert sandbox.refused("PATCH", path, {"responsible_user_id": 5})[0][1:] == (
        "NotSupportedChoice",
        "responsible_user_id",
    )
