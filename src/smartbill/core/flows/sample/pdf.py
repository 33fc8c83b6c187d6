"""A small real PDF of a bill: standard fonts, WinAnsi text, no compression, the same bytes every time."""

from smartbill.core.flows.sample.document import Document
from smartbill.core.flows.sample.numbers import euro
from smartbill.core.flows.sample.spec import SampleSpec

_LINES_A_PAGE = 50
_SERVICES = {"E": "Energia elettrica", "G": "Gas", "I": "Acqua", "M": "Più servizi"}
_KINDS = {"F": "Bolletta", "N": "Nota di credito", "D": "Nota di debito", "A": "Avviso"}
_POINTS = {"E": "POD", "G": "PDR", "I": "Codice utenza"}


def bill_pdf(document: Document, spec: SampleSpec) -> bytes:
    """The PDF of a document: a page of facts, then the cost lines. The catalog has blanks at its end (see faults)."""
    pages = [_facts(document, spec)]
    lines = [(line.description, euro(line.amount), line.role == "T") for line in document.tree.lines]
    pages += [_table(lines[start : start + _LINES_A_PAGE]) for start in range(0, len(lines), _LINES_A_PAGE)]
    return _file(pages)


def _date(text: str) -> str:
    return f"{text[:2]}/{text[2:4]}/{text[4:]}" if text else "nessuna"


def _facts(document: Document, spec: SampleSpec) -> str:
    customer = document.customer
    postcode, city, province = customer.town
    start, end = document.period.text.split("|")
    rows = [
        f"Azienda di prova {spec.company_code}, partita IVA {spec.vat}",
        "Documento di esempio senza valore fiscale",
        "",
        f"{_KINDS[document.kind]} {document.series}/{document.number} del {_date(document.issue_day)}",
        f"Servizio: {_SERVICES[document.service]}",
        f"Periodo: dal {_date(start)} al {_date(end)}",
        "",
        f"Cliente {customer.code}: {customer.full_name}",
        f"Codice fiscale {customer.fiscal_code}",
        f"{customer.street} {customer.street_no}, {postcode} {city} ({province})",
        "",
        *(f"{_POINTS[supply.service]}: {supply.point_code}" for supply in document.supplies[:20]),
        "",
        f"Imponibile: {euro(document.taxable)} €",
        f"IVA: {euro(document.vat)} €",
        f"TOTALE BOLLETTA: {euro(document.total_bill)} €",
        f"TOTALE DA PAGARE: {euro(document.total_due)} €",
        f"Scadenza: {_date(document.terms.due_day)}",
        *(f"Rata: {euro(term.amount)} € entro il {_date(term.due_day)}" for term in document.terms.terms[1:]),
    ]
    text = "\n".join(f"({_escaped(row)}) Tj T*" for row in rows)
    return f"BT /B 18 Tf 50 790 Td (Bolletta di prova) Tj ET\nBT /R 11 Tf 16 TL 50 750 Td\n{text}\nET"


def _table(lines: list[tuple[str, str, bool]]) -> str:
    rows = []
    for place, (description, amount, is_group) in enumerate(lines):
        height = 790 - 14 * place
        font = "B" if is_group else "R"
        rows.append(f"/{font} 9 Tf 1 0 0 1 50 {height} Tm ({_escaped(description)}) Tj")
        rows.append(f"1 0 0 1 {545 - 5 * len(amount)} {height} Tm ({amount} \u20ac) Tj")
    return "BT\n" + "\n".join(rows) + "\nET"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _file(pages: list[str]) -> bytes:
    kids = " ".join(f"{5 + 2 * place} 0 R" for place in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /Lang (it){' ' * 48} >>".encode(),
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for place, page in enumerate(pages):
        data = page.encode("cp1252")
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /R 3 0 R /B 4 0 R >> >> /Contents %d 0 R >>" % (6 + 2 * place)
        )
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(data), data))
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
