"""The golden output of the small description: ``python -m tests.generator.golden`` writes it anew."""

from __future__ import annotations

import shutil
from pathlib import Path

from generator.build import generated_package

SMALL = Path(__file__).parent / "small"
GOLDEN = SMALL / "golden"


def golden_texts() -> dict[str, str]:
    """What is compared: everything generated but the copies of the runtime."""
    return {
        file: text
        for file, text in generated_package(SMALL / "spec").items()
        if not file.startswith("_runtime/") and file != "client.py"
    }


def main() -> None:
    """Replaces the golden files."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for file, text in golden_texts().items():
        path = GOLDEN / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
