"""A file sent with a form is bounded while it arrives: what is too large is neither kept in memory nor on disk."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

#: Forms carry small files only, unless their page awaits more; flows of a company come by SFTP or in parts.
MAX_UPLOAD = 5 * 1024 * 1024


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
