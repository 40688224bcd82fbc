"""What a user of the facade reads when something is wrong, over real sockets: each message names the thing to do."""
# GENERATED from tests/shell_async/connection/test_errors.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from amocrm import (
    BlockedError,
    CircuitOpen,
    Contact,
    FlushError,
    Lead,
    NotFoundError,
    NotLoaded,
    NotSentError,
    UnauthorizedError,
    fields,
)
from amocrm._sync.client import AmoCRM
from amocrm._core.http.retry import NEVER
from amocrm_sandbox import ErrorPage, SandboxServer

from .._support import ManualClock, rerouted
from ..crm import Deal

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """A sandbox over HTTP."""
    with SandboxServer(limits=False) as running:
        yield running


def client(server: SandboxServer, token: str | None = None) -> AmoCRM:
    """A client of it that does not try again."""
    return AmoCRM(
        "demo",
        token=token or server.sandbox.token,
        base_url=server.url,
        clock=ManualClock(),
        retry=NEVER,
    )


def test_a_wrong_subdomain_says_to_check_it(server: SandboxServer) -> None:
    """The account is not there: the message says to check the subdomain."""
    transport = rerouted(server.url)
    with AmoCRM("nobody", token=server.sandbox.token, http_transport=transport) as crm:
        with pytest.raises(UnauthorizedError, match=r"401: Account not found \(check the subdomain"):
            crm.leads.all()
    transport.close()


def test_a_wrong_token_is_explained_and_not_repeated(server: SandboxServer) -> None:
    """The message says what may be wrong with the token and does not repeat it."""
    with client(server, token="not-a-token") as crm:
        with pytest.raises(UnauthorizedError, match="check token and subdomain") as caught:
            crm.leads.get(17)
        session = crm.session()
        lead = session.add(Lead(name="Заказ"))
        with pytest.raises(FlushError, match="check token and subdomain"):
            session.commit()
    assert "not-a-token" not in str(caught.value)
    assert session.new == [lead]


def test_a_server_that_is_down() -> None:
    """Nobody listens: the system's word for it, and everything stays to be sent."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with AmoCRM(
        "demo", token="t", base_url=f"http://127.0.0.1:{port}", clock=ManualClock(), retry=NEVER
    ) as crm:
        with pytest.raises(
            NotSentError, match=r"could not be sent to 127\.0\.0\.1 \(ConnectError: .+refused"
        ):
            crm.leads.all()
        session = crm.session()
        session.add(Lead(name="Заказ"))
        with pytest.raises(FlushError, match="1 skipped"):
            session.commit()
        assert len(session.new) == 1


def test_a_page_of_html_with_403(server: SandboxServer) -> None:
    """The gateway has blocked the API: nothing more is sent, and the error says when to try again."""
    server.sandbox.faults.add(ErrorPage(403))
    with client(server) as crm:
        session = crm.session()
        session.add_all([Lead(name="Заказ"), Contact(name="Иван")])
        with pytest.raises(FlushError) as caught:
            session.commit()
        with pytest.raises((BlockedError, CircuitOpen)):
            crm.leads.all()
        with pytest.raises(CircuitOpen, match=r"try again in \d+ s"):
            crm.leads.all()
    assert "blocked for this account or address" in str(caught.value)
    assert not caught.value.report.applied
    assert server.sandbox.counters()["total"] <= 3


def test_one_bad_lead_among_250(server: SandboxServer) -> None:
    """The message counts, names the lead, the field and the value that was sent; the others exist."""
    with client(server) as crm:
        session = crm.session()
        leads = session.add_all(Lead(name=f"Заказ {number}") for number in range(250))
        leads[17].responsible_user_id = 1
        with pytest.raises(FlushError) as caught:
            session.commit()
        assert len(crm.leads.all()) == 249
    said = str(caught.value)
    assert "249 applied, 1 rejected in 2 requests" in said
    assert "create <Lead new 'Заказ 17'>: rejected: responsible_user_id: " in said
    assert "(sent: 1)" in said


def test_an_unknown_option_of_a_list(server: SandboxServer) -> None:
    """Written: refused with the options that exist, of the enum at once, of the account by the commit."""

    class Loose(Lead):
        city = fields.Select(name="Город")

    with client(server) as crm:
        crm.fields.ensure(Deal)
        with pytest.raises(ValueError, match="did you mean 'Казань'"):
            Deal(name="Заказ", city="Казнь")
        session = crm.session()
        session.add(Loose(name="Заказ", city="Казнь"))
        with pytest.raises(FlushError, match=r"city|Город.*did you mean 'Казань'\? \(sent: 'Казнь'\)"):
            session.commit()
        with pytest.raises(LookupError, match="did you mean 'Казань'"):
            crm.query(Loose).where(Loose.city.is_("Казнь")).all()


def test_a_deleted_lead_is_not_found_by_its_id(server: SandboxServer) -> None:
    """It is not found by its id; the list of deleted ones shows what the API shows and says what it does not."""
    with client(server) as crm:
        with crm.session() as session:
            made = session.add(Lead(name="Заказ", price=5))
        server.sandbox.delete("leads", made.id)
        with pytest.raises(NotFoundError, match=f"there is no Lead {made.id}, or the user"):
            crm.leads.get(made.id)
        assert crm.leads.get_or_none(made.id) is None
        assert crm.leads.all() == []
        (deleted,) = crm.query(Lead).with_("only_deleted").all()
        assert deleted.is_deleted
        with pytest.raises(NotLoaded, match="is deleted"):
            assert deleted.price
        session = crm.session()
        session.ref(Lead, made.id).price = 7
        with pytest.raises(FlushError, match=f"update <Lead {made.id}>: rejected: .*not found"):
            session.commit()
