"""Data of one operation for the templates: signature, facts, texts."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .bundle import Bundle, Operation
from .naming import argument_name
from .rules_batches import parameters_of, success_schemas
from .source import Map

__all__ = ["Argument", "Call", "call_of"]

_WIDTH = 92
_SAFETY = {
    "safe": "reads only",
    "idempotent": "sending it twice leaves the same state",
    "unsafe": "not to be sent twice: a repetition acts again",
}
_HOSTS = {
    "account": "the account's host",
    "drive": "the host of the files service",
    "amojo": "the host of the chats service, with a signature instead of a token",
    "portal": "the vendor's portal",
    "shared": "the shared API host that the token names",
}
_SAMPLES = {"int": "17", "str": '"..."', "bool": "True", "float": "1.5"}


@dataclass(frozen=True)
class Argument:
    """One keyword argument; ``style`` is that of the query, empty elsewhere."""

    name: str
    wire: str
    type: str
    required: bool
    place: str
    style: str
    description: str
    sample: str

    @property
    def declaration(self) -> str:
        """As it stands in a signature."""
        return f"{self.name}: {self.type}" if self.required else f"{self.name}: {self.type} | None = None"


@dataclass(frozen=True)
class Call:
    """One operation as Python sees it."""

    id: str
    tag: str
    name: str
    summary: str
    arguments: tuple[Argument, ...]
    returns: str
    model: str
    other_models: str
    item: str
    classes: frozenset[tuple[str, str]]
    item_classes: frozenset[tuple[str, str]]
    op: str
    media: str
    returned: str
    description: str
    facts: str
    errors: str
    page: str

    def of(self, place: str) -> list[Argument]:
        """Arguments that go to one place of the request."""
        return [argument for argument in self.arguments if argument.place == place]

    @property
    def words(self) -> set[str]:
        """Every identifier in the types, to know what to import."""
        return set(
            re.findall(r"\w+", " ".join([self.request_type, self.returns, *(a.type for a in self.arguments)]))
        )

    @property
    def request_type(self) -> str:
        """What the function of the operation returns: a request, with what its answer becomes."""
        return f"ItemsOf[{self.returns}, {self.item}]" if self.item else f"RequestOf[{self.returns}]"

    @property
    def sample(self) -> str:
        """Arguments of the example: what is required, and the limit of a list."""
        chosen = [f"{a.name}={a.sample}" for a in self.arguments if a.required]
        limits = (
            [f"limit={self.page}"] if self.page and any(a.name == "limit" for a in self.arguments) else []
        )
        return ", ".join([*chosen, *limits])

    def doc(self, indent: int, example: str) -> str:
        """Return the whole docstring without its quotes; all lines but the first are indented."""
        width = _WIDTH - indent
        blocks = [
            self.summary,
            *(textwrap.fill(part, width) for part in self.description.split("\n\n") if part),
        ]
        blocks.append(textwrap.fill(self.facts, width))
        entries = [(a.name, a.description or f"The {a.wire.replace('_', ' ')}.") for a in self.arguments]
        if entries:
            blocks.append("Args:\n" + "\n".join(_hanging(f"{name}: {text}", width) for name, text in entries))
        blocks.append("Returns:\n" + _hanging(self.returned, width))
        blocks.append(
            "Raises:\n"
            + _hanging(f"APIError: the answer has an error status; documented: {self.errors}.", width)
            + "\n"
            + _hanging("DecodeError: the answer does not match the description.", width)
        )
        blocks.append("Example:\n" + textwrap.indent(_unfolded(example, width - 4), "    "))
        return textwrap.indent("\n\n".join(blocks), " " * indent).strip()


def call_of(
    bundle: Bundle,
    operation: Operation,
    types: dict[str, str],
    returns: str,
    models: Mapping[int, str],
    classes: Iterable[tuple[str, str]],
    item_classes: frozenset[tuple[str, str]],
) -> Call:
    """Join the types of the tool (by argument place and wire name) with the facts of the description."""
    data = operation.data
    arguments = [_parameter(bundle, parameter, types) for parameter in parameters_of(bundle, operation)]
    order = re.findall(r"\{([^}]*)\}", operation.path)
    arguments.sort(key=lambda a: (order.index(a.wire) if a.place == "path" else len(order), not a.required))
    body = bundle.resolve(data.get("requestBody"))
    media = next(iter(body["content"])) if body is not None else ""
    if body is not None:
        place = "content" if media == "application/octet-stream" else "body"
        kind = "Body" if place == "content" else types["body"]
        text = str(body.get("description") or _body_text(data, place))
        required = body.get("required", False)
        body_argument = Argument(place, place, kind, required, place, "", text.strip(), _sample(kind))
        arguments.insert(len(order), body_argument)
    responses = {status: bundle.resolve(node) for status, node in data["responses"].items()}
    page = data.get("x-page")
    model = next((text for text in models.values() if text != "None"), "None")
    return Call(
        id=data["operationId"],
        tag=operation.area,
        name=data["x-name"],
        summary=data["summary"].strip().rstrip(".") + ".",
        arguments=tuple(arguments),
        returns=returns,
        model=model,
        other_models=_others(models, model),
        item=next((name for _, name in item_classes), ""),
        classes=frozenset(classes),
        item_classes=item_classes,
        op=_op(bundle, operation),
        media=media,
        returned=_returned(responses, page),
        description=str(data.get("description", "")).strip(),
        facts=_facts(operation),
        errors=", ".join(status for status in responses if status[0] != "2") or "none",
        page="" if page is None else str(page["limit"]),
    )


def _parameter(bundle: Bundle, parameter: Map, types: dict[str, str]) -> Argument:
    place, wire = parameter["in"], parameter["name"]
    kind = types[f"{place} {wire}"]
    style = ""
    if place == "query":
        style = "plain"
        if parameter.get("style") == "deepObject":
            style = "brackets"
            kind = f"{kind} | Mapping[str, Any]"
        elif parameter.get("style") == "form":
            style = "brackets" if parameter["explode"] else "comma"
            kind = kind.replace("list[", "Sequence[")
    text = str(parameter.get("description", "")).strip()
    values = parameter.get("x-values") or parameter["schema"].get("x-values")
    if values:
        text = f"{text} Known values: {', '.join(f'`{value}`' for value in values)}.".strip()
    schema = bundle.resolve(parameter["schema"])
    sample = repr(schema["enum"][0]).replace("'", '"') if "enum" in schema else _sample(kind)
    required = parameter.get("required", False)
    return Argument(argument_name(wire), wire, kind, required, place, style, text, sample)


def _body_text(data: Map, place: str) -> str:
    if place == "content":
        return "The bytes to send, whole or in pieces."
    batch = data.get("x-batch")
    return f"The items, {batch['max']} at most." if batch else "What to send."


def _op(bundle: Bundle, operation: Operation) -> str:
    """Return the facts as the text of an ``Op`` without those that equal the default."""
    data = operation.data
    parts: dict[str, Any] = {
        "id": data["operationId"],
        "tag": operation.area,
        "method": operation.method.upper(),
        "path": operation.path,
        "safety": data["x-safety"],
    }
    if data["x-host"] != "account":
        parts["host"] = data["x-host"]
    if data.get("security") == []:
        parts["auth"] = False
    success = tuple(success_schemas(bundle, operation))
    if success != (200,):
        parts["success"] = success
    texts = [f"{key}={value!r}" for key, value in parts.items()]
    if "x-page" in data:
        texts.append(f"page=Page(key={data['x-page']['key']!r}, limit={data['x-page']['limit']})")
    if "x-batch" in data:
        batch = {**data["x-batch"], "match": tuple(data["x-batch"]["match"])}
        defaults = {"recommended": None, "items": None, "match": (), "partial": False, "atomic": "unknown"}
        inner = [f"{key}={value!r}" for key, value in batch.items() if key == "max" or value != defaults[key]]
        texts.append(f"batch=Batch({', '.join(inner)})")
    if data["x-source"]["from"] != "docs":
        texts.append(f"source={data['x-source']['from']!r}")
    if "externalDocs" in data:
        texts.append(f"doc={data['externalDocs']['url']!r}")
    return f"Op({', '.join(texts)})"


def _facts(operation: Operation) -> str:
    data = operation.data
    sentences = [
        f"`{operation.method.upper()} {operation.path}` on {_HOSTS[data['x-host']]}; {_SAFETY[data['x-safety']]}."
    ]
    if data.get("deprecated"):
        sentences.append("Deprecated by the vendor.")
    if data.get("security") == []:
        sentences.append("Sends no token.")
    if "x-page" in data:
        sentences.append(f"Paged: `{data['x-page']['key']}`, {data['x-page']['limit']} at most on a page.")
    batch = data.get("x-batch")
    if batch:
        advice = f" ({batch['recommended']} advised)" if batch.get("recommended") else ""
        match = ", then ".join(f"`{key}`" for key in batch["match"])
        sentences.append(f"Takes {batch['max']} items{advice};")
        sentences.append(
            f"answered items are matched by {match}." if match else "answered items cannot be matched."
        )
        sentences.append("Some items can succeed while others fail." if batch["partial"] else "All or nothing"
                         f" ({batch['atomic']}).")  # fmt: skip
    source, page = data["x-source"], data.get("externalDocs")
    origin = {"docs": "the vendor's documentation", "sdk": "the vendor's client library", "kommo": "Kommo's documentation",
              "observed": "what was observed", "client": "other clients"}[source["from"]]  # fmt: skip
    confidence = f" ({source['confidence']})" if source.get("confidence") else ""
    sentences.append(f"Known from {origin}{confidence}{': ' + page['url'] if page else ''}.")
    return " ".join(sentences)


def _returned(responses: dict[str, Any], page: Any) -> str:
    parts = []
    empty = " (None)" if page is None else " (an empty page)"
    for status, response in responses.items():
        if status[0] == "2":
            text = str(response.get("description", "")).strip().rstrip(".")
            parts.append(f"{status}{'' if 'content' in response else empty}: {text}.")
    return " ".join(parts)


def _others(models: Mapping[int, str], model: str) -> str:
    """Models of success statuses that are answered otherwise than ``model``, as the text of a mapping."""
    others = {status: text for status, text in models.items() if text not in ("None", model)}
    return repr(others) if others else ""


def _hanging(text: str, width: int) -> str:
    return textwrap.fill(" ".join(text.split()), width, initial_indent="    ", subsequent_indent="        ")


def _unfolded(example: str, width: int) -> str:
    """Return the call on one line, or with one argument per line if it is too long."""
    if len(example) <= width:
        return example
    name, _, arguments = example.removesuffix(")").partition("(")
    lines = re.sub(r", (?=\w+=)", ",\n    ", arguments)
    return f"{name}(\n    {lines},\n)"


def _sample(kind: str) -> str:
    if kind.startswith("Sequence["):
        inner = kind.removeprefix("Sequence[").rstrip("]")
        return f"[{_sample(inner)}]"
    first = kind.partition(" | ")[0]
    if first == "Body":
        return 'b"..."'
    return _SAMPLES.get(first, f"{first}(...)" if first[:1].isupper() and first != "Any" else "{...}")
