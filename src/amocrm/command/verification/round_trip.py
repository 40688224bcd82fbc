"""Writes objects of its own, reads them back and says what it left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from amocrm_gen._runtime.wire import build

from .operations import Described
from .reading import Reading

__all__ = ["RoundTrip"]

_NAME: Final = "amocrm verify"
_PRICE: Final = 1700


class RoundTrip:
    """A contact, a company, a lead, a note and a task: created, changed, linked, read back.

    The API cannot delete leads, contacts and companies, so they stay in the account under the name "amocrm verify".

    Args:
        document: the OpenAPI document.
        reading: sends the requests and keeps what differs.
        now: Unix seconds; the task is due a day later.

    Attributes:
        created: how many objects of each kind were created.
        left_behind: how many of them are still there.
        ids: ids of what is still there, for the terminal and not for the report.
    """

    def __init__(self, document: Mapping[str, Any], reading: Reading, now: float) -> None:
        self._document, self._reading, self._now = document, reading, int(now)
        self._operations = {
            item[method]["operationId"]: (path, method)
            for path, item in document["paths"].items()
            for method in ("get", "post", "patch")
            if method in item
        }
        self.created: Counter[str] = Counter()
        self.left_behind: Counter[str] = Counter()
        self.ids: dict[str, int] = {}

    def run(self) -> None:
        """Write everything and read it back.

        Raises:
            UnauthorizedError: the token is refused.
        """
        contact = self._create("create_contacts", "contacts", {"name": _NAME})
        company = self._create("create_companies", "companies", {"name": _NAME})
        lead = self._create("create_leads", "leads", {"name": _NAME, "price": _PRICE})
        if lead is not None:
            self._change_lead(lead)
            links = [
                {"to_entity_id": id, "to_entity_type": kind}
                for kind, id in (("contacts", contact), ("companies", company))
                if id
            ]
            if links:
                self._call("link_entity", {"entity_type": "leads", "entity_id": lead}, links)
                self._call("list_entity_links", {"entity_type": "leads", "entity_id": lead})
            note = {"note_type": "common", "params": {"text": _NAME}}
            self._create("create_entity_notes", "notes", note, entity_type="leads", entity_id=lead)
            self._finish_task(lead)

    def _change_lead(self, lead: int) -> None:
        self._call("update_lead", {"id": lead}, {"price": _PRICE + 1})
        self._expect("get_lead", {"id": lead}, {"name": _NAME, "price": _PRICE + 1})
        self._call("update_leads", {}, [{"id": lead, "price": _PRICE + 2}])
        self._expect("get_lead", {"id": lead}, {"name": _NAME, "price": _PRICE + 2})

    def _finish_task(self, lead: int) -> None:
        due = self._now + 86_400
        values = {
            "text": _NAME,
            "complete_till": due,
            "entity_id": lead,
            "entity_type": "leads",
            "task_type_id": 1,
        }
        task = self._create("create_tasks", "tasks", values)
        if task is not None:
            self._expect("get_task", {"id": task}, values)
            self._call("update_task", {"id": task}, {"is_completed": True, "result": {"text": _NAME}})
            self._expect("get_task", {"id": task}, {"is_completed": True, "text": _NAME})

    def _create(self, operation: str, kind: str, values: Mapping[str, Any], **path: object) -> int | None:
        body = self._call(operation, path, [values])
        try:
            id = body["_embedded"][kind][0]["id"]
        except (TypeError, LookupError):
            id = None
        if not isinstance(id, int):
            self._note(operation, f"$._embedded.{kind}[*].id", "the answer does not name what was created")
            return None
        self.created[kind] += 1
        self.left_behind[kind] += 1
        self.ids[kind] = id
        return id

    def _expect(self, operation: str, path: Mapping[str, object], values: Mapping[str, Any]) -> None:
        body = self._call(operation, path)
        for key, value in values.items() if isinstance(body, dict) else ():
            if body.get(key) != value:
                self._note(operation, f"$.{key}", "another value than the one that was written")

    def _note(self, operation: str, path: str, detail: str) -> None:
        self._reading.asked[operation].comparison.note("round trip", path, detail)

    def _call(self, operation: str, path: Mapping[str, object], body: Any = None) -> Any:
        described = Described(self._document, *self._operations[operation])
        return self._reading.ask(described, build(described.op, path=path, body=body or msgspec.UNSET))
