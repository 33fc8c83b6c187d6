"""Bodies that are too long are turned away before anything reads them: forms are read, and files in them written to the
disk, before a view is asked."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

#: Bytes. The largest body that any address takes is a file of the plain upload form.
LARGEST_BODY: Final = 24 * 1024 * 1024


class BodyLimit:
    """A body without a length counts as none: nothing of it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if not (length.isascii() and length.isdigit()) or int(length[:20]) > LARGEST_BODY:
            text = gettext("La richiesta è troppo grande.")
            return HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")
        return self.get_response(request)
