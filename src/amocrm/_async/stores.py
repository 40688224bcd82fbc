# SOURCE: the sync twin of this file is generated from it; run `make generate` after a change.
"""Where tokens live between runs: in memory, in a file, or wherever you keep them.

A store of your own needs three methods (``AsyncTokenStore``). The lock is what makes a refresh happen
once: it must exclude every other thread, task and process that uses the same store and account.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from amocrm._core.token import Token
from amocrm.errors import TokenStoreError

from ._primitives import Clock, Lock, to_thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["AsyncFileTokenStore", "AsyncMemoryTokenStore", "AsyncTokenStore"]
