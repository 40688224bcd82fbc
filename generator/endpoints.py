"""Generation of endpoint modules and bound namespaces by openapi-python-client with our templates.

The tool parses the reduced description and gives identifiers, Python types of parameters, bodies and answers,
and the template loader; facts, encoding and texts come from the description itself. It drops what it cannot
parse with a warning, so every warning is an error here and every answer is counted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from openapi_python_client import Project
from openapi_python_client.config import ClassOverride, Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import Property
from openapi_python_client.schema.untrusted_string import UntrustedString

from .bundle import Bundle, Operation
from .calls import Call, call_of
from .opc_input import MAPS, Reduced, reduce
from .rules_batches import items_of, success_schemas
from .source import Map, Problem, SpecError

__all__ = ["generate_endpoints"]

TEMPLATES = Path(__file__).parent / "templates" / "api"
_IMPORT = re.compile(r"from \.\.\.models\.(\w+) import (\w+)")
_BUILTINS = ("bool", "bytes", "dict", "float", "int", "list", "str")


def generate_endpoints(bundle: Bundle) -> dict[str, str]:
    """Return the modules of ``api`` and ``bound`` by their paths, unformatted.

    Raises:
        SpecError: the tool warned about something, or lost an operation or an answer.
    """
    reduced = reduce(bundle)
    project = _project(bundle, reduced)
    operations = {operation.id: operation for operation in bundle.operations()}
    calls: dict[str, list[Call]] = defaultdict(list)
    for collection in project.openapi.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            operation = operations.pop(str(endpoint.name), None)
            if operation is None:
                raise SpecError([_problem(bundle, f"the operation {endpoint.name} was renamed")])
            calls[operation.area].append(_call(bundle, reduced, operation, endpoint))
    if operations:
        raise SpecError(
            [operation.data.problem("endpoints", "was left out") for operation in operations.values()]
        )
    texts: dict[str, str] = {}
    descriptions = {tag["name"]: tag["description"] for tag in bundle.document.get("tags", ())}
    for tag, calls_of_tag in sorted(calls.items()):
        calls_of_tag.sort(key=lambda call: call.id)
        template = project.env.get_template("operations_module.py.jinja")
        texts[f"api/{tag}.py"] = template.render(
            calls=calls_of_tag,
            description=descriptions[tag],
            decorators=["paged" if call.item else "operation" for call in calls_of_tag],
            words={word for call in calls_of_tag for word in call.words},
            imports=_imports(frozenset().union(*(call.classes | call.item_classes for call in calls_of_tag))),
        )
        texts[f"bound/{tag}.py"] = _bound(project, tag, descriptions[tag], calls_of_tag)
    texts["api/__init__.py"] = (
        '"""One module for each area of the API, one decorated function for each operation."""\n'
    )
    tags = {tag: (class_name(tag), descriptions[tag]) for tag in sorted(calls)}
    texts["bound/__init__.py"] = project.env.get_template("bound_init.py.jinja").render(tags=tags)
    return texts


def class_name(tag: str) -> str:
    """``customer_statuses`` is ``CustomerStatusesApi``."""
    return "".join(word.capitalize() for word in tag.split("_")) + "Api"


def _project(bundle: Bundle, reduced: Reduced) -> Project:
    overrides = {
        key: ClassOverride.model_validate({"class_name": name, "module_name": area})
        for key, (name, area) in reduced.overrides.items()
    }
    config = Config.from_sources(
        ConfigFile(class_overrides=overrides, post_hooks=[]),
        MetaType.NONE,
        Path("bundle"),
        "utf-8",
        True,
        Path("none"),
    )
    data = GeneratorData.from_dict(reduced.document, config=config)
    if isinstance(data, GeneratorError):
        raise SpecError([_problem(bundle, f"{data.header}: {data.detail}")])
    errors = [
        *data.errors,
        *(e for collection in data.endpoint_collections_by_tag.values() for e in collection.parse_errors),
    ]
    if errors:
        raise SpecError([_problem(bundle, f"{error.header}: {error.detail}") for error in errors])
    return Project(openapi=data, config=config, custom_template_path=TEMPLATES)


def _call(bundle: Bundle, reduced: Reduced, operation: Operation, endpoint: Endpoint) -> Call:
    types = {
        f"{location} {_raw(prop.name)}": _type(reduced, prop)
        for location, prop in endpoint.iter_all_parameters()
    }
    for body in endpoint.bodies:
        kind = re.sub(r"^list\[", "Sequence[", _type(reduced, body.prop))
        types["body"] = re.sub(r"^dict\[", "Mapping[", kind)
    responses = {int(response.status_code.pattern): response for response in endpoint.responses}
    wanted = [int(status) for status in operation.data["responses"] if status[0] == "2"]
    if sorted(responses) != sorted(wanted):
        raise SpecError([operation.data.problem("endpoints", "an answer was dropped", "responses")])
    models = {}
    for status in sorted(responses):
        source = responses[status].source
        models[status] = (
            "bytes" if source["return_type"] == "bytes" else _type(reduced, responses[status].prop)
        )
        if source["return_type"] == "None":
            models[status] = "None"
    classes = {(area, name) for text in endpoint.relative_imports for area, name in _IMPORT.findall(text)}
    named = {(area, name) for area, name in classes if area != MAPS}
    for area, name in classes:
        if area == MAPS:
            named |= reduced.maps[name][1]
    for area, name in named:
        if f"{area}.{name}" not in bundle.schemas:
            raise SpecError([operation.data.problem("endpoints", f"there is no schema {name} in {area}")])
    listed = _item(bundle, operation)
    distinct = [model for model in dict.fromkeys(models.values()) if model != "None"]
    empty = ["None"] if "None" in models.values() and not listed else []
    return call_of(
        bundle,
        operation,
        types,
        " | ".join([*distinct, *empty]),
        {status: _with_areas(text, named) for status, text in models.items()},
        named,
        listed,
    )


def _item(bundle: Bundle, operation: Operation) -> frozenset[tuple[str, str]]:
    """Return the class of the items of a paged list with its area; empty if the list is not paged."""
    page = operation.data.get("x-page")
    if page is None:
        return frozenset()
    for schema in success_schemas(bundle, operation).values():
        area, _, name = (
            (items_of(bundle, schema, page["key"]) or {}).get("$ref", "").rpartition("/")[2].partition(".")
        )
        if name:
            return frozenset({(area, name)})
    raise SpecError(
        [operation.data.problem("endpoints", "the items of a page must be a reference", "x-page")]
    )


def _with_areas(text: str, named: Iterable[tuple[str, str]]) -> str:
    """Return the text of a type with its classes as attributes of the modules of their areas."""
    areas = {name: area for area, name in named}
    return re.sub(
        r"\b[A-Z]\w*", lambda match: f"{areas[match[0]]}.{match[0]}" if match[0] in areas else match[0], text
    )


def _raw(name: UntrustedString | str) -> str:
    return name.get_untrusted_value() if isinstance(name, UntrustedString) else name


def _type(reduced: Reduced, prop: Property) -> str:
    """Return the Python type of a property, with the stand-ins of maps replaced."""
    text = str(prop.get_type_string(no_optional=True).as_unembedded_code())
    return re.sub(r"FreeMap\d+", lambda match: reduced.maps[match.group()][0], text)


def _imports(classes: frozenset[tuple[str, str]]) -> list[tuple[str, str]]:
    """Area and the classes to import from it, both sorted."""
    areas: dict[str, list[str]] = defaultdict(list)
    for area, name in sorted(classes):
        areas[area].append(name)
    return [(area, ", ".join(names)) for area, names in areas.items()]


def _bound(project: Project, tag: str, description: str, calls: list[Call]) -> str:
    """Return the module of one namespace; a method called ``list`` hides the type, which is then spelled out."""
    hidden = {call.name for call in calls} & set(_BUILTINS)
    pattern = re.compile(rf"(?<![\w.])({'|'.join(sorted(hidden)) or '(?!)'})\b")

    def spelled(text: str) -> str:
        name, colon, kind = text.rpartition(": ")
        return name + colon + pattern.sub(r"builtins.\1", kind)

    signatures = {call.id: ", ".join(spelled(a.declaration) for a in call.arguments) for call in calls}
    words = {word for call in calls for word in call.words}
    text = project.env.get_template("bound_module.py.jinja").render(
        tag=tag,
        name=class_name(tag),
        description=description,
        calls=calls,
        signatures=signatures,
        returns={call.id: spelled(call.returns) for call in calls},
        words=words,
        imports=_imports(frozenset().union(*(call.classes for call in calls))),
    )
    return text.replace("@@builtins@@", "import builtins\n" if "builtins." in text else "")


def _problem(bundle: Bundle, message: str) -> Problem:
    document: Map = bundle.document
    return document.problem("endpoints", " ".join(message.split()))
