"""The e-mail of a bill: subject, plain text and HTML, from a company's look and words.

Compiling renders the template with the company's own values, puts the styles inline and cuts the result at the
placeholders. Marks of private-use characters stand for the placeholders meanwhile; they are taken out of everything
that people wrote, so nobody can forge one.
"""

import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Final

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from smartbill.core.company.documents import EmailText, Look
from smartbill.core.look.colors import derived_colors
from smartbill.core.messages.placeholders import (
    SUBJECT_PLACEHOLDERS,
    VALUES,
    MessageFacts,
    Piece,
    Placeholder,
    pieces,
)

#: A larger HTML part would be cut by some mailboxes long before; the test of the defaults keeps us far below.
MAX_HTML_BYTES: Final = 20_000

_MARK = re.compile("\ue000([a-z_]+)\ue001")
#: Private use, controls that no text needs, and those that turn the direction of text around.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ue000-\uf8ff\ufeff]")
_LINE_ENDS = re.compile(r"[\r\n\x85\u2028\u2029\t ]+")
_SUBJECT_LENGTH = 150

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_inliner = CSSInliner(load_remote_stylesheets=False, keep_at_rules=True, minify_css=True)


class RenderedEmail(Struct, frozen=True, kw_only=True):
    subject: str  # one line
    text: str
    html: str


class EmailDesign:
    """The compiled e-mail of a company in one language. `test` marks it for the staff that try it."""

    def __init__(self, *, company_name: str, look: Look, words: EmailText, language: str, test: bool = False) -> None:
        name = _clean(look.display_name or company_name)
        subject = [
            piece
            for piece in pieces(_clean(words.subject), company_name=name)
            if isinstance(piece, str) or piece.name in SUBJECT_PLACEHOLDERS
        ]
        self._subject = _compiled(["[PROVA] ", *subject] if test else subject)
        body = {field: pieces(_clean(getattr(words, field)), company_name=name) for field in _BODY_FIELDS}
        self._text = _compiled(_plain_text(body, name, look, test=test))
        self._html = _compiled(_html_pieces(body, name, look, language, test=test))

    def render(self, facts: MessageFacts) -> RenderedEmail:
        """Fill the design in. Whatever the facts hold stays text: one line in the subject, escaped in the HTML."""
        values = {name: _one_line(_clean(value(facts))) for name, value in VALUES.items()}
        escaped = {name: escape(value) for name, value in values.items()}
        return RenderedEmail(
            subject=_one_line(self._subject(values))[:_SUBJECT_LENGTH],
            text=self._text(values),
            html=self._html(escaped),
        )


_BODY_FIELDS = ("greeting", "body", "button", "closing")


def _compiled(parts: list[Piece]) -> Callable[[dict[str, str]], str]:
    """A function that joins literal text and values. Two plain lists: the loop runs once per message."""
    literals = [""]
    names: list[str] = []
    for part in parts:
        if isinstance(part, Placeholder):
            names.append(part.name)
            literals.append("")
        else:
            literals[-1] += part
    first, rest = literals[0], list(zip(names, literals[1:], strict=True))

    def join(values: dict[str, str]) -> str:
        out = [first]
        for name, literal in rest:
            out += (values[name], literal)
        return "".join(out)

    return join


def _plain_text(body: dict[str, tuple[Piece, ...]], name: str, look: Look, *, test: bool) -> list[Piece]:
    parts: list[Piece] = ["[PROVA] Messaggio inviato al personale per controllo.\n\n"] if test else []
    parts += [*body["greeting"], "\n\n", *body["body"], "\n\n", *body["button"], ":\n", Placeholder("_link"), "\n\n"]
    parts += [*body["closing"], "\n\n-- \n", name, "\n"]
    parts += [f"{line}\n" for line in _footer(look)]
    return parts


def _html_pieces(
    body: dict[str, tuple[Piece, ...]], name: str, look: Look, language: str, *, test: bool
) -> list[Piece]:
    try:
        palette = derived_colors(look.brand_color).light
    except ValueError:
        palette = derived_colors(Look().brand_color).light
    html = _environment.get_template("email.html").render(
        language=language,
        name=name,
        color=palette.fill,
        on_color=palette.on_fill,
        test=test,
        footer=_footer(look),
        link=Markup("\ue000_link\ue001"),
        **{field: Markup("").join(_marked(piece) for piece in parts) for field, parts in body.items()},
    )
    parts: list[Piece] = []
    for place, piece in enumerate(_MARK.split(_inliner.inline(html))):
        parts.append(Placeholder(piece) if place % 2 else piece)
    return parts


def _marked(piece: Piece) -> Markup:
    if isinstance(piece, Placeholder):
        return Markup(f"\ue000{piece.name}\ue001")  # noqa: S704 (a mark of ours)
    return Markup("<br>").join(piece.split("\n"))


def _footer(look: Look) -> list[str]:
    phone = f"{look.phone} ({look.phone_hours})" if look.phone and look.phone_hours else look.phone
    return [_one_line(_clean(line)) for line in (phone, look.support_email, look.website) if line]


def _clean(text: str) -> str:
    return _UNWANTED.sub("", text.replace("\r\n", "\n"))


def _one_line(text: str) -> str:
    return _LINE_ENDS.sub(" ", text).strip()
