"""The command ``amocrm``.

amocrm sandbox [options]   a local amoCRM (needs the extra ``sandbox``)
amocrm doctor              checks this installation
amocrm login ACCOUNT …     the first login of an integration, into a folder of tokens
amocrm webhooks [options]  list, replay and drop accepted deliveries; work on them
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import packages_distributions, version

__all__ = ["DISTRIBUTION", "doctor", "main", "other_owners"]

#: The distribution that this package belongs to.
DISTRIBUTION = "amocrm-orm"


def other_owners(owners: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """Other installed distributions that bring a package ``amocrm``; the files of one hide the other's."""
    listed = packages_distributions() if owners is None else owners
    return sorted(
        {name for name in listed.get("amocrm", ()) if name.lower().replace("_", "-") != DISTRIBUTION}
    )


def doctor() -> int:
    """Says what is wrong with this installation; returns the exit code."""
    print(f"{DISTRIBUTION} {version(DISTRIBUTION)}, Python {sys.version.split()[0]}")
    others = other_owners()
    for name in others:
        print(
            f"PROBLEM: the distribution {name!r} installs a package 'amocrm' too, so their files overwrite each other. "
            f"Uninstall both, then install {DISTRIBUTION} again: pip uninstall {name} {DISTRIBUTION}"
        )
    if not others:
        print("no other distribution installs a package 'amocrm': good")
    return 1 if others else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["sandbox"]:
        from amocrm_sandbox.__main__ import main as sandbox

        return int(sandbox(given[1:]) or 0)
    if given[:1] == ["webhooks"]:
        from .webhooks.cli import main as webhooks

        return webhooks(given[1:])
    if given[:1] == ["login"]:
        from .login import main as login

        return login(given[1:])
    if given == ["doctor"]:
        return doctor()
    print(__doc__)
    return 0 if given in ([], ["--help"], ["-h"]) else 2


if __name__ == "__main__":
    raise SystemExit(main())
