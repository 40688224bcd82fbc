"""Which handler wants which event: the pure half of the router."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

import attrs

from .._events.base import Event

__all__ = ["CODES", "Failure", "GiveUp", "Handler", "Handlers", "codes_of"]

Predicate: TypeAlias = Callable[[Any], bool]

#: Codes that the API takes for subscriptions. The set of the server is open; see the description.
CODES: Final = frozenset(
    f"{action}_{entity}"
    for entities, actions in (
        (("lead",), ("add", "update", "delete", "restore", "status", "responsible", "note")),
        (("contact", "company"), ("add", "update", "delete", "restore", "responsible", "note")),
        (("customer",), ("add", "update", "delete", "responsible", "note")),
        (("task",), ("add", "update", "delete", "responsible")),
        (("talk",), ("add", "update")),
        (("unsorted",), ("add", "update", "delete")),
        (("message", "outgoing_message", "chat_template_review"), ("add",)),
    )
    for entity in entities
    for action in actions
)


class GiveUp(Exception):
    """Raised by a handler: this event can never be handled, so do not try again.

    The delivery is kept as dead with the message, and the other handlers still run.
    """


@attrs.frozen
class Failure:
    """A handler, or a delivery as a whole, that failed.

    Attributes:
        error: what was raised.
        event: the event, ``None`` when the delivery could not be read.
        handler: name of the handler, ``None`` when none was reached.
        attempt: how often the delivery was tried.
        final: whether it is given up.
    """

    error: BaseException
    event: Event[Any] | None = None
    handler: str | None = None
    attempt: int = 0
    final: bool = False

    @property
    def text(self) -> str:
        """Handler and error in one line, for the inbox."""
        said = f"{type(self.error).__name__}: {self.error}"[:2000]
        return f"{self.handler}: {said}" if self.handler else said


@attrs.frozen
class Handler:
    """A registered handler.

    Attributes:
        name: the same in every run of the program; what is done is remembered by it.
        kinds: classes of events.
        predicates: all must hold.
        function: as it was registered.
        takes_context: whether it takes the context as second argument.
    """

    name: str
    kinds: tuple[type[Event[Any]], ...]
    predicates: tuple[Predicate, ...]
    function: Callable[..., Any]
    takes_context: bool

    def wants(self, event: Event[Any]) -> bool:
        """Whether it is to be called."""
        return isinstance(event, self.kinds) and all(predicate(event) for predicate in self.predicates)


class Handlers:
    """The handlers of one router, in the order of their registration."""

    def __init__(self) -> None:
        self._all: list[Handler] = []

    def add(
        self,
        function: Callable[..., Any],
        kinds: tuple[type[Event[Any]], ...],
        *,
        where: Predicate | None,
        name: str | None,
        filters: Mapping[str, Any],
    ) -> Handler:
        """Registers a handler.

        Raises:
            TypeError: no class of events, an unknown attribute, or a function that takes no event.
            ValueError: another handler has this name.
        """
        for kind in kinds:
            if not (isinstance(kind, type) and issubclass(kind, Event)):
                raise TypeError(f"{kind!r} is no class of events; see amocrm.webhooks")
        predicates = [_predicate(kinds, attribute, wanted) for attribute, wanted in filters.items()]
        wanted_name = (
            name or f"{function.__module__}.{getattr(function, '__qualname__', type(function).__name__)}"
        )
        if any(handler.name == wanted_name for handler in self._all):
            raise ValueError(f"there is a handler {wanted_name!r} already: give one of them name=...")
        handler = Handler(
            wanted_name,
            kinds or (Event,),
            (*predicates, *((where,) if where else ())),
            function,
            _takes_context(function),
        )
        self._all.append(handler)
        return handler

    def __iter__(self) -> Iterator[Handler]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes to subscribe to for all of them."""
        return codes_of(kind for handler in self._all for kind in handler.kinds)


def codes_of(kinds: Iterable[type[Event[Any]] | str]) -> tuple[str, ...]:
    """The codes of subscriptions that send these events, in their order.

    A class without a subscription of its own (``LeadEvent``) stands for all classes below it. What no
    subscription sends (digital pipeline, chats) has no code. Texts are taken as they are.

    Example:
        >>> from amocrm.webhooks import LeadNoteAdded, LeadStatusChanged
        >>> codes_of([LeadStatusChanged, LeadNoteAdded])
        ('status_lead', 'note_lead')
    """
    found: dict[str, None] = {}
    for kind in kinds:
        if isinstance(kind, str):
            found[kind] = None
            continue
        waiting = [kind]
        while waiting:
            one = waiting.pop(0)
            if one.code in CODES:
                found[one.code] = None
            else:
                waiting.extend(one.__subclasses__())
    return tuple(found)


def _predicate(kinds: tuple[type[Event[Any]], ...], attribute: str, wanted: Any) -> Predicate:
    """``status=142``, ``status={142, 143}``, ``status=stage`` or ``status=lambda id: ...``."""
    # The id first: `lead=17` means the lead's number, and never the entity of that name.
    for name in (f"{attribute}_id", attribute):
        if kinds and all(hasattr(kind, name) for kind in kinds):
            break
    else:
        if attribute != "account":
            raise TypeError(_unknown(kinds, attribute))
        name = attribute
    if callable(wanted) and not hasattr(wanted, "id"):
        return lambda event: bool(wanted(getattr(event, name)))
    allowed = wanted if isinstance(wanted, set | frozenset | list | tuple) else (wanted,)
    values = [one if isinstance(one, int | str | None) else getattr(one, "id", one) for one in allowed]
    # Numbers from the environment are texts.
    values += [int(one) for one in values if isinstance(one, str) and one.isdecimal() and len(one) < 20]
    if name == "account":
        return lambda event: not set(values).isdisjoint(event.account.names)
    return lambda event: getattr(event, name) in values


def _unknown(kinds: tuple[type[Event[Any]], ...], attribute: str) -> str:
    known = sorted({n for kind in kinds or (Event,) for n in dir(kind) if not n.startswith("_")})
    near = get_close_matches(attribute, known, 3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    names = ", ".join(kind.__name__ for kind in kinds) or "every event"
    return f"{names} cannot be filtered by {attribute}{hint}"


def _takes_context(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return False
    needed = [p for p in places if p.default is p.empty]
    if not places or len(needed) > 2:
        raise TypeError(f"a handler takes the event, or the event and its context: {function!r} does not")
    return len(places) >= 2
