"""CPU time and memory of reading: bytes to Structs and to tracked entities, compared with ``json.loads``."""

from __future__ import annotations

import gc
import json
import subprocess
import sys

import msgspec

from amocrm import Lead
from amocrm._core.orm.identity import Directory, IdentityMap
from amocrm_gen._runtime.wire import Response
from amocrm_gen.api.leads import list_leads
from amocrm_gen.models.leads import LeadPage

from .pages import lead_page
from .table import Row, cpu_ratio

_ALIVE = 200
_decoder = msgspec.json.Decoder(LeadPage)


def decode_row() -> Row:
    """Measure the typed decoding of one page."""
    body = lead_page()
    ratio = cpu_ratio(lambda: _decoder.decode(body), lambda: json.loads(body))
    return Row("decode 250 leads x 20 fields", ratio, 0.5, "against json.loads of the same bytes")


def unknown_row() -> Row:
    """Measure the same page with an unknown key in each lead, which is kept in ``extra``."""
    page = json.loads(lead_page())
    for lead in page["_embedded"]["leads"]:
        lead["brand_new"] = {"a": 1}
    body = json.dumps(page).encode()
    assert list_leads.parse(Response(status=200, content=body)).embedded.leads[0].extra
    ratio = cpu_ratio(lambda: list_leads.parse(Response(status=200, content=body)), lambda: json.loads(body))
    return Row("... with an unknown key in each", ratio, 2.0, "against json.loads of the same bytes")


def hydrate_row() -> Row:
    """Measure the same page as tracked leads in a session's identity map."""
    body = lead_page()
    ratio = cpu_ratio(lambda: _hydrate(body), lambda: json.loads(body))
    return Row("the page as tracked leads", ratio, 0.7, "against json.loads of the same bytes")


def alive_rows() -> list[Row]:
    """Measure time and memory with 200 pages kept, each way in a process of its own."""
    ours, theirs = (_in_process(way) for way in ("entities", "json"))
    return [
        Row("... with 200 pages alive", ours[0] / theirs[0], 0.7, "against json.loads with the same alive"),
        Row("... their memory", ours[1] / theirs[1], 0.75, "against json.loads with the same alive"),
    ]


def _hydrate(body: bytes) -> list[Lead]:
    """Read a page as a session does: decode it once, then track one object per lead."""
    page = _decoder.decode(body)
    leads = IdentityMap(Directory()).page(Lead, page.embedded.leads)
    assert len(leads) == len(page.embedded.leads)
    return leads


def _in_process(way: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "bench.reading", way]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(out[0]), float(out[1])


def _keep(way: str) -> None:
    import resource
    import time

    bodies = [lead_page(first=1 + 250 * number) for number in range(5)]
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = _hydrate if way == "entities" else json.loads
    read(bodies[0])
    kept = []
    start = time.process_time()
    for number in range(_ALIVE):
        kept.append(read(bodies[number % len(bodies)]))
    spent = time.process_time() - start
    print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)


if __name__ == "__main__":
    _keep(sys.argv[1])
