"""The scripts of the token store in Redis: lock, renew, unlock and save, each one atomic step."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

__all__ = ["LOCK", "RENEW", "SAVE", "UNLOCK"]

_FOLDER: Final = files("amocrm._core.auth").joinpath("lua")

LOCK: Final = _FOLDER.joinpath("lock.lua").read_text("utf-8")
RENEW: Final = _FOLDER.joinpath("renew.lua").read_text("utf-8")
UNLOCK: Final = _FOLDER.joinpath("unlock.lua").read_text("utf-8")
SAVE: Final = _FOLDER.joinpath("save.lua").read_text("utf-8")
