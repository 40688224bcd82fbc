"""The account that a driver works in: it holds what no call of a client can make."""

from __future__ import annotations

from typing import Any

from amocrm_sandbox import Behaviour, Sandbox

__all__ = ["make_account", "upload"]

PHONE = "+79000000009"


def make_account(strict: bool = True) -> tuple[Sandbox, dict[str, Any]]:
    """Return an account, and the job that a driver reads.

    Args:
        strict: Which of two readings the account follows where evidence is thin.
    """
    sandbox = Sandbox(limits=False, api_filter=True, log_size=20_000, behaviour=Behaviour(strict=strict))
    sandbox.set_option("customers_mode", "segments")
    noted = {kind: _made(sandbox, kind, {"name": "A"}) for kind in ("leads", "contacts", "companies")}
    for name in ("Анна", "Борис"):
        sandbox.ui.subscribe("leads", noted["leads"], sandbox.ui.add_user(name)["id"])
    sandbox.ui.write_as_client("Здравствуйте", phone=PHONE)
    sandbox.ui.write_as_client("Здравствуйте", conversation_id="c-2")
    talk, other = sandbox.store.documents("talks").values()
    phone = {"field_code": "PHONE", "values": [{"value": PHONE}]}
    _made(sandbox, "contacts", {"name": "Кто звонит", "custom_fields_values": [phone]})
    catalog = _made(sandbox, "catalogs", {"name": "Склад"})
    group = sandbox.act("POST", "/api/v4/leads/custom_fields/groups", [{"name": "Группа", "sort": 9}]).json()
    form = {
        "form_id": "f",
        "form_name": "n",
        "form_page": "p",
        "form_sent_at": 1,
        "referer": "r",
        "ip": "1.1.1.1",
    }
    forms = [{"source_uid": f"job-{n}", "source_name": "n", "metadata": form} for n in range(2)]
    filled = sandbox.act("POST", "/api/v4/leads/unsorted/forms", forms).json()["_embedded"]["unsorted"]
    deleted = upload(sandbox, "b.txt")
    sandbox.act("DELETE", "/v1.0/files", [{"uuid": deleted}])
    keys = sandbox.integration
    note = {"note_type": "common", "params": {"text": "x"}}
    return sandbox, {
        "host": "demo.amocrm.ru",
        "token": sandbox.token,
        "refresh_token": sandbox.tokens.issue_pair(keys.client_id, sandbox.admin_id)["refresh_token"],
        "code": sandbox.authorization_code(),
        "client_id": keys.client_id,
        "client_secret": keys.client_secret,
        "redirect_uri": keys.redirect_uri,
        "user_id": sandbox.admin_id,
        "amojo_user_id": sandbox.store.documents("users")[sandbox.admin_id]["amojo_id"],
        "account_id": sandbox.account["amojo_id"],
        "channel": sandbox.channel,
        "talk_id": talk["id"],
        "chat_id": other["chat_id"],
        "phone": PHONE,
        "subscribed": noted["leads"],
        "noted": noted,
        "notes": {kind: _made(sandbox, f"{kind}/{id}/notes", note, "notes") for kind, id in noted.items()},
        "catalog_id": catalog,
        "element_id": _made(sandbox, f"catalogs/{catalog}/elements", {"name": "Стол"}, "elements"),
        "form_uids": [one["uid"] for one in filled],
        "group_id": group["_embedded"]["custom_field_groups"][0]["id"],
        "bot_id": min(sandbox.store.documents("bots")),
        "file_uuid": upload(sandbox, "a.txt"),
        "deleted_uuid": deleted,
    }


def upload(sandbox: Sandbox, name: str) -> str:
    """Upload a small file and return its uuid."""
    body = {"file_name": name, "file_size": 3, "content_type": "image/jpeg"}
    session = sandbox.call("POST", "/v1.0/sessions", body).json()
    return str(sandbox.call("POST", session["upload_url"].partition(".ru")[2], b"abc").json()["uuid"])


def _made(sandbox: Sandbox, path: str, body: dict[str, Any], key: str | None = None) -> int:
    answer = sandbox.act("POST", f"/api/v4/{path}", [body]).json()
    return int(answer["_embedded"][key or path][0]["id"])
