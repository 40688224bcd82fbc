"""Signed requests to the chats service, which knows no bearer token.

Rests on https://www.amocrm.ru/developers/content/chats/chat-api-reference.
"""

from __future__ import annotations

import attrs

from amocrm_gen._runtime import chat_signing as _runtime

from ..arguments import checked

__all__ = ["ChannelSecret", "signed_headers"]


@checked()
@attrs.frozen
class ChannelSecret:
    """The credentials of a chat channel, as the vendor's support hands them out.

    Attributes:
        channel_id: id of the channel, the path of ``connect`` and ``disconnect``.
        secret: its secret key; never shown.

    Example:
        >>> ChannelSecret("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "0123").scope_id("1111")
        'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee_1111'
    """

    channel_id: str
    secret: str = attrs.field(repr=False)

    def scope_id(self, amojo_id: str) -> str:
        """Address of the channel in an account (``account(with_=["amojo_id"])``)."""
        return f"{self.channel_id}_{amojo_id}"


def signed_headers(
    channel: ChannelSecret, method: str, path: str, content: bytes, now: float
) -> list[tuple[bytes, bytes]]:
    """Return the headers that prove the sender: date, digest of the body, signature.

    Args:
        channel: whose secret signs.
        method: in upper case.
        path: as it stands in the request line, without the query.
        content: the bytes of the body exactly as they are sent; empty without one.
        now: Unix seconds.
    """
    headers = _runtime.signed_headers(channel.secret, method, path, content, now)
    return [(name.encode(), value.encode()) for name, value in headers.items()]
