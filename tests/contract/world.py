"""An account that has one of everything, and the ids of what it has."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from amocrm_sandbox import ManualClock, Response
from tests.sandbox.conftest import NOW, Checked

__all__ = ["World"]

HOOK = "https://app.example.com/hook"


class World:
    """One of everything; `ids` names it.

    Every request on the way is checked against the description, as all requests of a `Checked` sandbox are.
    """

    def __init__(self) -> None:
        made, ids = _built_once()
        self._folder = TemporaryDirectory(prefix="amocrm-world-")
        file = Path(self._folder.name) / "account.db"
        file.write_bytes(made)
        self.sandbox = Checked(db=file, limits=False, clock=ManualClock(NOW))
        self.ids: dict[str, Any] = deepcopy(ids)

    def _build(self) -> tuple[bytes, dict[str, Any]]:
        """Make one of everything by requests; return the account's file and the ids."""
        self.sandbox = Checked(limits=False, clock=ManualClock(NOW))
        self.ids = {"user": self.sandbox.admin_id, "destination": HOOK}
        self._entities()
        self._directories()
        self._catalogs()
        self._customers()
        self._incoming()
        self._files()
        self._rest()
        file = self.sandbox.store.connection.serialize()
        self.sandbox.close()
        return file, self.ids

    def close(self) -> None:
        """Close the account, and remove its file."""
        self.sandbox.close()
        self._folder.cleanup()

    def move_to(self, kind: str) -> None:
        """Make note, field, group, tag and files of the lead once more for another kind, and call them the lead's."""
        id = self.ids[{"contacts": "contact", "companies": "company", "customers": "customer"}[kind]]
        text = {"note_type": "common", "params": {"text": "Ещё"}}
        self._make("note", f"/api/v4/{kind}/{id}/notes", text)
        self._make("field", f"/api/v4/{kind}/custom_fields", {"type": "text", "name": "Город"})
        self._make("group", f"/api/v4/{kind}/custom_fields/groups", {"name": "Своя", "sort": 5})
        self._make("tag", f"/api/v4/{kind}/tags", {"name": "vip"})
        self.call("PUT", f"/api/v4/{kind}/{id}/files", [{"file_uuid": self.ids["file"]}])
        if kind == "customers":
            self.sandbox.ui.subscribe(kind, id, self.ids["user"])
        self.ids["lead"] = id

    def call(
        self, method: str, target: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send a request; `{name}` in the target is one of the ids."""
        return self.sandbox.call(method, target.format_map(self.ids), body, headers)

    def _made(self, method: str, target: str, body: Any) -> Any:
        answer = self.call(method, target, body)
        assert answer.status in (200, 201, 202), (target, answer.body)
        return answer.json()

    def _make(self, name: str, target: str, *items: dict[str, Any], id: str = "id") -> None:
        made = self._made("POST", target, list(items))
        key = target.rpartition("/")[2]
        collection = {"groups": "custom_field_groups", "sip": "unsorted", "templates": "chat_templates"}.get(
            key, key
        )
        self.ids[name] = made["_embedded"][collection][0][id]

    def _entities(self) -> None:
        phone = {"field_code": "PHONE", "values": [{"value": "+7 900 000-00-01", "enum_code": "MOB"}]}
        self._make("lead", "/api/v4/leads", {"name": "Заказ", "tags_to_add": [{"name": "vip"}]})
        self._make("contact", "/api/v4/contacts", {"name": "Иван Петров", "custom_fields_values": [phone]})
        self._make("company", "/api/v4/companies", {"name": "Ромашка"})
        text = {"note_type": "common", "params": {"text": "Пришёл с формы"}}
        self._make("note", f"/api/v4/leads/{self.ids['lead']}/notes", text)
        self._make("task", "/api/v4/tasks", {"text": "Позвонить", "complete_till": NOW + 3600})
        self.ids["event"] = self.sandbox.read("/api/v4/events")["_embedded"]["events"][0]["id"]
        self.ids["tag"] = self.sandbox.read("/api/v4/leads/tags")["_embedded"]["tags"][0]["id"]

    def _directories(self) -> None:
        pipeline = {"name": "Опт", "sort": 20, "is_main": False, "is_unsorted_on": True}
        stages = {"statuses": [{"name": "Начало", "sort": 10, "color": "#fffeb2"}]}
        self._make("pipeline", "/api/v4/leads/pipelines", {**pipeline, "_embedded": stages})
        path = "/api/v4/leads/pipelines/{pipeline}/statuses"
        self._make("status", path, {"name": "Дальше", "sort": 30, "color": "#fffeb2"})
        self._make("reason", "/api/v4/leads/loss_reasons", {"name": "Дорого", "sort": 4})
        self._make("field", "/api/v4/leads/custom_fields", {"type": "text", "name": "Город"})
        self._make("group", "/api/v4/leads/custom_fields/groups", {"name": "Своя", "sort": 5})
        rights = {"view": "A", "edit": "A", "add": "A", "delete": "A", "export": "A"}
        self._make("role", "/api/v4/roles", {"name": "Менеджер", "rights": {"leads": rights}})
        user = {
            "name": "Анна",
            "email": "anna@example.com",
            "password": "Passw0rd",
            "rights": {"is_free": True},
        }
        self._make("other_user", "/api/v4/users", user)
        self._make("source", "/api/v4/sources", {"name": "Лендинг", "external_id": "land-1"})
        body = {"pipeline_id": self.ids["pipeline"], "trusted_websites": ["example.com"]}
        self.ids["button"] = self._made("POST", "/api/v4/website_buttons", body)["source_id"]
        self._made("POST", "/api/v4/webhooks", {"destination": HOOK, "settings": ["add_lead", "update_lead"]})

    def _catalogs(self) -> None:
        self._make("catalog", "/api/v4/catalogs", {"name": "Тарифы"})
        path = "/api/v4/catalogs/{catalog}"
        self._make("element", f"{path}/elements", {"name": "Базовый"})
        self._make("catalog_field", f"{path}/custom_fields", {"type": "text", "name": "Код"})
        self._make("catalog_group", f"{path}/custom_fields/groups", {"name": "Своя", "sort": 5})
        link = {"to_entity_id": self.ids["lead"], "to_entity_type": "leads"}
        self._made("POST", f"{path}/elements/{{element}}/link", [link])

    def _customers(self) -> None:
        self._made("PATCH", "/api/v4/customers/mode", {"mode": "segments", "is_enabled": True})
        self._make("customer", "/api/v4/customers", {"name": "Постоянный"})
        self.ids["segment"] = self._made("POST", "/api/v4/customers/segments", {"name": "VIP"})["id"]
        self._make(
            "segment_field", "/api/v4/customers/segments/custom_fields", {"type": "text", "name": "Уровень"}
        )
        self._make("transaction", "/api/v4/customers/{customer}/transactions", {"price": 500})
        self.sandbox.set_option("customers_mode", "periodicity")
        self._make("customer_status", "/api/v4/customers/statuses", {"name": "Ждём", "sort": 50})
        self.sandbox.set_option("customers_mode", "segments")

    def _incoming(self) -> None:
        call = {
            "phone": "+79000000002",
            "called_at": NOW,
            "duration": 5,
            "link": "",
            "service_code": "pbx",
            "uniq": "1",
        }
        self._make(
            "unsorted",
            "/api/v4/leads/unsorted/sip",
            {"source_uid": "u-1", "source_name": "АТС", "metadata": call},
            id="uid",
        )
        written = self.sandbox.ui.write_as_client("Здравствуйте").json()["new_message"]
        self.ids.update(chat=written["conversation_id"], message=written["msgid"])
        channel = self.sandbox.channel
        self.ids.update(channel=channel["channel_id"], scope=channel["connection"]["scope_id"])
        found = self.sandbox.read("/api/v4/leads/unsorted?filter[category][]=chats")
        self.ids["chat_unsorted"] = found["_embedded"]["unsorted"][0]["uid"]
        self.ids["talk"] = self.sandbox.read("/api/v4/talks")["_embedded"]["talks"][0]["talk_id"]

    def _files(self) -> None:
        for name in ("file", "other"):
            opened = self._made("POST", "/v1.0/sessions", {"file_name": f"{name}.txt", "file_size": 3})
            path = opened["upload_url"].partition(".amocrm.ru")[2]
            self.ids[name] = self._made("POST", path, b"abc")["uuid"]
        self.call("DELETE", "/v1.0/files", [{"uuid": self.ids["other"]}])
        opened = self._made("POST", "/v1.0/sessions", {"file_name": "third.txt", "file_size": 3})
        self.ids["session"] = opened["upload_url"].rpartition("/")[2]
        self.call("PUT", "/api/v4/leads/{lead}/files", [{"file_uuid": self.ids["file"]}])

    def _rest(self) -> None:
        hand = self.sandbox.ui
        template = {"name": "Привет", "content": "Здравствуйте", "type": "waba"}
        self._make("template", "/api/v4/chats/templates", template)
        self._make("other_template", "/api/v4/chats/templates", {**template, "name": "Пока"})
        reviews = self._made("POST", "/api/v4/chats/templates/{template}/review", {})["_embedded"]["reviews"]
        self.ids["review"] = reviews[0]["id"]
        self.ids["bot"] = hand.add_bot("Опрос", request_url="https://app.example.com/bot")["id"]
        run = {"entity_id": self.ids["lead"], "entity_type": "leads"}
        assert self.call("POST", "/api/v4/bots/{bot}/run", run).status == 202
        self.ids["run"] = hand.bot_runs()[-1]["id"]
        hand.subscribe("leads", self.ids["lead"], self.ids["user"])
        self._made("POST", "/api/v4/widgets/sandbox_widget", {"api_key": "x"})
        self._made("PATCH", "/api/v4/catalogs/products/settings", {"is_enabled": True})
        keys = self.sandbox.integration
        self.ids.update(
            client_id=keys.client_id, client_secret=keys.client_secret, redirect_uri=keys.redirect_uri
        )
        self.ids["code"] = self.sandbox.authorization_code()
        pair = self.sandbox.tokens.issue_pair(keys.client_id, self.sandbox.admin_id)
        self.ids["refresh_token"] = pair["refresh_token"]
        self.ids["api_key"] = hand.give_api_key(self.sandbox.admin_id)
        self.ids["login"] = self.sandbox.store.documents("users")[self.sandbox.admin_id]["email"]


@cache
def _built_once() -> tuple[bytes, dict[str, Any]]:
    # Each world opens a copy: forty requests take ten times as long as opening their file.
    return World.__new__(World)._build()
