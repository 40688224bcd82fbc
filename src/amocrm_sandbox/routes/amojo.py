"""The chat service: connecting a channel, and chats before their first message."""

from __future__ import annotations

from typing import Any

from ..domain.context import Context, Routes
from ..engine.messages import JSON, Response, decode_json, json_response
from ..engine.refusals import Refused
from ..messaging.chats import chat_by, make_chat
from ..webhooks.chat_signature import is_signed

__all__ = ["amojo_error", "channel_of", "read_body", "routes"]

routes = Routes()

_PATH = "/v2/origin/custom/{scope_id}"
_TYPES = {403: "ORIGIN_INVALID_SIGNATURE", 404: "ORIGIN_NOT_REGISTERED"}


def amojo_error(status: int, description: str, type: str | None = None) -> Refused:
    """Return the exception for an error of the chat service, which has a form of its own."""
    body = {
        "status": 0,
        "error_code": status,
        "error_type": type or _TYPES.get(status, "ORIGIN_INVALID_REQUEST"),
    }
    return Refused(json_response({**body, "error_description": description}, status, JSON))


def _missing(ctx: Context) -> Refused:
    # Not every operation documents a 404; an unknown channel cannot be signed for either.
    has_404 = ctx.operation is None or "404" in ctx.operation.raw["responses"]
    return (
        amojo_error(404, "NOT_FOUND") if has_404 else amojo_error(403, "NOT_FOUND", "ORIGIN_NOT_REGISTERED")
    )


def channel_of(ctx: Context, is_connected: bool = True) -> dict[str, Any]:
    """Return the channel that the path names, after checking the signature.

    Raises:
        Refused: The channel is unknown or not connected (404 or 403), or the signature is wrong (403).
    """
    name = ctx.params.get("channel_id") or ctx.params["scope_id"]
    channels = ctx.store.documents("channels").values()
    key = name.partition("_")[0]
    channel = next((item for item in channels if item["channel_id"] == key), None)
    if channel is None:
        raise _missing(ctx)
    request = ctx.request
    if not is_signed(channel["secret"], request.method, ctx.path, request.headers, request.body, ctx.now):
        raise amojo_error(403, "invalid signature")
    if is_connected and (channel["connection"] or {}).get("scope_id") != name:
        raise _missing(ctx)
    # Changes that a channel causes have no user.
    ctx.user = {"id": 0}
    return channel


def read_body(ctx: Context) -> dict[str, Any]:
    """Return the body; types are strict here.

    Raises:
        Refused: It is no JSON, or not what the operation takes (400).
    """
    try:
        value = decode_json(ctx.request.body)
    except ValueError:
        raise amojo_error(400, "body is not valid JSON") from None
    errors = ctx.operation.validate(value) if ctx.operation else []
    if errors or not isinstance(value, dict):
        first = errors[0] if errors else {"path": "", "detail": "This value should be of type object."}
        raise amojo_error(400, f"{first['path']}: {first['detail']}")
    return value


@routes("POST", "/v2/origin/custom/{channel_id}/connect")
def connect_channel(ctx: Context) -> Response:
    """Connect a channel to the account; the answer has the scope that all other paths need."""
    channel = channel_of(ctx, is_connected=False)
    data = read_body(ctx)
    if data["account_id"] != ctx.account.settings["amojo_id"]:
        raise _missing(ctx)
    scope_id = f"{channel['channel_id']}_{data['account_id']}"
    answer = {"account_id": data["account_id"], "scope_id": scope_id}
    answer["title"] = data.get("title") or channel["title"]
    answer["hook_api_version"] = data.get("hook_api_version", "v1")
    if "is_time_window_disabled" in data:
        answer["is_time_window_disabled"] = data["is_time_window_disabled"]
    ctx.store.put("channels", {**channel, "connection": answer})
    return json_response(answer, content_type=JSON)


@routes("DELETE", "/v2/origin/custom/{channel_id}/disconnect")
def disconnect_channel(ctx: Context) -> Response:
    """Disconnect a channel; 200 without a body."""
    channel = channel_of(ctx, is_connected=False)
    data = read_body(ctx)
    if data["account_id"] != ctx.account.settings["amojo_id"] or channel["connection"] is None:
        raise _missing(ctx)
    ctx.store.put("channels", {**channel, "connection": None})
    return Response(200)


@routes("POST", _PATH + "/chats")
def create_chat(ctx: Context) -> Response:
    """Add a chat before its first message, or return the one that exists."""
    channel = channel_of(ctx)
    data = read_body(ctx)
    user = data["user"]
    if not user.get("id") and not user.get("ref_id"):
        raise amojo_error(400, "user.id: This field is missing.")
    chat = chat_by(ctx, channel=channel["id"], conversation_id=data["conversation_id"])
    if chat is None:
        source = (data.get("source") or {}).get("external_id")
        chat = make_chat(ctx, channel, data["conversation_id"], user, source)
    client = chat["client"]
    shown = {
        "id": client["id"],
        "client_id": client["client_id"],
        "name": client["name"],
        "avatar": client["avatar"],
    }
    shown.update({key: client[key] for key in ("phone", "email") if client[key]})
    kept = {key: value for key, value in shown.items() if value is not None}
    return json_response({"id": chat["chat_id"], "user": kept}, content_type=JSON)


@routes("POST", _PATH + "/typing")
def send_typing(ctx: Context) -> Response:
    """Show that the client types."""
    channel_of(ctx)
    read_body(ctx)
    return Response(204)
