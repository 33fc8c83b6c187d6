"""A file sent with a form is bounded while it arrives: what is too large is neither kept in memory nor on disk."""

from typing import Any, Final

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from smartbill.core.flows.contacts_csv.table import TableLimits
from smartbill.usecases.area.page_uploads import SMALL_FILE

#: Bytes. Forms carry small files only, unless their page awaits more; flows of a company come by SFTP or in parts.
MAX_UPLOAD: Final = 5 * 1024 * 1024
#: Names of the addresses to which larger files are sent, and how large they may be.
_LARGER: Final = {"contact_upload": TableLimits().file_bytes, "upload_file": SMALL_FILE}


def awaited_size(path: str) -> int:
    """Bytes of the largest file that a form sent to this path may bring."""
    try:
        name = resolve(path).url_name
    except Resolver404:
        return MAX_UPLOAD
    return _LARGER.get(name or "", MAX_UPLOAD)


def await_upload(request: HttpRequest, limit: int) -> None:
    """Let the form of this request bring a file of so many bytes; to be said before its body is read."""
    request.upload_limit = limit  # type: ignore[attr-defined]


class BoundedUpload(FileUploadHandler):
    """Drops a file as soon as it is too large, and notes so on the request (`upload_too_large`)."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._received = 0
        self._limit = getattr(self.request, "upload_limit", MAX_UPLOAD)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._received += len(raw_data)
        if self._received > self._limit:
            self.request.upload_too_large = True  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, *_: Any) -> None:
        """The handlers after this one keep the file."""
