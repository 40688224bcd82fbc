"""Finding out what became of creations without an answer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, get_args

from msgspec import UNSET
from msgspec.structs import replace

from amocrm._core.orm.doubt import Doubt
from amocrm._core.orm.evidence import Decision, Equal, Window, decide, unexplained
from amocrm._core.orm.filters import cut_ids
from amocrm._core.orm.fingerprints import Vocabulary
from amocrm._core.orm.history import SINGULAR, histories_of
from amocrm._core.orm.identity import IdentityMap
from amocrm._core.orm.operations import Operation, endpoint
from amocrm._core.orm.outcome import Outcome, Report, Result
from amocrm._core.orm.paging import has_next, items_of
from amocrm._core.orm.states import Event, next_state, state_of
from amocrm.entities._adopting import adopt, join_links
from amocrm.entities._base import Entity
from amocrm.entities._kinds import entity_class
from amocrm.entities._local_changes import revert
from amocrm.errors import APIError, ForbiddenError
from amocrm_gen._runtime.wire import Response

from .account import AsyncAccountState, account_zone
from .loading import query_of

__all__ = ["AsyncReconciling", "note_doubts", "send_again"]

#: What an answer means for the state of an object, and for the report.
_ENDS = {
    "stored": (Event.FOUND, Outcome.APPLIED),
    "absent": (Event.ABSENT, Outcome.SKIPPED),
    "unknown": (Event.UNDECIDED, Outcome.UNKNOWN),
}
#: Pages that are read where no mark says how far.
_PAGES = 20
#: Highest number of pages of one pass.
_MOST_PAGES = 1000
#: Times that a list of several pages is read until two readings agree.
_PASSES = 4
#: Requests for events of one list.
_EVENT_REQUESTS = 30


#: Kinds whose lists can be read from the newest: they prove what is stored and what is not.
_PROVABLE = frozenset({"leads", "contacts", "companies", "customers", "tasks", "notes"})


class AsyncReconciling:
    """One run over the doubtful objects of a session.

    Args:
        account: the account.
        identities: the session's objects.
        sees_all: whether the token's user sees every record; None asks the account.

    Attributes:
        sent: ids of the operations of the requests that were made.
    """

    def __init__(
        self, account: AsyncAccountState, identities: IdentityMap, sees_all: bool | None = None
    ) -> None:
        self._account = account
        self._map = identities
        self._sees_all = sees_all
        self._user: int | None = None
        self._asked = False
        self._displacing: list[Entity] = []
        self.sent: list[str] = []

    async def read_mark(self, kind: str, path: dict[str, Any]) -> None:
        """Read the newest id of a kind, from the list with this path."""
        query = query_of(self._account, entity_class(kind), self._account.origin, path)
        response = await self._page(query, 1, 1)
        items = query._read(response)
        if items:
            self._account.directory.marks.see(kind, [items[0].id])
        else:
            self._account.directory.marks.see_nothing(kind)

    async def run(
        self,
        doubts: Sequence[tuple[Entity, Doubt]],
        report: Report[Entity],
        *,
        settle: float,
        equal: Equal,
    ) -> None:
        """Decide what became of these creations, settle them and note them in a report.

        Raises:
            ValueError: an argument has a value that means nothing; nothing was sent.
        """
        if equal not in get_args(Equal):
            raise ValueError(f"equal must be 'proven' or 'mine', got {equal!r}; leave it out for 'proven'")
        if isinstance(settle, bool) or not isinstance(settle, int | float) or not settle >= 0:
            raise ValueError(f"settle must be a number of seconds, at least 0, got {settle!r}; write 120")
        groups: dict[tuple[str, Operation], list[tuple[Entity, Doubt]]] = {}
        for entity, doubt in self._settle_copies(doubts, report):
            groups.setdefault((entity._kind, doubt.operation), []).append((entity, doubt))
        for (kind, _), members in groups.items():
            if kind in _PROVABLE:
                decisions = await self.decide(
                    kind, [doubt for _, doubt in members], settle=settle, equal=equal
                )
            else:
                why = f"lists of {kind} prove nothing: read the list, then adopt() or resend()"
                decisions = [Decision("unknown", reason=why) for _ in members]
            for (entity, _), decision in zip(members, decisions, strict=True):
                self._settle(entity, decision, report)
        join_links(self._map, self._displacing)
        report.sent = self.sent

    def _settle_copies(
        self, doubts: Sequence[tuple[Entity, Doubt]], report: Report[Entity]
    ) -> list[tuple[Entity, Doubt]]:
        """Settle objects of whose creation this client knows the end from a copy; return the others."""
        rest: list[tuple[Entity, Doubt]] = []
        settled, seen = self._account.directory.marks.settled, set[str]()
        for entity, doubt in doubts:
            key = settled.get(doubt.token)
            if key is not None and self._map.find(type(entity), key) is None:
                self._settle(entity, Decision("stored", key), report)
            elif doubt.token and (doubt.token in settled or doubt.token in seen):
                reason = "a copy of it stands for the same creation: discard() this one"
                self._settle(entity, Decision("unknown", reason=reason), report)
            else:
                rest.append((entity, doubt))
                seen.add(doubt.token)
        return rest

    def _settle(self, entity: Entity, decision: Decision, report: Report[Entity]) -> None:
        event, outcome = _ENDS[decision.answer]
        reason, doubt = decision.reason, entity._doubt
        if entity._session is not self._map or doubt is None or next_state(state_of(entity), event) is None:
            return  # settled by hand while the lists were read
        if decision.key is not None:
            try:
                other = adopt(self._map, entity, decision.key)
            except ValueError as error:
                # Another object of the session stands for the record, and has changes.
                outcome = Outcome.UNKNOWN
                reason = f"{error}; commit or roll back its changes, then reconcile again"
                entity._ensure_links().doubt = replace(doubt, reason=reason)
            else:
                self._map.created.add((entity._kind, decision.key))
                if other is not None:
                    self._displacing.append(entity)
                    reason += f"; {other!r} of this session was detached: {entity!r} stands for it now"
        elif event is Event.ABSENT:
            reason += ": the next commit creates it"
            send_again(self._map, entity)
        else:
            entity._ensure_links().doubt = replace(doubt, reason=reason)
            ids = ", ".join(map(str, decision.candidates))
            if ids:
                reason += f"; it may be {ids}: session.adopt(it, id), or session.resend(it)"
        report.note(Result(entity, "create", outcome, reason, candidates=decision.candidates))

    async def decide(
        self, kind: str, doubts: Sequence[Doubt], *, settle: float, equal: Equal
    ) -> list[Decision]:
        """Read what is needed for the doubts of one list and decide."""
        directory = self._account.directory
        await self._ask_user()
        words = Vocabulary(directory.zone, directory.fields.get(kind), whole_prices=directory.whole_prices)
        window = await self._window(kind, doubts)
        if (odd := unexplained(doubts, window, words, settle)) and kind in SINGULAR:
            window.histories = await self._histories(kind, odd, window, words)
        return decide(doubts, window, words, now=self._account.clock.wall(), settle=settle, equal=equal)

    # ---- the user

    async def _ask_user(self) -> None:
        """Ask once who the token's user is and whether it sees everything."""
        if self._asked:
            return
        self._asked = True
        operation = endpoint("account.get_account")
        account = operation.parse(await self._send(operation.request(with_=["datetime_settings"]), operation))
        if isinstance(account.current_user_id, int):
            self._user = account.current_user_id
        if self._account.directory.zone is None:
            self._account.directory.zone = account_zone(account)
        if self._sees_all is None and self._user is not None:
            users = endpoint("users.get_user")
            try:
                user = users.parse(await self._send(users.request(id=self._user), users))
            except ForbiddenError:
                self._sees_all = False
                return
            rights = getattr(user, "rights", UNSET)
            self._sees_all = getattr(rights, "is_admin", False) is True

    # ---- the list

    async def _window(self, kind: str, doubts: Sequence[Doubt]) -> Window:
        marks = self._account.directory.marks
        parents = sorted({int(doubt.body["entity_id"]) for doubt in doubts if doubt.body.get("entity_id")})
        of_parents = kind == "notes" or (
            kind == "tasks" and all("entity_id" in doubt.body for doubt in doubts)
        )
        created = {key for created_kind, key in self._map.created if created_kind == _parent_kind(doubts)}
        if of_parents and set(parents) <= created:
            low: int | None = 0  # everything on an entity that this session created is younger than it
        else:
            low = min((-1 if doubt.mark is None else doubt.mark for doubt in doubts), default=-1)
            low = None if low < 0 else low
        records, ended = await self._newest(kind, doubts, parents if of_parents else [], low)
        why = ""
        if low is None:
            why = (
                f"no id of {kind} was seen before it was sent, so the list has no lower end: "
                "session(mark=True) reads one"
            )
        elif not marks.ascends(kind) and kind != "customers":
            why = f"ids of {kind} do not ascend in this account, so the list has no lower end"
        elif not ended:
            why = "the list changed while it was read"
        elif not self._sees_all:
            why = "the token's user may not see every record: ask an administrator, or say sees_all=True"
        return Window(
            records=records,
            complete=not why,
            why=why,
            owned=marks.own(kind, -1 if low is None else low),
            private=self._map.created,
            user=self._user,
            clock_offset=marks.clock_offset,
            fixed=kind == "notes",  # robots and other programs add notes and change none
        )

    async def _newest(
        self, kind: str, doubts: Sequence[Doubt], parents: Sequence[Any], low: int | None
    ) -> tuple[list[Any], bool]:
        """Read a list from its newest record down to a mark, until two readings agree."""
        parts = cut_ids(parents, "entity_id") or [[]]
        before: set[int] | None = None
        items: dict[int, Any] = {}
        for _ in range(_PASSES):
            seen: dict[int, Any] = {}
            pages, ended = 0, True
            for part in parts:
                read, done, count = await self._pass(kind, doubts, part, low)
                seen.update((item.id, item) for item in read)
                pages, ended = pages + count, ended and done
            items.update(seen)
            if not ended or pages == len(parts) or before == set(seen):
                return list(items.values()), ended
            before = set(seen)
        return list(items.values()), False

    async def _pass(
        self, kind: str, doubts: Sequence[Doubt], parents: Sequence[Any], low: int | None
    ) -> tuple[list[Any], bool, int]:
        operation = doubts[0].operation
        query = query_of(self._account, entity_class(kind), self._account.origin, dict(operation.path))
        if kind == "leads":
            query = query.with_("contacts")  # compared as well
        filters: dict[str, Any] = {}
        if parents:
            filters["entity_id"] = list(parents)
            if kind == "tasks":
                filters["entity_type"] = doubts[0].body["entity_type"]
        marks = self._account.directory.marks
        items: list[Any] = []
        pages, last = 0, None
        while pages < (_PAGES if low is None else _MOST_PAGES):
            pages += 1
            response = await self._page(query, pages, 250, filters)
            module = endpoint(query._operation)
            parsed = module.parse(response)
            page = items_of(parsed, module.OP.page.key if module.OP.page is not None else "")
            for item in page:
                if last is not None and item.id > last and kind != "customers":
                    marks.descend(kind)
                    low = None
                last = item.id
            items += page if low is None else [item for item in page if item.id > low]
            if not page or not has_next(parsed):
                return items, True, pages
            if low is not None and page[-1].id <= low and (kind != "customers" or _descends(page)):
                return items, True, pages
        return items, False, pages

    async def _page(
        self, query: Any, number: int, limit: int, filters: dict[str, Any] | None = None
    ) -> Response:
        order = None if query._cls._kind == "customers" else ("id", "desc")
        response: Response = await query._page(number, limit, filters or {}, order)
        self.sent.append(endpoint(query._operation).OP.id)
        return response

    # ---- events

    async def _histories(
        self, kind: str, keys: Sequence[int], window: Window, words: Vocabulary
    ) -> dict[int, Any]:
        """Read the events of records that may be one of ours, ten of them in a request."""
        operation = endpoint("events.list_events")
        records = {item.id: item for item in window.records}
        result: dict[int, Any] = {}
        for start in range(0, min(len(keys), 10 * _EVENT_REQUESTS), 10):
            part = keys[start : start + 10]
            filters = {"entity": [SINGULAR[kind]], "entity_id": list(part)}
            events: list[Any] = []
            for number in range(1, 6):
                request = operation.request(page=number, limit=100, filter=filters)
                try:
                    parsed = operation.parse(await self._send(request, operation))
                except APIError:
                    return result  # without events such records stay candidates
                events += items_of(parsed, "events")
                if not has_next(parsed):
                    result.update(histories_of(kind, [records[key] for key in part], events, words))
                    break
        return result

    async def _send(self, request: Any, operation: Any) -> Response:
        response = await self._account.send(request)
        self.sent.append(operation.OP.id)
        return response


def _descends(page: Sequence[Any]) -> bool:
    return all(item.id > following.id for item, following in pairwise(page))


def _parent_kind(doubts: Sequence[Doubt]) -> str:
    first = doubts[0]
    return str(first.body.get("entity_type") or dict(first.operation.path).get("entity_type") or "")


def send_again(identities: IdentityMap, entity: Entity) -> None:
    """Let the next commit create a doubtful object."""
    if entity._doubt is not None:
        identities.directory.marks.settle(entity._doubt.token, None)
    entity._ensure_links().doubt = None
    revert(entity)
    identities.place(entity)


def note_doubts(identities: IdentityMap, report: Report[Entity]) -> None:
    """Note the objects that are in doubt since an earlier commit: nothing is ok before they are settled."""
    for entity in identities.doubtful:
        doubt = entity._doubt
        why = "" if doubt is None or not doubt.reason else f": {doubt.reason}"
        reason = f"sent before and in doubt since; session.reconcile() finds out{why}"
        report.note(Result(entity, "create", Outcome.UNKNOWN, reason))
