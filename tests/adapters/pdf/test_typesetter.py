"""Bills as PDF: what stands in them, for whom they are, what they withstand."""

import io
import json
import logging
import os
import signal
import subprocess
from decimal import Decimal

import pdfua
import pikepdf
import pytest
from msgspec.structs import replace

from smartbill.adapters.pdf.typesetter import Typesetter
from smartbill.core.bill.costs import costs
from smartbill.core.bill.value import Bill, Notice, NoticeKind
from smartbill.core.company.documents import Slips
from smartbill.core.flows.sample import Layout
from smartbill.core.ports.pdf import Attachment, CannotTypeset, TooLarge
from smartbill.core.wording.numbers import euro
from tests.adapters.pdf import papers
from tests.web.portal import bills

BILLS = {
    "ordinary": papers.with_codes, "credit": bills.credit_note, "debited": bills.debited, "zero": bills.zero,
    "rates": bills.with_instalments, "arrears": bills.in_arrears, "two": bills.two_services,
    "many": bills.many_supplies, "lines": bills.many_lines, "invoice": bills.invoice,
}  # fmt: skip


def amounts_of_pages(bill: Bill) -> set[str]:
    """Every amount that the customer's pages show of a bill's costs, terms and taxes."""
    found = costs(bill)
    amounts = {abs(bill.total_due), bill.total_bill, *(term.amount for term in bill.terms)}
    for group in (*found.groups, *found.outside):
        amounts.add(group.amount)
        amounts.update(split.amount for split in group.splits)
        amounts.update(entry.line.amount for entry in group.lines)
    for vat in bill.vat_summary:
        amounts.update((vat.taxable, vat.vat))
    return {euro(amount) for amount in amounts}


def words_of(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", BILLS)
def test_every_amount_of_the_pages_is_on_paper(typesetter: Typesetter, name: str) -> None:
    bill = BILLS[name]()
    text = words_of(papers.text_of(papers.made(typesetter, bill)))
    assert {amount for amount in amounts_of_pages(bill) if words_of(amount) not in text} == set()
    assert bill.display_number in text


@pytest.mark.parametrize("layout", list(Layout))
def test_amounts_of_samples(typesetter: Typesetter, layout: Layout) -> None:
    for bill in bills.sample_bills(25, seed=3, layout=layout):
        text = words_of(papers.text_of(papers.made(typesetter, bill)))
        assert {amount for amount in amounts_of_pages(bill) if words_of(amount) not in text} == set()


@pytest.mark.parametrize("name", ["ordinary", "credit", "two", "many"])
def test_archival_and_accessible_at_once(typesetter: Typesetter, name: str) -> None:
    pdf = papers.made(typesetter, BILLS[name]())
    found = papers.metadata_of(pdf)
    assert (found["pdfaid:part"], found["pdfaid:conformance"], found["pdfuaid:part"]) == ("3", "A", "1")
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang) == "it"
        assert document.check_pdf_syntax() == []
        fonts = {font for page in document.pages for font in page.resources.get("/Font", {})}
        assert fonts


@pytest.mark.parametrize("name", ["ordinary", "credit", "two"])
def test_the_checker_of_accessibility_finds_nothing(typesetter: Typesetter, name: str) -> None:
    report = pdfua.validate(io.BytesIO(papers.made(typesetter, BILLS[name]())))
    assert [finding for finding in report.findings if finding.severity.name != "INFO"] == []


def test_figures_have_words(typesetter: Typesetter) -> None:
    with pikepdf.open(io.BytesIO(papers.made(typesetter, papers.with_codes()))) as document:
        figures = [element for element in document.objects if isinstance(element, pikepdf.Dictionary)
                   and element.get("/S") == "/Figure"]  # fmt: skip
        told = [str(figure.get("/Alt", "")) for figure in figures]
    assert len(told) == 7  # logo, chart, bar, two codes of the notice, that of the transfer, the bars of the slip
    assert all(len(text) > 10 for text in told)


def test_the_same_bill_gives_the_same_bytes(typesetter: Typesetter) -> None:
    first = papers.made(typesetter, papers.with_codes())
    papers.made(typesetter, bills.two_services())
    with Typesetter() as another:
        assert papers.made(another, papers.with_codes()) == first
    assert papers.metadata_of(first)["xmp:CreateDate"].startswith("2026-07-06T00:00:00")


def test_the_data_travel_inside(typesetter: Typesetter) -> None:
    bill = papers.with_codes()
    with pikepdf.open(io.BytesIO(papers.made(typesetter, bill))) as document:
        assert list(document.attachments) == ["bolletta.json"]
        content = document.attachments["bolletta.json"].get_file().read_bytes()
        (file,) = document.Root.AF
        assert str(file.AFRelationship) == "/Data"
    assert json.loads(content)["number"] == bill.number


def test_bytes_of_an_attachment_are_kept(typesetter: Typesetter) -> None:
    content = bytes(range(256)) * 40
    file = Attachment(
        name="fattura.xml.p7m", media_type="application/pkcs7-mime", relationship="source", description="x",
        content=content,
    )  # fmt: skip
    pdf = typesetter.pdf(papers.paper(bills.ordinary()), file, timestamp=0)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.attachments["fattura.xml.p7m"].get_file().read_bytes() == content


HOSTILE = '#read("/etc/passwd") #import "@preview/x:0.1.0" $x$ *b* _i_ @ref <l> \\ ` // ~ = T #panic() {{x}} "quoted"'


def test_texts_are_never_code(typesetter: Typesetter) -> None:
    bill = papers.with_codes()
    hostile = replace(
        bill,
        customer=replace(bill.customer, name=HOSTILE, mail_name=HOSTILE, code=HOSTILE),
        display_number=HOSTILE,
        lines=tuple(replace(line, description=HOSTILE) for line in bill.lines),
        notices=(Notice(seq=1, kind=NoticeKind.GENERAL, language="'];", text=HOSTILE),),
        supplies=tuple(replace(supply, offer_name=HOSTILE, point_code=HOSTILE) for supply in bill.supplies),
    )
    text = "".join(papers.text_of(papers.made(typesetter, hostile)).split())
    assert text.count("".join(HOSTILE.split())) >= 10
    assert "root:" not in text


def test_signs_without_a_glyph_do_not_stop_a_bill(typesetter: Typesetter) -> None:
    bill = papers.with_codes()
    odd = "Łukasz Țepeș Žiga Ґалаґан Ёлкин 漢字 😀 عربي \x00\x07\u202e\u200d\ufeff ﬁne e\u0301 " + "w" * 300
    pdf = papers.made(typesetter, replace(bill, customer=replace(bill.customer, name=odd)))
    text = "".join(papers.text_of(pdf).split())
    assert "ŁukaszȚepeșŽigaҐалаґанЁлкин???" in text
    assert "w" * 300 in text


BAD_LOGOS = (
    "", "<svg", "no picture", '<svg xmlns="http://www.w3.org/2000/svg"/>',
    papers.LOGO.replace("</svg>", '<image href="file:///etc/passwd"/></svg>'),
)  # fmt: skip


@pytest.mark.parametrize("logo", BAD_LOGOS)
def test_a_logo_that_cannot_be_drawn_is_left_out(typesetter: Typesetter, logo: str) -> None:
    pdf = papers.made(typesetter, bills.ordinary(), look=replace(papers.LOOK, logo_svg=logo))
    assert "Acme Energia" in papers.text_of(pdf)


def test_no_slip_for_who_must_not_pay(typesetter: Typesetter) -> None:
    for bill in (bills.debited(), bills.credit_note(), bills.zero()):
        assert papers.paper(bill).sheets == ()
    assert papers.paper(papers.with_codes(), slips=Slips()).sheets[0].slips[0].title == "Bonifico bancario"


def test_a_document_that_takes_too_long_ends_and_the_next_is_made() -> None:
    with Typesetter(seconds=0.01) as hasty, pytest.raises(TooLarge):
        papers.made(hasty, bills.many_supplies())
    with Typesetter() as patient:
        papers.made(patient, bills.ordinary())
        assert patient.process_id is not None
        os.kill(patient.process_id, signal.SIGKILL)
        assert papers.made(patient, bills.ordinary()).startswith(b"%PDF-")


def test_a_process_that_is_ended_again_and_again_makes_no_document() -> None:
    """As the system does with one that takes too much memory: no endless tries."""
    ended = []
    with Typesetter() as patient, pytest.MonkeyPatch.context() as patched:
        running = patient._running

        def doomed() -> subprocess.Popen[bytes]:
            process = running()
            os.kill(process.pid, signal.SIGKILL)
            ended.append(process.pid)
            return process

        patched.setattr(patient, "_running", doomed)
        with pytest.raises(TooLarge):
            papers.made(patient, bills.ordinary())
    assert len(ended) == 2


def test_more_text_than_a_document_may_have(typesetter: Typesetter) -> None:
    bill = bills.ordinary()
    endless = Notice(seq=1, kind=NoticeKind.GENERAL, language="it", text="parola " * 6_000_000)
    with pytest.raises(TooLarge):
        papers.made(typesetter, replace(bill, notices=(endless,)))


def test_what_the_compiler_says_holds_nothing_of_the_bill(
    typesetter: Typesetter, caplog: pytest.LogCaptureFixture
) -> None:
    paper = papers.paper(bills.ordinary())
    broken = replace(paper, colors=replace(paper.colors, ink="Mario Rossi"))
    with caplog.at_level(logging.DEBUG), pytest.raises(CannotTypeset) as caught:
        typesetter.pdf(broken, papers.attachment(bills.ordinary()), timestamp=0)
    assert "Rossi" not in str(caught.value) + caplog.text


def test_amounts_of_every_size(typesetter: Typesetter) -> None:
    bill = bills.ordinary()
    for amount in ("0.01", "-0.01", "9999999999.99", "-123456789012345.67"):
        total = Decimal(amount)
        changed = replace(bill, total_due=total, terms=(replace(bill.terms[0], amount=total),))
        text = words_of(papers.text_of(papers.made(typesetter, changed)))
        assert words_of(euro(abs(total))) in text
