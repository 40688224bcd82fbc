"""Which account a command works on: from options and from the environment, never with a token on the command line."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from .._sync.client import AmoCRM

__all__ = ["add_options", "client_of", "has_account", "token_of"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that name an account. Processes of other users can read a command line, so no token is among them."""
    parser.add_argument("--account", default=os.environ.get("AMOCRM_ACCOUNT"), help="or AMOCRM_ACCOUNT")
    parser.add_argument(
        "--token-file",
        type=Path,
        help="file that holds a long-lived token; without it the environment variable AMOCRM_TOKEN is used",
    )
    parser.add_argument(
        "--base-url", default=os.environ.get("AMOCRM_BASE_URL"), help="a local server, or AMOCRM_BASE_URL"
    )


def has_account(options: argparse.Namespace) -> bool:
    """Whether an account was named."""
    return bool(options.account)


def token_of(options: argparse.Namespace) -> str:
    """The token, from a file or from the environment.

    Raises:
        ConfigurationError: there is none; says how to give it.
    """
    if options.token_file is not None:
        try:
            token = options.token_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(f"the token file cannot be read: {error}") from error
    else:
        token = os.environ.get("AMOCRM_TOKEN", "").strip()
    if not token:
        raise ConfigurationError("give a long-lived token: set AMOCRM_TOKEN, or --token-file FILE")
    return str(token)


def client_of(options: argparse.Namespace) -> AmoCRM:
    """The client of the named account.

    Raises:
        ConfigurationError: no account or no token was given; says how to give it.
    """
    from .._sync.client import AmoCRM

    if not options.account:
        raise ConfigurationError("name the account: --account mycompany, or set AMOCRM_ACCOUNT")
    return AmoCRM(options.account, token=token_of(options), base_url=options.base_url)
