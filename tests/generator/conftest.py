"""The small description, generated once, and written where it can be imported."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.build import generated_package

SMALL = Path(__file__).parent / "small" / "spec"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A copy of the small description that a test may spoil."""
    return Path(shutil.copytree(SMALL, tmp_path / "spec"))


@pytest.fixture
def edit(spec: Path) -> Callable[[str, str, str], None]:
    """Replaces a text of the copied description, which must be there."""

    def replace(file: str, old: str, new: str) -> None:
        path = spec / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


@pytest.fixture(scope="session")
def texts() -> dict[str, str]:
    """The generated files by path."""
    return generated_package(SMALL)


@pytest.fixture(scope="session")
def folder(texts: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that holds the generated package ``small_gen``."""
    root = tmp_path_factory.mktemp("generated")
    for file, text in texts.items():
        path = root / "small_gen" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sys.path.insert(0, str(root))
    yield root
    sys.path.remove(str(root))
    for name in [name for name in sys.modules if name.partition(".")[0] == "small_gen"]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def load(folder: Path) -> Callable[[str], Any]:
    """Imports a module of the generated package, or an operation of one: ``api.things.list_things``."""

    def found(name: str) -> Any:
        if name.count(".") == 2 and name.startswith("api."):
            area, _, operation = name.rpartition(".")
            return getattr(importlib.import_module(f"small_gen.{area}"), operation)
        return importlib.import_module(f"small_gen.{name}")

    return found
