"""``python -m tests.sandbox.described``: the bundled description with a common rule written out, for schemathesis.

The description names the answers of each operation. One more may come anywhere, from the server in front, and a tool that
reads only the description cannot know it: 414 for an address of more than 8 KiB.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import amocrm_sandbox

__all__ = ["described"]


def described() -> dict[str, Any]:
    """Return the bundled description with the common rule in every operation."""
    path = Path(amocrm_sandbox.__file__).with_name("description.json")
    document: dict[str, Any] = json.loads(path.read_bytes())
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"].setdefault("414", {"description": "The address is too long."})
    return document


if __name__ == "__main__":
    print(json.dumps(described(), ensure_ascii=False))
