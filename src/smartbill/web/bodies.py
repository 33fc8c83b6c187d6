"""Bodies that are too long are turned away before anything reads them: forms are read, and files in them written to the
disk, before a view is asked."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from smartbill.web.uploads import awaited_size

#: Bytes of a body, unless its page awaits a larger file: no piece of an upload and no form has more.
LARGEST_BODY: Final = 24 * 1024 * 1024
#: What a form has around its file.
_AROUND: Final = 1024 * 1024


class BodyLimit:
    """A body without a length counts as none: nothing of it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if not (length.isascii() and length.isdigit()) or _too_long(int(length[:20]), request.path_info):
            text = gettext("La richiesta è troppo grande.")
            return HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")
        return self.get_response(request)


def _too_long(length: int, path: str) -> bool:
    return length > LARGEST_BODY and length > awaited_size(path) + _AROUND
