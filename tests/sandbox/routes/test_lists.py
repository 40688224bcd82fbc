from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from amocrm_sandbox import ManualClock, Sandbox

from ..conftest import NOW, Checked


def ids(page: Any, kind: str = "leads") -> list[int]:
    """Return the ids of a page."""
    return [item["id"] for item in page["_embedded"][kind]]


def follow(sandbox: Checked, href: str) -> Any:
    """GET the path and query of a link."""
    parts = urlsplit(href)
    return sandbox.read(f"{parts.path}?{parts.query}")


def test_next_leads_through_the_whole_list_once(sandbox: Checked) -> None:
    """Following `next` visits every lead once, in the order of the ids, and the last page has no `next`."""
    made = sandbox.make("leads", *({} for _ in range(7)))
    page, seen = sandbox.read("/api/v4/leads?limit=3"), []
    while True:
        seen += ids(page)
        if "next" not in page["_links"]:
            break
        page = follow(sandbox, page["_links"]["next"]["href"])
    assert seen == made
    assert page["_page"] == 3


def test_links_keep_every_parameter_as_it_was_sent(sandbox: Checked) -> None:
    """Paging links repeat filter, with and order literally and only turn the page."""
    sandbox.make("leads", *({} for _ in range(5)))
    query = "filter[id][]=1&filter%5Bid%5D%5B%5D=2&with=contacts&order[id]=desc&limit=2"
    links = sandbox.read(f"/api/v4/leads?page=2&{query}")["_links"]
    kept = query.removesuffix("&limit=2")
    base = "https://demo.amocrm.ru/api/v4/leads?"
    assert links["next"]["href"] == f"{base}{kept}&page=3&limit=2"
    assert links["prev"]["href"] == links["first"]["href"] == f"{base}{kept}&page=1&limit=2"
    first = sandbox.read("/api/v4/leads?limit=2")["_links"]
    assert set(first) == {"self", "next"}


def test_links_can_name_a_shard(clock: ManualClock) -> None:
    """Hosts of links may be internal ones; a client must use their path and query only."""
    sandbox = Checked(clock=clock, limits=False, link_base="https://shard7.amocrm.ru")
    sandbox.make("leads", {}, {})
    page = sandbox.read("/api/v4/leads?limit=1")
    assert page["_links"]["next"]["href"] == "https://shard7.amocrm.ru/api/v4/leads?page=2&limit=1"


def test_the_default_page_holds_50(sandbox: Checked) -> None:
    """Without a limit a page holds 50 items."""
    sandbox.make("contacts", *({} for _ in range(51)))
    assert len(sandbox.read("/api/v4/contacts")["_embedded"]["contacts"]) == 50


def test_order_works_without_the_option_and_unknown_orders_are_ignored(sandbox: Checked) -> None:
    """Leads can be ordered by created_at, updated_at and id in both directions; other keys leave the order alone."""
    made = sandbox.make("leads", {"updated_at": NOW + 2}, {"updated_at": NOW + 9}, {"updated_at": NOW + 2})
    assert ids(sandbox.read("/api/v4/leads?order[updated_at]=desc")) == [made[1], made[2], made[0]]
    assert ids(sandbox.read("/api/v4/leads?order[updated_at]=asc")) == [made[0], made[2], made[1]]
    assert ids(sandbox.read("/api/v4/leads?order[price]=desc")) == made
    contacts = sandbox.make("contacts", {"created_at": NOW + 9}, {"created_at": NOW})
    assert ids(sandbox.read("/api/v4/contacts?order[created_at]=asc"), "contacts") == contacts


def test_filters_of_the_main_lists_are_ignored_without_the_option(sandbox: Checked) -> None:
    """An account without the paid option answers the unfiltered list, silently."""
    made = sandbox.make("leads", {"name": "A"}, {"name": "B"})
    assert ids(sandbox.read(f"/api/v4/leads?filter[id][]={made[0]}")) == made
    assert sandbox.read("/api/v4/account?with=is_api_filter_enabled")["is_api_filter_enabled"] is False
    sandbox.set_option("is_api_filter_enabled", True)
    assert ids(sandbox.read(f"/api/v4/leads?filter[id][]={made[0]}")) == made[:1]
    assert sandbox.read("/api/v4/account?with=is_api_filter_enabled")["is_api_filter_enabled"] is True


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filter[name]=B", [1]),
        ("filter[name][]=A&filter[name][]=C", [0, 2]),
        ("filter[price][from]=10&filter[price][to]=20", [0, 1]),
        ("filter[price][from]=11", [1, 2]),
        ("filter[created_at][to]=1500000001", [0, 1]),
        ("filter[closed_at][from]=1", [2]),
        ("filter[statuses][0][pipeline_id]=5100001&filter[statuses][0][status_id]=142", [2]),
        (
            "filter[statuses][0][pipeline_id]=5100001&filter[statuses][0][status_id]=142"
            "&filter[statuses][1][pipeline_id]=5100001&filter[statuses][1][status_id]=51000002",
            [0, 1, 2],
        ),
        ("filter[pipeline_id][]=5100001&filter[price][from]=20&filter[price][to]=20", [1]),
        ("filter[responsible_user_id][0]=5", []),
    ],
)
def test_filters_of_leads_with_the_option(query: str, expected: list[int]) -> None:
    """Single, several, range and stage filters select what they say when the option is on."""
    sandbox = Checked(limits=False, api_filter=True)
    made = sandbox.make(
        "leads",
        {"name": "A", "price": 10, "created_at": 1_500_000_000},
        {"name": "B", "price": 20, "created_at": 1_500_000_001},
        {"name": "C", "price": 30, "status_id": 142},
    )
    answer = sandbox.get(f"/api/v4/leads?{query}")
    found = ids(answer.json()) if answer.status == 200 else []
    assert found == [made[index] for index in expected]


def test_filters_by_custom_field_values(clock: ManualClock) -> None:
    """Text, option id, number range and checkbox are filtered as the table of the facts says."""
    sandbox = Checked(limits=False, api_filter=True, clock=clock)
    fields = sandbox.post(
        "/api/v4/leads/custom_fields",
        [
            {"name": "T", "type": "text"},
            {"name": "S", "type": "select", "enums": [{"value": "a", "sort": 1}, {"value": "b", "sort": 2}]},
            {"name": "N", "type": "numeric"},
            {"name": "C", "type": "checkbox"},
        ],
    ).json()["_embedded"]["custom_fields"]
    text, select, number, box = (field["id"] for field in fields)
    option = fields[1]["enums"][1]["id"]

    def lead(*values: Any) -> dict[str, Any]:
        return {"custom_fields_values": [{"field_id": id, "values": [value]} for id, value in values]}

    made = sandbox.make(
        "leads",
        lead(
            (text, {"value": "Казань"}),
            (select, {"value": "a"}),
            (number, {"value": "9"}),
            (box, {"value": True}),
        ),
        lead(
            (text, {"value": "17"}),
            (select, {"value": "b"}),
            (number, {"value": "10.5"}),
            (box, {"value": False}),
        ),
    )
    prefix = "/api/v4/leads?filter[custom_fields_values]"
    assert ids(sandbox.read(f"{prefix}[{text}][]=Казань")) == made[:1]
    assert ids(sandbox.read(f"{prefix}[{text}][]=17")) == made[1:]
    assert ids(sandbox.read(f"{prefix}[{select}][]={option}")) == made[1:]
    assert ids(sandbox.read(f"{prefix}[{number}][from]=9.5")) == made[1:]
    assert ids(sandbox.read(f"{prefix}[{box}]=1")) == made[:1]
    sandbox.patch(f"/api/v4/leads/{made[0]}", lead((text, {"value": "Москва"})))
    assert sandbox.get(f"{prefix}[{text}][]=Казань").status == 204


def test_query_searches_names_and_fields_without_the_option(sandbox: Checked) -> None:
    """`query` is a full-text search over name and filled fields; letters of either case, Russian ones too, match."""
    phone = {"field_code": "PHONE", "values": [{"value": "+7 900 111", "enum_code": "MOB"}]}
    made = sandbox.make(
        "contacts", {"name": "Анна Орлова", "custom_fields_values": [phone]}, {"name": "Пётр"}
    )
    assert ids(sandbox.read("/api/v4/contacts?query=ОРЛОВА"), "contacts") == made[:1]
    assert ids(sandbox.read("/api/v4/contacts?query=900%20111"), "contacts") == made[:1]
    assert sandbox.get("/api/v4/contacts?query=nobody").status == 204


def test_unpaged_lists_have_totals_and_paged_ones_have_none(sandbox: Checked) -> None:
    """Envelopes differ: pipelines carry `_total_items`, leads only `_page`, users and fields both and a page count."""
    sandbox.make("leads", {})
    assert set(sandbox.read("/api/v4/leads/pipelines")) == {"_total_items", "_links", "_embedded"}
    assert set(sandbox.read("/api/v4/leads")) == {"_page", "_links", "_embedded"}
    counted = {"_total_items", "_page", "_page_count", "_links", "_embedded"}
    assert set(sandbox.read("/api/v4/users")) == counted
    fields = sandbox.read("/api/v4/leads/custom_fields?limit=2")
    assert set(fields) == counted
    assert set(fields["_links"]) == {"self", "next", "last"}


def test_a_hundred_thousand_would_be_read_by_index(clock: ManualClock) -> None:
    """Every order of leads is answered from an index, so that many leads stay quick."""
    sandbox = Sandbox(clock=clock)
    for column in ("id", "created_at", "updated_at"):
        sql = f"EXPLAIN QUERY PLAN SELECT id FROM leads WHERE is_deleted=? ORDER BY {column} DESC, id DESC LIMIT 5"
        plan = " ".join(str(row) for row in sandbox.store.rows(sql, (0,)))
        assert f"leads_{column}" in plan
        assert "TEMP B-TREE" not in plan
