"""The pages about webhooks: their code runs as it stands, and they name what there is."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from amocrm import webhooks
from amocrm.webhooks import Delivery, Event
from amocrm_sandbox import SandboxServer

pytestmark = pytest.mark.slow

DOCS = Path(__file__).resolve().parents[2] / "docs"
#: programs that begin with their file name are run by test_deployments.py
BLOCK = re.compile(r"^```python\n(?!# \w+\.py\n)(.*?)^```", re.MULTILINE | re.DOTALL)
ANY_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = ("webhooks.md", "webhooks.ru.md")


@pytest.mark.parametrize(("name", "city"), [("webhooks.md", "Kazan"), ("webhooks.ru.md", "Казань")])
def test_the_code_of_the_page_runs(
    name: str, city: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Block after block in one program; only the account's name and token are replaced by the sandbox's."""
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall((DOCS / name).read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    with SandboxServer(limits=False) as server:
        sandbox = server.sandbox
        sandbox.call(
            "POST", "/api/v4/leads/custom_fields", [{"type": "text", "name": "City", "code": "CITY"}]
        )
        account = f'"demo", token="{sandbox.token}", base_url="{server.url}"'
        for block in blocks:
            exec(compile(block.replace('"mycompany", token="…"', account), name, "exec"), names)
        receiver = names["receiver"]
        # The same delivery again, by hand: the bonus is paid once, and the page says so.
        won = Delivery(body=b"leads[status][0][id]=77&leads[status][0][status_id]=142", key="k")
        paid = receiver._handlers
        for _ in range(2):
            for event in webhooks.parse(won.body):
                next(handler for handler in paid if handler.name.endswith("pay_bonus")).function(event)
        subscriptions = [hook.destination for hook in names["crm"].webhooks.list()]
        patches = [entry.json() for entry in sandbox.journal if entry.operation == "update_leads"]
        receiver.close()
        names["crm"].close()

    assert len(blocks) == 7
    assert capsys.readouterr().out.splitlines() == [city, "17 None -> 142", "bytes 10"]
    assert subscriptions == ["https://app.example.com/amocrm/a-long-random-secret"]
    assert [set(patch[0]) for patch in patches] == [{"id", "status_id"}, {"id", "custom_fields_values"}]
    with sqlite3.connect("bonuses.sqlite3") as database:
        assert sorted(database.execute("SELECT * FROM bonuses")) == sorted(
            [(names["deal"].id, 100), (77, 100)]
        )
    database.close()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_names_every_event(name: str) -> None:
    """No class of events is missing, and none is named that does not exist."""
    text = (DOCS / name).read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z]\w+)`", text))
    events = {
        each
        for each in webhooks.__all__
        if isinstance(found := getattr(webhooks, each), type) and issubclass(found, Event)
    }

    assert events <= named
    assert {each for each in named if not hasattr(webhooks, each)} <= {
        "AsyncWebhookReceiver",
        "WebhookReceiver",
        "NotLoaded",
        "AMOCRM_WEBHOOKS_INBOX",
        "FileLimiter",
        "RedisLimiter",
    }


def test_the_pages_have_the_same_code() -> None:
    """The translation differs in words only."""
    english, russian = (ANY_BLOCK.findall((DOCS / name).read_text(encoding="utf-8")) for name in PAGES)
    words = re.compile(r"#.*|\"(?:Kazan|Казань|Order 17|Заказ 17)\"")

    assert [words.sub("", block) for block in english] == [words.sub("", block) for block in russian]
