"""The local server for deliveries."""

from __future__ import annotations

import time

import httpx

from amocrm._io.delivery_server import DeliveryServer
from amocrm.webhooks._delivery import Answer, Delivery

BODY = b"leads[add][0][id]=17"


def test_requests_become_deliveries_and_answers_are_sent() -> None:
    """The small server of the standard library hands everything over and answers what it is told."""
    taken: list[Delivery] = []

    def take(delivery: Delivery) -> Answer:
        taken.append(delivery)
        return Answer(503 if delivery.path == "/bad" else 200, "words")

    with (
        DeliveryServer(take, max_body_bytes=100) as server,
        httpx.Client(base_url=server.url, trust_env=False) as client,
    ):
        assert client.post("/x?y=1", content=BODY, headers={"X-Amocrm-Requestid": "r-1"}).text == "words"
        assert client.post("/bad", content=b"a").status_code == 503
        assert client.get("/q?a=b").status_code == 200
        assert client.post("/x", content=b"x" * 101).status_code == 413
        assert client.post("/x", content=iter([b"chunked"])).status_code == 411
    start = time.monotonic()
    server.close()

    assert time.monotonic() - start < 5
    assert [(delivery.path, delivery.query, delivery.body) for delivery in taken] == [
        ("/x", "y=1", BODY),
        ("/bad", "", b"a"),
        ("/q", "a=b", b""),
    ]
    assert taken[0].request_id == "r-1"
