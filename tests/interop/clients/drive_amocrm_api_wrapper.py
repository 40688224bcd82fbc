"""Every method of amocrm-api-wrapper that has a place in the API. Prints one JSON object a line for each call."""

from __future__ import annotations

import json
import sys
from typing import Any

from amocrm_api import AmoOAuthClient  # type: ignore[import-not-found]

JOB: dict[str, Any] = json.load(sys.stdin)
AMO = AmoOAuthClient(
    access_token=JOB["token"],
    refresh_token=JOB["refresh_token"],
    crm_url=JOB["url"],  # address
    client_id=JOB["client_id"],
    client_secret=JOB["client_secret"],
    redirect_uri=JOB["redirect_uri"],
)


def call(name: str, *args: Any, about: str = "", **kwargs: Any) -> Any:
    """Make one call; an error is printed and ends nothing."""
    shown = f"{name} {about}".strip()
    try:
        result = getattr(AMO, name)(*args, **kwargs)
    except Exception as error:
        print(json.dumps({"call": shown, "passed": False, "said": f"{type(error).__name__}: {error}"[:1500]}))
        return {}
    print(json.dumps({"call": shown, "passed": True}))
    return result if isinstance(result, dict) else {}


def first(answer: dict[str, Any], key: str) -> Any:
    """Return the first object of a list."""
    return (answer.get("_embedded", {}).get(key) or [{}])[0]


def entities() -> dict[str, int]:
    """Drive leads, contacts and companies; return one id of each kind."""
    ids = {}
    for kind, one in (("leads", "lead"), ("contacts", "contact"), ("companies", "company")):
        made = call(f"create_{kind}", [{"name": f"{kind} 1"}, {"name": f"{kind} 2"}])
        ids[kind] = first(made, kind).get("id")
        call(f"get_{kind}", limit=5, order={"updated_at": "desc"})
        call(f"get_{kind}", limit=5, with_params=["contacts"], filters={"query": "1"}, about="searched")
        call(f"get_{one}", ids[kind])
        call(f"update_{kind}", [{"id": ids[kind], "name": "Новое"}])
    return ids


def fields() -> None:
    """Drive the definitions of fields."""
    for kind in ("leads", "contacts", "companies", "customers", "customers_segments"):
        made = call(f"create_{kind}_custom_fields", [{"name": "Поле", "type": "text"}])
        id = first(made, "custom_fields").get("id")
        listed = "customer_segments" if kind == "customers_segments" else kind
        call(f"get_{listed}_custom_fields")
        call(f"get_{kind}_custom_field", id)
        call(f"update_{kind}_custom_fields", [{"id": id, "name": "Новое"}])


def lists() -> tuple[int, int]:
    """Drive lists and their elements; return the ids of one of each."""
    catalog = first(call("create_catalogs", [{"name": "Список"}]), "catalogs").get("id")
    call("get_catalogs")
    call("get_catalog", catalog)
    call("update_catalogs", [{"id": catalog, "name": "Склад"}])
    element = first(call("add_elements_to_catalog", catalog, [{"name": "Стол"}]), "elements").get("id")
    call("get_catalog_elements", catalog)
    call("get_catalog_element", catalog, element)
    call("update_elements_in_catalog", catalog, [{"id": element, "name": "Стул"}])
    made = call("create_catalog_custom_fields", catalog, [{"name": "Поле", "type": "text"}])
    field = first(made, "custom_fields").get("id")
    call("get_catalog_custom_fields", catalog)
    call("get_catalog_custom_field", catalog, field)
    call("update_catalog_custom_fields", catalog, [{"id": field, "name": "Новое"}])
    return catalog, element


def around(ids: dict[str, int], catalog: int, element: int) -> None:
    """Drive what hangs on entities: links, notes, tasks, tags."""
    product = {
        "to_entity_id": element,
        "to_entity_type": "catalog_elements",
        "metadata": {"quantity": 1, "catalog_id": catalog},
    }
    others = {"leads": "contacts", "contacts": "companies", "companies": "leads"}
    for kind, other in others.items():
        link = {"to_entity_id": ids[other], "to_entity_type": other}
        call(f"link_{kind}_entity", ids[kind], [link, product])
        call(f"get_{kind}_links", ids[kind])
        call(f"unlink_{kind}_entity", ids[kind], [link])
        note = {"entity_id": ids[kind], "note_type": "common", "params": {"text": "x"}}
        noted = first(call("create_entity_note", kind, [note], about=kind), "notes").get("id")
        call("get_notes_by_entity_type", kind, about=kind)
        call("get_notes_by_entity_type_and_entity_id", kind, ids[kind], about=kind)
        call("get_entity_note", kind, noted, about=kind)
        same = {"note_type": "common", "params": {"text": "y"}}
        call("update_entity_many_notes", kind, [{"id": noted, **same}], about=kind)
        call("update_entity_note", kind, ids[kind], noted, same, about=kind)
        call("add_tags_for_entity_type", kind, [{"name": "новый"}], about=kind)
        call("get_tags_by_entity_type", kind, about=kind)
    due = {
        "text": "Позвонить",
        "complete_till": 1_900_000_000,
        "entity_id": ids["leads"],
        "entity_type": "leads",
    }
    task = first(call("add_tasks", [due]), "tasks").get("id")
    call("get_tasks")
    call("get_task", task)
    call("update_tasks", [{"id": task, "text": "Написать"}])
    call("execution_task", task, True, "Готово")


def directories() -> None:
    """Drive pipelines, users, webhooks, widgets, events."""
    stages = [{"name": "Этап", "sort": 20, "color": "#fffeb2"}]
    made = call("create_pipeline", "Воронка", 20, False, stages, True)
    pipeline = first(made, "pipelines").get("id")
    call("get_pipelines")
    call("get_pipeline", pipeline)
    call("edit_pipeline", pipeline, "Новая", 30, False, True)
    added = call("add_statuses_to_pipeline", pipeline, [{"name": "Второй", "sort": 30, "color": "#fffeb2"}])
    status = first(added, "statuses").get("id")
    call("get_pipeline_statuses", pipeline)
    call("get_pipeline_status", pipeline, status)
    call("edit_pipeline_status", pipeline, status, "Иной", 40, "#fffeb2")
    call("delete_status_from_pipeline", pipeline, status)
    call("delete_pipeline", pipeline)
    call(
        "get_account_info",
        with_amojo_id=True,
        with_users_groups=True,
        with_task_types=True,
        with_version=True,
    )
    call("get_users", with_role=True, with_group=True)
    call("get_user", JOB["user_id"])
    call("subscribe_webhook", "https://example.com/hook", ["add_lead"])
    call("get_webhooks")
    call("unsubscribe_webhook")
    call("get_widgets")
    call("get_widget", "sandbox_widget")
    call("install_widget", "sandbox_widget", api_key="k")
    call("uninstall_widget", "sandbox_widget")
    event = first(call("get_events", limit=5), "events").get("id")
    call("get_event", event)
    call("get_events_type", "ru")


def incoming(lead: int) -> None:
    """Drive incoming leads."""
    form = {
        "ip": "1.1.1.1",
        "form_id": "f",
        "form_sent_at": 1_700_000_000,
        "form_name": "n",
        "form_page": "p",
        "referer": "r",
    }
    sip = {
        "service_code": "s",
        "uniq": "q",
        "duration": 5,
        "link": "https://example.com",
        "phone": "135",
        "from": "+79000000001",
        "called_at": 1_700_000_000,
        "is_call_event_needed": True,
    }
    parts = ({"name": "Кто-то"}, {"name": "Заявка"}, {"name": "ООО"})
    filled = first(call("create_unsorted_by_form", "u", "n", form, *parts), "unsorted").get("uid")
    called = first(call("create_unsorted_by_sip", "v", "n", sip, *parts), "unsorted").get("uid")
    waiting = call("get_unsorted_leads")["_embedded"]["unsorted"]
    chat = next(one["uid"] for one in waiting if one["category"] == "chats")
    one, other = JOB["form_uids"]
    call("get_unsorted_by_uid", filled or one)
    call("get_summary_unsorted")
    stages = AMO.get_pipelines()["_embedded"]["pipelines"][0]["_embedded"]["statuses"]
    stage = next(one["id"] for one in stages if one["is_editable"])
    call("accept_unsorted", filled or one, JOB["user_id"], stage)
    call("decline_unsorted", called or other, JOB["user_id"])
    call("link_unsorted", chat, JOB["user_id"], {"entity_id": lead, "entity_type": "leads"})


kept = entities()
fields()
around(kept, *lists())
directories()
incoming(kept["leads"])
