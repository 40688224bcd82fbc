"""``python -m tests.sandbox.described``: the bundled description with the common rules written out, for schemathesis.

The description names the answers of each operation's own page. Three more may come anywhere, and a tool that reads only the
description cannot know them: 404 for a path that does not exist (an id that is no number, an entity type that is none), 422
for more entities than an operation takes or gives, and 414 for an address of more than 8 KiB.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import amocrm_sandbox

__all__ = ["described"]


def described() -> dict[str, Any]:
    """Return the bundled description with the common rules in every operation."""
    path = Path(amocrm_sandbox.__file__).with_name("description.json")
    document: dict[str, Any] = json.loads(path.read_bytes())
    for template, item in document["paths"].items():
        for operation in item.values():
            responses = operation["responses"]
            responses.setdefault("414", {"description": "The address is too long."})
            if "{" in template:
                responses.setdefault("404", {"description": "There is no such path."})
            if "x-page" in operation or "x-batch" in operation:
                responses.setdefault("422", {"description": "Too many entities."})
    return document


if __name__ == "__main__":
    print(json.dumps(described(), ensure_ascii=False))
