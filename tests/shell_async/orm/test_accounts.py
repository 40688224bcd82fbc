"""Whose entity it is: every public place that takes an entity refuses one of another account."""

from __future__ import annotations

import inspect
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import amocrm
from amocrm import (
    CatalogElement,
    Company,
    Contact,
    Customer,
    Entity,
    Lead,
    Note,
    Outcome,
    Pipeline,
    Report,
    Result,
    Status,
    Tag,
    Task,
    User,
)
from amocrm._async.client import AsyncAmoCRM
from amocrm._async.orm.session import AsyncSession
from amocrm._async.webhooks.handler_context import AsyncHandlerContext
from amocrm._core.orm.identity import account_of
from amocrm.entities._element_links import ElementLinks
from amocrm.entities._embedded import EmbeddedList, EmbeddedOne
from amocrm.entities._relations import Relation
from amocrm.webhooks import LeadUpdated, parse
from amocrm_sandbox import Sandbox

from ..crm import client_of

pytestmark = pytest.mark.anyio

CLASSES = (Lead, Contact, Company, Customer, Note, Task, User, Status, Pipeline, Tag, CatalogElement)
_ENTITIES = {"Entity", *(cls.__name__ for cls in CLASSES)}


class World:
    """Two accounts: entities of the first by class, a client, a session and objects of the second."""

    def __init__(self) -> None:
        self.first, self.second = (
            client_of(Sandbox(limits=False, subdomain=name), name=name) for name in ("alpha", "beta")
        )
        self.foreign = {cls: _existing(self.first, cls) for cls in CLASSES}
        self.own = {cls: _existing(self.second, cls) for cls in CLASSES}
        self.session = self.second.session()
        self.report: Report[Any] = Report(self.second.account_host)
        self.report.note(Result(self.own[Lead], "update", Outcome.APPLIED))


def _existing(crm: AsyncAmoCRM, cls: Any) -> Any:
    more = {"pipeline_id": 3} if cls is Status else {"name": "x"} if cls in (Tag, User) else {}
    return crm.origin.make(cls, cls._model(id=5, **more))


# ---- what takes an entity


def _takes_entity(function: Any, annotation: Any) -> bool:
    words = set(re.findall(r"\w+", re.sub(r"type\[\w+\]", "", str(annotation))))
    module = vars(sys.modules[function.__module__])
    names = {word for word in words if word in ("T", "E") and word in module}
    return bool(words & _ENTITIES) or (bool(names) and "fields" not in function.__module__)


def _functions(cls: type) -> Iterator[Any]:
    for base in cls.__mro__:
        for name, value in vars(base).items() if base.__module__.startswith("amocrm") else ():
            function = value.fset if isinstance(value, property) else getattr(value, "__func__", value)
            if inspect.isfunction(function) and (not name.startswith("_") or name == "__init__"):
                yield function


def _surface() -> set[type]:
    """The classes that a user meets: public ones, what a client has, what a relation gives."""
    world = World()
    found = {value for name in amocrm.__all__ if isinstance(value := getattr(amocrm, name), type)}
    found |= {type(getattr(world.second, name)) for name, _ in inspect.getmembers(AsyncAmoCRM, _is_property)}
    for one in (world.own[cls] for cls in CLASSES):
        for relation in one._relations:
            found.add(type(relation))
            if relation.attribute in ("contacts", "tags", "notes", "tasks"):
                found.add(type(getattr(one, relation.attribute)))
    other = "Async" if AsyncSession.__name__ == "Session" else "Sync"
    return {cls for cls in found if cls.__module__.startswith("amocrm") and not _is_of(cls, other)}


def _is_property(value: object) -> bool:
    return isinstance(value, property)


def _is_of(cls: type, flavour: str) -> bool:
    return f"._{flavour.lower()}." in cls.__module__


def _places() -> dict[str, Any]:
    """Every public method and parameter that takes an entity, by name."""
    found: dict[str, Any] = {}
    for cls in _surface():
        for function in _functions(cls):
            for parameter, annotation in function.__annotations__.items():
                if parameter != "return" and _takes_entity(function, annotation):
                    found[f"{_plain(function)}.{parameter}"] = function
    return found


def _plain(function: Any) -> str:
    return str(function.__qualname__).removeprefix("Async")


#: Parameters whose values never come from a user.
NOT_GIVEN = {
    "UpsertEntry.settle.report": "a commit settles entries",
    "Key.keep_stored.record": "an upsert asks its key",
    "Key.keep_stored.row": "an upsert asks its key",
    "Key.values.entity": "an upsert asks its key",
    "ShortForms.upsert.rules": "on_many may be a function, which is given what was found",
    "ShortForms.upsert_all.rules": "on_many may be a function, which is given what was found",
    "UpsertMethods.upsert.rules": "on_many may be a function, which is given what was found",
    "UpsertMethods.upsert_all.rules": "on_many may be a function, which is given what was found",
    "Upserts.of.row": "only rows of the call are in it, and they were checked",
    "Report.note.result": "a commit makes results",
}

Call = Callable[[World], Any]


def _row(world: World) -> Lead:
    return Lead(name="row", responsible=world.foreign[User])


#: How each place is asked to take an entity of the first account.
AT_ONCE: dict[str, Call] = {
    "SessionObjects.add.entity": lambda w: w.session.add(w.foreign[Lead]),
    "UpsertMethods.upsert.row": lambda w: w.session.upsert(_row(w), key=Lead.name),
    "UpsertMethods.upsert_all.rows": lambda w: w.session.upsert_all([_row(w)], key=Lead.name),
    "SessionObjects.add_all.entities": lambda w: w.session.add_all([w.own[Lead], w.foreign[Lead]]),
    "SessionObjects.discard.entities": lambda w: w.session.discard(w.foreign[Lead]),
    "SessionObjects.adopt.entity": lambda w: w.session.adopt(w.foreign[Lead], 5),
    "SessionObjects.rollback.entities": lambda w: w.session.rollback(w.foreign[Lead]),
    "Session.resend.entities": lambda w: w.session.resend(w.foreign[Lead]),
    "Report.of.entity": lambda w: w.report.of(w.foreign[Lead]),
    "Tasks.of.entity": lambda w: w.second.tasks.of(w.foreign[Lead]),
    "Events.of.entities": lambda w: w.second.events.of([w.foreign[Lead]]),
    "Notes.of.owner": lambda w: w.second.notes.of(w.foreign[Lead]),
    "LinkSet.add.entity": lambda w: w.own[Lead].contacts.add(w.foreign[Contact]),
    "LinkSet.remove.entity": lambda w: w.own[Lead].contacts.remove(w.foreign[Contact]),
    "LinkSet.main.entity": lambda w: setattr(w.own[Lead].contacts, "main", w.foreign[Contact]),
    "TagSet.add.value": lambda w: w.own[Lead].tags.add(w.foreign[Tag]),
    "TagSet.discard.value": lambda w: w.own[Lead].tags.discard(w.foreign[Tag]),
    "TagSet.update.names": lambda w: w.own[Lead].tags.update([w.foreign[Tag]]),
    "NoteList.add.text": lambda w: w.own[Lead].notes.add(w.foreign[Note]),
    "TaskList.add.text": lambda w: w.own[Lead].tasks.add(w.foreign[Task]),
    "TaskList.add.responsible": lambda w: w.session.add(
        w.own[Lead].tasks.add("call", due=2_000_000_000, responsible=w.foreign[User])
    ),
    "ForeignKey.in_.values": lambda w: w.second.leads.where(Lead.responsible.in_(w.foreign[User])),
    "ForeignKey.is_.value": lambda w: w.second.leads.where(Lead.responsible.is_(w.foreign[User])),
    "StageKey.in_.values": lambda w: w.second.leads.where(Lead.status.in_(w.foreign[Status])),
    "StageKey.is_.value": lambda w: w.second.leads.where(Lead.status.is_(w.foreign[Status])),
}
WAITED: dict[str, Call] = {
    "ShortForms.find_or_create.row": lambda w: w.second.leads.find_or_create(_row(w), key=Lead.name),
    "ShortForms.upsert.row": lambda w: w.second.leads.upsert(_row(w), key=Lead.name),
    "ShortForms.upsert_all.rows": lambda w: w.second.leads.upsert_all([_row(w)], key=Lead.name),
    "Bots.run.entities": lambda w: w.second.bots.run(7, w.foreign[Lead]),
    "Bots.stop.lead": lambda w: w.second.bots.stop(7, w.foreign[Lead]),
    "Collection.subscribers.entity": lambda w: w.second.leads.subscribers(w.foreign[Lead]),
    "Contacts.chats.contacts": lambda w: w.second.contacts.chats(w.foreign[Contact]),
    "Contacts.link_chat.contact": lambda w: w.second.contacts.link_chat(w.foreign[Contact], "x"),
    "Customers.earn.customer": lambda w: w.second.customers.earn(w.foreign[Customer], 5),
    "Customers.redeem.customer": lambda w: w.second.customers.redeem(w.foreign[Customer], 5),
    "Links.add.entity": lambda w: w.second.links.add(w.foreign[Lead], w.own[Contact]),
    "Links.add.targets": lambda w: w.second.links.add(w.own[Lead], w.foreign[Contact]),
    "Links.of.entities": lambda w: w.second.links.of(w.foreign[Lead]),
    "Links.remove.entity": lambda w: w.second.links.remove(w.foreign[Lead], w.own[Contact]),
    "Links.remove.targets": lambda w: w.second.links.remove(w.own[Lead], w.foreign[Contact]),
    "Notes.pin.note": lambda w: w.second.notes.pin(w.foreign[Note]),
    "Notes.unpin.note": lambda w: w.second.notes.unpin(w.foreign[Note]),
    "ShortLinks.create.contact": lambda w: w.second.short_links.create("x", w.foreign[Contact]),
    "ShortLinks.create_all.links": lambda w: w.second.short_links.create_all([("x", w.foreign[Contact])]),
    "UnsortedLeads.accept.user": lambda w: w.second.unsorted.accept("x", user=w.foreign[User]),
    "UnsortedLeads.decline.user": lambda w: w.second.unsorted.decline("x", user=w.foreign[User]),
    "UnsortedLeads.link.to": lambda w: w.second.unsorted.link("x", w.foreign[Lead]),
    "UnsortedLeads.link.user": lambda w: w.second.unsorted.link("x", w.own[Lead], user=w.foreign[User]),
    "UnsortedLeads.link.contact": lambda w: w.second.unsorted.link(
        "x", w.own[Lead], contact=w.foreign[Contact]
    ),
    **{
        f"UnsortedLeads.{method}.{name}": lambda w, method=method, cls=cls, name=name, more=more: getattr(
            w.second.unsorted, method
        )(**{name: w.foreign[cls]}, source_uid="1", source_name="x", **more)
        for method, more in (
            ("add_form", {"form_id": "1", "form_name": "x", "form_page": "y"}),
            ("add_call", {"phone": "1", "service_code": "x", "uniq": "2"}),
        )
        for name, cls in (("lead", Lead), ("contact", Contact), ("company", Company))
    },
    "SessionObjects.refresh.entities": lambda w: w.session.refresh(w.foreign[Lead]),
    "Files.attach.entity": lambda w: w.second.files.attach(w.foreign[Lead], "uuid"),
    "Files.detach.entity": lambda w: w.second.files.detach(w.foreign[Lead], "uuid"),
    "Files.of.entity": lambda w: w.second.files.of(w.foreign[Lead]),
    "Tags.create.tags": lambda w: w.second.tags.create(Lead, [w.foreign[Tag]]),
    "Tags.save.changed": lambda w: w.second.tags.save(w.foreign[Tag]),
    "WritableRecords.create.entity": lambda w: w.second.tasks.create(w.foreign[Task]),
    "WritableRecords.create_all.entities": lambda w: w.second.tasks.create_all([w.foreign[Task]]),
    "WritableRecords.save.changed": lambda w: w.second.tasks.save(w.foreign[Task]),
    "WritableRecords.delete.entities": lambda w: w.second.pipelines.delete(w.foreign[Pipeline]),
    "Users.create_all.entities": lambda w: w.second.users.create_all([w.foreign[User]]),
    "Users.activate.users": lambda w: w.second.users.activate(w.foreign[User]),
    "Users.deactivate.users": lambda w: w.second.users.deactivate(w.foreign[User]),
    "Pipelines.create.entity": lambda w: w.second.pipelines.create(w.foreign[Pipeline]),
    "Pipelines.create.statuses": lambda w: w.second.pipelines.create("x", statuses=[w.foreign[Status]]),
    "Pipelines.save.changed": lambda w: w.second.pipelines.save(w.foreign[Pipeline]),
}


def _constructors() -> list[str]:
    """Parameters of the entities' constructors, sorted: workers of one run must collect the same tests."""
    places = (name for name in _places() if ".__init__." in name)
    return sorted(name for name in places if issubclass(getattr(amocrm, name.partition(".")[0]), Entity))


def test_no_place_is_forgotten() -> None:
    """Every public method that takes an entity is tried below; a new one fails here until it is."""
    found = {name for name in _places() if ".__init__." not in name}
    assert found == {*AT_ONCE, *WAITED} | {name for name in NOT_GIVEN if ".__init__." not in name}


def _refused() -> Any:
    return pytest.raises(ValueError, match=r"(?s)(alpha\..*beta\.|beta\..*alpha\.)")


@pytest.mark.parametrize("place", AT_ONCE)
async def test_an_entity_of_another_account_is_refused(place: str) -> None:
    """The error names both accounts, and nothing is to be sent."""
    world = World()
    with _refused():
        AT_ONCE[place](world)
    assert not world.session.new


@pytest.mark.parametrize("place", WAITED)
async def test_an_entity_of_another_account_is_refused_before_a_request(place: str) -> None:
    """Methods that make requests refuse it as well."""
    with _refused():
        await WAITED[place](World())


@pytest.mark.parametrize("place", _constructors())
async def test_what_points_to_an_entity_belongs_to_its_account(place: str) -> None:
    """A new object made with an entity of one account cannot be added to a session of another."""
    world, (name, _, parameter) = World(), place.split(".")
    (annotation,) = [value for key, value in _places()[place].__annotations__.items() if key == parameter]
    (kind,) = {cls for cls in CLASSES if cls.__name__ in re.findall(r"\w+", annotation)} or {Lead}
    needed: dict[str, Any] = {"text": "x", "due": 2_000_000_000} if name == "Task" else {}
    needed |= {"text": "x"} if name == "Note" else {"name": "x"} if name == "Pipeline" else {}
    given = [world.foreign[kind]] if "Iterable" in annotation else world.foreign[kind]
    made = getattr(amocrm, name)(**{**needed, parameter: given})
    with _refused():
        world.session.add(made)
    with _refused():
        world.session.add(pickle.loads(pickle.dumps(made)))


def _is_written(relation: Relation) -> bool:
    if isinstance(relation, EmbeddedList | EmbeddedOne | ElementLinks) or not getattr(
        relation, "writable", True
    ):
        return False  # what is read only refuses everything
    return hasattr(type(relation), "__set__")


@pytest.mark.parametrize(
    "relation",
    [relation for cls in CLASSES for relation in cls._relations if _is_written(relation)],
    ids=repr,
)
async def test_an_assignment_refuses_an_entity_of_another_account(relation: Relation) -> None:
    """Links, responsible users, stages and parents, on objects that exist and on new ones."""
    world = World()
    kind = next((cls for cls in CLASSES if cls._kind == relation.kind), Lead)
    value = {"tags": [world.foreign[Tag]], "contacts": [world.foreign[Contact]]}.get(
        relation.attribute, world.foreign[kind]
    )
    if relation.attribute in ("leads", "customers", "companies"):
        value = [world.foreign[kind]]
    own = world.own[relation.owner]
    if isinstance(value, list):  # of a new object it is known what it is linked to
        own = relation.owner(name="new", responsible=world.own[User])
    if relation.owner is Note:
        own = Note("x", entity=world.own[Lead])
    with _refused():
        setattr(own, relation.attribute, value)


async def test_users_of_two_accounts_cannot_stand_in_one_condition() -> None:
    """A condition belongs to the account of the entities that it names."""
    world = World()
    with _refused():
        Lead.responsible.in_(world.own[User], world.foreign[User])
    assert Lead.responsible.in_(5, 6).account == ""


async def test_an_entity_of_another_account_is_not_among_the_linked_ones() -> None:
    """The same id in another account is another record."""
    world = World()
    lead = Lead(name="x", contacts=[world.own[Contact]])
    assert world.own[Contact] in lead.contacts
    assert world.foreign[Contact] not in lead.contacts


async def test_a_handler_gets_no_entity_of_another_account() -> None:
    """The event's account is compared with that of the client, and its entities carry it."""
    body = b"leads[update][0][id]=5&account[id]=1&account[_links][self]=https://alpha.amocrm.ru"
    (event,) = parse(body, {"content-type": "application/x-www-form-urlencoded"})
    world = World()
    assert isinstance(event, LeadUpdated)
    assert account_of(event.lead) == world.first.account_host
    with _refused():
        AsyncHandlerContext(event, 1, world.second).entity(Lead)
    assert AsyncHandlerContext(event, 1, world.first).entity(Lead).id == 5
    with _refused():
        world.session.add(event.lead)


def test_a_bare_id_cannot_be_checked() -> None:
    """An id says nothing of its account; what takes one takes it."""
    world = World()
    world.own[Lead].responsible_user_id = world.foreign[User].id
    assert isinstance(world.own[Lead], Entity)
    assert world.own[Lead].responsible_user_id == 5
