"""Random ids that the account gives out."""

from __future__ import annotations

import uuid
from random import Random

__all__ = ["new_uuid"]


def new_uuid(random: Random) -> str:
    """Return a random UUID; the same source gives the same ones."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))
