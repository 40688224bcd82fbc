"""Plain language in the sources, the description and the pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.language import findings, in_docstrings, in_lines, in_locals, pages


@pytest.mark.parametrize("path", list(pages()), ids=lambda path: path.name)
def test_files_use_plain_words(path: Path) -> None:
    """A file has no banned phrase, and its functions say in the imperative what they do."""
    assert findings(path) == []


@pytest.mark.parametrize(
    "line",
    [
        "Whoever waits keeps his place.",
        "nobody knows",
        "It is closed, so that nothing is lost.",
        "It can not.",
    ],
)
def test_a_banned_phrase_is_seen(line: str) -> None:
    """The check can fail: each of these lines has a phrase to rewrite."""
    assert list(in_lines(line))


@pytest.mark.parametrize(
    "line", ["The change is applied.", "This is history.", "Send it so that it arrives."]
)
def test_plain_words_pass(line: str) -> None:
    """A banned word is a whole word."""
    assert list(in_lines(line)) == []


def test_a_function_says_what_it_does() -> None:
    """A docstring of a function begins with a verb; a property may be a noun phrase."""
    function = 'def rate():\n    """The rate."""\n'

    assert [words for _, words in in_docstrings(function)] == ["The rate."]
    assert list(in_docstrings("@property\n" + function)) == []


def test_a_local_is_named_by_the_thing() -> None:
    """A local or a parameter that is called by its state is seen, wherever it is bound; an attribute is not."""
    text = (
        "def f(given, *, other):\n    found: int = other.known\n    return [one for one in (made := given)]\n"
    )

    assert sorted(words.split()[0] for _, words in in_locals(text)) == ["found", "given", "made", "one"]
