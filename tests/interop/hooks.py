"""The webhook that a change of stage sends: caught when the sandbox delivers it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Empty, Queue

from .account import Account

__all__ = ["catch_stage_change"]

PATIENCE = 10.0


def catch_stage_change(account: Account, id: int) -> str:
    """Subscribe to changes of stage, move a lead to another stage and return the body that was posted.

    Raises:
        TimeoutError: Nothing was delivered.
    """
    bodies: Queue[bytes] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            target = f"http://127.0.0.1:{server.server_port}/hook"
            account.call("POST", "/api/v4/webhooks", {"destination": target, "settings": ["status_lead"]})
            account.call("PATCH", f"/api/v4/leads/{id}", {"status_id": account.another_stage(id)})
            return bodies.get(timeout=PATIENCE).decode()
        except Empty:
            raise TimeoutError("no webhook was delivered") from None
        finally:
            server.shutdown()
            thread.join()
