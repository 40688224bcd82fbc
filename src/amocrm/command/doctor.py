"""Command ``amocrm doctor``: check an installation, a token and an account."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ..errors import AmoCRMError, ForbiddenError, PaymentRequiredError, UnauthorizedError
from .account import add_options, client_of, has_account, token_of

if TYPE_CHECKING:
    from .._sync.client import AmoCRM

__all__ = [
    "DISTRIBUTION",
    "Finding",
    "examine",
    "examine_installation",
    "installed_version",
    "main",
    "other_owners",
]

#: Distribution that installs this package.
DISTRIBUTION: Final = "amocrm-orm"
#: A long-lived token that expires sooner is reported.
_SOON: Final = timedelta(days=30)

#: Severity and a sentence.
Finding: TypeAlias = tuple[Literal["ok", "note", "PROBLEM"], str]


def other_owners(owners: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """Return other installed distributions with a package ``amocrm``, whose files overwrite this one's."""
    listed = packages_distributions() if owners is None else owners
    return sorted(
        {name for name in listed.get("amocrm", ()) if name.lower().replace("_", "-") != DISTRIBUTION}
    )


def examine_installation() -> Iterator[Finding]:
    """Check the packages that are installed on this machine."""
    others = other_owners()
    for name in others:
        yield (
            "PROBLEM",
            f"the distribution {name!r} installs a package 'amocrm' too, and the files overwrite each other; "
            f"uninstall both (pip uninstall {name} {DISTRIBUTION}), then install {DISTRIBUTION} again",
        )
    if not others:
        yield "ok", "no other distribution installs a package 'amocrm'"
    yield "ok", ", ".join(f"{name} {installed_version(name)}" for name in ("httpx", "attrs", "msgspec"))
    for extra, needs in (("sandbox", "fastjsonschema"), ("redis", "redis")):
        version = installed_version(needs)
        if version is None:
            yield (
                "note",
                f"the extra '{extra}' is not installed; if you need it: pip install '{DISTRIBUTION}[{extra}]'",
            )


def examine(crm: AmoCRM, token: str | None, now: datetime) -> Iterator[Finding]:
    """Check the token and its account with three requests that write nothing.

    Args:
        crm: client to check.
        token: token of the client, to read its expiry.
        now: current time, aware.
    """
    yield from _life(token, now)
    try:
        account = crm.account()
    except UnauthorizedError as error:
        yield "PROBLEM", f"{crm.account_host} rejects the token: {error}"
        return
    except AmoCRMError as error:
        yield "PROBLEM", str(error)
        return
    yield "ok", f"{crm.account_host} accepts the token: account {account.id}, {account.name}, zone {crm.zone}"
    if crm.directory.filters:
        yield "ok", "the paid filter option is on: every filter works"
    elif crm.directory.filters is None:
        yield (
            "note",
            "the account does not say whether the paid filter option is on; each filtered answer is checked",
        )
    else:
        yield (
            "note",
            "the plan of this account has no filters: queries take updated_at >= … and .search() only, and preload "
            "makes more requests; nothing is to be set in the program",
        )
    yield from _rights(crm, account.current_user_id)
    yield "ok", f"requests count against the limits of {crm.key.key}"


def _life(token: str | None, now: datetime) -> Iterator[Finding]:
    from .._core.auth.token import claims_of

    expires = None if token is None else claims_of(token).exp
    if expires is None:
        yield (
            "note",
            "the token does not say when it expires: it is not a long-lived one, or it was cut; copy it again unless the account accepts it",
        )
        return
    until = datetime.fromtimestamp(expires, UTC)
    if until <= now:
        yield (
            "PROBLEM",
            f"the token expired on {until:%Y-%m-%d}; create a new one on the Keys tab of the integration",
        )
    elif until - now < _SOON:
        yield (
            "note",
            f"the token expires on {until:%Y-%m-%d}, in {_days((until - now).days)}; create a new one before that on the "
            "Keys tab of the integration",
        )
    else:
        yield "ok", f"the token is valid until {until:%Y-%m-%d}"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def _rights(crm: AmoCRM, user: object) -> Iterator[Finding]:
    if not isinstance(user, int):
        return
    try:
        owner = crm.users.get_or_none(user)
    except (ForbiddenError, PaymentRequiredError):
        owner = None
    if owner is None or not owner.is_admin:
        yield (
            "note",
            "the owner of the token is not an administrator: it cannot create users, pipelines or fields; "
            "use the token of an administrator if you need that",
        )
    else:
        yield "ok", f"the token belongs to {owner.name}, an administrator"


def installed_version(name: str) -> str | None:
    """Return the version of an installed distribution, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def main(arguments: Sequence[str]) -> int:
    """Print the findings and return the exit code, 1 for a problem."""
    parser = argparse.ArgumentParser(prog="amocrm doctor", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    print(f"{DISTRIBUTION} {installed_version(DISTRIBUTION)}, Python {sys.version.split()[0]}")
    bad = _show(examine_installation())
    if not has_account(options):
        print("        to check an account too, write --account mycompany and set AMOCRM_TOKEN")
        return int(bad)
    try:
        with client_of(options) as crm:
            bad |= _show(examine(crm, token_of(options), datetime.now(UTC)))
    except AmoCRMError as error:
        bad |= _show([("PROBLEM", str(error))])
    return int(bad)


def _show(findings: Iterator[Finding] | Sequence[Finding]) -> bool:
    bad = False
    for how, sentence in findings:
        print(f"{how:<7} {sentence}", flush=True)
        bad |= how == "PROBLEM"
    return bad
