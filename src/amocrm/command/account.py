"""Account that a command works on, from its options and the environment.

A token is never an option: other users of the machine can read a command line.
"""

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
    """Add the options that name an account."""
    parser.add_argument("--account", default=os.environ.get("AMOCRM_ACCOUNT"), help="or AMOCRM_ACCOUNT")
    parser.add_argument(
        "--token-file",
        type=Path,
        help="file with a long-lived token (default: the environment variable AMOCRM_TOKEN)",
    )
    parser.add_argument(
        "--base-url", default=os.environ.get("AMOCRM_BASE_URL"), help="a local server, or AMOCRM_BASE_URL"
    )


def has_account(options: argparse.Namespace) -> bool:
    """Return whether an account was named."""
    return bool(options.account)


def token_of(options: argparse.Namespace) -> str:
    """Return the token, from a file or from the environment.

    Raises:
        ConfigurationError: there is none; the message says how to give it.
    """
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
    return AmoCRM(options.account, token=token_of(options), base_url=options.base_url)
