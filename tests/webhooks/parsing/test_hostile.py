"""Hostile bodies: bounded time and memory, whatever is sent."""

import gc
import time
import tracemalloc
from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest

from amocrm.webhooks import BodyTooLarge, decode_form, parse

pytestmark = pytest.mark.slow


def cost(work: Callable[[], object]) -> float:
    """CPU seconds."""
    gc.disable()  # its cost depends on what other tests left behind
    start = time.process_time()
    work()
    seconds = time.process_time() - start
    gc.enable()
    return seconds


def takes_at_most(work: Callable[[], object], seconds: Callable[[], float]) -> bool:
    """Whether the better of two runs costs less; one that does needs no second."""
    return any(cost(work) < seconds() for _ in range(2))


def splitting(body: bytes) -> float:
    """CPU seconds of the standard library for a body."""
    return cost(lambda: parse_qsl(body, keep_blank_values=True))


HOSTILE = {
    "many keys": b"&".join(b"k%d=v" % index for index in range(49_000)),
    "many levels": b"&".join(b"a[%d][b][c]=v" % index for index in range(49_000)),
    "many appended": b"&".join([b"a[]=v"] * 49_000),
    "appended after holes": b"&".join(
        [b"a[%d]=v" % index for index in range(24_000, 48_000)] + [b"a[]=v"] * 24_000
    ),
    "overwritten levels": b"&".join([b"a[b][c]=1&a[b]=2"] * 24_000),
    "percent signs": b"a=" + b"%" * 500_000,
    "brackets": b"&".join([b"a" + b"[b]" * 31 + b"=1"] * 20_000),
    "unknown groups": b"&".join(b"g%d[a][0][id]=1" % index for index in range(49_000)),
}


#: Bodies that make many items or deep payloads of what the decoder lets through.
HOSTILE_EVENTS = {
    **HOSTILE,
    "many items": b"&".join(b"leads[add][%d][id]=1" % index for index in range(49_000)),
    "many bare ids": b"&".join(b"leads[delete][%d]=1" % index for index in range(49_000)),
    "many nested items": b"&".join(b"task[update][0][%d][id]=1" % index for index in range(49_000)),
    "many fields": b"leads[add][0][id]=1&"
    + b"&".join(b"leads[add][0][custom_fields][%d][id]=1" % index for index in range(49_000)),
    "many links": b"contacts[add][0][id]=1&"
    + b"&".join(b"contacts[add][0][linked_leads_id][%d][ID]=1" % index for index in range(0, 343_000, 7)),
    "many members": b"{" + b",".join(b'"k%d":1' % index for index in range(49_000)) + b"}",
}


@pytest.mark.parametrize("name", HOSTILE_EVENTS)
def test_events_of_hostile_bodies_take_linear_time(name: str) -> None:
    """From the bytes to the last event, the worst bodies cost a multiple of splitting them."""
    body = HOSTILE_EVENTS[name]

    assert takes_at_most(lambda: parse(body), lambda: 30 * splitting(body) + 0.5)


@pytest.mark.parametrize("name", ["unknown groups", "many fields"])
def test_events_of_hostile_bodies_take_bounded_memory(name: str) -> None:
    """Tens of thousands of events of one body are tens of megabytes."""
    tracemalloc.start()
    events = parse(HOSTILE_EVENTS[name])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(events) <= 49_000
    assert peak < 100 * 1024 * 1024


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_take_linear_time_and_bounded_memory(name: str) -> None:
    """The worst bodies within the bounds cost a small multiple of splitting them."""
    body = HOSTILE[name]
    tracemalloc.start()
    decode_form(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 60 * 1024 * 1024
    assert takes_at_most(lambda: decode_form(body), lambda: 6 * splitting(body) + 0.3)


@pytest.mark.parametrize(
    "body", [b"&".join([b"a=1"] * 1_000_000), b"a[" * 500_000 + b"=1", b"a=" + b"x" * 5_000_000]
)
def test_bodies_beyond_the_bounds_are_refused_at_once(body: bytes) -> None:
    """A million keys, endless nesting and megabytes cost next to nothing."""

    def refused() -> None:
        with pytest.raises(BodyTooLarge):
            parse(body)

    assert takes_at_most(refused, lambda: 0.2)


def test_levels_are_bounded_as_keys_are() -> None:
    """Keys that open dozens of levels each are refused before there are more levels than genuine keys open."""
    body = b"&".join([b"a" + b"[]" * 31 + b"=1"] * 49_999)

    with pytest.raises(BodyTooLarge) as caught:
        parse(body)

    assert caught.value.limit == "keys"
    assert parse(b"&".join(b"leads[add][0][custom_fields][%d][values][0][value]=1" % n for n in range(9_000)))
