"""Whatever is done to a lead, in whatever order: after the commit the server has what the object shows.

A model of two dictionaries says what must be there: what this session has last seen, and what it has changed.
A colleague changes the same lead at the same time; what the session has not changed is not overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amocrm import AmoCRM, Company, Contact, Lead, MemoryLimiter, RateLimits, fields
from amocrm_sandbox import Sandbox, SandboxTransport


class Deal(Lead):
    """A lead with declared fields of several kinds."""

    city = fields.Select(name="Город")
    text = fields.Text(name="Текст")
    channels = fields.MultiSelect(name="Каналы")


VALUES: dict[str, list[Any]] = {
    "name": ["а", "б"],
    "price": [0, 1, 2],
    "city": [None, "Казань", "Пермь"],
    "text": [None, "раз", "два"],
    "channels": [(), ("Почта",), ("Почта", "Сайт")],
}
_SETS = [st.tuples(st.just("set"), st.just(name), st.sampled_from(values)) for name, values in VALUES.items()]
_STEP = st.one_of(
    *_SETS,
    st.tuples(st.just("tag"), st.sampled_from(["add", "discard"]), st.sampled_from("abc")),
    st.tuples(st.just("contact"), st.sampled_from(["add", "remove"]), st.integers(0, 2)),
    st.tuples(st.just("company"), st.just(""), st.sampled_from([None, 0, 1])),
    st.tuples(st.just("colleague"), st.sampled_from(["name", "price", "text"]), st.integers(0, 2)),
    st.tuples(st.sampled_from(["commit", "read"]), st.just(""), st.none()),
)


@pytest.fixture(scope="module")
def crm() -> Iterator[AmoCRM]:
    """An account with the fields, three contacts and two companies."""
    sandbox = Sandbox(limits=False)
    fast = MemoryLimiter(RateLimits(per_key=1_000_000, per_account=1_000_000))
    with AmoCRM(
        "demo", token=sandbox.token, http_transport=SandboxTransport(sandbox), limiter=fast
    ) as client:
        client.fields.create(
            Lead,
            [
                fields.Definition(name="Город", type="select", options=["Казань", "Пермь"]),
                fields.Definition(name="Текст", type="text"),
                fields.Definition(name="Каналы", type="multiselect", options=["Почта", "Сайт"]),
            ],
        )
        with client.session() as s:
            s.add_all([Contact(name=f"p{number}") for number in range(3)])
            s.add_all([Company(name=f"c{number}") for number in range(2)])
        yield client
    sandbox.close()


def shown(deal: Deal) -> dict[str, Any]:
    """What an object shows, as plain values."""
    company = deal.company
    return {
        **{name: getattr(deal, name) for name in VALUES},
        "tags": set(deal.tags),
        "contacts": {contact.id for contact in deal.contacts},
        "company": None if company is None else company.id,
    }


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_STEP, max_size=25))
def test_after_a_commit_the_server_has_what_the_object_shows(
    crm: AmoCRM, steps: list[tuple[str, str, Any]]
) -> None:
    """Sets, clears, sets back, tags, links, second readings and a colleague's changes in any order."""
    people = [contact.id for contact in crm.contacts]
    firms = [company.id for company in crm.companies]
    with crm.session() as s:
        made = s.add(Deal(name="а", price=0))
    session = crm.session()
    deal = session.get(Deal, made.id, preload=[Deal.contacts])
    empty = {"tags": set(), "contacts": set(), "company": None}
    seen: dict[str, Any] = {**{name: getattr(deal, name) for name in VALUES}, **empty}
    server = dict(seen)
    wanted: dict[str, Any] = {}

    def change(name: str, value: Any) -> None:
        wanted[name] = value
        if value == seen[name]:
            del wanted[name]

    def commit() -> None:
        session.commit()
        server.update(wanted)
        seen.update(wanted)
        wanted.clear()
        assert not session.plan()

    for kind, what, value in (*steps, ("commit", "", None)):
        now = {**seen, **wanted}
        if kind == "set":
            setattr(deal, what, value)
            change(what, value)
        elif kind == "tag":
            getattr(deal.tags, what)(value)
            change("tags", now["tags"] | {value} if what == "add" else now["tags"] - {value})
        elif kind == "contact":
            getattr(deal.contacts, what)(session.ref(Contact, people[value]))
            person = {people[value]}
            change("contacts", now["contacts"] | person if what == "add" else now["contacts"] - person)
        elif kind == "company":
            deal.company = None if value is None else session.ref(Company, firms[value])
            change("company", None if value is None else firms[value])
        elif kind == "colleague":
            with crm.session() as other:
                setattr(other.ref(Deal, made.id), what, VALUES[what][value % len(VALUES[what])])
            server[what] = VALUES[what][value % len(VALUES[what])]
        elif kind == "read":
            assert session.get(Deal, made.id, preload=[Deal.contacts]) is deal
            seen.update(server)
            for name in [name for name in wanted if wanted[name] == seen[name]]:
                del wanted[name]
        else:
            commit()
        assert shown(deal) == {**seen, **wanted}

    again = crm.get(Deal, made.id, preload=[Deal.contacts])
    assert shown(again) == server
