"""Files and data of the web page at `/_sandbox/`: views of the account and of the requests.

The page reads through these views and not through the API: watching an account changes none of its counters.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import msgspec

from ..account import Account
from ..domain.relations import links_of, tags_of
from ..domain.stages import stages
from ..engine.journal import JournalEntry
from ..engine.masking import mask, mask_headers
from ..engine.messages import JSON, Response, json_response

__all__ = ["WebPage"]

Args = dict[str, Any]
Row = dict[str, Any]

_FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
    "views.js": ("views.js", "text/javascript; charset=utf-8"),
    "format.js": ("format.js", "text/javascript; charset=utf-8"),
}
# Nothing is fetched from elsewhere, and nothing that an entity's name contains is carried out.
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
_ENTITIES = ("leads", "contacts", "companies", "customers")
_COLUMN = 40
_PAGE = 50
_MOST_REQUESTS = 200
_LEAD = "id,name,price,status_id,pipeline_id,responsible_user_id,created_at,updated_at,closest_task_at"
_COLUMNS = {
    "leads": _LEAD,
    "contacts": "id,name,responsible_user_id,created_at,updated_at,closest_task_at",
    "companies": "id,name,responsible_user_id,created_at,updated_at,closest_task_at",
    "customers": "id,name,next_price,next_date,responsible_user_id,created_at,updated_at,closest_task_at",
    "tasks": "id,text,task_type_id,is_completed,complete_till,entity_type,entity_id,responsible_user_id,created_at",
    "notes": "id,note_type,params,entity_type,entity_id,created_by,created_at",
}
_decode = msgspec.json.Decoder().decode


class WebPage:
    """Answers everything below `/_sandbox/` that the page needs; GET only."""

    def __init__(self, account: Account, act: Callable[[str, str], Response]) -> None:
        self._account = account
        self._act = act
        self._views: dict[str, Callable[[Args], Any]] = {
            "account": self._show_account,
            "board": self._board,
            "column": self._column,
            "list": self._list,
            "entity": self._entity,
            "requests": self._requests,
            "request": self._request,
        }

    def find(self, name: str) -> Callable[[Args], Response] | None:
        """Return what answers a path below `/_sandbox/`, or None."""
        if name in _FILES:
            return lambda args: _file(name)
        view = self._views.get(name.removeprefix("view/")) if name.startswith("view/") else None
        return None if view is None else lambda args: json_response(view(args), content_type=JSON)

    # ---- the account

    def _show_account(self, args: Args) -> Any:
        account, store = self._account, self._account.store
        pipelines = sorted(store.documents("pipelines").values(), key=lambda pipeline: pipeline["sort"])
        return {
            "account": account.settings,
            "url": account.url,
            "pipelines": [
                {"id": item["id"], "name": item["name"], "statuses": stages(store, item["id"])}
                for item in pipelines
            ],
            "users": {id: user["name"] for id, user in store.documents("users").items()},
            "task_types": {id: task_type["name"] for id, task_type in store.documents("task_types").items()},
            "loss_reasons": {id: reason["name"] for id, reason in store.documents("loss_reasons").items()},
            "counts": {kind: store.value(f"SELECT count(*) FROM {kind}{_alive(kind)}") for kind in _COLUMNS},
        }

    # ---- the board

    def _board(self, args: Args) -> Any:
        store, pipeline_id = self._account.store, int(args["pipeline"])
        sums = store.rows(
            "SELECT status_id, count(*), sum(price) FROM leads WHERE is_deleted=0 AND pipeline_id=? GROUP BY status_id",
            (pipeline_id,),
        )
        totals = {status_id: (count, total or 0) for status_id, count, total in sums}
        columns = []
        for status in stages(store, pipeline_id):
            count, total = totals.get(status["id"], (0, 0))
            leads = self._of_status(pipeline_id, status["id"], None) if count else []
            column = {key: status[key] for key in ("id", "name", "color", "type")}
            columns.append({**column, "count": count, "price": total, "leads": leads})
        self._dress([lead for column in columns for lead in column["leads"]])
        return {"pipeline": pipeline_id, "columns": columns}

    def _column(self, args: Args) -> Any:
        leads = self._of_status(int(args["pipeline"]), int(args["status"]), int(args["before"]))
        self._dress(leads)
        return {"leads": leads}

    def _of_status(self, pipeline_id: int, status_id: int, before: int | None) -> list[Row]:
        # The index of stages, not the one of pipelines: a closed stage is shared, any other has one pipeline.
        return self._rows(
            f"SELECT {_LEAD} FROM leads INDEXED BY leads_status_id WHERE is_deleted=0 AND status_id=? AND id<? "
            "AND pipeline_id=? ORDER BY id DESC LIMIT ?",
            (status_id, before or 2**62, pipeline_id, _COLUMN),
            _LEAD,
        )

    def _dress(self, leads: list[Row]) -> None:
        """Add tags and the names of the main contact and the company to leads."""
        store, ids = self._account.store, [lead["id"] for lead in leads]
        links, tags = links_of(store, "leads", ids), tags_of(store, "leads", ids)
        wanted: dict[str, set[int]] = {"contacts": set(), "companies": set()}
        for lead in leads:
            lead["tags"] = [tag["name"] for tag in tags.get(lead["id"], ())]
            for type_, id, is_main, _ in links.get(lead["id"], ()):
                if type_ == "companies" or (type_ == "contacts" and is_main):
                    lead[type_] = id
                    wanted[type_].add(id)
        for type_, ids_ in wanted.items():
            names = self._names(type_, ids_)
            for lead in leads:
                lead[type_] = names.get(lead.get(type_, 0))

    def _names(self, kind: str, ids: set[int]) -> dict[int, str]:
        rows = self._account.store.rows(
            f"SELECT id, name FROM {kind} WHERE id IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(sorted(ids)).decode(),),
        )
        return dict(rows)

    # ---- lists

    def _list(self, args: Args) -> Any:
        """Return the newest entities of a kind, narrowed by a text, older than `before`."""
        kind = args["kind"]
        columns, conditions, values = _COLUMNS[kind], ["id<?"], [int(args.get("before") or 2**62)]
        text = str(args.get("query") or "").strip().casefold()
        if kind in _ENTITIES:
            conditions.append("is_deleted=0")
        if text:
            search = {"tasks": "casefold(text)", "notes": "casefold(CAST(params AS TEXT))"}.get(
                kind, "search"
            )
            conditions.append(f"instr({search}, ?) > 0")
            values.append(text)  # type: ignore[arg-type]
        where = " AND ".join(conditions)
        rows = self._rows(
            f"SELECT {columns} FROM {kind} WHERE {where} ORDER BY id DESC LIMIT ?", (*values, _PAGE), columns
        )
        if kind == "leads":
            self._dress(rows)
        for row in rows:
            if kind == "notes":
                row["params"] = _decode(row["params"])
        if kind in ("tasks", "notes"):
            self._name_parents(rows)
        return {"kind": kind, "items": rows, "has_more": len(rows) == _PAGE}

    def _name_parents(self, rows: list[Row]) -> None:
        for kind in _ENTITIES:
            of_kind = [row for row in rows if row["entity_type"] == kind]
            names = self._names(kind, {row["entity_id"] for row in of_kind})
            for row in of_kind:
                row["entity_name"] = names.get(row["entity_id"])

    def _rows(self, sql: str, args: tuple[Any, ...], columns: str) -> list[Row]:
        names = columns.split(",")
        return [dict(zip(names, row, strict=True)) for row in self._account.store.rows(sql, args)]

    # ---- one entity

    def _entity(self, args: Args) -> Any:
        """Return an entity as the API reads it, with what is linked to it and hangs on it."""
        account, kind, id = self._account, args["kind"], int(args["id"])
        if kind not in _ENTITIES:
            raise KeyError(kind)
        answer = self._act("GET", f"/api/v4/{kind}/{id}")
        if answer.status != 200:
            return {"kind": kind, "id": id, "entity": None}
        links: list[Row] = []
        for type_, other, is_main, metadata in links_of(account.store, kind, [id])[id]:
            links.append({"type": type_, "id": other, "is_main": is_main, "metadata": metadata})
        for type_ in _ENTITIES:
            names = self._names(type_, {link["id"] for link in links if link["type"] == type_})
            for link in links:
                if link["type"] == type_:
                    link["name"] = names.get(link["id"])
        return {
            "kind": kind,
            "id": id,
            "entity": answer.json(),
            "links": links,
            "tasks": self._hanging("tasks", kind, id),
            "notes": [
                {**note, "params": _decode(note["params"])} for note in self._hanging("notes", kind, id)
            ],
            "events": self._events(kind, id),
        }

    def _hanging(self, table: str, kind: str, id: int) -> list[Row]:
        columns = _COLUMNS[table]
        sql = f"SELECT {columns} FROM {table} WHERE entity_type=? AND entity_id=? ORDER BY id DESC LIMIT ?"
        return self._rows(sql, (kind, id, _PAGE), columns)

    def _events(self, kind: str, id: int) -> list[Row]:
        columns = "type,created_by,created_at,before,after"
        sql = f"SELECT {columns} FROM events WHERE kind=? AND entity_id=? ORDER BY n DESC LIMIT ?"
        rows = self._rows(sql, (kind, id, _PAGE), columns)
        return [{**row, "before": _decode(row["before"]), "after": _decode(row["after"])} for row in rows]

    # ---- requests

    def _requests(self, args: Args) -> Any:
        """Return the requests after a cursor, and marks by which the page sees that something else has changed."""
        account, journal = self._account, self._account.journal
        after = int(args.get("after") or 0)
        if int(args.get("generation") or 0) != journal.generation:
            after = 0
        return {
            "generation": journal.generation,
            "total": journal.total,
            "requests": [_line(entry) for entry in journal.after(after, _MOST_REQUESTS)],
            "version": account.store.connection.total_changes,
            "now": account.clock.now(),
            "peak": account.limiter.peak,
            "limited": account.limiter.limited,
            "is_blocked": account.limiter.is_blocked,
        }

    def _request(self, args: Args) -> Any:
        entry = self._account.journal.numbered(int(args["number"]))
        if entry is None:
            return {"number": int(args["number"]), "is_forgotten": True}
        is_oauth = entry.path.startswith("/oauth")
        return {
            **_line(entry),
            "client_id": entry.client_id,
            "request_headers": mask_headers(entry.request_headers.items()),
            "request_body": mask(_text(entry.request_body), codes=is_oauth),
            "request_size": len(entry.request_body),
            "response_headers": [
                (name, mask(value, codes=is_oauth)) for name, value in mask_headers(entry.response_headers)
            ],
            "response_body": mask(_text(entry.response_body), codes=is_oauth),
            "response_size": entry.response_size,
            "is_cut": entry.response_size > len(entry.response_body),
        }


def _alive(kind: str) -> str:
    return " WHERE is_deleted=0" if kind in _ENTITIES else ""


def _line(entry: JournalEntry) -> Row:
    return {
        "number": entry.number,
        "time": entry.time,
        "method": entry.method,
        "target": mask(entry.target, codes=entry.path.startswith("/oauth")),
        "operation": entry.operation,
        "status": entry.status,
        "dropped": entry.dropped,
        "milliseconds": round(entry.seconds * 1000, 2),
    }


def _text(body: bytes) -> str:
    if b"\0" in body:
        return f"({len(body)} bytes that are no text)"
    return body.decode(errors="replace")


def _file(name: str) -> Response:
    file, content_type = _FILES[name]
    body = resources.files("amocrm_sandbox").joinpath("static", file).read_bytes()
    headers = (
        ("Content-Type", content_type),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", _POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    )
    return Response(200, headers, body)
