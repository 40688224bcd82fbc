"""Messages about files, users and other parts of an account."""

from __future__ import annotations

import io
import sys
from decimal import Decimal
from importlib import import_module
from typing import Any, Final
from unittest import mock

import httpx

from amocrm import Lead, fields
from amocrm_sandbox import Sandbox, SandboxTransport

from . import Message
from ._clients import client

TITLE: Final = "Files and the environment"


def _account() -> Any:
    sandbox = Sandbox(subdomain="mycompany", limits=False)
    return client(SandboxTransport(sandbox), token=sandbox.token)


def _otel() -> None:
    with mock.patch.dict("sys.modules", {"opentelemetry": None}):
        sys.modules.pop("amocrm.otel", None)
        import_module("amocrm.otel")


class _Shrinking(io.BytesIO):
    """File that is cut while it is read."""

    def read(self, size: int | None = -1, /) -> bytes:
        return b""


def _too_large() -> None:
    session = {"session_id": 1, "upload_url": "https://x/1", "max_file_size": 5, "max_part_size": 5}
    answers = iter(
        [
            httpx.Response(200, json={"drive_url": "https://drive-b.amocrm.ru"}),
            httpx.Response(200, json=session),
        ]
    )
    client(httpx.MockTransport(lambda request: next(answers))).files.upload(
        io.BytesIO(b"123456789"), name="a.txt"
    )


def _fraction() -> None:
    with _account().session() as s:
        s.add(Lead(name="Order", price=Decimal("99.50")))


MESSAGES: Final = (
    Message(
        "file-name",
        lambda: _account().files.upload(io.BytesIO(b"text")),
        ("name must be given", "contract.pdf"),
        "The bytes have no name, and the service wants one.",
        '`crm.files.upload(stream, name="contract.pdf")`',
    ),
    Message(
        "field-definition-name",
        lambda: _account().fields.create(Lead, [fields.Definition.of(fields.Text(field_id=1))]),
        ("declared by name=",),
        "A field that is declared by its id exists already.",
        '`crm.fields.create(Lead, [fields.Definition(name="City", type="text")])`',
    ),
    Message(
        "file-large",
        _too_large,
        ("at most 5 bytes", "got 9"),
        "The files service of this account accepts smaller files only.",
        "Split the file.",
    ),
    Message(
        "file-changed",
        lambda: _account().files.upload(_Shrinking(b"text"), name="notes.txt"),
        ("'notes.txt' must not change",),
        "Another program wrote to the file during the upload.",
        "Upload a copy of the file.",
    ),
    Message(
        "otel-extra",
        _otel,
        ("installed with its extra", "pip install"),
        "OpenTelemetry is not installed.",
        "`pip install 'amocrm-orm[otel]'`",
    ),
    Message(
        "price-fraction",
        _fraction,
        ("whole prices", "fields.Monetary"),
        "The price of a lead has kopecks, which amoCRM may cut off.",
        "`round(price)`, or a field of the type money.",
    ),
)
