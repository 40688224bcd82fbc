"""The golden output of the small description: ``python -m tests.generator.golden`` writes it anew."""

from __future__ import annotations

import shutil
from pathlib import Path

from generator.build import generated_entities, generated_package

SMALL = Path(__file__).parent / "small"
GOLDEN = SMALL / "golden"
ENTITIES = SMALL / "entities"


def golden_texts() -> dict[str, str]:
    """What is compared: everything generated but the copies of the runtime."""
    return {
        file: text
        for file, text in generated_package(SMALL / "spec").items()
        if not file.startswith("_runtime/") and file != "client.py"
    }


def golden_entities() -> dict[str, str]:
    """Entity classes of the small description."""
    return generated_entities(SMALL / "spec")


def main() -> None:
    """Replaces the golden files."""
    for root, texts in ((GOLDEN, golden_texts()), (ENTITIES, golden_entities())):
        shutil.rmtree(root, ignore_errors=True)
        for file, text in texts.items():
            path = root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
