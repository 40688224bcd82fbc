"""Threads that read a state or a token for the first time at the same moment do not bring the process down."""

from __future__ import annotations

import subprocess
import sys

import pytest

RACE = """
crashes = 0
for _ in range(60):
    pid = os.fork()
    if pid == 0:
        barrier = threading.Barrier(4)
        def run():
            barrier.wait()
            Token.load(content)
        threads = [threading.Thread(target=run) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        os._exit(0)
    crashes += os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0
print(crashes)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_token_read_by_many_threads_at_once() -> None:
    """Sixty processes, each with four threads on their first token: none crashes."""
    script = (
        "import os, sys, threading\nfrom amocrm.tokens import Token\nsys.setswitchinterval(1e-6)\n"
        'content = b\'{"access":"a","refresh":"r","expires_at":1.0,"lifetime":1.0,"account":"x"}\'\n'
    )
    run = subprocess.run([sys.executable, "-c", script + RACE], capture_output=True, text=True, check=True)
    assert run.stdout == "0\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_an_answer_read_by_many_threads_at_once() -> None:
    """Sixty processes, each with four threads on their first answer: none crashes."""
    script = (
        "import os, sys, threading\nfrom amocrm_gen._runtime import reader\n"
        "from amocrm_gen.models.account import Account\nsys.setswitchinterval(1e-6)\n"
        "class Token:\n    load = staticmethod(lambda content: reader._decoder(Account).decode(content))\n"
        "content = b'{\"id\":1}'\n"
    )
    run = subprocess.run([sys.executable, "-c", script + RACE], capture_output=True, text=True, check=True)
    assert run.stdout == "0\n"
