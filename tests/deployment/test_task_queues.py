"""Servers and task queues that fork: a client made at import serves every worker."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from .echo_server import echo_server
from .scripts import ROOT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

MODULE = """
import os, warnings
from amocrm import AmoCRM, RetryPolicy, FileLimiter, RateLimits

crm = AmoCRM(
    "demo", token="x" * 40, base_url=os.environ["SERVER"], retry=RetryPolicy(attempts=1), timeout=10,
    limiter=FileLimiter(os.environ["FOLDER"], RateLimits(per_key=1_000_000, per_account=1_000_000)),
)
crm.leads.get(1)  # a connection is open before the fork


def read(base):
    return [crm.leads.get(base + i).id - base for i in range(20)], os.getpid()
"""


def _settings(folder: Path, url: str) -> dict[str, str]:
    return {**os.environ, "SERVER": url, "FOLDER": str(folder / "limit"), "PYTHONPATH": f"{folder}:{ROOT}"}


def test_celery_prefork(tmp_path: Path) -> None:
    """Tasks of four forked workers each read their own leads with the client that the module made."""
    pytest.importorskip("celery")
    (tmp_path / "tasks.py").write_text(
        MODULE
        + "\nfrom celery import Celery\n"
        + "broker = {k: os.environ['FOLDER'] + '-q' for k in ('data_folder_in', 'data_folder_out')}\n"
        + "os.makedirs(broker['data_folder_in'], exist_ok=True)\n"
        + "os.makedirs(os.environ['FOLDER'] + '-r', exist_ok=True)\n"
        + "app = Celery(broker='filesystem://', backend='file://' + os.environ['FOLDER'] + '-r')\n"
        + "app.conf.update(broker_transport_options=broker, worker_prefetch_multiplier=1)\n"
        + "task = app.task(name='read')(read)\n",
        encoding="utf-8",
    )
    ask = "import json, tasks; print(json.dumps([r.get(timeout=60) for r in [tasks.task.delay(i * 1000) for i in range(1, 13)]]))"
    with echo_server() as url:
        settings = _settings(tmp_path, url)
        command = [sys.executable, "-m", "celery", "-A", "tasks", "worker", "--pool=prefork", "-c", "4"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "warning"]
        with _running(command, tmp_path, settings):
            asked = subprocess.run(
                [sys.executable, "-c", ask],
                cwd=tmp_path,
                env=settings,
                capture_output=True,
                text=True,
                timeout=100,
            )
    assert asked.returncode == 0, asked.stderr[-2000:]
    answers = json.loads(asked.stdout)
    assert [numbers for numbers, _ in answers] == [list(range(20))] * 12
    assert len({pid for _, pid in answers}) > 1


def test_gunicorn_preload(tmp_path: Path) -> None:
    """Requests to three preloaded workers each read their own leads with the client that the module made."""
    pytest.importorskip("gunicorn")
    (tmp_path / "shop.py").write_text(
        MODULE
        + "\nimport json\n"
        + "def app(environ, start_response):\n"
        + "    start_response('200 OK', [('Content-Type', 'application/json')])\n"
        + "    return [json.dumps(read(int(environ['PATH_INFO'][1:]))).encode()]\n",
        encoding="utf-8",
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "shop:app",
        "--preload",
        "-w",
        "3",
        "-b",
        f"127.0.0.1:{port}",
    ]
    with echo_server() as url, _running(command, tmp_path, _settings(tmp_path, url)):
        answers = [json.loads(_read(f"http://127.0.0.1:{port}/{base}")) for base in range(1000, 31_000, 1000)]
    assert [numbers for numbers, _ in answers] == [list(range(20))] * 30


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(tmp_path: Path, method: str) -> None:
    """A pool of processes reads with the client of the module, whichever way its processes are started."""
    (tmp_path / "reader.py").write_text(
        MODULE
        + "\nif __name__ == '__main__':\n"
        + "    import json, multiprocessing, sys, reader\n"
        + "    warnings.simplefilter('ignore', DeprecationWarning)\n"
        + "    with multiprocessing.get_context(sys.argv[1]).Pool(3) as pool:\n"
        + "        print(json.dumps(pool.map(reader.read, range(1000, 13000, 1000), 1)))\n",
        encoding="utf-8",
    )
    with echo_server() as url:
        result = subprocess.run(
            [sys.executable, "reader.py", method],
            cwd=tmp_path,
            env=_settings(tmp_path, url),
            capture_output=True,
            text=True,
            timeout=100,
        )
    assert result.returncode == 0, result.stderr[-2000:]
    assert [numbers for numbers, _ in json.loads(result.stdout)] == [list(range(20))] * 12


def test_a_client_is_not_sent_to_another_process() -> None:
    """Pickling a client says what to do instead."""
    import pickle

    from amocrm import AmoCRM

    with AmoCRM("demo", token="x" * 40) as crm, pytest.raises(TypeError, match="process"):
        pickle.dumps(crm)


class _running:
    """A server in a process group of its own, ended with all its workers."""

    def __init__(self, command: list[str], folder: Path, settings: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=settings,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _read(address: str) -> bytes:
    """The answer, once the server is up."""
    for _ in range(150):
        try:
            with urllib.request.urlopen(address, timeout=20) as answer:
                content: bytes = answer.read()
                return content
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not come up")
