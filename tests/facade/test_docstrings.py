"""The examples in the docstrings of what users hold run and show what they say."""

from __future__ import annotations

import doctest
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from importlib import import_module
from typing import Any

import pytest

from amocrm import (
    AmoCRM,
    CatalogElement,
    Company,
    Contact,
    Lead,
    MemoryLimiter,
    Note,
    RateLimits,
    Tag,
    Task,
    User,
    fields,
)
from amocrm_sandbox import Sandbox, SandboxTransport
from tests.support.examples import Finder

ROOMS = ("amocrm._core", "amocrm.fields", "amocrm.entities", "amocrm.command")


class City(StrEnum):
    """Options by label."""

    KAZAN = "Казань"


class Product(IntEnum):
    """Options by id."""

    BASIC = 17
    PLUS = 19


class Firm(Company):
    """A company with a field."""

    legal = fields.LegalEntity(field_id=5)


class Deal(Lead):
    """A lead with fields."""

    products = fields.MultiSelect(field_id=10, options=Product)
    parts = fields.Raw(field_id=19)


def modules() -> list[str]:
    """The rooms and what lies in them."""
    return [
        name
        for room in ROOMS
        for name in (
            room,
            *(one.name for one in pkgutil.walk_packages(import_module(room).__path__, f"{room}.")),
        )
    ]


@pytest.fixture(scope="module")
def crm() -> Iterator[AmoCRM]:
    """An account with a pipeline and a field."""
    sandbox = Sandbox(limits=False)
    fast = MemoryLimiter(RateLimits(per_key=1_000_000, per_account=1_000_000))
    with AmoCRM(
        "demo", token=sandbox.token, http_transport=SandboxTransport(sandbox), limiter=fast
    ) as client:
        client.pipelines.create("Продажи", statuses=["Переговоры"])
        made = client.fields.create(
            Lead, [fields.Definition(name="Город", type="select", options=["Казань", "Москва"])]
        )
        assert len(made) == 1
        client.fields.load(Lead)
        yield client
    sandbox.close()


def names(crm: AmoCRM) -> dict[str, Any]:
    """What the examples take for granted."""
    session = crm.session()
    lead = session.add(Lead(name="Заказ"))
    lead.custom["Город"] = "Казань"
    deal = Deal(name="Заказ")
    deal.parts = [{"value": {"sku": "A-1", "quantity": 2}}]
    classes = (Company, Contact, Lead, Note, Tag, Task, User, City, Product, StrEnum, IntEnum)
    return {
        **{one.__name__: one for one in classes},
        "crm": crm,
        "session": session,
        "lead": lead,
        "deal": deal,
        "fields": fields,
        "contact": Contact(name="Иван"),
        "product": CatalogElement.from_dict({"id": 33, "name": "Чайник", "catalog_id": 1}),
        "company": Firm(name="Ромашка"),
        "tomorrow": datetime.now(UTC) + timedelta(days=1),
    }


@pytest.mark.parametrize("module", modules())
def test_the_examples_of_a_module_run(module: str, crm: AmoCRM) -> None:
    """Each docstring runs by itself, with an account, a lead and a session at hand."""
    said: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    for test in Finder(exclude_empty=True).find(import_module(module)):
        given = names(crm)
        test.globs = {**test.globs, **given}
        if "__name__" in test.globs:
            test.globs["__name__"] = module
        runner.run(test, out=said.append)
        given["session"].discard(*given["session"].new, *given["session"].changed)
    assert not runner.failures, "".join(said)


@pytest.mark.slow
def test_there_are_examples_to_run() -> None:
    """The test above tests something."""
    found = [
        test
        for module in modules()
        for test in Finder(exclude_empty=True).find(import_module(module))
        if test.examples
    ]
    assert len(found) >= 30
