"""Messages about sessions, commits, doubts and upserts."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable
from typing import Any, Final

from amocrm import AmoCRM, Contact, FlushError, Lead
from amocrm_sandbox import ErrorPage, Sandbox, SandboxTransport

from . import Message
from ._clients import client

TITLE: Final = "Sessions and commits"


def account(**options: Any) -> tuple[Sandbox, AmoCRM]:
    """Return a sandbox and its client."""
    sandbox = Sandbox(subdomain="mycompany", limits=False)
    return sandbox, client(SandboxTransport(sandbox), token=sandbox.token, **options)


def session(call: Callable[[Any], Any]) -> Callable[[], Any]:
    """Return a call with a session that sends nothing."""
    return lambda: call(client().session())


def _refused() -> None:
    _, crm = account()
    with crm.session() as s:
        s.add(Lead(name="Order", status_id=5, pipeline_id=5))


def _lost() -> None:
    sandbox, crm = account()
    sandbox.faults.add(ErrorPage(504, after_commit=True), operation="create_leads")
    with crm.session() as s:
        s.add(Lead(name="Order"))


def _two_for_one_record() -> None:
    s = client().session()
    other = s.ref(Lead, 17)
    s.discard(s.adopt(Lead(name="Order"), 17), other)


def _note_without_mark() -> None:
    sandbox, crm = account()
    with crm.session() as s:
        lead = s.add(Lead(name="Order"))
    sandbox.faults.add(ErrorPage(504), operation="create_notes")
    s = crm.session()
    s.get(Lead, lead.id).notes.add("Call back")
    with contextlib.suppress(FlushError):
        s.commit()
    print(s.reconcile(settle=0).unknown[0].reason)


def _twice() -> None:
    _, crm = account()
    with crm.session() as s:
        lead = s.add(Lead(name="Order"))
    other = crm.leads.get(lead.id)
    lead.price = 5
    with crm.session() as s:
        s.add(lead)
        other.price = 6
        s.add(other)


def _dropped() -> None:
    s = client().session()
    s.add(Lead(name="Order"))
    del s
    gc.collect()


def _another_account() -> None:
    first = client()
    lead = first.session().ref(Lead, 17)
    AmoCRM("other", token="x" * 20).session().add(lead)


def _ambiguous(**options: Any) -> Callable[[], Any]:
    def call() -> None:
        _, crm = account()
        with crm.session() as s:
            s.add_all(
                [Contact(name="Anna", email="a@example.com"), Contact(name="Boris", email="a@example.com")]
            )
        crm.contacts.upsert(Contact(email="a@example.com"), key=Contact.email, **options)

    return call


def _upsert(key: Any = Contact.email, **options: Any) -> Callable[[], Any]:
    return lambda: account()[1].contacts.upsert(Contact(email="a@example.com"), key=key, **options)


MESSAGES: Final = (
    Message(
        "session-add-class",
        session(lambda s: s.add(Lead)),
        ("add()", "entity", "Lead(name="),
        "The class was given in place of an object.",
        '`session.add(Lead(name="Order"))`',
    ),
    Message(
        "session-two-accounts",
        _another_account,
        ("account", "mycompany.amocrm.ru", "other.amocrm.ru"),
        "An object of one account was given to the session of another.",
        "Read the object with the client of this account, or create a new one from its values.",
    ),
    Message(
        "session-two-objects",
        _twice,
        ("object",),
        "Two objects stand for one lead, and both have changes.",
        "Change one of them only; `session.get(Lead, id)` always returns the same object.",
    ),
    Message(
        "session-dropped",
        _dropped,
        ("dropped without a commit",),
        "A session with changes was forgotten: nothing was sent.",
        "`with crm.session() as s: …`, or `s.commit()`.",
    ),
    Message(
        "session-batch-size",
        lambda: client().session(batch_size=0),
        ("batch_size must be", "0"),
        "A batch without items would send nothing.",
        "Leave `batch_size` out.",
    ),
    Message(
        "commit-rejected",
        _refused,
        ("was not applied in full", "rejected"),
        "The server refused some of the changes; the rest was applied.",
        "Read `error.report.rejected`, correct the objects, commit again.",
    ),
    Message(
        "commit-doubt",
        _lost,
        ("was not applied in full", "unknown"),
        "The answer to a creation was lost: the object may exist or not.",
        "`session.reconcile()` looks for it; then `session.adopt(entity, id)` or `session.resend(entity)`.",
    ),
    Message(
        "reconcile-no-mark",
        _note_without_mark,
        ("notes", "session(mark=True)"),
        "Nothing was read of this kind before the creation, so no list proves that it is not stored.",
        "Look whether it is there, then `session.adopt(entity, id)` or `session.resend(entity)`; "
        "`crm.session(mark=True)` lets the next commits read the newest id first.",
    ),
    Message(
        "adopt-twice",
        session(lambda s: s.adopt(s.ref(Lead, 17), 18)),
        ("adopt()",),
        "The object has an id already.",
        "`session.adopt()` takes objects whose creation is in doubt.",
    ),
    Message(
        "adopt-detaches",
        _two_for_one_record,
        ("was detached", "stands for it now"),
        "The session held another object for this record; there is one object for each record.",
        "Use the adopted object from now on; links that held the other one hold it already.",
    ),
    Message(
        "resend-without-doubt",
        session(lambda s: s.resend(s.ref(Lead, 17))),
        ("resend()", "doubtful"),
        "The object was not sent yet, or its creation was answered.",
        "`session.commit()` sends what is new.",
    ),
    Message(
        "refresh-new",
        session(lambda s: s.refresh(Lead(name="Order"))),
        ("refresh()",),
        "The object does not exist in the account yet.",
        "Commit first.",
    ),
    Message(
        "duplicates-value",
        session(lambda s: s.add(Lead(), duplicates="merge")),
        ('duplicates must be "server"', "merge"),
        "Only the server can merge new leads.",
        '`session.add(lead, duplicates="server")`',
    ),
    Message(
        "constructor-unknown",
        lambda: Lead(prise=5),
        ("Lead", "'prise'", "did you mean price"),
        "The attribute was misspelt, or the field is not declared.",
        "Correct the name, or declare the field on a class of your own.",
    ),
    Message(
        "assignment-links",
        lambda: Lead(contacts=Contact(name="Anna")),
        ("Lead.contacts must be a list of contacts", "[...]"),
        "One contact was given in place of several.",
        "`Lead(contacts=[contact])`",
    ),
    Message(
        "assignment-kind",
        lambda: Lead(company=Contact(name="Anna")),
        ("Lead.company must be a Company", "got Contact"),
        "The object is of another kind.",
        '`Lead(company=Company(name="Romashka"))`',
    ),
    Message(
        "assignment-tags",
        lambda: Lead(tags="vip"),
        ("tags must be a set or list of names", "{'vip'}"),
        "One name was given in place of several.",
        '`Lead(tags={"vip"})`',
    ),
    Message(
        "assignment-tag",
        lambda: Lead(tags=[5]),
        ("a tag must be a name or a Tag",),
        "A tag is neither a name nor a `Tag`.",
        '`Lead(tags={"vip"})`',
    ),
    Message(
        "upsert-key-id",
        _upsert(key=Contact.id),
        ("a key must not be the id", "Contact.id", "session.ref"),
        "A record with a known id need not be looked for.",
        "`crm.session().ref(Contact, 17)`",
    ),
    Message(
        "upsert-key-name",
        _upsert(key="email"),
        ("key must be", "got str", "key=Contact.phone"),
        "The key was given as a text.",
        "`key=Contact.email`",
    ),
    Message(
        "upsert-on-many",
        _upsert(on_many="last"),
        ("on_many must be", "'newest'"),
        "The word is not one of those allowed.",
        "Write one of the words in the message.",
    ),
    Message(
        "upsert-ambiguous",
        _ambiguous(),
        ("several",),
        "Several records have this value of the key.",
        '`on_many="newest"`, or a key that is unique.',
    ),
    Message(
        "merge-new-lead",
        session(lambda s: s.add(Contact(name="Anna"), duplicates="server")),
        ("a new Lead",),
        "The duplicate control of the account looks at new leads only.",
        '`session.add(Lead(name="Order", contacts=[contact]), duplicates="server")`',
    ),
    Message(
        "stages-list",
        lambda: client().pipelines.create("Sales", statuses="New"),
        ("statuses must be a list", '["New", "Paid"]'),
        "One name was given in place of several.",
        '`crm.pipelines.create("Sales", statuses=["New"])`',
    ),
    Message(
        "stage-name",
        lambda: account()[1].pipelines.all()[0]["Переговор"],
        ("no stage 'Переговор'", "did you mean Переговоры"),
        "The pipeline has no stage of this name.",
        "Correct the name, or take the stage by its id: `pipeline.by_id(142)`.",
    ),
)
