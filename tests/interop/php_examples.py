"""The examples of the vendor's PHP library, as they are, against the sandbox.

They name ids of an account that they were written in. Such an account is made for each of them: `fill_from` lays
objects with these ids into a new one. What cannot be given an id is created, and its id put into the example.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from amocrm_sandbox import Sandbox, SandboxServer, fill_from
from amocrm_sandbox.http.certificate import Certificate
from amocrm_sandbox.storage.seed import full_rights

from .driver_account import upload
from .tally import Call

__all__ = ["run_examples"]

_TOKENS = Path(__file__).parent / "clients" / "php_token_actions.php"
_SUPPORT = frozenset({"bootstrap", "error_printer", "token_actions"})
_FAILED = re.compile(r"^(?:<pre>)?(?:Error: |PHP Fatal|Fatal error|Error\[)", re.MULTILINE)

LEADS = (
    1,
    3916883,
    7397517,
    5170965,
    20285255,
    21825653,
    6625001,
    2584271,
    2584269,
    3921175,
    7856057,
    667999631,
)
CONTACTS = (
    3,
    7143559,
    9567095,
    9820777,
    9820781,
    11014723,
    11070881,
    18738957,
    18742731,
    19324717,
    19346889,
    3135527,
)
COMPANIES = (1, 7964425, 19187743, 3100867)
PIPELINES = (3166396, 3858604, 4913583, 7072170)
ELEMENTS = {9929: 1600409, 9931: 1600411, 2079: 174395, 4255: 483287, 1001: 425909, 5025: 123456}
FIELDS = (
    ("leads", 269303, "text"),
    ("customers", 56446, "text"),
    ("leads", 1154281, "file"),
    ("catalogs/604000", 604229, "category"),
)
#: More leads than a page holds.
PAGE = range(900_001, 900_061)
SHOES = "Кросовки Nike"


def _recorded() -> Iterator[dict[str, Any]]:
    """Yield answers that hold every object an example names."""

    def said(path: str, body: Any) -> dict[str, Any]:
        return {"method": "GET", "target": f"/api/v4/{path}", "status": 200, "response": body}

    for kind, id, type in FIELDS:
        name = {"id": id, "name": f"Поле {id}", "type": type}
        yield said(f"{kind}/custom_fields/{id}", name)
    phone = {"value": "+79000000001", "enum_id": 5, "enum_code": "WORK"}
    phones = [
        {
            "field_id": 4,
            "field_name": "Телефон",
            "field_code": "PHONE",
            "field_type": "multitext",
            "values": [phone],
        }
    ]
    called = [{**phones[0], "values": [{**phone, "value": "+7912312321"}]}]
    note = {
        "field_id": 269303,
        "field_name": "Поле",
        "field_code": None,
        "field_type": "text",
        "values": [{"value": "x"}],
    }
    yield said("contacts/4", {"id": 4, "name": "Кто звонит", "custom_fields_values": called})
    text = {
        "field_id": 56446,
        "field_name": "Поле",
        "field_code": None,
        "field_type": "text",
        "values": [{"value": "x"}],
    }
    values = {"leads": [note], "contacts": phones, "customers": [text]}
    many = (*LEADS, *PAGE)
    for kind, ids in (("leads", many), ("contacts", CONTACTS), ("companies", COMPANIES), ("customers", (1,))):
        for id in ids:
            entity = {"id": id, "name": f"{kind} {id}", "responsible_user_id": 504141}
            yield said(f"{kind}/{id}", {**entity, "custom_fields_values": values.get(kind)})
    for id in PIPELINES:
        yield said(f"leads/pipelines/{id}", {"id": id, "name": f"Воронка {id}"})
    yield said("catalogs/604000", {"id": 604000, "name": "Новый список"})
    for id, element in ELEMENTS.items():
        yield said(f"catalogs/{id}/elements/{element}", {"id": element, "name": SHOES})
    for id in (69079, 69081):
        yield said(f"leads/tags/{id}", {"id": id, "name": f"Тег {id}"})
    yield said("users/123", {"id": 123, "name": "Анна"})
    yield said(
        "roles/107995", {"id": 107995, "name": "Менеджер", "rights": full_rights(is_admin=False), "users": []}
    )
    yield said("leads/1/notes/9", {"id": 9, "entity_id": 1, "note_type": "common", "params": {"text": "x"}})
    yield said("customers/segments/38", {"id": 38, "name": "Сегмент", "color": "ff5376"})
    yield said(
        "tasks/7", {"id": 7, "text": "Встреча", "task_type_id": 2, "entity_id": 1, "entity_type": "leads"}
    )


def _account(folder: Path) -> tuple[Sandbox, dict[str, str]]:
    """Return an account with everything that examples name, and what is put into them in place of other ids."""
    sandbox = Sandbox(limits=False, api_filter=True)
    file = folder / "examples.json"
    cassette = {"cassette": "amocrm record", "format": 1, "interactions": list(_recorded())}
    file.write_text(json.dumps(cassette))
    fill_from(sandbox, file)
    do = sandbox.ui
    _call(sandbox, "PATCH", "/api/v4/catalogs/products/settings", {"is_enabled": True})
    products = next(one["id"] for one in _rows(sandbox, "catalogs") if one["type"] == "products")
    _call(sandbox, "POST", f"/api/v4/catalogs/{products}/elements", [{"name": SHOES}])
    invoices = _call(sandbox, "POST", "/api/v4/catalogs", [{"name": "Счета", "type": "invoices"}])
    status = {"field_code": "BILL_STATUS", "values": [{"enum_code": "created"}]}
    bill = {"name": "Счёт", "custom_fields_values": [status]}
    made = invoices["_embedded"]["catalogs"][0]["id"]
    _call(sandbox, "POST", f"/api/v4/catalogs/{made}/elements", [bill])
    do.add_widget(
        "amo_asterisk",
        [{"key": name, "type": "text"} for name in ("login", "password", "script_path")]
        + [{"key": "phones", "type": "users"}],
    )
    _call(sandbox, "POST", "/api/v4/sources", [{"name": "Сайт", "external_id": "site"}])
    for user in range(5):
        do.subscribe("leads", 667999631, do.add_user(f"Сотрудник {user}")["id"])
    do.write_as_client("Здравствуйте", conversation_id="c-1")
    do.write_as_client("Здравствуйте", conversation_id="c-2")
    talks = list(sandbox.store.documents("talks").values())
    files = [upload(sandbox, name) for name in ("one.jpg", "two.jpg", "three.jpg")]
    key = do.give_api_key(sandbox.admin_id)
    edits = {
        "'114'": f"'{talks[0]['id']}'",
        "d7a2842c-d926-43bc-a090-21ab410b8acb": talks[0]["chat_id"],
        "61aca544-27dd-4601-9f9e-67e3cbbba2e0": talks[1]["chat_id"],
        "83bd6974-d54e-4fed-9fec-a3e5a31220db": files[0],
        "6639ccbf-4bc6-4a08-8537-65adb868967d": files[1],
        "832637d2-54da-4e0b-b1cb-05b70566e3cc": files[2],
        "286084": str(do.add_group("Новая группа")["id"]),
        "'/tmp/123'": f"'{_TOKENS}'",
        "'XXX'": f"'{sandbox.token}'",
        "example.amocrm.ru'": "demo.amocrm.ru'",
        "'example@example.com'": f"'{sandbox.store.documents('users')[sandbox.admin_id]['email']}'",
        "x" * 40: key,
    }
    return sandbox, edits


def _call(sandbox: Sandbox, method: str, path: str, body: Any) -> Any:
    answer = sandbox.call(method, path, body)
    assert answer.status < 300, (method, path, answer.body)
    return answer.json() if answer.body else None


def _rows(sandbox: Sandbox, kind: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = sandbox.get(f"/api/v4/{kind}?limit=250").json()["_embedded"][kind]
    return rows


def run_examples(library: Path, folder: Path, certificate: Certificate) -> Iterator[Call]:
    """Run every example in a process and an account of its own.

    Args:
        library: Folder with `vendor/autoload.php`.
        folder: Where copies of the examples are made.
        certificate: Certificate of the sandbox.
    """
    source = library / "vendor" / "amocrm" / "amocrm-api-library" / "examples"
    examples = folder / "php-examples" / "examples"
    examples.mkdir(parents=True, exist_ok=True)
    for support in ("bootstrap.php", "error_printer.php"):
        shutil.copyfile(source / support, examples / support)
    shutil.copyfile(_TOKENS, examples / "token_actions.php")
    (examples.parent / "vendor").mkdir(exist_ok=True)
    autoload = json.dumps(str(library / "vendor" / "autoload.php"))
    (examples.parent / "vendor" / "autoload.php").write_text(f"<?php require {autoload};\n")
    (examples / ".env.dist").touch()
    for example in sorted(source.glob("*.php")):
        if example.stem not in _SUPPORT:
            yield _run(example, examples, certificate)


def _run(example: Path, folder: Path, certificate: Certificate) -> Call:
    sandbox, edits = _account(folder.parent)
    text = example.read_text()
    for old, new in edits.items():
        text = text.replace(old, new)
    copy = folder / example.name
    copy.write_text(text)
    keys, code = sandbox.integration, sandbox.authorization_code()
    names = {"ID": keys.client_id, "SECRET": keys.client_secret, "REDIRECT_URI": keys.redirect_uri}
    (folder / ".env").write_text("".join(f"CLIENT_{name}={value}\n" for name, value in names.items()))
    query = {"code": code, "referer": "demo.amocrm.ru", "state": "s"} if example.stem == "get_token" else {}
    with SandboxServer(sandbox, certificate=certificate) as server:
        environment = {
            "HTTPS_PROXY": server.url,
            "INTEROP_TOKEN": sandbox.token,
            "INTEROP_REFRESH_TOKEN": sandbox.tokens.issue_pair(keys.client_id, sandbox.admin_id)[
                "refresh_token"
            ],
            "INTEROP_WIDGET_TOKEN": sandbox.disposable_token(),
            "INTEROP_QUERY": urlencode(query),
        }
        settings = {
            "curl.cainfo": certificate.ca_file,
            "display_errors": 1,
            "error_reporting": "E_ALL & ~E_DEPRECATED",
        }
        options = [word for name, value in settings.items() for word in ("-d", f"{name}={value}")]
        done = subprocess.run(
            ["php", *options, str(copy)],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    printed = done.stdout + done.stderr
    failed = _FAILED.search(printed)
    said = printed[failed.start() :][:4000] if failed else printed[-1000:]
    return Call(example.stem, not failed and done.returncode == 0, "" if not failed else said)
