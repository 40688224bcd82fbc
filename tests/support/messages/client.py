"""Messages about the arguments of a client and about its use."""

from __future__ import annotations

import copy
import ssl
from typing import Any, Final
from unittest import mock

from amocrm import AmoCRM, AsyncMemoryLimiter, ChannelSecret, MemoryTokenStore, OAuth, RetryPolicy
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.wire import Request

from . import Message
from ._clients import client

TITLE: Final = "Arguments of a client"
_OAUTH: Final = OAuth("client-1", "secret", "https://shop.example/amocrm")
_CHATS: Final = Op(
    id="send_message", tag="amojo", method="POST", path="/v2/origin", safety="unsafe", host="amojo"
)


def made(account: str = "mycompany", **options: Any) -> Any:
    """Return a call that creates a client with these arguments, with no variable of the environment."""

    def call() -> None:
        with mock.patch.dict("os.environ", clear=True):
            AmoCRM(account, **options)

    return call


def with_token(**options: Any) -> Any:
    """Return a call that creates a client with a token and these arguments."""
    return made(token="x" * 20, **options)


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    return context


def _closed() -> None:
    crm = client()
    crm.close()
    crm.leads.get(17)


MESSAGES: Final = (
    Message(
        "account-missing",
        made(token="x" * 20, account=None),  # type: ignore[arg-type]
        ("account must be", "AMOCRM_ACCOUNT"),
        "No account was named.",
        '`AmoCRM("mycompany", token="…")`, or set `AMOCRM_ACCOUNT`.',
    ),
    Message(
        "account-domain",
        made("mycompany.example.com", token="x" * 20),
        ("account must be", "mycompany.example.com", "subdomain"),
        "The address is not one of an account of amoCRM or Kommo.",
        '`AmoCRM("mycompany")`: the word before `.amocrm.ru` in the browser.',
    ),
    Message(
        "account-service",
        made("drive-b", token="x" * 20),
        ("account must be", "host of the platform"),
        "The name belongs to a service of the platform.",
        '`AmoCRM("mycompany")`: the word before `.amocrm.ru` in the browser.',
    ),
    Message(
        "account-url",
        made("http://127.0.0.1:8080", token="x" * 20),
        ("account must be", "base_url="),
        "The address of a local server was given in place of the account.",
        '`AmoCRM("demo", token="…", base_url="http://127.0.0.1:8080")`',
    ),
    Message(
        "base-url-host",
        with_token(base_url="https://mycompany.amocrm.ru"),
        ("base_url must name this machine", "mycompany.amocrm.ru"),
        "`base_url` is for servers on this machine only.",
        '`AmoCRM("mycompany", token="…")`, without `base_url`.',
    ),
    Message(
        "base-url-path",
        with_token(base_url="http://127.0.0.1:8080/api/v4"),
        ("base_url must end after the port",),
        "`base_url` has a path.",
        '`base_url="http://127.0.0.1:8080"`',
    ),
    Message(
        "base-url-port",
        with_token(base_url="http://127.0.0.1:port"),
        ("base_url must be an http address",),
        "`base_url` cannot be read as an address.",
        '`base_url="http://127.0.0.1:8080"`',
    ),
    Message(
        "token-missing",
        made(),
        ("token=", "oauth=", "got none"),
        "The client has neither a token nor the keys of an integration; `AMOCRM_TOKEN` is read only without an account.",
        '`AmoCRM("mycompany", token="…")`, or `AmoCRM()` with `AMOCRM_ACCOUNT` and `AMOCRM_TOKEN` set.',
    ),
    Message(
        "token-both",
        with_token(oauth=_OAUTH),
        ("token=", "oauth=", "got both"),
        "The client got a token and the keys of an integration.",
        "Leave one of the two out.",
    ),
    Message(
        "token-characters",
        made(token="токен"),
        ("token must", "copy the token again"),
        "The token contains characters that a token does not have, often from an editor or a chat.",
        "Copy the token again from the Keys tab of the integration.",
    ),
    Message(
        "token-bearer",
        made(token="Bearer " + "x" * 20),
        ("token must", "Bearer"),
        "The token was copied together with the word of its header.",
        "Pass the token alone.",
    ),
    Message(
        "token-type",
        made(token=17),
        ("token must be", "got int"),
        "The token is neither a text nor a function.",
        '`token="…"`',
    ),
    Message(
        "store-without-oauth",
        with_token(store=MemoryTokenStore()),
        ("store must", "oauth="),
        "A store was given for a token that never changes.",
        "Leave `store` out, or pass `oauth=` instead of `token=`.",
    ),
    Message(
        "store-methods",
        made(oauth=_OAUTH, store={}),
        ("store must have", "load, save, lock", "got dict"),
        "The store is not one.",
        '`store=FileTokenStore("/var/lib/myapp/amocrm")`',
    ),
    Message(
        "oauth-type",
        made(oauth=("client-1", "secret")),
        ("oauth must be an OAuth", "got tuple"),
        "The keys of the integration were not given as an `OAuth`.",
        "`oauth=OAuth(client_id, client_secret, redirect_uri)`",
    ),
    Message(
        "oauth-keys",
        lambda: OAuth("client-1", " secret", "https://shop.example/amocrm"),
        ("client_secret must be", "blanks"),
        "A key is empty, or was copied with a blank.",
        "Copy the key again from the Keys tab of the integration.",
    ),
    Message(
        "oauth-redirect-uri",
        lambda: OAuth("client-1", "secret", "shop.example/amocrm"),
        ("redirect_uri must be", "scheme"),
        "The address has no `https://`.",
        "Copy the address from the integration, character by character.",
    ),
    Message(
        "oauth-platform",
        lambda: _OAUTH.authorize_url("state", platform="kommo.ru"),
        ("platform must be", "kommo.ru"),
        "The platform was misspelt.",
        '`platform="amocrm.ru"`, or `"kommo.com"`.',
    ),
    Message(
        "limiter-variant",
        with_token(limiter=AsyncMemoryLimiter()),
        ("limiter must be", "variant", "MemoryLimiter()"),
        "A limiter of the async client was given to the sync one.",
        "`limiter=MemoryLimiter()`",
    ),
    Message(
        "transport-methods",
        with_token(http_transport=object()),
        ("http_transport must have", "handle_request"),
        "The transport is not one of httpx.",
        "`http_transport=SandboxTransport(sandbox)`",
    ),
    Message(
        "retry-type",
        with_token(retry=3),
        ("retry must be a RetryPolicy", "got int"),
        "The number of attempts was given in place of a policy.",
        "`retry=RetryPolicy(attempts=3)`",
    ),
    Message(
        "timeout-zero",
        with_token(timeout=0),
        ("timeout must be a number of seconds > 0", "got 0"),
        "A timeout of zero would let no request end.",
        "`timeout=30`",
    ),
    Message(
        "verify-type",
        with_token(verify=False),
        ("verify must be an ssl.SSLContext", "got bool"),
        "Certificates cannot be left unchecked by a flag: the token goes over the connection.",
        "Leave `verify` out. For an authority of your own: `verify=ssl.create_default_context(cafile='ca.pem')`.",
    ),
    Message(
        "verify-unchecked",
        with_token(verify=_unchecked()),
        ("verify must be a context that checks", "unverified_tls=True"),
        "The context does not check host names or certificates.",
        "`verify=ssl.create_default_context(cafile='ca.pem')`",
    ),
    Message(
        "proxy-address",
        with_token(proxy="proxy"),
        ("proxy must be an address",),
        "The address of the proxy has no scheme or no host.",
        "`proxy='http://user:password@host:3128'`",
    ),
    Message(
        "event-hooks-list",
        with_token(event_hooks=print),
        ("event_hooks must be a list",),
        "One function was given in place of a list.",
        "`event_hooks=[my_hook]`",
    ),
    Message(
        "event-hooks-function",
        with_token(event_hooks=["print"]),
        ("event_hooks must be a plain function", "got str"),
        "An item of the list is not a function, or it is a coroutine function.",
        "`def my_hook(event): …` and `event_hooks=[my_hook]`.",
    ),
    Message(
        "max-prefetch",
        with_token(max_prefetch=-1),
        ("max_prefetch must be", ">= 0", "got -1"),
        "The number of pages is negative.",
        "`max_prefetch=0` reads one page at a time.",
    ),
    Message(
        "max-response-bytes",
        with_token(max_response_bytes=0),
        ("max_response_bytes must be", ">= 1", "got 0"),
        "No answer could be accepted.",
        "Leave `max_response_bytes` out.",
    ),
    Message(
        "user-agent",
        with_token(user_agent="мой сервис"),
        ("user_agent must", "ASCII"),
        "A header takes ASCII characters only.",
        "`user_agent='my-service/1.0'`",
    ),
    Message(
        "retry-delay",
        lambda: RetryPolicy(base_delay=-1),
        ("base_delay must be a number of seconds", "got -1"),
        "A delay is negative.",
        "`RetryPolicy(base_delay=0.5)`",
    ),
    Message(
        "client-closed",
        _closed,
        ("closed", "create a new one"),
        "The client was used after `close()`, or after its `with` block.",
        "Keep the client open as long as the program uses it.",
    ),
    Message(
        "client-copied",
        lambda: copy.deepcopy(client()),
        ("AmoCRM", "with_options()"),
        "A client was copied, or passed to another process by `multiprocessing`.",
        "Create a client in each process; `crm.with_options(timeout=60)` gives a copy in this one.",
    ),
    Message(
        "chats-secret",
        lambda: client().send(Request(op=_CHATS, path=_CHATS.path, content=b"{}")),
        ("chats must be given", "ChannelSecret"),
        "Operations of the chats API are signed with the secret of a channel.",
        '`AmoCRM("mycompany", token="…", chats=ChannelSecret("channel id", "channel secret"))`',
    ),
    Message(
        "chats-stream",
        lambda: client(chats=ChannelSecret("channel", "00")).send(
            Request(op=_CHATS, path=_CHATS.path, content=iter([b"{}"]))
        ),
        ("body of send_message must be bytes",),
        "The signature covers the whole body, so a stream cannot be signed.",
        "Read the stream and pass its bytes.",
    ),
)
