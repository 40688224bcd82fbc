"""What type checkers must say about the generated operations. Checked by ``test_typing.py``; never run.

Lines marked ``error`` must be refused: an unused ignore is an error in both checkers' settings.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=error
from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from amocrm import AmoCRM, AsyncAmoCRM
from amocrm_gen import Api, AsyncApi, AsyncClient, Client
from amocrm_gen.api import leads
from amocrm_gen.api.leads import get_lead, list_leads
from amocrm_gen.api.links import unlink_entities
from amocrm_gen.client import Client as PlainClient
from amocrm_gen.models.leads import Lead, LeadCreate, LeadFilter, LeadPage, LeadWriteResult


def functions(crm: AmoCRM, plain: Client) -> None:
    """One signature makes every way of calling."""
    assert_type(list_leads.sync(crm, limit=5, filter=LeadFilter(id=[1])), LeadPage)
    assert_type(list_leads.sync(client=plain, filter={"id": [1]}), LeadPage)
    assert_type(len(list_leads.sync(crm).embedded.leads), int)
    assert_type(get_lead.sync(crm, id=17), Lead | None)
    assert_type(get_lead.sync_detailed(crm, id=17).parsed, Lead | None)
    assert_type(list_leads.pages(crm, limit=5), Iterator[LeadPage])
    assert_type(list_leads.items(plain, query="x"), Iterator[Lead])
    assert_type(list_leads(limit=5).path, str)
    leads.create_leads.sync(crm, body=[LeadCreate(name="A")])
    get_lead.sync(crm)  # type: ignore  # error: id is missing
    get_lead.sync(crm, id="17")  # type: ignore  # error: wrong type
    get_lead.sync(crm, di=17)  # type: ignore  # error: misspelt
    get_lead.sync(id=17)  # type: ignore  # error: no client
    get_lead.sync(AsyncClient("https://x"), id=17)  # type: ignore  # error: a client of the other flavour
    get_lead.pages(crm, id=17)  # type: ignore  # error: not paged
    list_leads.items(crm, limt=5)  # type: ignore  # error: misspelt
    leads.create_leads.sync(crm, body=[{"name": "A"}])  # type: ignore  # error: not the model
    leads.list_lead.sync(crm)  # type: ignore  # error: unknown operation
    unlink_entities.request(entity_type="leads", id=1)  # type: ignore  # error: the body is missing


async def coroutines(crm: AsyncAmoCRM, plain: AsyncClient) -> None:
    """The same for coroutines."""
    assert_type(await list_leads.asyncio(crm, limit=5), LeadPage)
    assert_type((await get_lead.asyncio_detailed(plain, id=17)).parsed, Lead | None)
    assert_type(list_leads.async_items(crm), AsyncIterator[Lead])
    assert_type([page async for page in list_leads.async_pages(plain, limit=5)], list[LeadPage])
    list_leads.asyncio(crm).embedded  # type: ignore  # error: await is missing
    await get_lead.asyncio(crm, id="17")  # type: ignore  # error: wrong type
    await crm.api.leads.get(di=17)  # type: ignore  # error: misspelt
    crm.api.leads.list().embedded  # type: ignore  # error: await is missing
    assert_type(await crm.api.leads.list(limit=5), LeadPage)
    assert_type((await crm.api.detailed(crm.api.leads.get, id=17)).parsed, Lead | None)
    assert_type(crm.api.with_options(timeout=5), AsyncApi)


def bound(crm: AmoCRM) -> None:
    """Methods have signatures of their own."""
    assert_type(crm.api.leads.list(limit=5, with_=["contacts"]), LeadPage)
    assert_type(len(crm.api.leads.list().embedded.leads), int)
    assert_type(crm.api.leads.create(body=[LeadCreate(name="A")]), LeadWriteResult)
    assert_type(crm.api.detailed(crm.api.leads.list, limit=5).parsed, LeadPage)
    assert_type(crm.api.with_options(timeout=5, extra_query={"a": 1}), Api)
    crm.api.leads.list(limt=5)  # type: ignore  # error: misspelt
    crm.api.leads.get()  # type: ignore  # error: id is missing
    crm.api.leads.get(id="17")  # type: ignore  # error: wrong type
    crm.api.leads.lst()  # type: ignore  # error: unknown operation
    crm.api.lead.list()  # type: ignore  # error: unknown area
    crm.api.detailed(crm.api.leads.list, limt=5)  # type: ignore  # error: misspelt
    crm.api.with_options(timout=5)  # type: ignore  # error: misspelt
    Api(PlainClient("https://x")).leads.list(limit="5")  # type: ignore  # error: wrong type
