"""The table of faults in a mixed commit: `python -m tests.support.commit_table` writes it into docs/faults.md.

The tests of both flavours compare each row of the page with a new run.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from .fault_table import PAGE

__all__ = ["BEGIN", "PAGE", "main", "row"]

BEGIN = "## Faults in a commit"
_HEAD = f"""{BEGIN}

Made by `python -m tests.support.commit_table`; tests of both flavours compare each row with a new run. One commit creates
companies, contacts, customers, leads, notes and tasks, changes one of each, links and unlinks; the fault strikes one of
its requests once, each of them in turn, and nothing is sent again by itself (`RetryPolicy(attempts=1)`). Objects of one
kind share their title and differ in one date. Meanwhile a colleague writes equal records, another worker of the same user
writes records with the same titles, and robots rename leads and reassign contacts.

*created → asked* is what the report of the commit says of the items of that request, and after the arrow what
`session.reconcile()` answers two minutes later. What stays *unknown* has the stored record among its candidates. After
`adopt` or `resend` for those, the next commit leaves every object on the server exactly once.

"""
#: Columns, and the requests that each of them is about.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "companies, contacts, customers": ("POST companies", "POST contacts", "POST customers"),
    "leads": ("POST leads",),
    "notes": ("POST leads/notes", "POST contacts/notes"),
    "tasks": ("POST tasks",),
    "changes": (
        *("PATCH companies", "PATCH contacts", "PATCH customers", "PATCH leads", "PATCH leads/notes"),
        "PATCH tasks",
    ),
    "links": ("POST leads/link", "POST contacts/link", "POST customers/link", "POST leads/unlink"),
    "reading of fields": ("GET leads/custom_fields",),
}
_FOOT = """
A record is *stored* for certain where it carries a stamp (`crm.session(stamp=…)`) or is linked to what only this session
created, as notes and tasks of its own leads are. It is *not stored* for certain where the list was read down to an id that
was seen before. Between the two lies what looks like it and may be somebody else's: that stays *unknown*. A change, a
link or an unlink without an answer is pending again and is sent by the next commit: all three can be repeated. A refusal
(400) and a block (403) leave the objects pending as well.
"""


def row(name: str, stories: Mapping[str, Any]) -> str:
    """Return the line of one fault from what was seen at each request."""
    cells = []
    for targets in _COLUMNS.values():
        first = sorted({one for target in targets for one in stories[target].commit} or {"not sent"})
        then = sorted({one for target in targets for one in stories[target].reconcile})
        cells.append(" / ".join(first) + (f" → {' / '.join(then)}" if then else ""))
    return f"| {name} | {' | '.join(cells)} |"


def main() -> int:
    """Run everything, write the section; return the exit code."""
    from tests.shell_sync.orm.faulty_commits import CASES, REQUESTS, run

    lines = [f"| fault | {' | '.join(_COLUMNS)} |", "| --- " * (len(_COLUMNS) + 1) + "|"]
    bad = []
    for case in CASES:
        stories: dict[str, Any] = {target: run(case, target) for target in REQUESTS}
        bad += [f"{case.name}, {target}: {one}" for target, story in stories.items() for one in story.wrong]
        lines.append(row(case.name, stories))
        print(lines[-1])
    for line in bad:
        print(f"WRONG: {line}")
    if not bad:
        before = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0].rstrip()
        PAGE.write_text(f"{before}\n\n{_HEAD}" + "\n".join(lines) + "\n" + _FOOT, encoding="utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
