"""A coverage-guided fuzzer of the decoder, run by hand; what it finds is kept in ``corpus.txt``.

It needs atheris, which is no tool of this repository (Linux, CPython 3.11 to 3.13):

    python3 -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install atheris . && mkdir -p /tmp/corpus
    /tmp/fuzz/bin/python -m tests.webhooks.fuzz seed /tmp/corpus        # from corpus.txt and the recorded forms
    /tmp/fuzz/bin/python -m tests.webhooks.fuzz /tmp/corpus -max_total_time=600 -max_len=4096
    python -m tests.webhooks.fuzz keep /tmp/corpus                      # into corpus.txt; needs no atheris

The first byte of an input says which content type it comes with, the rest is the body. A body fails when
anything but the documented error is raised, by parsing, by reading an attribute of an event, by storing it or
by taking it into a receiver; or when it takes more than a second.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from . import bodies

if __name__ == "__main__" and sys.argv[1] not in ("seed", "keep"):
    import atheris

    traced: Any = atheris.instrument_imports(include=["amocrm.webhooks"])
else:
    traced = nullcontext()
with traced:
    from amocrm.webhooks import Delivery, WebhookError
    from amocrm.webhooks._parsing.parse import parse_delivery
    from amocrm.webhooks._receiving.admission import Admission
    from amocrm.webhooks._receiving.inbox_entry import deserialize, redacted_for_storage, serialize

__all__ = ["CONTENT_TYPES", "assert_readable", "read", "try_one"]

CORPUS = Path(__file__).with_name("corpus.txt")
CONTENT_TYPES = (
    "",
    "application/json",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=windows-1251",
    "text/plain; charset=cp866",
    "multipart/form-data; boundary=x",
)
_MOST = 150


def read() -> list[bytes]:
    """The kept inputs."""
    lines = CORPUS.read_text().splitlines()
    return [base64.b64decode(line) for line in lines if line and not line.startswith("#")]


def assert_readable(event: Any) -> None:
    """Reads everything that an event offers; values may be missing, but nothing else may go wrong."""
    for name in dir(type(event)):
        if name.startswith("_") or name in ("lead", "contact", "company", "customer", "task", "element"):
            continue
        found = getattr(type(event), name)
        if isinstance(found, property) or hasattr(found, "attrname"):
            try:
                getattr(event, name)
            except LookupError:
                assert name == "record"
    repr(event)


def try_one(data: bytes) -> None:
    """One input."""
    content_type, body = CONTENT_TYPES[data[0] % len(CONTENT_TYPES)] if data else "", data[1:]
    delivery = Delivery(body=body, headers={"content-type": content_type}, path="/s3cret")
    try:
        events = parse_delivery(delivery)
    except WebhookError as error:
        str(error)
    else:
        for event in events:
            assert_readable(event)
        assert [event.raw for event in parse_delivery(delivery)] == [event.raw for event in events]
    try:
        ticket = Admission(secret="s3cret", chat_secret="c", client_id="i", client_secret="s").admit(delivery)
    except WebhookError:
        return
    if ticket is not None:
        kept = redacted_for_storage(delivery, ticket.key, 0.0)
        assert deserialize(serialize(kept)).body == body


def seeds() -> list[bytes]:
    """The recorded forms, and what was kept."""
    forms = [value for name, value in vars(bodies).items() if name.isupper() and isinstance(value, str)]
    filled = [
        form.replace("{action}", "update").replace("{group}", "leads").replace("{index}", "[0]")
        for form in forms
    ]
    found = [b"\0" + bodies.wire(form) for form in filled]
    found += [b"\0" + form.replace("\n", "").encode() for form in filled]
    found += [b"\1" + json.dumps(body).encode() for body in (bodies.WIDGET_TRIGGER, bodies.CHAT_MESSAGE)]
    return found + [b"\0" + body for body in read()]


def keep(folder: Path) -> None:
    """Adds the smallest inputs that a run has found to what is kept, without what it was seeded with."""
    seeded = {data[1:] for data in seeds()}
    found = {path.read_bytes()[1:] for path in folder.iterdir()} - seeded
    smallest = sorted(found, key=lambda body: (len(body), body))[:_MOST]
    with CORPUS.open("a") as file:
        file.writelines(base64.b64encode(body).decode() + "\n" for body in smallest if body)


def main(arguments: list[str]) -> None:
    """One of the commands above."""
    if arguments[:1] == ["seed"]:
        for data in seeds():
            (Path(arguments[1]) / hashlib.sha1(data).hexdigest()).write_bytes(data)
    elif arguments[:1] == ["keep"]:
        keep(Path(arguments[1]))
    else:
        atheris.Setup([sys.argv[0], "-timeout=1", *arguments], try_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
