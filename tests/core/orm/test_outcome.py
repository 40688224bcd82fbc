"""Answers and errors: which item is meant, and what it means."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from amocrm._core.orm.operations import Operation
from amocrm._core.orm.outcome import (
    Outcome,
    Report,
    Result,
    describe,
    match_answer_items,
    rejected_indexes,
    verdict,
)
from amocrm._core.orm.plan import PendingWrite
from amocrm.errors import (
    BlockedError,
    DecodeError,
    FieldIssue,
    ForbiddenError,
    GatewayError,
    ItemIssue,
    NotSentError,
    PaymentRequiredError,
    RateLimitedError,
    TokenError,
    UnansweredError,
    UnauthorizedError,
    UnprocessableError,
    ValidationError,
)
from amocrm_gen._runtime.op import Batch


def work(request_id: str | None = None, **body: Any) -> PendingWrite:
    """A write as it was sent."""
    made = PendingWrite("create", Operation("leads.create_leads"), SimpleNamespace(), body)
    made.request_id = request_id
    return made


def item(**values: Any) -> Any:
    """An answered item."""
    return SimpleNamespace(**values)


def test_items_are_matched_by_their_keys_and_never_by_position() -> None:
    """The order of the answer does not count; what is missing is not matched."""
    works = [work("n1"), work("n2"), work("n3")]
    answered = [item(id=3, request_id="n3"), item(id=1, request_id="n1")]
    found = match_answer_items(Batch(max=250, match=("request_id",)), works, answered)
    assert {place: one.id for place, one in found.items()} == {0: 1, 2: 3}


def test_an_index_in_place_of_our_key_matches_nothing() -> None:
    """A server that lost the request_id and counts instead proves nothing."""
    assert (
        match_answer_items(Batch(max=250, match=("request_id",)), [work("n1")], [item(id=1, request_id="0")])
        == {}
    )


def test_changes_are_matched_by_request_id_or_id() -> None:
    """Keys are tried in the order of the description."""
    found = match_answer_items(
        Batch(max=250, match=("request_id", "id")), [work(id=5), work(id=6)], [item(id=6, request_id="1")]
    )
    assert list(found) == [1]


def test_a_key_that_comes_twice_proves_nothing() -> None:
    """Two answers for one item leave it unknown."""
    twice = [item(id=1, request_id="n1"), item(id=2, request_id="n1")]
    assert match_answer_items(Batch(max=250, match=("request_id",)), [work("n1")], twice) == {}


def test_merged_items_share_an_answer() -> None:
    """Complex creation answers with a list of request ids."""
    found = match_answer_items(
        Batch(max=50, match=("request_ids",)), [work("a"), work("b")], [item(id=1, request_id=["a", "b"])]
    )
    assert set(found) == {0, 1}


def test_an_answer_without_keys_is_good_for_all_or_for_none() -> None:
    """Links are all or nothing; where parts can fail, nothing is assumed."""
    assert set(match_answer_items(Batch(max=250), [work(), work()], [])) == {0, 1}
    assert match_answer_items(Batch(max=250, partial=True), [work()], []) == {}


ATTRIBUTES: dict[str, Any] = {
    "op": "create_leads",
    "status": 400,
    "title": "",
    "detail": "",
    "request_id": None,
    "items": (),
    "html": False,
}
ISSUE = FieldIssue("FieldMissing", "name", "This field is missing.")


def api(kind: Any, **changes: Any) -> Any:
    """An error of the server."""
    return kind("refused", **{**ATTRIBUTES, **changes})


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (api(ValidationError, items=(ItemIssue("n1", (ISSUE,)),)), "isolate"),
        (api(ValidationError, detail="Request validation failed"), "isolate"),
        (api(ValidationError, detail="error code 244"), "reject"),
        (api(ValidationError, detail="Request data can not be empty"), "reject"),
        (api(ValidationError, detail="Нет прав на поле"), "reject"),
        (api(UnprocessableError), "reject"),
        (api(ForbiddenError), "reject"),
        (api(BlockedError), "halt"),
        (api(UnauthorizedError), "halt"),
        (api(PaymentRequiredError), "halt"),
        (api(RateLimitedError, retry_after=None), "unsent"),
        (NotSentError("no", op="x"), "unsent"),
        (TokenError("no", account="x"), "unsent"),
        (UnansweredError("lost", op="x"), "unknown"),
        (api(GatewayError), "unknown"),
        (DecodeError("cut", op="x", status=200, request_id=None), "unknown"),
    ],
)
def test_what_an_error_means_for_its_items(error: Any, expected: str) -> None:
    """Refused data are looked into; an account's refusal and a lost answer never are."""
    assert verdict(error) == expected


def test_refused_items_are_named_in_three_ways() -> None:
    """By request_id, by entity id, and by index where no request_id was sent."""
    issues = (ISSUE,)
    assert set(
        rejected_indexes(api(ValidationError, items=(ItemIssue("n2", issues),)), [work("n1"), work("n2")])
    ) == {1}
    by_id = api(ValidationError, items=(ItemIssue("502", issues, "id"),))
    assert set(rejected_indexes(by_id, [work(id=501), work(id=502)])) == {1}
    by_index = api(ValidationError, items=(ItemIssue("0", issues),))
    assert set(rejected_indexes(by_index, [work(id=501), work(id=502)])) == {0}
    assert set(rejected_indexes(by_index, [work("n1"), work("n2")])) == set()
    assert set(rejected_indexes(api(ValidationError, items=(ItemIssue(None, issues),)), [work("n1")])) == {0}


def test_a_path_becomes_the_name_of_the_field() -> None:
    """The server's path into the body is told with the caller's name and the value that was sent."""
    body = {"custom_fields_values": [{"field_id": 5, "values": [{"value": "Атлантида"}]}]}
    refused = ItemIssue(
        "n1", (FieldIssue("NotSupportedChoice", "custom_fields_values.0.values.0.value", "no"),)
    )
    (issue,) = describe(refused, body, {5: "city"}.get)
    assert (issue.field, issue.value) == ("city (field 5)", "Атлантида")
    assert str(issue) == "city (field 5): no (sent: 'Атлантида')"


def test_a_report_counts_and_tells() -> None:
    """The report is readable and knows whether all went well."""
    report = Report()
    report.note(Result(work("n1").entity, "create", Outcome.APPLIED))
    assert report.ok
    report.note(Result(work("n2").entity, "create", Outcome.REJECTED, "because"))
    assert not report.ok
    assert "1 applied, 1 rejected" in str(report)
    assert "because" in str(report)
    assert report.error().report is report
