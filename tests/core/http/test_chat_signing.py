"""Signatures of the chats service, by the published composition."""

from __future__ import annotations

import calendar

import pytest

from amocrm._core.http.chat_signing import ChannelSecret, signed_headers

CHANNEL = ChannelSecret("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "0123456789abcdef0123456789abcdef01234567")
NOW = calendar.timegm((2025, 3, 3, 10, 0, 0))
SCOPE = "/v2/origin/custom/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"


@pytest.mark.parametrize(
    ("method", "path", "body", "digest", "signature"),
    [
        (
            "POST",
            f"{SCOPE}/connect",
            b'{"account_id":"11111111-2222-4333-8444-555555555555","title":"Demo","hook_api_version":"v2"}',
            "85cd495da04fe71d750550a545dfe251",
            "a21c7991a87b3664382b67f6e17e37a6a8958371",
        ),
        (
            "GET",
            f"{SCOPE}_11111111-2222-4333-8444-555555555555/chats/99999999-8888-4777-8666-555555555555/history",
            b"",
            "d41d8cd98f00b204e9800998ecf8427e",
            "636e77670667216e4ed3ad86463ab7bda8d27aa6",
        ),
    ],
)
def test_the_known_vectors_are_signed_alike(
    method: str, path: str, body: bytes, digest: str, signature: str
) -> None:
    """Method, digest, type, date and path joined by line feeds give the vectors that are known."""
    headers = dict(signed_headers(CHANNEL, method, path, body, NOW))
    assert headers[b"date"] == b"Mon, 03 Mar 2025 10:00:00 +0000"
    assert headers[b"content-md5"] == digest.encode()
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"x-signature"] == signature.encode()


def test_the_secret_is_not_shown() -> None:
    """The representation of a channel names it and not its key."""
    assert "0123456789" not in repr(CHANNEL)
    assert CHANNEL.channel_id in repr(CHANNEL)
