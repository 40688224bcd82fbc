"""How each operation is proved against the sandbox: one request that is carried out and one that is refused.

`VALID` names a request for every operation: the target, with the ids of a `World` in braces, and the body. What is
refused is derived from the operation (`refused`), or stands in `INVALID`. The table of coverage reads both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import msgspec

from amocrm_sandbox import Description
from amocrm_sandbox.engine.description import Operation
from tests.sandbox.conftest import NOW

from .world import HOOK, World

__all__ = ["INVALID", "PAGES", "VALID", "Call", "operations", "proof_of", "refused", "valid"]

Ids = Mapping[str, Any]
UNKNOWN = "999999999"
# Opened by a person in a browser; the sandbox agrees at once and redirects, where the vendor shows a page.
PAGES = frozenset({"open_authorization_page"})


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        target: Path and query; `{name}` is an id of the world.
        body: The body, or a function of the ids that makes it.
        headers: Headers beside those of the administrator.
        before: What has to happen first.
    """

    target: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[World], object] = lambda world: None

    def prepare(self, world: World) -> tuple[str, Any, dict[str, str]]:
        """Do what has to happen first; return target, body and headers with the ids of the world filled in."""
        self.before(world)
        body = self.body(world.ids) if callable(self.body) else self.body
        headers = {key: value.format_map(world.ids) for key, value in self.headers.items()}
        return self.target.format_map(world.ids), body, headers


def _mode(name: str) -> Callable[[World], object]:
    return lambda world: world.sandbox.set_option("customers_mode", name)


def _link(kind: str, id: str, **more: str) -> Callable[[Ids], list[dict[str, Any]]]:
    head = {key: value for key, value in more.items() if key == "entity_type"}
    return lambda ids: [
        {
            **head,
            **{key: ids[value] for key, value in more.items() if key == "entity_id"},
            "to_entity_id": ids[id],
            "to_entity_type": kind,
        }
    ]


NOTE = {"note_type": "common", "params": {"text": "Текст"}}
FORM = {"form_id": "1", "form_name": "Заявка", "form_page": "https://example.com", "form_sent_at": NOW}
SIP = {"phone": "1", "called_at": NOW, "duration": 5, "link": "", "service_code": "pbx", "uniq": "2"}
CHAT_MESSAGE = {
    "timestamp": NOW,
    "msec_timestamp": NOW * 1000,
    "msgid": "m-2",
    "conversation_id": "c-1",
    "sender": {"id": "u-1", "name": "Анна"},
    "message": {"type": "text", "text": "Ещё"},
}
_V4 = "/api/v4"
_ORIGIN = "/v2/origin/custom/{scope}"

VALID: dict[str, Call] = {
    # account, users, roles
    "get_account": Call(
        f"{_V4}/account?with=drive_url,amojo_id,task_types,users_groups,datetime_settings,entity_names"
    ),
    "list_users": Call(f"{_V4}/users?with=role,group,uuid,amojo_id"),
    "get_user": Call(f"{_V4}/users/{{user}}"),
    "create_users": Call(
        f"{_V4}/users",
        [{"name": "Bob", "email": "bob@example.com", "password": "Passw0rd", "rights": {"is_free": True}}],
    ),
    "activate_users": Call(f"{_V4}/users/activate", lambda ids: [{"id": ids["other_user"]}]),
    "deactivate_users": Call(f"{_V4}/users/deactivate", lambda ids: [{"id": ids["other_user"]}]),
    "list_roles": Call(f"{_V4}/roles?with=users"),
    "get_role": Call(f"{_V4}/roles/{{role}}"),
    "create_roles": Call(
        f"{_V4}/roles", [{"name": "Стажёр", "rights": {"tasks": {"edit": "A", "delete": "M"}}}]
    ),
    "update_roles": Call(f"{_V4}/roles", lambda ids: [{"id": ids["role"], "name": "Старший"}]),
    "update_role": Call(f"{_V4}/roles/{{role}}", {"rights": {"mail_access": True}}),
    "delete_role": Call(f"{_V4}/roles/{{role}}"),
    # leads, contacts, companies
    "list_leads": Call(
        f"{_V4}/leads?with=contacts,loss_reason,catalog_elements,source,source_id&order[id]=desc"
    ),
    "get_lead": Call(f"{_V4}/leads/{{lead}}?with=catalog_elements"),
    "create_leads": Call(f"{_V4}/leads", [{"name": "Новая", "price": 5}, {}]),
    "create_leads_complex": Call(
        f"{_V4}/leads/complex",
        [{"name": "Сложная", "_embedded": {"contacts": [{"name": "Анна"}], "companies": [{"name": "ООО"}]}}],
    ),
    "update_leads": Call(f"{_V4}/leads", lambda ids: [{"id": ids["lead"], "price": 7}]),
    "update_lead": Call(f"{_V4}/leads/{{lead}}", {"name": "Иначе"}),
    "list_contacts": Call(f"{_V4}/contacts?with=leads,customers&query=Иван"),
    "get_contact": Call(f"{_V4}/contacts/{{contact}}"),
    "create_contacts": Call(f"{_V4}/contacts", [{"first_name": "Пётр", "last_name": "Иванов"}]),
    "update_contacts": Call(f"{_V4}/contacts", lambda ids: [{"id": ids["contact"], "name": "Пётр"}]),
    "update_contact": Call(f"{_V4}/contacts/{{contact}}", {"name": "Пётр"}),
    "list_contact_chats": Call(f"{_V4}/contacts/chats?chat_id[]={{chat}}"),
    "link_contact_chats": Call(
        f"{_V4}/contacts/chats", lambda ids: [{"contact_id": ids["contact"], "chat_id": ids["chat"]}]
    ),
    "list_companies": Call(f"{_V4}/companies?with=contacts,leads"),
    "get_company": Call(f"{_V4}/companies/{{company}}"),
    "create_companies": Call(f"{_V4}/companies", [{"name": "ООО"}]),
    "update_companies": Call(f"{_V4}/companies", lambda ids: [{"id": ids["company"], "name": "ЗАО"}]),
    "update_company": Call(f"{_V4}/companies/{{company}}", {"name": "ЗАО"}),
    # pipelines, loss reasons, tags
    "list_pipelines": Call(f"{_V4}/leads/pipelines"),
    "get_pipeline": Call(f"{_V4}/leads/pipelines/{{pipeline}}"),
    "create_pipelines": Call(
        f"{_V4}/leads/pipelines",
        [
            {
                "name": "Сервис",
                "sort": 30,
                "is_main": False,
                "is_unsorted_on": True,
                "_embedded": {"statuses": [{"name": "Заявка", "sort": 10, "color": "#fffeb2"}]},
            }
        ],
    ),
    "update_pipeline": Call(f"{_V4}/leads/pipelines/{{pipeline}}", {"name": "Розница"}),
    "delete_pipeline": Call(f"{_V4}/leads/pipelines/{{pipeline}}"),
    "list_pipeline_statuses": Call(f"{_V4}/leads/pipelines/{{pipeline}}/statuses?with=descriptions"),
    "get_pipeline_status": Call(f"{_V4}/leads/pipelines/{{pipeline}}/statuses/{{status}}"),
    "create_pipeline_statuses": Call(
        f"{_V4}/leads/pipelines/{{pipeline}}/statuses", [{"name": "Ещё", "sort": 40, "color": "#fffeb2"}]
    ),
    "update_pipeline_status": Call(
        f"{_V4}/leads/pipelines/{{pipeline}}/statuses/{{status}}", {"name": "Итог"}
    ),
    "delete_pipeline_status": Call(f"{_V4}/leads/pipelines/{{pipeline}}/statuses/{{status}}"),
    "list_loss_reasons": Call(f"{_V4}/leads/loss_reasons"),
    "get_loss_reason": Call(f"{_V4}/leads/loss_reasons/{{reason}}"),
    "create_loss_reasons": Call(f"{_V4}/leads/loss_reasons", [{"name": "Передумал", "sort": 9}]),
    "update_loss_reason": Call(f"{_V4}/leads/loss_reasons/{{reason}}", {"name": "Очень дорого"}),
    "delete_loss_reason": Call(f"{_V4}/leads/loss_reasons/{{reason}}"),
    "list_tags": Call(f"{_V4}/leads/tags"),
    "create_tags": Call(f"{_V4}/leads/tags", [{"name": "новый", "color": "EBEBEB"}]),
    "update_lead_tags": Call(f"{_V4}/leads/tags", lambda ids: [{"id": ids["tag"], "name": "важный"}]),
    "update_lead_tag": Call(f"{_V4}/leads/tags/{{tag}}", {"name": "важный"}),
    # fields and their groups
    "list_custom_fields": Call(f"{_V4}/leads/custom_fields?filter[type][]=text&order[sort]=asc"),
    "get_custom_field": Call(f"{_V4}/leads/custom_fields/{{field}}"),
    "create_custom_fields": Call(
        f"{_V4}/leads/custom_fields",
        [{"type": "select", "name": "Цвет", "enums": [{"value": "красный", "sort": 1}]}],
    ),
    "update_custom_fields": Call(
        f"{_V4}/leads/custom_fields", lambda ids: [{"id": ids["field"], "name": "Место"}]
    ),
    "update_custom_field": Call(f"{_V4}/leads/custom_fields/{{field}}", {"name": "Место"}),
    "delete_custom_field": Call(f"{_V4}/leads/custom_fields/{{field}}"),
    "list_custom_field_groups": Call(f"{_V4}/leads/custom_fields/groups"),
    "get_custom_field_group": Call(f"{_V4}/leads/custom_fields/groups/{{group}}"),
    "create_custom_field_groups": Call(f"{_V4}/leads/custom_fields/groups", [{"name": "Другая", "sort": 9}]),
    "update_custom_field_group": Call(
        f"{_V4}/leads/custom_fields/groups/{{group}}", lambda ids: {"fields": [ids["field"]]}
    ),
    "delete_custom_field_group": Call(f"{_V4}/leads/custom_fields/groups/{{group}}"),
    "list_catalog_custom_fields": Call(f"{_V4}/catalogs/{{catalog}}/custom_fields"),
    "get_catalog_custom_field": Call(f"{_V4}/catalogs/{{catalog}}/custom_fields/{{catalog_field}}"),
    "create_catalog_custom_fields": Call(
        f"{_V4}/catalogs/{{catalog}}/custom_fields",
        [{"type": "category", "name": "Раздел", "nested": [{"value": "Все", "sort": 1, "request_id": "a"}]}],
    ),
    "update_catalog_custom_fields": Call(
        f"{_V4}/catalogs/{{catalog}}/custom_fields",
        lambda ids: [{"id": ids["catalog_field"], "name": "Шифр"}],
    ),
    "update_catalog_custom_field": Call(
        f"{_V4}/catalogs/{{catalog}}/custom_fields/{{catalog_field}}", {"is_visible": False}
    ),
    "delete_catalog_custom_field": Call(f"{_V4}/catalogs/{{catalog}}/custom_fields/{{catalog_field}}"),
    "list_catalog_custom_field_groups": Call(f"{_V4}/catalogs/{{catalog}}/custom_fields/groups"),
    "get_catalog_custom_field_group": Call(
        f"{_V4}/catalogs/{{catalog}}/custom_fields/groups/{{catalog_group}}"
    ),
    "create_catalog_custom_field_groups": Call(
        f"{_V4}/catalogs/{{catalog}}/custom_fields/groups", [{"name": "Другая", "sort": 9}]
    ),
    "update_catalog_custom_field_group": Call(
        f"{_V4}/catalogs/{{catalog}}/custom_fields/groups/{{catalog_group}}", {"name": "Иная"}
    ),
    "delete_catalog_custom_field_group": Call(
        f"{_V4}/catalogs/{{catalog}}/custom_fields/groups/{{catalog_group}}"
    ),
    "list_segment_custom_fields": Call(f"{_V4}/customers/segments/custom_fields", before=_mode("segments")),
    "get_segment_custom_field": Call(f"{_V4}/customers/segments/custom_fields/{{segment_field}}"),
    "create_segment_custom_fields": Call(
        f"{_V4}/customers/segments/custom_fields", [{"type": "numeric", "name": "Скидка"}]
    ),
    "update_segment_custom_fields": Call(
        f"{_V4}/customers/segments/custom_fields", lambda ids: [{"id": ids["segment_field"], "name": "Ранг"}]
    ),
    "update_segment_custom_field": Call(
        f"{_V4}/customers/segments/custom_fields/{{segment_field}}", {"name": "Ранг"}
    ),
    "delete_segment_custom_field": Call(f"{_V4}/customers/segments/custom_fields/{{segment_field}}"),
    # links, notes, tasks, events
    "list_entity_links": Call(f"{_V4}/leads/{{lead}}/links"),
    "list_links": Call(f"{_V4}/leads/links?filter[entity_id][]={{lead}}"),
    "link_entity": Call(f"{_V4}/leads/{{lead}}/link", _link("contacts", "contact")),
    "link_entities": Call(f"{_V4}/leads/link", _link("companies", "company", entity_id="lead")),
    "unlink_entity": Call(f"{_V4}/leads/{{lead}}/unlink", _link("contacts", "contact")),
    "unlink_entities": Call(f"{_V4}/leads/unlink", _link("companies", "company", entity_id="lead")),
    "list_notes": Call(f"{_V4}/leads/notes?filter[note_type][]=common&with=is_pinned"),
    "list_entity_notes": Call(f"{_V4}/leads/{{lead}}/notes"),
    "get_note": Call(f"{_V4}/leads/notes/{{note}}"),
    "get_entity_note": Call(f"{_V4}/leads/{{lead}}/notes/{{note}}"),
    "create_notes": Call(f"{_V4}/leads/notes", lambda ids: [{**NOTE, "entity_id": ids["lead"]}]),
    "create_entity_notes": Call(f"{_V4}/customers/{{customer}}/notes", [NOTE]),
    "update_notes": Call(f"{_V4}/leads/notes", lambda ids: [{**NOTE, "id": ids["note"]}]),
    "update_entity_notes": Call(f"{_V4}/leads/{{lead}}/notes", lambda ids: [{**NOTE, "id": ids["note"]}]),
    "update_note": Call(f"{_V4}/leads/notes/{{note}}", NOTE),
    "update_entity_note": Call(f"{_V4}/leads/{{lead}}/notes/{{note}}", NOTE),
    "pin_note": Call(f"{_V4}/leads/notes/{{note}}/pin"),
    "unpin_note": Call(f"{_V4}/leads/notes/{{note}}/unpin"),
    "list_tasks": Call(f"{_V4}/tasks?filter[is_completed][]=0"),
    "get_task": Call(f"{_V4}/tasks/{{task}}"),
    "create_tasks": Call(
        f"{_V4}/tasks",
        lambda ids: [
            {
                "text": "Встреча",
                "complete_till": NOW,
                "entity_id": ids["customer"],
                "entity_type": "customers",
            }
        ],
    ),
    "update_tasks": Call(
        f"{_V4}/tasks", lambda ids: [{"id": ids["task"], "is_completed": True, "result": {"text": "Да"}}]
    ),
    "update_task": Call(f"{_V4}/tasks/{{task}}", {"complete_till": NOW + 5}),
    "list_events": Call(f"{_V4}/events?filter[type]=lead_added,contact_added&with=lead_name,contact_name"),
    "list_event_types": Call(f"{_V4}/events/types?language_code=en"),
    "get_event": Call(f"{_V4}/events/{{event}}"),
    # incoming leads, sources, buttons
    "list_unsorted": Call(f"{_V4}/leads/unsorted?filter[category][]=sip&order[created_at]=asc"),
    "get_unsorted_summary": Call(f"{_V4}/leads/unsorted/summary"),
    "get_unsorted": Call(f"{_V4}/leads/unsorted/{{unsorted}}"),
    "create_unsorted_sip": Call(
        f"{_V4}/leads/unsorted/sip", [{"source_uid": "u-2", "source_name": "АТС", "metadata": SIP}]
    ),
    "create_unsorted_forms": Call(
        f"{_V4}/leads/unsorted/forms",
        [
            {
                "source_uid": "f-1",
                "source_name": "Сайт",
                "metadata": FORM,
                "_embedded": {"leads": [{"name": "Заявка"}], "contacts": [{"name": "Пётр"}]},
            }
        ],
    ),
    "accept_unsorted": Call(
        f"{_V4}/leads/unsorted/{{unsorted}}/accept", lambda ids: {"user_id": ids["user"]}
    ),
    "decline_unsorted": Call(
        f"{_V4}/leads/unsorted/{{unsorted}}/decline", lambda ids: {"user_id": ids["user"]}
    ),
    "link_unsorted": Call(
        f"{_V4}/leads/unsorted/{{chat_unsorted}}/link",
        lambda ids: {"link": {"entity_id": ids["lead"], "entity_type": "leads"}},
    ),
    "list_sources": Call(f"{_V4}/sources?filter[external_id][]=land-1"),
    "get_source": Call(f"{_V4}/sources/{{source}}"),
    "create_sources": Call(
        f"{_V4}/sources",
        [
            {
                "name": "WA",
                "external_id": "wa-1",
                "services": [{"type": "whatsapp", "params": [], "pages": []}],
            }
        ],
    ),
    "update_sources": Call(f"{_V4}/sources", lambda ids: [{"id": ids["source"], "default": True}]),
    "update_source": Call(f"{_V4}/sources/{{source}}", {"name": "Сайт"}),
    "delete_sources": Call(f"{_V4}/sources", lambda ids: [{"id": ids["source"]}]),
    "delete_source": Call(f"{_V4}/sources/{{source}}"),
    "list_website_buttons": Call(f"{_V4}/website_buttons?with=scripts,deleted"),
    "get_website_button": Call(f"{_V4}/website_buttons/{{button}}"),
    "create_website_button": Call(
        f"{_V4}/website_buttons", lambda ids: {"pipeline_id": ids["pipeline"], "is_used_in_app": True}
    ),
    "update_website_button": Call(
        f"{_V4}/website_buttons/{{button}}", {"trusted_websites": {"add": ["shop.example"]}}
    ),
    "connect_website_button_chat": Call(f"{_V4}/website_buttons/{{button}}/online_chat"),
    # customers
    "list_customers": Call(f"{_V4}/customers?with=contacts,companies,catalog_elements,group_id"),
    "get_customer": Call(f"{_V4}/customers/{{customer}}"),
    "create_customers": Call(f"{_V4}/customers", [{"name": "Новый", "next_price": 5}]),
    "update_customers": Call(f"{_V4}/customers", lambda ids: [{"id": ids["customer"], "next_price": 7}]),
    "update_customer": Call(f"{_V4}/customers/{{customer}}", {"name": "Иной"}),
    "set_customers_mode": Call(f"{_V4}/customers/mode", {"mode": "periodicity", "is_enabled": True}),
    "change_customer_bonus_points": Call(f"{_V4}/customers/{{customer}}/bonus_points", {"earn": 50}),
    "list_transactions": Call(f"{_V4}/customers/transactions", before=_mode("segments")),
    "get_transaction": Call(f"{_V4}/customers/transactions/{{transaction}}"),
    "delete_transaction": Call(f"{_V4}/customers/transactions/{{transaction}}"),
    "list_customer_transactions": Call(f"{_V4}/customers/{{customer}}/transactions"),
    "get_customer_transaction": Call(f"{_V4}/customers/{{customer}}/transactions/{{transaction}}"),
    "delete_customer_transaction": Call(f"{_V4}/customers/{{customer}}/transactions/{{transaction}}"),
    "create_transactions": Call(
        f"{_V4}/customers/{{customer}}/transactions",
        lambda ids: [
            {
                "price": 300,
                "next_price": 400,
                "_embedded": {
                    "catalog_elements": [{"id": ids["element"], "metadata": {"catalog_id": ids["catalog"]}}]
                },
            }
        ],
    ),
    "list_customer_statuses": Call(f"{_V4}/customers/statuses", before=_mode("periodicity")),
    "get_customer_status": Call(f"{_V4}/customers/statuses/{{customer_status}}", before=_mode("periodicity")),
    "create_customer_statuses": Call(
        f"{_V4}/customers/statuses", [{"name": "Ждём", "sort": 60}], before=_mode("periodicity")
    ),
    "update_customer_status": Call(
        f"{_V4}/customers/statuses/{{customer_status}}", {"sort": 70}, before=_mode("periodicity")
    ),
    "delete_customer_status": Call(
        f"{_V4}/customers/statuses/{{customer_status}}", before=_mode("periodicity")
    ),
    "list_segments": Call(f"{_V4}/customers/segments", before=_mode("segments")),
    "get_segment": Call(f"{_V4}/customers/segments/{{segment}}"),
    "create_segment": Call(f"{_V4}/customers/segments", {"name": "Новички", "color": "6610f2"}),
    "update_segment": Call(f"{_V4}/customers/segments/{{segment}}", {"name": "Свои"}),
    "delete_segment": Call(f"{_V4}/customers/segments/{{segment}}"),
    # lists
    "list_catalogs": Call(f"{_V4}/catalogs?type=regular"),
    "get_catalog": Call(f"{_V4}/catalogs/{{catalog}}"),
    "create_catalogs": Call(f"{_V4}/catalogs", [{"name": "Счета", "type": "invoices"}]),
    "update_catalogs": Call(f"{_V4}/catalogs", lambda ids: [{"id": ids["catalog"], "name": "Планы"}]),
    "update_catalog": Call(f"{_V4}/catalogs/{{catalog}}", {"name": "Планы"}),
    "list_catalog_elements": Call(f"{_V4}/catalogs/{{catalog}}/elements?with=invoice_link&query=Баз"),
    "get_catalog_element": Call(f"{_V4}/catalogs/{{catalog}}/elements/{{element}}"),
    "create_catalog_elements": Call(
        f"{_V4}/catalogs/{{catalog}}/elements",
        lambda ids: [
            {
                "name": "Полный",
                "custom_fields_values": [{"field_id": ids["catalog_field"], "values": [{"value": "A-1"}]}],
            }
        ],
    ),
    "update_catalog_elements": Call(
        f"{_V4}/catalogs/{{catalog}}/elements", lambda ids: [{"id": ids["element"], "name": "Иной"}]
    ),
    "update_catalog_element": Call(f"{_V4}/catalogs/{{catalog}}/elements/{{element}}", {"name": "Иной"}),
    "list_catalog_element_links": Call(f"{_V4}/catalogs/{{catalog}}/elements/{{element}}/links"),
    "link_catalog_element": Call(
        f"{_V4}/catalogs/{{catalog}}/elements/{{element}}/link", _link("customers", "customer")
    ),
    "unlink_catalog_element": Call(
        f"{_V4}/catalogs/{{catalog}}/elements/{{element}}/unlink", _link("leads", "lead")
    ),
    "get_products_settings": Call(f"{_V4}/catalogs/products/settings"),
    "update_products_settings": Call(f"{_V4}/catalogs/products/settings", {"is_enabled": False}),
    "list_currencies": Call(f"{_V4}/currencies?limit=5"),
    # calls, talks, templates
    "create_calls": Call(
        f"{_V4}/calls",
        [
            {
                "direction": "inbound",
                "phone": "89000000001",
                "duration": 5,
                "source": "АТС",
                "call_status": 4,
            },
            {"direction": "outbound", "phone": "5", "duration": 5, "source": "АТС"},
        ],
    ),
    "list_talks": Call(f"{_V4}/talks?filter[only_in_work]=1"),
    "get_talk": Call(f"{_V4}/talks/{{talk}}"),
    "close_talk": Call(f"{_V4}/talks/{{talk}}/close", {"force_close": True}),
    "list_talk_messages": Call(f"{_V4}/talks/{{talk}}/messages"),
    "send_talk_message": Call(f"{_V4}/talks/{{talk}}/send_message", {"text": "Добрый день"}),
    "list_chat_templates": Call(f"{_V4}/chats/templates?with=reviews"),
    "get_chat_template": Call(f"{_V4}/chats/templates/{{template}}?with=reviews"),
    "create_chat_templates": Call(
        f"{_V4}/chats/templates",
        lambda ids: [
            {
                "name": "С файлом",
                "content": "{{contact.name}}",
                "attachment": {"id": ids["file"], "name": "file.txt", "type": "document"},
                "buttons": [{"type": "url", "text": "Сайт", "url": "https://example.com"}],
            }
        ],
    ),
    "update_chat_templates": Call(
        f"{_V4}/chats/templates", lambda ids: [{"id": ids["other_template"], "content": "Пока!"}]
    ),
    "update_chat_template": Call(f"{_V4}/chats/templates/{{other_template}}", {"content": "Пока!"}),
    "delete_chat_templates": Call(f"{_V4}/chats/templates", lambda ids: [{"id": ids["template"]}]),
    "delete_chat_template": Call(f"{_V4}/chats/templates/{{template}}"),
    "send_chat_template_to_review": Call(f"{_V4}/chats/templates/{{other_template}}/review", {}),
    "set_chat_template_review_status": Call(
        f"{_V4}/chats/templates/{{template}}/review/{{review}}",
        {"status": "rejected", "reject_reason": "Нет"},
    ),
    # short links, subscriptions, files of entities
    "create_short_links": Call(
        f"{_V4}/short_links",
        lambda ids: [
            {
                "url": "https://example.com",
                "metadata": {"entity_type": "contacts", "entity_id": ids["contact"]},
            }
        ],
    ),
    "list_subscriptions": Call(f"{_V4}/leads/{{lead}}/subscriptions"),
    "list_entity_files": Call(f"{_V4}/leads/{{lead}}/files?limit=10"),
    "link_entity_files": Call(f"{_V4}/contacts/{{contact}}/files", lambda ids: [{"file_uuid": ids["file"]}]),
    "unlink_entity_files": Call(f"{_V4}/leads/{{lead}}/files", lambda ids: [{"file_uuid": ids["file"]}]),
    "list_file_links": Call(f"{_V4}/files/{{file}}/links"),
    # widgets, bots, webhooks
    "list_widgets": Call(f"{_V4}/widgets"),
    "get_widget": Call(f"{_V4}/widgets/sandbox_widget"),
    "install_widget": Call(f"{_V4}/widgets/sandbox_widget", {"api_key": "y"}),
    "uninstall_widget": Call(f"{_V4}/widgets/sandbox_widget"),
    "list_bots": Call(f"{_V4}/bots?with=favorite&filter[type_functionality][]=regular"),
    "get_bot": Call(f"{_V4}/bots/{{bot}}"),
    "run_bots": Call(
        f"{_V4}/bots/run",
        lambda ids: [{"bot_id": ids["bot"], "entity_id": ids["contact"], "entity_type": "contacts"}],
    ),
    "run_bot": Call(
        f"{_V4}/bots/{{bot}}/run", lambda ids: {"entity_id": ids["customer"], "entity_type": "customers"}
    ),
    "stop_bot": Call(
        f"{_V4}/bots/{{bot}}/stop", lambda ids: {"entity_id": ids["lead"], "entity_type": "leads"}
    ),
    "continue_bot": Call(
        f"{_V4}/salesbot/{{bot}}/continue/{{run}}",
        {
            "data": {"status": "ok"},
            "execute_handlers": [{"handler": "goto", "params": {"type": "finish", "step": 1}}],
        },
    ),
    "list_webhooks": Call(f"{_V4}/webhooks?filter[destination]={HOOK}"),
    "subscribe_webhook": Call(
        f"{_V4}/webhooks", {"destination": "https://other.example/hook", "settings": ["add_task"]}
    ),
    "unsubscribe_webhook": Call(f"{_V4}/webhooks", {"destination": HOOK}),
    # what only Kommo has, and what survives of v2
    "create_text_knowledge": Call(
        "/api/v2/sources/text",
        {"name": "О нас", "text": "Мы работаем с девяти", "available_functions": ["agent"]},
    ),
    "create_url_knowledge": Call(
        "/api/v2/sources/url", {"url": "https://example.com", "available_functions": ["suggested_reply"]}
    ),
    "create_file_knowledge": Call(
        "/api/v2/sources/file", lambda ids: {"file_uuid": ids["file"], "available_functions": ["agent"]}
    ),
    "import_products_knowledge": Call("/api/v2/agent/knowledges/products/import"),
    "list_legacy_catalogs": Call("/api/v2/catalogs?id={catalog}"),
    "write_legacy_catalogs": Call(
        "/api/v2/catalogs", lambda ids: {"add": [{"name": "Ещё"}], "delete": [ids["catalog"]]}
    ),
    "list_legacy_catalog_elements": Call("/api/v2/catalog_elements?catalog_id={catalog}"),
    "write_legacy_catalog_elements": Call(
        "/api/v2/catalog_elements",
        lambda ids: {"add": [{"catalog_id": ids["catalog"], "name": "Ещё"}], "delete": [ids["element"]]},
    ),
    "get_legacy_products_settings": Call("/api/v2/products_settings"),
    "enable_legacy_products": Call("/api/v2/products_settings", {"enabled": True}),
    "notify_incoming_call": Call(
        "/api/v2/events", {"add": [{"type": "phone_call", "phone_number": "+79000000001"}]}
    ),
    "create_legacy_leads": Call("/api/v2/leads", {"add": [{"name": "С сайта", "visitor_uid": "v-1"}]}),
    "run_legacy_salesbots": Call(
        "/api/v2/salesbot/run",
        lambda ids: [{"bot_id": ids["bot"], "entity_id": ids["lead"], "entity_type": 2}],
    ),
    # authorization
    "open_authorization_page": Call("/oauth?client_id={client_id}&state=x"),
    "create_token": Call(
        "/oauth2/access_token",
        lambda ids: {
            **{key: ids[key] for key in ("client_id", "client_secret", "redirect_uri", "code")},
            "grant_type": "authorization_code",
        },
    ),
    "get_current_account_domain": Call(
        "/oauth2/account/current/subdomain", headers={"x-refresh-token": "{refresh_token}"}
    ),
    "get_account_domain": Call("/oauth2/account/subdomain"),
    "exchange_api_key": Call(
        "/oauth2/exchange_api_key",
        lambda ids: {
            "client_uuid": ids["client_id"],
            **{key: ids[key] for key in ("client_secret", "login", "api_key")},
        },
    ),
    "get_token_owner": Call("/v3/user"),
    # files
    "create_upload_session": Call("/v1.0/sessions", lambda ids: {"file_name": "a.png", "file_size": 9}),
    "upload_file_part": Call("/v1.0/sessions/upload/{session}", b"abc"),
    "list_files": Call("/v1.0/files?filter[extensions][]=txt&filter[date][date_preset]=day"),
    "get_file": Call("/v1.0/files/{file}"),
    "update_file": Call("/v1.0/files/{file}", {"name": "Отчёт"}),
    "list_file_versions": Call("/v1.0/files/{file}/versions"),
    "delete_files": Call("/v1.0/files", lambda ids: [{"uuid": ids["file"]}]),
    "restore_files": Call("/v1.0/files/restore", lambda ids: [{"uuid": ids["other"]}]),
    "get_drive_stats": Call("/v1.0/files/stats"),
    # chats
    "connect_channel": Call(
        "/v2/origin/custom/{channel}/connect",
        lambda ids: {"account_id": ids["scope"].rpartition("_")[2], "hook_api_version": "v2"},
    ),
    "disconnect_channel": Call(
        "/v2/origin/custom/{channel}/disconnect", lambda ids: {"account_id": ids["scope"].rpartition("_")[2]}
    ),
    "create_chat": Call(
        f"{_ORIGIN}/chats", {"conversation_id": "c-9", "user": {"id": "u-9", "name": "Олег"}}
    ),
    "send_chat_message": Call(_ORIGIN, {"event_type": "new_message", "payload": CHAT_MESSAGE}),
    "update_delivery_status": Call(f"{_ORIGIN}/{{message}}/delivery_status", {"status_code": 1}),
    "list_chat_messages": Call(f"{_ORIGIN}/chats/{{chat}}/history?limit=10"),
    "send_typing": Call(f"{_ORIGIN}/typing", {"conversation_id": "c-1", "sender": {"id": "u-1"}}),
    "react_to_message": Call(
        f"{_ORIGIN}/react",
        lambda ids: {"conversation_id": "c-1", "id": ids["message"], "user": {"id": "u-1"}, "type": "react"},
    ),
}

# Where the derived refusal would not be one.
INVALID: dict[str, Call] = {
    "list_events": Call(f"{_V4}/events?filter[entity_id]=1"),
    "list_links": Call(f"{_V4}/leads/links"),
    "list_contact_chats": Call(f"{_V4}/contacts/chats"),
    "list_talks": Call(f"{_V4}/talks?filter[entity_id]=1"),
    "create_users": Call(f"{_V4}/users", [{"name": "Bob", "email": "bob", "password": "short1"}]),
    "list_segments": Call(f"{_V4}/customers/segments", before=_mode("periodicity")),
    "list_segment_custom_fields": Call(f"{_V4}/customers/segments/custom_fields", before=_mode("disabled")),
    "list_customer_statuses": Call(f"{_V4}/customers/statuses", before=_mode("segments")),
    "list_transactions": Call(f"{_V4}/customers/transactions", before=_mode("disabled")),
    "set_customers_mode": Call(f"{_V4}/customers/mode", {"mode": "other", "is_enabled": True}),
    "create_calls": Call(
        f"{_V4}/calls", [{"direction": "inbound", "phone": "5", "duration": 5, "source": "АТС"}]
    ),
    "install_widget": Call(f"{_V4}/widgets/sandbox_widget", {"api_key": 5}),
    "enable_legacy_products": Call("/api/v2/products_settings", {"enabled": "yes"}),
    "delete_sources": Call(f"{_V4}/sources", [{"id": 5}]),
    "send_chat_template_to_review": Call(f"{_V4}/chats/templates/{UNKNOWN}/review", {}),
    "upload_file_part": Call("/v1.0/sessions/upload/nonsense", b"abc"),
    "create_token": Call("/oauth2/access_token", {"grant_type": "authorization_code"}),
    "get_current_account_domain": Call(
        "/oauth2/account/current/subdomain", headers={"x-refresh-token": "spent"}
    ),
    "list_chat_messages": Call(f"{_ORIGIN}/chats/{{chat}}/history?limit=51"),
}


def operations() -> dict[str, tuple[str, str, Operation]]:
    """Return method, path template and description of every operation, by id."""
    text = resources.files("amocrm_sandbox").joinpath("description.json").read_bytes()
    known = Description.bundled().operations
    return {
        raw["operationId"]: (method.upper(), template, known[raw["operationId"]])
        for template, item in msgspec.json.decode(text)["paths"].items()
        for method, raw in item.items()
        if isinstance(raw, dict) and "operationId" in raw
    }


def valid(operation: Operation) -> Call:
    """Return the request that is carried out."""
    return VALID[operation.id]


def refused(operation: Operation) -> Call:
    """Return the request that is refused: an unknown key, an unknown id, or no token at all."""
    if operation.id in INVALID:
        return INVALID[operation.id]
    call = VALID[operation.id]
    if operation.has_body:
        bad: Any = {"nonsense": True}
        return Call(call.target, [bad] if operation.is_batch else bad, call.headers, call.before)
    path, _, query = call.target.partition("?")
    if path.rpartition("/")[2].startswith("{") and operation.raw.get("x-host") != "amojo":
        target = f"{path.rpartition('/')[0]}/{UNKNOWN}"
        return Call(target + (f"?{query}" if query else ""), None, call.headers, call.before)
    return Call(call.target, None, {"authorization": "Bearer nonsense"}, call.before)


def proof_of(operation_id: str) -> str:
    """Return the words for the table of coverage, empty when an operation is not proved here."""
    return "sandbox: carried out and refused" if operation_id in VALID else ""
