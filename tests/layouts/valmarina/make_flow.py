"""Writes the example flows of the water company Valmarina and what a trial read must say of them.

An old host system: fixed width, CP1252, implied decimals, the sign behind the number, no trailer.
Run from the repository: `python -m tests.layouts.valmarina.make_flow`.
"""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.layouts.plain import (
    Document,
    Line,
    Person,
    Reading,
    Supply,
    Use,
    close,
    comma,
    credit_of,
    expected,
    findings,
    write,
    write_expected,
)

FOLDER = Path(__file__).parents[3] / "layouts" / "valmarina"
LENGTH = 240

D = Decimal

KINDS = {"invoice": "1", "credit_note": "2", "debit_note": "3", "notice": "9"}
BILLINGS = {"periodic": "L", "estimate": "S", "mixed": "M", "recalculation": "C", "closing": "X", "other": "V"}
PEOPLE_KINDS = {"person": "1", "company": "2", "condominium": "3", "public_body": "4"}
USES = {"DR": "101", "DN": "102", "CO": "201", "AU": "301", "PA": "401", "AR": "302"}
READ_KINDS = {"read": "1", "estimated": "2", "self_read": "3", "installation": "4", "final": "5"}
USE_KINDS = {"billed": "1", "history": "2", "recalculated": "3"}
UNITS = {"": " ", "mc": "1", "giorno": "2", "n": "3"}
VAT_CODES = {(D(10), ""): "010", (D(22), ""): "022", (D(0), "N2.2"): "FC2", (D(0), "N1"): "E15"}
WAYS = {"slip": "01", "debit": "05", "transfer": "02"}
LANGUAGES = {"it": "01", "de": "02", "en": "03", "": "  "}

PEOPLE = [
    Person("4401", "Semplici", "Adela", fiscal_code="SMPDLA71A41Z999D", mobile="3330000101", street_no="3"),
    Person(
        "4402", "Provetti", "Tullio", fiscal_code="PRVTLL65C12Z999P", mobile="3330000102", email="tullio@example.org"
    ),
    Person(
        "4403", "Fontàna-Prova", "Gaénd", fiscal_code="FNTGND58D50Z999X", email="fontana@example.org", language="de"
    ),
    Person("4404", "Nevéri", "Nòrma", fiscal_code="NVNRNL80T05Z999X"),
    Person(
        "4405", "D’Esempio", "Clélia", fiscal_code="DMSCLE92H61Z999H", mobile="3330000105", street="Vicolo dell’Acqua"
    ),
    Person("4406", "Bozzi", "Ilde", fiscal_code="BZZLDE77S14Z999K", mobile="3330000106"),
    Person(
        "4407", "Condominio Le Prove", kind="condominium", fiscal_code="99900010010", email="condominio@example.org"
    ),
    Person(
        "4408",
        "Ristorante Finto S.r.l.",
        kind="company",
        fiscal_code="99900010028",
        vat_number="99900010028",
        recipient_code="ABCDE12",
        pec="finto@pec.example",
    ),
    Person(
        "4409",
        "Comune di Borgo Esempio",
        kind="public_body",
        fiscal_code="99900010036",
        vat_number="99900010036",
        recipient_code="UFAB12",
        pec="comune@pec.example",
    ),
    Person("4410", "Testi", "Barbara Chiara", fiscal_code="TSTBRC69M52Z999D", mobile="3330000110"),
    Person("4411", "Flusso", "Romano", fiscal_code="FLSRMN84B18Z999V", email="romano@example.org"),
    Person("4412", "Modulati", "Tosca", fiscal_code="MDLTSC73L55Z999U", mobile="3330000112"),
]


def tariff(mc: D, days: int, *, residents: int = 3, supply: int = 1) -> list[Line]:
    """The lines of one water supply: three steps of the aqueduct, sewer, treatment, equalisation."""
    first = min(mc, D(residents) * days * D("0.05")).quantize(D("0.001"))
    rest = mc - first
    lines = [
        Line("AQ", "other_service", "AQ01", "Acquedotto – tariffa agevolata", first, "mc", D("0.512300"), band="S01"),
        Line("AQ", "other_service", "AQ02", "Acquedotto – tariffa base", rest, "mc", D("0.968400"), band="S02"),
        Line("AQ", "other_service", "AQ90", "Acquedotto – quota fissa", D(days), "giorno", D("0.041096")),
        Line("FG", "other_service", "FO01", "Fognatura – quota variabile", mc, "mc", D("0.221700")),
        Line("DP", "other_service", "DE01", "Depurazione – quota variabile", mc, "mc", D("0.498100")),
        Line("PER", "system_charges", "UI01", "Componente UI1 (eventi sismici)", mc * 3, "mc", D("0.006000")),
        Line("PER", "system_charges", "UI03", "Componente UI3 (bonus sociale)", mc * 3, "mc", D("0.017900")),
    ]
    lines = [line for line in lines if line.qty]
    for line in lines:
        line.supply = supply
    return lines


def water(
    point: str,
    meter: str,
    mc: D,
    *,
    quality: str = "read",
    before: int = 1204,
    use: str = "DR",
    no: str = "3",
    residents: int = 3,
) -> Supply:
    return Supply(
        service="water",
        point=point,
        meter=meter,
        use=use,
        street_no=no,
        residents=residents,
        annual=mc * 3,
        uses=[
            Use("billed", "water", "TOT", "2026-03-01", "2026-06-30", mc, "mc", quality),
            Use("history", "water", "TOT", "2025-11-01", "2026-02-28", mc + 2, "mc", "read"),
        ],
        readings=[
            Reading(meter, "water", "TOT", "2026-02-28", D(before), "read", "2026-06-30", before + mc, quality, mc),
        ],
    )


def bill(
    number: int,
    person: Person,
    supplies: list[Supply],
    *,
    billing: str = "periodic",
    more: list[Line] | None = None,
    way: str = "slip",
    instalments: tuple[str, ...] = (),
    **told: object,
) -> Document:
    lines = []
    for place, supply in enumerate(supplies, 1):
        mc = supply.uses[0].qty
        lines += tariff(mc, 122, residents=supply.residents or 3, supply=place)
    document = Document(
        kind="invoice",
        series="A01",
        number=str(number),
        issued="2026-07-10",
        first="2026-03-01",
        last="2026-06-30",
        billing=billing,
        customer=person,
        supplies=supplies,
        lines=lines + (more or []),
        due="2026-08-10",
        **told,  # type: ignore[arg-type]
    )
    return close(document, way=way, instalments=instalments)


def rounding(amount: str) -> Line:
    return Line(
        "ARR", "none", "ARR0", "Arrotondamento", amount=D(amount), rate=D(0), nature="N2.2", scope="due", supply=0
    )


def documents() -> list[Document]:
    adela, tullio, gaend, norma, clelia, ilde, condominium, restaurant, town, barbara, romano, tosca = PEOPLE
    first = bill(
        301,
        adela,
        [water("0000044010", "VM-000101", D(48))],
        notices=[("self_reading", "Autolettura: dal 20 al 31 agosto.")],
    )
    estimated = bill(
        302, tullio, [water("0000044020", "VM-000102", D("36"), quality="estimated")], billing="estimate", way="debit"
    )
    self_read = bill(
        303, gaend, [water("0000044030", "VM-000103", D(61), quality="self_read")], more=[rounding("-0.15")]
    )
    late = bill(
        304,
        norma,
        [water("0000044040", "VM-000104", D(29))],
        unpaid=D("61.00"),
        notices=[("arrears", "Risultano bollette non pagate per 61,00 €: è possibile chiedere la rateizzazione.")],
    )
    in_parts = bill(
        305,
        clelia,
        [water("0000044050", "VM-000105", D(240), residents=5)],
        billing="recalculation",
        instalments=("2026-08-10", "2026-09-10", "2026-10-12"),
    )
    empty = bill(
        306,
        ilde,
        [water("0000044060", "VM-000106", D(20))],
        more=[
            Line("BON", "none", "BON1", "Bonus sociale idrico", amount=D("-80.00"), rate=D(0), nature="N2.2", supply=0)
        ],
    )
    several = bill(
        307,
        condominium,
        [
            water("0000044071", "VM-000171", D(310), use="CO", residents=24),
            water("0000044072", "VM-000172", D("12"), use="AU", no="3/B"),
        ],
    )
    business = bill(
        308,
        restaurant,
        [water("0000044080", "VM-000108", D(412), use="AR")],
        way="transfer",
        more=[
            Line(
                "SER",
                "other_service",
                "SER1",
                "Verifica contatore su richiesta",
                D(1),
                "n",
                D("40.000000"),
                rate=D(22),
                supply=1,
            ),
        ],
    )
    public = bill(
        309,
        town,
        [
            water("0000044091", "VM-000191", D(180), use="PA"),
            water("0000044092", "VM-000192", D(77), use="PA", no="9"),
            water("0000044093", "VM-000193", D(5), use="PA", no="12"),
        ],
        way="transfer",
        split_payment=True,
    )
    replaced = water("0000044100", "VM-000210", D(33))
    replaced.readings = [
        Reading(
            "VM-000110",
            "water",
            "TOT",
            "2026-02-28",
            D(99990),
            "read",
            "2026-05-04",
            D(11),
            "final",
            D(21),
            rollover=True,
        ),
        Reading("VM-000210", "water", "TOT", "2026-05-04", D(0), "installation", "2026-06-30", D(12), "read", D(12)),
    ]
    changed = bill(310, barbara, [replaced], billing="mixed")
    last = bill(
        311,
        romano,
        [water("0000044110", "VM-000111", D(8))],
        billing="closing",
        more=[
            Line(
                "CAU",
                "none",
                "CAU9",
                "Restituzione deposito cauzionale",
                amount=D("-46.50"),
                rate=D(0),
                nature="N1",
                scope="due",
                supply=0,
            ),
        ],
    )
    wrong = bill(298, tosca, [water("0000044120", "VM-000112", D(55))])
    note = credit_of(wrong, number="312", issued="2026-07-10")
    extra = bill(313, tosca, [water("0000044120", "VM-000112", D(14))])
    extra.kind = "debit_note"
    return [first, estimated, self_read, late, in_parts, empty, several, business, public, changed, last, note, extra]


def iso(day: str) -> str:
    """yyyymmdd, zeros for none."""
    return day.replace("-", "") if day else "00000000"


def italian_day(day: str) -> str:
    """ddmmyyyy, zeros for none."""
    return f"{date.fromisoformat(day):%d%m%Y}" if day else "00000000"


def signed(number: D | None, width: int, decimals: int) -> str:
    """Digits with implied decimals and the sign behind: blank is plus."""
    if number is None:
        return " " * width
    digits = int(abs(number) * 10**decimals)
    return f"{digits:0{width - 1}d}" + ("-" if number < 0 else " ")


def text(value: str, width: int) -> str:
    assert len(value) <= width, value
    return value.ljust(width)


Row = list[str]  # record type, then fields in order


def rows_of(document: Document) -> list[Row]:
    customer = document.customer
    series, number, issued = document.corrects
    other = document.other
    rows = [
        [
            "AB",
            customer.code.zfill(10),
            document.series,
            document.number.zfill(9),
            KINDS[document.kind],
            iso(document.issued),
            iso(document.due),
            iso(document.first),
            iso(document.last),
            BILLINGS[document.billing],
            signed(document.taxable, 12, 2),
            signed(document.vat, 12, 2),
            signed(document.total, 12, 2),
            signed(other, 12, 2),
            "1" if document.unpaid else "0",
            signed(document.unpaid or None, 12, 2),
            italian_day("2026-07-09"),
            text(series, 3),
            number.zfill(9),
            iso(issued),
            "1" if document.split_payment else "0",
        ],
        [
            "AN",
            PEOPLE_KINDS[customer.kind],
            text(customer.name, 40),
            text(customer.first_name, 30),
            text(customer.fiscal_code, 16),
            text(customer.vat_number, 11),
            text(customer.street, 40),
            text(customer.street_no, 6),
            customer.postcode,
            text(customer.city, 30),
            customer.province,
            text(customer.recipient_code, 7),
            text(customer.pec, 40),
            LANGUAGES[customer.language],
            "0",
            "1" if customer.email else "0",
        ],
    ]
    for place, supply in enumerate(document.supplies, 1):
        rows += supply_rows(supply, [line for line in document.lines if line.supply == place])
    rows += [line_row("VG", line) for line in document.lines if line.supply == 0]
    for place, term in enumerate(document.terms, 1):
        debit = term.way == "debit"
        rows.append(
            [
                "RA",
                f"{place:02d}",
                "1" if term.kind == "single" else "2",
                signed(term.amount, 12, 2),
                iso(term.due),
                WAYS[term.way],
                text("", 18),
                "000000000001234569" if term.way == "slip" else text("", 18),
                text("IT60**********************3456" if debit else "", 34),
                text(f"VALM{customer.code}" if debit else "", 35),
            ]
        )
    for channel, address in (("1", customer.mobile), ("2", customer.email)):
        if address:
            preferred = "1" if channel == "1" or not customer.mobile else "0"
            rows.append(["CO", channel, text(address, 60), preferred, "1"])
    kinds = {"general": "1", "arrears": "2", "self_reading": "3"}
    rows += [["NB", kinds[kind], text(words, 200)] for kind, words in document.notices]
    rows.append(["SP", text("SALTO PAGINA", 20)])
    return rows


def supply_rows(supply: Supply, lines: list[Line]) -> list[Row]:
    rows = [
        [
            "UT",
            supply.point,
            text(supply.meter, 12),
            text(f"{supply.street} {supply.street_no}", 40),
            supply.postcode,
            text(supply.city, 30),
            supply.province,
            USES[supply.use],
            "15032012",
            f"{supply.residents:03d}",
            "001",
            f"{int(supply.annual):09d}",
            "01072025",
            "30062026",
        ]
    ]
    for reading in supply.readings:
        rows.append(
            [
                "CL",
                text(reading.meter, 12),
                italian_day(reading.first),
                f"{int(reading.before):08d}",
                READ_KINDS[reading.before_kind],
                italian_day(reading.last),
                f"{int(reading.after):08d}",
                READ_KINDS[reading.after_kind],
                signed(reading.qty, 8, 0),
                "1" if reading.rollover else "0",
            ]
        )
    for use in supply.uses:
        rows.append(
            [
                "CC",
                USE_KINDS[use.kind],
                italian_day(use.first),
                italian_day(use.last),
                signed(use.qty, 12, 3),
                READ_KINDS[use.quality],
            ]
        )
    return rows + [line_row("VO", line) for line in lines]


def line_row(kind: str, line: Line) -> Row:
    days = ("01032026", "30062026") if line.qty is not None else ("00000000", "00000000")
    code = {"IVA": f"IV{int(line.rate):02d}", "SPL": "SPL1"}.get(line.section, line.component)
    return [
        kind,
        code,
        text(line.description, 60),
        *days,
        signed(line.qty, 12, 3),
        f"{int(line.price * 10**6):011d}" if line.price is not None else " " * 11,
        signed(line.worth, 12, 2),
        VAT_CODES[line.rate, line.nature],
        text(line.band, 3),
        UNITS[line.unit],
        "P" if line.scope == "due" else "B",
    ]


def flow(flow_id: str, documents_rows: list[list[Row]]) -> list[Row]:
    head = [
        "IF",
        text("VALMARINA", 10),
        text(flow_id, 12),
        "20260710",
        text("2026_Q2", 12),
        text("UFF. BOLLETTAZIONE – qualità acqua", 40),
    ]
    return [head, *(row for rows in documents_rows for row in rows)]


def as_bytes(rows: list[Row]) -> bytes:
    lines = []
    for row in rows:
        line = "".join(row)
        assert len(line) <= LENGTH, (row[0], len(line))
        lines.append(line.ljust(LENGTH) + "\r\n")
    return "".join(lines).encode("cp1252")


def faulty() -> tuple[list[Row], list[Document], list[dict[str, object]]]:
    """The same bills with one fault each in six of them, and a warning in a seventh."""
    all_documents = documents()
    blocks = [rows_of(document) for document in all_documents]

    def row(document: int, kind: str, nth: int = 0) -> Row:
        return [each for each in blocks[document] if each[0] == kind][nth]

    row(0, "AB")[5] = "20260230"
    row(2, "VO", 1)[7] = "0000O004123 "
    lost = row(3, "VO", 5)
    blocks[3].remove(lost)
    row(4, "RA", 1)[5] = "77"
    row(6, "AN")[2] = text("", 40)
    row(7, "CL")[6] = "00000001"
    row(9, "AN")[4] = "TSTBRC69M52Z999A"
    rows = flow("VM26Q2-ERR", blocks)

    def at(document: int, kind: str, nth: int = 0) -> int:
        wanted = row(document, kind, nth)
        return next(number for number, each in enumerate(rows, 1) if each is wanted)

    told = all_documents[3].total
    left = told - next(line.worth for line in all_documents[3].lines if line.component == "UI01")
    found = findings(
        (
            "REC-104",
            "document",
            at(0, "AB"),
            "AB",
            "issue_date",
            f"Riga {at(0, 'AB')}, campo «issue_date, posizioni 26-33»: «20260230» non è una data valida.",
        ),
        (
            "REC-103",
            "document",
            at(2, "VO", 1),
            "VO",
            "amount",
            f"Riga {at(2, 'VO', 1)}, campo «amount, posizioni 106-117»: «0000O004123» non è un numero valido.",
        ),
        (
            "DOC-201",
            "document",
            at(3, "AB"),
            "AB",
            "total_bill",
            f"Documento A01/304: il totale bolletta ({comma(told)}) non coincide con la somma delle voci "
            f"({comma(left)}).",
        ),
        (
            "REC-105",
            "document",
            at(4, "RA", 1),
            "RA",
            "method",
            f"Riga {at(4, 'RA', 1)}, campo «method, posizioni 26-27»: valore «77» non previsto.",
        ),
        (
            "REC-102",
            "document",
            at(6, "AN"),
            "AN",
            "name",
            f"Riga {at(6, 'AN')}, campo «name, posizioni 4-43»: valore obbligatorio mancante.",
        ),
        (
            "DOC-220",
            "document",
            at(7, "AB"),
            "CL",
            "curr_value",
            "Documento A01/308: lettura attuale inferiore alla precedente senza giro contatore.",
        ),
        (
            "WRN-403",
            "warning",
            at(9, "AN"),
            "AN",
            "fiscal_code",
            "Documento A01/310: codice fiscale o partita IVA con carattere di controllo errato.",
        ),
    )
    refused = {0, 2, 3, 4, 6, 7}
    taken = [document for place, document in enumerate(all_documents) if place not in refused]
    return rows, taken, found


def main() -> None:
    good = documents()
    write(FOLDER, "VM26Q2.spl", as_bytes(flow("VM26Q2", [rows_of(document) for document in good])))
    rows, taken, found = faulty()
    write(FOLDER, "VM26Q2-ERR.spl", as_bytes(rows))
    unknown = flow("VM26Q2-ZZ", [rows_of(document) for document in deepcopy(good[:2])])
    unknown[4][0] = "ZZ"
    write(FOLDER, "VM26Q2-ZZ.spl", as_bytes(unknown))
    write_expected(
        FOLDER,
        [
            expected("VM26Q2.spl", good, []),
            expected("VM26Q2-ERR.spl", taken, found),
            expected(
                "VM26Q2-ZZ.spl",
                [],
                findings(
                    ("FLS-008", "file", 5, "", "record_type", "Riga 5: tipo record «ZZ» sconosciuto."),
                ),
            ),
        ],
    )


if __name__ == "__main__":
    main()
