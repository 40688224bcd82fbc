"""The decoder of bracket forms: what it reads, and what it refuses."""

from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amocrm.webhooks import (
    BodyLimits,
    BodyMalformed,
    BodyTooLarge,
    UnknownEvent,
    WebhookError,
    decode_form,
    parse,
)
from amocrm.webhooks._payload.typed_payload import typed_payload
from amocrm_gen.models.hooks import HookLead, HookTask

from .. import fuzz


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a[b][c]=1", {"a": {"b": {"c": "1"}}}),
        (b"a[0]=x&a[1]=y", {"a": ["x", "y"]}),
        (b"a[1]=y&a[0]=x", {"a": ["x", "y"]}),
        (b"a[1]=y", {"a": {"1": "y"}}),
        (b"a[0]=x&a[2]=z", {"a": {"0": "x", "2": "z"}}),
        (b"a[0]=x&a[k]=z", {"a": {"0": "x", "k": "z"}}),
        (b"a[00]=x", {"a": {"00": "x"}}),
        (b"a[15319601][ID]=15319601", {"a": {"15319601": {"ID": "15319601"}}}),
        (b"a[]=x&a[]=y", {"a": ["x", "y"]}),
        (b"a[0]=x&a[]=y", {"a": ["x", "y"]}),
        (b"a[][b]=1&a[][b]=2", {"a": [{"b": "1"}, {"b": "2"}]}),
        (b"a[b][]=1&a[b][]=2&a[c]=3", {"a": {"b": ["1", "2"], "c": "3"}}),
        (b"a[0][0][id]=1", {"a": [[{"id": "1"}]]}),
        (b"a=", {"a": ""}),
        (b"a", {"a": ""}),
        (b"&&a=1&&", {"a": "1"}),
        (b"=1", {"": "1"}),
        (b"a=1=2", {"a": "1=2"}),
        (b"a+b=c+d%2B", {"a b": "c d+"}),
        (b"a%5bb%5D=1", {"a": {"b": "1"}}),
        (b"a=%D0%9F%D1%80", {"a": "Пр"}),
        ("a=Пр".encode(), {"a": "Пр"}),
    ],
)
def test_forms_become_trees(body: bytes, tree: Any) -> None:
    """Brackets are levels, keys 0..k are lists, anything else is a mapping in the order of the body."""
    assert decode_form(body) == tree


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        (b"a=1&a=2", {"a": "2"}),
        (b"a[b]=1&a[b]=2", {"a": {"b": "2"}}),
        (b"a=1&a[b]=2", {"a": {"b": "2"}}),
        (b"a[b]=1&a=2", {"a": "2"}),
        (b"a[b][c]=1&a[b]=2&a[b][d]=3", {"a": {"b": {"d": "3"}}}),
        (b"a[b][c]=1&a=2&a[b][d]=3", {"a": {"b": {"d": "3"}}}),
    ],
)
def test_the_later_of_two_counts(body: bytes, tree: Any) -> None:
    """A key that comes twice, or once as a scalar and once as a level, has its last meaning."""
    assert decode_form(body) == tree


@pytest.mark.parametrize(
    "key", ["a[b", "a]b", "a]", "[a]", "[", "]", "[]", "[a][b]", "a[b]c", "%", "a%zz", "a%5"]
)
def test_a_key_with_odd_brackets_is_a_name(key: str) -> None:
    """What is no bracket key is an ordinary name; a percent sign without two digits is itself."""
    assert decode_form(f"{key}=1".encode()) == {key: "1"}


def test_odd_brackets_inside_are_part_of_a_name() -> None:
    """Nothing of a key is thrown away."""
    assert decode_form(b"a[[b]=1&a[c]=2&a[b]c]=3") == {"a": {"[b": "1", "c": "2", "b]c": "3"}}


@pytest.mark.parametrize(
    ("charset", "body", "value"),
    [
        ("windows-1251", "a=%CF%F0", "Пр"),
        ("koi8-r", "a=%F0%D2", "Пр"),
        ("utf-8", "a=%CF%F0", "\ufffd\ufffd"),
        ("utf-7", "a=%CF", "\ufffd"),
        ("zip", "a=%CF", "\ufffd"),
        ("no-such", "a=x", "x"),
    ],
)
def test_only_harmless_charsets_are_followed(charset: str, body: str, value: str) -> None:
    """A content type may name one of a few harmless charsets; all others are read as UTF-8."""
    (event,) = parse(body.encode(), {"Content-Type": f"application/x-www-form-urlencoded; charset={charset}"})

    assert event.raw == value


def test_bytes_that_are_no_text_are_replaced() -> None:
    """Invalid UTF-8 never breaks a delivery, surrogates included."""
    assert decode_form(b"a=\xff%ED%A0%80") == {"a": "\ufffd" * 4}


@pytest.mark.parametrize(
    ("limit", "good", "bad"),
    [
        ("bytes", b"a=12345678", b"a=123456789"),
        ("keys", b"a&b&c&d&e&f&g&h&i&j", b"a&b&c&d&e&f&g&h&i&j&k"),
        ("key", b"a123456789=1", b"a1234567890=1"),
        ("value", b"a=1234567890", b"a=12345678901"),
        ("depth", b"a[b][c][d]=1", b"a[b][c][d][e]=1"),
        ("index", b"a[123]=1&b[123][x]=1", b"a[1234]=1"),
        ("index", b"a[x]=1", b"b[1234][x]=1"),
        ("index", b"a[x]=1", b"b[1][1234]=1&b[1][x]=1"),
        ("index", b"a[x]=1", b"b[1][x]=1&b[1][1234]=1"),
    ],
)
def test_every_bound_can_be_set(limit: str, good: bytes, bad: bytes) -> None:
    """What lies within a bound is read, what exceeds it is refused with the bound's name."""
    limits = BodyLimits(
        **{limit: {"bytes": 10, "keys": 10, "key": 10, "value": 10, "depth": 4, "index": 3}[limit]}
    )
    decode_form(good, limits=limits)

    with pytest.raises(BodyTooLarge, match=f"BodyLimits\\({limit}=") as caught:
        decode_form(bad, limits=limits)

    assert (caught.value.limit, caught.value.status) == (limit, 413)


@pytest.mark.parametrize("limit", ["bytes", "keys", "depth", "value"])
def test_json_has_the_same_bounds(limit: str) -> None:
    """Bodies in JSON are bounded as well."""
    body = {"bytes": b'{"a":"%s"}' % (b"x" * 100), "keys": b'{"a":[%s]}' % b",".join([b"1"] * 50)}
    body |= {"depth": b'{"a":%s1%s}' % (b"[" * 20, b"]" * 20), "value": b'{"a":"%s"}' % (b"x" * 100)}

    with pytest.raises(BodyTooLarge) as caught:
        parse(body[limit], {"content-type": "application/json"}, limits=BodyLimits(**{limit: 10}))

    assert caught.value.limit == limit


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"[1]", "application/json"),
        (b'"x"', "application/json"),
        (b"{", "application/json"),
        (b'{"a":1', ""),
        (b"[1]", ""),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
    ],
)
def test_what_is_neither_form_nor_json_is_refused(body: bytes, content_type: str) -> None:
    """The one documented error, with the status that fits."""
    with pytest.raises(BodyMalformed) as caught:
        parse(body, {"content-type": content_type})

    assert caught.value.status == 400


def test_huge_numbers_are_no_numbers() -> None:
    """A number of five thousand digits in JSON breaks nothing."""
    try:
        events = parse(b'{"account_id":' + b"9" * 5000 + b',"signature":"x"}')
    except BodyMalformed:
        events = []

    assert all(isinstance(event, UnknownEvent) for event in events)


@pytest.mark.parametrize(
    "text", ["%D0%9F" * 20_000, "%" * 70_000, "a%2" * 30_000, "%41" * 40_000, "П" * 40_000 + "%zz%D0"]
)
def test_long_values_are_decoded_like_short_ones(text: str) -> None:
    """Values are decoded in pieces, and no escape is cut."""
    assert decode_form(f"a={text}".encode()) == {"a": unquote(text)}


def test_deep_json_is_refused_without_recursion() -> None:
    """Nesting beyond the interpreter's depth is an ordinary refusal."""
    body = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"

    with pytest.raises(BodyTooLarge) as caught:
        parse(body)

    assert caught.value.limit == "depth"


_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="[]"), min_size=1, max_size=8)
_KEYS = st.one_of(st.sampled_from(["leads", "status", "id", "name", "custom_fields", "values"]), _WORDS)
_TREES = st.dictionaries(
    _KEYS,
    st.recursive(
        st.text(max_size=8),
        lambda inner: st.one_of(
            st.dictionaries(_KEYS, inner, min_size=1, max_size=4), st.lists(inner, min_size=1, max_size=4)
        ),
        max_leaves=12,
    ),
    max_size=4,
)


def written(node: Any, prefix: str = "") -> list[tuple[str, str]]:
    """The pairs that a PHP server writes for a tree."""
    if isinstance(node, str):
        return [(prefix, node)]
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    return [pair for key, value in inner for pair in written(value, f"{prefix}[{key}]" if prefix else key)]


def numbered(node: Any) -> Any:
    """A tree whose mappings with keys 0..k are the lists that nobody can tell them from."""
    if isinstance(node, list):
        return [numbered(value) for value in node]
    if not isinstance(node, dict):
        return node
    inner = {key: numbered(value) for key, value in node.items()}
    if set(inner) == {str(index) for index in range(len(inner))}:
        return [inner[str(index)] for index in range(len(inner))]
    return inner


@pytest.mark.slow
@given(_TREES)
@example({"a": {"0": "x"}})
@example({"=": {"&": "%5B"}})
def test_whatever_is_written_is_read_back(tree: dict[str, Any]) -> None:
    """Encoding a tree as PHP does and decoding it gives the tree."""
    body = "&".join(f"{quote(key, safe='')}={quote_plus(value)}" for key, value in written(tree))
    expected = {key: numbered(value) for key, value in tree.items()}

    assert decode_form(body.encode()) == expected


@given(st.dictionaries(_WORDS, st.text(max_size=20), max_size=8))
def test_flat_forms_agree_with_the_standard_library(pairs: dict[str, str]) -> None:
    """Without brackets the decoder reads what urllib reads."""
    body = "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in pairs.items())

    assert decode_form(body.encode()) == dict(parse_qsl(body, keep_blank_values=True))


_PIECES = """
leads contacts task note unsorted talk message add catalogs customers update status delete account id type event
data action source_data custom_fields values value enum token return_url signature code error company 0 1 17 [ ]
[] & = + % %5B %5D %00 %FF { } : , " null true 1e999 -1 ² 9999999999999999999999
"""
_PIECE = st.sampled_from(_PIECES.split())
_HOSTILE = st.one_of(
    st.binary(max_size=400),
    st.lists(_PIECE, max_size=60).map(lambda parts: "".join(parts).encode()),
    st.lists(st.tuples(st.lists(_PIECE, min_size=1, max_size=6), _PIECE), max_size=12).map(
        lambda pairs: "&".join(
            "[".join(names) + "]" * (len(names) > 1) + "=" + value for names, value in pairs
        ).encode()
    ),
)


@given(
    _HOSTILE,
    st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "text/x;charset=koi8-r"]),
)
@example(b"leads[add][0][id]=1&leads[add][0][custom_fields][0][values]=x", "")
@example(b"unsorted[add][0][uid]=1&unsorted[add][0][source_data][data]=x", "")
@example(b"message[message]=1&message[conversation]=2&account_id=3&time=4", "")
@example(b"code[x]=1&state=2", "")
@example(b"action[typing][user]=1&account_id=a&time=1", "")
def test_nothing_but_the_documented_error_is_raised(body: bytes, content_type: str) -> None:
    """Whatever arrives, it is events or a `WebhookError`, and every attribute of an event can be read."""
    try:
        events = parse(body, {"content-type": content_type})
    except WebhookError:
        return
    for event in events:
        fuzz.assert_readable(event)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["id", "tags", "custom_fields", "values", "value", "result", "name"]), inner
            )
        ),
    )
)
def test_coercion_never_fails(tree: Any) -> None:
    """Any JSON is a payload or none."""
    for model in (HookLead, HookTask):
        found = typed_payload(
            {"id": "1", "tags": tree, "custom_fields": tree, "result": tree, "price": tree}, model
        )
        assert found is not None
        typed_payload(tree, model)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("17", 17),
        (17, 17),
        ("-3", -3),
        ("17.0", 17),
        (True, 1),
        ("1_0", None),
        ("", None),
        ("x", None),
        ("9" * 21, None),
        ("nan", None),
    ],
)
def test_numbers_are_read_strictly(raw: Any, expected: int | None) -> None:
    """A number is what looks like one to the server, not to Python."""
    found = typed_payload({"id": "1", "status_id": raw}, HookLead)

    assert found is not None
    assert (found.status_id or None) == expected


@pytest.mark.parametrize("content_type", range(len(fuzz.CONTENT_TYPES)))
def test_what_a_fuzzer_found_interesting(content_type: int) -> None:
    """Bodies from a coverage-guided run: events or the documented error, the same on a second reading, and storable."""
    corpus = fuzz.read()

    assert len(corpus) > 100
    for body in corpus:
        fuzz.try_one(bytes([content_type]) + body)
