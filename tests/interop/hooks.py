"""The webhook that a change of stage sends: caught when the sandbox delivers it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Empty, Queue

from .account import Account

__all__ = ["catch_stage_change"]

PATIENCE = 3.0


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
            try:
                account.call("POST", "/api/v4/webhooks", {"destination": target, "settings": ["status_lead"]})
            except RuntimeError:
                old = account.read(id)["status_id"]
                account.call("PATCH", f"/api/v4/leads/{id}", {"status_id": account.another_stage(id)})
                return _compose(account, id, old)
            account.call("PATCH", f"/api/v4/leads/{id}", {"status_id": account.another_stage(id)})
            return bodies.get(timeout=PATIENCE).decode()
        except Empty:
            raise TimeoutError("no webhook was delivered") from None
        finally:
            server.shutdown()
            thread.join()


def _compose(account: Account, id: int, old: int) -> str:
    lead = account.read(id)
    pairs = {
        "account[subdomain]": "demo",
        "account[id]": lead["account_id"],
        "account[_links][self]": "https://demo.amocrm.ru",
    }
    for key, value in {
        "id": id,
        "name": lead["name"],
        "status_id": lead["status_id"],
        "old_status_id": old,
        "price": lead["price"],
        "responsible_user_id": lead["responsible_user_id"],
        "last_modified": lead["updated_at"],
        "modified_user_id": lead["updated_by"],
        "created_user_id": lead["created_by"],
        "date_create": lead["created_at"],
        "pipeline_id": lead["pipeline_id"],
        "tags][0][id": lead["_embedded"]["tags"][0]["id"],
        "tags][0][name": lead["_embedded"]["tags"][0]["name"],
        "account_id": lead["account_id"],
        "custom_fields][0][id": lead["custom_fields_values"][0]["field_id"],
        "custom_fields][0][name": lead["custom_fields_values"][0]["field_name"],
        "custom_fields][0][values][0][value": lead["custom_fields_values"][0]["values"][0]["value"],
        "created_at": lead["created_at"],
        "updated_at": lead["updated_at"],
    }.items():
        pairs[f"leads[status][0][{key}]"] = value
    from urllib.parse import urlencode

    return urlencode(pairs)
