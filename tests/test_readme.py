"""The code of the READMEs runs as it stands, in order, on a sandbox instead of the account."""

import inspect
import re
from pathlib import Path

import pytest

from amocrm import AmoCRM, AsyncAmoCRM, Lead, WebhookReceiver, fields
from amocrm_sandbox import SandboxServer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.usefixtures("without_limits")
@pytest.mark.parametrize("name", ["README.md", "README.ru.md"])
def test_the_code_of_the_readme_runs(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every Python block runs; only the account's name and token are replaced by the sandbox's."""
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))
    with SandboxServer(limits=False) as server:
        with AmoCRM("demo", token=server.sandbox.token, base_url=server.url) as crm:
            crm.fields.create(
                Lead,
                [
                    fields.Definition(name="City", type="select", options=["Kazan", "Perm"]),
                    fields.Definition(name="Due", type="date"),
                    fields.Definition(name="Город", type="select", options=["Казань", "Пермь"]),
                    fields.Definition(name="Срок", type="date"),
                ],
            )
        account = f'"demo", token="{server.sandbox.token}", base_url="{server.url}"'
        for block in blocks:
            names: dict[str, object] = {}
            exec(compile(block.replace('"mycompany", token="…"', account), name, "exec"), names)
            for value in names.values():
                if isinstance(value, AmoCRM | WebhookReceiver):
                    value.close()
        leads = server.sandbox.get("/api/v4/leads").json()["_embedded"]["leads"]

    assert len(blocks) >= 7
    assert "1 applied; " in capsys.readouterr().out
    assert [
        lead["custom_fields_values"][0]["values"][0]["value"] for lead in leads if lead["price"] == 50_000
    ] in (
        ["Perm"],
        ["Пермь"],
    )


@pytest.mark.parametrize("name", ["README.md", "README.ru.md"])
def test_the_table_of_options_names_every_option(name: str) -> None:
    """Each argument of the clients is in the first column of the table, once."""
    page = (ROOT / name).read_text(encoding="utf-8")
    (table,) = re.findall(r"^\| `account` \|.*?\n\n", page, re.MULTILINE | re.DOTALL)
    columns = [row.split("|")[1] for row in table.splitlines() if row]
    named = [option for column in columns for option in re.findall(r"`(\w+)`", column)]

    for client in (AmoCRM, AsyncAmoCRM):
        assert sorted(named) == sorted(inspect.signature(client).parameters)
