"""Published document: the description with servers and security of every host, and examples from the fixtures.

The files in ``spec`` name the host of an operation with ``x-host``, for the generated client. Other tools need
``servers`` and ``security``, so both are written out here. Examples are the bodies that the contract tests
compare with the description.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from .bundle import METHODS, Bundle
from .source import plain

__all__ = ["FIXTURES", "SERVERS", "by_operation", "published_json"]

#: Folder of the contract tests, whose bodies and answers are the examples.
FIXTURES: Final = "tests/contract"
_DOMAIN: Final = {
    "default": "amocrm.ru",
    "enum": ["amocrm.ru", "kommo.com", "amocrm.com"],
    "description": "Domain of the account's region.",
}
#: Addresses of the services beside the account, by ``x-host``; an operation cannot name another one.
SERVERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "drive": {
        "url": "https://{drive}.{domain}",
        "description": "The files service; `drive_url` of the account says which one it is.",
        "variables": {
            "drive": {"default": "drive-b", "description": "Name of the account's files service."},
            "domain": _DOMAIN,
        },
    },
    "amojo": {
        "url": "https://amojo.{domain}",
        "description": "The chats service.",
        "variables": {"domain": _DOMAIN},
    },
    "portal": {
        "url": "https://www.{domain}",
        "description": "The vendor's own site.",
        "variables": {"domain": _DOMAIN},
    },
    "shared": {
        "url": "https://{shard}.{domain}",
        "description": "The host that accounts of one shard share; `api_domain` of the token names it.",
        "variables": {
            "shard": {"default": "api-b", "description": "Name of the shard."},
            "domain": _DOMAIN,
        },
    },
}
_SIGNATURE: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "X-Signature",
    "description": (
        "HMAC-SHA1 with the channel's secret, in hexadecimal, over five lines joined with line feeds: method in upper "
        "case, Content-MD5, Content-Type, Date, path without the query. The headers Date (RFC 2822), Content-Type "
        "(application/json) and Content-MD5 (MD5 of the body in hexadecimal, of the empty text without one) are sent "
        "beside it. A signature is taken for 15 minutes. An older form, which clients still use, signs the body alone "
        "and sends neither Date nor Content-MD5. What the chats service posts to a channel has an X-Signature "
        "over the body alone."
    ),
}
_OAUTH: Final = {
    "type": "oauth2",
    "description": "Authorization code of an integration; the token goes out as a bearer token.",
    "flows": {
        "authorizationCode": {
            "authorizationUrl": "https://www.amocrm.ru/oauth",
            "tokenUrl": "https://example.amocrm.ru/oauth2/access_token",
            "refreshUrl": "https://example.amocrm.ru/oauth2/access_token",
            "scopes": {},
        }
    },
}


def published_json(bundle: Bundle, fixtures: Path) -> str:
    """Write the published document, sorted and indented: a new field changes its own lines only.

    Args:
        bundle: the bundled description.
        fixtures: folder with ``examples/<operation>[.<variant>].json`` (answers) and ``bodies/…`` (request bodies).
    """
    document = plain(bundle.document)
    schemes = document.get("components", {}).setdefault("securitySchemes", {})
    schemes.update({"channel_signature": _SIGNATURE, "oauth": _OAUTH})
    document["security"] = [*document.get("security", ()), {"oauth": []}]
    _tell_apart(document.get("components", {}).get("schemas", {}))
    answers, bodies = by_operation(fixtures / "examples"), by_operation(fixtures / "bodies")
    for item in document["paths"].values():
        for method in METHODS:
            if method in item:
                _publish(item[method], answers, bodies)
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _tell_apart(schemas: dict[str, Any]) -> None:
    """Write the shapes of ``x-by-type`` and ``x-by-key`` out as alternatives, which other tools make unions of.

    OpenAPI's discriminator wants the word inside of the object that it tells apart; here it stands beside it, or is its
    only key. A value that fits none of the shapes is still taken, since the sets of words are open. Bodies are left
    free: their shapes are closed, and a union of closed shapes refuses a misspelt key in the words of another type.
    """
    for name, schema in schemas.items():
        for node in _free_values(schema):
            shapes = dict.fromkeys((node.get("x-by-type") or node.get("x-by-key") or {}).values())
            names = [f"{name.partition('.')[0]}.{shape}" for shape in shapes]
            if not names or any(schemas[item].get("additionalProperties") is False for item in names):
                continue
            others = [{"type": "object", "additionalProperties": True}]
            if "x-by-type" in node:
                others += [{"type": ["string", "number", "boolean", "null"]}, {"type": "array", "items": {}}]
            node["anyOf"] = [*({"$ref": f"#/components/schemas/{item}"} for item in names), *others]


def _free_values(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "x-by-type" in node or "x-by-key" in node:
            yield node
        for child in node.values():
            yield from _free_values(child)


def _publish(
    operation: dict[str, Any],
    answers: Mapping[str, Mapping[str, Any]],
    bodies: Mapping[str, Mapping[str, Any]],
) -> None:
    server = SERVERS.get(operation.get("x-host", ""))
    if server is not None:
        operation["servers"] = [server]
    if operation.get("x-host") == "amojo":
        operation["security"] = [{"channel_signature": []}]
    _illustrate(operation.get("requestBody", {}), bodies.get(operation.get("operationId", ""), {}))
    for status in sorted(operation.get("responses", ())):
        if status.startswith("2") and operation["responses"][status].get("content"):
            _illustrate(operation["responses"][status], answers.get(operation.get("operationId", ""), {}))
            break


def _illustrate(holder: dict[str, Any], examples: Mapping[str, Any]) -> None:
    """Add examples to the JSON media types of a body or an answer."""
    for media_type, media in holder.get("content", {}).items():
        if examples and media_type.endswith("json"):
            media["examples"] = {name: {"value": value} for name, value in sorted(examples.items())}


def by_operation(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the fixtures of a folder by operation and variant."""
    result: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for path in sorted(folder.glob("*.json")):
        operation, _, variant = path.name.removesuffix(".json").partition(".")
        result[operation][variant or "example"] = json.loads(path.read_text(encoding="utf-8"))
    return result
