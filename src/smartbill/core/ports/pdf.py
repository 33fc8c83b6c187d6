"""Making a PDF of a document that is ready in words and figures."""

from typing import Literal, Protocol

from msgspec import Struct

from smartbill.core.paper.value import Paper


class CannotTypeset(Exception):
    """No document was made of this; the message is for the log and holds nothing of the bill."""


class TooLarge(CannotTypeset):
    """It needs more time, memory or room than one document may have."""


class Attachment(Struct, frozen=True, kw_only=True):
    """The file that travels inside: what the document was made of. `name` is a plain file name."""

    name: str
    media_type: str
    relationship: Literal["source", "data"]
    description: str
    content: bytes


class Typesetter(Protocol):
    def pdf(self, paper: Paper, attachment: Attachment, *, timestamp: int) -> bytes:
        """A PDF/A-3a and PDF/UA-1 file, the same bytes for the same arguments and program.

        `timestamp`: seconds since 1970, the file's own dates. Raises CannotTypeset, TooLarge.
        """
        ...
