"""Files of the account: their models, names in ASCII, and the days that filters mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from .context import Context

__all__ = [
    "COLUMNS",
    "SELECT",
    "file_reference",
    "file_type",
    "preset",
    "sanitized",
    "show_file",
    "show_version",
    "split_name",
]

COLUMNS = (
    "id",
    "uuid",
    "name",
    "version_uuid",
    "created_by",
    "updated_by",
    "created_at",
    "updated_at",
    "deleted_at",
    "deleted_by",
)
SELECT = ",".join(f"files.{name}" for name in COLUMNS)
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya".replace("_", "").split(
            " "
        ),
        strict=True,
    )
)


def split_name(name: str) -> tuple[str, str]:
    """Return a file name without its extension, and the extension.

    Example:
        >>> split_name("photo.of.me.png")
        ('photo.of.me', 'png')
    """
    head, dot, tail = name.rpartition(".")
    return (head, tail) if dot and head else (name, "")


def file_type(mime: str) -> str:
    """Return the kind of a file as the service names it."""
    kind = mime.partition("/")[0]
    if kind in ("image", "video", "audio"):
        return kind
    return "document" if kind == "text" or "pdf" in mime or "document" in mime or "sheet" in mime else "file"


def sanitized(name: str) -> str:
    """Return a name in ASCII, Russian letters transliterated."""
    latin = "".join(
        (_LATIN[letter.lower()].title() if letter.isupper() else _LATIN[letter])
        if letter.lower() in _LATIN
        else letter
        for letter in name
    )
    return "".join(letter if letter.isascii() and letter.isprintable() else "_" for letter in latin).replace(
        " ", "_"
    )


def _author(id: int | None) -> dict[str, Any] | None:
    return None if id is None else {"id": id, "type": "internal"}


def _base(ctx: Context) -> str:
    return f"{ctx.request.scheme}://{ctx.request.host}"


def _download(ctx: Context, *parts: str) -> dict[str, str]:
    path = "/".join(quote(part) for part in (ctx.account.settings["uuid"], *parts))
    return {"href": f"{_base(ctx)}/download/{path}"}


def _content(ctx: Context, version_uuid: str) -> tuple[str, str, int]:
    result: Any = ctx.store.row(
        "SELECT name, mime_type, size FROM file_versions WHERE uuid=?", (version_uuid,)
    )
    return result  # type: ignore[no-any-return]


def file_reference(
    ctx: Context, file_uuid: str, version_uuid: str | None = None, *, in_bin: bool = False
) -> dict[str, Any] | None:
    """Return what fields and notes keep of a file: its version, the active one by default, its name and size.

    None for a file that is unknown, for one in the bin unless that is allowed, and for a version that is not its own.
    """
    row = ctx.store.row(
        "SELECT file_versions.uuid, file_versions.name, size FROM files JOIN file_versions "
        "ON file_uuid=files.uuid AND file_versions.uuid=coalesce(?, version_uuid) "
        "WHERE files.uuid=? AND (deleted_at IS NULL OR ?)",
        (version_uuid, file_uuid, in_bin),
    )
    names = ("version_uuid", "file_name", "file_size")
    return {"file_uuid": file_uuid, **dict(zip(names, row, strict=True))} if row else None


def show_file(ctx: Context, values: tuple[Any, ...], previews: bool = False) -> dict[str, Any]:
    """Return a file as it is read; `values` are the columns of `SELECT`."""
    row = dict(zip(COLUMNS, values, strict=True))
    sent_name, mime, size = _content(ctx, row["version_uuid"])
    extension = split_name(sent_name)[1]
    whole = f"{row['name']}.{extension}" if extension else row["name"]
    count = ctx.store.value("SELECT count(*) FROM file_versions WHERE file_uuid=?", (row["uuid"],))
    version = _download(ctx, row["uuid"], row["version_uuid"], whole)
    preview = {"download_link": version["href"], "width": 200, "height": 150}
    return {
        "id": row["id"],
        "uuid": row["uuid"],
        "version_uuid": row["version_uuid"],
        "type": file_type(mime),
        "name": row["name"],
        "sanitized_name": sanitized(row["name"]),
        "size": size,
        "source_id": None,
        "is_trashed": row["deleted_at"] is not None,
        "has_multiple_versions": count > 1,
        "created_at": row["created_at"],
        "created_by": _author(row["created_by"]),
        "updated_at": row["updated_at"],
        "updated_by": _author(row["updated_by"]),
        "deleted_at": row["deleted_at"],
        "deleted_by": _author(row["deleted_by"]),
        "metadata": {"extension": extension, "mime_type": mime},
        "previews": [preview] if previews and file_type(mime) == "image" else None,
        "_links": {
            "self": {"href": f"{_base(ctx)}/v1.0/files/{row['uuid']}"},
            "download": _download(ctx, row["uuid"], whole),
            "download_version": version,
        },
    }


def show_version(ctx: Context, values: tuple[Any, ...], main: str) -> dict[str, Any]:
    """Return one version of a file; `values` are uuid, file_uuid, name, mime_type, size, created_by and created_at."""
    uuid, file_uuid, sent_name, mime, size, created_by, created_at = values
    name, extension = split_name(sent_name)
    return {
        "uuid": uuid,
        "file_uuid": file_uuid,
        "type": file_type(mime),
        "name": name,
        "sanitized_name": sanitized(name),
        "size": size,
        "is_main": uuid == main,
        "source_id": None,
        "created_at": created_at,
        "created_by": _author(created_by),
        "updated_at": created_at,
        "updated_by": _author(created_by),
        "metadata": {"extension": extension, "mime_type": mime},
        "previews": None,
        "_links": {
            "self": {"href": f"{_base(ctx)}/v1.0/files/{file_uuid}/versions/{uuid}"},
            "download": _download(ctx, file_uuid, uuid, sent_name),
        },
    }


def preset(name: str, now: int, zone: str) -> tuple[int, int] | None:
    """Return the first and last second of a named period in the account's time zone, or None for an unknown name.

    Example:
        >>> preset("day", 1_700_000_000, "UTC")
        (1699920000, 1700006399)
    """
    today = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone))
    today = today.replace(hour=0, minute=0, second=0, microsecond=0)
    day, monday = timedelta(days=1), today - timedelta(days=today.weekday())
    month, quarter = _month(today, 0), _month(today.replace(month=(today.month - 1) // 3 * 3 + 1), 0)
    periods = {
        "day": (today, today + day),
        "tomorrow": (today + day, today + 2 * day),
        "yesterday": (today - day, today),
        "week": (monday, monday + 7 * day),
        "previous_week": (monday - 7 * day, monday),
        "next_week": (monday + 7 * day, monday + 14 * day),
        "month": (month, _month(month, 1)),
        "next_month": (_month(month, 1), _month(month, 2)),
        "previous_month": (_month(month, -1), month),
        "quarter": (quarter, _month(quarter, 3)),
        "previous_quarter": (_month(quarter, -3), quarter),
        "next_quarter": (_month(quarter, 3), _month(quarter, 6)),
        "last_3_days": (today - 3 * day, today + day),
        "next_3_days": (today, today + 4 * day),
        "last_6_month": (_month(month, -5), _month(month, 1)),
        "year": (today.replace(month=1, day=1), today.replace(year=today.year + 1, month=1, day=1)),
    }
    period = periods.get(name)
    return (int(period[0].timestamp()), int(period[1].timestamp()) - 1) if period else None


def _month(moment: datetime, shift: int) -> datetime:
    months = moment.year * 12 + moment.month - 1 + shift
    return moment.replace(year=months // 12, month=months % 12 + 1, day=1)
