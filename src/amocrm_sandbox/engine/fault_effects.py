"""Effects of planted faults on answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from .faults import (
    Drop,
    ErrorPage,
    Fault,
    Latency,
    MalformedJson,
    Mutate,
    PartialBatch,
    SlowBody,
    Truncate,
    mutate,
)
from .messages import Response, encode, html_page, problem

__all__ = ["corrupt_response", "effect_delay", "latency", "replacement_response", "stored_items"]


def latency(faults: list[Fault]) -> tuple[float, float]:
    """Return the seconds to wait before the arrival and those before the answer."""
    inbound = outbound = 0.0
    for fault in faults:
        effect = fault.effect
        if isinstance(effect, Latency):
            total = effect.seconds + (fault.random.uniform(0, effect.jitter) if effect.jitter else 0.0)
            inbound += total * effect.inbound
            outbound += total * (1 - effect.inbound)
    return inbound, outbound


def replacement_response(faults: list[Fault], after_commit: bool) -> Response | None:
    """Return the answer that a drop or a page puts in the place of the true one, or None."""
    for fault in faults:
        effect = fault.effect
        if isinstance(effect, Drop) and effect.after_commit == after_commit:
            return _dropped()
        if isinstance(effect, ErrorPage) and effect.after_commit == after_commit:
            page = html_page(effect.status) if effect.html else problem(effect.status, effect.detail)
            return replace(page, headers=page.headers + effect.headers)
        if isinstance(effect, PartialBatch) and after_commit:
            return _dropped() if effect.status is None else html_page(effect.status)
    return None


def _dropped() -> Response:
    response = Response(502)
    return replace(response, transmission=replace(response.transmission, drop=True))


def effect_delay(faults: list[Fault]) -> float | None:
    """Return the seconds after which a request that was answered takes effect, or None if it never does."""
    for fault in faults:
        if isinstance(fault.effect, Drop | ErrorPage) and fault.effect.effect_after is not None:
            return fault.effect.effect_after
    return None


def stored_items(faults: list[Fault]) -> int | None:
    """Return the number of items of a batch that are stored, or None for all."""
    for fault in faults:
        if isinstance(fault.effect, PartialBatch):
            return fault.effect.items
    return None


def corrupt_response(response: Response, faults: list[Fault]) -> Response:
    """Return the response with its body and delivery deformed."""
    for fault in faults:
        effect = fault.effect
        if isinstance(effect, Truncate):
            keep = int(len(response.body) * effect.keep)
            response = replace(response, transmission=replace(response.transmission, keep=keep))
        elif isinstance(effect, SlowBody):
            transmission = replace(response.transmission, chunks=effect.chunks, chunk_delay=effect.seconds)
            response = replace(response, transmission=transmission)
        elif isinstance(effect, MalformedJson):
            response = replace(response, body=response.body[:-1] + b",}" if response.body else b"{")
        elif isinstance(effect, Mutate) and response.body:
            response = replace(response, body=_mutated(response.body, effect))
    return response


def _mutated(body: bytes, effect: Mutate) -> bytes:
    def change(container: Any, key: Any) -> None:
        if not effect.remove:
            container[key] = effect.value
        elif isinstance(container, dict):
            container.pop(key, None)
        else:
            del container[key]

    value = msgspec.json.decode(body)
    mutate(value, effect.path, change)
    return encode(value)
