"""The account that a client works in: a sandbox in a process of its own, prepared and looked through over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

__all__ = ["Account"]

DAY = 86400
OLD = 7
FIELDS = {"source": "Источник", "city": "Город", "checked": "Проверено"}
CITIES = ("Москва", "Казань", "Тверь")


class Account:
    """A fresh account with three users, three custom fields of leads and some leads of last week.

    Args:
        folder: Where the certificate is kept.
        count: Number of leads that the client will create.
        limits: Whether requests are limited as the vendor limits them.
    """

    def __init__(self, folder: Path, count: int, limits: bool = False) -> None:
        self._limits = limits
        command = [sys.executable, "-m", "amocrm_sandbox", "--json", "--api-filter", "on"]
        command += ["--tls", str(folder / "certificate"), "--limits", "on" if limits else "off"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.keys: dict[str, Any] = json.loads(self._process.stdout.readline())
        self.url: str = self.keys["url"]
        self.since = int(time.time()) - DAY
        try:
            self.users = self._users()
            self.fields = self._fields()
            self._last_week()
        except BaseException:
            self.close()
            raise
        self.rows = [self._row(index) for index in range(count)]

    def __enter__(self) -> Account:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the sandbox."""
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    # ---- requests

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request as the administrator and return the decoded answer, None for an empty one."""
        if self._limits and not path.startswith("/_sandbox"):
            # Only the client's requests are to be limited.
            self.control("POST", "reset", {"what": ["limits"]})
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.keys['token']}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()}") from None
        return json.loads(content) if content else None

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control endpoint."""
        return self.call(method, f"/_sandbox/{path}", body)

    def sent(self) -> tuple[int, list[dict[str, Any]]]:
        """Return the number of requests since the last call of this method, and the last of them; then forget them."""
        total: int = self.control("GET", "counters")["total"]
        entries: list[dict[str, Any]] = self.control("GET", "log?last=1000")
        self.control("POST", "reset", {"what": ["counters"]})
        return total, entries

    # ---- preparation

    def _users(self) -> list[int]:
        administrator = self.call("GET", "/api/v4/account")["current_user_id"]
        people = [("Анна Орлова", "anna"), ("Борис Ким", "boris")]
        body = [{"name": name, "email": f"{box}@demo.example", "password": "Secret1"} for name, box in people]
        made = self.call("POST", "/api/v4/users", body)["_embedded"]["users"]
        return [administrator, *(user["id"] for user in made)]

    def _fields(self) -> dict[str, int]:
        body = [
            {"name": FIELDS["source"], "type": "text"},
            {
                "name": FIELDS["city"],
                "type": "select",
                "enums": [{"value": city, "sort": at} for at, city in enumerate(CITIES)],
            },
            {"name": FIELDS["checked"], "type": "text"},
        ]
        made = self.call("POST", "/api/v4/leads/custom_fields", body)["_embedded"]["custom_fields"]
        contact = self.call("GET", "/api/v4/contacts/custom_fields")["_embedded"]["custom_fields"]
        ids = {name: field["id"] for name, field in zip(FIELDS, made, strict=True)}
        return {**ids, "phone": next(field["id"] for field in contact if field["code"] == "PHONE")}

    def _last_week(self) -> None:
        then = self.since - 6 * DAY
        leads = [
            {"name": f"Старый {n}", "price": 1, "created_at": then, "updated_at": then} for n in range(OLD)
        ]
        self.call("POST", "/api/v4/leads", leads)

    def _row(self, index: int) -> dict[str, Any]:
        return {
            "name": f"Заказ {index}",
            "price": 1000 + index,
            "user_id": self.users[index % len(self.users)],
            "tags": ["сайт", f"партия {index % 5}"],
            "source": f"Форма {index % 4}",
            "city": CITIES[index % len(CITIES)],
            "contact": f"Клиент {index}",
            "phone": f"+7900{index:07}",
            "company": f"Компания {index}",
        }

    def job(self, kind: str, url: str, by_address: bool, hook: str = "") -> dict[str, Any]:
        """Return a job in the form that the scripts read."""
        keys = {
            name: self.keys[name]
            for name in ("subdomain", "token", "client_id", "client_secret", "redirect_uri")
        }
        return {
            **keys,
            "kind": kind,
            "url": url,
            "by_address": by_address,
            "expires_at": int(time.time()) + 300 * DAY,
            "rows": self.rows if kind == "create" else [],
            "fields": self.fields,
            "field_names": FIELDS,
            "since": self.since,
            "hook": hook,
        }

    # ---- what came of it

    def leads(self) -> list[dict[str, Any]]:
        """Return all leads, read page by page, with their contacts."""
        found: list[dict[str, Any]] = []
        page = 1
        while True:
            answer = self.call("GET", f"/api/v4/leads?limit=250&with=contacts&page={page}")
            found += answer["_embedded"]["leads"]
            if "next" not in answer["_links"]:
                return found
            page += 1

    def named(self, kind: str) -> dict[int, dict[str, Any]]:
        """Return all contacts or companies by id."""
        found: dict[int, dict[str, Any]] = {}
        page = 1
        while (answer := self.call("GET", f"/api/v4/{kind}?limit=250&page={page}")) is not None:
            found |= {entity["id"]: entity for entity in answer["_embedded"][kind]}
            page += 1
        return found

    def created(self) -> list[dict[str, Any]]:
        """Return the leads that a client has created as rows, in the order of their names' numbers."""
        contacts, companies = self.named("contacts"), self.named("companies")
        rows = []
        for lead in self.leads():
            if lead["created_at"] < self.since:
                continue
            values = {
                field["field_id"]: field["values"][0]["value"] for field in lead["custom_fields_values"] or ()
            }
            contact, company = (
                [entities[linked["id"]] for linked in lead["_embedded"][kind]]
                for kind, entities in (("contacts", contacts), ("companies", companies))
            )
            row = {
                "name": lead["name"],
                "price": lead["price"],
                "user_id": lead["responsible_user_id"],
                "tags": sorted(tag["name"] for tag in lead["_embedded"]["tags"]),
                "source": values.get(self.fields["source"]),
                "city": values.get(self.fields["city"]),
                "contact": [one["name"] for one in contact],
                "phone": [_phone(one) for one in contact],
                "company": [one["name"] for one in company],
            }
            rows.append((lead["id"], row))
        return [{"id": id, **row} for id, row in rows]

    def another_stage(self, id: int) -> int:
        """Return an open stage of the lead's pipeline that it is not in."""
        lead = self.read(id)
        stages = self.call("GET", f"/api/v4/leads/pipelines/{lead['pipeline_id']}/statuses")["_embedded"][
            "statuses"
        ]
        return next(int(one["id"]) for one in stages if one["is_editable"] and one["id"] != lead["status_id"])

    def read(self, id: int) -> dict[str, Any]:
        """Return one lead."""
        lead: dict[str, Any] = self.call("GET", f"/api/v4/leads/{id}?{urlencode({'with': 'contacts'})}")
        return lead


def _phone(contact: dict[str, Any]) -> str | None:
    fields = contact["custom_fields_values"] or ()
    return next((field["values"][0]["value"] for field in fields if field["field_code"] == "PHONE"), None)
