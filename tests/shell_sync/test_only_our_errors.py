"""Whatever is given to a public call or comes from a server, no error of somebody else gets out."""
# GENERATED from tests/shell_async/test_only_our_errors.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import linecache
import os
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from amocrm import AmoCRMError, Company, Contact, Customer, FlushError, Lead, Note, Task, fields
from amocrm._sync.client import AmoCRM
from amocrm._sync.limits.memory import MemoryLimiter
from amocrm._core.http.retry import NEVER
from amocrm.webhooks import parse

from ._support import ManualClock, mock
from .crm import FAST

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore")]
FUZZ = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "100")),
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Foreign:
    """A number that is none of Python's."""

    def __index__(self) -> int:
        return 5


class Deal(Lead):
    """A lead with a field of every kind of value."""

    text = fields.Text(field_id=1)
    number = fields.Numeric(field_id=2)
    day = fields.Date(field_id=3)
    moment = fields.DateTime(field_id=4)
    flag = fields.Checkbox(field_id=5)
    one: fields.Select[str] = fields.Select(field_id=6)
    several: fields.MultiSelect[str] = fields.MultiSelect(field_id=7)
    phones = fields.Phones(field_id=8)
    address = fields.SmartAddress(field_id=9)
    legal = fields.LegalEntity(field_id=10)
    file = fields.File(field_id=11)
    items = fields.Items(field_id=12)
    chain = fields.ChainedList(field_id=13)
    raw = fields.Raw(field_id=14)
    birthday = fields.Birthday(field_id=15)


#: Names of values that cannot be printed, which the test tool has to do.
UNSHOWABLE: dict[str, Any] = {"<object>": Foreign(), "<huge>": 10**5000, "<function>": lambda: 1}
TYPES = {field.field_id: field.wire_type for field in Deal._declared.values()}
HOSTILE = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                "\ud83d",
                "a\udcff",
                "\x00",
                "0",
                "0000-00-00",
                "1e400",
                Markup("Ann"),
                b"\xff",
                "x" * 3000,
            ),
            *(float("nan"), float("inf"), -0.0, 1e308, 10**30, -(10**400), 10**15, True, None),
            *(Decimal("NaN"), Decimal("sNaN"), Decimal("1e999999"), Decimal("-Infinity"), Decimal("1.5")),
            *(datetime.min, datetime.max, datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))),
            *(datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=timezone(-timedelta(hours=12)))),
            *UNSHOWABLE,
            *(date.min, date.max, timedelta(1), object, 1 + 2j, range(3), ...),
        ]
    ),
    st.text(max_size=5),
    st.integers(),
    st.floats(),
)
DEEP = st.recursive(
    HOSTILE,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "name", "\ud83d", "enum_id"]), inner, max_size=3)
        | st.tuples(inner)
    ),
    max_leaves=6,
)
SETTABLE = [
    (kind, name)
    for kind in (Deal, Contact, Company, Customer, Task, Note)
    for name in dir(kind)
    if not name.startswith("_")
    and hasattr(getattr(kind, name), "__set__")
    and not isinstance(getattr(kind, name), property)
]
FILTERS = [
    (kind, name, method)
    for kind in (Deal, Contact, Task)
    for name in dir(kind)
    if not name.startswith("_")
    for method in ("is_", "in_", "between", "__ge__", "__le__")
    if method in dir(getattr(kind, name)) and hasattr(getattr(kind, name), "is_")
]


def made(value: Any) -> Any:
    """The value with the named ones in the place of their names."""
    if isinstance(value, list | tuple):
        return type(value)(map(made, value))
    if isinstance(value, dict):
        return {key: made(inner) for key, inner in value.items()}
    return UNSHOWABLE.get(value, value) if type(value) is str else value


def only_ours(error: BaseException) -> None:
    """Passes an error of this library, and an argument error that a line of ours raises in so many words."""
    if isinstance(error, AmoCRMError):
        str(error).encode()
        pickle.loads(pickle.dumps(error))  # nosec
        return
    assert isinstance(error, TypeError | ValueError | AttributeError | LookupError), repr(type(error))
    trace = error.__traceback__
    assert trace is not None
    while trace.tb_next is not None:
        trace = trace.tb_next
    place = trace.tb_frame.f_code.co_filename, trace.tb_lineno
    assert "/amocrm" in place[0], (place, str(error)[:100])
    assert linecache.getline(*place).lstrip().startswith("raise "), (place, str(error)[:100])


def attempt(call: Callable[[], Any]) -> Any:
    """The result of a call, ``None`` when it was refused in our words."""
    try:
        return call()
    except Exception as error:
        only_ours(error)
        return error if isinstance(error, FlushError) else None


def new(kind: type) -> Any:
    """A new entity of a class that can be sent as it is."""
    if kind is Task:
        return Task("x", due=2_000_000_000)
    if kind is Note:
        return Note("x", entity=Lead(name="x"))
    return kind(name="x")


@pytest.mark.slow
@FUZZ
@given(place=st.sampled_from(SETTABLE), value=DEEP)
def test_assigning_and_sending_anything(crm: AmoCRM, place: tuple[type, str], value: Any) -> None:
    """A value is refused at the assignment, or rejects its own item; the item beside it is sent, none is unknown."""
    value = made(value)
    entity = new(place[0])

    def assign() -> bool:
        setattr(entity, place[1], value)
        getattr(entity, place[1])
        return True

    if not attempt(assign):
        return
    s = crm.session()
    beside = s.add(Company(name="beside"))
    try:
        s.add(entity)
    except Exception as error:
        only_ours(error)
    found = attempt(s.commit)
    assert found is not None
    report = found.report if isinstance(found, FlushError) else found
    assert beside.id
    assert not report.unknown, str(report)


@pytest.mark.slow
@FUZZ
@given(place=st.sampled_from(FILTERS), value=DEEP, search=DEEP)
def test_asking_for_anything(
    crm: AmoCRM, place: tuple[type, str, str], value: Any, search: Any
) -> None:
    """Conditions and searches are refused in our words, or asked."""
    (kind, name, method), value, search = place, made(value), made(search)

    def ask() -> Any:
        ends = (value, value) if method == "between" else (value,)
        return crm.query(kind).where(getattr(getattr(kind, name), method)(*ends)).limit(1).all()

    attempt(ask)

    def look() -> Any:
        return crm.query(Lead).search(search).limit(1).all()

    attempt(look)


@pytest.mark.slow
@FUZZ
@given(body=DEEP, query=DEEP)
def test_raw_calls_with_anything(crm: AmoCRM, body: Any, query: Any) -> None:
    """``crm.api`` takes what can be encoded and refuses everything else before it leaves."""
    body, query = made(body), made(query)

    def send() -> Any:
        return crm.api.leads.create(body=[body])

    def ask() -> Any:
        return crm.api.leads.list(filter={"name": query}, query=query, with_=[query], limit=query)

    def get() -> Any:
        return crm.api.leads.get(id=query)

    for call in (send, ask, get):
        attempt(call)


def _page(values: list[tuple[int, Any]], **data: Any) -> bytes:
    found = [
        {"field_id": key, "field_name": str(key), "field_type": TYPES[key], "values": value}
        for key, value in values
    ]
    lead = {"id": 1, "name": "a", "custom_fields_values": found, **data}
    return msgspec.json.encode({"_page": 1, "_embedded": {"leads": [lead, {"id": 2, "name": "b"}]}})


WIRE = st.recursive(
    st.sampled_from(
        [None, True, "", "x", "0000-00-00", 1e300, 10**15, -(10**18), 0, "1", "NaN", "-", "1" * 30]
    ),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["value", "id", "enum_id", "enum_code", "name"]), inner, max_size=3)
    ),
    max_leaves=6,
)
ITEMS = st.lists(
    st.fixed_dictionaries({"value": WIRE}, optional={"enum_id": WIRE, "enum_code": WIRE}), max_size=2
)
ODD = (rb"\ud83d", b"\xff", b"\x00", b"1e400", b"[", b"}", b'"', b"null", b"-", b"9" * 400, b"NaN", b"")


@pytest.mark.slow
@FUZZ
@given(
    values=st.lists(st.tuples(st.sampled_from(sorted(TYPES)), ITEMS | WIRE), max_size=4),
    data=st.dictionaries(
        st.sampled_from(["name", "price", "created_at", "closest_task_at", "_embedded"]), WIRE
    ),
    cuts=st.lists(st.tuples(st.integers(0, 4000), st.sampled_from(ODD), st.integers(0, 9)), max_size=3),
    status=st.sampled_from([200, 200, 200, 204, 400, 401, 403, 404, 429, 500]),
)
def test_reading_whatever_a_server_answers(
    values: list[tuple[int, Any]], data: dict[str, Any], cuts: list[tuple[int, bytes, int]], status: int
) -> None:
    """An answer with odd values is read value by value; one that is no JSON any more is an error of ours."""
    content = _page(values, **data)
    for place, odd, length in cuts:
        content = content[:place] + odd + content[place + length :]

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=content, headers={"content-type": "application/hal+json"})

    clock = ManualClock()
    crm = AmoCRM(
        "demo",
        token="x" * 40,
        http_transport=mock(answer),
        retry=NEVER,
        max_prefetch=0,
        clock=clock,
        limiter=MemoryLimiter(FAST, clock=clock),
    )

    def page() -> Any:
        return crm.query(Deal).limit(2).all()

    def raw() -> Any:
        return crm.api.leads.list()

    def one() -> Any:
        return [crm.leads.get(1)]

    attempt(raw)
    for call in (page, one):
        found = attempt(call)
        assert cuts or status != 200 or call is one or [lead.id for lead in found] == [1, 2]
        for lead in found or ():
            for name in [name for name in dir(type(lead)) if not name.startswith("_")]:

                def read(lead: Any = lead, name: str = name) -> Any:
                    return repr(getattr(lead, name))

                attempt(read)


@pytest.mark.slow
@FUZZ
@given(
    body=st.sampled_from(
        [
            b'{"leads":{"add":[{"id":"1","name":"x","price":5,"created_at":1700000000}]}}',
            b"leads[add][0][id]=1&leads[add][0][name]=x&leads[add][0][updated_at]=1700000000",
            b'{"event":{"type":7,"data":{"id":1}},"account_id":5,"subdomain":"demo"}',
            b'leads[note][0][note][id]=1&leads[note][0][note][text]={"a":1}&leads[note][0][note][note_type]=4',
        ]
    ),
    cuts=st.lists(st.tuples(st.integers(0, 90), st.sampled_from(ODD), st.integers(0, 9)), max_size=4),
    query=st.text(st.characters(), max_size=20),
)
def test_parsing_whatever_a_webhook_brings(
    body: bytes, cuts: list[tuple[int, bytes, int]], query: str
) -> None:
    """A delivery becomes events, or is refused in our words."""
    for place, odd, length in cuts:
        body = body[:place] + odd + body[place + length :]

    def read() -> Any:
        for event in parse(body, query=query):
            (repr(event), event.happened_at, getattr(event, "record", None))

    attempt(read)
