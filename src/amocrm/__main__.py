"""Command ``amocrm``.

amocrm sandbox [options]   a local amoCRM (needs the extra ``sandbox``)
amocrm doctor [options]    check this installation, a token and its account
amocrm models [options]    write the fields, stages, users and lists of an account as typed classes
amocrm verify [options]    compare what an account answers with the description of this version
amocrm record FILE         record what a program and an account say, without personal data
amocrm login ACCOUNT …     log an integration in for the first time and store its tokens
amocrm webhooks [options]  list, replay and drop accepted deliveries; work on them
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Final

__all__ = ["main"]

#: Command -> module whose ``main`` runs it; nothing else is imported.
COMMANDS: Final = {
    name: f"amocrm.command.{name}" for name in ("doctor", "login", "models", "record", "verify", "webhooks")
} | {"sandbox": "amocrm_sandbox.__main__"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code."""
    command, *options = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if command in COMMANDS:
        return int(import_module(COMMANDS[command]).main(options) or 0)
    print(__doc__)
    if command in ("--help", "-h"):
        return 0
    likely = (get_close_matches(command, COMMANDS) or ["doctor"])[0]
    print(
        f"the command must be one of {', '.join(sorted(COMMANDS))}, got {command!r}; write `amocrm {likely}`",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
