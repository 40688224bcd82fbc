"""A test account from a recording: what `amocrm record` has kept of a live one, laid into a sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ..app import Sandbox
from ..domain.field_values import ADDRESS, LISTS, index_values, stored_text
from ..domain.kinds import COMPANIES, CONTACTS, CUSTOMERS, LEADS
from ..domain.relations import add_link
from ..engine.cassette import interactions_of
from ..storage.ids import new_uuid
from ..storage.seed import add_status, add_system_statuses, full_rights
from .recording import Found, objects_of

__all__ = ["fill_from"]

_KINDS = {kind.name: kind for kind in (LEADS, CONTACTS, COMPANIES, CUSTOMERS)}
_COMMON = ("name", "responsible_user_id", "created_by", "updated_by", "closest_task_at")
_NOTE = (
    "entity_id",
    "note_type",
    "created_by",
    "updated_by",
    "created_at",
    "updated_at",
    "responsible_user_id",
)
_TASK = (*_NOTE[:1], *_NOTE[2:], "entity_type", "duration", "task_type_id", "text", "complete_till")
_PURCHASE = ("comment", "price", "completed_at", "created_by", "updated_by", "created_at", "updated_at")
_ELEMENT = ("name", "created_by", "updated_by", "created_at", "updated_at", "currency_id")
_LINKED = ("companies", "contacts", "catalog_elements", "leads", "customers")
#: Directories whose documents are what the API shows.
_PLAIN = ("roles", "loss_reasons", "customer_statuses")
#: Keys of the account that rule what it answers.
_SETTINGS = ("name", "country", "currency", "currency_symbol", "customers_mode", "is_unsorted_on")
_SHOWN_ONLY = frozenset({"_links", "_embedded", "account_id", "request_id"})

Row = dict[str, Any]


def fill_from(sandbox: Sandbox, path: str | Path) -> dict[str, int]:
    """Lay the objects that a recording has read into an account without leads; return their counts by kind.

    Ids, times, values and links are those of the recording. A field, stage, list or user that an object names and the
    recording lacks is made up from what the object says about it. Nothing is validated, no event is written and no
    webhook sent.

    Args:
        sandbox: A new account.
        path: File that `amocrm record` has written.

    Raises:
        ValueError: The file is no cassette, or the account has leads.

    Example:
        >>> from pathlib import Path; from tempfile import mkdtemp
        >>> lead = {"id": 17, "name": "Deal", "price": 5}
        >>> said = {"method": "GET", "target": "/api/v4/leads/17", "status": 200, "response": lead}
        >>> file = Path(mkdtemp(), "deal.json")
        >>> cassette = {"cassette": "amocrm record", "format": 1, "interactions": [said]}
        >>> file.write_bytes(msgspec.json.encode(cassette)) > 0
        True
        >>> sandbox = Sandbox()
        >>> fill_from(sandbox, file)
        {'leads': 1}
        >>> sandbox.get("/api/v4/leads/17").json()["price"]
        5
    """
    objects, account = objects_of(interactions_of(path))
    with sandbox.lock, sandbox.store.transaction():
        if sandbox.store.row("SELECT 1 FROM leads"):
            raise ValueError("the account must be empty, got one with leads; fill a new one")
        return _Filling(sandbox, objects).run(account)


class _Filling:
    def __init__(self, sandbox: Sandbox, objects: Found) -> None:
        self._sandbox, self._store, self._objects = sandbox, sandbox.store, objects
        self._now = int(sandbox.clock.now())

    def run(self, account: Row) -> dict[str, int]:
        self._settings(account)
        for kind in _PLAIN:
            for reason in self._all(kind):
                self._store.put(kind, _bare(reason))
        for user in self._all("users"):
            self._user(user["id"], _bare(user))
        self._pipelines()
        for catalog in self._all("catalogs"):
            self._catalog(catalog["id"], _bare(catalog))
        for (kind, owner), fields in self._objects.items():
            for field in fields.values() if kind == "fields" else ():
                self._field(_owner(owner), _bare(field))
        for segment in self._all("segments"):
            kept = {key: value for key, value in _bare(segment).items() if key != "customers_count"}
            values = self._values("segments", kept.pop("custom_fields_values", None))
            self._store.put("segments", {"available_products_price_types": [], **kept, "fields": values})
        for (kind, owner), objects in self._objects.items():
            for item in objects.values():
                self._one(kind, owner, item)
        for (kind, owner), objects in self._objects.items():
            for item in objects.values():
                self._relations(kind, owner, item)
        self._people()
        self._count_on()
        counts: dict[str, int] = {}
        for (kind, owner), objects in self._objects.items():
            name = owner if kind == "entities" else kind
            counts[name] = counts.get(name, 0) + len(objects)
        return counts

    def _all(self, kind: str) -> list[Row]:
        return [item for (name, _), every in self._objects.items() if name == kind for item in every.values()]

    # ---- the account and its directories

    def _settings(self, account: Row) -> None:
        settings = {key: account[key] for key in ("id", *_SETTINGS) if account.get(key) is not None}
        if ("entities", "customers") in self._objects or ("segments", "") in self._objects:
            settings.setdefault("customers_mode", "segments" if self._all("segments") else "periodicity")
        for name, value in settings.items():
            self._sandbox.set_option(name, value)

    def _user(self, id: int, record: Row) -> None:
        random, name = self._sandbox.random, f"Сотрудник {id}"
        defaults = {"id": id, "name": name, "email": f"user{id}@example.com", "lang": "ru"}
        rights = full_rights(is_admin=False) | (record.get("rights") or {})
        uuids = {key: record.get(key) or new_uuid(random) for key in ("uuid", "amojo_id")}
        self._store.put("users", {**defaults, **record, "rights": rights, **uuids})

    def _people(self) -> None:
        """Make up the users that objects name."""
        tables = ("leads", "contacts", "companies", "customers", "tasks", "notes")
        columns = ("responsible_user_id", "created_by", "updated_by")
        named = " UNION ".join(f"SELECT {column} FROM {table}" for table in tables for column in columns)
        users = self._store.documents("users")
        for (id,) in self._store.rows(named):
            if id and id not in users:
                self._user(id, {})

    def _pipelines(self) -> None:
        recorded = self._all("pipelines")
        if any(pipeline.get("is_main") for pipeline in recorded):
            for id in list(self._store.documents("pipelines")):
                self._store.remove("pipelines", id)
        for pipeline in recorded:
            self._pipeline(pipeline["id"], _bare(pipeline), pipeline["_embedded"].get("statuses") or [])
        for (kind, owner), statuses in self._objects.items():
            if kind == "statuses":
                self._pipeline(int(owner), {}, list(statuses.values()))

    def _pipeline(self, id: int, record: Row, statuses: list[Row]) -> None:
        kind = f"statuses:{id}"
        if id not in self._store.documents("pipelines"):
            defaults = {"id": id, "name": f"Воронка {id}", "sort": 10, "is_main": False}
            self._store.put("pipelines", {**defaults, "is_unsorted_on": True, "is_archive": False, **record})
            add_system_statuses(self._store, id)
        for status in statuses:
            if status.get("type") == 1:
                for other in [
                    document for document in self._store.documents(kind).values() if document["type"] == 1
                ]:
                    self._store.remove(kind, other["id"])
            self._store.put(kind, {"descriptions": [], **_bare(status), "pipeline_id": id})

    def _catalog(self, id: int, record: Row) -> None:
        admin = self._sandbox.admin_id
        defaults = {"id": id, "name": f"Список {id}", "created_by": admin, "updated_by": admin, "sort": 10}
        defaults |= {
            "created_at": self._now,
            "updated_at": self._now,
            "type": "regular",
            "sdk_widget_code": None,
        }
        abilities = ("can_add_elements", "can_show_in_cards", "can_link_multiple", "can_be_deleted")
        self._store.put("catalogs", {**defaults, **dict.fromkeys(abilities, True), **record})

    def _field(self, owner: str, record: Row) -> None:
        defaults = {"code": None, "sort": 1000, "is_predefined": False, "is_deletable": True, "enums": None}
        defaults |= {"group_id": None}
        for other in list(self._store.documents("fields").values()):
            if other["entity_type"] == owner and record.get("code") and other["code"] == record["code"]:
                # The predefined field of a new account, whose place the recorded one takes.
                self._store.remove("fields", other["id"])
                defaults = other
        record.pop("catalog_id", None)
        self._store.put("fields", {**defaults, **record, "entity_type": owner})

    # ---- values

    def _values(self, owner: str, shown: Any) -> dict[str, list[Row]]:
        """Return shown values as they are kept; fields and options that are not described are made up."""
        stored: dict[str, list[Row]] = {}
        for entry in shown or ():
            id, kind = entry["field_id"], entry.get("field_type", "text")
            field = self._store.document("fields", id)
            if field is None:
                name = entry.get("field_name") or f"Поле {id}"
                self._field(owner, {"id": id, "name": name, "type": kind, "code": entry.get("field_code")})
                field = self._store.documents("fields")[id]
            if kind in LISTS or kind == "multitext":
                self._options(field, kind, entry["values"])
            stored[str(id)] = [_kept(kind, value) for value in entry["values"]]
        return stored

    def _options(self, field: Row, kind: str, values: list[Row]) -> None:
        slot = "nested" if kind == "category" else "enums"
        options: list[Row] = list(field.get(slot) or ())
        for value in values:
            if all(option["id"] != value["enum_id"] for option in options):
                text = value.get("enum_code") if kind == "multitext" else value.get("value")
                code = None if kind == "multitext" else value.get("enum_code")
                options = [item for item in options if kind != "multitext" or item["value"] != text]
                option = {"id": value["enum_id"], "value": text, "sort": len(options) + 1, "code": code}
                options.append(option)
        self._store.put("fields", {**field, slot: options})

    def _index(self, id: int, stored: dict[str, list[Row]]) -> None:
        self._store.executemany(
            "INSERT OR REPLACE INTO field_values VALUES (?,?,?,?)",
            [
                (int(field_id), id, position, value)
                for field_id, values in stored.items()
                for position, value in index_values(values)
            ],
        )

    # ---- what there is much of

    def _one(self, kind: str, owner: str, item: Row) -> None:
        id = {"id": item["id"]} if "id" in item else {}
        stamps = {
            "created_at": item.get("created_at") or self._now,
            "updated_at": item.get("updated_at") or self._now,
        }
        if kind == "entities":
            self._entity(owner, item, stamps)
        elif kind == "elements":
            catalog_id = int(owner)
            if catalog_id not in self._store.documents("catalogs"):
                self._catalog(catalog_id, {})
            values = self._values(f"catalogs:{owner}", item.get("custom_fields_values"))
            row = {**id, "catalog_id": catalog_id, **_picked(item, _ELEMENT), **stamps}
            self._store.insert("catalog_elements", {**row, **self._text(item, values)})
        elif kind == "notes":
            params = msgspec.json.encode(item.get("params") or {})
            self._store.insert(
                "notes", {**id, "entity_type": owner, **_picked(item, _NOTE), **stamps, "params": params}
            )
        elif kind == "tasks":
            row = {
                **id,
                **_picked(item, _TASK),
                **stamps,
                "is_completed": int(bool(item.get("is_completed"))),
            }
            result = item.get("result")
            self._store.insert("tasks", {**row, "result": result["text"] if result else None})
        elif kind == "transactions":
            customer = (item["_embedded"].get("customer") or {}).get("id") or item.get("customer_id")
            elements = item["_embedded"].get("catalog_elements")
            kept = {"elements": msgspec.json.encode(elements) if elements else None}
            row = {**id, "customer_id": customer, **_picked(item, _PURCHASE), **stamps}
            self._store.insert("transactions", {**row, **kept})

    def _entity(self, kind: str, item: Row, stamps: Row) -> None:
        if "name" not in item:
            return  # from the bin: nothing but its id is known
        columns = [name for name in (*_COMMON, *_KINDS[kind].columns) if name != "source_id"]
        row = {"id": item["id"], **_picked(item, columns), **stamps}
        if kind == "leads":
            row["pipeline_id"], row["status_id"] = self._place(item)
        values = self._values(kind, item.get("custom_fields_values"))
        self._store.insert(kind, {**row, **self._text(item, values)})
        self._index(item["id"], values)

    def _text(self, item: Row, values: dict[str, list[Row]]) -> Row:
        text = stored_text(self._store.documents("fields"), values)
        search = f"{item.get('name') or ''}\n".casefold() + text
        return {"fields": msgspec.json.encode(values) if values else None, "search": search}

    def _place(self, item: Row) -> tuple[int, int]:
        """Return pipeline and stage of a lead; they are made up when the recording lacks them."""
        pipelines = self._store.documents("pipelines")
        main = next(pipeline["id"] for pipeline in pipelines.values() if pipeline["is_main"])
        pipeline_id = item.get("pipeline_id") or main
        self._pipeline(pipeline_id, {}, [])
        stages = self._store.documents(f"statuses:{pipeline_id}")
        status_id = item.get("status_id")
        if status_id is None:
            open = next((stage["id"] for stage in stages.values() if stage["is_editable"]), None)
            status_id = open or add_status(self._store, pipeline_id, "Первый этап", 20, "#99ccff")["id"]
        elif status_id not in stages:
            defaults = {"name": f"Этап {status_id}", "sort": 20, "is_editable": True, "color": "#99ccff"}
            status = {"id": status_id, **defaults, "pipeline_id": pipeline_id, "type": 0, "descriptions": []}
            self._store.put(f"statuses:{pipeline_id}", status)
        return pipeline_id, status_id

    def _relations(self, kind: str, owner: str, item: Row) -> None:
        if kind == "entities":
            here = (owner, item["id"])
            for other in _LINKED:
                for linked in item["_embedded"].get(other) or ():
                    self._link(here, (other, linked["id"]), linked)
            for tag in item["_embedded"].get("tags") or ():
                self._tag(owner, tag)
                self._store.execute(
                    "INSERT OR IGNORE INTO entity_tags VALUES (?,?,?)", (owner, item["id"], tag["id"])
                )
            for segment in item["_embedded"].get("segments") or () if owner == "customers" else ():
                self._store.execute(
                    "INSERT OR IGNORE INTO customer_segments VALUES (?,?)", (item["id"], segment["id"])
                )
        elif kind == "tags":
            self._tag(owner, item)
        elif kind == "links":
            name, _, id = owner.partition("/")
            self._link((name, int(id)), (item["to_entity_type"], item["to_entity_id"]), item)

    def _link(self, here: tuple[str, int], there: tuple[str, int], said: Row) -> None:
        metadata = said.get("metadata") or {}
        main = metadata.get("main_contact", said.get("is_main"))
        kept = metadata if there[0] == "catalog_elements" and metadata else None
        add_link(self._store, here, there, bool(main) if there[0] == "contacts" else None, kept)

    def _tag(self, owner: str, tag: Row) -> None:
        self._store.execute(
            "INSERT OR IGNORE INTO tags VALUES (?,?,?,?)", (tag["id"], owner, tag["name"], tag.get("color"))
        )

    def _count_on(self) -> None:
        """Let new ids begin after those of the recording."""
        tables = (*_KINDS, "tasks", "notes", "tags", "catalog_elements", "transactions")
        highest = {table: self._store.value(f"SELECT max(id) FROM {table}") for table in tables}
        for kind in ("users", "pipelines", "fields", "catalogs", "segments", *_PLAIN):
            highest[kind] = max(self._store.documents(kind), default=None)
        for name, value in highest.items():
            self._store.count_from(name, value or 0)


def _owner(path: str) -> str:
    return "segments" if path == "customers/segments" else path.replace("/", ":")


def _bare(item: Row) -> Row:
    return {key: value for key, value in item.items() if key not in _SHOWN_ONLY}


def _picked(item: Row, names: Any) -> Row:
    return {name: item[name] for name in names if item.get(name) is not None}


def _kept(kind: str, value: Row) -> Row:
    """Return a shown value in the form that is kept."""
    if kind in LISTS:
        return {"enum_id": value["enum_id"]}
    if kind == "smart_address" and "enum_id" not in value:
        value = {**value, "enum_id": ADDRESS.index(value["enum_code"]) + 1}
    return {key: inner for key, inner in value.items() if key != "enum_code"}
