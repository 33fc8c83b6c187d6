"""PDFs that act, embed, hide, or are none."""

from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartbill.core.flows.pdf_check import check_pdf, pdf_findings
from smartbill.core.wording.findings import message

Change = Callable[[pikepdf.Pdf], None]


def made(change: Change | None = None, **options: object) -> bytes:
    target = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        if change:
            change(pdf)
        pdf.save(target, **options)  # type: ignore[arg-type]
    return target.getvalue()


def _open_action(kind: str) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name(kind), JS="app.alert(1)")

    return change


def _launch(pdf: pikepdf.Pdf) -> None:
    link = pikepdf.Dictionary(Subtype=pikepdf.Name.Link, A=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe"))
    pdf.pages[0].Annots = pikepdf.Array([link])


def _attachment(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["a.txt"] = b"hello"


def _attachment_and_script(pdf: pikepdf.Pdf) -> None:
    _attachment(pdf)
    pdf.Root.Names.JavaScript = pikepdf.Dictionary(
        Names=pikepdf.Array(["x", pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="x")])
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (made(), ""),
        (made(_open_action("/GoTo")), "DOC-305"),  # a script under any name
        (made(_open_action("/JavaScript")), "DOC-305"),
        (made(_launch), "DOC-305"),
        (made(_launch, object_stream_mode=pikepdf.ObjectStreamMode.generate), "DOC-305"),
        (made(_attachment), "WRN-409"),
        (made(_attachment_and_script), "DOC-305"),
        (made(encryption=pikepdf.Encryption(owner="o", user="")), "DOC-302"),
        (made(encryption=pikepdf.Encryption(owner="o", user="u")), "DOC-302"),
        (b"%PDF-1.7 and nothing more", "DOC-302"),
        (b" " * 1024 + made(), "DOC-302"),
        (b"<html>", "DOC-302"),
        (b"", "DOC-302"),
    ],
)
def test_what_a_pdf_is(content: bytes, code: str) -> None:
    assert check_pdf(content) == code


def test_sentences() -> None:
    told = [
        message(finding)
        for content in (b"x", made(_launch), made(_attachment), made())
        for finding in pdf_findings(content, name="B051_1.pdf", document="B051/1", line=2, file="f.txt")
    ]
    assert told == [
        "Documento B051/1: il file «B051_1.pdf» non è un PDF valido.",
        "Documento B051/1: il PDF contiene elementi attivi non ammessi.",
        "Documento B051/1: il PDF contiene file allegati.",
    ]


GOOD = made(_attachment)


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_spoiled_pdfs_never_raise(changes: list[tuple[int, int]]) -> None:
    spoiled = bytearray(GOOD)
    for at, value in changes:
        spoiled[at] = value
    assert check_pdf(bytes(spoiled)) in {"", "DOC-302", "DOC-305", "WRN-409"}
