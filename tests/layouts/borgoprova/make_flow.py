"""Writes the example flows of the electricity seller Borgoprova and what a trial read must say of them.

A spreadsheet-like export: semicolons, quotes, one header row for each kind of row, UTF-8 with BOM, thousands points,
dates with slashes, rows tied by keys. Run from the repository: `python -m tests.layouts.borgoprova.make_flow`.
"""

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

FOLDER = Path(__file__).parents[3] / "layouts" / "borgoprova"
D = Decimal
Row = list[str]

HEADERS: list[Row] = [
    [
        "FT",
        "ID",
        "GENERE",
        "SEZ",
        "NUMERO",
        "DATA",
        "SCADENZA",
        "DAL",
        "AL",
        "BASE",
        "COD_CLIENTE",
        "IMPONIBILE",
        "IVA",
        "TOTALE",
        "DA_PAGARE",
        "SPLIT",
        "RIF_SEZ",
        "RIF_NUMERO",
        "RIF_DATA",
    ],
    [
        "CL",
        "ID",
        "COD_CLIENTE",
        "NATURA",
        "COGNOME_RAGSOC",
        "NOME",
        "CF",
        "PIVA",
        "VIA",
        "CIVICO",
        "CAP",
        "COMUNE",
        "PROV",
        "CODICE_DEST",
        "PEC",
        "LINGUA",
    ],
    [
        "FO",
        "ID",
        "POD",
        "USO",
        "MERCATO",
        "KW",
        "OFFERTA",
        "MATRICOLA",
        "INDIRIZZO",
        "CAP",
        "COMUNE",
        "PROV",
        "ANNUO",
        "ANNUO_DAL",
        "ANNUO_AL",
    ],
    [
        "RC",
        "POD",
        "QUOTA",
        "DEST",
        "COD",
        "DESCRIZIONE",
        "FASCIA",
        "QTA",
        "UM",
        "PREZZO",
        "IMPORTO",
        "ALIQUOTA",
        "NATURA",
        "IN_BOLLETTA",
    ],
    ["CS", "POD", "TIPO", "GRANDEZZA", "FASCIA", "DAL", "AL", "QTA", "UM", "MODO"],
    ["LT", "POD", "MATRICOLA", "FASCIA", "DATA1", "VALORE1", "MODO1", "DATA2", "VALORE2", "MODO2", "KWH"],
    ["SC", "ID", "RATA", "TIPO", "IMPORTO", "SCADENZA", "MODO"],
    ["RE", "ID", "MEZZO", "INDIRIZZO", "PREFERITO", "CONSENSO"],
    ["MS", "ID", "TIPO", "TESTO"],
    ["FINE", "FATTURE", "NOTE", "TOTALE"],
]

KINDS = {"invoice": "FATTURA", "credit_note": "NOTA DI CREDITO", "debit_note": "NOTA DI DEBITO"}
BILLINGS = {
    "periodic": "Reale",
    "estimate": "Stima",
    "mixed": "Mista",
    "recalculation": "Conguaglio",
    "closing": "Chiusura",
}
PEOPLE_KINDS = {"person": "PF", "company": "PG", "condominium": "CD", "public_body": "PA"}
DESTINATIONS = {
    "sale": "Vendita",
    "network": "Rete",
    "system_charges": "Oneri",
    "tax": "Imposte",
    "none": "",
    "other_service": "Altro",
}
WAYS = {"slip": "Bollettino", "debit": "Domiciliazione", "transfer": "Bonifico"}
MODES = {"read": "Letta", "estimated": "Stimata", "self_read": "Autolettura", "pro_die": "Pro die"}
USE_KINDS = {"billed": "Fatturato", "history": "Storico", "peak_power": "Picco"}

PEOPLE = [
    Person("0000106", "Bozzi", "Ilde", fiscal_code="BZZLDE77S14Z999K", mobile="3330000301"),
    Person(
        "0000107",
        'Bar "Da Prova"; di Neveri N.',
        kind="company",
        fiscal_code="NVNRNL80T05Z999X",
        vat_number="99900010010",
        recipient_code="PROVA01",
        email="bar@example.org",
    ),
    Person(
        "0000108", "Flusso", "Romano", fiscal_code="FLSRMN84B18Z999V", mobile="3330000303", email="romano@example.org"
    ),
    Person("0000109", "D'Esempio", "Clélia", fiscal_code="DMSCLE92H61Z999H", email="clelia@example.org"),
    Person("0000110", "Modulati", "Tosca", fiscal_code="MDLTSC73L55Z999U"),
    Person(
        "0000111",
        "Comune di Borgoprova",
        kind="public_body",
        fiscal_code="99900010028",
        vat_number="99900010028",
        recipient_code="UFBP01",
        pec="borgoprova@pec.example",
    ),
    Person("0000112", "Privati", "Fedele", fiscal_code="PRVFDL88E09Z999E", mobile="3330000307"),
    Person("0000113", "Fontelvi", "Livia", fiscal_code="FNTLVR95P44Z999O", mobile="3330000308"),
]


def supply(number: int, kwh: str, *, bands: bool = False, quality: str = "read", use: str = "DR") -> Supply:
    """An electricity supply, flat or with two bands (F1, F23)."""
    whole = D(kwh)
    split = [("F1", (whole * D("0.4")).quantize(D(1))), ("F23", whole - (whole * D("0.4")).quantize(D(1)))]
    parts = split if bands else [("F0", whole)]
    meter = f"BP-{number:06d}"
    return Supply(
        service="electricity",
        point=f"IT998E{number:08d}",
        meter=meter,
        use=use,
        street="Località Prove",
        street_no=f"{number}/A",
        power=D("3.3") if use == "DR" else D("1250.5"),
        annual=whole * 6,
        uses=[
            *(Use("billed", "active", band, "2026-06-01", "2026-07-31", qty, "kWh", quality) for band, qty in parts),
            Use("history", "active", "TOT", "2026-04-01", "2026-05-31", whole + 11, "kWh", "read"),
        ],
        readings=[
            Reading(
                meter,
                "active",
                band,
                "2026-05-31",
                D("10240.250"),
                "read",
                "2026-07-31",
                D("10240.250") + qty,
                quality,
                qty,
            )
            for band, qty in parts
        ],
    )


def lines_of(place: int, point: Supply) -> list[Line]:
    billed = [use for use in point.uses if use.kind == "billed"]
    whole = sum((use.qty for use in billed), D(0))
    lines = [
        *(
            Line(
                "CON", "sale", "EN", f'Energia "verde"; fascia {use.band}', use.qty, "kWh", D("0.139875"), band=use.band
            )
            for use in billed
        ),
        Line("CON", "network", "TR", "Trasporto e misura", whole, "kWh", D("0.011940")),
        Line("CON", "system_charges", "AS", "Oneri ASOS", whole, "kWh", D("0.028657")),
        Line("FIS", "sale", "PCV", "Commercializzazione", D(2), "mese", D("7.25")),
        Line("POT", "network", "TP", "Quota potenza", point.power * 2, "kW", D("1.96")),
        Line("IMP", "tax", "AC", "Accisa", whole, "kWh", D("0.0227")),
    ]
    for line in lines:
        line.supply = place
        line.rate = D(10) if point.use == "DR" else D(22)
    return lines


def bill(
    number: int,
    person: Person,
    points: list[Supply],
    *,
    billing: str = "periodic",
    more: list[Line] | None = None,
    way: str = "slip",
    instalments: tuple[str, ...] = (),
    **told: object,
) -> Document:
    lines = [line for place, point in enumerate(points, 1) for line in lines_of(place, point)]
    document = Document(
        kind="invoice",
        series="E26",
        number=str(number),
        issued="2026-08-05",
        first="2026-06-01",
        last="2026-07-31",
        billing=billing,
        customer=person,
        supplies=points,
        lines=lines + (more or []),
        due="2026-08-28",
        **told,  # type: ignore[arg-type]
    )
    return close(document, way=way, instalments=instalments)


def documents() -> list[Document]:
    ilde, bar, romano, clelia, tosca, town, fedele, livia = PEOPLE
    licence = Line("CAN", "tax", "TV", "Canone TV", D(2), "n", D(9), rate=D(0), nature="N1", scope="due", supply=0)
    wrong = bill(990, livia, [supply(80, "310")])
    note = credit_of(wrong, number="1012", issued="2026-08-05")
    extra = bill(1013, livia, [supply(80, "31")])
    extra.kind = "debit_note"
    return [
        bill(
            1001,
            ilde,
            [supply(10, "402", bands=True)],
            more=[licence],
            notices=[("self_reading", "Autolettura: dal 25; a fine mese.")],
        ),
        bill(1002, bar, [supply(20, "18250.5", use="AR")], way="transfer"),
        bill(1003, romano, [supply(30, "255", quality="estimated")], billing="estimate", way="debit"),
        bill(
            1004,
            clelia,
            [supply(40, "2210", bands=True)],
            billing="recalculation",
            instalments=("2026-08-28", "2026-09-28", "2026-10-28"),
        ),
        bill(
            1005,
            tosca,
            [supply(50, "30")],
            more=[Line("BON", "none", "BS", "Bonus sociale", amount=D("-120.00"), rate=D(0), nature="N2.2", supply=0)],
        ),
        bill(
            1006,
            town,
            [supply(61, "9120", use="PA"), supply(62, "1033.75", use="PA"), supply(63, "0", use="PA")],
            way="transfer",
            split_payment=True,
        ),
        bill(
            1007,
            fedele,
            [supply(70, "188", quality="self_read")],
            billing="mixed",
            more=[
                Line(
                    "SER",
                    "other_service",
                    "CA",
                    "Manutenzione caldaia (terzi)",
                    D(1),
                    "n",
                    D("12.50"),
                    rate=D(22),
                    scope="due",
                    supply=0,
                )
            ],
        ),
        bill(1008, ilde, [supply(11, "77")], way="debit"),
        bill(
            1009,
            romano,
            [supply(31, "5")],
            billing="closing",
            more=[
                Line(
                    "CAU",
                    "none",
                    "DC",
                    "Restituzione cauzione",
                    amount=D("-60.00"),
                    rate=D(0),
                    nature="N1",
                    scope="due",
                    supply=0,
                )
            ],
        ),
        bill(1010, clelia, [supply(41, "640"), supply(42, "12", bands=True)]),
        bill(
            1011,
            tosca,
            [supply(51, "1000")],
            more=[
                Line(
                    "ARR",
                    "none",
                    "AR",
                    "Arrotondamento",
                    amount=D("-0.37"),
                    rate=D(0),
                    nature="N2.2",
                    scope="due",
                    supply=0,
                )
            ],
        ),
        note,
        extra,
    ]


def day(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d/%m/%Y}" if iso else ""


def number(value: D | None) -> str:
    """Italian form with thousands points and as many decimals as there are."""
    if value is None:
        return ""
    whole, _, rest = f"{abs(value):f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    sign = "-" if value < 0 else ""
    return f"{sign}{grouped},{rest}" if rest else f"{sign}{grouped}"


def yes(value: bool) -> str:
    return "Sì" if value else "No"


def rows_of(document: Document) -> list[Row]:
    key = f"{document.series}-{document.number}"
    customer = document.customer
    series, ref, issued = document.corrects
    rows = [
        [
            "FT",
            key,
            KINDS[document.kind],
            document.series,
            document.number,
            day(document.issued),
            day(document.due),
            day(document.first),
            day(document.last),
            BILLINGS[document.billing],
            customer.code,
            number(document.taxable),
            number(document.vat),
            number(document.total),
            number(document.owed),
            yes(document.split_payment),
            series,
            ref,
            day(issued),
        ],
        [
            "CL",
            key,
            customer.code,
            PEOPLE_KINDS[customer.kind],
            customer.name,
            customer.first_name,
            customer.fiscal_code,
            customer.vat_number,
            customer.street,
            customer.street_no,
            customer.postcode,
            customer.city,
            customer.province,
            customer.recipient_code,
            customer.pec,
            customer.language,
        ],
    ]
    # All supplies first, then their rows: the key, not the place, says whose they are.
    for point in document.supplies:
        rows.append(
            [
                "FO",
                key,
                point.point,
                point.use,
                "Libero",
                number(point.power),
                "Prova Casa",
                point.meter,
                f"{point.street} {point.street_no}",
                point.postcode,
                point.city,
                point.province,
                number(point.annual),
                "01/08/2025",
                "31/07/2026",
            ]
        )
    points = ["", *(point.point for point in document.supplies)]
    for line in document.lines:
        rows.append(
            [
                "RC",
                points[line.supply],
                line.section,
                DESTINATIONS[line.destination],
                line.component,
                line.description,
                line.band,
                number(line.qty),
                line.unit,
                number(line.price),
                number(line.worth),
                number(line.rate),
                line.nature,
                yes(line.scope == "bill"),
            ]
        )
    for point in document.supplies:
        rows += [
            [
                "CS",
                point.point,
                USE_KINDS[use.kind],
                "Energia attiva",
                "" if use.band == "TOT" else use.band,
                day(use.first),
                day(use.last),
                number(use.qty),
                use.unit,
                MODES[use.quality],
            ]
            for use in point.uses
        ]
        rows += [
            [
                "LT",
                point.point,
                reading.meter,
                reading.band,
                day(reading.first),
                number(reading.before),
                MODES[reading.before_kind],
                day(reading.last),
                number(reading.after),
                MODES[reading.after_kind],
                number(reading.qty),
            ]
            for reading in point.readings
        ]
    for place, term in enumerate(document.terms, 1):
        kind = "Unica" if term.kind == "single" else "Rata"
        rows.append(["SC", key, str(place), kind, number(term.amount), day(term.due), WAYS[term.way]])
    if customer.mobile:
        rows.append(["RE", key, "SMS", customer.mobile, "Sì", "Sì"])
    if customer.email:
        rows.append(["RE", key, "MAIL", customer.email, yes(not customer.mobile), "Sì"])
    kinds = {"self_reading": "AUTOLETTURA", "general": "GENERICO"}
    return rows + [["MS", key, kinds[kind], text] for kind, text in document.notices]


def flow(blocks: list[list[Row]], told: list[Document]) -> list[Row]:
    notes = sum(document.kind == "credit_note" for document in told)
    total = sum((document.total for document in told), D(0))
    return [
        ["Estrazione fatture del 05/08/2026 – Elettrica Borgoprova"],
        *HEADERS,
        ["NT", "estrazione completa", "n. 17"],
        *(row for block in blocks for row in block),
        ["FINE", str(len(told) - notes), str(notes), number(total)],
    ]


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(char in cell for char in ';"') else cell


def as_bytes(rows: list[Row]) -> bytes:
    return ("\ufeff" + "".join(";".join(map(quoted, row)) + "\n" for row in rows)).encode()


def faulty() -> tuple[list[Row], list[Document], list[dict[str, object]]]:
    """The same bills with one fault each in six of them, two with one number, and a warning in a ninth."""
    told = documents()
    told[10].number = "1010"
    blocks = [rows_of(document) for document in told]

    def row(document: int, kind: str, nth: int = 0) -> Row:
        return [each for each in blocks[document] if each[0] == kind][nth]

    row(0, "RC", 2).append("in più")
    row(1, "RC", 1)[10] = "1,234.56"
    row(2, "RC", 1)[1] = "IT998E99999999"
    row(3, "SC", 2)[4] = number(told[3].terms[2].amount + 1)
    row(4, "FT")[9] = "Forse"
    for each in blocks[7]:
        if told[7].supplies[0].point in each:
            each[each.index(told[7].supplies[0].point)] = "998E11"
    row(6, "RE")[1] = "E26-9999"
    row(12, "FT")[6] = row(12, "SC")[5] = "20/08/2026"
    told[12].terms[0].due = "2026-08-20"
    rows = flow(blocks, told)

    def at(document: int, kind: str, nth: int = 0) -> int:
        wanted = row(document, kind, nth)
        return next(place for place, each in enumerate(rows, 1) if each is wanted)

    columns = len(HEADERS[3])
    owed = told[3].owed
    found = findings(
        (
            "REC-101",
            "document",
            at(0, "RC", 2),
            "RC",
            "",
            f"Riga {at(0, 'RC', 2)}: numero di campi errato ({columns + 1}, attesi {columns}).",
        ),
        (
            "REC-103",
            "document",
            at(1, "RC", 1),
            "RC",
            "IMPORTO",
            f"Riga {at(1, 'RC', 1)}, campo «IMPORTO»: «1,234.56» non è un numero valido.",
        ),
        (
            "REC-109",
            "document",
            at(2, "RC", 1),
            "RC",
            "POD",
            f"Riga {at(2, 'RC', 1)}: la fornitura IT998E99999999 non esiste in questo documento.",
        ),
        (
            "DOC-205",
            "document",
            at(3, "FT"),
            "SC",
            "IMPORTO",
            f"Documento E26/1004: le scadenze sommano {comma(owed + 1)}, il totale da pagare è {comma(owed)}.",
        ),
        (
            "REC-105",
            "document",
            at(4, "FT"),
            "FT",
            "BASE",
            f"Riga {at(4, 'FT')}, campo «BASE»: valore «Forse» non previsto.",
        ),
        (
            "REC-108",
            "document",
            at(6, "RE"),
            "RE",
            "ID",
            f"Riga {at(6, 'RE')}: il record RE si riferisce al documento E26-9999, che non è quello corrente.",
        ),
        ("DOC-211", "document", at(7, "FT"), "FO", "POD", "Documento E26/1008: codice POD «998E11» non valido."),
        *(
            (
                "DOC-262",
                "document",
                at(place, "FT"),
                "FT",
                "NUMERO",
                "Documento E26/1010 presente due volte nello stesso flusso.",
            )
            for place in (9, 10)
        ),
        (
            "WRN-401",
            "warning",
            at(12, "FT"),
            "FT",
            "SCADENZA",
            "Documento E26/1013: scadenza a meno di 20 giorni dall'emissione.",
        ),
    )
    refused = {0, 1, 2, 3, 4, 6, 7, 9, 10}
    return rows, [document for place, document in enumerate(told) if place not in refused], found


def main() -> None:
    good = documents()
    write(FOLDER, "fatture_20260805.csv", as_bytes(flow([rows_of(each) for each in good], good)))
    rows, taken, found = faulty()
    write(FOLDER, "fatture_20260805_errori.csv", as_bytes(rows))
    write_expected(
        FOLDER,
        [expected("fatture_20260805.csv", good, []), expected("fatture_20260805_errori.csv", taken, found)],
    )


if __name__ == "__main__":
    main()
