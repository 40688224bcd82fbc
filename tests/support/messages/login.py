"""Messages about logins, tokens of integrations and their stores."""

from __future__ import annotations

import base64
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx

from amocrm import AmoCRM, FileTokenStore, MemoryTokenStore, OAuth, RedisTokenStore
from amocrm.tokens import Redirect, Token, read_redirect

from . import Message
from ._clients import client

TITLE: Final = "Logins, tokens and their stores"
_OAUTH: Final = OAuth("client-1", "k3y-of-it", "https://shop.example/amocrm")
_KEY: Final = "mycompany.amocrm.ru/client-1"


def jwt(seconds: float) -> str:
    """Return a token that expires so many seconds from now."""
    claims = (
        base64.urlsafe_b64encode(json.dumps({"exp": time.time() + seconds}).encode()).decode().rstrip("=")
    )
    return f"e30.{claims}.c2ln"


def integration(answer: Callable[[httpx.Request], httpx.Response] | None = None, store: Any = None) -> AmoCRM:
    """Return a client of an integration, with a server of its own."""
    transport = None if answer is None else httpx.MockTransport(answer)
    return client(transport, token=None, oauth=_OAUTH, store=store)


def _token(intent: str | None = None) -> Token:
    return Token(
        access="a" * 40,
        refresh="r" * 40,
        expires_at=1.0,
        lifetime=86400.0,
        account="mycompany.amocrm.ru",
        intent=intent,
    )


def refresh(status: int, body: Any, *, intent: str | None = None) -> Callable[[], Any]:
    """Return a call with an expired token; the token endpoint answers like this."""

    def call() -> None:
        store = MemoryTokenStore()
        token = _token(intent)
        with store.lock(_KEY) as fence:
            store.save(_KEY, token, fence=fence, replaces=None)
        integration(lambda request: httpx.Response(status, json=body), store).leads.get(17)

    return call


class _Full(MemoryTokenStore):
    """Store on a full disk."""

    def save(self, key: str, token: Token, *, fence: int, replaces: str | None) -> bool:
        raise OSError("No space left on device")


def _not_stored() -> None:
    pair = {"access_token": "a" * 40, "refresh_token": "r" * 40, "expires_in": 86400, "token_type": "Bearer"}
    integration(lambda request: httpx.Response(200, json=pair), _Full()).authorize("code")


def _damaged() -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = FileTokenStore(folder)
        with files.lock(_KEY) as fence:
            files.save(_KEY, _token(), fence=fence, replaces=None)
        (path,) = Path(folder).glob("*.json")
        path.write_text("{")
        files.load(_KEY)


def _held() -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second = FileTokenStore(folder), FileTokenStore(folder, lock_timeout=0.01)
        with first.lock(_KEY), second.lock(_KEY):
            pass


MESSAGES: Final = (
    Message(
        "login-needed",
        lambda: integration().leads.get(17),
        ("no token is stored", "amocrm login", "authorize()"),
        "The integration was never logged in to this account, or the store is another one than that of the login.",
        "Run `amocrm login mycompany --store FOLDER` once, and give the client the same store.",
    ),
    Message(
        "login-fixed-token",
        lambda: client().login(),
        ("login() must be called on a client with oauth=",),
        "The client has a token of its own, so there is nothing to log in.",
        '`AmoCRM("mycompany", oauth=OAuth(...), store=FileTokenStore("tokens")).login()`',
    ),
    Message(
        "authorize-fixed-token",
        lambda: client().authorize("code"),
        ("authorize() must be called on a client with oauth=",),
        "The client has a token of its own, so it takes no code.",
        '`AmoCRM("mycompany", oauth=OAuth(...), store=FileTokenStore("tokens")).authorize(grant)`',
    ),
    Message(
        "authorize-account",
        lambda: integration().authorize(Redirect(code="code", account="other.amocrm.ru")),
        ("grant must be of mycompany.amocrm.ru", "other.amocrm.ru"),
        "The user granted access to another account than that of the client.",
        "`AmoCRM(grant.account, oauth=…, store=…).authorize(grant)`",
    ),
    Message(
        "login-address",
        lambda: integration().login(show=print),
        ("redirect_uri must be", "this machine", "authorize_url()"),
        "`login()` waits for the browser on this machine, and the address of the integration is elsewhere.",
        "Register `http://127.0.0.1:8765/cb`, or use `authorize_url()`, `read_redirect()` and `authorize()`.",
    ),
    Message(
        "login-timeout",
        lambda: client(token=None, oauth=OAuth("client-1", "k3y-of-it", "http://127.0.0.1:58765/cb")).login(
            timeout=0.01, show=lambda address: None
        ),
        ("no login was completed", "try again"),
        "No user granted access within the time.",
        "Open the page, grant access, and allow more time: `crm.login(timeout=600)`.",
    ),
    Message(
        "redirect-state",
        lambda: read_redirect("https://shop.example/cb?code=c&referer=demo.amocrm.ru&state=other", "mine"),
        ("redirect", "state", "begin the login again"),
        "The redirect belongs to another login, or was forged.",
        "Begin the login again; store the state in the session of the user until the redirect.",
    ),
    Message(
        "redirect-denied",
        lambda: read_redirect("https://shop.example/cb?error=access_denied&state=mine", "mine"),
        ("did not grant access",),
        "The user refused on the consent page.",
        "Begin the login again.",
    ),
    Message(
        "redirect-code",
        lambda: read_redirect("https://shop.example/cb?state=mine", "mine"),
        ("must carry a code", "whole address"),
        "The address has no code.",
        "Pass the whole address of the redirect, or its query.",
    ),
    Message(
        "code-used",
        lambda: integration(
            lambda request: httpx.Response(400, json={"hint": "Authorization code has been revoked"})
        ).authorize("def502"),
        ("refused the authorization code", "revoked", "log in again"),
        "A code works once, for 20 minutes.",
        "Begin the login again and exchange the new code at once.",
    ),
    Message(
        "grant-revoked",
        refresh(400, {"hint": "Token has been revoked"}),
        ("refused the refresh token", "log in again"),
        "The integration was removed from the account, or another program used the same token.",
        "Log in again. All processes must use one store.",
    ),
    Message(
        "grant-in-doubt",
        refresh(400, {"hint": "Token has been revoked"}, intent=_token().mark),
        ("interrupted", "log in again"),
        "A process died between the answer with the new token and its storage.",
        "Log in again.",
    ),
    Message(
        "keys-refused",
        refresh(400, {"hint": "Check the `client_secret` parameter"}),
        ("does not accept the keys", "client_secret"),
        "The keys are not those of the integration; its secret may have been regenerated.",
        "Copy `client_id`, `client_secret` and `redirect_uri` again from the integration.",
    ),
    Message(
        "token-expired-fixed",
        lambda: client(token=jwt(-1)).leads.get(17),
        ("has expired", "Keys tab"),
        "A long-lived token cannot be renewed by a program.",
        "Create a new one on the Keys tab of the integration.",
    ),
    Message(
        "token-expires-soon",
        lambda: client(token=jwt(86400 + 60)),
        ("expires in 1.0 days", "Keys tab"),
        "A long-lived token ends within two weeks.",
        "Create a new one on the Keys tab of the integration before it ends.",
    ),
    Message(
        "token-provider",
        lambda: client(token=lambda: None).leads.get(17),
        ("token provider must return a text", "NoneType"),
        "The function that was given as `token=` returned another value.",
        "Let the function return the access token.",
    ),
    Message(
        "token-not-stored",
        _not_stored,
        ("could not save", "No space left", "tries again"),
        "The store failed; the new token exists in this process only.",
        "Mend the store while the process runs.",
    ),
    Message(
        "store-locked",
        _held,
        ("held the lock", "lock_timeout"),
        "Another process is refreshing the token, or hangs while it does.",
        "`FileTokenStore(folder, lock_timeout=300)`, or stop the process that hangs.",
    ),
    Message(
        "store-damaged",
        _damaged,
        ("is damaged", "log in again"),
        "The file with the token was cut or edited.",
        "Restore a copy, or log in again.",
    ),
    Message(
        "redis-address",
        lambda: RedisTokenStore("redis"),
        ("redis must be an address", "redis://"),
        "The address of Redis has no scheme.",
        '`RedisTokenStore("redis://localhost:6379/0")`',
    ),
    Message(
        "redis-type",
        lambda: RedisTokenStore(6379),
        ("redis must be an address or a client", "got builtins.int"),
        "The argument is neither an address nor a client of the right variant.",
        '`RedisTokenStore("redis://localhost:6379/0")`',
    ),
    Message(
        "redis-lease",
        lambda: RedisTokenStore("redis://localhost", lease=0),
        ("lease must be a number of seconds > 0",),
        "A lease of zero would let every process refresh the token.",
        "Leave `lease` out.",
    ),
    Message(
        "redis-unreachable",
        lambda: RedisTokenStore("redis://127.0.0.1:1").load(_KEY),
        ("token in Redis could not be read", "check that Redis runs"),
        "Redis does not answer under this address.",
        "Start Redis, or correct its address.",
    ),
)
