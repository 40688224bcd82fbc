"""Messages that a user of the library can meet: what provokes each, its key words, its cause and its remedy.

One module per area has the rows in ``MESSAGES``; a new module is found by itself. ``make docs`` runs every call and
writes the texts to ``docs/errors.md``; a test compares the page with a new run.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final

__all__ = ["PAGE", "Message", "all_messages", "areas", "page", "text_of"]

PAGE: Final = Path(__file__).resolve().parents[3] / "docs" / "errors.md"


#: Folder of a call and id of a request, which are others in each run, with what the page shows.
_VARYING: Final = (
    (re.compile(re.escape(tempfile.gettempdir()) + r"/tmp\w+"), "/var/lib/myapp"),
    (re.compile(r"(?<=\[request id )\w+"), "5f0c…"),
)


@dataclass(frozen=True)
class Message:
    """Message with the call that provokes it.

    Attributes:
        id: unique and short, ``<area>-<argument>``; an anchor of the page.
        call: raises the error, warns, or prints the text to standard error or output and may end the program.
        keys: words that the text must contain: the argument, the rule, what to write.
        cause: why it appears, one sentence.
        remedy: what to do, one sentence or a line of code.
    """

    id: str
    call: Callable[[], Any]
    keys: Sequence[str]
    cause: str
    remedy: str


def areas() -> list[tuple[str, Sequence[Message]]]:
    """Return the title and the rows of each area, by the names of their modules."""
    modules = [
        import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__) if info.name[0] != "_"
    ]
    return [(module.TITLE, module.MESSAGES) for module in modules if hasattr(module, "MESSAGES")]


def all_messages() -> list[Message]:
    """Return the rows of all areas."""
    return [message for _, messages in areas() for message in messages]


def text_of(message: Message) -> tuple[str, str]:
    """Provoke a message and return the name of its class (or ``output``) and its text.

    Raises:
        AssertionError: the call neither raises nor warns nor prints.
    """
    printed = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            warnings.catch_warnings(record=True) as warned,
        ):
            warnings.simplefilter("always")
            message.call()
    except SystemExit:
        pass
    except Exception as error:
        text = str(error.args[0]) if isinstance(error, KeyError) else str(error)
        for varying, shown in _VARYING:
            text = varying.sub(shown, text)
        return type(error).__name__, text
    if warned:
        return warned[-1].category.__name__, str(warned[-1].message)
    text = printed.getvalue().strip().splitlines()[-1:]  # the usage of a command stands above its message
    assert text, f"{message.id} neither raises nor warns nor prints"
    return "output", re.sub(r"^PROBLEM\s+", "", text[0])


def page() -> str:
    """Return the text of ``docs/errors.md`` from a run of every call."""
    lines = [
        "# Messages and what to do about them",
        "",
        "Written by `make docs` from a run of the library. Names such as `Deal.city` stand for your own.",
        "",
        "[How to read a message](guide.md#how-to-read-a-message) · "
        "[по-русски](guide.ru.md#как-читать-сообщение)",
    ]
    for title, messages in areas():
        lines += ["", f"## {title}"]
        for message in messages:
            kind, text = text_of(message)
            lines += ["", f"### {message.id}", "", f"`{kind}`", "", "```text", text, "```", ""]
            lines += [f"Cause: {message.cause}", "", f"Remedy: {message.remedy}"]
    return "\n".join(lines) + "\n"
