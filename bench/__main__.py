"""``make bench``: prints every figure as a ratio with its budget. ``--strict`` makes a missed budget an error."""

from __future__ import annotations

import sys

from .calls import call_rows
from .hooks import hook_row
from .importing import import_rows
from .kills import refresh_row
from .limits import limit_rows
from .reading import alive_rows, decode_row, hydrate_row
from .table import show
from .writing import patch_row, request_row


def main(strict: bool) -> int:
    """Measures and prints."""
    rows = [
        decode_row(),
        hydrate_row(),
        *alive_rows(),
        request_row(),
        patch_row(),
        *call_rows(),
        *import_rows(),
        hook_row(),
        refresh_row(),
        *limit_rows(),
    ]
    return 0 if show(rows) or not strict else 1


if __name__ == "__main__":
    raise SystemExit(main("--strict" in sys.argv))
