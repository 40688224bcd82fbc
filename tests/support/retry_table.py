"""The table of verdicts as the policy gives it. ``python -m tests.support.retry_table`` writes it into docs/transport*.md."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from amocrm._core.http.failures import FailureKind, failure_of_status
from amocrm._core.http.retry import NoRetry, Retry, RetryPolicy, Unknown
from amocrm_gen._runtime.op import Safety

__all__ = ["PAGES", "embedded", "table"]

_DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
_SAFETIES: Final[tuple[Safety, ...]] = ("safe", "idempotent", "unsafe")
_BEGIN, _END = "<!-- verdicts -->\n", "<!-- end -->\n"
#: (in English, in Russian, class of the failure)
_FAILURES: Final = (
    (
        "no connection (refused, no address, TLS, timeout of connecting)",
        "нет соединения (отказ, нет адреса, TLS, таймаут соединения)",
        FailureKind.NOT_SENT,
    ),
    ("429", "429", failure_of_status(429)),
    (
        "timeout, reset or cut answer after sending",
        "таймаут, обрыв или неполный ответ после отправки",
        FailureKind.UNANSWERED,
    ),
    ("500", "500", failure_of_status(500)),
    ("502, 503, 504", "502, 503, 504", failure_of_status(504)),
    ("200 with a page instead of JSON", "200 со страницей вместо JSON", failure_of_status(200, html=True)),
    ("400, 402, 403, 404, 422", "400, 402, 403, 404, 422", failure_of_status(400)),
)
_WORDS: Final = {
    "en": {
        "head": ("what happened", "safe (GET)", "idempotent (PATCH, DELETE)", "unsafe (POST)"),
        Retry: "again",
        NoRetry: "give up",
        Unknown: "unknown",
        "then": ", then ",
        "never": ", never again",
    },
    "ru": {
        "head": ("что случилось", "безопасная (GET)", "идемпотентная (PATCH, DELETE)", "небезопасная (POST)"),
        Retry: "повтор",
        NoRetry: "отказ",
        Unknown: "неизвестно",
        "then": ", затем ",
        "never": ", без повтора",
    },
}
PAGES: Final = {"en": _DOCS / "transport.md", "ru": _DOCS / "transport.ru.md"}


def table(language: str) -> str:
    """The verdicts of the default policy: at the first failure, and when the attempts are used up."""
    words = _WORDS[language]
    policy = RetryPolicy()
    lines = ["| " + " | ".join(words["head"]) + " |", "| --- | --- | --- | --- |"]
    for english, russian, failure in _FAILURES:
        assert failure is not None
        cells = [english if language == "en" else russian]
        for safety in _SAFETIES:
            first = type(policy.verdict(safety, failure, attempt=1, elapsed=0.0))
            last = type(policy.verdict(safety, failure, attempt=policy.attempts, elapsed=0.0))
            text = words[first]
            if first is not last:
                text += words["then"] + words[last]
            elif first is Unknown:
                text += words["never"]
            cells.append(text)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def embedded(text: str) -> str:
    """The table that stands in a page."""
    return text.partition(_BEGIN)[2].partition(_END)[0]


def main() -> None:
    """Prints the table and writes it into the pages."""
    for language, page in PAGES.items():
        made, text = table(language), page.read_text(encoding="utf-8")
        print(made)
        head, _, rest = text.partition(_BEGIN)
        page.write_text(head + _BEGIN + made + _END + rest.partition(_END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
