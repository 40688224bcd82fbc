"""Programs that upsert one key at the same moment: what a shared lock promises, and what nobody does."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from amocrm import Contact, UpsertReport
from amocrm_sandbox import Latency, SandboxServer
from tests.support.process_pool import process_pool
from tests.support.upserting import client_at, store_of

pytestmark = pytest.mark.slow

JOB = "tests.support.upserting:upsert"


def spec_of(server: SandboxServer, store: str, folder: Path, redis_url: str, **more: Any) -> dict[str, Any]:
    """What the processes get."""
    where = {"file": {"folder": str(folder)}, "redis": {"redis": redis_url, "name": f"{uuid4().hex}:"}}
    return {"url": server.url, "token": server.sandbox.token, **where.get(store, {}), **more}


def raced(spec: dict[str, Any], processes: int) -> list[Any]:
    """What the processes returned."""
    with process_pool(JOB, spec, processes) as pool:
        pool.go()
        return pool.results(60)


@pytest.mark.parametrize("store", ["file", "redis"])
def test_programs_that_share_a_lock_create_a_key_once(store: str, tmp_path: Path, redis_url: str) -> None:
    """Six processes, six spellings of one number, one record."""
    with SandboxServer(limits=False) as server:
        server.sandbox.faults.add(Latency(0.05), operation="list_contacts")
        spec = spec_of(server, store, tmp_path, redis_url)
        ids = raced(spec, 6)
        assert len(set(ids)) == 1
        with client_at(spec) as crm:
            assert crm.contacts.query().count() == 1


def test_programs_without_one_double_it_and_a_report_finds_that(tmp_path: Path) -> None:
    """All look up before anybody creates. Nothing can prevent it; the next report names the records."""
    with SandboxServer(limits=False) as server:
        server.sandbox.faults.add(Latency(0.5), operation="list_contacts")
        spec = spec_of(server, "none", tmp_path, "")
        ids = raced(spec, 4)
        assert len(set(ids)) > 1
        with client_at(spec) as crm:
            (found,) = crm.contacts.find_duplicates(by=Contact.phones)
            assert {one.id for one in found.records} == set(ids)


@pytest.mark.parametrize("store", ["file", "redis"])
def test_a_program_that_dies_leaves_neither_a_lock_nor_a_double(
    store: str, tmp_path: Path, redis_url: str
) -> None:
    """It is killed when the server has stored the record; the same call again finds it."""
    with SandboxServer(limits=False) as server:
        spec = spec_of(server, store, tmp_path, redis_url, kill=True)
        assert raced(spec, 1) == [None]
        with client_at(spec) as crm:
            rows = [Contact(name="Анна", phone="8 900 123-45-67")]
            report: UpsertReport[Contact] = crm.contacts.upsert_all(
                rows, key=Contact.phones, lock=store_of(spec)
            )
            assert report.counts() == {"unchanged": 1}
            assert crm.contacts.query().count() == 1
