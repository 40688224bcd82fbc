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

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["sandbox"]:
        from amocrm_sandbox.__main__ import main as sandbox

        return int(sandbox(words[1:]) or 0)
    if words[:1] == ["webhooks"]:
        from .command.webhooks import main as webhooks

        return webhooks(words[1:])
    if words[:1] == ["doctor"]:
        from .command.doctor import main as doctor

        return doctor(words[1:])
    if words[:1] == ["models"]:
        from .command.models import main as models

        return models(words[1:])
    if words[:1] == ["record"]:
        from .command.record import main as record

        return record(words[1:])
    if words[:1] == ["verify"]:
        from .command.verify import main as verify

        return verify(words[1:])
    if words[:1] == ["login"]:
        from .command.login import main as login

        return login(words[1:])
    print(__doc__)
    if words in ([], ["--help"], ["-h"]):
        return 0
    print(
        f"the command must be one that `amocrm --help` lists, got {words[0]!r}; write for example `amocrm doctor`",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
