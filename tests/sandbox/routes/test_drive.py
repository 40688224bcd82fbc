from __future__ import annotations

import httpx
import pytest

from amocrm_sandbox import Request, SandboxServer
from amocrm_sandbox.domain.files import preset

from ..conftest import NOW, Checked


def path_of(url: str) -> str:
    return url.partition(".amocrm.ru")[2]


def listed(sandbox: Checked, query: str = "") -> list[str]:
    answer = sandbox.get(f"/v1.0/files?{query}")
    return [file["name"] for file in answer.json()["_embedded"]["files"]] if answer.status == 200 else []


def test_a_file_goes_up_in_parts_one_after_the_other(sandbox: Checked) -> None:
    """Each answer names the next address, the last one has the file; the parts make up the content."""
    size = 600_000
    opened = sandbox.post("/v1.0/sessions", {"file_name": "a.bin", "file_size": size}).json()
    most = opened["max_part_size"]
    first = sandbox.post(path_of(opened["upload_url"]), b"a" * most).json()
    assert set(first) == {"session_id", "next_url"}
    file = sandbox.post(path_of(first["next_url"]), b"b" * (size - most)).json()
    assert (file["size"], file["session_id"]) == (size, opened["session_id"])
    content = sandbox.get(path_of(file["_links"]["download"]["href"])).body
    assert content == b"a" * most + b"b" * (size - most)


def test_a_part_whose_answer_was_lost_may_be_sent_again(sandbox: Checked) -> None:
    """The same bytes at the same address are not taken twice, other bytes are refused."""
    opened = sandbox.post("/v1.0/sessions", {"file_name": "a.bin", "file_size": 6}).json()
    path = path_of(opened["upload_url"])
    first = sandbox.post(path, b"abc").json()
    assert sandbox.post(path, b"abc").json() == first
    assert sandbox.post(path, b"xyz").status == 400
    assert sandbox.post(path_of(first["next_url"]), b"def").json()["size"] == 6


def test_an_upload_ends_with_its_announced_size(sandbox: Checked) -> None:
    """A finished, outdated or unknown session is 404; parts beyond the announced size are refused."""
    opened = sandbox.post("/v1.0/sessions", {"file_name": "a.bin", "file_size": 3}).json()
    path = path_of(opened["upload_url"])
    assert sandbox.post(path, b"abcd").status == 400
    assert sandbox.post(path, b"").status == 400
    assert sandbox.post(path, b"abc").status == 200
    assert sandbox.post(path, b"abc").status == 404
    late = sandbox.post("/v1.0/sessions", {"file_name": "a.bin", "file_size": 3}).json()
    sandbox.clock.advance(24 * 3600)
    assert sandbox.post(path_of(late["upload_url"]), b"abc").status == 404
    assert sandbox.post("/v1.0/sessions", {"file_name": "a.bin", "file_size": 2**30}).status == 400


def test_a_file_is_named_without_its_extension_and_in_ascii(sandbox: Checked) -> None:
    """Name, extension, kind and a Latin form of the name are told apart; pictures may have previews."""
    text = sandbox.upload(content_type="text/plain")
    assert (text["name"], text["sanitized_name"], text["type"]) == ("Отчёт 1", "Otchet_1", "document")
    assert text["metadata"] == {"extension": "txt", "mime_type": "text/plain"}
    picture = sandbox.upload("p.png", content_type="image/png", with_preview=True)
    assert picture["type"] == "image"
    assert sandbox.get(path_of(picture["previews"][0]["download_link"])).body == b"abc"


def test_a_new_version_becomes_the_active_one(sandbox: Checked) -> None:
    """Uploading with the uuid of a file adds a version; an old one can be made the active one again."""
    first = sandbox.upload()
    second = sandbox.upload("other.txt", b"abcd", file_uuid=first["uuid"])
    assert (second["uuid"], second["has_multiple_versions"], second["size"]) == (first["uuid"], True, 4)
    versions = sandbox.read(f"/v1.0/files/{first['uuid']}/versions")["_embedded"]["versions"]
    assert [(version["size"], version["is_main"]) for version in versions] == [(4, True), (3, False)]
    path = f"/v1.0/files/{first['uuid']}"
    assert sandbox.patch(path, {"version_uuid": first["version_uuid"]}).json()["size"] == 3
    assert sandbox.get(path_of(second["_links"]["download_version"]["href"])).body == b"abcd"
    assert sandbox.patch(path, {"version_uuid": "nothing"}).status == 400
    assert sandbox.patch(path, {"version_uuid": second["version_uuid"], "name": "x"}).status == 400
    assert sandbox.patch(path, {"name": "Новый"}).json()["name"] == "Новый"


def test_the_bin_holds_files_for_thirty_days(sandbox: Checked) -> None:
    """Deleted files are a list of their own, come back when they are restored, and vanish after a month."""
    uuid = sandbox.upload()["uuid"]
    assert sandbox.call("DELETE", "/v1.0/files", [{"uuid": uuid}, {"uuid": "nothing"}]).status == 204
    assert listed(sandbox) == []
    assert listed(sandbox, "filter[deleted]=1") == ["Отчёт 1"]
    assert sandbox.read(f"/v1.0/files/{uuid}")["is_trashed"] is True
    assert sandbox.read("/v1.0/files/stats")["used"] == 0
    assert sandbox.post("/v1.0/files/restore", [{"uuid": uuid}]).json()["_count"] == 1
    assert sandbox.post("/v1.0/files/restore", [{"uuid": uuid}]).status == 204
    sandbox.call("DELETE", "/v1.0/files", [{"uuid": uuid}])
    sandbox.clock.advance(30 * 24 * 3600)
    assert sandbox.get(f"/v1.0/files/{uuid}").status == 404
    assert sandbox.post("/v1.0/files/restore", [{"uuid": uuid}]).status == 204


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("filter[extensions][]=txt", ["a"]),
        ("filter[extensions][]=TXT&filter[extensions][]=png", ["a", "b"]),
        ("filter[name]=b", ["b"]),
        ("filter[term]=ЗАКАЗ", ["a"]),
        ("filter[term]=B", ["b"]),
        ("filter[size][from]=1&filter[size][unit]=4", ["b"]),
        ("filter[size][to]=3", ["a"]),
        ("filter[date][date_preset]=day", ["b"]),
        ("filter[date][date_preset]=yesterday", ["a"]),
        (f"filter[date][type]=created_at&filter[date][to]={NOW}", ["a"]),
        ("filter[created_by][]=700001", ["a", "b"]),
        ("filter[created_by][]=-1", []),
        ("filter[source_id]=5", []),
        ("limit=1&page=2", ["b"]),
    ],
)
def test_files_are_filtered_by_each_documented_key(sandbox: Checked, query: str, names: list[str]) -> None:
    """By extension, name, text of the file or of an entity, size in units, day and author."""
    first = sandbox.upload("a.txt", b"abc")
    (lead,) = sandbox.make("leads", {"name": "Заказ"})
    sandbox.call("PUT", f"/api/v4/leads/{lead}/files", [{"file_uuid": first["uuid"]}])
    sandbox.clock.advance(24 * 3600)
    sandbox.upload("b.png", b"abcd")
    assert listed(sandbox, query) == names
    both = sandbox.get(f"/v1.0/files?filter[uuid]={first['uuid']},nothing")
    assert both.json()["_count"] == 1


def test_files_of_an_entity_are_paged_by_a_cursor(sandbox: Checked) -> None:
    """Links are listed newest first; an unknown file is refused; the file tells its entities in old words."""
    (lead,) = sandbox.make("leads", {"name": "A", "price": 5})
    uuids = [sandbox.upload(f"{number}.txt")["uuid"] for number in range(3)]
    path = f"/api/v4/leads/{lead}/files"
    assert sandbox.get(path).status == 204
    assert sandbox.call("PUT", path, [{"file_uuid": uuid} for uuid in uuids]).status == 202
    page = sandbox.read(f"{path}?limit=2")
    assert [link["file_uuid"] for link in page["_embedded"]["files"]] == uuids[:0:-1]
    assert "/ajax/v4/" in page["_links"]["self"]["href"]
    last = page["_embedded"]["files"][-1]["id"]
    rest = sandbox.read(f"{path}?before_id={last}")["_embedded"]["files"]
    assert [link["file_uuid"] for link in rest] == uuids[:1]
    assert sandbox.refused("PUT", path, [{"file_uuid": "nothing"}]) == [
        ("0", "NotSupportedChoice", "file_uuid")
    ]
    (entity,) = sandbox.read(f"/api/v4/files/{uuids[0]}/links")["entities"]
    assert (entity["entity_type"], entity["main_user_id"], entity["price"]) == ("leads", sandbox.admin_id, 5)
    assert sandbox.call("DELETE", path, [{"file_uuid": uuid} for uuid in uuids]).status == 202
    assert sandbox.get(path).status == 204
    assert sandbox.call("PUT", "/api/v4/leads/5/files", [{"file_uuid": uuids[0]}]).status == 404


def test_the_file_service_stands_on_a_host_of_its_own(sandbox: Checked) -> None:
    """The account names it; neither host answers the paths of the other."""
    assert sandbox.read("/api/v4/account?with=drive_url")["drive_url"] == "https://drive-a.amocrm.ru"
    headers = {"authorization": f"Bearer {sandbox.token}"}
    assert sandbox.handle(Request("GET", "/v1.0/files", "demo.amocrm.ru", headers)).status == 404
    assert sandbox.handle(Request("GET", "/api/v4/account", "drive-a.amocrm.ru", headers)).status == 404


def test_scopes_of_the_integration_decide(sandbox: Checked) -> None:
    """Files need one scope and their deletion another."""
    uuid = sandbox.upload()["uuid"]
    plain = sandbox.tokens.create_integration(scopes=("crm", "files"))
    token = sandbox.tokens.issue_access(plain.client_id, sandbox.admin_id, 60)
    headers = {"authorization": f"Bearer {token}"}
    assert sandbox.call("GET", "/v1.0/files", headers=headers).status == 200
    assert sandbox.call("DELETE", "/v1.0/files", [{"uuid": uuid}], headers).status == 403


def test_a_server_serves_the_files_under_its_own_address(sandbox: Checked) -> None:
    """A client that takes `drive_url` from the account uploads to the same server and downloads from it."""
    headers = {"authorization": f"Bearer {sandbox.token}"}
    with SandboxServer(sandbox) as server, httpx.Client(headers=headers, trust_env=False) as client:
        drive = client.get(f"{server.url}/api/v4/account?with=drive_url").json()["drive_url"]
        assert drive == server.url
        opened = client.post(f"{drive}/v1.0/sessions", json={"file_name": "a.txt", "file_size": 3}).json()
        file = client.post(opened["upload_url"], content=b"abc").json()
        assert client.get(file["_links"]["download"]["href"]).content == b"abc"


def test_named_periods_follow_the_calendar_of_the_account() -> None:
    """Weeks begin on Monday, quarters in January, April, July and October, days at local midnight."""
    wednesday = 1_700_049_600  # 15 November 2023, noon UTC
    day = 86400
    assert preset("day", wednesday, "UTC") == (1_700_006_400, 1_700_006_400 + day - 1)
    assert preset("day", wednesday, "Europe/Moscow") == (1_700_006_400 - 10800, 1_700_006_400 + day - 10801)
    assert preset("week", wednesday, "UTC") == (1_699_833_600, 1_699_833_600 + 7 * day - 1)
    assert preset("quarter", wednesday, "UTC") == (1_696_118_400, 1_704_067_199)
    assert preset("next_quarter", wednesday, "UTC") == (1_704_067_200, 1_711_929_599)
    assert preset("year", wednesday, "UTC") == (1_672_531_200, 1_704_067_199)
    assert preset("nonsense", wednesday, "UTC") is None
