"""Files: upload part by part from the disk, download, and what hangs on which entity."""
# GENERATED from src/amocrm/_async/resources/files.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

import mimetypes
import os
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import urlsplit

from msgspec import UNSET

from amocrm._core.arguments import checked
from amocrm._core.http.hosts import target_of
from amocrm._core.orm.operations import endpoint, filled
from amocrm._core.orm.paging import items_of
from amocrm.entities._base import Entity
from amocrm.entities._relations import key_in
from amocrm.errors import DecodeError, UnansweredError
from amocrm_gen._runtime.op import Op
from amocrm_gen._runtime.reader import read
from amocrm_gen._runtime.wire import Request, Sink

from ..._io.download_file import DownloadFile
from .._primitives import to_thread
from ..orm.account import Area

if TYPE_CHECKING:
    from collections.abc import Generator

    from amocrm_gen.models.drive import DriveDateFilter, DriveFile, DriveSizeFilter, DriveStats, DriveVersion
    from amocrm_gen.models.entity_files import FileLinkEntity

__all__ = ["Files"]

_PAGE: Final = 50
#: A part is held in memory as a whole; a server that allows more gets no more than this.
_LARGEST_PART: Final = 8 * 1024 * 1024
_DOWNLOAD: Final = Op(
    id="download_file",
    tag="drive",
    method="GET",
    path="/download/{account_uuid}/{file_uuid}/{file_name}",
    safety="safe",
    host="drive",
    success=(200, 204),  # an empty file has no bytes
    doc="https://www.amocrm.ru/developers/content/files/files-api",
)


@checked()
class Files(Area):
    """The files of the account: ``crm.files``.

    Needs a token with the scope "access to files"; deleting needs "file deletion" as well.

    Example:
        >>> file = crm.files.upload("contract.pdf")
        >>> crm.files.attach(deal, file)
    """

    def upload(
        self,
        source: str | os.PathLike[str] | bytes | BinaryIO,
        *,
        name: str | None = None,
        content_type: str | None = None,
        replaces: str | None = None,
        with_preview: bool = False,
        progress: Callable[[int, int], object] | None = None,
    ) -> DriveFile:
        """Upload a file, one part after the other; no more than one part is in memory.

        A part that gets lost is sent again by itself to its own address. An upload that ends with an error
        leaves nothing behind; its session ends after a day.

        Args:
            source: a path, the bytes themselves, or a binary file that can be sought.
            name: name with extension; that of the path without it.
            content_type: MIME type; guessed by the name without it.
            replaces: uuid of the file that gets this as a new, active version.
            with_preview: make previews.
            progress: is told the bytes sent so far and all bytes, after each part.

        Returns:
            The file; its ``uuid`` is what notes, custom fields and ``attach`` take.

        Raises:
            ValueError: the file has no name, is larger than the service takes, or changed meanwhile.
            UnansweredError: the last part was answered with nothing; look with ``find(name=...)``.
            APIError: the service refused it.

        Example:
            >>> crm.files.upload("scan.png", progress=lambda sent, size: print(sent, "of", size))
        """
        if isinstance(source, bytes):
            return self._upload(BytesIO(source), name, content_type, replaces, with_preview, progress)
        if not isinstance(source, str | os.PathLike):
            title = name or os.path.basename(str(getattr(source, "name", "")))
            return self._upload(source, title, content_type, replaces, with_preview, progress)
        path = Path(source)
        file = to_thread(_opened, path)
        try:
            return self._upload(file, name or path.name, content_type, replaces, with_preview, progress)
        finally:
            to_thread(file.close)

    def get(self, uuid: str) -> DriveFile:
        """Return one file.

        Raises:
            NotFoundError: there is none.
        """
        return self._account.call("drive.get_file", file_uuid=uuid)

    def find(
        self,
        *,
        name: str | None = None,
        term: str | None = None,
        extensions: Sequence[str] | None = None,
        uuid: str | None = None,
        deleted: int | None = None,
        size: DriveSizeFilter | None = None,
        date: DriveDateFilter | None = None,
        source_id: int | None = None,
        created_by: Sequence[int] | None = None,
        updated_by: Sequence[int] | None = None,
    ) -> Generator[DriveFile]:
        """Read the files of the account, page by page; what is given must fit all together.

        Args:
            name: name of the file.
            term: part of the name of the file, or of an entity that it hangs on.
            extensions: without the point.
            uuid: ids of files, joined by commas.
            deleted: 1 for deleted files.
            size: bounds in bytes.
            date: bounds of a date, with the name of the date.
            source_id: id of the source.
            created_by: ids of users; -1 is a client, 0 a robot.
            updated_by: ids of users.

        Example:
            >>> for file in crm.files.find(extensions=["pdf"]):
            ...     print(file.name, file.size)
        """
        filters = filled(
            name=name,
            term=term,
            extensions=extensions,
            uuid=uuid,
            deleted=deleted,
            size=size,
            date=date,
            source_id=source_id,
            created_by=created_by,
            updated_by=updated_by,
        )
        for page in count(1):
            answer = self._account.call(
                "drive.list_files", page=page, limit=_PAGE, filter=filters or None
            )
            listed = items_of(answer, "files")
            for file in listed:
                yield file
            if len(listed) < _PAGE:
                return

    def versions(self, uuid: str) -> list[DriveVersion]:
        """Return the versions of a file, the newest first."""
        return items_of(self._account.call("drive.list_file_versions", file_uuid=uuid), "versions")

    def download(self, file: DriveFile | str) -> bytes:
        """Return the bytes of the active version.

        Args:
            file: as ``get`` and ``find`` give it, or its uuid. Of the link in it path and query are used,
                never its host.

        Raises:
            ResponseTooLarge: it is larger than ``max_response_bytes`` of the client; see ``download_to``.
        """
        content: bytes | None = read(
            _DOWNLOAD, self._account.send(_at(_DOWNLOAD, self._address(file))), bytes
        )
        return content or b""

    def download_to(self, file: DriveFile | str, target: str | os.PathLike[str] | BinaryIO) -> int:
        """Write the bytes of the active version to a file as they come; one part at a time is in memory.

        A path is replaced once everything is there: a download that ends with an error leaves it as it was.

        Args:
            file: as ``get`` and ``find`` give it, or its uuid.
            target: a path, or an open binary file that can be sought; it is written from where it stands.

        Returns:
            The number of bytes.

        Raises:
            OSError: the target cannot be written to.

        Example:
            >>> crm.files.download_to(file, "video.mp4")
        """
        part = to_thread(DownloadFile, target)
        try:
            request = _at(_DOWNLOAD, self._address(file), sink=part)
            read(_DOWNLOAD, self._account.send(request), bytes)
            to_thread(part.keep)
        except BaseException:
            part.drop()
            raise
        return part.size

    def rename(self, uuid: str, name: str) -> DriveFile:
        """Give a file another name."""
        return self._account.call("drive.update_file", file_uuid=uuid, body={"name": name})

    def delete(self, *uuids: str) -> None:
        """Move files to the bin; they are deleted after 30 days."""
        self._account.call_in_parts(
            "drive.delete_files", [{"uuid": uuid} for uuid in dict.fromkeys(uuids)]
        )

    def restore(self, *uuids: str) -> None:
        """Restore files from the bin."""
        self._account.call_in_parts(
            "drive.restore_files", [{"uuid": uuid} for uuid in dict.fromkeys(uuids)]
        )

    def linked(self, uuid: str) -> list[FileLinkEntity]:
        """Return the entities that a file hangs on."""
        answer = self._account.call("entity_files.list_file_links", file_uuid=uuid)
        return [] if answer is None or answer.entities is UNSET else list(answer.entities)

    def stats(self) -> DriveStats:
        """Return how many bytes the account may use, and how many it uses."""
        return self._account.call("drive.get_drive_stats")

    def attach(self, entity: Entity, *files: DriveFile | str) -> None:
        """Attach files to a lead, contact, company or customer."""
        self._linked("entity_files.link_entity_files", entity, files)

    def detach(self, entity: Entity, *files: DriveFile | str) -> None:
        """Detach files from an entity; the files stay."""
        self._linked("entity_files.unlink_entity_files", entity, files)

    def of(self, entity: Entity) -> list[str]:
        """Return the uuids of the files of an entity, the newest first, without those in custom fields."""
        path = {"entity_type": entity._kind, "entity_id": key_in(self._account.directory.host, entity)}
        uuids: dict[str, None] = {}
        before: int | None = None
        while True:
            operation = "entity_files.list_entity_files"
            listed = items_of(
                self._account.call(operation, **path, limit=_PAGE, before_id=before), "files"
            )
            uuids.update({link.file_uuid: None for link in listed if isinstance(link.file_uuid, str)})
            ids = [link.id for link in listed if isinstance(link.id, int)]
            if len(listed) < _PAGE or not ids:
                return list(uuids)
            before = min(ids)

    # ---- inner

    def _address(self, file: DriveFile | str) -> str:
        """Return the address of the bytes of a file."""
        if isinstance(file, str):
            file = self.get(file)
        link = UNSET if file.links is UNSET else file.links.download
        if link is UNSET or not isinstance(link.href, str):
            raise DecodeError(
                f"the files service gave no download address for {file.uuid}; get the file again and repeat",
                op="get_file",
                status=200,
                request_id=None,
            )
        return link.href

    def _linked(self, name: str, entity: Entity, files: Iterable[DriveFile | str]) -> None:
        key = key_in(self._account.directory.host, entity)
        uuids = dict.fromkeys(file if isinstance(file, str) else file.uuid for file in files)
        path = {"entity_type": entity._kind, "entity_id": key}
        self._account.call_in_parts(name, [{"file_uuid": uuid} for uuid in uuids], **path)

    def _upload(
        self,
        file: BinaryIO,
        name: str | None,
        content_type: str | None,
        replaces: str | None,
        with_preview: bool,
        progress: Callable[[int, int], object] | None,
    ) -> DriveFile:
        if not name:
            raise ValueError(
                "name must be given with its extension for bytes or a stream, got none; write upload(..., name='contract.pdf')"
            )
        begin: int = to_thread(file.tell)
        size: int = to_thread(file.seek, 0, os.SEEK_END) - begin
        to_thread(file.seek, begin)
        media = content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        parts = {"file_name": name, "file_size": size, "content_type": media}
        body = filled(**parts, file_uuid=replaces or None, with_preview=with_preview or None)
        session = self._account.call("drive.create_upload_session", body=body)
        most = session.max_file_size
        if isinstance(most, int) and size > most > 0:
            raise ValueError(f"the file must have at most {most} bytes, got {size} in {name!r}; split it")
        largest = min(max(1, session.max_part_size), _LARGEST_PART)
        address, sent = session.upload_url, 0
        while True:
            wanted = min(largest, size - sent)
            part: bytes = to_thread(file.read, wanted)
            if len(part) != wanted:
                raise ValueError(
                    f"{name!r} must not change while it is uploaded, got another size; upload a copy (nothing was stored)"
                )
            answer = self._part(address, part, media)
            sent += len(part)
            if progress is not None:
                progress(sent, size)
            if isinstance(answer, str) and sent < size:
                address = answer
            elif isinstance(answer, str) or sent < size:
                raise DecodeError(
                    f"the files service answered the last part of {name!r} as if there were more; upload the file again",
                    op="upload_file_part",
                    status=200,
                    request_id=None,
                )
            else:
                return answer

    def _part(self, address: str, part: bytes, media: str) -> DriveFile | str:
        """Send one part; return the address for the next one, or the file after the last one."""
        from amocrm_gen.models.drive import DriveFile, DriveUploadPart

        operation = endpoint("drive.upload_file_part")
        response = self._account.send(_at(operation.OP, address, part, media))
        if response.status == 404 and response.sent > 1:
            # The session ends with its last part: a second copy of that part finds no session any more.
            raise UnansweredError(
                "the last part of the file was sent twice and its first answer was lost, so it is unknown whether the file "
                "is stored; look for it: crm.files.find(name=...)",
                op=operation.OP.id,
            )
        answer: DriveUploadPart = operation.parse(response)
        if isinstance(answer.next_url, str) and answer.next_url:
            return answer.next_url
        stored: DriveFile = read(operation.OP, response, DriveFile)
        return stored


def _at(
    op: Op, link: str, content: bytes | None = None, media: str | None = None, sink: Sink | None = None
) -> Request:
    """Return a request to the path and query of an address that the service named, on our own host."""
    parts = urlsplit(target_of(link))
    return Request(op=op, path=parts.path, query=parts.query, content=content, content_type=media, sink=sink)


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")
