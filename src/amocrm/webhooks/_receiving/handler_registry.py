"""Registry of handlers: which handler receives which event. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from itertools import zip_longest
from typing import Any, Final, TypeAlias

import attrs

from ...errors import NotLoaded
from .._events.base import Event

__all__ = ["CODES", "Failure", "GiveUp", "Handler", "Handlers", "codes_of"]

Predicate: TypeAlias = Callable[[Any], bool]

#: Codes that the API accepts for subscriptions. The server may accept more; see the description.
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
    """Exception for handlers: this event can never be handled, so do not try again.

    The delivery is stored as dead with the message, and the other handlers still run.
    """


@attrs.frozen
class Failure:
    """Failure of a handler, or of a delivery as a whole.

    Attributes:
        error: the exception.
        event: the event, ``None`` if the delivery could not be read.
        handler: name of the handler, ``None`` if none was called.
        attempt: number of the attempt.
        final: whether there is no further attempt.
    """

    error: BaseException
    event: Event[Any] | None = None
    handler: str | None = None
    attempt: int = 0
    final: bool = False

    @property
    def text(self) -> str:
        """Handler and error in one line, for the inbox."""
        message = f"{type(self.error).__name__}: {self.error}"[:2000]
        return f"{self.handler}: {message}" if self.handler else message


@attrs.frozen
class Handler:
    """Registered handler.

    Attributes:
        name: name for its marks, the same in every run of the program.
        kinds: classes of events.
        predicates: conditions on an event, all of which must be true.
        function: function as it was registered.
        takes_context: whether it takes the context as second argument.
    """

    name: str
    kinds: tuple[type[Event[Any]], ...]
    predicates: tuple[Predicate, ...]
    function: Callable[..., Any]
    takes_context: bool

    def wants(self, event: Event[Any]) -> bool:
        """Return whether the handler is to be called for an event."""
        return isinstance(event, self.kinds) and all(predicate(event) for predicate in self.predicates)


class Handlers:
    """Handlers of one receiver, in the order of their registration."""

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
        """Register a handler.

        Raises:
            TypeError: a filter names an unknown attribute, or the function takes no event.
            ValueError: another handler has this name.
        """
        predicates = [_predicate(kinds, attribute, value) for attribute, value in filters.items()]
        handler_name = name or f"{getattr(function, '__module__', None)}.{_name_of(function)}"
        if any(handler.name == handler_name for handler in self._all):
            raise ValueError(
                f"the name of a handler (by default that of its function) must be unique, got {handler_name!r} twice; "
                f"write @receiver.on(..., name='{handler_name.rsplit('.', 1)[-1]}_2')"
            )
        handler = Handler(
            handler_name,
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
    def event_codes(self) -> tuple[str, ...]:
        """Codes to subscribe to for all handlers."""
        return codes_of(kind for handler in self._all for kind in handler.kinds)


def codes_of(kinds: Iterable[type[Event[Any]] | str]) -> tuple[str, ...]:
    """Return the codes of subscriptions that send these events, in their order.

    A class without a subscription of its own (``LeadEvent``) means all its subclasses. Events that no
    subscription sends (digital pipeline, chats) have no code. Texts are returned unchanged.

    Example:
        >>> from amocrm.webhooks import LeadNoteAdded, LeadStatusChanged
        >>> codes_of([LeadStatusChanged, LeadNoteAdded])
        ('status_lead', 'note_lead')
    """
    codes: dict[str, None] = {}
    for kind in kinds:
        if isinstance(kind, str):
            codes[kind] = None
            continue
        queue = [kind]
        while queue:
            cls = queue.pop(0)
            if cls.code in CODES:
                codes[cls.code] = None
            else:
                queue.extend(cls.__subclasses__())
    return tuple(codes)


def _predicate(kinds: tuple[type[Event[Any]], ...], attribute: str, value: Any) -> Predicate:
    """Return the condition of ``status=142``, ``status={142, 143}``, ``status=stage`` or ``status=lambda id: ...``."""
    # The id first: `lead=17` means the id of the lead, never the attribute with the entity.
    for name in (f"{attribute}_id", attribute):
        if kinds and all(hasattr(kind, name) for kind in kinds):
            break
    else:
        if attribute != "account":
            raise TypeError(_unknown(kinds, attribute))
        name = attribute
    if callable(value) and not hasattr(value, "id"):
        return lambda event: bool(value(getattr(event, name)))
    items = value if isinstance(value, set | frozenset | list | tuple) else (value,)
    values = [item if isinstance(item, int | str | None) else getattr(item, "id", item) for item in items]
    # Numbers from environment variables are texts.
    values += [int(text) for text in values if isinstance(text, str) and text.isdecimal() and len(text) < 20]
    if name == "account":
        return lambda event: not set(values).isdisjoint(event.account.names)
    if name == "status_id":
        pipelines = [_pipeline_of(item) for item in items]
        return partial(_is_in_stage, list(zip_longest(values, pipelines)))
    return lambda event: getattr(event, name) in values


def _pipeline_of(stage: Any) -> int | None:
    try:
        return getattr(stage, "pipeline_id", None)
    except NotLoaded:
        return None


def _is_in_stage(stages: Iterable[tuple[Any, int | None]], event: Any) -> bool:
    """Return whether an event is about one of these stages; won and lost have the same ids in every pipeline."""
    pipelines = (None, getattr(event, "pipeline_id", None))
    return any(
        key == event.status_id and (pipelines[1] is None or pipeline in pipelines) for key, pipeline in stages
    )


def _unknown(kinds: tuple[type[Event[Any]], ...], attribute: str) -> str:
    attributes = sorted({n for kind in kinds or (Event,) for n in dir(kind) if not n.startswith("_")})
    similar = get_close_matches(attribute, attributes, 3)
    hint = f"did you mean {' or '.join(similar)}?" if similar else "use where=lambda event: ..."
    names = ", ".join(kind.__name__ for kind in kinds) or "every event"
    return f"a filter must be an attribute of {names}, got {attribute}; {hint}"


def _name_of(function: Any) -> str:
    return str(getattr(function, "__qualname__", type(function).__name__))


def _takes_context(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return False
    required = [p for p in positional if p.default is p.empty]
    if not positional or len(required) > 2:
        raise TypeError(
            f"a handler must take one or two arguments, got others in {_name_of(function)}; write def handler(event) or "
            "def handler(event, context)"
        )
    return len(positional) >= 2
