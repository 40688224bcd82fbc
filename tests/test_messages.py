"""Every message that a user can meet says what is wrong and what to write; docs/errors.md is a run of them."""

from __future__ import annotations

import pytest

from tests.support.messages import PAGE, Message, all_messages, page, text_of
from tests.support.messages._advice import unknown_advice


@pytest.mark.parametrize("message", all_messages(), ids=lambda message: message.id)
def test_a_message_has_its_key_words(message: Message) -> None:
    """The text names the argument, the rule and what to write instead."""
    _, text = text_of(message)
    assert [key for key in message.keys if key not in text] == [], text


@pytest.mark.parametrize("message", all_messages(), ids=lambda message: message.id)
def test_advice_names_what_exists(message: Message) -> None:
    """Attributes, commands, classes and arguments in a text and its remedy are those of the library."""
    _, text = text_of(message)
    assert unknown_advice(f"{text}\n{message.remedy}") == []


def test_advice_that_does_not_exist_is_seen() -> None:
    """A wrong word of each kind is found."""
    text = "write crm.statuses.all() or Leed(nam='x'), or run `amocrm lgoin --stor x`"
    assert len(unknown_advice(text)) == 5


def test_ids_are_unique() -> None:
    """Each message has an anchor of its own."""
    ids = [message.id for message in all_messages()]
    assert len(ids) == len(set(ids))


def test_a_call_without_a_message_is_seen() -> None:
    """A row whose call does nothing fails."""
    with pytest.raises(AssertionError, match="neither"):
        text_of(Message("silent", lambda: None, [], "", ""))


@pytest.mark.slow
def test_the_page_is_a_run_of_the_calls() -> None:
    """docs/errors.md has the texts of now: run ``make docs`` after a change of a message."""
    assert PAGE.read_text(encoding="utf-8") == page()
