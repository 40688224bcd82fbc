"""What cannot work is refused where it is written, with a sentence that says what to write instead."""
# GENERATED from tests/shell_async/connection/test_client_arguments.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from amocrm._sync.auth.token_stores import FileTokenStore, MemoryTokenStore
from amocrm._sync.connection.connection import Connection
from amocrm._sync.limits.file import FileLimiter
from amocrm._sync.limits.memory import MemoryLimiter
from amocrm._core.auth.token import OAuth
from amocrm._core.http.hosts import LimitKey
from amocrm._core.http.options import Timeout
from amocrm._core.http.retry import RetryPolicy
from amocrm._core.limits.limiter import RateLimits
from amocrm.errors import ConfigurationError

from .._support import mock, of_the_other_flavour
from ..auth.test_token_source import GET

pytestmark = pytest.mark.anyio

KEYS = OAuth("id", "secret", "https://shop.example/cb")


class Waiting:
    """A store of no flavour at all."""

    load = save = lock = None


def a_hook(event: Any) -> None:
    """Would have to be awaited."""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"token": b"bytes"}, "text"),
        ({"token": 5}, "text"),
        ({"token": ""}, "copy the token again"),
        ({"token": " abc"}, "alone"),
        ({"token": "Bearer abc"}, "alone"),
        ({"token": "a\nb"}, "copy the token again"),
        ({"oauth": "id"}, "OAuth\\("),
        ({"oauth": KEYS, "token": "t"}, "got both"),
        ({"token": "t", "store": MemoryTokenStore()}, "needs none"),
        ({"oauth": KEYS, "store": "/var/lib/tokens"}, "FileTokenStore"),
        ({"oauth": KEYS, "store": Waiting()}, "load, save, lock"),
        ({"token": "t", "limiter": 7}, "acquire, confirm"),
        ({"token": "t", "limiter": RateLimits()}, "MemoryLimiter"),
        ({"token": "t", "retry": 3}, "RetryPolicy"),
        ({"token": "t", "retry": False}, "RetryPolicy"),
        ({"token": "t", "verify": False}, "are verified"),
        ({"token": "t", "verify": "ca.pem"}, "SSLContext"),
        ({"token": "t", "proxy": "host:3128"}, "http://"),
        ({"token": "t", "timeout": 0}, "> 0"),
        ({"token": "t", "timeout": -1}, "> 0"),
        ({"token": "t", "timeout": "30"}, "> 0"),
        ({"token": "t", "timeout": float("nan")}, "> 0"),
        ({"token": "t", "max_response_bytes": 0}, ">= 1"),
        ({"token": "t", "max_prefetch": -1}, ">= 0"),
        ({"token": "t", "event_hooks": print}, "event_hooks"),
        ({"token": "t", "event_hooks": ["print"]}, "plain function"),
        ({"token": "t", "user_agent": "a\r\nX-Evil: 1"}, "user_agent"),
        ({"token": "t", "base_url": "https://demo.amocrm.ru"}, "127.0.0.1"),
        ({"token": "t", "base_url": "http://127.0.0.1:80/?q=1"}, "end after the port"),
        ({"token": "t", "base_url": "http://127.0.0.1@evil.ru"}, "127.0.0.1"),
    ],
)
def test_a_wrong_argument_is_named_with_the_right_one(options: dict[str, Any], told: str) -> None:
    """A wrong part of a client is named together with the right one, and no value is repeated."""
    with pytest.raises(ConfigurationError, match=told) as caught:
        Connection("demo", **options)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    "account",
    [
        "",
        "demo.amocrm.ru@evil.ru",
        "https://demo.amocrm.ru@evil.ru/",
        "https://evil.ru/demo.amocrm.ru",
        "https://evil.ru#demo.amocrm.ru",
        "https://evil.ru?x=demo.amocrm.ru",
        "https://user:pass@demo.amocrm.ru/",
        "http://demo.amocrm.ru/",
        "ftp://demo.amocrm.ru",
        "demo/../../evil",
        "demo\\evil.ru",
        "demo%2eevil",
        "дёмо",
        "xn--d1abbgf6aiiy.xn--p1ai",
        "demo.amocrm.ru.",
        "demo.amocrm.ru\n.evil.ru",
        "demo\u3002evil",
        None,
        5,
        b"demo",
    ],
)
def test_no_spelling_of_an_account_leads_a_token_elsewhere(account: Any) -> None:
    """No spelling of an account leads a token anywhere but to the vendor."""
    with pytest.raises(ConfigurationError, match=r"mycompany\.amocrm\.ru"):
        Connection(account, token="t")


def test_an_address_from_the_browser() -> None:
    """What stands in the address line of an open lead is understood."""
    crm = Connection("https://demo.kommo.com/leads/detail/17?tab=1#x", token="t")
    assert crm.account_host == "demo.kommo.com"


def test_parts_of_the_other_flavour() -> None:
    """A store or a limiter for threads in a client for tasks, or the other way round, is noticed at once."""
    limiter, store = of_the_other_flavour()
    with pytest.raises(ConfigurationError, match="same variant"):
        Connection("demo", token="t", limiter=limiter)
    with pytest.raises(ConfigurationError, match="same variant"):
        Connection("demo", oauth=KEYS, store=store)


def test_hooks_are_plain_functions() -> None:
    """A hook that would have to be awaited would never run."""
    if Connection.__name__ != "Connection":
        with pytest.raises(ConfigurationError, match="plain function"):
            Connection("demo", token="t", event_hooks=[a_hook])
    Connection("demo", token="t", event_hooks=[print, str])


@pytest.mark.parametrize(
    "made",
    [
        lambda: RateLimits(per_key=0),
        lambda: RateLimits(per_key=-7),
        lambda: RateLimits(per_key=7.5),  # type: ignore[arg-type]
        lambda: RateLimits(per_account=0),
        lambda: RateLimits(lease=0),
        lambda: RateLimits(max_pause=-1.0),
        lambda: RateLimits(first_block=float("inf")),
        lambda: RetryPolicy(attempts=0),
        lambda: RetryPolicy(attempts="3"),  # type: ignore[arg-type]
        lambda: RetryPolicy(deadline=-1),
        lambda: RetryPolicy(base_delay=float("nan")),
        lambda: Timeout(read=0),
        lambda: Timeout(connect=-2),
        lambda: OAuth("", "secret", "https://x"),
        lambda: OAuth("id", "secret\n", "https://x"),
        lambda: OAuth("id", None, "https://x"),  # type: ignore[arg-type]
        lambda: OAuth("id", "secret", "shop.example/cb"),
        lambda: Connection("demo", token="t").with_options(context_user=0),
        lambda: Connection("demo", token="t").with_options(context_user="17"),  # type: ignore[arg-type]
        lambda: Connection("demo", token="t").with_options(timeout=-1),
    ],
)
def test_numbers_out_of_range_are_refused_everywhere(made: Any) -> None:
    """Negative, fractional, endless and missing values are refused, whichever object they are given to."""
    with pytest.raises(ConfigurationError) as caught:
        made()
    assert "secret\n" not in str(caught.value)


@pytest.mark.parametrize("folder", ["", "  ", None, 5, b"bytes", "a\x00b"])
def test_an_empty_folder_is_refused(folder: Any) -> None:
    """An empty path would mean whatever folder the process runs in."""
    for kind in (FileTokenStore, FileLimiter):
        with pytest.raises(ConfigurationError, match="/var/lib"):
            kind(folder)


def test_a_limiter_without_a_place(tmp_path: Path) -> None:
    """A folder that cannot be made stops the request before it is sent, and says which folder."""
    place = tmp_path / "taken"
    place.write_text("something else")
    with pytest.raises(ConfigurationError, match="taken"):
        FileLimiter(place / "limits").acquire(LimitKey("a", "b"))


def test_a_limiter_that_breaks_after_the_answer() -> None:
    """What the server answered is not lost because the limiter cannot take the news."""

    class Breaking(MemoryLimiter):
        """Gives slots and takes none back."""

        def confirm(self, *args: Any, **how: Any) -> None:
            """Fails."""
            raise OSError("the disk is full")

    crm = Connection(
        "demo",
        token="t",
        limiter=Breaking(),
        http_transport=mock(lambda request: httpx.Response(200, json={})),
    )
    assert (crm.send(GET)).status == 200


def test_a_transport_of_another_kind_is_refused_at_once() -> None:
    """The message names the argument; of each flavour only its own has the method that is needed."""
    other: Any = object()
    with pytest.raises(ConfigurationError, match="http_transport"):
        Connection("demo", token="t", http_transport=other)
