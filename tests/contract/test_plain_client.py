"""The plain clients of the generated package, over real connections: typed operations and nothing beside them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from msgspec import UnsetType
from msgspec.structs import replace

from amocrm import AmoCRM, ConfigurationError
from amocrm_gen import Api, AsyncApi, AsyncClient, Client
from amocrm_gen.api.amojo import connect_channel, disconnect_channel
from amocrm_gen.api.drive import create_upload_session, list_files, upload_file_part
from amocrm_gen.api.leads import create_leads, get_lead, list_leads
from amocrm_gen.errors import APIError, NotSentError, UnansweredError
from amocrm_gen.models.amojo import AmojoConnect, AmojoConnection, AmojoDisconnect
from amocrm_gen.models.drive import DriveSession, DriveSessionCreate
from amocrm_gen.models.leads import LeadCreate
from amocrm_sandbox import Drop, ErrorPage, SandboxServer


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """An account over real connections."""
    with SandboxServer(limits=False) as served:
        yield served


def in_both(
    url: str,
    token: str,
    sync: Callable[[Client], Any],
    async_: Callable[[AsyncClient], Awaitable[Any]],
) -> list[Any]:
    """What the same work gives with the sync and with the async client; an error is given, not raised."""

    async def run() -> Any:
        async with AsyncClient(url, token) as client:
            return await async_(client)

    found: list[Any] = []
    with Client(url, token) as client:
        for work in (lambda: sync(client), lambda: asyncio.run(run())):
            try:
                found.append(work())
            except (APIError, NotSentError, UnansweredError) as error:
                found.append(error)
    return found


def reads_lead(url: str, token: str) -> list[Any]:
    """What reading a lead that there is not gives in both flavours."""
    return in_both(
        url, token, lambda c: get_lead.sync(client=c, id=5), lambda c: get_lead.asyncio(client=c, id=5)
    )


@pytest.mark.slow
def test_an_empty_list_is_a_page_without_items(server: SandboxServer) -> None:
    """204 is an empty page, so that nobody has to ask before looking into one; what was created is found."""
    at = (server.url, server.sandbox.token)
    empty = in_both(*at, lambda c: list_leads.sync(client=c), lambda c: list_leads.asyncio(client=c))
    assert [len(page.embedded.leads) for page in empty] == [0, 0]
    body = [LeadCreate(name="Заказ 17", price=50_000)]
    made = in_both(
        *at,
        lambda c: create_leads.sync(client=c, body=body),
        lambda c: create_leads.asyncio(client=c, body=body),
    )
    ids = [answer.embedded.leads[0].id for answer in made]
    assert len(set(ids)) == 2
    pages = in_both(*at, lambda c: Api(c).leads.list(limit=250), lambda c: AsyncApi(c).leads.list(limit=250))
    assert [[lead.id for lead in page.embedded.leads] for page in pages] == [ids, ids]


def test_the_detailed_calls_show_the_answer(server: SandboxServer) -> None:
    """Status, headers and bytes stand beside the parsed value."""
    for detailed in in_both(
        server.url,
        server.sandbox.token,
        lambda c: list_leads.sync_detailed(client=c),
        lambda c: list_leads.asyncio_detailed(client=c),
    ):
        assert (len(detailed.parsed.embedded.leads), detailed.status_code, detailed.content) == (0, 204, b"")
        assert detailed.headers["x-request-id"]


@pytest.mark.parametrize("status", [401, 404, 418, 520, 599])
def test_an_error_status_raises(server: SandboxServer, status: int) -> None:
    """Described, registered or neither: every error status is an error that names operation and status."""
    if status != 401:
        server.sandbox.faults.add(ErrorPage(status), next=2)
    for error in reads_lead(server.url, "nonsense" if status == 401 else server.sandbox.token):
        assert isinstance(error, APIError)
        assert error.status == status
        assert "get_lead" in str(error)


def test_a_broken_connection_says_whether_the_request_left(server: SandboxServer) -> None:
    """No connection is NotSentError; a connection that ends without an answer is UnansweredError."""
    server.sandbox.faults.add(Drop(), next=2)
    assert [type(error) for error in reads_lead(server.url, "t")] == [UnansweredError] * 2
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert [type(error) for error in reads_lead(closed, "t")] == [NotSentError] * 2


def test_a_list_is_walked_page_by_page(server: SandboxServer) -> None:
    """Items of all pages come in order, through a plain client and through one with limits."""
    at = (server.url, server.sandbox.token)
    with Client(*at) as client:
        create_leads.sync(client, body=[LeadCreate(name=str(number)) for number in range(5)])

    async def collected(client: AsyncClient) -> list[str]:
        return [str(lead.name) async for lead in list_leads.async_items(client, limit=2)]

    found = in_both(*at, lambda c: [lead.name for lead in list_leads.items(c, limit=2)], collected)
    with AmoCRM("demo", token=at[1], base_url=at[0]) as crm:
        found.append([lead.name for lead in list_leads.items(crm, limit=2)])
        requests = crm.stats.requests
    assert found == [["0", "1", "2", "3", "4"]] * 3
    assert requests == 3


def test_what_has_no_address_or_signature_is_refused_before_it_is_sent() -> None:
    """Files and chats live on hosts of their own: nobody sends them to the account, with its token."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(204)

    def client(**places: Any) -> Client:
        http = httpx.Client(transport=httpx.MockTransport(answer))
        return Client("https://demo.amocrm.ru", "token", http=http, **places)

    chat = {"channel_id": "c", "body": AmojoDisconnect(account_id="a")}
    for refused, call in {
        "drive_url": lambda: list_files.sync(client()),
        "hosts": lambda: disconnect_channel.sync(client(), **chat),
        "chat_secret": lambda: disconnect_channel.sync(
            client(hosts={"amojo": "https://amojo.amocrm.ru"}), **chat
        ),
    }.items():
        with pytest.raises(NotSentError, match=refused):
            call()
    assert sent == []

    list_files.sync(client(hosts={"drive": "https://drive-b.amocrm.ru"}))
    assert (sent[0].url.host, sent[0].headers["authorization"]) == ("drive-b.amocrm.ru", "Bearer token")


def test_chats_are_signed_instead_of_having_a_token(server: SandboxServer) -> None:
    """The sandbox checks the signature of the channel, which a plain client makes with its secret."""
    channel, account = server.sandbox.channel, server.sandbox.account["amojo_id"]
    body = AmojoConnect(account_id=account, hook_api_version="v2")

    def connected(secret: str) -> AmojoConnection:
        with Client(server.url, "t", hosts={"amojo": server.url}, chat_secret=secret) as client:
            return connect_channel.sync(client, channel_id=channel["channel_id"], body=body)

    assert connected(channel["secret"]).scope_id == f"{channel['channel_id']}_{account}"
    with pytest.raises(APIError, match="signature"):
        connected("0123")


def test_a_file_is_uploaded_from_any_iterable(server: SandboxServer) -> None:
    """Parts of a body may come from a list or a generator, in both flavours."""

    def session(name: str) -> dict[str, Any]:
        return {"body": DriveSessionCreate(file_name=name, file_size=4)}

    def token(opened: DriveSession) -> dict[str, Any]:
        return {"session_token": opened.upload_url.rpartition("/")[2], "content": iter([b"ab", b"cd"])}

    async def run() -> int | UnsetType:
        async with AsyncClient(server.url, server.sandbox.token, hosts={"drive": server.url}) as client:
            opened = await create_upload_session.asyncio(client, **session("a.txt"))
            return (await upload_file_part.asyncio(client, **token(opened))).size

    with Client(server.url, server.sandbox.token, hosts={"drive": server.url}) as client:
        opened = create_upload_session.sync(client, **session("s.txt"))
        assert upload_file_part.sync(client, **token(opened)).size == 4
    assert asyncio.run(run()) == 4


def test_a_client_without_await_refuses_an_asynchronous_body(server: SandboxServer) -> None:
    """It is said before anything is sent."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"abcd"

    with (
        AmoCRM("demo", token=server.sandbox.token, base_url=server.url) as crm,
        pytest.raises(ConfigurationError, match="nothing was sent"),
    ):
        crm.api.drive.upload_part(session_token="x", content=parts())
    assert [
        entry.operation for entry in server.sandbox.journal if entry.operation == "upload_file_part"
    ] == []


class Parts:
    """A receiver that remembers what it was given."""

    def __init__(self) -> None:
        self.content = b""

    def begin(self) -> None:
        """Forget what came before."""
        self.content = b""

    def write(self, part: bytes) -> None:
        """Take a part."""
        self.content += part


@pytest.mark.parametrize("fails", [False, True], ids=["success", "error"])
def test_an_answer_is_handed_on_in_parts(server: SandboxServer, fails: bool) -> None:
    """A receiver gets the bytes of a success in both flavours; an error is read as always."""
    made = server.sandbox.act("POST", "/api/v4/leads", [{"name": "A"}]).json()["_embedded"]["leads"][0]["id"]
    if fails:
        server.sandbox.faults.add(ErrorPage(418, html=False))
    given = [Parts(), Parts()]
    requests = [replace(get_lead.request(id=made), sink=one) for one in given]
    answers = in_both(
        server.url, server.sandbox.token, lambda c: c.send(requests[0]), lambda c: c.send(requests[1])
    )
    for parts, answer in zip(given, answers, strict=True):
        kept, other = (answer.content, parts.content) if fails else (parts.content, answer.content)
        assert other == b""
        assert json.loads(kept)["status" if fails else "name"] == (418 if fails else "A")
