"""Values that cannot be sent cost their own item, answers that cannot be read cost one value."""

from __future__ import annotations

import warnings
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import httpx
import pytest
from markupsafe import Markup

from amocrm import (
    Company,
    Contact,
    FlushError,
    ForbiddenError,
    Lead,
    Note,
    Outcome,
    Task,
    ValidationError,
    fields,
)
from amocrm._async.client import AsyncAmoCRM
from amocrm._core.http.retry import NEVER
from amocrm.errors import EncodingError, UnreadableError
from amocrm.events import Drift, DriftSeen, DriftWarning
from amocrm_sandbox import Sandbox

from .._support import mock
from ..crm import bodies

pytestmark = pytest.mark.anyio


class Words(StrEnum):
    """Texts that are members of an enum."""

    ANN = "Ann"


class Number(IntEnum):
    """Numbers that are members of an enum."""

    MANY = 70


class Whole(int):
    """A whole number of somebody else's type."""


class Fraction(float):
    """A fraction of somebody else's type."""


class NumpyNumber:
    """A number that is none of Python's, as numpy's are."""

    def __index__(self) -> int:
        return 5


class Deal(Lead):
    """A lead with a declared field."""

    word = fields.Text(name="Word")


async def refused(crm: AsyncAmoCRM, *items: Any) -> FlushError:
    """The error of a commit of these objects."""
    s = crm.session()
    for item in items:
        s.add(item)
    with pytest.raises(FlushError) as caught:
        await s.commit()
    return caught.value


@pytest.mark.parametrize(
    ("make", "name", "word"),
    [
        pytest.param(lambda: Lead(name="bad \ud83d"), "name", "surrogate", id="name"),
        pytest.param(lambda: Lead(name="x", tags=["\udcff"]), "tags", "surrogate", id="tag"),
        pytest.param(lambda: Deal(word="\ud83d"), "Word", "surrogate", id="field"),
        pytest.param(lambda: Contact(name="x", phones=["\ud83d"]), "PHONE", "surrogate", id="phone"),
        pytest.param(lambda: Task("\ud83d", due=2_000_000_000), "text", "surrogate", id="task"),
    ],
)
async def test_an_item_that_cannot_be_encoded_is_rejected_alone_with_its_field(
    crm: AsyncAmoCRM, sandbox: Sandbox, make: Any, name: str, word: str
) -> None:
    """The other items of the batch are applied; nothing of the refused one leaves, and nothing is unknown."""
    await crm.fields.ensure(Deal)
    good, bad = (Company(name="good"), Lead(name="good"), Contact(name="good"), Task("good", due=1)), make()
    error = await refused(crm, *good, bad)
    (result,) = error.report.rejected
    assert (len(error.report.applied), result.entity, error.report.unknown) == (len(good), bad, [])
    (issue,) = result.issues
    assert name in issue.field
    assert word in issue.detail
    assert isinstance(result.error, EncodingError)
    assert all(len(items) == 1 for items in bodies(sandbox, f"create_{bad._kind}"))


@pytest.mark.parametrize(
    ("params", "path"),
    [
        pytest.param({"n": NumpyNumber()}, "params.n", id="foreign number"),
        pytest.param({"n": float("nan")}, "params.n", id="nan"),
        pytest.param({"n": [1, float("inf")]}, "params.n.1", id="infinity in a list"),
        pytest.param({"n": Decimal("NaN")}, "params.n", id="nan of Decimal"),
        pytest.param({"n": 10**5000}, "params.n", id="too many digits"),
        pytest.param({"n": {"\ud83d": 1}}, "params.n.", id="key"),
        pytest.param({"n": object()}, "params.n", id="object"),
    ],
)
async def test_the_params_of_a_note_are_checked_in_depth(crm: AsyncAmoCRM, params: Any, path: str) -> None:
    """What stands deep in a free value is found and named; the lead itself is created."""
    lead = Lead(name="x")
    lead.notes.add(Note(note_type="call_in", params=params))
    error = await refused(crm, lead)
    (result,) = error.report.rejected
    assert result.issues[0].path.startswith(path)
    assert lead.id


async def test_values_that_contain_themselves_are_refused(crm: AsyncAmoCRM) -> None:
    """A circle has an end."""
    circle: dict[str, Any] = {}
    circle["n"] = circle
    lead = Lead(name="x")
    lead.notes.add(Note(note_type="call_in", params=circle))
    error = await refused(crm, lead)
    assert "nested" in str(error)


async def test_a_refused_value_can_be_mended_and_sent(crm: AsyncAmoCRM) -> None:
    """The change is still a change: after the mend the next commit takes it, once."""
    s = crm.session()
    lead = s.add(Lead(name="bad \ud83d"))
    with pytest.raises(FlushError):
        await s.commit()
    lead.name = "good"
    report = await s.commit()
    assert [result.outcome for result in report] == [Outcome.APPLIED]


@pytest.mark.parametrize("name", [Markup("Ann"), Words.ANN])
@pytest.mark.parametrize("price", [Number.MANY, Whole(70), Fraction(70.0), Decimal(70)])
async def test_subclasses_of_texts_and_numbers_are_accepted(
    crm: AsyncAmoCRM, sandbox: Sandbox, name: str, price: int
) -> None:
    """What is a text or a number by its class is sent as one."""
    await crm.fields.ensure(Deal)
    async with crm.session() as s:
        s.add(Deal(name=name, price=price, word=name, tags=[name]))
    ((item,),) = bodies(sandbox, "create_leads")
    assert (item["name"], item["price"]) == ("Ann", 70)
    assert item["custom_fields_values"][0]["values"] == [{"value": "Ann"}]
    assert item["_embedded"]["tags"] == [{"name": "Ann"}]


async def test_a_raw_call_names_the_place_of_a_bad_value(crm: AsyncAmoCRM, sandbox: Sandbox) -> None:
    """Bodies and queries of ``crm.api`` are refused before anything is sent."""
    with pytest.raises(EncodingError, match=r"body\[1\]\.name must"):
        await crm.api.leads.create(body=[{"name": "a"}, {"name": "\ud83d"}])  # type: ignore[list-item]
    with pytest.raises(EncodingError, match=r"query must"):
        await crm.api.leads.list(query="\ud83d")
    with pytest.raises(EncodingError, match=r"filter\[name\]\[1\] must"):
        await crm.api.leads.list(filter={"name": ["a", float("nan")]})
    assert not sandbox.journal


async def test_search_and_filters_name_the_bad_value(crm: AsyncAmoCRM, sandbox: Sandbox) -> None:
    """A query is refused with the parameter that cannot be sent."""
    with pytest.raises(TypeError, match="text must be text"):
        await crm.leads.query().search("\ud83d").all()
    assert not bodies(sandbox, "list_leads")


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (b"x", "text"),
        (bytearray(b"x"), "text"),
        (2**64, "64 bits"),
        (-(2**63) - 1, "64 bits"),
        ({b"a": 1}, "key"),
    ],
)
async def test_a_raw_body_takes_what_json_holds(
    crm: AsyncAmoCRM, sandbox: Sandbox, value: Any, rule: str
) -> None:
    """Bytes are not sent as base64, nor integers that most programs round; the place is named."""
    with pytest.raises(EncodingError, match=r"body\[0\]\.name.*" + rule):
        await crm.api.leads.create(body=[{"name": value}])
    with pytest.raises(EncodingError, match=r"extra_body\.name.*" + rule):
        await crm.api.with_options(extra_body={"name": value}).leads.create(body=[{}])
    assert not bodies(sandbox, "create_leads")


PAGE = b"""{"_page":1,"_embedded":{"leads":[%s,{"id":2,"name":"b","price":5}]}}"""


@pytest.mark.parametrize(
    ("first", "attribute", "value"),
    [
        pytest.param(rb'{"id":1,"name":"a\ud83d"}', "name", "a\ufffd", id="lone surrogate at the end"),
        pytest.param(rb'{"id":1,"name":"\udc00 a"}', "name", "\ufffd a", id="lone low surrogate"),
        pytest.param(b'{"id":1,"name":"a\xff"}', "name", "a\ufffd", id="no UTF-8"),
        pytest.param(b'{"id":1,"name":"a\xed\xa0\x80"}', "name", None, id="surrogate written in UTF-8"),
        pytest.param(b'{"id":1,"name":"a\x01"}', "name", "a\x01", id="bare control character"),
        pytest.param(rb'{"id":1,"name":"a","x\ud83d":1}', "name", "a", id="odd key"),
        pytest.param(b'{"id":1,"name":1e400}', "name", "1e400", id="number for a text"),
    ],
)
async def test_an_odd_character_costs_no_page(first: bytes, attribute: str, value: str | None) -> None:
    """The other leads are read; the odd text is mended, and a drift record tells where it was."""
    crm, drifts = answering(PAGE % first)
    leads = await crm.leads.query().limit(2).all()
    assert [lead.id for lead in leads] == [1, 2]
    assert (leads[1].name, leads[1].price) == ("b", 5)
    assert value is None or getattr(leads[0], attribute) == value
    getattr(leads[0], attribute).encode()
    assert first.count(b"\x01") or all("leads[0]" in drift.path for drift in drifts)


@pytest.mark.parametrize("number", [b"1e400", b"-1e999999999", b"1" * 5000, b"1e4000000000", b"NaN"])
async def test_a_number_out_of_range_costs_itself(number: bytes) -> None:
    """The value is not readable, everything else is, and a drift record holds it as it was written."""
    crm, drifts = answering(PAGE % (b'{"id":1,"name":"a","price":' + number + b"}"))
    first, second = await crm.leads.query().limit(2).all()
    assert (first.name, second.price) == ("a", 5)
    with pytest.raises(UnreadableError, match="price"):
        _ = first.price
    assert [(drift.path, drift.kind) for drift in drifts] == [("$._embedded.leads[0].price", "unset")]


async def test_an_odd_value_inside_a_field_costs_that_field() -> None:
    """Values of custom fields and free objects are mended where they stand."""
    values = (
        rb'"custom_fields_values":[{"field_id":5,"field_name":"F","field_type":"%s","values":[{"value":%s}]}]'
    )
    for kind, raw, seen in (
        (b"text", rb'"\ud83d"', "\ufffd"),
        (b"numeric", b"1e400", Decimal("1e400")),
        (b"date_time", b"1e400", None),
    ):
        crm, drifts = answering(PAGE % (b'{"id":1,"name":"a",' + values % (kind, raw) + b"}"))
        first, _ = await crm.leads.query().limit(2).all()
        assert first.custom["F"] == seen
        assert drifts


async def test_an_error_body_with_odd_bytes_is_understood() -> None:
    """The words of a refusal are read although a byte of them is no UTF-8."""
    crm, _ = answering(b'{"title":"Bad\xff","detail":"no \\ud83d","status":400}', status=400)
    with pytest.raises(ValidationError, match="no \ufffd"):
        await crm.leads.get(1)


async def test_no_error_and_no_drift_record_holds_a_token() -> None:
    """A server that echoes the token, in words or in values, puts it into no message and no record."""
    token = "eyJ0eXAiOiJKV1Qi.eyJhdWQiOiJhIn0.c2lnbmF0dXJl"
    refusal = b'{"title":"Bearer %s","detail":"token %s is over","hint":"","status":403}' % (
        2 * (token.encode(),)
    )
    crm, _ = answering(refusal, status=403, token=token)
    with pytest.raises(ForbiddenError) as caught:
        await crm.leads.get(1)
    assert token not in repr(vars(caught.value)) + str(caught.value)
    opaque = "0123456789" * 4
    crm, _ = answering(
        b'{"title":"token %s is over","status":403}' % opaque.encode(), status=403, token=opaque
    )
    with pytest.raises(ForbiddenError) as caught:
        await crm.leads.get(1)
    assert opaque not in repr(vars(caught.value)) + str(caught.value)
    crm, drifts = answering(PAGE % (b'{"id":1,"price":["%s"],"name":{"token":"secret"}}' % token.encode()))
    await crm.leads.query().limit(2).all()
    assert len(drifts) == 2
    assert not any(word in repr([drift.raw for drift in drifts]) for word in (token, "secret"))


def answering(content: bytes, status: int = 200, token: str = "x" * 40) -> tuple[AsyncAmoCRM, list[Drift]]:
    """A client whose server answers every request with this body, and the drifts that it sees."""
    drifts: list[Drift] = []

    def hear(event: object) -> None:
        if isinstance(event, DriftSeen):
            drifts.append(event.drift)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=content, headers={"content-type": "application/hal+json"})

    warnings.simplefilter("ignore", DriftWarning)
    crm = AsyncAmoCRM(
        "demo", token=token, http_transport=mock(answer), retry=NEVER, event_hooks=[hear], max_prefetch=0
    )
    return crm, drifts
