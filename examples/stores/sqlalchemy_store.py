"""Tokens in a table, through SQLAlchemy 2. Works on SQLite, PostgreSQL and MySQL.

    engine = create_engine("postgresql+psycopg://…")
    store = SQLAlchemyTokenStore(engine)
    store.create_table()  # or a migration of yours
    crm = AmoCRM("mycompany", oauth=OAuth(...), store=store)

The lock is a lease in the row, not a transaction that stays open: a refresh asks the server, and what it stores
has to be durable before it goes on. All processes need clocks that differ by less than the lease.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Float,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from amocrm.errors import TokenStoreError
from amocrm.tokens import Token

METADATA = MetaData()
TOKENS = Table(
    "amocrm_tokens",
    METADATA,
    Column("key", String(255), primary_key=True),
    Column("token", Text),  # secret, and of any length
    Column("mark", String(32)),
    Column("fence", BigInteger, nullable=False, default=0),
    Column("holder", String(32)),
    Column("held_until", Float, nullable=False, default=0.0),
)


class SQLAlchemyTokenStore:
    """A token store for the sync client; ``InThreads`` makes it one for the async client.

    Args:
        engine: the database.
        lease: seconds after which the lock of a process that died is free; longer than any refresh takes.
        lock_timeout: seconds to wait for another process that holds the lock.
        poll_interval: seconds between two looks at it.
    """

    def __init__(
        self, engine: Engine, *, lease: float = 300.0, lock_timeout: float = 330.0, poll_interval: float = 0.1
    ) -> None:
        self._engine, self._lease, self._lock_timeout, self._poll_interval = (
            engine,
            lease,
            lock_timeout,
            poll_interval,
        )

    def create_table(self) -> None:
        """Create the table unless it exists."""
        METADATA.create_all(self._engine)

    def load(self, key: str) -> Token | None:
        """Return the stored token."""
        with _told("read", key), self._engine.connect() as connection:
            content = connection.scalar(select(TOKENS.c.token).where(TOKENS.c.key == key))
        return None if content is None else Token.load(content)

    def save(self, key: str, token: Token, *, fence: int, replaces: str | None) -> bool:
        """Store a token in one statement, if the replaced token is there and, with fencing, the lock is the newest."""
        conditions = [TOKENS.c.key == key]
        if replaces is not None:
            conditions.append(TOKENS.c.mark == replaces)
        if replaces is None or token.intent is not None:
            conditions.append(TOKENS.c.fence == fence)
        change = update(TOKENS).where(*conditions).values(token=token.dump().decode(), mark=token.mark)
        with _told("written", key), self._engine.begin() as connection:
            return connection.execute(change).rowcount == 1

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
            free = update(TOKENS).where(TOKENS.c.key == key, TOKENS.c.holder == holder)
            with _told("freed", key), self._engine.begin() as connection:
                connection.execute(free.values(holder=None, held_until=0.0))

    def _take(self, key: str, holder: str) -> int | None:
        now = time.time()
        free = update(TOKENS).where(TOKENS.c.key == key, TOKENS.c.held_until < now)
        taken = free.values(holder=holder, held_until=now + self._lease, fence=TOKENS.c.fence + 1)
        with _told("locked", key):
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(TOKENS).values(key=key, fence=0, held_until=0.0))
            except IntegrityError:
                pass  # the row is there, as nearly always
            with self._engine.begin() as connection:
                if connection.execute(taken).rowcount != 1:
                    return None
                return connection.scalar(select(TOKENS.c.fence).where(TOKENS.c.key == key))


@contextmanager
def _told(what: str, key: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # Not its own words: they quote the parameters, and these are the tokens.
        raise TokenStoreError(
            f"the token could not be {what} ({type(error).__name__})", account=key
        ) from None
