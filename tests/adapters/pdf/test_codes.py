"""Codes on the page, read back from its picture by a decoder that shares nothing with the encoders."""

import pypdfium2
import pytest
import zxingcpp

from smartbill.adapters.pdf.codes import code_svg
from smartbill.adapters.pdf.legible import FONTS, printable
from smartbill.adapters.pdf.typesetter import Typesetter
from smartbill.core.paper.value import Code, CodeKind
from smartbill.core.slips.pagopa import postal_data_matrix
from tests.adapters.pdf import papers


def test_the_codes_of_slips_are_read_from_the_page(typesetter: Typesetter) -> None:
    document = pypdfium2.PdfDocument(papers.made(typesetter, papers.with_codes()))
    found = {
        code.text
        for page in list(document)[-2:]
        for code in zxingcpp.read_barcodes(page.render(scale=300 / 72).to_pil())
    }
    document.close()
    assert found == {
        f"PAGOPA|002|{papers.NOTICE}|01234567897|14657",
        postal_data_matrix(
            number=papers.NOTICE,
            creditor_code="01234567897",
            amount=papers.with_codes().total_due,
            postal_account="73682981",
            debtor_code="RSSMRA80A01H501U",
            debtor_name="Mario Rossi",
            subject="Bolletta n. B051/601 del 06/07/2026",
        ),
        "BCD\n002\n1\nSCT\n\nAcme S.p.A.\nIT60X0542811101000000123456\nEUR146.57\n\nRF212026B051601",
        f"18{papers.CODE}1200007368298110{14657:010}3896",
    }


def test_the_code_line_is_on_the_page(typesetter: Typesetter) -> None:
    text = papers.text_of(papers.made(typesetter, papers.with_codes())).replace("\u00a0", " ")
    assert f"<{papers.CODE}>       00000146+57>  000073682981<  896>" in text


def test_the_qr_code_of_a_notice_has_the_version_of_its_rules() -> None:
    text = f"PAGOPA|002|{papers.NOTICE}|01234567897|8430"
    svg = code_svg(Code(kind=CodeKind.QR, text=text, description="x", version=4))
    assert 'viewBox="0 0 41 41"' in svg  # 33 modules and four on each side


def test_a_text_that_a_code_cannot_carry() -> None:
    with pytest.raises(ValueError, match=r"."):
        code_svg(Code(kind=CodeKind.QR, text="x" * 100, description="x", version=4))


def test_coverage_is_that_of_the_fonts() -> None:
    from fontTools.ttLib import TTFont

    covered = set.intersection(*({*TTFont(path).getBestCmap()} for path in FONTS.glob("FiraSans-*.ttf")))
    listed: set[int] = set()
    for line in (FONTS / "coverage.txt").read_text().split():
        first, _, last = line.partition("-")
        listed.update(range(int(first, 16), int(last or first, 16) + 1))
    assert listed == covered - {0, 0x0D}


def test_languages_to_come_can_be_printed() -> None:
    for text in ("àèéìíòóùú ÀÈÉ €", "ăâîșț ĂÂÎȘȚ", "čšž ČŠŽ", "ëç ËÇ", "абвгґдеєжзиіїй клмнопрстуфхцчшщьюя", "ñ ß ü ø"):
        assert printable(text) == text
