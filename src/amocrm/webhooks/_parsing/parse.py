"""Parser of deliveries: from the bytes to the events, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from msgspec import UNSET

from amocrm_gen._runtime.decoding import decode_json
from amocrm_gen.models.hooks import HookAccount

from ..._core.arguments import checked
from .._delivery import Account, Delivery
from .._events import activity, chats, entities, integration, talks
from .._events.base import Event, UnknownEvent
from .._payload.typed_payload import integer, typed_payload
from ..errors import BodyMalformed
from .php_forms import CHARSETS, DEFAULT, BodyLimits, Tree, decode_form

__all__ = ["decode", "parse", "parse_delivery", "parse_tree"]

Kind: TypeAlias = type[Event[Any]]


@checked()
def parse(
    body: bytes,
    headers: Mapping[Any, Any] | Iterable[tuple[Any, Any]] | None = None,
    *,
    query: str = "",
    limits: BodyLimits = DEFAULT,
) -> list[Event[Any]]:
    """Return all events of a delivery, in the order of the body; unknown ones as `UnknownEvent`.

    Args:
        body: the bytes as they arrived.
        headers: headers of the request, in any form and case. The content type says whether the body is a
            form or JSON; without one the body itself decides.
        query: query string, for hooks that come as ``GET`` (uninstall, redirects); read if there is no body.
        limits: bounds of the body.

    Raises:
        WebhookError: the body is too large or neither a form nor JSON. Nothing else is raised.

    Example:
        >>> parse(b"leads[status][0][id]=17&leads[status][0][status_id]=142")
        [LeadStatusChanged(leads 17)]
    """
    return parse_delivery(Delivery(body=body, headers=headers or {}, query=query), limits=limits)


def parse_delivery(delivery: Delivery, *, limits: BodyLimits = DEFAULT) -> list[Event[Any]]:
    """Return the events of a delivery; see `parse`."""
    return parse_tree(decode(delivery, limits=limits), delivery)


def parse_tree(tree: Tree, delivery: Delivery) -> list[Event[Any]]:
    """Return the events of a decoded delivery."""
    events: list[Event[Any]] = []
    account = _account(tree)
    kind = _single_event_kind(tree)
    if kind is not None:
        event = kind.read(tree, account, delivery, 0)
        return [event if event is not None else UnknownEvent.of("", "", tree, account, delivery, 0)]
    for group, action, item in _iter_all_items(tree):
        events.append(_event(group, action, item, account, delivery, len(events)))
    if not events and any(key != "account" for key in tree):
        events.append(UnknownEvent.of("", "", tree, account, delivery, 0))
    return events


def decode(delivery: Delivery, *, limits: BodyLimits = DEFAULT) -> Tree:
    """Return the body as a tree; without a body, the query.

    Raises:
        WebhookError: see `parse`.
    """
    body, content_type = delivery.body, delivery.headers.get("content-type", "").lower()
    media, _, parameters = content_type.partition(";")
    charset = _charset(parameters)
    if not body:
        return decode_form(delivery.query.encode("utf-8", "replace"), limits=limits)
    if media.startswith("multipart/"):
        raise BodyMalformed(
            "the body must be a plain form or JSON, got a multipart form; the platform does not send these"
        )
    if len(body) > limits.bytes:
        raise limits.refuse("bytes")
    start = body[:64].lstrip()[:1]
    if "json" in media or (start in (b"{", b"[") and b"=" not in body[:2]):
        if start == b"{":
            return _json(body, charset, limits)
        if "form" not in media:
            raise BodyMalformed(
                "the body must be a JSON object or a form, got other JSON; pass the body of a webhook"
            )
    return decode_form(body, charset=charset, limits=limits)


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";")[:8]:
        name, _, value = parameter.strip().partition("=")
        if name == "charset":
            charset = value.strip("\"' ").replace("_", "-")
            return charset if charset in CHARSETS else "utf-8"
    return "utf-8"


def _json(body: bytes, charset: str, limits: BodyLimits) -> Tree:
    if charset != "utf-8":
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            body = body.decode(charset, "replace").encode()
    try:
        tree, _ = decode_json(body)
    except RecursionError:
        raise limits.refuse("depth") from None
    except ValueError as error:
        raise BodyMalformed(
            f"the body must be complete JSON, got {type(error).__name__}; pass all its bytes"
        ) from None
    if not isinstance(tree, dict):
        raise BodyMalformed(
            "the body must be a JSON object or a form, got other JSON; pass the body of a webhook"
        )
    _check(tree, limits)
    return tree


def _check(tree: Any, limits: BodyLimits) -> None:
    """Check the bounds for JSON: members, depth and length of texts. It does not recurse."""
    members, depth, level = 0, 0, [tree]
    while level:
        depth += 1
        if depth > limits.depth:
            raise limits.refuse("depth")
        below: list[Any] = []
        for node in level:
            members += len(node)
            if members > limits.keys:
                raise limits.refuse("keys")
            for child in node.values() if isinstance(node, dict) else node:
                if isinstance(child, dict | list):
                    below.append(child)
                elif isinstance(child, str) and len(child) > limits.value:
                    raise limits.refuse("value")
        level = below


# ---- whole bodies -------------------------------------------------------------------------------------
def _single_event_kind(tree: Tree) -> Kind | None:
    """Return the class of a delivery that is a single event, ``None`` for account webhooks."""
    if "return_url" in tree and "token" in tree:
        return integration.BotRequest
    if "client_secret" in tree and "client_id" in tree:
        return integration.SecretsIssued
    if "signature" in tree and "account_id" in tree:
        return integration.IntegrationUninstalled
    if "code" in tree and (
        "referer" in tree or "state" in tree or "from_widget" in tree or "from_exchange" in tree
    ):
        return integration.AccessGranted
    if "error" in tree and not isinstance(tree["error"], dict | list):
        return integration.AccessRefused
    event, message, action = tree.get("event"), tree.get("message"), tree.get("action")
    if isinstance(event, dict) and ("type" in event or "type_code" in event or "data" in event):
        return integration.WidgetTriggered
    if isinstance(message, dict) and ("conversation" in message or isinstance(message.get("message"), dict)):
        content = message.get("message")
        commented = isinstance(content, dict) and isinstance(content.get("post"), dict)
        return chats.ChatCommentReply if commented else chats.ChatMessage
    if isinstance(action, dict):
        if isinstance(action.get("typing"), dict):
            return chats.ChatTyping
        if isinstance(action.get("reaction"), dict):
            return chats.ChatReaction
    if "conversation_id" in tree and ("msec_timestamp" in tree or "receiver" in tree):
        return chats.ChatMessageV1
    return None


def _account(tree: Tree) -> Account:
    """Return the account of a delivery, from its account block or from other keys."""
    block = tree.get("account")
    if isinstance(block, dict):
        payload = typed_payload({"subdomain": "", **block}, HookAccount)
        if payload is not None:
            return Account(
                id=None if payload.id is UNSET else payload.id,
                subdomain=payload.subdomain or None,
                url=None if payload.links is UNSET or payload.links.self_ is UNSET else payload.links.self_,
            )
    account_id, subdomain = tree.get("account_id"), tree.get("subdomain")
    number = integer(account_id)
    return Account(
        id=number,
        subdomain=subdomain if isinstance(subdomain, str) and subdomain else None,
        amojo_id=account_id if number is None and isinstance(account_id, str) and account_id else None,
    )


# ---- account webhooks ---------------------------------------------------------------------------------
def _iter_all_items(tree: Tree) -> Iterator[tuple[str, str, Any]]:
    """Yield group, action and item of everything in the body."""
    for group, actions in tree.items():
        if group == "account":
            continue
        if group == "add":
            for item in _iter_items(actions):
                yield "", "add", item
        elif isinstance(actions, dict):
            for action, items in actions.items():
                for item in _iter_items(items):
                    yield group, action, item
        else:
            yield group, "", actions


def _iter_items(items: Any) -> Iterator[Any]:
    """Yield the items of an action, although the platform omits or doubles levels.

    One object without an index is one item; a mapping with digits as keys is a list with holes;
    ``task[update][0][0]`` is ``task[update][0]``; a bare id is an item.
    """
    if isinstance(items, dict):
        listed: Iterable[Any] = items.values() if items and all(map(str.isdecimal, items)) else (items,)
    elif isinstance(items, list):
        listed = items
    else:
        listed = (items,)
    for item in listed:
        if isinstance(item, list) and item and all(isinstance(inner, dict) for inner in item):
            yield from item
        else:
            yield item


def _event(
    group: str, action: str, item: Any, account: Account, delivery: Delivery, position: int
) -> Event[Any]:
    group = _ALIASES.get(group, group)
    if isinstance(item, dict):
        tree = item
    elif action == "delete" and integer(item) is not None:
        tree = {"id": item}
    else:
        tree = None
    kind = None if tree is None else _kind(group, action, tree)
    event = None if kind is None else kind.read(tree, account, delivery, position)
    if event is None:
        return UnknownEvent.of(group, action, item, account, delivery, position)
    if isinstance(event, integration.LeadTriggered | integration.CustomerTriggered):
        event._with(trigger=action)
    return event


def _kind(group: str, action: str, item: Tree) -> Kind | None:
    if group in ("contacts", "companies"):
        company = group == "companies" or item.get("type") == "company"
        group = "companies" if company else "contacts"
    if action == "update" and (changed := _CHANGED.get(group)) is not None and _reassigned(item):
        return changed
    if group == "leads" and action == "status" and "old_pipeline_id" in item and _RECORD.isdisjoint(item):
        return integration.LeadTriggered
    if group == "unsorted" and action == "delete":
        return _REMOVED.get(str(item.get("action")), talks.UnsortedRemoved)
    if group == "" and ("chat_id" in item or "author" in item):
        return talks.MessageReceived
    return _KINDS.get((group, action))


def _reassigned(item: Tree) -> bool:
    """Return whether the responsible user changed: an ordinary update may repeat the current one."""
    old = integer(item.get("old_responsible_user_id"))
    return old is not None and old != integer(item.get("responsible_user_id"))


#: Keys that a record of a lead has and a trigger of the digital pipeline does not.
_RECORD: Final = frozenset({"name", "last_modified", "updated_at", "modified_user_id"})
#: Names of groups that other receivers accept and no recorded delivery has.
_ALIASES: Final = {"tasks": "task", "talks": "talk"}
_CHANGED: Final[Mapping[str, Kind]] = {
    "contacts": entities.ContactResponsibleChanged,
    "companies": entities.CompanyResponsibleChanged,
    "customers": entities.CustomerResponsibleChanged,
    "task": activity.TaskResponsibleChanged,
}
_REMOVED: Final[Mapping[str, Kind]] = {
    "accept": talks.UnsortedAccepted,
    "decline": talks.UnsortedDeclined,
}
_KINDS: Final[Mapping[tuple[str, str], Kind]] = {
    ("leads", "add"): entities.LeadAdded,
    ("leads", "update"): entities.LeadUpdated,
    ("leads", "delete"): entities.LeadDeleted,
    ("leads", "restore"): entities.LeadRestored,
    ("leads", "status"): entities.LeadStatusChanged,
    ("leads", "responsible"): entities.LeadResponsibleChanged,
    ("leads", "note"): activity.LeadNoteAdded,
    ("contacts", "add"): entities.ContactAdded,
    ("contacts", "update"): entities.ContactUpdated,
    ("contacts", "delete"): entities.ContactDeleted,
    ("contacts", "restore"): entities.ContactRestored,
    ("contacts", "responsible"): entities.ContactResponsibleChanged,
    ("contacts", "note"): activity.ContactNoteAdded,
    ("companies", "add"): entities.CompanyAdded,
    ("companies", "update"): entities.CompanyUpdated,
    ("companies", "delete"): entities.CompanyDeleted,
    ("companies", "restore"): entities.CompanyRestored,
    ("companies", "responsible"): entities.CompanyResponsibleChanged,
    ("companies", "note"): activity.CompanyNoteAdded,
    ("customers", "add"): entities.CustomerAdded,
    ("customers", "update"): entities.CustomerUpdated,
    ("customers", "delete"): entities.CustomerDeleted,
    ("customers", "responsible"): entities.CustomerResponsibleChanged,
    ("customers", "note"): activity.CustomerNoteAdded,
    ("task", "add"): activity.TaskAdded,
    ("task", "update"): activity.TaskUpdated,
    ("task", "delete"): activity.TaskDeleted,
    ("task", "responsible"): activity.TaskResponsibleChanged,
    ("catalogs", "add"): activity.CatalogElementAdded,
    ("catalogs", "update"): activity.CatalogElementUpdated,
    ("catalogs", "delete"): activity.CatalogElementDeleted,
    ("unsorted", "add"): talks.UnsortedAdded,
    ("unsorted", "update"): talks.UnsortedUpdated,
    ("talk", "add"): talks.TalkAdded,
    ("talk", "update"): talks.TalkUpdated,
    ("talk", "delete"): talks.TalkDeleted,
    ("message", "add"): talks.MessageReceived,
    ("outgoing_message", "add"): talks.MessageSent,
    ("", "add"): talks.ChatTemplateSentForReview,
    **{
        ("leads", trigger): integration.LeadTriggered
        for trigger in ("call_in", "chat", "site_visit", "mail_in")
    },
    **{
        ("customers", trigger): integration.CustomerTriggered
        for trigger in ("call_in", "chat", "site_visit", "mail_in", "period", "status")
    },
}
