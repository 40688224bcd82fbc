"""`python -m amocrm_sandbox`: serve a local amoCRM account until a signal."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from collections.abc import Sequence

from .app import Sandbox
from .certificate import DEFAULT_FOLDER, local_certificate
from .limits import Limits
from .server import serve

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="amocrm-sandbox", description="A local amoCRM account over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port, 0 for a free one (default: %(default)s)")
    parser.add_argument(
        "--db", default=None, metavar="FILE", help="file to keep the account in (default: memory)"
    )
    parser.add_argument("--subdomain", default="demo", help="name of the account (default: %(default)s)")
    parser.add_argument(
        "--limits",
        default="on",
        metavar="on|off|N",
        help="7 requests a second per integration (on), none (off), or N (default: %(default)s)",
    )
    parser.add_argument(
        "--api-filter",
        choices=("on", "off"),
        default=None,
        help="the paid filter option (default: off in a new account)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of ids, faults and invented data (default: %(default)s)"
    )
    parser.add_argument(
        "--fill",
        type=int,
        default=0,
        metavar="COUNT",
        help="invent so many leads, with contacts, companies, tasks and notes, in an account that has none",
    )
    parser.add_argument(
        "--link-base", default=None, metavar="URL", help="scheme and host named by links in answers"
    )
    parser.add_argument(
        "--tls",
        nargs="?",
        const=str(DEFAULT_FOLDER),
        default=None,
        metavar="FOLDER",
        help="answer https://SUBDOMAIN.amocrm.ru as well, with a certificate kept in FOLDER (default: %(const)s)",
    )
    parser.add_argument(
        "--tls-port", type=int, default=0, help="port of TLS, 0 for a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the address and the keys as one JSON object"
    )
    return parser


def _limits(text: str) -> bool | Limits:
    if text in ("on", "off"):
        return text == "on"
    return Limits(per_integration=int(text))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Args:
        argv: Arguments; None for those of the process.
    """
    args = _parser().parse_args(argv)
    certificate = local_certificate(args.tls) if args.tls else None
    sandbox = Sandbox(
        db=args.db,
        subdomain=args.subdomain,
        limits=_limits(args.limits),
        api_filter=None if args.api_filter is None else args.api_filter == "on",
        seed=args.seed,
        link_base=args.link_base,
    )
    if args.fill and not sandbox.store.row("SELECT 1 FROM leads"):
        from .builders import Builder

        Builder(sandbox, args.seed).fill(args.fill)

    def ready(port: int, tls_port: int | None) -> None:
        url = f"http://{args.host}:{port}"
        keys = {
            "url": url,
            "token": sandbox.token,
            "client_id": sandbox.integration.client_id,
            "client_secret": sandbox.integration.client_secret,
            "redirect_uri": sandbox.integration.redirect_uri,
            "code": sandbox.authorization_code(),
            "subdomain": sandbox.subdomain,
            "control_url": f"{url}/_sandbox",
        }
        text = f"amoCRM sandbox at {url} token {keys['token']}\nopen {url}/_sandbox/ to watch it"
        if certificate is not None:
            keys |= {
                "name_url": sandbox.url,
                "proxy": url,
                "tls_url": f"https://{args.host}:{tls_port}",
                "ca_file": str(certificate.ca_file),
            }
            text += "\n" + certificate.hint(f"{sandbox.subdomain}.amocrm.ru", url, args.host, tls_port or 443)
        print(json.dumps(keys) if args.json else text, flush=True)

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(sandbox, stop, args.host, args.port, ready, certificate, args.tls_port)

    try:
        asyncio.run(run())
    finally:
        sandbox.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
