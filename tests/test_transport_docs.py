"""The guides about tokens and transport: their code runs, their tables are true, both languages say the same."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

from amocrm import AmoCRM, FileTokenStore, OAuth, errors, events
from amocrm_sandbox import SandboxServer
from tests.support.retry_table import PAGES, embedded, table

DOCS = Path(__file__).resolve().parents[1] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
GUIDES = ["tokens.md", "tokens.ru.md", "transport.md", "transport.ru.md"]


def code_of(name: str) -> list[str]:
    """The Python blocks of a guide."""
    return BLOCK.findall((DOCS / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", GUIDES)
def test_the_code_of_the_guides_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block, in order and in one module; only account, token and folders are replaced."""
    with SandboxServer(limits=False) as server:
        made = server.sandbox.tokens.create_integration("https://shop.example/amocrm")
        monkeypatch.setenv("AMOCRM_CLIENT_ID", made.client_id)
        monkeypatch.setenv("AMOCRM_CLIENT_SECRET", made.client_secret)
        monkeypatch.setenv("AMOCRM_TOKEN", server.sandbox.token)
        names: dict[str, object] = {}
        clients: list[AmoCRM] = []
        for block in code_of(name):
            block = block.replace('"mycompany"', f'"demo", base_url="{server.url}"')
            block = block.replace('token="…"', f'token="{server.sandbox.token}"')
            block = re.sub(r'"/(?:var/lib|run)/myapp/amocrm"', repr(str(tmp_path / "amocrm")), block)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                exec(compile(block, name, "exec"), names)
            clients += [value for value in names.values() if isinstance(value, AmoCRM)]
        for client in clients:
            client.close()
    assert len(names) > 10


def test_the_login_of_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``begin`` and ``finish`` as they stand in the guide lead to tokens in the store; a foreign state does not."""
    text = "\n".join(block for block in code_of("tokens.md") if "def begin" in block)
    with SandboxServer(limits=False) as server:
        made = server.sandbox.tokens.create_integration("https://shop.example/amocrm")
        store = FileTokenStore(tmp_path)
        oauth = OAuth(made.client_id, made.client_secret, made.redirect_uri)
        names: dict[str, object] = {"oauth": oauth, "store": store, "AmoCRM": AmoCRM}
        exec(text.replace("AmoCRM(grant.account", f'AmoCRM(grant.account, base_url="{server.url}"'), names)
        session: dict[str, str] = {}
        page = names["begin"](session)  # type: ignore[operator]
        assert page.startswith("https://www.amocrm.ru/oauth?")
        code = server.sandbox.tokens.issue_code(made.client_id, server.sandbox.admin_id)
        address = f"https://shop.example/amocrm?code={code}&referer=demo.amocrm.ru&state="
        with pytest.raises(errors.LoginRefused):
            names["finish"](dict(session), address + "foreign")  # type: ignore[operator]
        names["finish"](session, address + session["state"])  # type: ignore[operator]
        with AmoCRM("demo", oauth=oauth, store=store, base_url=server.url) as crm:
            assert crm.api.account.get() is not None


@pytest.mark.parametrize("language", PAGES)
def test_the_table_of_verdicts_is_the_policy(language: str) -> None:
    """A change of the policy changes the page: run ``python -m tests.support.retry_table``."""
    assert embedded(PAGES[language].read_text(encoding="utf-8")) == table(language)


@pytest.mark.parametrize("name", ["transport.md", "transport.ru.md"])
def test_every_event_is_explained(name: str) -> None:
    """Each event that hooks can get stands in the guide, and is public."""
    text = (DOCS / name).read_text(encoding="utf-8")
    told = [kind.__name__ for kind in events.ClientEvent.__args__]
    assert [kind for kind in told if f"`{kind}`" not in text] == []
    assert set(told) <= set(events.__all__)


@pytest.mark.parametrize("name", ["tokens.md", "tokens.ru.md"])
def test_every_error_of_tokens_is_explained(name: str) -> None:
    """Each error with which a client has no token stands in the guide."""
    text = (DOCS / name).read_text(encoding="utf-8")
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.TokenError)
    ]
    assert [
        kind.__name__ for kind in kinds if kind is not errors.TokenError and f"`{kind.__name__}`" not in text
    ] == []


@pytest.mark.parametrize("name", ["tokens", "transport"])
def test_both_languages_have_the_same_parts(name: str) -> None:
    """As many headings, code blocks and table rows, and the same code but for comments and words."""
    english, russian = (
        (DOCS / f"{name}{ending}").read_text(encoding="utf-8") for ending in (".md", ".ru.md")
    )
    for mark in ("\n#", "\n```", "\n| "):
        assert english.count(mark) == russian.count(mark), mark
    for one, other in zip(code_of(f"{name}.md"), code_of(f"{name}.ru.md"), strict=True):
        assert _bare(one) == _bare(other)


def _bare(code: str) -> str:
    return re.sub(r'"[^"]*"', '""', re.sub(r"\s*#.*", "", code))


@pytest.mark.parametrize("name", GUIDES)
def test_every_link_of_the_guides_leads_to_a_file(name: str) -> None:
    """Every file that a guide points to is there."""
    links = re.findall(r"\]\(([^)#]+)\)", (DOCS / name).read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (DOCS / link).exists()] == []
