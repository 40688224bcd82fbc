"""Disks that refuse to be written: nothing is acknowledged that was not kept, and nothing that was kept is lost."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

FULL = """
import resource, sys
from amocrm import WebhookReceiver
from amocrm.webhooks import Delivery

failures, accepted, statuses = [], [], set()
receiver = WebhookReceiver(secret=None, inbox=sys.argv[1], on_failure=failures.append)

def offer(number):
    body = f"leads[add][0][id]={number}&leads[add][0][updated_at]=1&leads[add][0][name]={'x' * 3000}"
    status = receiver.accept(Delivery(body=body.encode())).status
    statuses.add(status)
    if status == 200:
        accepted.append(number)
    return status

offer(1)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
while offer(len(accepted) + 1) == 200:
    pass
for number in range(5):
    offer(1000 + number)
assert statuses == {200, 503}
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert offer(2000) == 200
receiver.close()
assert "make room" in str(failures[0].error), failures[0].error

seen = []
again = WebhookReceiver(secret=None, inbox=sys.argv[1], concurrency=20)
again.on()(lambda event: seen.append(event.lead_id))
while again.work():
    pass
again.close()
assert sorted(seen) == sorted(accepted), (seen, accepted)
print(len(seen))
"""

READ_ONLY = """
import os, stat, sys
from amocrm import WebhookReceiver
from amocrm.webhooks import Delivery

failures = []
body = b"leads[add][0][id]=1"
warm = WebhookReceiver(secret=None, inbox=sys.argv[1] + "/warm/inbox")
assert warm.accept(Delivery(body=body)).status == 200
warm.close()
if os.geteuid() == 0:  # the owner of everything may write everywhere
    os.setuid(65534)
else:
    os.chmod(sys.argv[1], 0o500)
receiver = WebhookReceiver(secret=None, inbox=sys.argv[1] + "/inbox", on_failure=failures.append)
print(receiver.accept(Delivery(body=body)).status, failures[0].error)
"""


def run(script: str, *arguments: str) -> str:
    """The output of a program."""
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are a matter of POSIX")
def test_a_full_disk_refuses_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """While nothing can be written the answer is 503; afterwards everything that was acknowledged is there."""
    assert int(run(FULL, str(tmp_path / "inbox"))) > 5


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="users and modes are a matter of POSIX")
def test_a_folder_that_may_not_be_written() -> None:
    """The error names the place and what it needs."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)

        said = run(READ_ONLY, folder)

    assert said.startswith("503 ")
    assert f"{folder}/inbox cannot be opened (Permission denied)" in said
    assert "belongs to" in said or "read and write" in said
