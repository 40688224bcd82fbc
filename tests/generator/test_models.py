"""Generated models: tolerant where they are read, bare where they are sent, loaded area by area."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from generator.bundle import load_bundle
from generator.models import generate_models
from generator.source import SpecError

Load = Callable[[str], ModuleType]


def test_limits_of_the_server_are_not_ours(load: Load) -> None:
    """Keywords of validation do not reach the models: what the description limits is decoded and encoded all the same."""
    thing = load("models.things").ThingCreate(name="longer than five", price=-1)
    assert msgspec.json.decode(msgspec.json.encode(thing), type=type(thing)) == thing


def test_absent_null_and_set_are_three_things(load: Load) -> None:
    """A property is UNSET, None or a value, and only the last two are sent."""
    update = load("models.things").ThingUpdateOne
    assert msgspec.json.encode(update()) == b"{}"
    assert msgspec.json.encode(update(from_=None)) == b'{"from":null}'
    assert msgspec.json.encode(update(from_=1)) == b'{"from":1}'


def test_names_that_python_cannot_have_are_legal_and_go_out_as_they_were(load: Load) -> None:
    """Keywords, hyphens, leading underscores and names of types get legal attributes."""
    things = load("models.things")
    names = {field.name: field.encode_name for field in msgspec.structs.fields(things.Thing)}
    assert {name: wire for name, wire in names.items() if name != wire} == {
        "from_": "from",
        "class_": "class",
        "int_": "int",
        "x_ray": "x-ray",
        "links": "_links",
        "embedded": "_embedded",
    }
    problem = {field.encode_name for field in msgspec.structs.fields(load("models.errors").Problem)}
    assert problem == {"title", "validation-errors"}


def test_known_values_are_no_limit(load: Load) -> None:
    """A value that the description does not know is read as it is; enums of requests are plain strings too."""
    thing = msgspec.json.decode(b'{"id":1,"must":1,"state":"brand new"}', type=load("models.things").Thing)
    assert thing.state == "brand new"
    assert msgspec.json.encode(load("models.things").ThingOrder(id="asc")) == b'{"id":"asc"}'


def test_models_are_trees_for_the_collector(load: Load) -> None:
    """All models derive from one base and are not tracked by the garbage collector."""
    import gc

    things = load("models.things")
    assert issubclass(things.Thing, load("_runtime.model").Model)
    assert not gc.is_tracked(things.Thing(id=1, must=None, parts=[]))


def test_positional_arguments_are_refused(load: Load) -> None:
    """Models are built by keyword only."""
    with pytest.raises(TypeError):
        load("models.common").Ref(1)


def test_an_area_brings_only_what_it_refers_to(folder: Path) -> None:
    """Importing an operation imports no model; those of its areas and no others come with what it answers."""
    code = (
        "import sys; import small_gen; from small_gen.api.things import get_thing; "
        "found = lambda: sorted(name for name in sys.modules if name.startswith(('small_gen.models.', 'small_gen.bound', 'httpx'))); "
        "print(*found()); get_thing.model; print(*found())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder
    )
    before, after, _ = done.stdout.split("\n")
    assert before == ""
    assert after.split() == [f"small_gen.models.{area}" for area in ("boxes", "common", "fields", "things")]


def test_payloads_of_webhooks_are_models(load: Load) -> None:
    """What is posted to subscribers has models of its own."""
    assert load("models.hooks").ThingHook(id="1").id == "1"


def test_a_schema_that_lands_elsewhere_stops_the_generation(
    spec: Path, edit: Callable[[str, str, str], None]
) -> None:
    """A circle of areas moves classes out of their modules; where lint did not see it, the generator refuses."""
    edit("schemas/boxes.yaml", "id: {type: integer}", 'thing: {$ref: "things.yaml#/Thing"}')
    with pytest.raises(SpecError, match="did not become a class of the module"):
        generate_models(load_bundle(spec))
