from __future__ import annotations

from typing import Any

import pytest

from ..conftest import Checked

PATH = "/api/v4/chats/templates"


def make(sandbox: Checked, **more: Any) -> dict[str, Any]:
    answer = sandbox.post(PATH, [{"name": "T", "content": "{{contact.name}}", **more}])
    assert answer.status == 200, answer.body
    made: dict[str, Any] = answer.json()["_embedded"]["chat_templates"][0]
    return made


def test_what_is_not_set_has_the_server_s_empty_values(sandbox: Checked) -> None:
    """Empty texts, nulls and the empty list of PHP each have their place."""
    made = make(sandbox)
    assert (made["type"], made["is_editable"], made["buttons"], made["attachment"]) == (
        "amocrm",
        False,
        [],
        None,
    )
    assert (made["waba_footer"], made["waba_header"], made["waba_examples"]) == ("", None, [])
    assert made["request_id"] == "0"
    assert "_embedded" not in made


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"buttons": [{"type": "inline", "text": "a"}, {"type": "url", "text": "b", "url": "u"}]}, "buttons"),
        ({"buttons": [{"type": "url", "text": "b"}]}, "buttons.0.url"),
        ({"waba_header_type": "media"}, "attachment"),
        ({"attachment": {"id": "nothing"}}, "attachment.id"),
    ],
)
def test_bad_templates_are_refused(sandbox: Checked, change: dict[str, Any], path: str) -> None:
    """Kinds of buttons are not mixed, links have addresses, and an attachment is a file that exists."""
    ((_, _, found),) = sandbox.refused("POST", PATH, [{"name": "T", "content": "C", **change}])
    assert found == path


def test_templates_belong_to_their_integration(sandbox: Checked) -> None:
    """Those of another integration are unknown: 404 alone, 400 in a batch."""
    id = make(sandbox, external_id="a")["id"]
    other = sandbox.tokens.create_integration()
    headers = {
        "authorization": f"Bearer {sandbox.tokens.issue_access(other.client_id, sandbox.admin_id, 60)}"
    }
    assert sandbox.call("GET", PATH, headers=headers).status == 204
    assert sandbox.call("GET", f"{PATH}/{id}", headers=headers).status == 404
    assert sandbox.call("PATCH", PATH, [{"id": id, "name": "x"}], headers).status == 400
    assert sandbox.read(f"{PATH}?filter[external_id][]=a")["_embedded"]["chat_templates"][0]["id"] == id
    assert sandbox.get(f"{PATH}?filter[external_id]=b").status == 204
    assert sandbox.get(f"{PATH}?limit=51").status == 422


def test_moderation_freezes_a_template_until_it_is_decided(sandbox: Checked) -> None:
    """One review for each WhatsApp source; only a draft can be edited; the outcome is told by the integration."""
    services = [{"type": "whatsapp", "params": {"waba": True}}]
    sources = sandbox.make(
        "sources", *({"name": "W", "external_id": id, "services": services} for id in "ab")
    )
    id = make(sandbox, type="waba", waba_examples={"{{contact.name}}": "Анна"})["id"]
    sandbox.patch(f"{PATH}/{id}", {"content": "Другой"})
    reviews = sandbox.post(f"{PATH}/{id}/review", {}).json()["_embedded"]["reviews"]
    assert [review["source_id"] for review in reviews] == sources
    shown = sandbox.read(f"{PATH}/{id}?with=reviews")
    assert (shown["review_status"], shown["is_on_review"]) == ("review", True)
    assert sandbox.patch(f"{PATH}/{id}", {"content": "Ещё"}).status == 400
    path = f"{PATH}/{id}/review/{reviews[0]['id']}"
    assert sandbox.post(path, {"status": "approved"}).json()["status"] == "approved"
    assert sandbox.read(f"{PATH}/{id}?with=reviews")["review_status"] == "approved"
    assert sandbox.post(f"{PATH}/{id}/review/5", {"status": "approved"}).status == 404
    assert sandbox.post(f"{PATH}/{make(sandbox)['id']}/review", {}).status == 400


def test_templates_are_deleted_one_by_one_and_together(sandbox: Checked) -> None:
    """A DELETE with a body takes several; an unknown one refuses all."""
    first, second = make(sandbox)["id"], make(sandbox)["id"]
    assert sandbox.call("DELETE", PATH, [{"id": first}, {"id": 5}]).status == 400
    assert sandbox.call("DELETE", f"{PATH}/{first}").status == 204
    assert sandbox.call("DELETE", PATH, [{"id": second}]).status == 204
    assert sandbox.get(PATH).status == 204
