from __future__ import annotations

from typing import Any

import pytest

from ..conftest import NOW, Checked


@pytest.fixture
def shop(sandbox: Checked) -> Checked:
    """An account with customers in segments."""
    sandbox.patch("/api/v4/customers/mode", {"mode": "segments", "is_enabled": True})
    return sandbox


def test_customers_are_off_in_a_new_account(sandbox: Checked) -> None:
    """Until the function is on, customers cannot be written, and what hangs on them says so in its own way."""
    assert sandbox.read("/api/v4/account")["customers_mode"] == "disabled"
    assert sandbox.post("/api/v4/customers", [{"name": "A"}]).status == 403
    assert sandbox.get("/api/v4/customers").status == 204
    for path in ("segments", "segments/custom_fields", "custom_fields", "statuses"):
        answer = sandbox.get(f"/api/v4/customers/{path}")
        assert (answer.status, answer.json()["detail"]) == (422, "Customers disabled")
    assert sandbox.get("/api/v4/customers/transactions").json()["detail"] == "Transactions not found"


def test_the_mode_is_echoed_and_shown_by_the_account(sandbox: Checked) -> None:
    """Both keys come back; switching off is a mode as well; a tariff without customers answers 402."""
    on = {"mode": "periodicity", "is_enabled": True}
    assert sandbox.patch("/api/v4/customers/mode", on).json() == on
    assert sandbox.read("/api/v4/account")["customers_mode"] == "periodicity"
    sandbox.patch("/api/v4/customers/mode", {**on, "is_enabled": False})
    assert sandbox.read("/api/v4/account")["customers_mode"] == "disabled"
    sandbox.set_option("customers_mode", "unavailable")
    assert sandbox.patch("/api/v4/customers/mode", on).status == 402


def test_a_customer_needs_a_date_in_the_mode_of_recurring_purchases(shop: Checked) -> None:
    """`next_date` is required in one mode and optional in the other."""
    shop.make("customers", {"name": "A"})
    shop.set_option("customers_mode", "periodicity")
    assert shop.refused("POST", "/api/v4/customers", [{"name": "B"}]) == [("0", "FieldMissing", "next_date")]
    shop.make("customers", {"name": "B", "next_date": NOW})


def test_segments_are_given_at_birth_only(shop: Checked) -> None:
    """A creation embeds segments, always shown by id only; an update was seen to change nothing."""
    first, second = (
        shop.post("/api/v4/customers/segments", {"name": name}).json()["id"] for name in ("VIP", "New")
    )
    (id,) = shop.make("customers", {"name": "A", "_embedded": {"segments": [{"id": first}]}})
    shop.patch(f"/api/v4/customers/{id}", {"_embedded": {"segments": [{"id": second}]}})
    embedded = shop.read(f"/api/v4/customers/{id}")["_embedded"]
    assert [(segment["id"], set(segment)) for segment in embedded["segments"]] == [(first, {"id", "_links"})]
    assert "contacts" not in embedded
    assert shop.read(f"/api/v4/customers/segments/{first}")["customers_count"] == 1
    assert shop.refused(
        "POST", "/api/v4/customers", [{"name": "A", "_embedded": {"segments": [{"id": 5}]}}]
    ) == [("0", "NotSupportedChoice", "_embedded.segments.0.id")]


def test_customers_link_to_contacts_and_show_the_group_on_demand(shop: Checked) -> None:
    """`with` adds contacts with their main mark, companies and the group."""
    (customer,) = shop.make("customers", {"name": "A"})
    (contact,) = shop.make("contacts", {})
    (company,) = shop.make("companies", {})
    targets = [("contacts", contact), ("companies", company)]
    shop.post(
        f"/api/v4/customers/{customer}/link",
        [{"to_entity_type": kind, "to_entity_id": id} for kind, id in targets],
    )
    shown = shop.read(f"/api/v4/customers/{customer}?with=contacts,companies,group_id")
    assert [(one["id"], one["is_main"]) for one in shown["_embedded"]["contacts"]] == [(contact, True)]
    assert [one["id"] for one in shown["_embedded"]["companies"]] == [company]
    assert shown["group_id"] == 0
    assert "group_id" not in shop.read(f"/api/v4/customers/{customer}")
    (linked,) = shop.read(f"/api/v4/contacts/{contact}?with=customers")["_embedded"]["customers"]
    assert linked["id"] == customer


def test_an_unknown_customer_is_a_validation_error(shop: Checked) -> None:
    """No 404 is documented for the update of one customer; reading one is 204."""
    assert shop.refused("PATCH", "/api/v4/customers/5", {"name": "A"}) == [(None, "EntityNotFound", "id")]
    assert shop.get("/api/v4/customers/5").status == 204


def test_bonus_points_take_exactly_one_key_and_answer_the_balance(shop: Checked) -> None:
    """Points are earned and redeemed, never both at once and never below nothing."""
    (id,) = shop.make("customers", {"name": "A"})
    path = f"/api/v4/customers/{id}/bonus_points"
    assert shop.post(path, {"earn": 50}).json() == {"bonus_points": 50}
    assert shop.post(path, {"redeem": 20}).json() == {"bonus_points": 30}
    for body in ({}, {"earn": 1, "redeem": 1}, {"redeem": 31}, {"earn": -1}):
        assert shop.post(path, body).status == 400


def test_purchases_move_the_sums_and_expectations(shop: Checked) -> None:
    """Sum, count and average follow the purchases, also when one is deleted."""
    (id,) = shop.make("customers", {"name": "A"})
    path = f"customers/{id}/transactions"
    first, _ = shop.make(
        path, {"price": 100, "comment": "x"}, {"price": 201, "next_price": 300, "next_date": NOW}
    )
    shown = shop.read(f"/api/v4/customers/{id}")
    assert (shown["ltv"], shown["purchases_count"], shown["average_check"]) == (301, 2, 150)
    assert (shown["next_price"], shown["next_date"]) == (300, NOW)
    assert shop.call("DELETE", f"/api/v4/customers/transactions/{first}").status == 204
    assert shop.read(f"/api/v4/customers/{id}")["ltv"] == 201
    kinds = [
        event["type"] for event in shop.read("/api/v4/events?filter[entity]=customer")["_embedded"]["events"]
    ]
    assert kinds.count("transaction_added") == 2
    assert kinds.count("ltv_field_changed") == 2


def test_purchases_show_their_customer_and_what_was_bought(shop: Checked) -> None:
    """A purchase embeds one customer as an object, and elements only when there are any."""
    (id,) = shop.make("customers", {"name": "A"})
    (catalog,) = shop.make("catalogs", {"name": "C"})
    (element,) = shop.make(f"catalogs/{catalog}/elements", {"name": "E"})
    bought: dict[str, Any] = {"id": element, "metadata": {"catalog_id": catalog, "quantity": 3}}
    plain, full = shop.make(
        f"customers/{id}/transactions",
        {"price": 1},
        {"price": 1, "_embedded": {"catalog_elements": [bought]}},
    )
    assert "catalog_elements" not in shop.read(f"/api/v4/customers/transactions/{plain}")["_embedded"]
    embedded = shop.read(f"/api/v4/customers/{id}/transactions/{full}")["_embedded"]
    assert embedded["customer"]["id"] == id
    assert embedded["catalog_elements"] == [bought]
    assert shop.get("/api/v4/customers/transactions/5").status == 204
    bad = {**bought, "metadata": {"catalog_id": 5}}
    errors = shop.refused(
        "POST",
        f"/api/v4/customers/{id}/transactions",
        [{"price": 1, "_embedded": {"catalog_elements": [bad]}}],
    )
    assert errors == [("0", "NotSupportedChoice", "_embedded.catalog_elements.0.id")]


def test_stages_belong_to_the_mode_of_recurring_purchases(shop: Checked) -> None:
    """Stages are made, changed and deleted; system ones stay; customers of a deleted one go back."""
    shop.set_option("customers_mode", "periodicity")
    system = shop.read("/api/v4/customers/statuses")["_embedded"]["statuses"]
    (id,) = shop.make("customers/statuses", {"name": "S", "sort": 50, "color": "#fffeb2"})
    (customer,) = shop.make("customers", {"name": "A", "next_date": NOW, "status_id": id})
    assert shop.patch(f"/api/v4/customers/statuses/{id}", {"sort": 70}).json()["sort"] == 70
    assert shop.call("DELETE", f"/api/v4/customers/statuses/{system[0]['id']}").status == 400
    assert shop.call("DELETE", f"/api/v4/customers/statuses/{id}").status == 204
    expected = [status["id"] for status in system if status["type"] == 1]
    assert shop.read(f"/api/v4/customers/{customer}")["status_id"] in expected
    assert shop.refused("POST", "/api/v4/customers/statuses", [{"name": "S", "sort": 1, "color": "red"}]) == [
        ("0", "NotSupportedChoice", "color")
    ]
    thirty = [{"name": "S", "sort": 1} for _ in range(30)]
    assert shop.post("/api/v4/customers/statuses", thirty).status == 422


def test_a_segment_has_fields_of_its_own_and_empty_lists(shop: Checked) -> None:
    """A new segment has lists where others have null; its values are echoed with names and types."""
    field = shop.post("/api/v4/customers/segments/custom_fields", [{"type": "text", "name": "Level"}]).json()
    (definition,) = field["_embedded"]["custom_fields"]
    assert definition["entity_type"] == "segments"
    plain = shop.post("/api/v4/customers/segments", {"name": "New"}).json()
    assert (plain["color"], plain["custom_fields_values"], plain["available_products_price_types"]) == (
        "10599d",
        [],
        [],
    )
    values = [{"field_id": definition["id"], "values": [{"value": "Gold"}]}]
    made = shop.post("/api/v4/customers/segments", {"name": "VIP", "custom_fields_values": values}).json()
    assert made["custom_fields_values"][0]["field_name"] == "Level"
    assert shop.post("/api/v4/customers/segments", {"name": "X", "color": "#10599d"}).status == 400
    assert shop.patch(f"/api/v4/customers/segments/{made['id']}", {}).status == 400
    assert shop.call("DELETE", f"/api/v4/customers/segments/{made['id']}").status == 204
    assert shop.get(f"/api/v4/customers/segments/{made['id']}").status == 404
