"""Services beside the account: where they are found, and that no token leaves for anywhere else."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import httpx
import pytest

from amocrm import Lead
from amocrm._async._primitives import run_all
from amocrm._async.client import AsyncAmoCRM
from amocrm._async.limits.memory import AsyncMemoryLimiter
from amocrm._core.http.chat_signing import ChannelSecret, signed_headers
from amocrm._core.http.retry import NEVER
from amocrm._core.limits.limiter import RateLimits
from amocrm.errors import (
    ConfigurationError,
    ForbiddenError,
    NotFoundError,
    RedirectRefused,
    ResponseTooLarge,
    UnansweredError,
    ValidationError,
)
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.wire import Request
from amocrm_gen.models.amojo import AmojoConnect
from amocrm_sandbox import Drop, ErrorPage, Sandbox, SandboxServer

from .._support import ManualClock, in_process, mock

pytestmark = pytest.mark.anyio

SHARED = Request(op=Op(id="x", tag="x", method="GET", path="/x", safety="safe", host="shared"), path="/x")


def client(transport: Any, **options: Any) -> AsyncAmoCRM:
    """A client without limits whose waits take no time."""
    clock = ManualClock()
    limiter = AsyncMemoryLimiter(RateLimits(per_key=100_000, per_account=100_000), clock=clock)
    options.setdefault("token", "secret-token")
    return AsyncAmoCRM("demo", http_transport=transport, clock=clock, limiter=limiter, **options)


def of(sandbox: Sandbox, **options: Any) -> AsyncAmoCRM:
    """A client of a sandbox in process, where every host has its vendor's name."""
    return client(in_process(sandbox), token=sandbox.token, **options)


class Hosts:
    """Answers like an account that names ``drive_url``, and remembers who was asked with which token."""

    def __init__(self, drive_url: Any) -> None:
        self.drive_url = drive_url
        self.asked: list[tuple[str, str | None]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answers one request."""
        self.asked.append((request.url.host, request.headers.get("authorization")))
        if request.url.path == "/api/v4/account":
            assert str(request.url.query, "ascii") == "with=drive_url"
            return httpx.Response(200, json={"id": 1, "drive_url": self.drive_url})
        return httpx.Response(204)


async def test_the_account_says_where_its_files_are() -> None:
    """The account is asked once, by whoever comes first, and requests for files go where it says."""
    server = Hosts("https://drive-b.amocrm.ru")
    crm = client(mock(server))
    await run_all([lambda: crm.api.drive.list(limit=1)] * 5, limit=5)
    await crm.with_options(timeout=3).api.drive.list(limit=1)
    hosts = [host for host, _ in server.asked]
    assert hosts.count("demo.amocrm.ru") == 1
    assert hosts.count("drive-b.amocrm.ru") == 6
    assert {token for _, token in server.asked} == {"Bearer secret-token"}


@pytest.mark.parametrize(
    "address",
    [
        "https://drive-b.evil.example",
        "https://drive-b.amocrm.ru.evil.example",
        "http://drive-b.amocrm.ru",
        "https://other.amocrm.ru",
        "https://drive-b.amocrm.ru:8443",
        "https://drive.amocrm.ru@evil.example",
        "http://127.0.0.1:1",
        "https://[broken",
    ],
)
async def test_a_foreign_files_service_gets_nothing(address: str) -> None:
    """Whatever the account says, the token goes to the vendor's hosts only, and the error says why."""
    server = Hosts(address)
    crm = client(mock(server))
    with pytest.raises(RedirectRefused, match="no token"):
        await crm.api.drive.list(limit=1)
    assert {host for host, _ in server.asked} == {"demo.amocrm.ru"}


async def test_an_account_that_does_not_say() -> None:
    """Without an address the general one of the platform serves; a failed question is asked again."""
    server = Hosts(None)
    await client(mock(server)).api.drive.list(limit=1)
    assert server.asked[-1][0] == "drive.amocrm.ru"
    refused = mock(lambda request: httpx.Response(403 if "account" in request.url.path else 204, json={}))
    crm = client(refused)
    await crm.api.drive.list(limit=1)
    await crm.api.drive.list(limit=1)
    assert crm.stats.requests == 4


async def test_the_shared_host_is_the_one_that_the_token_names() -> None:
    """``api_domain`` of the token is used if it is the vendor's, and refused otherwise."""
    sandbox = Sandbox(limits=False)
    server = Hosts(None)
    await client(mock(server), token=sandbox.token).send(SHARED)
    await client(mock(server)).send(SHARED)
    assert [host for host, _ in server.asked] == ["api-a.amocrm.ru", "demo.amocrm.ru"]
    head, _, tail = sandbox.token.split(".")
    import base64

    forged = base64.urlsafe_b64encode(json.dumps({"api_domain": "api.evil.example"}).encode()).decode()
    crm = client(mock(server), token=f"{head}.{forged.rstrip('=')}.{tail}")
    with pytest.raises(ConfigurationError, match="no token"):
        await crm.send(SHARED)
    assert len(server.asked) == 2


# ---- files


@pytest.mark.parametrize("size", [0, 1, 512 * 1024, 512 * 1024 + 1, 1_300_000])
async def test_a_file_from_the_disk(tmp_path: Path, size: int) -> None:
    """A file of any size arrives byte by byte, in as few parts as the service allows."""
    sandbox = Sandbox(limits=False)
    crm = of(sandbox)
    path = tmp_path / "Договор.pdf"
    content = bytes(range(256)) * (size // 256) + bytes(size % 256)
    path.write_bytes(content)
    told: list[tuple[int, int]] = []
    file = await crm.files.upload(path, progress=lambda sent, whole: told.append((sent, whole)))
    assert (file.size, file.name) == (size, "Договор")
    assert told[-1] == (size, size)
    assert len(told) == max(1, -(-size // (512 * 1024)))
    assert await crm.files.download(file) == content


async def test_an_upload_holds_one_part_in_memory(tmp_path: Path) -> None:
    """However large the file, what is held of it is a part or two; it is never read as a whole."""
    part, parts = 512 * 1024, 48
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(part * parts)
    seen: list[int] = []
    address = "https://drive-b.amocrm.ru/v1.0/sessions/upload/1"

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v4/account":
            return httpx.Response(200, json={"id": 1, "drive_url": "https://drive-b.amocrm.ru"})
        if request.url.path == "/v1.0/sessions":
            seen.clear()
            return httpx.Response(200, json={"session_id": 1, "max_part_size": part, "upload_url": address})
        seen.append(len(request.content))
        if len(request.content) == part and len(seen) < parts:
            return httpx.Response(200, json={"next_url": address, "session_id": 1})
        return httpx.Response(200, json={"uuid": "u-1"})

    crm = client(mock(answer))
    await crm.files.upload(b"imports what an upload needs", name="first.txt")
    tracemalloc.start()
    try:
        await crm.files.upload(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == [part] * parts
    assert peak < 6 * part


async def test_other_sources_of_bytes(tmp_path: Path) -> None:
    """Bytes and open files are uploaded as well, from where the file stands; a name is needed."""
    crm = of(Sandbox(limits=False))
    first = await crm.files.upload(b"hello", name="a.txt")
    assert await crm.files.download(first.uuid) == b"hello"
    path = tmp_path / "b.txt"
    path.write_bytes(b"skipped, then kept")
    with path.open("rb") as opened:
        opened.seek(14)
        second = await crm.files.upload(opened)
    assert (await crm.files.download(second), second.name) == (b"kept", "b")
    with pytest.raises(ValueError, match="name"):
        await crm.files.upload(b"hello")


async def test_a_part_that_gets_lost_is_sent_again() -> None:
    """A connection that breaks in the middle costs one part and not the upload."""
    sandbox = Sandbox(limits=False)
    sandbox.faults.add(Drop(), operation="upload_file_part", nth=2)
    sandbox.faults.add(Drop(after_commit=True), operation="upload_file_part", nth=4)
    crm = of(sandbox)
    content = bytes(1_700_000)
    file = await crm.files.upload(content, name="a.bin")
    assert await crm.files.download(file) == content


async def test_a_last_part_without_an_answer_is_unknown() -> None:
    """The session is over and the file may be there: no success, no denial, no second file."""
    sandbox = Sandbox(limits=False)
    sandbox.faults.add(Drop(after_commit=True), operation="upload_file_part")
    crm = of(sandbox)
    with pytest.raises(UnansweredError):
        await crm.files.upload(b"hello", name="a.txt")
    sandbox.faults.clear()
    assert [file.name async for file in crm.files.find(name="a")] == ["a"]


async def test_a_last_part_that_was_sent_twice() -> None:
    """A lost answer and then "no such session" means that nobody knows, not that it failed."""
    sandbox = Sandbox(limits=False)
    sandbox.faults.add(Drop(after_commit=True), operation="upload_file_part", next=1)
    with pytest.raises(UnansweredError, match="find"):
        await of(sandbox).files.upload(b"hello", name="a.txt")


async def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """The service's own bound is believed; nothing but the question is sent."""
    sandbox = Sandbox(limits=False)
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(301 * 2**20)
    with pytest.raises((ValueError, ValidationError)):
        await of(sandbox).files.upload(path)
    assert not [entry for entry in sandbox.journal if entry.operation == "upload_file_part"]


async def test_a_download_is_bounded() -> None:
    """A file larger than the client's bound is cut off with an error and not taken into memory."""
    crm = of(Sandbox(limits=False), max_response_bytes=100_000)
    file = await crm.files.upload(bytes(200_000), name="a.bin")
    with pytest.raises(ResponseTooLarge, match="max_response_bytes"):
        await crm.files.download(file)


async def test_the_life_of_a_file() -> None:
    """Rename, new version, bin and back; a file that is gone is not found."""
    crm = of(Sandbox(limits=False))
    file = await crm.files.upload(b"one", name="a.txt")
    assert (await crm.files.rename(file.uuid, "b")).name == "b"
    newer = await crm.files.upload(b"two", name="a.txt", replaces=file.uuid)
    assert newer.uuid == file.uuid
    assert await crm.files.download(file.uuid) == b"two"
    assert len(await crm.files.versions(file.uuid)) == 2
    await crm.files.delete(file.uuid)
    assert [found.uuid async for found in crm.files.find()] == []
    await crm.files.restore(file.uuid)
    assert (await crm.files.get(file.uuid)).uuid == file.uuid
    with pytest.raises(NotFoundError):
        await crm.files.get("00000000-0000-4000-8000-000000000000")


async def test_files_on_an_entity() -> None:
    """Attached, listed over pages with the newest first, detached."""
    sandbox = Sandbox(limits=False)
    crm = of(sandbox)
    async with crm.session() as session:
        lead = session.add(Lead(name="Заказ"))
    files = [await crm.files.upload(b"x", name=f"{n}.txt") for n in range(3)]
    await crm.files.attach(lead, *files[:2], files[2].uuid)
    assert set(await crm.files.of(lead)) == {file.uuid for file in files}
    await crm.files.detach(lead, files[0])
    assert set(await crm.files.of(lead)) == {file.uuid for file in files[1:]}
    other = await crm.get(Lead, lead.id)
    assert len(await crm.files.of(other)) == 2


async def test_files_over_real_sockets(amocrm_sandbox_server: SandboxServer, tmp_path: Path) -> None:
    """With a local server in the account's place its files are there too, and nowhere else."""
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(600_000))
    token = amocrm_sandbox_server.sandbox.token
    async with AsyncAmoCRM(
        "demo", token=token, base_url=amocrm_sandbox_server.url, clock=ManualClock()
    ) as crm:
        file = await crm.files.upload(path)
        assert await crm.files.download(file) == bytes(600_000)


async def test_the_address_of_an_upload_is_not_told() -> None:
    """The address of a part is a credential: hooks see its pattern."""
    seen: list[Any] = []
    crm = of(Sandbox(limits=False), event_hooks=[seen.append])
    await crm.files.upload(b"hello", name="a.txt")
    paths = [event.path for event in seen if type(event).__name__ == "RequestSent"]
    assert paths[-1] == "/v1.0/sessions/upload/{session_token}"
    assert "eyJ" not in repr(seen)


# ---- chats

CHANNEL = ChannelSecret("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "0123456789abcdef0123456789abcdef01234567")


async def test_requests_to_chats_are_signed_and_carry_no_token() -> None:
    """Each attempt is signed anew over exactly what is sent; the bearer token stays at home."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(502 if len(seen) == 1 else 204, json={})

    crm = client(mock(answer), chats=CHANNEL, retry=None)
    await crm.api.amojo.history(scope_id=CHANNEL.scope_id("1111"), conversation_id="c 1", limit=5)
    assert len(seen) == 2
    for request in seen:
        assert request.url.host == "amojo.amocrm.ru"
        assert "authorization" not in request.headers
        assert request.headers["content-type"] == "application/json"
    path = seen[1].url.raw_path.decode().partition("?")[0]
    assert "c%201" in path
    now = crm._sender.clock.wall()
    wanted = dict(signed_headers(CHANNEL, "GET", path, b"", now))
    assert seen[1].headers["x-signature"] == wanted[b"x-signature"].decode()


async def test_chats_of_the_sandbox() -> None:
    """A server that checks every signature connects the channel, and refuses another secret."""
    sandbox = Sandbox(limits=False)
    known = sandbox.channel
    clock = ManualClock(float(sandbox.clock.now()))
    channel = ChannelSecret(known["channel_id"], known["secret"])
    crm = AsyncAmoCRM("demo", token="t", chats=channel, http_transport=in_process(sandbox), clock=clock)
    body = AmojoConnect(account_id=sandbox.account["amojo_id"], hook_api_version="v2")
    made = await crm.api.amojo.connect(channel_id=channel.channel_id, body=body)
    assert made.scope_id == channel.scope_id(sandbox.account["amojo_id"])
    wrong = ChannelSecret(channel.channel_id, "0" * 40)
    other = AsyncAmoCRM("demo", token="t", chats=wrong, http_transport=in_process(sandbox), clock=clock)
    with pytest.raises(ForbiddenError, match="channel secret is wrong") as caught:
        await other.api.amojo.connect(channel_id=channel.channel_id, body=body)
    assert caught.value.code == "ORIGIN_INVALID_SIGNATURE"


async def test_chats_need_the_secret_of_a_channel() -> None:
    """Without one the request is not sent, and the error says what to write."""
    crm = client(mock(lambda request: httpx.Response(200, json={})))
    with pytest.raises(ConfigurationError, match="chats=ChannelSecret"):
        await crm.api.amojo.typing(scope_id="s", body={"conversation_id": "c", "sender": {"id": "u"}})
    assert crm.stats.requests == 0


async def test_a_block_of_files_is_no_block_of_the_account() -> None:
    """Files are counted for themselves: a page with 403 from their host stops nothing else."""
    sandbox = Sandbox(limits=False)
    crm = of(sandbox, retry=NEVER)
    await crm.files.upload(b"x", name="a.txt")
    sandbox.faults.add(ErrorPage(403), path="/v1.0/")
    with pytest.raises(PermissionError):
        await crm.files.get("x")
    assert (await crm.account()).id == sandbox.account["id"]
