"""What became of each item of a commit.

The API has no transactions, so an item ends as applied, rejected, skipped or unknown, and nothing
pretends otherwise. Answers are matched by the keys that the description names, never by position.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Generic, Literal, TypeAlias, TypeVar

import msgspec

from amocrm_gen._runtime.op import Batch

from ...errors import (
    AmoCRMError,
    APIError,
    BlockedError,
    CircuitOpen,
    DecodeError,
    FlushError,
    ItemIssue,
    NotSentError,
    PaymentRequiredError,
    RateLimitedError,
    ServerError,
    TokenError,
    TransportError,
    UnauthorizedError,
    ValidationError,
)
from .identity import check_account
from .plan import PendingWrite

E = TypeVar("E")

__all__ = [
    "Issue",
    "Outcome",
    "Report",
    "Result",
    "Verdict",
    "describe",
    "match_answer_items",
    "rejected_indexes",
    "verdict",
]


class Outcome(StrEnum):
    """How an item of a commit ended.

    ``APPLIED``: the server has it. ``REJECTED``: the server refused it. ``SKIPPED``: it was not sent,
    because what it needs was not applied or sending had to stop. ``UNKNOWN``: it was sent, and it is
    unknown whether it took effect; see ``session.reconcile()``.
    """

    APPLIED = "applied"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class Issue(msgspec.Struct, frozen=True):
    """One refused value: the field in your words, the server's path and code, and the value that was sent."""

    field: str
    code: str
    detail: str
    path: str
    value: Any = None

    def __str__(self) -> str:
        shown = "" if self.value is None else f" (sent: {self.value!r})"
        return f"{self.field or 'the whole item'}: {self.detail or self.code or 'refused'}{shown}"


class Result(msgspec.Struct, Generic[E], eq=False):
    """What became of one item.

    Attributes:
        entity: the object it was about.
        action: create, update, link, unlink, or merge: the server merged a new lead into one that it repeats.
        outcome: how it ended.
        reason: why it was not applied, or what is worth knowing about it, a sentence.
        issues: refused fields, as far as the server named them.
        error: the error behind it, if there was one.
        candidates: ids of records that it may be, where its creation is in doubt.
    """

    entity: E
    action: str
    outcome: Outcome
    reason: str = ""
    issues: tuple[Issue, ...] = ()
    error: AmoCRMError | None = None
    candidates: tuple[int, ...] = ()

    def __str__(self) -> str:
        why = f": {'; '.join(map(str, self.issues)) or self.reason}".removesuffix(": ")
        return f"{self.action} {self.entity!r}: {self.outcome}{why}"

    def __repr__(self) -> str:
        return f"<Result {self}>"


class Report(Generic[E]):
    """What a commit did, object by object.

    Attributes:
        results: one for each item of the plan.
        sent: ids of the operations of the requests that the commit made, one for each request.
    """

    def __init__(self, account: str = "") -> None:
        self.results: list[Result[E]] = []
        self._account = account
        self.sent: list[str] = []
        self._by_entity: dict[int, list[Result[E]]] = {}
        self._counted = 0

    @property
    def requests(self) -> int:
        """Number of requests that the commit made."""
        return len(self.sent)

    def note(self, result: Result[E]) -> None:
        """Note the end of an item."""
        self.results.append(result)

    def of(self, entity: E) -> list[Result[E]]:
        """Return the results of one object, in the order in which they ended.

        Raises:
            ValueError: the object belongs to another account.
        """
        check_account(entity, self._account, "this report")
        for result in self.results[self._counted :]:
            self._by_entity.setdefault(id(result.entity), []).append(result)
        self._counted = len(self.results)
        return list(self._by_entity.get(id(entity), ()))

    def __getstate__(self) -> dict[str, Any]:
        return {"account": self._account, "results": self.results, "sent": self.sent}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__init__(state["account"])  # type: ignore[misc]
        self.results, self.sent = state["results"], state["sent"]

    def _of(self, outcome: Outcome) -> list[Result[E]]:
        return [result for result in self.results if result.outcome is outcome]

    @property
    def applied(self) -> list[Result[E]]:
        """What the server has."""
        return self._of(Outcome.APPLIED)

    @property
    def merged(self) -> list[Result[E]]:
        """New leads, with their contacts and companies, that the server merged into records that existed."""
        return [result for result in self.results if result.action == "merge"]

    @property
    def rejected(self) -> list[Result[E]]:
        """What the server refused."""
        return self._of(Outcome.REJECTED)

    @property
    def skipped(self) -> list[Result[E]]:
        """What was not sent."""
        return self._of(Outcome.SKIPPED)

    @property
    def unknown(self) -> list[Result[E]]:
        """What was sent and may have taken effect or not."""
        return self._of(Outcome.UNKNOWN)

    @property
    def ok(self) -> bool:
        """Whether everything was applied."""
        return {result.outcome for result in self.results} <= {Outcome.APPLIED}

    def __iter__(self) -> Iterator[Result[E]]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __str__(self) -> str:
        counts = ", ".join(f"{len(self._of(outcome))} {outcome}" for outcome in Outcome if self._of(outcome))
        lines = [f"{counts or 'nothing to do'} in {self.requests} request{'s' * (self.requests != 1)}"]
        failed = [f"  {result}" for result in self.results if result.outcome is not Outcome.APPLIED]
        lines += failed[:10]
        lines += [f"  and {len(failed) - 10} more"] if len(failed) > 10 else []
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Report: {str(self).splitlines()[0]}>"

    def error(self) -> FlushError:
        """Return the error for a commit that was not applied in full."""
        is_open = any(result.action == "create" for result in self.unknown)
        doubt = "\n  session.reconcile() finds out about what is unknown" if is_open else ""
        return FlushError(f"the commit was not applied in full: {self}{doubt}", report=self)


Verdict: TypeAlias = Literal["isolate", "reject", "halt", "unsent", "unknown"]

#: Plain 400s that concern the account or its rights, often with an old numeric code in the detail.
_ACCOUNT = re.compile(
    r"error code|код ошибки|subscription|подписк|payment|оплач|scope|\brights?\b|\bправ[ао]?\b|permission",
    re.I,
)
_DATA = re.compile(r"valid|некоррект|неверн|неправильн|\bfield|\bпол[еяй]|\bvalue", re.I)


def verdict(error: AmoCRMError) -> Verdict:
    """Return what a failed request means for its items.

    ``isolate``: the data of some items were refused. ``reject``: all of them were. ``halt``: the account
    or its rights refused, nothing else will pass either. ``unsent``: it never left, neither will the rest.
    ``unknown``: it may have taken effect.
    """
    if isinstance(error, CircuitOpen | NotSentError | RateLimitedError | TokenError):
        return "unsent"
    if isinstance(error, UnauthorizedError | PaymentRequiredError | BlockedError):
        return "halt"
    if isinstance(error, TransportError | DecodeError | ServerError):
        return "unknown"
    if isinstance(error, ValidationError) and (error.items or _about_data(error)):
        return "isolate"
    return "reject"


def _about_data(error: APIError) -> bool:
    words = f"{error.title} {error.detail}"
    return bool(_DATA.search(words)) and not _ACCOUNT.search(words)


def rejected_indexes(error: APIError, writes: Sequence[PendingWrite]) -> dict[int, tuple[ItemIssue, ...]]:
    """Return the refused writes, by their index in ``writes``, as the answer names them.

    By ``request_id``; by entity id; by the index as a string where no request_id was sent.
    """
    by_request = {
        write.request_id: place for place, write in enumerate(writes) if write.request_id is not None
    }
    by_id = {str(write.body["id"]): place for place, write in enumerate(writes) if "id" in write.body}
    issues: dict[int, list[ItemIssue]] = {}
    for item in error.items:
        place = by_id.get(item.key or "") if item.by == "id" else by_request.get(item.key or "")
        if place is None and item.key is not None and item.key.isdecimal() and item.by != "id":
            index = int(item.key)
            if index < len(writes) and writes[index].request_id is None:
                place = index
        if place is None and item.key is None and len(writes) == 1:
            place = 0
        if place is not None:
            issues.setdefault(place, []).append(item)
    return {place: tuple(items) for place, items in issues.items()}


def match_answer_items(
    batch: Batch, writes: Sequence[PendingWrite], answered: Sequence[Any]
) -> dict[int, Any]:
    """Return which answered item belongs to which write, by index; writes that are missing are unknown.

    An operation without keys answers for the whole request: all its writes are matched to ``None``. A key
    that two answered items share proves nothing and matches neither.
    """
    if not batch.match:
        return {} if batch.partial else dict.fromkeys(range(len(writes)))
    matches: dict[int, Any] = {}
    ambiguous: set[int] = set()
    indexes = {key: _index(key, writes) for key in batch.match}
    for item in answered:
        for place in _places(batch.match, indexes, item):
            if place in matches:
                ambiguous.add(place)
            matches[place] = item
    return (
        {place: item for place, item in matches.items() if place not in ambiguous} if ambiguous else matches
    )


def _index(key: str, writes: Sequence[PendingWrite]) -> dict[Any, list[int]]:
    """Return the places of each value of a key; a batch is matched in linear time."""
    places: dict[Any, list[int]] = {}
    for place, write in enumerate(writes):
        value = write.request_id if key.startswith("request_id") else write.body.get(key)
        if value:
            places.setdefault(value, []).append(place)
    return places


def _places(keys: Sequence[str], indexes: Mapping[str, Mapping[Any, list[int]]], item: Any) -> list[int]:
    for key in keys:
        value = getattr(item, "request_id" if key == "request_ids" else key, None)
        if not isinstance(value, list):
            places = indexes[key].get(value, [])
        else:  # only an answer with `request_ids` is about several items
            several = value if key == "request_ids" else []
            places = [place for request_id in several for place in indexes[key].get(request_id, ())]
        if places:
            return places
    return []


def describe(
    item: ItemIssue,
    body: Mapping[str, Any],
    label: Callable[[Any], str | None],
    options: Callable[[Any], Sequence[str]] = lambda key: (),
) -> list[Issue]:
    """Return the refused values of one item in the caller's words.

    Args:
        item: as the server named it.
        body: what was sent for this item.
        label: name of a custom field for its id or code.
        options: labels of its options, as far as they are known.
    """
    result = []
    for issue in item.issues:
        key, sent = _field_key(issue.path, body), _sent(issue.path, body)
        detail = issue.detail
        if key is not None and sent is not None and (labels := options(key)):
            detail = f"{detail.rstrip('.') or 'refused'}; {_choice(sent, labels)}"
        result.append(Issue(_field(issue.path, key, label), issue.code, detail, issue.path, sent))
    return result


def _choice(sent: Any, labels: Sequence[str]) -> str:
    from difflib import get_close_matches

    if near := get_close_matches(str(sent), labels, 1):
        return f"did you mean {near[0]!r}?"
    return f"options are {', '.join(map(repr, labels[:10]))}" + (", …" if len(labels) > 10 else "")


def _steps(path: str) -> list[str]:
    return [step for step in path.split(".") if step]


def _sent(path: str, body: Any) -> Any:
    for step in _steps(path):
        if isinstance(body, Mapping) and step in body:
            body = body[step]
        elif isinstance(body, Sequence) and not isinstance(body, str) and step.isdecimal():
            if int(step) >= len(body):
                return None
            body = body[int(step)]
        else:
            return None
    return body if isinstance(body, str | int | float | bool) else None


def _field_key(path: str, body: Mapping[str, Any]) -> Any:
    """Id or code of the custom field that a path leads to, ``None`` for another path."""
    steps = _steps(path)
    if len(steps) >= 2 and steps[0] == "custom_fields_values" and steps[1].isdecimal():
        values = body.get("custom_fields_values") or []
        if int(steps[1]) < len(values):
            value = values[int(steps[1])]
            return value.get("field_id") or value.get("field_code")
    return None


def _field(path: str, key: Any, label: Callable[[Any], str | None]) -> str:
    if key is None:
        return path
    name = label(key)
    return f"{name} (field {key})" if name else f"field {key}"
