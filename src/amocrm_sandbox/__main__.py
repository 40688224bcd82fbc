"""`python -m amocrm_sandbox`: serve a local amoCRM account until a signal."""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import re
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from .http.certificate import DEFAULT_FOLDER

if TYPE_CHECKING:
    from .app import Sandbox
    from .http.certificate import Certificate

__all__ = ["main"]


def _number(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers within bounds."""

    def read(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {low} to {high}")
        return int(text)

    return read


def _limits(text: str) -> bool | int:
    if text in ("on", "off"):
        return text == "on"
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is none of on, off and a number of requests a second")
    return int(text)


def _subdomain(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no host name: use a-z, 0-9 and hyphens")
    return text


def _address(text: str) -> str:
    if not re.fullmatch(r"https?://[^/?#\s]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no scheme and host, such as https://shard7.amocrm.ru")
    return text


def _add_listening(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the server listens."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="name by which other machines may use /_sandbox/, for example that of a container; may be repeated",
    )
    port = _number(0, 65535)
    parser.add_argument("--port", type=port, default=0, help="port, 0 for a free one (default: %(default)s)")
    parser.add_argument(
        "--tls",
        nargs="?",
        const=str(DEFAULT_FOLDER),
        default=None,
        metavar="FOLDER",
        help="answer https://SUBDOMAIN.amocrm.ru as well, with a certificate kept in FOLDER (default: %(const)s)",
    )
    parser.add_argument(
        "--tls-port", type=port, default=0, help="port of TLS, 0 for a free one (default: %(default)s)"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="amocrm sandbox", description="A local amoCRM account over HTTP.")
    _add_listening(parser)
    parser.add_argument(
        "--db", default=None, metavar="FILE", help="file to keep the account in (default: memory)"
    )
    parser.add_argument(
        "--subdomain", type=_subdomain, default="demo", help="name of the account (default: %(default)s)"
    )
    parser.add_argument(
        "--limits",
        type=_limits,
        default=True,
        metavar="on|off|N",
        help="7 requests a second per integration (on), none (off), or N (default: on)",
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
        type=_number(0, 1_000_000),
        default=0,
        metavar="COUNT",
        help="invent so many leads, with contacts, companies, tasks and notes, in an account that has none",
    )
    parser.add_argument(
        "--fill-from",
        default=None,
        metavar="FILE",
        help="lay what `amocrm record` has read of a live account into an account that has no leads",
    )
    parser.add_argument(
        "--cassette",
        default=None,
        metavar="FILE",
        help="play back what `amocrm record` has written; the account itself answers nothing",
    )
    parser.add_argument(
        "--link-base",
        type=_address,
        default=None,
        metavar="URL",
        help="scheme and host named by links in answers",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the address and the keys as one JSON object"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 2 for arguments that mean nothing, 1 for what cannot be done.

    Args:
        argv: Arguments; None for those of the process.
    """
    args = _parser().parse_args(argv)
    try:
        _serve(args)
    except KeyboardInterrupt:
        pass
    except ModuleNotFoundError as error:
        if error.name != "fastjsonschema":
            raise
        return _fail(str(error))
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL) or "bind" in str(error):
            return _fail(
                f"cannot listen on {args.host}:{args.port}: {error.strerror or error}; "
                "choose another --host or --port, 0 for a free one"
            )
        return _fail(str(error))
    except sqlite3.Error as error:
        from .storage.store import advice

        # Damage that opening the file had not met yet.
        return _fail(advice(args.db, error))
    except (ValueError, RuntimeError) as error:
        return _fail(str(error))
    return 0


def _fail(reason: str) -> int:
    print(f"amocrm sandbox: {reason}", file=sys.stderr)
    return 1


def _serve(args: argparse.Namespace) -> None:
    # Imported late: `--help` works without the extra, and a missing one is reported in a sentence.
    from .app import Sandbox
    from .control.origin_check import is_loopback
    from .engine.rate_limits import ServerLimits
    from .http.certificate import local_certificate
    from .http.server import exposure, serve

    if not is_loopback(args.host):
        print(f"amocrm sandbox: warning: {exposure(args.host)}", file=sys.stderr)
    certificate = local_certificate(args.tls) if args.tls else None
    sandbox = Sandbox(
        db=args.db,
        subdomain=args.subdomain,
        limits=args.limits if isinstance(args.limits, bool) else ServerLimits(per_integration=args.limits),
        api_filter=None if args.api_filter is None else args.api_filter == "on",
        seed=args.seed,
        link_base=args.link_base,
        cassette=args.cassette,
    )
    sandbox.control_hosts.update(name.lower() for name in args.allow_host)
    try:
        if args.fill and not sandbox.store.row("SELECT 1 FROM leads"):
            from .sample_data.builder import Builder

            Builder(sandbox, args.seed).fill(args.fill)
        if args.fill_from and not sandbox.store.row("SELECT 1 FROM leads"):
            from .sample_data.recorded_account import fill_from

            fill_from(sandbox, args.fill_from)

        def ready(port: int, tls_port: int | None) -> None:
            print(_greeting(args, sandbox, certificate, port, tls_port), flush=True)

        async def run() -> None:
            stop = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                # Windows has no such handlers; there an interrupt ends the loop.
                with suppress(NotImplementedError):
                    asyncio.get_running_loop().add_signal_handler(number, stop.set)
            await serve(sandbox, stop, args.host, args.port, ready, certificate, args.tls_port)

        asyncio.run(run())
    finally:
        sandbox.close()


def _greeting(
    args: argparse.Namespace,
    sandbox: Sandbox,
    certificate: Certificate | None,
    port: int,
    tls_port: int | None,
) -> str:
    """Return what the command says once it takes connections: address and keys, as a text or as one JSON object."""
    host = f"[{args.host}]" if ":" in args.host else args.host
    url = f"http://{host}:{port}"
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
            "tls_url": f"https://{host}:{tls_port}",
            "ca_file": str(certificate.ca_file),
        }
        text += "\n" + certificate.hint(f"{sandbox.subdomain}.amocrm.ru", url, host, tls_port or 443)
    return json.dumps(keys) if args.json else text


if __name__ == "__main__":
    raise SystemExit(main())
