"""Recorded answers in the place of the account: what `amocrm record` has written, played back."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from .messages import Request, Response, encode, problem

__all__ = ["Cassette", "interactions_of"]

_PLAIN = re.compile(r"[0-9,]+|(?=.*[a-z])[a-z_,]+")
_FORMAT = 1


class Cassette:
    """Recorded requests with their answers.

    A request is answered as one of the same method, path and query was, in the order of the recording; the last answer
    repeats. Texts in a query are not compared, because the recording holds invented ones, and neither are bodies; an
    answer echoes the `request_id`s that are sent now.

    Args:
        path: File that `amocrm record` has written.

    Raises:
        ValueError: The file is no cassette of a known format.
    """

    def __init__(self, path: str | Path) -> None:
        self._exact: defaultdict[tuple[Any, ...], list[Any]] = defaultdict(list)
        self._loose: defaultdict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for interaction in interactions_of(path):
            key = _key(interaction["method"], interaction["target"])
            self._exact[key].append(interaction)
            self._loose[_names(key)].append(interaction)
        self._heard: defaultdict[int, int] = defaultdict(int)

    def answer(self, request: Request) -> Response:
        """Return the recorded answer to a request, or a problem that says that there is none."""
        key = _key(request.method, request.target)
        interactions = self._exact.get(key) or self._loose.get(_names(key))
        if not interactions:
            path = request.target.partition("?")[0]
            return problem(501, f"The cassette has no {request.method} {path} with these parameters")
        number = self._heard[id(interactions)]
        self._heard[id(interactions)] += 1
        interaction = interactions[min(number, len(interactions) - 1)]
        if interaction["response"] is None:
            return Response(interaction["status"], (("Content-Type", interaction["content_type"]),))
        echoed = _echoed(interaction["response"], _renamed(interaction["request"], request.body))
        return Response(
            interaction["status"], (("Content-Type", interaction["content_type"]),), encode(echoed)
        )


def interactions_of(path: str | Path) -> list[dict[str, Any]]:
    """Return the requests of a cassette with their answers, in the order of the recording.

    Raises:
        ValueError: The file is no cassette of a known format.
    """
    try:
        tape: Any = msgspec.json.decode(Path(path).read_bytes())
        if tape["cassette"] != "amocrm record" or tape["format"] != _FORMAT:
            raise ValueError
        return [dict(interaction) for interaction in tape["interactions"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no cassette of format {_FORMAT} of `amocrm record`") from error


def _key(method: str, target: str) -> tuple[Any, ...]:
    path, _, query = target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    return (
        method,
        path,
        tuple(sorted((name, value if _PLAIN.fullmatch(value) else "*") for name, value in pairs)),
    )


def _names(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return key[0], key[1], tuple(sorted({name for name, _ in key[2]}))


def _renamed(recorded: Any, sent: bytes) -> dict[str, str]:
    """Return the request ids of now by those of the recording, by the place of their items."""
    try:
        now = msgspec.json.decode(sent) if sent else None
    except msgspec.DecodeError:
        now = None
    if not (isinstance(recorded, list) and isinstance(now, list)):
        return {}
    pairs = zip(recorded, now, strict=False)
    both = [(old, new) for old, new in pairs if isinstance(old, dict) and isinstance(new, dict)]
    return {
        str(old["request_id"]): new["request_id"]
        for old, new in both
        if "request_id" in old and "request_id" in new
    }


def _echoed(value: Any, renamed: dict[str, str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _echoed(inner, renamed, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_echoed(inner, renamed, key) for inner in value]
    return renamed.get(value, value) if key == "request_id" and isinstance(value, str) else value
