from __future__ import annotations

from typing import Any

import pytest

from ..conftest import Checked


def field_ids(sandbox: Checked, catalog: int) -> dict[str, int]:
    fields = sandbox.read(f"/api/v4/catalogs/{catalog}/custom_fields")["_embedded"]["custom_fields"]
    return {field["code"]: field["id"] for field in fields}


def test_a_list_is_made_read_and_changed(sandbox: Checked) -> None:
    """Answers to writes have a `request_id` and no widget code; the update of one has the id in its place."""
    answer = sandbox.post("/api/v4/catalogs", [{"name": "Tariffs", "request_id": "a"}]).json()
    (made,) = answer["_embedded"]["catalogs"]
    assert (made["type"], made["request_id"]) == ("regular", "a")
    assert "sdk_widget_code" not in made
    changed = sandbox.patch(f"/api/v4/catalogs/{made['id']}", {"name": "Plans"}).json()
    assert (changed["name"], changed["request_id"]) == ("Plans", str(made["id"]))
    assert sandbox.read(f"/api/v4/catalogs/{made['id']}")["sdk_widget_code"] is None
    assert sandbox.get("/api/v4/catalogs/5").status == 404


def test_there_are_ten_lists_at_most_and_one_of_invoices(sandbox: Checked) -> None:
    """A second list of invoices and an eleventh list are refused; `type` stands at the top of the query."""
    (invoices,) = sandbox.make("catalogs", {"name": "Счета", "type": "invoices"})
    assert sandbox.refused("POST", "/api/v4/catalogs", [{"name": "B", "type": "invoices"}]) == [
        ("0", "NotUnique", "type")
    ]
    (found,) = sandbox.read("/api/v4/catalogs?type=invoices")["_embedded"]["catalogs"]
    assert found["id"] == invoices
    assert sandbox.read("/api/v4/catalogs?type=suppliers")["_embedded"]["catalogs"]
    sandbox.make("catalogs", *({"name": "x"} for _ in range(8)))
    assert sandbox.post("/api/v4/catalogs", [{"name": "x"}]).status == 400
    settings = sandbox.read("/api/v4/account?with=invoices_settings")["invoices_settings"]
    assert settings["invoices_catalog_id"] == invoices


def test_elements_answer_whole_with_numbers_as_request_ids(sandbox: Checked) -> None:
    """A new element has its index as a number; a changed one has its own id, whatever was sent."""
    (catalog,) = sandbox.make("catalogs", {"name": "C"})
    path = f"/api/v4/catalogs/{catalog}/elements"
    made = sandbox.post(path, [{"name": "A"}, {"name": "B", "request_id": "b"}]).json()["_embedded"][
        "elements"
    ]
    assert [element["request_id"] for element in made] == [0, "b"]
    assert made[0]["is_deleted"] is False
    assert made[0]["custom_fields_values"] == []
    id = made[0]["id"]
    changed = sandbox.patch(path, [{"id": id, "name": "C", "request_id": "z"}]).json()["_embedded"][
        "elements"
    ]
    assert changed[0]["request_id"] == id
    shown = sandbox.read(f"{path}/{id}")
    assert (shown["name"], shown["is_deleted"], shown["custom_fields_values"]) == ("C", None, None)
    assert "invoice_link" not in shown
    assert sandbox.read(f"{path}/{id}?with=invoice_link")["invoice_link"] is None


def test_elements_are_not_deleted_in_v4_but_in_v2(sandbox: Checked) -> None:
    """`is_deleted` changes nothing; the old API deletes, and links go with the element."""
    (catalog,) = sandbox.make("catalogs", {"name": "C"})
    path = f"/api/v4/catalogs/{catalog}/elements"
    (id,) = sandbox.make(f"catalogs/{catalog}/elements", {"name": "A"})
    (lead,) = sandbox.make("leads", {})
    sandbox.post(f"{path}/{id}/link", [{"to_entity_id": lead, "to_entity_type": "leads"}])
    sandbox.patch(f"{path}/{id}", {"is_deleted": True})
    assert sandbox.read(f"{path}/{id}")["id"] == id
    deleted = sandbox.post("/api/v2/catalog_elements", {"delete": [id, 5]}).json()["_embedded"]
    assert [item["id"] for item in deleted["items"]] == [id]
    assert deleted["errors"][0]["code"] == 282
    assert sandbox.get(f"{path}/{id}").status == 204
    assert sandbox.read(f"/api/v4/leads/{lead}/links")["_embedded"]["links"] == []


def test_elements_are_searched_and_picked(sandbox: Checked) -> None:
    """The list finds by text in name and fields, and by ids in both places where clients put them."""
    (catalog,) = sandbox.make("catalogs", {"name": "C"})
    field = sandbox.post(
        f"/api/v4/catalogs/{catalog}/custom_fields", [{"type": "text", "name": "Код"}]
    ).json()
    value = {"field_id": field["_embedded"]["custom_fields"][0]["id"], "values": [{"value": "Ю-17"}]}
    path = f"catalogs/{catalog}/elements"
    first, second = sandbox.make(path, {"name": "Яблоко"}, {"name": "Груша", "custom_fields_values": [value]})

    def found(query: str) -> list[int]:
        answer = sandbox.get(f"/api/v4/{path}?{query}")
        return [one["id"] for one in answer.json()["_embedded"]["elements"]] if answer.status == 200 else []

    assert found("query=ябл") == [first]
    assert found("query=ю-17") == [second]
    assert found(f"filter[id][]={second}") == found(f"id[0]={second}") == [second]
    assert found("query=нет") == []


def test_an_element_knows_what_it_is_attached_to(sandbox: Checked) -> None:
    """Links made from either side are the same link."""
    (catalog,) = sandbox.make("catalogs", {"name": "C"})
    (id,) = sandbox.make(f"catalogs/{catalog}/elements", {"name": "A"})
    (lead,) = sandbox.make("leads", {})
    path, target = (
        f"/api/v4/catalogs/{catalog}/elements/{id}",
        {"to_entity_id": lead, "to_entity_type": "leads"},
    )
    sandbox.post(f"{path}/link", [{**target, "metadata": {"quantity": 2}}])
    (link,) = sandbox.read(f"/api/v4/leads/{lead}/links")["_embedded"]["links"]
    assert (link["to_entity_id"], link["metadata"]["quantity"]) == (id, 2)
    assert sandbox.read(f"{path}/links")["_total_items"] == 1
    assert (
        sandbox.read(f"{path}/links?filter[to_entity_id]=5&filter[to_entity_type]=leads")["_total_items"] == 0
    )
    assert sandbox.post(f"{path}/unlink", [target]).status == 204
    assert sandbox.read(f"{path}/links")["_total_items"] == 0
    assert sandbox.refused("POST", f"{path}/link", [{**target, "to_entity_id": 5}]) == [
        ("0", "NotSupportedChoice", "to_entity_id")
    ]


def test_an_invoice_needs_its_status_and_computes_its_positions(sandbox: Checked) -> None:
    """The status may be given by code; positions come back with numbers, totals and empty metadata as a list."""
    (catalog,) = sandbox.make("catalogs", {"name": "Счета", "type": "invoices"})
    path, ids = f"/api/v4/catalogs/{catalog}/elements", field_ids(sandbox, catalog)
    assert sandbox.refused("POST", path, [{"name": "1"}]) == [("0", "FieldMissing", "custom_fields_values")]
    position: dict[str, Any] = {"description": "Phone", "unit_price": 100, "quantity": 2}
    discount = {"type": "percentage", "value": 10}
    values = [
        {"field_id": ids["BILL_STATUS"], "values": [{"enum_code": "created"}]},
        {"field_id": ids["ITEMS"], "values": [{"value": {**position, "discount": discount}}]},
    ]
    made = sandbox.post(path, [{"name": "1", "custom_fields_values": values}]).json()["_embedded"][
        "elements"
    ][0]
    shown = {field["field_code"]: field["values"] for field in made["custom_fields_values"]}
    assert shown["BILL_STATUS"][0]["enum_code"] == "created"
    item = shown["ITEMS"][0]["value"]
    assert (item["unit_price"], item["quantity"], item["total_sum"], item["metadata"]) == (
        100.0,
        2.0,
        180.0,
        [],
    )
    assert made["invoice_link"].endswith(f"/invoice/{made['id']}")
    assert made["_embedded"] == {"warning": {"message": None}}
    assert sandbox.read("/api/v4/events?filter[type]=invoice_created")["_embedded"]["events"]


def test_a_supplier_is_filled_in_on_demand(sandbox: Checked) -> None:
    """An invoice refers to one of the account's own legal entities; a `with` value brings its details."""
    (catalog,) = sandbox.make("catalogs", {"name": "Счета", "type": "invoices"})
    suppliers = sandbox.read("/api/v4/catalogs?type=suppliers")["_embedded"]["catalogs"][0]["id"]
    own = {
        "field_id": field_ids(sandbox, suppliers)["SUPPLIER_VAT_ID"],
        "values": [{"value": "770000000001"}],
    }
    (supplier,) = sandbox.make(
        f"catalogs/{suppliers}/elements", {"name": "ООО", "custom_fields_values": [own]}
    )
    ids = field_ids(sandbox, catalog)
    values = [
        {"field_id": ids["BILL_STATUS"], "values": [{"enum_code": "paid"}]},
        {"field_id": ids["SUPPLIER"], "values": [{"value": {"entity_id": supplier}}]},
    ]
    (id,) = sandbox.make(f"catalogs/{catalog}/elements", {"name": "1", "custom_fields_values": values})

    def shown(query: str) -> dict[str, Any]:
        fields = sandbox.read(f"/api/v4/catalogs/{catalog}/elements/{id}{query}")["custom_fields_values"]
        return next(field["values"][0]["value"] for field in fields if field["field_code"] == "SUPPLIER")

    assert shown("") == {"entity_id": supplier}
    full = shown("?with=supplier_field_values")
    assert (full["name"], full["vat_id"], full["kpp"]) == ("ООО", "770000000001", None)


def test_products_are_a_list_that_appears_when_they_are_switched_on(sandbox: Checked) -> None:
    """v4 and v2 tell of one switch; the list has fields that cannot be deleted."""
    assert sandbox.read("/api/v4/catalogs/products/settings")["is_enabled"] is False
    made = sandbox.post("/api/v2/products_settings", {"enable": True}).json()
    assert made["_links"]["self"] == {"href": "/api/v2/products_settings", "method": "post"}
    assert sandbox.read("/api/v4/catalogs/products/settings")["catalog_id"] == made["catalog_id"]
    ids = field_ids(sandbox, made["catalog_id"])
    assert set(ids) == {"SKU", "DESCRIPTION", "PRICE", "GROUP", "EXTERNAL_ID"}
    assert (
        sandbox.call("DELETE", f"/api/v4/catalogs/{made['catalog_id']}/custom_fields/{ids['SKU']}").status
        == 400
    )
    groups = sandbox.read("/api/v4/leads/custom_fields/groups")["_embedded"]["custom_field_groups"]
    assert {"id": str(made["catalog_id"]), "type": "linked_group"}.items() <= groups[-1].items()
    sandbox.patch("/api/v4/catalogs/products/settings", {"is_enabled": False})
    assert sandbox.read("/api/v2/products_settings")["is_enabled"] is False


def test_a_category_is_a_tree_that_is_made_in_one_call(sandbox: Checked) -> None:
    """A child names a parent of the same request; nodes that are not sent again are gone."""
    (catalog,) = sandbox.make("catalogs", {"name": "C"})
    path = f"/api/v4/catalogs/{catalog}/custom_fields"
    nodes = [
        {"value": "Phones", "sort": 1, "request_id": "a"},
        {"value": "New", "sort": 2, "parent_request_id": "a"},
    ]
    made = sandbox.post(path, [{"type": "category", "name": "G", "nested": nodes}]).json()
    (field,) = made["_embedded"]["custom_fields"]
    parent, child = field["nested"]
    assert (parent["parent_id"], child["parent_id"]) == (None, parent["id"])
    assert (field["entity_type"], field["catalog_id"]) == ("catalogs", catalog)
    (id,) = sandbox.make(
        f"catalogs/{catalog}/elements",
        {
            "name": "E",
            "custom_fields_values": [{"field_id": field["id"], "values": [{"enum_id": child["id"]}]}],
        },
    )
    shown = sandbox.read(f"/api/v4/catalogs/{catalog}/elements/{id}")["custom_fields_values"][0]["values"]
    assert shown == [{"value": "New", "enum_id": child["id"]}]
    kept = [{"id": parent["id"], "value": "Phones", "sort": 1}]
    changed = sandbox.patch(f"{path}/{field['id']}", {"nested": kept}).json()
    assert [node["id"] for node in changed["nested"]] == [parent["id"]]
    assert sandbox.patch(f"{path}/{field['id']}", {"nested": [{**kept[0], "parent_id": 5}]}).status == 400


def test_users_without_access_to_lists_are_refused(sandbox: Checked) -> None:
    """The right to lists is asked for before anything is told."""
    body = {"name": "Bob", "email": "b@example.com", "password": "Passw0rd", "rights": {"is_free": False}}
    (id,) = sandbox.make("users", body)
    sandbox.make("catalogs", {"name": "C"})
    headers = {"authorization": f"Bearer {sandbox.long_lived_token(user_id=id)}"}
    assert sandbox.call("GET", "/api/v4/catalogs", headers=headers).status == 403
    assert sandbox.call("GET", "/api/v2/catalogs", headers=headers).status == 403


def test_lists_are_written_and_deleted_in_v2(sandbox: Checked) -> None:
    """The old API is the only one that deletes a list, with its elements and fields."""
    made = sandbox.post("/api/v2/catalogs", {"add": [{"name": "Old", "request_id": 7}]}).json()
    (item,) = made["_embedded"]["items"]
    assert item["request_id"] == 7
    sandbox.post("/api/v2/catalogs", {"update": [{"id": str(item["id"]), "name": "New"}]})
    (shown,) = sandbox.read("/api/v2/catalogs")["_embedded"]["items"]
    assert (shown["name"], shown["_links"]["self"]["href"]) == ("New", f"/api/v2/catalogs?id={item['id']}")
    custom = sandbox.post(
        f"/api/v4/catalogs/{item['id']}/custom_fields", [{"type": "text", "name": "F"}]
    ).json()
    field = custom["_embedded"]["custom_fields"][0]["id"]
    element = {
        "catalog_id": item["id"],
        "name": "E",
        "custom_fields": [{"id": field, "values": [{"value": "v"}]}],
    }
    sandbox.post("/api/v2/catalog_elements", {"add": [element]})
    (read,) = sandbox.read(f"/api/v2/catalog_elements?catalog_id={item['id']}&term=v")["_embedded"]["items"]
    assert read["custom_fields"][0]["values"] == [{"value": "v"}]
    change = {"id": read["id"], "catalog_id": item["id"], "name": "Z", "updated_at": 1}
    assert sandbox.post("/api/v2/catalog_elements", {"update": [change]}).json()["_embedded"]["items"]
    assert sandbox.get(f"/api/v2/catalog_elements?catalog_id={item['id']}&PAGEN_1=2").status == 204
    sandbox.post("/api/v2/catalogs", {"delete": [item["id"]]})
    assert sandbox.get(f"/api/v4/catalogs/{item['id']}").status == 404
    assert sandbox.get("/api/v2/catalogs").status == 204


def test_groups_of_fields_have_texts_as_ids(sandbox: Checked) -> None:
    """Own groups take fields in and give them back; predefined ones stay."""
    field = sandbox.post("/api/v4/leads/custom_fields", [{"type": "text", "name": "F"}]).json()
    field_id = field["_embedded"]["custom_fields"][0]["id"]
    path = "/api/v4/leads/custom_fields/groups"
    made = sandbox.post(path, [{"name": "Своя", "sort": 5, "fields": [field_id]}])
    (group,) = made.json()["_embedded"]["custom_field_groups"]
    assert made.status == 201
    assert group["id"].startswith("leads_")
    assert group["fields"] == [field_id]
    assert sandbox.read(f"{path}/default")["is_predefined"] is True
    assert sandbox.patch(f"{path}/default", {"fields": [field_id]}).json()["fields"] == [field_id]
    assert sandbox.patch(f"{path}/{group['id']}", {"name": "Иная"}).json()["name"] == "Иная"
    assert sandbox.call("DELETE", f"{path}/default").status == 400
    assert sandbox.call("DELETE", f"{path}/{group['id']}").status == 204
    assert sandbox.get(f"{path}/{group['id']}").status == 404
    assert sandbox.read("/api/v4/contacts/custom_fields/groups")["_total_items"] == 1


@pytest.mark.parametrize("page", [1, 2])
def test_currencies_are_a_paged_list_of_codes(sandbox: Checked, page: int) -> None:
    """Codes only, and 204 behind the last page."""
    shown = sandbox.read(f"/api/v4/currencies?limit=10&page={page}")["_embedded"]["currencies"]
    assert all(set(currency) == {"code"} for currency in shown)
    assert sandbox.get("/api/v4/currencies?page=3").status == 204
