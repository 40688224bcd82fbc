"""Command ``amocrm login``: the first login of an integration from a terminal; the tokens go into a folder.

    export AMOCRM_CLIENT_ID=… AMOCRM_CLIENT_SECRET=…
    amocrm login mycompany --store ~/.config/myapp/amocrm

With a redirect address of this machine (``http://127.0.0.1:8765/cb``, saved so in the integration) a small server
receives the redirect. With any other address you paste the address that the browser was redirected to.
The secret comes from the environment or from a prompt, never from the command line, which other users can read.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from getpass import getpass

from .._core.auth.login_redirect import new_state, read_redirect
from .._core.auth.token import OAuth
from .._core.http.hosts import is_loopback, parse_account
from ..errors import AmoCRMError
from .account import DEFAULT_REDIRECT

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run the command and return the exit code."""
    parser = argparse.ArgumentParser(prog="amocrm login", description="The first login of an integration.")
    parser.add_argument("account", help="mycompany, mycompany.amocrm.ru or mycompany.kommo.com")
    parser.add_argument(
        "--store", required=True, metavar="FOLDER", help="where FileTokenStore keeps the tokens"
    )
    parser.add_argument("--client-id", default=os.environ.get("AMOCRM_CLIENT_ID"), help="or AMOCRM_CLIENT_ID")
    parser.add_argument(
        "--redirect-uri",
        default=os.environ.get("AMOCRM_REDIRECT_URI", DEFAULT_REDIRECT),
        help="exactly as saved in the integration (default: %(default)s)",
    )
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds to wait (default: %(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")
    parser.add_argument("--base-url", help="a local server in the account's place, for trials")
    args = parser.parse_args(arguments)
    if not args.client_id:
        parser.error(
            "--client-id must be given, got none; copy it from the Keys tab of the integration, or set AMOCRM_CLIENT_ID"
        )
    secret = os.environ.get("AMOCRM_CLIENT_SECRET") or getpass("Secret key of the integration: ")
    try:
        _log_in(args, OAuth(args.client_id, secret, args.redirect_uri))
    except AmoCRMError as error:
        print(f"Not logged in: {error}", file=sys.stderr)
        return 1
    return 0


def _log_in(args: argparse.Namespace, oauth: OAuth) -> None:
    from .._sync.auth.token_stores import FileTokenStore
    from .._sync.connection.connection import Connection

    store = FileTokenStore(args.store)
    with Connection(args.account, oauth=oauth, store=store, base_url=args.base_url) as crm:
        if is_loopback(oauth.redirect_uri):
            crm.login(timeout=args.timeout, show=_show if args.no_browser else None)
        else:
            state = new_state()
            _show(oauth.authorize_url(state, platform=parse_account(args.account).family.domain))
            crm.authorize(read_redirect(input("Address that the browser was redirected to: ").strip(), state))
        print(f"Logged in to {crm.account_host}; the tokens are stored in {args.store}")


def _show(address: str) -> None:
    print(f"Open this page and grant access:\n{address}", flush=True)
