"""The vocabulary of the account's log: types of events, entities in the singular, numbers of field types."""

from __future__ import annotations

from typing import Any

__all__ = ["EVENT_TYPES", "FIELD_TYPES", "NOTE_EVENTS", "PLURALS", "SINGULARS", "value_items"]

SINGULARS = {"leads": "lead", "contacts": "contact", "companies": "company", "customers": "customer"}
PLURALS = {singular: plural for plural, singular in SINGULARS.items()}

# Key, number, English and Russian name; one number may be shared.
EVENT_TYPES: tuple[tuple[str, int, str, str], ...] = (
    ("lead_added", 1, "New lead", "Новая сделка"),
    ("contact_added", 2, "New contact", "Новый контакт"),
    ("company_added", 3, "New company", "Новая компания"),
    ("lead_deleted", 7, "Lead deleted", "Сделка удалена"),
    ("contact_deleted", 8, "Contact deleted", "Контакт удалён"),
    ("company_deleted", 9, "Company deleted", "Компания удалена"),
    ("lead_restored", 10, "Lead restored", "Сделка восстановлена"),
    ("contact_restored", 11, "Contact restored", "Контакт восстановлен"),
    ("company_restored", 12, "Company restored", "Компания восстановлена"),
    ("lead_status_changed", 14, "Stage changed", "Изменение этапа сделки"),
    ("incoming_mail", 16, "Incoming mail", "Входящее письмо"),
    ("incoming_call", 17, "Incoming call", "Входящий звонок"),
    ("site_visit_note_added", 18, "Site visited", "Заход на сайт"),
    ("customer_added", 20, "New customer", "Новый покупатель"),
    ("custom_field_value_changed", 24, "Field changed", "Изменение поля"),
    ("entity_responsible_changed", 25, "Responsible user changed", "Ответственный изменён"),
    ("transaction_added", 26, "Purchase added", "Добавлена покупка"),
    ("common_note_added", 27, "Note added", "Новое примечание"),
    ("attachment_note_added", 28, "File added", "Добавлен файл"),
    ("task_completed", 29, "Task completed", "Завершение задачи"),
    ("outgoing_call", 30, "Outgoing call", "Исходящий звонок"),
    ("targeting_in_note_added", 31, "Added to retargeting", "Добавление в ретаргетинг"),
    ("targeting_out_note_added", 32, "Removed from retargeting", "Удаление из ретаргетинга"),
    ("task_result_added", 33, "Task result added", "Добавлен результат задачи"),
    ("geo_note_added", 38, "Place added", "Примечание с геометкой"),
    ("service_note_added", 39, "System note added", "Системное примечание"),
    ("dropbox_attachment", 40, "Dropbox file attached", "Файл из Dropbox"),
    ("incoming_sms", 41, "Incoming SMS", "Входящее SMS"),
    ("outgoing_sms", 42, "Outgoing SMS", "Исходящее SMS"),
    ("task_added", 49, "New task", "Новая задача"),
    ("task_deleted", 51, "Task deleted", "Задача удалена"),
    ("customer_deleted", 53, "Customer deleted", "Покупатель удалён"),
    ("customer_status_changed", 57, "Customer stage changed", "Изменение этапа покупателя"),
    ("link_followed", 59, "Link opened", "Переход по ссылке"),
    ("message_to_cashier_note_added", 60, "Message to the cashier", "Сообщение кассиру"),
    ("invoice_paid", 62, "Invoice paid", "Счёт оплачен"),
    ("entity_tag_added", 63, "Tags added", "Теги добавлены"),
    ("entity_tag_deleted", 64, "Tags removed", "Теги убраны"),
    ("sale_field_changed", 69, "Budget changed", "Изменение поля «Бюджет»"),
    ("name_field_changed", 70, "Name changed", "Изменение поля «Название»"),
    ("entity_linked", 72, "Attached", "Прикрепление"),
    ("entity_unlinked", 73, "Detached", "Открепление"),
    ("robot_replied", 74, "Robot answered", "Ответ робота"),
    ("intent_identified", 75, "Subject recognised", "Определена тема вопроса"),
    ("task_type_changed", 76, "Task type changed", "Изменение типа задачи"),
    ("task_text_changed", 77, "Task text changed", "Изменение текста задачи"),
    ("task_deadline_changed", 78, "Task deadline changed", "Изменение срока задачи"),
    ("common_note_deleted", 79, "Note deleted", "Примечание удалено"),
    ("lead_linked", 80, "Lead attached", "Прикрепление сделки"),
    ("contact_linked", 81, "Contact attached", "Прикрепление контакта"),
    ("company_linked", 82, "Company attached", "Прикрепление компании"),
    ("customer_linked", 83, "Customer attached", "Прикрепление покупателя"),
    ("lead_unlinked", 84, "Lead detached", "Открепление сделки"),
    ("contact_unlinked", 85, "Contact detached", "Открепление контакта"),
    ("company_unlinked", 86, "Company detached", "Открепление компании"),
    ("customer_unlinked", 87, "Customer detached", "Открепление покупателя"),
    ("ltv_field_changed", 88, "Sum of purchases changed", "Сумма покупок изменена"),
    ("incoming_chat_message", 89, "Incoming message", "Входящее сообщение"),
    ("outgoing_chat_message", 90, "Outgoing message", "Исходящее сообщение"),
    ("nps_rate_added", 91, "New NPS mark", "Новая оценка NPS"),
    ("entity_merged", 92, "Entities merged", "Выполнено объединение"),
    ("entity_segment_attached", 94, "Added to a segment", "Добавление в сегмент"),
    ("entity_segment_detached", 95, "Removed from a segment", "Удаление из сегмента"),
    ("zoom_conference", 96, "Zoom meeting", "Конференция Zoom"),
    ("video_opened", 97, "Video opened", "Видео открыто"),
    ("video_closed", 98, "Video closed", "Видео закрыто"),
    ("picture_opened", 99, "Picture opened", "Изображение открыто"),
    ("picture_closed", 100, "Picture closed", "Изображение закрыто"),
    ("segment_created", 101, "Segment created", "Сегмент создан"),
    ("key_action_completed", 116, "Key action", "Ключевое действие"),
    ("invoice_created", 118, "Invoice created", "Счёт создан"),
    ("talk_created", 119, "Talk opened", "Новая беседа"),
    ("talk_closed", 120, "Talk closed", "Беседа закрыта"),
    ("talk_missed_event", 122, "Talk missed", "Пропущенная беседа"),
    ("conversation_answered", 135, "Talk answered", "Беседа отмечена отвеченной"),
    ("meta_chat_subscription_added", 136, "Meta chat subscription added", "Подписка на чат Meta добавлена"),
    ("meta_chat_subscription_removed", 137, "Meta chat subscription removed", "Подписка на чат Meta удалена"),
    ("entity_direct_message", 150, "Internal message", "Сообщение внутреннего чата"),
    ("page_mention", 151, "Page mentioned", "Упоминание страницы"),
    ("outgoing_mail", 152, "Outgoing mail", "Исходящее письмо"),
    ("ai_result", 153, "AI result", "Результат AI"),
)

NOTE_EVENTS = {
    "common": "common_note_added",
    "call_in": "incoming_call",
    "call_out": "outgoing_call",
    "service_message": "service_note_added",
    "extended_service_message": "service_note_added",
    "message_cashier": "message_to_cashier_note_added",
    "geolocation": "geo_note_added",
    "sms_in": "incoming_sms",
    "sms_out": "outgoing_sms",
    "attachment": "attachment_note_added",
    "invoice_paid": "invoice_paid",
    "bill_paid": "invoice_paid",
    "site_visit": "site_visit_note_added",
    "targeting_in": "targeting_in_note_added",
    "targeting_out": "targeting_out_note_added",
    "zoom_meeting": "zoom_conference",
    "link_followed": "link_followed",
    "ai_result": "ai_result",
}

# Events name field types by number; the ones above 15 are our choice, no source prints them.
FIELD_TYPES = {
    "text": 1,
    "numeric": 2,
    "checkbox": 3,
    "select": 4,
    "multiselect": 5,
    "date": 6,
    "url": 7,
    "multitext": 8,
    "textarea": 9,
    "radiobutton": 10,
    "streetaddress": 11,
    "smart_address": 13,
    "birthday": 14,
    "legal_entity": 15,
    "items": 16,
    "category": 18,
    "date_time": 19,
    "price": 20,
    "tracking_data": 21,
    "linked_entity": 22,
    "chained_list": 23,
    "monetary": 24,
    "file": 25,
    "payer": 26,
    "supplier": 27,
}


def value_items(field: dict[str, Any], values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the values of a field as an event shows them, one item each."""
    options = {option["id"]: option["value"] for option in field.get("enums") or field.get("nested") or ()}
    items = []
    for value in values:
        enum_id, text = value.get("enum_id"), value.get("value")
        if text is None and enum_id is not None:
            text = options.get(enum_id)
        if isinstance(text, dict):
            text = text.get("name")
        shown = None if text is None else ("1" if text else "0") if isinstance(text, bool) else str(text)
        head = {"field_id": field["id"], "field_type": FIELD_TYPES.get(field["type"])}
        items.append({"custom_field_value": {**head, "enum_id": enum_id, "text": shown}})
    return items
