"""The root file: a handwritten head and lists made from the files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generator.root_file import root_problems, write_root


def test_writing_keeps_the_head_and_lists_everything(spec: Path) -> None:
    """The lists are made anew from the files, sorted; what stands above them is kept."""
    root = spec / "amocrm.yaml"
    before = root.read_text(encoding="utf-8")
    head = before[: before.index("# Everything below")]
    root.write_text(head + "paths: {}\n", encoding="utf-8")
    assert write_root(spec)
    assert root.read_text(encoding="utf-8") == before
    assert not write_root(spec)


def test_a_list_that_is_not_current_is_a_problem(spec: Path, edit: Callable[[str, str, str], None]) -> None:
    """Any other order or spelling of the lists is named with its line."""
    assert root_problems(spec) == []
    edit("amocrm.yaml", '  "redirected": {$ref: "paths/hooks.yaml#/redirected"}\n', "")
    (problem,) = root_problems(spec)
    assert (problem.rule, problem.line) == ("root", 22)
