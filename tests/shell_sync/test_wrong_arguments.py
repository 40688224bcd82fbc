"""A value of a wrong type is refused at the call, by name and in our words, and nothing is sent."""
# GENERATED from tests/shell_async/test_wrong_arguments.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import pytest

import amocrm
from amocrm import APIError, DecodeError, Lead, OAuth, fields, tokens, webhooks
from amocrm._sync._handlers import matches_flavour
from amocrm._sync.auth.redis_token_store import RedisTokenStore
from amocrm._sync.auth.token_stores import FileTokenStore, MemoryTokenStore
from amocrm._sync.client import AmoCRM
from amocrm._sync.limits.file import FileLimiter
from amocrm._sync.limits.memory import MemoryLimiter, Slot
from amocrm._sync.limits.redis import RedisLimiter
from amocrm._sync.webhooks.handler_context import HandlerContext
from amocrm._sync.webhooks.receiver import WebhookReceiver
from amocrm._sync.webhooks.redis_inbox import RedisInbox
from amocrm._sync.webhooks.sqlite_inbox import SQLiteInbox
from amocrm._core.auth.token import Token
from amocrm._core.http.hosts import LimitKey
from amocrm._core.limits.limiter import SlotOutcome
from amocrm.webhooks import Backoff, Delivery, InboxEntry, parse
from amocrm_sandbox import Sandbox

from .crm import client_of
from .test_only_our_errors import only_ours

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore")]

OAUTH = OAuth("id", "secret-" * 6, "https://example.com/back")
BODY = b"leads[add][0][id]=5&leads[add][0][name]=x"
KEY = LimitKey("a", "b")
#: A client of the other variant, which neither waits nor is waited for here.
OTHER = amocrm.AmoCRM if AmoCRM.__name__.startswith("Async") else amocrm.AmoCRM

KINDS = ("Collection", "Pipelines", "Tasks", "Users", "Session")
STORES = ("MemoryTokenStore", "FileTokenStore")
ROWS = {"rows": [Lead(name="x")], "key": Lead.name}
TOKEN = Token(access="x", refresh="x", expires_at=5.0, lifetime=5.0, account="x")
DEFINITION = fields.Definition(name="x", type="text")
#: Classes of which no user makes an object.
NOT_MADE = ("ContactValues", "CustomFields", "Definitions", "Field")


def _is_made(value: Any) -> bool:
    """Whether it is a class of entities whose objects users make."""
    is_entity = isinstance(value, type) and issubclass(value, amocrm.Entity)
    return is_entity and value is not amocrm.Entity and "__init__" in vars(value)


#: Constructors and functions.
CALLABLES: list[Any] = [
    *(RedisInbox, RedisLimiter, RedisTokenStore),
    *(WebhookReceiver, SQLiteInbox, MemoryTokenStore, FileTokenStore),
    *(MemoryLimiter, FileLimiter, HandlerContext, AmoCRM, tokens.ReplayGuard),
    *(Backoff, Delivery, webhooks.Account, webhooks.Answer, fields.Definition),
    *(getattr(webhooks, name) for name in webhooks.__all__ if name[0].islower()),
    *(getattr(tokens, name) for name in tokens.__all__ if name[0].islower()),
    *(
        value
        for name in fields.__all__
        if isinstance(value := getattr(fields, name), type) and name not in NOT_MADE
    ),
    *(value for name in amocrm.__all__ if _is_made(value := getattr(amocrm, name))),
    *(amocrm.RetryPolicy, amocrm.Timeout, amocrm.RateLimits, amocrm.ChannelSecret, OAuth, amocrm.any_of),
]
FUNCTIONS: dict[str, Callable[..., Any]] = {call.__name__: call for call in CALLABLES}
#: Place: its parameters.
PARAMETERS: dict[str, list[inspect.Parameter]] = {}
#: Methods that wait for somebody else.
WAITING = ("login", "develop")
HOSTILE: dict[str, Any] = {
    "5": 5,
    "text": "x",
    "bytes": b"x",
    "None": None,
    "object": object(),
    "list": [],
    "nan": float("nan"),
    "-1": -1,
    "0": 0,
    "huge": 10**5000,
    "surrogate": "\ud83d",
    "other client": OTHER("demo", token="x" * 40),
}


class World:
    """One object of everything that a user calls."""

    def __init__(self, folder: Path) -> None:
        self.sandbox = Sandbox(limits=False)
        self.crm = crm = client_of(self.sandbox)
        lead = crm.origin.make(Lead, Lead._model(id=5, name="x"))
        (event,) = parse(BODY, {"content-type": "application/x-www-form-urlencoded"})
        inbox = SQLiteInbox(folder / "inbox.sqlite3")
        hooks = WebhookReceiver(secret="s" * 32, inbox=inbox)
        memory = MemoryTokenStore()
        objects: list[Any] = [
            *(crm, crm.leads.query(), crm.session(), *_parts(crm)),
            *(lead.contacts, lead.tags, lead.notes, lead.tasks, lead.custom, Backoff()),
            *(hooks, inbox, HandlerContext(event, 1, crm), tokens.ReplayGuard()),
            *(
                memory,
                FileTokenStore(folder / "tokens"),
                MemoryLimiter(),
                FileLimiter(folder / "l"),
            ),
        ]
        self.objects = {type(each).__name__: each for each in objects}
        delivery = Delivery(body=BODY)
        stage = crm.origin.make(amocrm.Status, amocrm.Status._model(id=5, pipeline_id=3))
        (uninstalled,) = parse(b"", query="client_uuid=x&account_id=5&signature=x")
        #: A value for each parameter that has no default, by its name or its place.
        self.given: dict[str, Any] = {
            "cls": Lead,
            "owner": Lead,
            "kinds": webhooks.LeadAdded,
            "relations": Lead.contacts,
            "by": Lead.name,
            "key": 5,
            "keys": [5],
            "most": 5,
            "rows": 5,
            "attempt": 1,
            "limit": 5,
            "seconds": 5.0,
            "now": 5.0,
            "entity": lead,
            "entities": lead,
            "row": Lead(name="x"),
            "event": event,
            "delivery": delivery,
            "entry": InboxEntry(id="5", delivery=delivery, attempts=1),
            "until": 5.0,
            "due": 2_000_000_000,
            "slot": Slot(KEY, 1, 0.0, 0.0),
            "outcome": SlotOutcome.ANSWERED,
            "token": "x",
            "fence": 1,
            "ids": "5",
            "name": "x",
            "text": "x",
            "url": "https://example.com/x",
            "uuid": "x",
            "path": "x",
            "body": b"x",
            "folder": folder / "x",
            "content": "x",
            "external_id": "x",
            "amojo_id": "x",
            "scope": "x",
            "conversation_id": "x",
            "message_id": "x",
            "user_id": "x",
            "chat_id": "x",
            "review": "x",
            "source_uid": "x",
            "source_name": "x",
            "phone": "x",
            "service_code": "x",
            "uniq": "x",
            "form_name": "x",
            "form_page": "x",
            "mode": "x",
            "continue_id": "x",
            "sort": 5,
            "price": 5,
            "pipeline_id": 5,
            "points": 5,
            "bot_id": 5,
            "form_id": 5,
            "bot": 5,
            "contact": 5,
            "customer": 5,
            "template": 5,
            "talk": 5,
            "incoming": 5,
            "button": 5,
            "widget": 5,
            "status": 5,
            "lead": lead,
            "receiver": hooks,
            "contacts": [5],
            "targets": lead,
            "to": lead,
            "redis": "redis://localhost:1",
            "file": "x",
            "files": "x",
            "uuids": "x",
            "secret": "x" * 32,
            "replaces": None,
            "grant": "code",
            "value": "x",
            "conditions": Lead.id.in_(5),
            "definitions": [DEFINITION],
            "source": b"x",
            "client": crm,
            "attribute": Lead.id,
            "names": "x",
            "error": "x",
            "before": 5.0,
            "tags": ["x"],
            "users": [],
            "hooks": hooks,
            "events": ["add_lead"],
            "chance": 0.5,
            "type": "text",
            "catalog_id": 5,
            "element_id": 5,
            "channel_id": "x",
            "client_id": "x",
            "client_secret": "x" * 64,
            "redirect_uri": "https://example.com",
            "state": "x",
            "token_id": "x",
            "expires_at": 5.0,
            "waited": 0.0,
            "again": False,
            "email": "a@b.ru",
            "query": "x",
            "secrets": "x" * 32,
            "address": "x",
            "account_id": 5,
            "oauth": OAUTH,
            "signature": "x",
            **{f"{kind}.key": KEY for kind in ("MemoryLimiter.acquire", "FileLimiter.acquire")},
            **{
                f"{kind}.{name}.key": Lead.name
                for kind in KINDS
                for name in ("upsert", "find_by", "find_or_create")
            },
            **{f"{kind}.upsert_all.{name}": value for kind in KINDS for name, value in ROWS.items()},
            **{f"{kind}.save.token": TOKEN for kind in ("MemoryTokenStore", "FileTokenStore")},
            **{f"{kind}.{name}.key": "x" for kind in STORES for name in ("load", "save", "lock")},
            "TagSet.update.names": ["x"],
            "Pipelines.save.changed": stage,
            "Session.add_all.entities": [],
            "verify_uninstall.event": uninstalled,
        }

    def call(self, place: str) -> Callable[..., Any]:
        """What stands at a place: a function, a class, or a method of an object."""
        owner, _, name = place.rpartition(".")
        call: Callable[..., Any] = getattr(self.objects[owner], name) if owner else FUNCTIONS[name]
        return call

    def places(self) -> list[str]:
        """The names of everything that is called."""
        methods = (f"{name}.{each}" for name, one in self.objects.items() for each in _methods(type(one)))
        return sorted([*FUNCTIONS, *methods])

    def arguments(self, place: str, skipped: str) -> dict[str, Any]:
        """A value for each parameter that needs one, but for the skipped."""
        return {
            one.name: self.given.get(f"{place}.{one.name}", self.given.get(one.name))
            for one in self.parameters(place)
            if one.default is one.empty and one.name != skipped
        }

    def parameters(self, place: str) -> list[inspect.Parameter]:
        """The parameters of a call, which are the same in all worlds."""
        if place not in PARAMETERS:
            signature = inspect.signature(self.call(place))
            PARAMETERS[place] = [
                one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD
            ]
        return PARAMETERS[place]


def _parts(crm: AmoCRM) -> list[Any]:
    """What a client has: collections, directories, files, webhooks."""
    names = {
        name
        for base in type(crm).__mro__
        for name, value in vars(base).items()
        if isinstance(value, property)
    }
    parts = [getattr(crm, name) for name in sorted(names) if name[0] != "_"]
    return [part for part in parts if type(part).__module__.startswith("amocrm.")]


def _methods(cls: type) -> set[str]:
    """Names of the public methods that this library gives a class."""
    ours = [vars(base).items() for base in cls.__mro__ if base.__module__.startswith("amocrm")]
    return {
        name
        for items in ours
        for name, value in items
        if not name.startswith("_") and inspect.isfunction(getattr(value, "__func__", value))
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all worlds, each in a folder of its own below."""
    return tmp_path_factory.mktemp("worlds")


@pytest.fixture
def world(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A new one, in a folder of its own."""
    own = Path(mkdtemp(dir=folder))
    monkeypatch.chdir(own)
    world = World(own)
    yield world
    world.sandbox.close()


def _places() -> list[tuple[str, str]]:
    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.sandbox.close()
        return [(place, one.name) for place in world.places() for one in world.parameters(place)]


PLACES = _places()


def _called(world: World, place: str, name: str, value: Any) -> BaseException | None:
    call, arguments = world.call(place), {**world.arguments(place, name), name: value}
    parameters = world.parameters(place)
    rest = next((one.name for one in parameters if one.kind is one.VAR_POSITIONAL), None)
    ahead = [one.name for one in parameters if one.kind is not one.KEYWORD_ONLY] if rest else []
    given = [arguments.pop(one) for one in ahead if one in arguments]
    try:
        if matches_flavour(call, coroutine=True):
            call(*given, **arguments)
        else:
            call(*given, **arguments)
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize(("place", "name"), PLACES)
def test_whatever_is_given_no_error_of_somebody_else_gets_out(
    world: World, place: str, name: str
) -> None:
    """A wrong value is accepted, or refused in our words before a request."""
    for label, value in HOSTILE.items():
        if place.rpartition(".")[2] in WAITING and label != "object":
            continue
        sent = world.sandbox.journal.total
        error = _called(world, place, name, value)
        if error is None or isinstance(error, OSError):  # a file of the user's own is missing
            continue
        only_ours(error)
        if not isinstance(error, APIError | DecodeError):
            assert world.sandbox.journal.total == sent, (label, error)


@pytest.mark.parametrize(("place", "name"), PLACES)
def test_an_object_of_nothing_is_refused_by_name(world: World, place: str, name: str) -> None:
    """The error names the argument."""
    annotation = str(next(one.annotation for one in world.parameters(place) if one.name == name))
    call = world.call(place)
    if annotation in ("Any", "object", "W") or hasattr(call, "__struct_fields__"):
        return  # anything is taken; what a plain value holds is checked where the value is given
    error = _called(world, place, name, object())
    assert error is not None
    only_ours(error)
    if hasattr(getattr(call, "__init__", call), "__wrapped__"):
        assert str(error).startswith(f"{name} must be "), repr(error)
