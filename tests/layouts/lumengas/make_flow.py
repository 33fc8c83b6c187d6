"""Writes the example flows of the gas and electricity seller Lumengas and what a trial read must say of them.

The XML export of a billing program: two namespaces, values in attributes and in elements, decimal comma, credit notes
with positive amounts. Run from the repository: `python -m tests.layouts.lumengas.make_flow`.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

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

FOLDER = Path(__file__).parents[3] / "layouts" / "lumengas"
D = Decimal

KINDS = {"invoice": "FT", "credit_note": "NC", "debit_note": "ND"}
BILLINGS = {
    "periodic": "effettiva",
    "estimate": "stimata",
    "mixed": "mista",
    "recalculation": "conguaglio",
    "closing": "chiusura",
}
PEOPLE_KINDS = {"person": "privato", "company": "impresa", "condominium": "condominio", "public_body": "ente"}
SERVICES = {"electricity": "EE", "gas": "GAS"}
READ_KINDS = {"read": "RIL", "estimated": "STI", "self_read": "AUT"}
USE_KINDS = {"billed": "fatturato", "history": "storico", "peak_power": "punta"}
MEASURES = {"active": "attiva", "gas": "gas", "power": "potenza"}
SCOPES = {"bill": "si", "due": "no"}
DESTINATIONS = {"sale": "V", "network": "R", "system_charges": "O", "tax": "I", "none": ""}
SIDES = {"slip": "bollettino", "debit": "sdd", "transfer": "bonifico"}

PEOPLE = [
    Person("LG-7001", "Privati", "Fedele", fiscal_code="PRVFDL88E09Z999E", mobile="+39 333 0000201", street_no="21"),
    Person("LG-7002", "Semprini", "Enrico & figli", fiscal_code="SMPNRC61R23Z999D", email="enrico@example.org"),
    Person(
        "LG-7003",
        "Fontelvi",
        "Livia",
        fiscal_code="FNTLVR95P44Z999O",
        mobile="+39 333 0000203",
        email="livia@example.org",
    ),
    Person(
        "LG-7004",
        "Officina <Prova> S.n.c.",
        kind="company",
        fiscal_code="99900010044",
        vat_number="99900010044",
        recipient_code="XYZ0001",
        pec="officina@pec.example",
    ),
    Person("LG-7005", "Semplici", "Adela", fiscal_code="SMPDLA71A41Z999D", mobile="+39 333 0000205", language="en"),
    Person("LG-7006", "Provetti", "Tullio", fiscal_code="PRVTLL65C12Z999P", email="tullio@example.org"),
    Person("LG-7007", "Condominio Due Prove", kind="condominium", fiscal_code="99900010051", email="due@example.org"),
    Person(
        "LG-7008",
        "Comune di Prova Alta",
        kind="public_body",
        fiscal_code="99900010069",
        vat_number="99900010069",
        recipient_code="UFPR01",
        pec="prova.alta@pec.example",
    ),
    Person("LG-7009", "Testi", "Barbara Chiara", fiscal_code="TSTBRC69M52Z999D", mobile="+39 333 0000209"),
    Person("LG-7010", "Modulati", "Tosca", fiscal_code="MDLTSC73L55Z999U"),
]


def power(number: int, f1: int, f2: int, f3: int, *, quality: str = "read") -> Supply:
    """An electricity supply with three bands."""
    meter = f"LGE{number:08d}"
    bands = [("F1", D(f1), D("5210.4")), ("F2", D(f2), D("4822.1")), ("F3", D(f3), D(6120))]
    return Supply(
        service="electricity",
        point=f"IT999E{number:08d}",
        meter=meter,
        street_no=str(number % 90 + 1),
        power=D("4.5"),
        annual=D(f1 + f2 + f3) * 6,
        uses=[
            *(Use("billed", "active", band, "2026-05-01", "2026-06-30", qty, "kWh", quality) for band, qty, _ in bands),
            Use("history", "active", "TOT", "2026-03-01", "2026-04-30", D(f1 + f2 + f3 + 7), "kWh", "read"),
            Use("peak_power", "power", "TOT", "2026-06-01", "2026-06-30", D("3.1"), "kW", "read"),
        ],
        readings=[
            Reading(meter, "active", band, "2026-04-30", before, "read", "2026-06-30", before + qty, quality, qty)
            for band, qty, before in bands
        ],
    )


def gas(number: int, cubic_metres: int, smc: str, *, quality: str = "read") -> Supply:
    """A gas supply: the meter counts cubic metres, the bill standard ones."""
    meter = f"LGG{number:08d}"
    return Supply(
        service="gas",
        point=f"99990{number:09d}",
        meter=meter,
        street_no=str(number % 90 + 1),
        annual=D("980.5"),
        uses=[Use("billed", "gas", "TOT", "2026-05-01", "2026-06-30", D(smc), "Smc", quality)],
        readings=[
            Reading(
                meter,
                "gas",
                "TOT",
                "2026-04-30",
                D(3310),
                "read",
                "2026-06-30",
                D(3310 + cubic_metres),
                quality,
                D(cubic_metres),
            ),
        ],
    )


def lines_of(place: int, supply: Supply) -> list[Line]:
    billed = [use for use in supply.uses if use.kind == "billed"]
    whole = sum((use.qty for use in billed), D(0))
    rate = D(10) if supply.use == "DR" else D(22)
    if supply.service == "gas":
        lines = [
            Line("CON", "sale", "CMEM", "Materia prima gas", whole, "Smc", D("0.41230000")),
            Line("CON", "network", "QT", "Trasporto", whole, "Smc", D("0.06210000")),
            Line("CON", "system_charges", "RE", "Oneri generali RE", whole, "Smc", D("0.01930000")),
            Line("FIS", "sale", "QVD", "Commercializzazione al dettaglio", D(2), "mese", D("7.50000000")),
            Line("FIS", "network", "DIS", "Distribuzione e misura", D(2), "mese", D("4.11000000")),
            Line("IMP", "tax", "ACC", "Accisa fino a 120 Smc", whole, "Smc", D("0.04400000")),
        ]
    else:
        prices = {"F1": D("0.15210000"), "F2": D("0.14890000"), "F3": D("0.13320000"), "TOT": D("0.14000000")}
        lines = [
            *(
                Line("CON", "sale", "PE", f"Energia {use.band}", use.qty, "kWh", prices[use.band], band=use.band)
                for use in billed
            ),
            Line("CON", "network", "UC3", "Trasporto e UC3", whole, "kWh", D("0.01466000")),
            Line("CON", "system_charges", "ASOS", "Componente ASOS", whole, "kWh", D("0.02865700")),
            Line("FIS", "sale", "PCV", "Commercializzazione", D(2), "mese", D("6.50000000")),
            Line("POT", "network", "TRP", "Trasporto, quota potenza", supply.power * 2, "kW", D("1.97656700")),
            Line("IMP", "tax", "ACC", "Accisa sull'energia elettrica", whole, "kWh", D("0.02270000")),
        ]
    for line in lines:
        line.rate, line.supply = rate, place
        if line.band == "TOT":
            line.band = ""
    return lines


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
    lines = [line for place, supply in enumerate(supplies, 1) for line in lines_of(place, supply)]
    document = Document(
        kind="invoice",
        series="V7",
        number=f"{number:05d}",
        display=f"V7-2026-{number:05d}",
        issued="2026-07-03",
        first="2026-05-01",
        last="2026-06-30",
        billing=billing,
        customer=person,
        supplies=supplies,
        lines=lines + (more or []),
        due="2026-07-31",
        **told,  # type: ignore[arg-type]
    )
    return close(document, way=way, instalments=instalments)


def documents() -> list[Document]:
    fedele, enrico, livia, shop, adela, tullio, condominium, town, barbara, tosca = PEOPLE
    licence = Line(
        "CAN", "tax", "CTV", "Canone TV, rate 05 e 06", D(2), "n", D(9), rate=D(0), nature="N1", scope="due", supply=0
    )
    lift = power(71, 410, 388, 502)
    lift.use = "AU"
    workshop = power(40, 3120, 1410, 2222)
    workshop.use = "AR"
    street = power(81, 0, 190, 960)
    school = gas(82, 400, "411.2")
    street.use = school.use = "PA"
    wrong = bill(2201, barbara, [power(90, 99, 98, 97)])
    note = credit_of(wrong, number="02313", issued="2026-07-03")
    note.display = "V7-2026-02313"
    extra = bill(2314, barbara, [power(90, 12, 8, 7)])
    extra.kind = "debit_note"
    return [
        bill(
            2301,
            fedele,
            [power(10, 138, 121, 153)],
            more=[licence],
            notices=[("self_reading", "Autolettura dal 20 al 31 agosto.")],
        ),
        bill(2302, enrico, [gas(20, 85, "87.314975", quality="estimated")], billing="estimate", way="debit"),
        bill(2303, livia, [power(30, 80, 75, 110), gas(31, 30, "30.81705", quality="self_read")], billing="mixed"),
        bill(2304, shop, [workshop], way="transfer"),
        bill(
            2305,
            adela,
            [gas(50, 940, "965.6009")],
            billing="recalculation",
            instalments=("2026-07-31", "2026-08-31", "2026-09-30", "2026-10-30"),
        ),
        bill(
            2306,
            tullio,
            [power(60, 20, 19, 18)],
            more=[
                Line(
                    "BON",
                    "none",
                    "BSE",
                    "Bonus sociale elettrico",
                    amount=D("-55.00"),
                    rate=D(0),
                    nature="N2.2",
                    supply=0,
                )
            ],
        ),
        bill(
            2307,
            condominium,
            [lift, gas(72, 2100, "2157.19")],
            unpaid=D("1312.40"),
            notices=[("arrears", "Alla data del 02/07/2026 risultano non pagati 1.312,40 euro.")],
        ),
        bill(2308, town, [street, school], way="transfer", split_payment=True),
        bill(2309, tosca, [gas(95, 0, "0")]),
        bill(2310, fedele, [gas(11, 12, "12.32682")], way="debit"),
        bill(
            2311,
            livia,
            [power(32, 1, 1, 1)],
            billing="closing",
            more=[
                Line(
                    "CAU",
                    "none",
                    "DEP",
                    "Restituzione deposito",
                    amount=D("-46.50"),
                    rate=D(0),
                    nature="N1",
                    scope="due",
                    supply=0,
                )
            ],
        ),
        bill(2312, tosca, [power(96, 211, 180, 260)], billing="estimate"),
        note,
        extra,
    ]


def money(number: D) -> str:
    """Italian form with thousands points: 1.234,56."""
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


def exact(number: D) -> str:
    """As many decimals as there are, thousands points."""
    whole, _, rest = f"{number:f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    if number < 0 and not grouped.startswith("-"):
        grouped = f"-{grouped}"
    return f"{grouped},{rest}" if rest.strip("0") else grouped


def tag(name: str, text: str | None = None, **attributes: str) -> str:
    told = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{told}/>" if text is None else f"<{name}{told}>{escape(text)}</{name}>"


def element(name: str, inside: list[str], **attributes: str) -> list[str]:
    told = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return [f"<{name}{told}>", *(f" {line}" for line in inside), f"</{name}>"]


def xml_of(document: Document) -> list[str]:
    """The lines of one document. A credit note is written with positive amounts."""
    turn = -1 if document.kind == "credit_note" else 1
    customer = document.customer
    inside = []
    if document.corrects[1]:
        series, number, issued = document.corrects
        inside.append(tag("em:Rettifica", sezionale=series, progressivo=number, data=issued))
    inside += element(
        "an:Intestatario",
        [
            tag("an:Denominazione", customer.name),
            *([tag("an:Nome", customer.first_name)] if customer.first_name else []),
            tag("an:Fiscale", codice=customer.fiscal_code, partitaIva=customer.vat_number),
            tag(
                "an:Indirizzo",
                customer.street,
                tipo="sede",
                civico=customer.street_no,
                cap=customer.postcode,
                comune=customer.city,
                provincia=customer.province,
                stato="IT",
            ),
            tag("an:Fattura", codice=customer.recipient_code, pec=customer.pec),
            *(
                [tag("an:Recapito", customer.mobile, mezzo="cellulare", preferito="si", consenso="si")]
                if customer.mobile
                else []
            ),
            *(
                [
                    tag(
                        "an:Recapito",
                        customer.email,
                        mezzo="posta",
                        preferito="no" if customer.mobile else "si",
                        consenso="si",
                    )
                ]
                if customer.email
                else []
            ),
        ],
        codice=customer.code,
        natura=PEOPLE_KINDS[customer.kind],
        lingua=customer.language,
    )
    inside.append(tag("em:Periodo", dal=document.first, al=document.last, base=BILLINGS[document.billing]))
    numbers = iter(range(1, 1000))
    for place, supply in enumerate(document.supplies, 1):
        inside += supply_xml(place, supply, [line for line in document.lines if line.supply == place], numbers, turn)
    loose = [line for line in document.lines if line.supply == 0]
    inside += element("em:AltreVoci", [line_xml(line, next(numbers), 0, turn) for line in loose])
    inside += element(
        "em:Totali",
        [
            tag("em:Imponibile", money(document.taxable * turn)),
            tag("em:Imposta", money(document.vat * turn), scissione="si" if document.split_payment else "no"),
            tag("em:TotaleBolletta", money(document.total * turn)),
            tag("em:DaPagare", money(document.owed * turn)),
        ],
    )
    if document.unpaid:
        inside.append(tag("em:Insoluti", money(document.unpaid), stato="presenti", data="2026-07-02"))
    else:
        inside.append(tag("em:Insoluti", stato="assenti", data="2026-07-02"))
    inside += [
        tag(
            "em:Rata",
            money(term.amount),
            n=str(place),
            scade=term.due,
            tipo="unica" if term.kind == "single" else "rata",
            modo=SIDES[term.way],
        )
        for place, term in enumerate(document.terms, 1)
    ]
    inside += [
        tag("em:Avviso", text, tipo={"self_reading": "autolettura", "arrears": "insoluti", "general": "altro"}[kind])
        for kind, text in document.notices
    ]
    return element(
        "em:Documento", inside, tipo=KINDS[document.kind], numero=document.shown, emesso=f"{document.issued}+02:00"
    )


def supply_xml(place: int, supply: Supply, lines: list[Line], numbers: Iterator[int], turn: int) -> list[str]:
    inside = [
        tag("em:Punto", supply.point, tipo="POD" if supply.service == "electricity" else "PDR"),
        tag(
            "em:Luogo",
            f"{supply.street} {supply.street_no}",
            cap=supply.postcode,
            comune=supply.city,
            provincia=supply.province,
        ),
        tag("em:Misuratore", matricola=supply.meter),
    ]
    if supply.service == "electricity":
        inside.append(tag("em:Potenza", impegnata=comma(supply.power), disponibile=comma(supply.power * D("1.1"))))
    else:
        inside.append(tag("em:Gas", coefficiente="1,027235", pcs="0,039528"))
    inside.append(tag("em:Annuo", exact(supply.annual), dal="2025-07-01", al="2026-06-30"))
    for section in dict.fromkeys(line.section for line in lines):
        inside += group_xml(section, [line for line in lines if line.section == section], numbers, turn)
    inside += [
        tag(
            "em:Consumo",
            exact(use.qty),
            tipo=USE_KINDS[use.kind],
            misura=MEASURES[use.measure],
            fascia=use.band if use.band != "TOT" else "",
            dal=use.first,
            al=use.last,
            unita=use.unit,
            modo=READ_KINDS[use.quality],
        )
        for use in supply.uses
    ] + [
        tag(
            "em:Lettura",
            matricola=reading.meter,
            misura=MEASURES[reading.measure],
            fascia=reading.band if reading.band != "TOT" else "",
            prima=reading.first,
            valorePrima=comma(reading.before),
            modoPrima=READ_KINDS[reading.before_kind],
            poi=reading.last,
            valorePoi=comma(reading.after),
            modoPoi=READ_KINDS[reading.after_kind],
            differenza=comma(reading.qty),
        )
        for reading in supply.readings
    ]
    return element(
        "em:Fornitura", inside, n=str(place), servizio=SERVICES[supply.service], uso=supply.use, mercato="libero"
    )


GROUPS = {"CON": "Quota per consumi", "FIS": "Quota fissa", "POT": "Quota potenza", "IMP": "Accise"}


def group_xml(section: str, lines: list[Line], numbers: Iterator[int], turn: int) -> list[str]:
    number = next(numbers)
    total = sum((line.worth for line in lines), D("0.00")) * turn
    inside = [line_xml(line, next(numbers), number, turn) for line in lines]
    return element("em:Gruppo", inside, n=str(number), quota=section, descrizione=GROUPS[section], importo=money(total))


def line_xml(line: Line, number: int, group: int, turn: int) -> str:
    told = {
        "n": str(number),
        "gruppo": str(group),
        "quota": line.section,
        "destinazione": DESTINATIONS[line.destination],
        "codice": line.component,
        "fascia": line.band,
    }
    if line.qty is not None:
        told |= {"quantita": exact(line.qty * turn), "unita": line.unit}
    if line.price is not None:
        told["prezzo"] = comma(line.price)
    told |= {
        "importo": money(line.worth * turn),
        "iva": comma(line.rate),
        "natura": line.nature,
        "inBolletta": SCOPES[line.scope],
    }
    return tag("em:Voce", line.description, **{key: value for key, value in told.items() if value})


def flow(flow_id: str, blocks: list[list[str]], told: list[Document]) -> list[str]:
    notes = [document for document in told if document.kind == "credit_note"]
    inside = [
        tag("em:Testata", azienda="LUMENGAS", flusso=flow_id, emissione="2026_07", prodotto="2026-07-03T18:30:00+02:00")
    ]
    inside += [line for block in blocks for line in block]
    inside.append(
        tag(
            "em:Riepilogo",
            documenti=str(len(told) - len(notes)),
            noteDiCredito=str(len(notes)),
            totaleBollette=money(sum((document.total for document in told), D(0))),
            totaleDaPagare=money(sum((document.owed for document in told), D(0))),
        )
    )
    return [
        '<?xml version="1.0" encoding="UTF-8"?>',
        *element(
            "em:Emissione",
            inside,
            **{"xmlns:em": "urn:example:emissione:2", "xmlns:an": "urn:example:anagrafe:1", "versione": "2.3"},
        ),
    ]


def as_bytes(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def faulty() -> tuple[list[str], list[Document], list[dict[str, object]]]:
    """The same bills with one fault each in five of them, and a warning in a sixth."""
    all_documents = documents()
    blocks = [xml_of(document) for document in all_documents]
    marks: dict[str, tuple[int, int]] = {}

    def spoil(mark: str, document: int, old: str, new: str, nth: int = 0) -> None:
        places = [number for number, line in enumerate(blocks[document]) if old in line]
        place = places[nth]
        blocks[document][place] = blocks[document][place].replace(old, new)
        marks[mark] = (document, place)

    spoil("date", 0, 'emesso="2026-07-03+02:00"', 'emesso="03/07/2026"')
    spoil("number", 1, 'prezzo="0,06210000"', 'prezzo="0.0621o"')
    spoil("code", 2, 'servizio="GAS"', 'servizio="METANO"')
    spoil(
        "name",
        3,
        "<an:Denominazione>Officina &lt;Prova&gt; S.n.c.</an:Denominazione>",
        "<an:Denominazione></an:Denominazione>",
    )
    group = next(line for line in blocks[5] if "<em:Gruppo" in line)
    amount = group.partition('importo="')[2].partition('"')[0]
    spoil("group", 5, f'importo="{amount}">', 'importo="99,99">')
    spoil("check", 8, 'codice="MDLTSC73L55Z999U"', 'codice="MDLTSC73L55Z999A"')
    rows = flow("LG-2026-07-ERR", blocks, all_documents)

    def line(mark: str, first: bool = False) -> int:
        document, place = marks[mark]
        return 3 + sum(len(block) for block in blocks[:document]) + (0 if first else place) + 1

    found = findings(
        (
            "REC-104",
            "document",
            line("date"),
            "documento",
            "issue_date",
            f"Riga {line('date')}, campo «@emesso»: «03/07/2026» non è una data valida.",
        ),
        (
            "REC-103",
            "document",
            line("number"),
            "voce",
            "unit_price",
            f"Riga {line('number')}, campo «@prezzo»: «0.0621o» non è un numero valido.",
        ),
        (
            "REC-105",
            "document",
            line("code"),
            "fornitura",
            "service",
            f"Riga {line('code')}, campo «@servizio»: valore «METANO» non previsto.",
        ),
        (
            "REC-102",
            "document",
            line("name") - 1,
            "cliente",
            "name",
            f"Riga {line('name') - 1}, campo «Denominazione»: valore obbligatorio mancante.",
        ),
        (
            "DOC-204",
            "document",
            line("group", first=True),
            "gruppo",
            "amount",
            "Documento V7-2026-02306: il totale del gruppo «Quota per consumi» non coincide con le sue voci.",
        ),
        (
            "WRN-403",
            "warning",
            line("check") - 3,
            "cliente",
            "fiscal_code",
            "Documento V7-2026-02309: codice fiscale o partita IVA con carattere di controllo errato.",
        ),
    )
    refused = {0, 1, 2, 3, 5}
    taken = [document for place, document in enumerate(all_documents) if place not in refused]
    return rows, taken, found


def main() -> None:
    good = documents()
    write(FOLDER, "emissione_2026_07.xml", as_bytes(flow("LG-2026-07", [xml_of(each) for each in good], good)))
    rows, taken, found = faulty()
    write(FOLDER, "emissione_2026_07_errori.xml", as_bytes(rows))
    short = flow("LG-2026-07-CORTO", [xml_of(each) for each in good[:-1]], good)
    write(FOLDER, "emissione_2026_07_corta.xml", as_bytes(short))
    count = sum(each.kind != "credit_note" for each in good)
    last = len(short) - 1
    there = sum((each.total for each in good[:-1]), D(0))
    there_due = sum((each.owed for each in good[:-1]), D(0))
    told, told_due = there + good[-1].total, there_due + good[-1].owed
    short_findings = findings(
        (
            "FLS-021",
            "file",
            last,
            "riepilogo",
            "bills",
            f"La coda dichiara {count} bollette, il file ne contiene {count - 1}.",
        ),
        (
            "FLS-022",
            "file",
            last,
            "riepilogo",
            "sum_total_bill",
            f"Il totale dichiarato in coda ({comma(told)}) non coincide con la somma delle bollette ({comma(there)}).",
        ),
        (
            "FLS-022",
            "file",
            last,
            "riepilogo",
            "sum_total_due",
            f"Il totale dichiarato in coda ({comma(told_due)}) non coincide con la somma delle bollette "
            f"({comma(there_due)}).",
        ),
    )
    write_expected(
        FOLDER,
        [
            expected("emissione_2026_07.xml", good, []),
            expected("emissione_2026_07_errori.xml", taken, found),
            expected("emissione_2026_07_corta.xml", [], short_findings),
        ],
    )


if __name__ == "__main__":
    main()
