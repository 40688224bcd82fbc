"""Messages of the command ``amocrm``."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final
from unittest import mock

from amocrm.__main__ import main

from . import Message


def run(*arguments: str) -> Callable[[], int]:
    """Return a call of the command without any environment variable of it."""

    def call() -> int:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AMOCRM_")}
        with mock.patch.dict(os.environ, clean, clear=True):
            return main(list(arguments))

    return call


TITLE: Final = "Command line"
MESSAGES: Final = (
    Message(
        "command-account",
        run("models"),
        ["account", "AMOCRM_ACCOUNT", "--account"],
        "The command does not know which account to use.",
        "`amocrm models --account mycompany`",
    ),
    Message(
        "command-token",
        run("models", "--account", "mycompany"),
        ["token", "AMOCRM_TOKEN", "--token-file"],
        "The command has no token.",
        "`export AMOCRM_TOKEN=…`",
    ),
    Message(
        "command-token-file",
        run("models", "--account", "mycompany", "--token-file", "missing.txt"),
        ["--token-file", "missing.txt"],
        "The file with the token does not exist or cannot be read.",
        "Check the path and its permissions.",
    ),
    Message(
        "models-parts",
        run("models", "--parts", "lead"),
        ["--parts", "leads", "got lead"],
        "A part was misspelt.",
        "`amocrm models --parts leads,contacts`",
    ),
    Message(
        "models-check",
        run("models", "--check"),
        ["--check", "-o FILE"],
        "`--check` has nothing to compare with.",
        "`amocrm models --check -o models.py`",
    ),
    Message(
        "login-client-id",
        run("login", "mycompany", "--store", "tokens"),
        ["--client-id", "AMOCRM_CLIENT_ID", "Keys tab"],
        "The integration was not named.",
        "`export AMOCRM_CLIENT_ID=…`",
    ),
    Message(
        "command-unknown",
        run("lgoin"),
        ["command must be", "'lgoin'", "amocrm login"],
        "The command was misspelt.",
        "`amocrm` without a word prints all commands.",
    ),
    Message(
        "record-account",
        run("record", "session.json"),
        ["an account must be given", "--account mycompany"],
        "The command does not know which account to record.",
        "`amocrm record session.json --account mycompany`",
    ),
    Message(
        "verify-token",
        run("verify", "--account", "mycompany"),
        ["token", "AMOCRM_TOKEN"],
        "The command has no token.",
        "`export AMOCRM_TOKEN=…`",
    ),
    Message(
        "webhooks-inbox",
        run("webhooks", "list", "--inbox", "missing.sqlite3"),
        ["--inbox must be an existing file", "missing.sqlite3"],
        "The inbox does not exist under this path.",
        "`amocrm webhooks list --inbox webhooks.sqlite3`, or set `AMOCRM_WEBHOOKS_INBOX`.",
    ),
    Message(
        "webhooks-work-module",
        run("webhooks", "work", "myapp:receiver"),
        ["MODULE:NAME must be importable", "myapp:receiver"],
        "The module cannot be imported from the current folder.",
        "Run the command in the folder of the program.",
    ),
    Message(
        "webhooks-work-type",
        run("webhooks", "work", "os:path"),
        ["MODULE:NAME must be an amocrm.WebhookReceiver", "os:path"],
        "The name is not that of a receiver.",
        "Write the name of the variable with your `WebhookReceiver`.",
    ),
    Message(
        "webhooks-replay-ids",
        run("webhooks", "replay", "--inbox", ":memory:"),
        ["--inbox"],
        "An inbox in memory belongs to one process.",
        "Name the file of the inbox.",
    ),
)
