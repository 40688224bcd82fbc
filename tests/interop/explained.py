"""Failed calls that are no fault of the sandbox, one by one: why a live account would not take them either."""

from __future__ import annotations

import re

__all__ = ["reason_of"]

_NOT_FILLED = "`syncOne()` reads a key of the model that `addOne()` does not fill from the answer"
_EXPLAINED: dict[str, tuple[tuple[str, str], ...]] = {
    "php": (
        (r"(groups \w+|statuses|lossReasons)\.syncOne", _NOT_FILLED),
        (r"links \w+\.delete", "its mass unlinking takes the documented 204 for an error"),
        (r"roles\.update as read", "its `update()` of several roles sends no ids"),
    ),
    "shevernitskiy-amo": (
        (r"custom_fields.addCustomFieldsGroups .*", "groups of fields are sent to the address of fields"),
        (r"catalog.addCatalogElements", "elements are sent to the address of their list"),
        (r"link.deleteLinks.*", "unlinking takes the documented 204 for an error"),
        (r"note.updateNoteById", "the address of the note has `undefined` in the place of its entity"),
        (
            r"talk.closeTalkById|file.(un)?linkEntityFiles",
            "the empty answer of the documented 202 is parsed as JSON",
        ),
    ),
    "amocrm-api-wrapper": (
        (r"update_companies", "the update is sent with the method of a creation"),
        (r"unlink_\w+_entity", "the address ends with `unlinks`"),
        (r"unsubscribe_webhook", "no address of a webhook can be named"),
        (r"create_unsorted_by_form", "the address ends with `form`"),
        (r"create_unsorted_by_sip", "lead, contact and company stand beside `_embedded` and not in it"),
        (r"link_unsorted", "host and path are joined without a slash"),
    ),
    "amocrm-js": ((r"request\.delete webhook", "the body of a DELETE goes out without its length"),),
    "amocrm-ruby": (
        (
            r"pipelines\.update|pipeline_statuses\.update",
            "the API has no update of several pipelines or stages",
        ),
        (r"short_links\.create", "the link is sent alone and without its entity, where a list is documented"),
        (
            r"entity_followers\.list",
            "the address is in no documentation; those who follow are at `subscriptions`",
        ),
    ),
    "amotop": (
        (r"addNote(ToLead|ToContact)?|editTask", "the body is wrapped into a key `data`"),
        (r"getCompanyLinks", "links of a company are asked of an address of leads"),
    ),
    "php-examples": (
        ("customers_actions", "the example calls `setValues()` of a collection, which has no such method"),
        ("transactions_actions", "the example deletes a purchase whose model was never given its customer"),
    ),
}


def reason_of(client: str, call: str) -> str | None:
    """Return why a failed call of a client is no fault of the sandbox, or None when it may be one."""
    for pattern, reason in _EXPLAINED.get(client, ()):
        if re.fullmatch(pattern, call):
            return reason
    return None
