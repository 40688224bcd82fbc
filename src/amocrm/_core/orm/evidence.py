"""What became of creations without an answer: stored as a record, not stored, or unknown.

*Not stored* is said only when the list was read down to a mark by a user who sees everything, the request
can take effect no more, and no record is left that could be it. *Stored* is said only by a value that
no other program writes (a stamp) or a link to something that only this session knows. Everything else is
unknown: two equal records of one user cannot be told apart.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET

from .doubt import MARGIN, Doubt, seconds_since
from .fingerprints import (
    Print,
    Vocabulary,
    is_sure,
    print_of_body,
    print_of_record,
    sure_part,
    whole_body,
)

__all__ = ["Decision", "Equal", "History", "Window", "decide", "unexplained"]

Equal: TypeAlias = Literal["proven", "mine"]

#: Highest number of candidates that are shown for an object.
SHOWN = 10


class History(msgspec.Struct, frozen=True):
    """What the events of a record tell.

    Attributes:
        original: the record as it was created, None where the events do not tell all of it.
    """

    original: Any = None


class Window(msgspec.Struct):
    """What was read of one list.

    Attributes:
        records: the records, newest first.
        complete: whether every record above the mark was read, by a user who sees all of them.
        why: what is missing, in words, where it is not complete.
        owned: ids of creations of this client that were answered or settled by now.
        private: kind and id of what only this session knows.
        user: id of the token's user, None if it is not known.
        clock_offset: seconds by which the server's clock is ahead of ours, None if no answer told.
        histories: by id, of those records whose events were read.
        fixed: whether such records never change: one that is found is not another one, changed since.
    """

    records: Sequence[Any]
    complete: bool
    why: str = ""
    owned: Collection[int] = ()
    private: Collection[tuple[str, int]] = ()
    user: int | None = None
    clock_offset: float | None = None
    histories: Mapping[int, History] = {}
    fixed: bool = False


class Decision(msgspec.Struct):
    """What is known of one creation.

    Attributes:
        answer: stored, absent or unknown.
        key: id of the record, where it is stored.
        candidates: ids of records that it may be.
        reason: why, in words.
    """

    answer: Literal["stored", "absent", "unknown"]
    key: int | None = None
    candidates: tuple[int, ...] = ()
    reason: str = ""


class _Class:
    """Doubts that nothing tells apart."""

    __slots__ = ("body", "doubts", "form", "places")

    def __init__(self, form: Print, body: Mapping[str, Any]) -> None:
        self.form, self.body = form, body
        self.places: list[int] = []
        self.doubts: list[Doubt] = []


class _Case:
    """One run of the decision over the doubts of one list."""

    def __init__(
        self, doubts: Sequence[Doubt], window: Window, words: Vocabulary, settle: float, equal: Equal
    ) -> None:
        self.doubts, self.window, self.words, self.settle, self.equal = doubts, window, words, settle, equal
        owned = set(window.owned)
        self.free = {item.id: item for item in window.records if item.id not in owned}
        words.learn(self.free.values())
        self.answers: dict[int, Decision] = {}
        self.used: set[int] = set()

    def run(self, now: float) -> list[Decision]:
        self._by_stamp(now)
        classes, stamped = self._classes(), set(self.answers)
        used = -1
        while len(self.used) > used:
            used = len(self.used) if self.window.fixed else len(self.doubts)
            for place in [place for place in self.answers if place not in stamped]:
                if self.answers[place].answer == "unknown":  # what was found since is no candidate for it
                    del self.answers[place]
            self._by_content(classes, now)
        return [self.answers[place] for place in range(len(self.doubts))]

    def _by_content(self, classes: Sequence[_Class], now: float) -> None:
        by_form = self._by_form()
        for group in classes:
            self._by_private_link(group, by_form.get(group.form, ()))
        pool = _Pool(self, self._unexplained(classes, by_form), classes)
        for group in classes:
            rest = [place for place in group.places if place not in self.answers]
            if rest:
                self._by_equality(group, rest, by_form.get(group.form, ()), pool, now)

    # ---- stamps

    def _by_stamp(self, now: float) -> None:
        stamped = {
            place: (doubt.stamp[0], " ".join(str(doubt.stamp[1]).split()))
            for place, doubt in enumerate(self.doubts)
            if doubt.stamp is not None
        }
        if not stamped:
            return
        by_value: dict[Hashable, list[int]] = {}
        for item in self.free.values():
            fields: Any = getattr(item, "custom_fields_values", None)
            for field in () if fields is UNSET else fields or ():
                for value in field.values or ():
                    for ref in (
                        ("id", field.field_id),
                        ("code", field.field_code),
                        ("name", field.field_name),
                    ):
                        by_value.setdefault((ref, " ".join(str(value.value).split())), []).append(item.id)
        claimed = Counter(stamped.values())
        for place, key in stamped.items():
            ids = by_value.get(key, [])
            if len(ids) == 1 and claimed[key] == 1:
                self._store(place, ids[0], "found by its key")
            elif ids:
                self._leave(place, ids, f"{len(ids)} records or objects have the key {key[1]!r}", now)
            elif reason := self._obstacle(place, now):
                self._leave(place, (), reason, now)
            else:
                self.answers[place] = Decision("absent", reason="no record has its key")

    # ---- classes

    def _classes(self) -> list[_Class]:
        groups: dict[Hashable, _Class] = {}
        encode = msgspec.json.Encoder(order="deterministic").encode
        for place, doubt in enumerate(self.doubts):
            if place in self.answers:
                continue
            form = print_of_body(doubt.body, self.words)
            # Null is what the server takes for a value that was not sent.
            rest = {
                key: value
                for key, value in doubt.body.items()
                if value is not None and key not in ("custom_fields_values", "_embedded", "name", "price")
            }
            group = groups.setdefault((form, encode(rest)), _Class(form, doubt.body))
            group.places.append(place)
            group.doubts.append(doubt)
        return list(groups.values())

    def _by_form(self) -> dict[Print, list[Any]]:
        """Return the free records by their form, as they were created where events tell."""
        result: dict[Print, list[Any]] = {}
        for item in self.free.values():
            if item.id not in self.used:
                form = print_of_record(self.original(item) or item, self.words)
                # The server makes up a name where none was sent.
                for variant in {form, _nameless(form)}:
                    result.setdefault(variant, []).append(item)
        return result

    def fits(self, group: _Class, item: Any) -> bool:
        """Return whether author and time allow a record to be one of these."""
        body, stored_by = group.body, getattr(item, "created_by", UNSET)
        author = body.get("created_by", self.window.user)
        if author is not None and stored_by is not UNSET and stored_by != author:
            return False
        stored_at = getattr(item, "created_at", UNSET)
        if not isinstance(stored_at, int):
            return True
        if isinstance(body.get("created_at"), int):
            return bool(stored_at == body["created_at"])
        low, high = self.span(group)
        return low <= stored_at <= high

    def span(self, group: _Class) -> tuple[float, float]:
        """Return from when to when the server may have created one of these, by its clock."""
        offset = self.window.clock_offset
        if offset is None:
            return 0, float("inf")
        # Our clock may have been set since, or the objects came here from a machine with another clock.
        past = [doubt.clock_offset for doubt in group.doubts if doubt.clock_offset is not None]
        low = min(doubt.sent_at for doubt in group.doubts) + min([offset, *past]) - MARGIN
        high = max(doubt.ended_at for doubt in group.doubts) + max([offset, *past]) + self.settle + MARGIN
        return low, high

    def _by_private_link(self, group: _Class, records: Sequence[Any]) -> None:
        """Take records that are equal and linked to what only this session knows."""
        links = {key for key in group.form if isinstance(key, tuple) and key[0] in ("contacts", "companies")}
        parents = {(body_kind(group.body, doubt), group.body.get("entity_id")) for doubt in group.doubts}
        if not any(link in self.window.private for link in [*links, *parents]):
            return
        equal = [item for item in records if self._is_equal(group, item)]
        places = [place for place in group.places if place not in self.answers]
        if equal and len(equal) <= len(places):
            for place, item in zip(places, equal, strict=False):
                self._store(place, item.id, "equal, and linked to what only this session created")

    def _is_equal(self, group: _Class, item: Any) -> bool:
        return (
            item.id not in self.used
            and self.fits(group, item)
            and whole_body(group.body, self.original(item) or item)
        )

    # ---- the rest

    def _unexplained(self, classes: Sequence[_Class], by_form: Mapping[Print, Sequence[Any]]) -> list[Any]:
        """Return free records that may be one of ours, changed since."""
        open_classes = [
            group for group in classes if any(place not in self.answers for place in group.places)
        ]
        # A robot may give a record the looks of another class; with one class there is no other.
        only = open_classes[0] if len(open_classes) == 1 else None
        taken = set()
        if only is not None:
            taken = {item.id for item in by_form.get(only.form, ()) if self._is_equal(only, item)}
        if not open_classes:
            return []
        return [item for item in self.free.values() if item.id not in taken and item.id not in self.used]

    def original(self, item: Any) -> Any:
        """Return a record as it was created, None if that is unknown."""
        history = self.window.histories.get(item.id)
        return None if history is None else history.original

    def sure_keys(self, group: _Class) -> frozenset[Hashable]:
        """Return what a body says that a server keeps as it is."""
        return frozenset(key for key, value in group.form if is_sure(key, value, self.words))

    def _by_equality(
        self, group: _Class, rest: Sequence[int], records: Sequence[Any], pool: _Pool, now: float
    ) -> None:
        equal = [item.id for item in records if self._is_equal(group, item)]
        others = [item.id for item in pool.fitting(self, group, set(equal))]
        obstacles = {place: self._obstacle(place, now) for place in rest}
        mine = self.equal == "mine"
        if mine and equal and len(equal) <= len(rest) and (len(equal) == len(rest) or not others):
            for place, key in zip(rest, equal, strict=False):
                self._store(place, key, "equal, and no other program writes such records")
            rest = rest[len(equal) :]
            equal = []
        for place in rest:
            if equal or others:
                why = (
                    "records of the same user look like it"
                    if equal
                    else "a record may be it: nothing proves that it is another one"
                )
                self._leave(place, [*equal, *others], obstacles[place] or why, now)
            elif obstacles[place]:
                self._leave(place, (), obstacles[place], now)
            else:
                self.answers[place] = Decision("absent", reason="not found on the server")

    def _obstacle(self, place: int, now: float) -> str:
        """Return why absence cannot be proven, empty if it can."""
        if not self.window.complete:
            return self.window.why or "the list could not be read to its end"
        left = self.settle - seconds_since(self.doubts[place], now, self.window.clock_offset)
        return f"it may still arrive: ask again in {left:.0f} s" if left > 0 else ""

    def _store(self, place: int, key: int, reason: str) -> None:
        self.used.add(key)
        self.answers[place] = Decision("stored", key, reason=reason)

    def _leave(self, place: int, candidates: Sequence[int], reason: str, now: float) -> None:
        self.answers[place] = Decision("unknown", candidates=tuple(candidates[:SHOWN]), reason=reason)


class _Pool:
    """Unexplained records, kept so that each class looks at a few of them only.

    Records whose creation events tell are found by what they were created as, the others by author and time.
    """

    def __init__(self, case: _Case, items: Sequence[Any], classes: Sequence[_Class]) -> None:
        groups: dict[Any, list[Any]] = {}
        self._known: dict[tuple[Hashable, Print], list[Any]] = {}
        key_sets = {case.sure_keys(group) for group in classes}
        for item in items:
            original = case.original(item)
            if original is None:
                groups.setdefault(getattr(item, "created_by", UNSET), []).append(item)
                continue
            form = print_of_record(original, case.words)
            for keys in key_sets:
                self._known.setdefault((keys, sure_part(form, keys, case.words)), []).append(item)
        self._groups = {author: sorted(members, key=_created) for author, members in groups.items()}
        self._times = {
            author: [_created(item) for item in members] for author, members in self._groups.items()
        }

    def fitting(self, case: _Case, group: _Class, equal: Collection[int]) -> list[Any]:
        """Return some of the records that may be one of a class; none only if there are none."""
        author = group.body.get("created_by", case.window.user)
        authors = list(self._groups) if author is None else [author, UNSET]
        created = group.body.get("created_at")
        low, high = (created, created) if isinstance(created, int) else case.span(group)
        records: list[Any] = []
        for creator in authors:
            times, members = self._times.get(creator, []), self._groups.get(creator, [])
            start, end = bisect_left(times, low), bisect_right(times, high)
            records += islice((item for item in members[start:end] if item.id not in equal), SHOWN)
            records += [item for item in members[:SHOWN] if _created(item) < 0]
        keys = case.sure_keys(group)
        originals = self._known.get((keys, sure_part(group.form, keys, case.words)), [])
        return [*records, *(item for item in originals if item.id not in equal and case.fits(group, item))]


def _created(item: Any) -> float:
    value = getattr(item, "created_at", UNSET)
    return value if isinstance(value, int) else -1.0


def _nameless(form: Print) -> Print:
    return frozenset(part for part in form if part[0] != "name")


def body_kind(body: Mapping[str, Any], doubt: Doubt) -> str:
    """Return the kind of the entity that a note or task belongs to."""
    path = dict(doubt.operation.path)
    return str(body.get("entity_type") or path.get("entity_type") or "")


def decide(
    doubts: Sequence[Doubt],
    window: Window,
    words: Vocabulary,
    *,
    now: float,
    settle: float,
    equal: Equal = "proven",
) -> list[Decision]:
    """Decide what became of creations of one list.

    Args:
        doubts: the creations.
        window: what was read.
        words: fields and options of the account.
        now: Unix seconds of our clock.
        settle: seconds after which a request without an answer takes effect no more.
        equal: ``proven``, or ``mine`` if no other program writes equal records with this user.

    Returns:
        A decision for each of the doubts, in their order.
    """
    return _Case(doubts, window, words, settle, equal).run(now)


def unexplained(doubts: Sequence[Doubt], window: Window, words: Vocabulary, settle: float) -> list[int]:
    """Return the ids of records whose events are worth reading: those that may be one of ours, changed since."""
    case = _Case(doubts, window, words, settle, "proven")
    case._by_stamp(0.0)
    case.answers = {
        place: decision for place, decision in case.answers.items() if decision.answer == "stored"
    }
    classes = [group for group in case._classes() if group.doubts[0].stamp is None]
    by_form = case._by_form()
    items = case._unexplained(classes, by_form)
    return [item.id for item in items if any(case.fits(group, item) for group in classes)]
