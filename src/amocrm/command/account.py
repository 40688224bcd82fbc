"""Account that a command works on, from its options and the environment.

A token is never an option: other users of the machine can read a command line.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from .._core.auth.token import OAuth
    from .._sync.client import AmoCRM

__all__ = ["DEFAULT_REDIRECT", "add_options", "client_of", "has_account", "token_of"]

#: Redirect address of an integration that says nothing else.
DEFAULT_REDIRECT: Final = "http://127.0.0.1:8765/cb"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name an account."""
    parser.add_argument("--account", default=os.environ.get("AMOCRM_ACCOUNT"), help="or AMOCRM_ACCOUNT")
    parser.add_argument(
        "--token-file",
        type=Path,
        help="file with a long-lived token (default: the environment variable AMOCRM_TOKEN)",
    )
    parser.add_argument(
        "--store",
        metavar="FOLDER",
        help="tokens of `amocrm login`; the keys come from AMOCRM_CLIENT_ID, AMOCRM_CLIENT_SECRET and "
        "AMOCRM_REDIRECT_URI",
    )
    parser.add_argument(
        "--base-url", default=os.environ.get("AMOCRM_BASE_URL"), help="a local server, or AMOCRM_BASE_URL"
    )


def has_account(options: argparse.Namespace) -> bool:
    """Return whether an account was named."""
    return bool(options.account)


def token_of(options: argparse.Namespace) -> str | None:
    """Return the long-lived token, from a file or from the environment; None where a store keeps the tokens.

    Raises:
        ConfigurationError: there is none; the message says how to give it.
    """
    if options.store is not None:
        return None
    if options.token_file is not None:
        try:
            token = options.token_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(
                f"--token-file must be a readable file, got {options.token_file}: {error.strerror}"
            ) from error
    else:
        token = os.environ.get("AMOCRM_TOKEN", "").strip()
    if not token:
        raise ConfigurationError(
            "a long-lived token must be given, got none; set AMOCRM_TOKEN or write --token-file FILE"
        )
    return str(token)


def client_of(options: argparse.Namespace) -> AmoCRM:
    """Return a client of the named account.

    Raises:
        ConfigurationError: no account or no token was given; the message says how to give it.
    """
    from .._sync.client import AmoCRM

    if not options.account:
        raise ConfigurationError(
            "an account must be given, got none; set AMOCRM_ACCOUNT or write --account mycompany"
        )
    if options.store is None:
        return AmoCRM(options.account, token=token_of(options), base_url=options.base_url)
    from .._sync.auth.token_stores import FileTokenStore

    return AmoCRM(
        options.account, oauth=oauth_of(), store=FileTokenStore(options.store), base_url=options.base_url
    )


def oauth_of() -> OAuth:
    """Return the keys of the integration, from the environment.

    Raises:
        ConfigurationError: a variable is missing; the message names it.
    """
    from .._core.auth.token import OAuth

    names = ("AMOCRM_CLIENT_ID", "AMOCRM_CLIENT_SECRET")
    client_id, secret = (os.environ.get(name, "").strip() for name in names)
    if not client_id or not secret:
        raise ConfigurationError(
            f"the keys of the integration must be given, got none; set {' and '.join(names)}, as for `amocrm login`"
        )
    return OAuth(client_id, secret, os.environ.get("AMOCRM_REDIRECT_URI", DEFAULT_REDIRECT))
