"""Widgets: the list, installing and uninstalling."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Routes
from ..engine.messages import Response, json_response
from ..engine.refusals import refuse

__all__ = ["routes"]

routes = Routes()

_PATH = "/api/v4/widgets"


def _show(ctx: Context, widget: dict[str, Any], with_settings: bool = False) -> dict[str, Any]:
    shown = {key: value for key, value in widget.items() if key != "settings"}
    # Settings are shown to the widget's own integration, and to the user that installs it.
    if with_settings or (widget["client_uuid"] == ctx.client_id and widget["settings"] is not None):
        shown["settings"] = widget["settings"]
    return {**shown, "_links": ctx.links(f"widgets/{widget['code']}")}


def _find(ctx: Context) -> dict[str, Any]:
    code = ctx.params["widget_code"]
    widget = next(
        (document for document in ctx.store.documents("widgets").values() if document["code"] == code), None
    )
    if widget is None:
        raise refuse(404, "Widget not found")
    return widget


@routes("GET", _PATH)
def list_widgets(ctx: Context) -> Response:
    """List widgets."""
    every = list(ctx.store.documents("widgets").values())
    return ctx.sliced_page("widgets", every, lambda widget: _show(ctx, widget))


@routes("GET", _PATH + "/{widget_code}")
def get_widget(ctx: Context) -> Response:
    """Return one widget."""
    return json_response(_show(ctx, _find(ctx)))


def _fits(kind: str, value: Any) -> bool:
    if kind in ("text", "pass"):
        return isinstance(value, str)
    if kind == "users":
        return isinstance(value, dict) and all(isinstance(item, str | int) for item in value.values())
    if kind == "users_lp":
        return isinstance(value, dict) and all(isinstance(item, dict) for item in value.values())
    return True


@routes("POST", _PATH + "/{widget_code}")
def install_widget(ctx: Context) -> Response:
    """Install a widget with values for its settings."""
    ctx.require_admin()
    widget = _find(ctx)
    ctx.refuse_bad_items()
    item, data = ctx.item, ctx.item.data
    template = {setting["key"]: setting for setting in widget["settings_template"]}
    for key, setting in template.items():
        if setting["is_required"] and key not in data:
            item.error("FieldMissing", key)
        elif key in data and not _fits(setting["type"], data[key]):
            item.error("InvalidType", key, "object" if setting["type"].startswith("users") else "string")
    for key in data.keys() - template.keys():
        item.error("FieldNotExpected", key)
    ctx.refuse_bad_items()
    installed = {**widget, "settings": data, "is_active_in_account": True}
    ctx.store.put("widgets", installed)
    return json_response(_show(ctx, installed, with_settings=True))


@routes("DELETE", _PATH + "/{widget_code}")
def uninstall_widget(ctx: Context) -> Response:
    """Uninstall a widget; 404 when it is not installed."""
    ctx.require_admin()
    widget = _find(ctx)
    if not widget["is_active_in_account"]:
        raise refuse(404, "Widget not found")
    ctx.store.put("widgets", {**widget, "settings": None, "is_active_in_account": False})
    return Response(204)
