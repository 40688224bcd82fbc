"""Command ``amocrm models``: write what an account is set up with into a Python file.

Classes with its custom fields, also one for each list; pipelines with their stages, users, loss reasons and
types of tasks as constants. ``--check`` compares such a file with the account, for CI.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .._core.orm.paging import items_of
from ..errors import AmoCRMError, APIError, ForbiddenError, NotFoundError, PaymentRequiredError
from .account import add_options, client_of
from .names import RESERVED, attribute_name, class_name, distinct
from .source import catalog_class, entity_classes, enum, name_space, pipeline_class, source_of

if TYPE_CHECKING:
    from .._sync.client import AmoCRM

__all__ = ["main", "read"]

_ENTITIES: Final = ("leads", "contacts", "companies", "customers")
_PARTS: Final = (*_ENTITIES, "catalogs", "pipelines", "users", "loss_reasons", "task_types")


def read(crm: AmoCRM, parts: Sequence[str] = _PARTS) -> tuple[str, list[str]]:
    """Return the source of the models of an account, and sentences about what was left out.

    Args:
        crm: client of the account; a request for each part and each list, one more per 250 fields.
        parts: what to write.

    Raises:
        AmoCRMError: a part could not be read, for another reason than missing rights.
    """
    blocks: list[str] = []
    left_out = []
    for part in parts:
        try:
            blocks += _classes(crm, part) if part in _ENTITIES else [_READERS[part](crm)]
        except APIError as error:
            # What customers answer where they are disabled is not documented.
            if part != "customers" and not isinstance(
                error, ForbiddenError | NotFoundError | PaymentRequiredError
            ):
                raise
            left_out.append(f"{part} are left out, they are disabled or need other rights: {error}")
    return source_of(crm.account_host, blocks), left_out


def _classes(crm: AmoCRM, kind: str) -> list[str]:
    from ..entities._kinds import entity_class

    return entity_classes(entity_class(kind), crm.fields.list(kind))


def _catalogs(crm: AmoCRM) -> str:
    from amocrm_gen.api.catalogs import list_catalogs

    named = sorted(
        (item.id, str(item.name))
        for page in list_catalogs.pages(crm, limit=250)
        for item in items_of(page, "catalogs")
    )
    names = distinct([(key, class_name(name)) for key, name in named], "Catalog", RESERVED)
    content = [catalog_class(names[key], key, crm.fields.list(f"catalogs/{key}")) for key, _ in named]
    return name_space("catalogs", "Lists, each as the class of its elements.", content)


def _pipelines(crm: AmoCRM) -> str:
    listed = sorted(crm.pipelines.all(), key=lambda pipeline: pipeline.id)
    names = distinct([(item.id, attribute_name(item.name or "")) for item in listed], "pipeline")
    content = [pipeline_class(names[item.id], item) for item in listed]
    return name_space("pipelines", "Pipelines with their stages.", content)


def _users(crm: AmoCRM) -> str:
    users = crm.users.load()
    inactive = {user.id for user in users if not user.is_active}
    return enum("Users", "Users of the account.", [(item.id, item.name) for item in users], "USER", inactive)


def _loss_reasons(crm: AmoCRM) -> str:
    listed = items_of(crm.api.loss_reasons.list(), "loss_reasons")
    return enum(
        "LossReasons",
        "Reasons for which leads are lost.",
        [(item.id, item.name) for item in listed],
        "REASON",
    )


def _task_types(crm: AmoCRM) -> str:
    listed = items_of(crm.account(with_=["task_types"]), "task_types")
    return enum("TaskTypes", "Types of tasks.", [(item.id, item.name) for item in listed], "TYPE")


_READERS: Final[dict[str, Callable[[AmoCRM], str]]] = {
    "catalogs": _catalogs,
    "pipelines": _pipelines,
    "users": _users,
    "loss_reasons": _loss_reasons,
    "task_types": _task_types,
}


def main(arguments: Sequence[str]) -> int:
    """Write the models, or compare them with a file, and return the exit code."""
    parser = argparse.ArgumentParser(prog="amocrm models", description=__doc__)
    add_options(parser)
    parser.add_argument("-o", "--output", type=Path, help="file to write (default: standard output)")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail if the file differs from the account",
    )
    parser.add_argument(
        "--parts", default=",".join(_PARTS), help="what to write, separated by commas (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    parts = [part for part in options.parts.split(",") if part]
    if unknown := [part for part in parts if part not in _PARTS]:
        parser.error(f"--parts must be some of {', '.join(_PARTS)}, got {', '.join(unknown)}")
    if options.check and options.output is None:
        parser.error("--check must have a file to compare with, got none; write -o FILE")
    try:
        with client_of(options) as crm:
            source, left_out = read(crm, parts)
    except AmoCRMError as error:
        print(f"amocrm models: {error}", file=sys.stderr)
        return 2
    for line in left_out:
        print(f"amocrm models: {line}", file=sys.stderr)
    if options.check:
        return _compare(options.output, source)
    if options.output is None:
        sys.stdout.write(source)
    else:
        options.output.write_text(source, encoding="utf-8")
        print(f"{options.output}: written")
    return 0


def _compare(path: Path, source: str) -> int:
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    if written == source:
        print(f"{path}: current")
        return 0
    lines = difflib.unified_diff(
        written.splitlines(keepends=True), source.splitlines(keepends=True), str(path), "the account"
    )
    sys.stdout.writelines(lines)
    return 1
