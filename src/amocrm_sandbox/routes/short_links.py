"""Short links for contacts, and the subscribers of leads and customers."""

from __future__ import annotations

from ..domain import access
from ..domain.context import Context, Routes
from ..engine.messages import Response, json_response

__all__ = ["routes"]

routes = Routes()

_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@routes("POST", "/api/v4/short_links")
def create_short_links(ctx: Context) -> Response:
    """Make short links; those for contacts out of reach are left out of the answer, which has no `request_id`."""
    ctx.refuse_bad_items()
    shown = []
    for item in ctx.items:
        contact_id = item.data["metadata"]["entity_id"]
        if not access.may_see(ctx, "contacts", contact_id):
            continue
        code = "".join(ctx.account.random.choice(_LETTERS) for _ in range(6))
        link = {"id": ctx.store.next_id("short_links"), "code": code, "url": item.data["url"]}
        ctx.store.put("short_links", {**link, "contact_id": contact_id})
        metadata = {"entity_type": "contacts", "entity_id": contact_id}
        account_id = ctx.account.settings["id"]
        shown.append({"url": f"https://amo.sh/{code}", "account_id": account_id, "metadata": metadata})
    body = {"_links": {"self": {"href": "/api/v4/short_links"}}, "_embedded": {"short_links": shown}}
    return json_response(body)


@routes("GET", "/api/v4/leads/{id}/subscriptions", "/api/v4/customers/{id}/subscriptions")
def list_subscriptions(ctx: Context) -> Response:
    """List the subscribers of a lead or customer, users and groups."""
    kind, id = ctx.path.split("/")[3], ctx.id()
    access.require_entity(ctx, kind, id, "view")
    subscribers = [
        {"subscriber_id": document["subscriber_id"], "type": document["type"]}
        for document in ctx.store.documents("subscriptions").values()
        if document["kind"] == kind and document["entity_id"] == id
    ]
    return ctx.counted_page("subscriptions", subscribers, lambda subscriber: subscriber)
