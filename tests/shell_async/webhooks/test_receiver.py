"""The receiver: what is taken, who is called, and what happens when somebody fails."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from amocrm import Stage, Status
from amocrm._async.webhooks.sqlite_inbox import AsyncSQLiteInbox
from amocrm.errors import ConfigurationError
from amocrm.webhooks import (
    BodyLimits,
    ContactResponsibleChanged,
    ContactUpdated,
    Delivery,
    Event,
    LeadAdded,
    LeadEvent,
    LeadStatusChanged,
    UnknownEvent,
    WebhookError,
)
from amocrm.webhooks._receiving.handler_registry import Failure

from .._hooks import WON, collector, make_receiver
from .._support import StoppedClock

pytestmark = pytest.mark.anyio

ACCOUNT = b"&account[id]=12345678&account[subdomain]=demo"


async def test_a_delivery_is_taken_at_once_and_handled_afterwards() -> None:
    """The answer comes before the handlers; the worker calls them."""
    receiver = make_receiver()
    seen = collector(receiver, LeadStatusChanged)

    answer = await receiver.accept(Delivery(body=WON))

    assert (answer.status, seen) == (200, [])
    assert await receiver.work() == 1
    assert [(event.lead_id, event.status_id) for event in seen] == [(17, 142)]
    assert await receiver.work() == 0
    assert await receiver.inbox.counts() == {"ready": 0, "dead": 0, "done": 1}


async def test_handlers_of_both_kinds() -> None:
    """Plain functions run as well; an event goes to everybody who wants it, in the order of registration."""
    receiver = make_receiver()
    order: list[str] = []

    @receiver.on(LeadStatusChanged)
    def first(event: LeadStatusChanged) -> None:
        order.append("first")

    @receiver.on(LeadEvent, LeadAdded)
    async def second(event: LeadEvent) -> None:
        order.append("second")

    @receiver.on()
    def third(event: Event[Any]) -> None:
        order.append("third")

    @receiver.on(LeadAdded)
    def never(event: LeadAdded) -> None:
        order.append("never")

    await receiver.accept(Delivery(body=WON))
    await receiver.work()

    assert order == ["first", "second", "third"]


def status(pipeline_id: Any = UNSET) -> Status:
    """The stage of won leads as a client reads it, its id being the same in every pipeline."""
    return Status._from_api(Status._model(id=142, pipeline_id=pipeline_id), None)


@pytest.mark.parametrize(
    ("filters", "called"),
    [
        ({"status": 142}, True),
        ({"status_id": 142}, True),
        ({"status": 143}, False),
        ({"status": {142, 143}}, True),
        ({"status": Stage(31, 142)}, True),
        ({"status": Stage(32, 142)}, False),
        ({"status": [Stage(32, 142), Stage(31, 142)]}, True),
        ({"status": status(31)}, True),
        ({"status": status(32)}, False),
        ({"status": status()}, True),
        ({"status": lambda number: number > 100}, True),
        ({"status": 142, "pipeline": 32}, False),
        ({"status": "142"}, True),
        ({"lead": 17}, True),
        ({"lead": 18}, False),
        ({"account": 12345678}, True),
        ({"account": "12345678"}, True),
        ({"account": {"demo", "other"}}, True),
        ({"account": 1}, False),
        ({"where": lambda event: event.lead_id == 17}, True),
        ({"where": lambda event: event.lead_id == 18, "status": 142}, False),
    ],
)
async def test_a_filter_is_a_value_several_an_object_or_a_function(
    filters: dict[str, Any], called: bool
) -> None:
    """A filter is a value, several, an object with an id, or a function."""
    receiver = make_receiver()
    seen = collector(receiver, LeadStatusChanged, **filters)

    assert await receiver.dispatch(Delivery(body=WON + ACCOUNT)) == []

    assert bool(seen) is called


@pytest.mark.parametrize(
    ("kinds", "options", "message"),
    [
        ((LeadStatusChanged,), {"statu": 1}, "did you mean status_id"),
        ((Event,), {"lead": 1}, "must be an attribute"),
        ((), {"status": 1}, "attribute of every event"),
        (("status_lead",), {}, "a class of events"),
    ],
)
async def test_a_wrong_registration_is_refused_at_once(kinds: Any, options: Any, message: str) -> None:
    """Mistakes show when the program starts, not when the first event comes."""
    with pytest.raises(TypeError, match=message):
        collector(make_receiver(), *kinds, **options)


async def test_a_handler_takes_one_or_two_things() -> None:
    """A function without a place for the event, or with too many needs, is refused; so is a second one of a name."""
    receiver = make_receiver()
    for wrong in (lambda: None, lambda a, b, c: None):
        with pytest.raises(TypeError, match="one or two arguments"):
            receiver.on(LeadAdded)(wrong)
    receiver.on(LeadAdded, name="one")(lambda event: None)
    with pytest.raises(ValueError, match="unique"):
        receiver.on(LeadAdded, name="one")(lambda event: None)


async def test_a_special_case_also_goes_to_its_general_handler() -> None:
    """A new responsible user arrives as an update, so listeners to updates get it too."""
    receiver = make_receiver()
    updates, changes = collector(receiver, ContactUpdated), collector(receiver, ContactResponsibleChanged)
    body = b"contacts[update][0][id]=1&contacts[update][0][responsible_user_id]=2&contacts[update][0][old_responsible_user_id]="

    await receiver.dispatch(Delivery(body=body + b"3"))
    await receiver.dispatch(Delivery(body=body + b"2"))

    assert (len(updates), len(changes)) == (2, 1)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/hook/s3cret", "", 200),
        ("/hook", "secret=s3cret", 200),
        ("/hook/wrong", "", 404),
        ("/hook", "", 404),
    ],
)
async def test_a_secret_in_the_address(path: str, query: str, status: int) -> None:
    """Without the secret nothing is taken, and the answer does not say why."""
    receiver = make_receiver(secret="s3cret")

    assert (await receiver.accept(Delivery(body=WON, path=path, query=query))).status == status
    entries = await receiver.inbox.entries()
    assert len(entries) == (status == 200)
    assert all("s3cret" not in entry.delivery.query + entry.delivery.path for entry in entries)


async def test_several_secrets_while_one_is_replaced() -> None:
    """The old and the new secret are both good; an empty one is refused when the receiver is made."""
    receiver = make_receiver(secret=["new", "old"])

    assert (await receiver.accept(Delivery(body=WON, path="/old"))).status == 200
    for empty in ("", [], ["a", ""]):
        with pytest.raises(ValueError, match="non-empty"):
            make_receiver(secret=empty)
    with pytest.raises(ValueError, match="slash"):
        make_receiver(secret="a/b")


@pytest.mark.parametrize(
    ("accounts", "body", "status"),
    [
        ({12345678}, WON + ACCOUNT, 200),
        ({"demo"}, WON + ACCOUNT, 200),
        ({1, "other"}, WON + ACCOUNT, 403),
        ({12345678}, WON, 403),
    ],
)
async def test_deliveries_of_other_accounts_are_refused(accounts: Any, body: bytes, status: int) -> None:
    """With a list of accounts, deliveries of others and of nobody are refused."""
    receiver = make_receiver(accounts=accounts)

    assert (await receiver.accept(Delivery(body=body))).status == status


async def test_chat_hooks_are_checked_when_the_secret_is_known() -> None:
    """A chat hook needs the signature of its body."""
    body = (
        b'{"account_id":"a","time":1740996000,"message":{"conversation":{"id":"c"},"message":{"text":"Hi"}}}'
    )
    receiver = make_receiver(chat_secret="channel-secret")
    signature = hmac.new(b"channel-secret", body, hashlib.sha1).hexdigest()

    assert (await receiver.accept(Delivery(body=body))).status == 403
    assert (await receiver.accept(Delivery(body=body, headers={"X-Signature": signature}))).status == 200
    assert (await receiver.accept(Delivery(body=WON))).status == 200


async def test_the_uninstall_hook_is_checked_when_the_integration_is_known() -> None:
    """A forged uninstall is refused."""
    client = "00000000-1111-4222-8333-444444444444"
    receiver = make_receiver(client_id=client, client_secret="demo-client-secret")
    good = "277d1eb9c3d9a83c87f84f9b59659792fd0c259c70e47b6c07b5cd80c604c4ba"

    for signature, status in ((good, 200), (good[::-1], 403)):
        query = f"account_id=12345678&client_uuid={client}&signature={signature}"
        assert (await receiver.accept(Delivery(query=query))).status == status


async def test_a_repetition_is_taken_and_not_handled_again() -> None:
    """The platform repeats what it thinks was lost; content with its moment tells, whatever the id."""
    receiver = make_receiver()
    seen = collector(receiver)

    for number in range(3):
        assert (
            await receiver.accept(Delivery(body=WON, headers={"X-Amocrm-Requestid": str(number)}))
        ).status == 200
    await receiver.work()

    assert len(seen) == 1
    assert await receiver.work() == 0


@pytest.mark.parametrize(
    ("body", "handled"),
    [
        # a setting of a widget, whatever its name, is no moment
        (b"event[type]=1&event[data][id]=7&action[settings][widget][settings][time]=10:00&account_id=1", 2),
        (b"event[type]=1&event[data][id]=7&event[time]=1700000000&account_id=1", 1),
        # the creation of a lead is not its restoration
        (b"leads[restore][0][id]=7&leads[restore][0][date_create]=1700000000", 2),
        (b"leads[restore][0][id]=7&leads[restore][0][last_modified]=1700000000", 1),
        (b"leads[add][0][id]=7&leads[add][0][date_create]=1700000000", 1),
        # a custom field, a deeper level, an unknown event
        (b"leads[update][0][id]=7&leads[update][0][custom_fields][0][updated_at]=1700000000", 2),
        (
            b"contacts[note][0][note][id]=7&contacts[note][0][note][created_at]=1700000000&contacts[note][0][type]=contact",
            1,
        ),
        (b"things[add][0][id]=7&things[add][0][updated_at]=1700000000", 2),
        # one dated event of two does not date the other
        (b"leads[add][0][id]=7&leads[add][0][date_create]=1700000000&leads[delete][0][id]=8", 4),
    ],
)
async def test_only_documented_moments_tell_a_repetition(body: bytes, handled: int) -> None:
    """Two deliveries with different request ids are one only if their content names the change itself."""
    receiver = make_receiver(concurrency=10)
    seen = collector(receiver)

    for number in ("a", "b"):
        await receiver.accept(Delivery(body=body, headers={"X-Amocrm-Requestid": number}))
    await receiver.work()

    assert len(seen) == handled


async def test_a_waiting_delivery_is_tried_at_once_when_it_is_replayed() -> None:
    """Who has mended what failed need not wait for the next attempt."""
    receiver, broken, attempts = make_receiver(clock=StoppedClock()), [True], []

    @receiver.on(name="fails")
    def fails(event: Event[Any], context: Any) -> None:
        attempts.append(context.attempt)
        if broken:
            raise RuntimeError("not yet")

    await receiver.accept(Delivery(body=WON))
    assert await receiver.work() == 1
    assert await receiver.work() == 0
    (entry,) = await receiver.inbox.entries()
    broken.clear()
    assert await receiver.replay(entry.id) == 1
    assert await receiver.work() == 1

    assert attempts == [1, 2]


@pytest.mark.slow
async def test_a_large_body_is_read_and_handled_like_any_other() -> None:
    """Bodies of hundreds of kilobytes are read beside the event loop, at acceptance and at work."""
    receiver = make_receiver()
    seen = collector(receiver)
    body = b"&".join(b"leads[add][%d][id]=%d" % (number, number + 1) for number in range(8000))
    assert len(body) > 150_000

    assert (await receiver.accept(Delivery(body=body))).status == 200
    await receiver.work()

    assert [event.lead_id for event in seen] == list(range(1, 8001))


async def test_undated_content_is_told_by_the_id_of_its_delivery() -> None:
    """A lead can be deleted twice with the same body: only the same delivery is a repetition."""
    receiver = make_receiver(concurrency=10)
    seen = collector(receiver)
    body = b"leads[delete][0][id]=17"

    for number in ("a", "a", "b"):
        await receiver.accept(Delivery(body=body, headers={"X-Amocrm-Requestid": number}))
    await receiver.accept(Delivery(body=body))
    await receiver.accept(Delivery(body=body))
    await receiver.work()

    assert len(seen) == 4
    assert len({event.key for event in seen}) == 4


@pytest.mark.parametrize(
    "delivery",
    [
        Delivery(
            body=b"token=t&return_url=https://demo.amocrm.ru/api/v4/salesbot/1/continue/2",
            headers={"content-type": "application/x-www-form-urlencoded"},
        ),
        Delivery(query="code=def502&referer=demo.amocrm.ru"),
    ],
    ids=["step of a bot", "code of a login"],
)
async def test_what_is_given_once_is_told_by_its_content(delivery: Delivery) -> None:
    """A waiting step and a code are of use once, so the same again is a repetition, whatever its id."""
    receiver = make_receiver()
    seen = collector(receiver)

    for _ in range(2):
        assert (await receiver.accept(delivery)).status == 200
    while await receiver.work():
        pass

    assert len(seen) == 1


async def test_a_body_that_was_cut_off_is_refused() -> None:
    """Half a form is a form as well; its announced length tells, and the platform is asked to repeat."""
    receiver = make_receiver(secret="s3cret")
    length = {"Content-Length": str(len(WON))}

    assert (await receiver.accept(Delivery(body=WON[:40], headers=length, path="/s3cret"))).status == 503
    assert (await receiver.accept(Delivery(body=WON, headers=length, path="/s3cret"))).status == 200
    assert len(await receiver.inbox.entries()) == 1


async def test_strangers_are_refused_before_their_body_is_read() -> None:
    """The address alone tells whether a body is worth reading."""
    receiver = make_receiver(secret="s3cret")

    assert receiver.check_address("/hook/s3cret") is None
    assert receiver.check_address("/hook", "secret=s3cret") is None
    refused = receiver.check_address("/hook/wrong")
    assert refused is not None
    assert refused.status == 404
    assert make_receiver().check_address("/anything") is None


async def test_an_error_of_the_router_is_not_an_acceptance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong while a delivery is looked at, the platform is asked to repeat it."""
    failures: list[Failure] = []
    receiver = make_receiver(on_failure=failures.append)
    monkeypatch.setattr(
        "amocrm.webhooks._receiving.admission.delivery_key", lambda *arguments, **named: 1 / 0
    )

    assert (await receiver.accept(Delivery(body=WON))).status == 500
    assert [type(failure.error) for failure in failures] == [ZeroDivisionError]


async def test_the_key_of_an_event_stays_the_same() -> None:
    """Attempts and replays of an event have one key, by which an effect is made once."""
    clock = StoppedClock()
    receiver = make_receiver(clock=clock, on_failure=lambda failure: None)
    keys: list[str] = []

    @receiver.on(LeadAdded)
    async def handler(event: LeadAdded, context: Any) -> None:
        keys.append(context.key)
        if context.attempt == 1 and len(keys) < 3:
            raise RuntimeError("again")

    await receiver.accept(Delivery(body=b"leads[add][0][id]=1&leads[add][1][id]=2"))
    await receiver.work()
    clock.now += 100
    await receiver.work()
    await receiver.replay(*[entry.id for entry in await receiver.inbox.entries("done")])
    await receiver.work()

    assert len(set(keys)) == 2
    assert keys[0:2] == keys[2:4] == keys[4:6]


async def test_what_cannot_be_read_is_kept_when_the_sender_is_known() -> None:
    """A body beyond the bounds with the right secret waits for a decision; from a stranger it is refused."""
    receiver = make_receiver(secret="s3cret", limits=BodyLimits(keys=3), on_failure=lambda failure: None)
    stranger = make_receiver(limits=BodyLimits(keys=3))

    assert (await receiver.accept(Delivery(body=b"a&b&c&d", path="/s3cret"))).status == 200
    assert (await receiver.accept(Delivery(body=b"[1]", path="/s3cret"))).status == 200
    assert (await stranger.accept(Delivery(body=b"a&b&c&d"))).status == 413
    assert (await stranger.accept(Delivery(body=b"[1]"))).status == 400
    assert (await receiver.accept(Delivery(body=b"x" * 5_000_000, path="/s3cret"))).status == 413
    first, second = await receiver.inbox.entries("dead")
    assert "keys" in str(first.error)
    assert "BodyMalformed" in str(second.error)
    assert await receiver.replay(second.id) == 1
    assert await receiver.work() == 1
    assert (await receiver.inbox.counts())["dead"] == 2
    with pytest.raises(WebhookError):
        await receiver.dispatch(Delivery(body=b"[1]"))


async def test_nothing_is_kept_of_nothing() -> None:
    """A probe without a body is answered and forgotten."""
    receiver = make_receiver(secret="s3cret")

    assert (await receiver.accept(Delivery(path="/s3cret"))).status == 200
    assert (await receiver.accept(Delivery(path="/", query="secret=s3cret"))).status == 200
    assert await receiver.inbox.counts() == {"ready": 0, "dead": 0, "done": 0}


async def test_unknown_events_reach_their_handler() -> None:
    """What this library does not know can still be handled."""
    receiver = make_receiver()
    seen = collector(receiver, UnknownEvent)

    await receiver.accept(Delivery(body=b"rockets[launch][0][id]=1"))
    await receiver.work()

    assert [event.group for event in seen] == ["rockets"]


class BrokenInbox(AsyncSQLiteInbox):
    """An inbox whose disk is full."""

    async def put(self, delivery: Delivery, *, now: float, dead: str | None = None) -> bool:
        """Fails."""
        raise OSError("disk full")


async def test_what_could_not_be_kept_is_not_acknowledged() -> None:
    """Without a durable copy the platform must repeat the delivery."""
    failures: list[Failure] = []
    receiver = make_receiver(inbox=BrokenInbox(":memory:"), on_failure=failures.append)

    assert (await receiver.accept(Delivery(body=WON))).status == 503
    assert [str(failure.error) for failure in failures] == ["disk full"]


async def test_codes_for_the_subscription() -> None:
    """The receiver knows which codes its handlers need."""
    receiver = make_receiver()
    for kind in (LeadStatusChanged, ContactUpdated, LeadStatusChanged):
        collector(receiver, kind)

    assert receiver.event_codes == ("status_lead", "update_contact")
    collector(receiver, LeadEvent)
    assert set(receiver.event_codes) >= {
        "add_lead",
        "delete_lead",
        "restore_lead",
        "responsible_lead",
        "update_lead",
    }


async def test_a_context_without_a_client() -> None:
    """A handler that needs a client is told how to give one."""
    receiver = make_receiver(on_failure=lambda failure: None)

    @receiver.on(LeadStatusChanged)
    async def handler(event: LeadStatusChanged, context: Any) -> None:
        context.session()

    (failure,) = await receiver.dispatch(Delivery(body=WON))

    assert isinstance(failure.error, ConfigurationError)


async def test_a_path_makes_a_durable_inbox(tmp_path: Path) -> None:
    """A receiver with a file takes up what another one accepted."""
    first = make_receiver(inbox=tmp_path / "hooks.sqlite3")
    await first.accept(Delivery(body=WON))
    await first.close()
    second = make_receiver(inbox=str(tmp_path / "hooks.sqlite3"))
    seen = collector(second)

    await second.work()
    await second.close()

    assert [event.lead_id for event in seen] == [17]
    assert seen[0].delivery.received_at == 1_700_000_000.0
