"""Examples in docstrings run and print what they say, in the sync flavour where there are two."""

from __future__ import annotations

import doctest
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from amocrm import AmoCRM, Lead, WebhookReceiver, fields
from amocrm._sync.webhooks.handler_context import HandlerContext
from amocrm.webhooks import LeadStatusChanged, parse
from amocrm_sandbox import SandboxServer
from tests.support.examples import Finder

MODULES = {
    "amocrm.webhooks._events.entities": 1,
    "amocrm.webhooks._payload.v2_to_v4": 1,
    "amocrm.webhooks._payload.typed_payload": 2,
    "amocrm.webhooks._parsing.php_forms": 1,
    "amocrm.webhooks._receiving.handler_registry": 2,
    "amocrm._io.delivery_server": 1,
    "amocrm.webhooks._parsing.parse": 1,
    "amocrm.webhooks._receiving.inbox_entry": 1,
    "amocrm.webhooks._receiving.signatures": 3,
    "amocrm._sync.webhooks.receiver": 4,
    "amocrm._sync.webhooks.handler_context": 1,
    "amocrm._sync.resources.webhook_subscriptions": 2,
    "amocrm._sync.webhooks.sqlite_inbox": 1,
    "amocrm._sync.webhooks.redis_inbox": 1,
}


class Deal(Lead):
    """A lead with declared fields."""

    city = fields.Text(code="CITY")
    closed_by = fields.Text(code="CLOSED_BY")


class City:
    """Options."""

    KAZAN = "Kazan"


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_docstrings_hold(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as there are, with the objects that a reader would have at hand."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOOK_SECRET", "s3cret")
    with SandboxServer(limits=False) as server:
        sandbox = server.sandbox
        for code in ("CITY", "CLOSED_BY"):
            sandbox.call(
                "POST", "/api/v4/leads/custom_fields", [{"type": "text", "name": code, "code": code}]
            )
        with AmoCRM("demo", token=sandbox.token, base_url=server.url) as crm:
            with crm.session() as s:
                lead = s.add(Lead(name="Order 17"))
            place = "leads[status][0]"
            field = f"{place}[custom_fields][0]"
            (event,) = parse(
                f"{place}[id]={lead.id}&{field}[id]=1&{field}[code]=CITY&{field}[values][0][value]=Kazan".encode()
            )
            assert isinstance(event, LeadStatusChanged)
            receiver = WebhookReceiver(secret=None, inbox=":memory:", client=crm)
            receiver.on(LeadStatusChanged, name="any")(lambda event: None)
            known: dict[str, Any] = {
                "City": City,
                "Deal": Deal,
                "LeadStatusChanged": LeadStatusChanged,
                "crm": crm,
                "event": event,
                "context": HandlerContext(event, 1, crm),
                "receiver": receiver,
                "os": os,
                "sales": 31,
                "serve": lambda: None,
            }
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
            for test in Finder().find(import_module(name), extraglobs=known):
                runner.run(test)
            receiver.close()

    assert (runner.failures, runner.tries) == (0, MODULES[name])
