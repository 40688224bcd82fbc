"""Tokens of an integration: one refresh for any number of tasks, threads and processes.

A refresh is: lock, read the store again, then adopt what another has refreshed, or store the intent,
refresh, **save**, use. It is shielded from cancellation, and between the last byte of the answer and the
save stands nothing but the write.
"""

from __future__ import annotations

import logging
import warnings
from contextlib import suppress
from functools import partial

from msgspec.structs import replace

from amocrm._core.auth.token import (
    TOKEN_OP,
    Adopt,
    Login,
    OAuth,
    Refresh,
    Token,
    newest,
    next_step,
    token_from_answer,
)
from amocrm._core.auth.token_errors import grant_in_doubt_error, token_error_for
from amocrm._core.http.attempt import Attempt, classify
from amocrm._core.http.failures import FailureKind
from amocrm._core.http.options import Options
from amocrm._core.http.retry import Retry
from amocrm.errors import (
    ConfigurationError,
    GrantInDoubt,
    GrantRevoked,
    LoginNeeded,
    RedirectRefused,
    TokenError,
    TokenStoreError,
    TokenStoreWarning,
)
from amocrm_gen._runtime.response_status import asked_to_wait
from amocrm_gen._runtime.wire import Request, Response

from .._primitives import Lock, shielded
from ..http.sender import AsyncSender
from .account_host import find_current_host
from .token_stores import AsyncTokenStore

__all__ = ["AsyncOAuthTokens"]

_log = logging.getLogger("amocrm")
_SLACK = 30.0
_REFRESH_ATTEMPTS = 3
_BELATED_EVERY = 10.0
#: no later attempt changes these
_FINAL = (LoginNeeded, GrantRevoked, GrantInDoubt, ConfigurationError)


class AsyncOAuthTokens:
    """Tokens of an integration, kept in a store and refreshed when needed.

    Args:
        oauth: keys of the integration.
        store: where the pair lives.
        sender: makes the requests to the token endpoint.
        options: times and retries of those requests.
    """

    def __init__(self, oauth: OAuth, store: AsyncTokenStore, sender: AsyncSender, options: Options) -> None:
        self.oauth, self._store, self._sender, self._options = oauth, store, sender, options
        #: the name that the client was made with stays the key, also when the account is renamed
        self._key = f"{sender.hosts.name}/{oauth.client_id}"
        self._token: Token | None = None
        #: the refresh token that is known to be dead, and the error to repeat
        self._dead: tuple[str, TokenError] | None = None
        #: a fresh pair that the store would not take, and the one that it replaces
        self._belated: tuple[Token, Token | None] | None = None
        self._belated_at = 0.0
        #: an early refresh failed: not tried again before
        self._quiet_until = 0.0
        self._lock = Lock()

    async def current(self) -> str:
        """Return the token to send with; the first caller refreshes it in time.

        Raises:
            LoginNeeded, GrantRevoked, GrantInDoubt, TokenStoreError: there is none and will be none.
            TransportError, APIError: the token endpoint fails and the old token has ended.
        """
        clock = self._sender.clock
        token, now = self._token, clock.wall()
        if token is not None and not token.is_due(now):
            if self._belated is not None and clock.monotonic() >= self._belated_at:
                await shielded(self._try_belated)
            return token.access
        usable = token is not None and not token.is_expired(now + _SLACK)
        if token is not None and usable and clock.monotonic() < self._quiet_until:
            return token.access
        try:
            return (await self._renewed(None if token is None else token.access)).access
        except Exception as error:
            # In time means early: what still works for some minutes is used meanwhile. A store of the user's
            # own may raise anything.
            if token is None or not usable or isinstance(error, _FINAL):
                raise
            _log.warning("refreshing the token for %s failed (%s)", self._account, type(error).__name__)
            self._quiet_until = clock.monotonic() + _SLACK
            return token.access

    async def renew(self, refused: str) -> bool:
        """Refresh after a 401, unless another task or process has done it meanwhile."""
        return (await self._renewed(refused)).access != refused

    async def relocate(self) -> bool:
        """Ask the platform for the current host of the account and use it; return whether it had changed.

        The refresh token is shown for that and not spent.
        """
        async with self._lock:
            return await shielded(self._relocate)

    async def authorize(self, code: str) -> None:
        """Exchange the code of a login for the first pair and store it.

        Raises:
            GrantRevoked: the code is over (20 minutes), was used, or belongs to another account.
            ConfigurationError: the server does not know the integration's keys.
        """
        async with self._lock:
            await shielded(partial(self._exchange, code))

    async def _renewed(self, stale: str | None) -> Token:
        async with self._lock:
            token = self._token
            if token is not None and token.access != stale and not token.is_due(self._sender.clock.wall()):
                return token
            return await shielded(partial(self._with_store, stale))

    async def _with_store(self, stale: str | None) -> Token:
        async with self._store.lock(self._key) as fence:
            await self._save_belated(fence)
            step = next_step(await self._newest(fence), stale, self._sender.clock.wall())
            if isinstance(step, Login):
                raise LoginNeeded(
                    f"no token is stored for {self._account}; log in once: run `amocrm login`, or pass the code to authorize()",
                    account=self._account,
                )
            if isinstance(step, Adopt):
                return self._use(step.token, adopted=True)
            if self._dead is not None and self._dead[0] == step.token.mark:
                raise self._dead[1]
            return await self._refresh(step, fence)

    async def _newest(self, fence: int) -> Token | None:
        """Return the stored pair, or our own one if the store has an older one or none."""
        stored, mine = await self._load(), self._token
        if mine is not None and self._dead is not None and self._dead[0] == mine.mark:
            mine = None
        best = newest(stored, mine)
        if best is None or best is stored:
            return stored
        _log.warning("the store holds %s for %s; the pair in use is put back", _held(stored), self._account)
        if not await self._store.save(self._key, best, fence=fence, replaces=_mark(stored)):
            raise self._overtaken()
        return best

    async def _load(self) -> Token | None:
        """Return the stored pair and use its host: another process may have found the account renamed."""
        stored = await self._store.load(self._key)
        if stored is not None:
            self._follow(stored.account)
        return stored

    def _follow(self, name: str) -> bool:
        hosts = self._sender.hosts
        if name == hosts.name:
            return False
        try:
            moved = hosts.moved(name)
        except ConfigurationError:
            raise TokenStoreError(
                f"the stored token must be of an account of amoCRM or Kommo, got one of {name!r}; log in again",
                account=hosts.name,
            ) from None
        self._sender.move(moved)
        return True

    async def _relocate(self) -> bool:
        async with self._store.lock(self._key) as fence:
            before = self._account
            stored = await self._load()
            if stored is None or self._account != before:
                return stored is not None
            name = await find_current_host(self._sender, self._options, stored)
            if name is None or not self._follow(name):
                return False
            moved = replace(stored, account=name)
            await self._store.save(self._key, moved, fence=fence, replaces=stored.mark)
            self._token = moved
            return True

    async def _refresh(self, step: Refresh, fence: int) -> Token:
        old = step.token
        if not await self._store.save(self._key, old, fence=fence, replaces=old.mark):
            raise self._overtaken()
        request = self._request("refresh_token", old.refresh)
        doubtful, located = step.in_doubt, False
        number = 0
        while True:
            number += 1
            last = number >= _REFRESH_ATTEMPTS
            keep = partial(self._keep, fence, old)
            attempt = await self._sender.send_once(request, None, self._options, number, keep)
            if attempt.kept is not None:
                self._sender.stats.refreshed()
                return self._use(attempt.kept, adopted=False)
            # A renamed account refuses at its old address: it is looked for before anything is given up.
            if not located and _may_have_moved(attempt):
                located = True
                if await self._find_again(old):
                    continue
            failure = classify(TOKEN_OP, attempt) or FailureKind.UNANSWERED
            if attempt.response is None:
                if last or isinstance(attempt.error, RedirectRefused):
                    attempt.result()
            elif last or failure is FailureKind.ANSWERED or self._asks_too_much(attempt.response):
                raise self._refused(attempt.response, old, doubtful)
            doubtful = doubtful or failure is FailureKind.UNANSWERED
            await self._pause(failure, attempt.response, number)

    async def _find_again(self, token: Token) -> bool:
        name = await find_current_host(self._sender, self._options, token)
        return name is not None and self._follow(name)

    async def _keep(self, fence: int, old: Token | None, response: Response) -> Token | None:
        """Store the pair of an answer before anything else is done with it, and return the pair to use."""
        if not 200 <= response.status < 300:
            return None
        token = token_from_answer(response.content, self._account, self._sender.clock.wall())
        if token is None:
            return None
        try:
            return await self._stored(token, fence, old)
        except Exception as error:  # a store of the user's own may raise anything
            # The only copy of the pair is here now: it is used, and saved as soon as the store allows.
            self._belated = token, old
            self._belated_at = self._sender.clock.monotonic() + _BELATED_EVERY
            warnings.warn(
                f"the store could not save a refreshed token ({error}); this process goes on with it and tries again. "
                "Mend the store before the process ends: without the new token the account must be authorized again",
                TokenStoreWarning,
                stacklevel=2,
            )
            return token

    async def _stored(self, token: Token, fence: int, old: Token | None) -> Token:
        """Store a pair that replaces ``old``; return the one to use, which may be of another process."""
        if await self._store.save(self._key, token, fence=fence, replaces=_mark(old)):
            return token
        stored_token = await self._load()
        if old is not None and newest(stored_token, old) is old:
            # The store was emptied or went back meanwhile: there is nothing newer in it than what we replace.
            if not await self._store.save(self._key, token, fence=fence, replaces=_mark(stored_token)):
                raise self._overtaken()
            return token
        # A login meanwhile stored a newer grant without our lock.
        return stored_token or token

    async def _try_belated(self) -> None:
        self._belated_at = self._sender.clock.monotonic() + _BELATED_EVERY
        with suppress(Exception):
            async with self._store.lock(self._key) as fence:
                await self._save_belated(fence)

    async def _save_belated(self, fence: int) -> None:
        if self._belated is not None:
            token, old = self._belated
            await self._stored(token, fence, old)
            self._belated = None

    async def _pause(self, failure: FailureKind, response: Response | None, attempt: int) -> None:
        asked = None if response is None else asked_to_wait(response, self._sender.clock.wall())
        # A second try with the same refresh token is safe in this sense: it is granted or refused.
        verdict = self._options.retry.verdict(
            "idempotent", failure, attempt=attempt, elapsed=0.0, asked=asked
        )
        if isinstance(verdict, Retry):
            await self._sender.clock.sleep(verdict.wait)

    def _asks_too_much(self, response: Response) -> bool:
        asked = asked_to_wait(response, self._sender.clock.wall())
        return asked is not None and asked > self._options.retry.max_retry_after

    async def _exchange(self, code: str) -> None:
        async with self._store.lock(self._key) as fence:
            request = self._request("authorization_code", code)
            attempt = await self._sender.send_once(
                request, None, self._options, 1, partial(self._keep, fence, None)
            )
            if attempt.kept is None:
                secrets = (self.oauth.client_secret, code)
                raise token_error_for(attempt.result(), self._account, "the authorization code", secrets)
            self._dead = None
            self._use(attempt.kept, adopted=False)

    def _refused(self, response: Response, old: Token, doubtful: bool) -> Exception:
        secrets = (self.oauth.client_secret, old.refresh, old.access)
        error: Exception = token_error_for(response, self._account, "the refresh token", secrets)
        if isinstance(error, GrantRevoked) and doubtful:
            error = grant_in_doubt_error(self._account)
        if isinstance(error, TokenError):
            self._dead = old.mark, error
        return error

    def _request(self, grant: str, value: str) -> Request:
        return Request(
            op=TOKEN_OP,
            path=TOKEN_OP.path,
            content=self.oauth.body(grant, value),
            content_type="application/json",
        )

    @property
    def _account(self) -> str:
        return self._sender.hosts.name

    def _use(self, token: Token, *, adopted: bool) -> Token:
        previous_token, self._token = self._token, token
        if previous_token is not None or not adopted:
            _log.info(
                "a new token for %s is in use (%s)", self._account, "adopted" if adopted else "refreshed"
            )
        if self._sender.event_hooks and (previous_token is not None or not adopted):
            from amocrm._core.events import TokenRefreshed

            self._sender.emit(
                TokenRefreshed(account=self._account, adopted=adopted, expires_at=token.expires_at)
            )
        return token

    def _overtaken(self) -> TokenStoreError:
        return TokenStoreError(
            f"the stored token for {self._account} was changed by a program that did not lock it, and was not overwritten; let every program use this store",
            account=self._account,
        )


def _may_have_moved(attempt: Attempt[Token | None]) -> bool:
    if attempt.response is None:
        return isinstance(attempt.error, RedirectRefused)
    return attempt.response.status in (401, 404)


def _mark(token: Token | None) -> str | None:
    return None if token is None else token.mark


def _held(token: Token | None) -> str:
    return "nothing" if token is None else "an older pair"
