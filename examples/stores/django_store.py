"""Tokens in a table, through Django's ORM.

Put the model into an app of yours (with its migration) and give the store a database alias of its own:

    DATABASES = {"default": {...}, "amocrm": {...the same...}}

    store = DjangoTokenStore(using="amocrm")
    crm = AmoCRM("mycompany", oauth=OAuth(...), store=store)

The alias is a connection of its own to the same database. Without it a token that was refreshed inside a view with
``ATOMIC_REQUESTS`` would be rolled back together with the view, and the grant would be lost; the store refuses to
work inside a transaction for that reason.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, IntegrityError, connections, models, transaction
from django.db.models import F

from amocrm.errors import TokenStoreError
from amocrm.tokens import Token


class AmoCRMToken(models.Model):
    """One pair of tokens and the lease on it."""

    key = models.CharField(primary_key=True, max_length=255)
    token = models.TextField(null=True)  # secret, and of any length
    mark = models.CharField(max_length=32, null=True)
    fence = models.BigIntegerField(default=0)
    holder = models.CharField(max_length=32, null=True)
    held_until = models.FloatField(default=0.0)

    class Meta:
        app_label = "amocrm_tokens"
        db_table = "amocrm_tokens"


class DjangoTokenStore:
    """A token store for the sync client; ``InThreads`` makes it one for the async client.

    Args:
        using: alias of the database.
        lease: seconds after which the lock of a process that died is free; longer than any refresh takes.
        lock_timeout: seconds to wait for another process that holds the lock.
        poll_interval: seconds between two looks at it.
    """

    def __init__(
        self, using: str, *, lease: float = 300.0, lock_timeout: float = 330.0, poll_interval: float = 0.1
    ) -> None:
        self._using, self._lease, self._lock_timeout, self._poll_interval = (
            using,
            lease,
            lock_timeout,
            poll_interval,
        )

    def load(self, key: str) -> Token | None:
        """Return the stored token."""
        with self._told("read", key):
            content = self._rows.filter(key=key).values_list("token", flat=True).first()
        return None if content is None else Token.load(content)

    def save(self, key: str, token: Token, *, fence: int, replaces: str | None) -> bool:
        """Store a token in one statement, if the replaced token is there and, with fencing, the lock is the newest."""
        with self._told("written", key):
            row = self._rows.filter(key=key)
            if replaces is not None:
                row = row.filter(mark=replaces)
            if replaces is None or token.intent is not None:
                row = row.filter(fence=fence)
            return row.update(token=token.dump().decode(), mark=token.mark) == 1

    @contextmanager
    def lock(self, key: str) -> Iterator[int]:
        """Lock a key against all other holders."""
        holder = secrets.token_hex(16)
        give_up = time.monotonic() + self._lock_timeout
        while (fence := self._take(key, holder)) is None:
            if time.monotonic() > give_up:
                raise TokenStoreError(f"another process has held the lock on {key} for too long", account=key)
            time.sleep(self._poll_interval)
        try:
            yield fence
        finally:
            with self._told("freed", key):
                self._rows.filter(key=key, holder=holder).update(holder=None, held_until=0.0)

    def _take(self, key: str, holder: str) -> int | None:
        with self._told("locked", key):
            try:
                with transaction.atomic(using=self._using):
                    self._rows.create(key=key)
            except IntegrityError:
                pass  # the row is there, as nearly always
            now = time.time()
            free = self._rows.filter(key=key, held_until__lt=now)
            if not free.update(holder=holder, held_until=now + self._lease, fence=F("fence") + 1):
                return None
            return self._rows.filter(key=key, holder=holder).values_list("fence", flat=True).first()

    @property
    def _rows(self) -> models.QuerySet[AmoCRMToken]:
        return AmoCRMToken.objects.using(self._using)

    @contextmanager
    def _told(self, what: str, key: str) -> Iterator[None]:
        if connections[self._using].in_atomic_block:
            raise TokenStoreError(
                f"the token would be {what} inside a transaction and could be rolled back with it; give the store "
                "a database alias of its own",
                account=key,
            )
        try:
            yield
        except DatabaseError as error:
            # Not its own words: they may quote the parameters, and these are the tokens.
            raise TokenStoreError(
                f"the token could not be {what} ({type(error).__name__})", account=key
            ) from None
