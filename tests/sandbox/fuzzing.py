"""What `test_fuzz` drives operations with: an account with one of everything, and requests made from the description."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from amocrm_sandbox import Builder, ManualClock, Response
from amocrm_sandbox.engine.description import Operation

from .conftest import NOW, PREFIX, Checked

Schema = Mapping[str, Any]
SCALARS = st.sampled_from([None, True, 0, -1, 142, 5, 2**70, 1.5, "", "x", "1", [], {}, [[]], [None]])
TEXTS = st.sampled_from(
    ["x", "common", "leads", "Казань", "#fffeb2", "EBEBEB", "10599d", "WORK", "http://e.x/"]
)
# Nothing of it is a number, an id or a name of anything.
STRANGE_SEGMENTS = ("5", "0", "-1", "nonsense", "null%2Cnull", "%C3%A9", "9" * 30)
STRANGE_QUERIES = (
    "filter[]=x&order[]=y",
    "filter[id][a][b]=1&filter[statuses][0]=x&filter[lead_statuses]=y",
    "filter[value_after][leads_statuses][0]=x&filter[custom_fields_values][1][from][x]=1",
    "order[sort][x]=1&order[id]=sideways&with=,,,nonsense",
    "page=x&limit=y&page=-1&limit=0&id[]=x&type[]=y&query[]=z",
    "%00=%ff&%f0%28%8c%28=1&===&&&[=]&filter[created_at]=,&filter[updated_at][from]=99999999999999999999",
)


def make_account() -> tuple[Checked, dict[str, list[str]]]:
    """Return an account with one of everything, and the ids in it by the path segment that they follow."""
    account = Checked(limits=False, clock=ManualClock(NOW), api_filter=True)
    account.set_option("customers_mode", "segments")
    make = Builder(account, seed=1)
    make.fill(8)
    make.fields()
    found: dict[str, list[str]] = {
        kind: [str(row[0]) for row in account.store.rows(f"SELECT id FROM {kind} LIMIT 3")]
        for kind in ("leads", "contacts", "companies", "tasks", "notes")
    }
    lead, contact = int(found["leads"][0]), int(found["contacts"][0])
    found["customers"] = [str(id) for id in account.make("customers", {"name": "A"}, {"name": "B"})]
    found["transactions"] = [
        str(id) for id in account.make(f"customers/{found['customers'][0]}/transactions", {"price": 5})
    ]
    catalogs = account.make("catalogs", {"name": "L"}, {"name": "I", "type": "invoices"})
    found["catalogs"] = [str(id) for id in catalogs]
    found["elements"] = [str(id) for id in account.make(f"catalogs/{catalogs[0]}/elements", {"name": "E"})]
    found["roles"] = [str(id) for id in account.make("roles", {"name": "R"})]
    found["sources"] = [str(id) for id in account.make("sources", {"name": "S", "external_id": "s"})]
    account.post("/api/v4/customers/segments", {"name": "S"})
    account.post("/api/v4/leads/loss_reasons", [{"name": "L"}])
    templates = account.post(
        "/api/v4/chats/templates", [{"name": "T", "content": "c", "type": "waba"}]
    ).json()
    found["templates"] = [str(templates["_embedded"]["chat_templates"][0]["id"])]
    review = account.post(f"/api/v4/chats/templates/{found['templates'][0]}/review", {}).json()
    found["review"] = [str(review["_embedded"]["reviews"][0]["id"])]
    pipeline = account.post("/api/v4/website_buttons", {"pipeline_id": 5_100_001, "is_used_in_app": True})
    found["website_buttons"] = [str(pipeline.json()["source_id"])]
    bot = account.ui.add_bot("B", request_url="https://example.com/bot")
    account.post(f"/api/v4/bots/{bot['id']}/run", {"entity_id": lead, "entity_type": "leads"})
    found["bots"] = found["salesbot"] = [str(bot["id"])]
    found["continue"] = [str(account.ui.bot_runs()[0]["id"])]
    account.ui.write_as_client("Hello", phone="+79000000001")
    user = {"name": "U", "email": "u@example.com", "password": "Passw0rd", "rights": {"is_free": True}}
    account.make("users", user)
    account.ui.subscribe("leads", lead, account.admin_id)
    channel = account.channel
    found["custom"] = [channel["channel_id"], channel["connection"]["scope_id"]]
    found["conversation"] = [
        account.store.documents("chats")[min(account.store.documents("chats"))]["chat_id"]
    ]
    found["scope"] = [str(account.store.value("SELECT id FROM chat_messages"))]
    file = account.upload()
    found["files"] = [file["uuid"]]
    account.call("PUT", f"/api/v4/leads/{lead}/files", [{"file_uuid": file["uuid"]}])
    opened = account.post("/v1.0/sessions", {"file_name": "a", "file_size": 3}).json()
    found["upload"] = [opened["upload_url"].rpartition("/")[2]]
    account.post("/api/v4/webhooks", {"destination": "https://example.com/h", "settings": ["add_lead"]})
    account.ui.receive_mail("a@example.com", "Hi", "…")
    found["unsorted"] = [row[0] for row in account.store.rows("SELECT uid FROM unsorted")]
    found["events"] = [row[0] for row in account.store.rows("SELECT id FROM events LIMIT 2")]
    found["tags"] = [
        str(row[0]) for row in account.store.rows("SELECT id FROM tags WHERE entity_type='leads'")
    ]
    link = {"to_entity_id": contact, "to_entity_type": "contacts"}
    account.post(f"/api/v4/leads/{lead}/link", [link])
    for segment, kind in (
        ("pipelines", "pipelines"),
        ("statuses", "statuses:5100001"),
        ("custom_fields", "fields"),
        ("segments", "segments"),
        ("users", "users"),
        ("loss_reasons", "loss_reasons"),
        ("talks", "talks"),
    ):
        found[segment] = [str(id) for id in account.store.documents(kind)]
    found["customers_statuses"] = [str(id) for id in account.store.documents("customer_statuses")]
    found["groups"] = ["default"]
    found["widgets"] = ["sandbox_widget"]
    return account, found


class _Back(Exception):
    """Takes everything back that a request has written."""


def attempt(account: Checked, method: str, target: str, body: Any) -> Response:
    """Send a request and take back what it did, so that every request meets the same account."""
    kept, response = account.settings, Response(0)
    with suppress(_Back), account.store.transaction():
        response = account.call(method, target, body)
        raise _Back
    account.settings = kept
    return response


def paths(template: str, known: Mapping[str, list[str]]) -> st.SearchStrategy[str]:
    """Return paths of a template: mostly such as exist in the account, now and then others."""
    segments = template.strip("/").split("/")
    parts: list[st.SearchStrategy[str]] = []
    before = ""
    for segment in segments:
        if not segment.startswith("{"):
            parts.append(st.just(segment))
            before = segment
            continue
        names = (
            {
                "{entity_type}": ["leads", "contacts", "companies", "customers"],
                "{bot_type}": ["salesbot", "marketingbot"],
                "{entity_id}": known["leads"],
                "{scope_id}": known["custom"][1:],
                "{channel_id}": known["custom"][:1],
                "{conversation_id}": known["conversation"],
                "{msg_id}": known["scope"],
                "{bot_id}": known["bots"],
            }.get(segment)
            or known.get(before)
            or known["leads"]
        )
        if "customers/statuses" in template and before == "statuses":
            names = known["customers_statuses"]
        good = st.sampled_from(names)
        parts.append(st.one_of(*[good] * 5, st.sampled_from(STRANGE_SEGMENTS)))
    return st.tuples(*parts).map(lambda found: "/" + "/".join(found))


def queries(operation: Operation, parameters: Mapping[str, Schema], pool: Pool) -> st.SearchStrategy[str]:
    """Return query strings: each declared parameter or not, with values of its schema, or outright nonsense."""
    pieces: dict[str, st.SearchStrategy[str]] = {}
    for parameter in operation.raw.get("parameters", ()):
        found = parameters[parameter["$ref"].rpartition("/")[2]] if "$ref" in parameter else parameter
        if found["in"] != "query":
            continue
        name = found["name"]
        if name == "with":
            values = st.lists(st.sampled_from([*found.get("x-values", ["x"]), "nonsense"]), max_size=4)
            pieces[name] = values.map(lambda chosen: "with=" + ",".join(chosen))
        else:
            value = pool.fitting(found["schema"], name)
            pieces[name] = value.map(lambda chosen, name=name: _query(name, chosen))
    made = st.fixed_dictionaries({}, optional=pieces).map(lambda chosen: "&".join(chosen.values()))
    return st.one_of(made, made, made, st.sampled_from(STRANGE_QUERIES))


def _query(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return "&".join(_query(f"{name}[{key}]", child) for key, child in value.items())
    if isinstance(value, list):
        return "&".join(_query(f"{name}[{index}]", child) for index, child in enumerate(value))
    return f"{quote(name, safe='[]')}={quote(str(value))}"


class Pool:
    """Makes values of schemas; what names something is drawn from what the account holds.

    Args:
        schemas: Component schemas by name.
        known: Ids of the account by path segment.
        account: The account.
    """

    def __init__(
        self, schemas: Mapping[str, Schema], known: Mapping[str, list[str]], account: Checked
    ) -> None:
        self._schemas = schemas
        self._known = known
        plural = {
            "pipeline": "pipelines",
            "status": "statuses",
            "field": "custom_fields",
            "catalog": "catalogs",
        }
        plural |= {"contact": "contacts", "user": "users", "bot": "bots", "role": "roles", "entity": "leads"}
        ids = {f"{one}_id": [int(id) for id in known[many]] for one, many in plural.items()}
        users = dict.fromkeys(("responsible_user_id", "created_by", "updated_by"), ids["user_id"])
        self._named: dict[str, list[Any]] = {**ids, **users}
        self._named |= {
            "to_entity_id": [int(known[kind][0]) for kind in ("contacts", "companies", "leads")],
            "file_uuid": known["files"],
            "uuid": known["files"],
            "account_id": [account.settings["amojo_id"]],
            "chat_id": known["conversation"],
            "msgid": ["m-1", known["scope"][0]],
            "destination": ["https://example.com/h", "https://example.com/other", "no address"],
            "email": ["new@example.com", "new"],
            "password": ["Passw0rd", "x"],
            "phone": ["+79000000001", "5"],
            "params": [{"text": "x"}, {"type": "text", "value": "x"}, {}],
            "api_key": ["x"],
            "content_type": ["text/plain"],
        }
        every = [
            known[kind] for kind in ("leads", "contacts", "companies", "tasks", "notes", "elements", "tags")
        ]
        self._any = [int(ids[0]) for ids in every] + [142, 143, 0, 1, NOW, 2**70]

    def of_path(self, template: str) -> Pool:
        """Return a pool whose plain `id` is that of the collection that a path ends in."""
        literal = [segment for segment in template.split("/") if segment and not segment.startswith("{")]
        own = [int(id) for id in self._known.get(literal[-1], ()) if id.isdigit()]
        if not own and literal[-1] in ("activate", "deactivate"):
            own = [int(id) for id in self._known["users"][1:]]
        if "{entity_type}" in template and literal[-1] == "custom_fields":
            own = own[:4]
        made = copy(self)
        made._named = {**self._named, **({"id": own} if own else {})}
        return made

    def fitting(self, schema: Schema, name: str = "", depth: int = 0) -> st.SearchStrategy[Any]:
        """Return values of a schema, now and then spoilt."""
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].removeprefix(PREFIX)]
        if name in self._named and depth:
            nothing = [None] if "null" in schema.get("type", ()) else []
            return st.sampled_from([*self._named[name], *nothing])
        if "anyOf" in schema:
            return st.one_of(*(self.fitting(option, name, depth) for option in schema["anyOf"]))
        if "enum" in schema:
            return st.sampled_from([*schema["enum"], *schema["enum"], "nonsense"])
        types = schema.get("type", "any")
        names = [types] if isinstance(types, str) else types
        return st.one_of(*(self._of_type(kind, schema, name, depth) for kind in names))

    def _of_type(self, kind: str, schema: Schema, name: str, depth: int) -> st.SearchStrategy[Any]:
        if kind == "object":
            known = schema.get("properties", {})
            if depth > 5 or not known:
                return st.just({})
            parts = {key: self.fitting(part, key, depth + 1) for key, part in known.items()}
            required = set(schema.get("required", ()))
            fixed = {key: part for key, part in parts.items() if key in required}
            more = {key: part for key, part in parts.items() if key not in required}
            whole = st.fixed_dictionaries(fixed, optional=more)
            least = st.fixed_dictionaries(fixed)
            spoilt = st.fixed_dictionaries({**fixed, "nonsense": st.just(1)})
            return st.one_of(least, least, whole, whole, spoilt)
        if kind == "array":
            item = self.fitting(schema.get("items", {}), name, depth + 1)
            some = st.lists(item, min_size=1, max_size=2)
            return st.one_of(st.lists(item, min_size=1, max_size=1), some, st.just([]))
        if kind == "integer":
            return st.sampled_from(self._any)
        if kind == "string":
            return TEXTS
        simple: dict[str, st.SearchStrategy[Any]] = {"boolean": st.booleans(), "null": st.none()}
        simple["number"] = st.sampled_from([0, 1.5, -3])
        return simple.get(kind, SCALARS)
