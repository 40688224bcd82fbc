"""Templates of chat messages, and their moderation by WhatsApp."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Item, Routes
from ..engine.messages import Response, json_response
from ..engine.php_query import as_list
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

KIND = "templates"
_PATH = "/api/v4/chats/templates"
_DEFAULTS: dict[str, Any] = {
    "is_editable": False,
    "type": "amocrm",
    "buttons": [],
    "attachment": None,
    "external_id": "",
    "waba_header": None,
    "waba_header_type": None,
    "waba_footer": "",
    "waba_category": "",
    "waba_language": "",
    "waba_examples": [],
}
_CHANGEABLE = ("name", "content", *_DEFAULTS)


def _own(ctx: Context) -> list[dict[str, Any]]:
    return [
        document for document in ctx.store.documents(KIND).values() if document["client_id"] == ctx.client_id
    ]


def _get(ctx: Context, id: int) -> dict[str, Any] | None:
    return next((template for template in _own(ctx) if template["id"] == id), None)


def _find(ctx: Context) -> dict[str, Any]:
    template = _get(ctx, ctx.id())
    if template is None:
        raise refuse(404, "Template not found")
    return template


def _show(ctx: Context, template: dict[str, Any], request_id: str | None = None) -> dict[str, Any]:
    shown = {key: value for key, value in template.items() if key not in ("client_id", "reviews", "status")}
    shown["account_id"] = ctx.account.settings["id"]
    if shown["attachment"] and request_id is None and ctx.request.method == "GET":
        shown["attachment"] = {**shown["attachment"], "is_external": True}
    if request_id is not None:
        shown["request_id"] = request_id
    if "reviews" in ctx.with_:
        shown["review_status"] = template["status"] if template["type"] == "waba" else None
        shown["is_on_review"] = template["status"] == "review"
        shown["_embedded"] = {"reviews": template["reviews"]}
    return {**shown, "_links": ctx.links(f"chats/templates/{template['id']}")}


def _answer(shown: list[dict[str, Any]]) -> Response:
    return json_response({"_total_items": len(shown), "_embedded": {"chat_templates": shown}})


def _fill(ctx: Context, item: Item, template: dict[str, Any]) -> dict[str, Any]:
    """Return the template with what was sent; errors go to the item."""
    data = item.data
    changed = {**template, **{key: data[key] for key in _CHANGEABLE if key in data}, "updated_at": ctx.now}
    for key in ("buttons", "waba_footer", "waba_category", "waba_language", "waba_examples"):
        changed[key] = changed[key] if changed[key] is not None else _DEFAULTS[key]
    kinds = {button["type"] for button in changed["buttons"]}
    if len(kinds) > 1:
        item.error("NotSupportedChoice", "buttons")
    for index, button in enumerate(changed["buttons"]):
        if button["type"] == "url" and not button.get("url"):
            item.error("FieldMissing", f"buttons.{index}.url")
    if changed["waba_header_type"] == "media" and changed["attachment"] is None:
        item.error("FieldMissing", "attachment")
    attachment = changed["attachment"]
    sql = "SELECT 1 FROM files WHERE uuid=? AND deleted_at IS NULL"
    if attachment and data.get("attachment") and ctx.store.row(sql, (attachment["id"],)) is None:
        item.error("NotSupportedChoice", "attachment.id")
    return changed


@routes("GET", _PATH)
def list_templates(ctx: Context) -> Response:
    """List the templates of the integration."""
    ctx.require_admin()
    wanted = as_list(ctx.filter.get("external_id"))
    templates = [item for item in _own(ctx) if not wanted or item["external_id"] in wanted]
    return ctx.sliced_page("chat_templates", templates, lambda template: _show(ctx, template))


@routes("GET", _PATH + "/{id}")
def get_template(ctx: Context) -> Response:
    """Return one template."""
    return json_response(_show(ctx, _find(ctx)))


@routes("POST", _PATH)
def create_templates(ctx: Context) -> Response:
    """Add templates."""
    ctx.require_admin()
    shown = []
    for item in ctx.items:
        if item.errors:
            continue
        plain = {"id": 0, "name": "", "content": "", "created_at": ctx.now, **_DEFAULTS}
        own = {"client_id": ctx.client_id, "reviews": [], "status": "draft"}
        template = _fill(ctx, item, {**plain, **own})
        if not item.errors:
            template["id"] = ctx.store.next_id(KIND)
            ctx.store.put(KIND, template)
            shown.append(_show(ctx, template, item.request_id))
    ctx.refuse_bad_items()
    return _answer(shown)


def _change(ctx: Context, item: Item, template: dict[str, Any]) -> dict[str, Any]:
    if template["type"] == "waba" and template["status"] != "draft":
        item.error("NotSupportedChoice", "id", detail="A template can be edited in the status draft only.")
    changed = _fill(ctx, item, template)
    if not item.errors:
        ctx.store.put(KIND, changed)
    return changed


@routes("PATCH", _PATH)
def update_templates(ctx: Context) -> Response:
    """Change templates; answers have no `request_id`."""
    ctx.require_admin()
    shown = []
    for item in ctx.items:
        template = None if item.errors else _get(ctx, item.data["id"])
        if template is not None:
            shown.append(_show(ctx, _change(ctx, item, template)))
        elif not item.errors:
            item.error("NotSupportedChoice", "id")
    ctx.refuse_bad_items()
    return _answer(shown)


@routes("PATCH", _PATH + "/{id}")
def update_template(ctx: Context) -> Response:
    """Change one template."""
    ctx.require_admin()
    template = _find(ctx)
    ctx.refuse_bad_items()
    changed = _change(ctx, ctx.item, template)
    ctx.refuse_bad_items()
    return json_response(_show(ctx, changed))


@routes("DELETE", _PATH)
def delete_templates(ctx: Context) -> Response:
    """Remove templates named in the body."""
    ctx.require_admin()
    for item in ctx.items:
        if item.errors:
            continue
        if _get(ctx, item.data["id"]) is None:
            item.error("NotSupportedChoice", "id")
        else:
            ctx.store.remove(KIND, item.data["id"])
    ctx.refuse_bad_items()
    return Response(204)


@routes("DELETE", _PATH + "/{id}")
def delete_template(ctx: Context) -> Response:
    """Remove one template."""
    ctx.require_admin()
    ctx.store.remove(KIND, _find(ctx)["id"])
    return Response(204)


@routes("POST", _PATH + "/{id}/review")
def send_to_review(ctx: Context) -> Response:
    """Send a WhatsApp template to moderation: one review for each WhatsApp source, at least one."""
    ctx.require_admin()
    template = _find(ctx)
    ctx.refuse_bad_items()
    if template["type"] != "waba":
        raise refuse(400, "Only templates of type waba can be reviewed")
    sources = [
        source["id"]
        for source in ctx.store.documents("sources").values()
        if any(service["type"] == "whatsapp" for service in source["services"])
    ]
    blank = {"status": "review", "reject_reason": ""}
    reviews = [{"id": ctx.store.next_id("reviews"), "source_id": id, **blank} for id in sources or [None]]
    template = {**template, "reviews": reviews, "status": "review", "updated_at": ctx.now}
    ctx.store.put(KIND, template)
    keys = ("id", "type", "name", "content", "created_at", "updated_at", "is_editable", "reviews")
    waba = (
        "waba_header",
        "waba_footer",
        "waba_category",
        "waba_language",
        "external_id",
        "buttons",
        "attachment",
    )
    record = {key: template[key] for key in (*keys, *waba)}
    record.update(account_id=ctx.account.settings["id"], is_on_review=True)
    ctx.changes.hook("add_chat_template_review", KIND, template["id"], **record)
    return json_response({"_embedded": {"reviews": reviews}})


@routes("POST", _PATH + "/{id}/review/{review_id}")
def set_review_status(ctx: Context) -> Response:
    """Tell the outcome of a moderation."""
    ctx.require_admin()
    template, review_id = _find(ctx), ctx.id("review_id")
    ctx.refuse_bad_items()
    if not any(review["id"] == review_id for review in template["reviews"]):
        raise refuse(404, "Review not found")
    changes = {key: ctx.item.data[key] for key in ("status", "reject_reason") if key in ctx.item.data}
    reviews = [{**item, **changes} if item["id"] == review_id else item for item in template["reviews"]]
    changed = next(review for review in reviews if review["id"] == review_id)
    ctx.store.put(KIND, {**template, "reviews": reviews, "status": changed["status"]})
    return json_response(changed)
