"""Bills for the customer's pages: made by hand where a page must show something, and from samples for the rest."""

import io
import zipfile
from calendar import monthrange
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from smartbill.core.bill.value import (
    Address,
    Arrears,
    ArrearsState,
    Bill,
    BillKind,
    Consumption,
    ConsumptionKind,
    CorrectedDocument,
    CostLine,
    Customer,
    Destination,
    LineRole,
    LineScope,
    Measure,
    Notice,
    NoticeKind,
    Quality,
    Reading,
    ReadingKind,
    Section,
    Service,
    Supply,
    Term,
    TermKind,
    VatSummary,
)
from smartbill.core.flows.fatturapa.reader import read_invoice_file
from smartbill.core.flows.sample import Layout, SampleSpec, write_sample
from smartbill.core.flows.stabo.header import read_header
from smartbill.core.flows.stabo.reader import BlockReader
from smartbill.core.flows.stabo.scan import scan
from smartbill.core.flows.value import ReadBill

ISSUED = date(2026, 7, 6)
DUE = date(2026, 7, 27)
ROME = ZoneInfo("Europe/Rome")

CUSTOMER = Customer(
    code="106201",
    name="Rossi",
    first_name="Mario",
    fiscal_code="RSSMRA80A01H501U",
    address=Address(street="Via delle Prove", street_no="12", postcode="95040", city="Castel di Iudica", province="CT"),
    recipient_code="0000000",
    pec="mario.rossi@pec.example",
    email_bill=False,
    paper_bill=True,
    detail_bill=False,
    privacy_marketing=True,
    privacy_profiling=False,
    privacy_date=date(2024, 3, 12),
)


def euros(text: str) -> Decimal:
    return Decimal(text)


def month(year: int, number: int) -> tuple[date, date]:
    return date(year, number, 1), date(year, number, monthrange(year, number)[1])


def _bands(year: int, number: int, values: tuple[int, int, int], kind: ConsumptionKind, quality: Quality):  # type: ignore[no-untyped-def]
    first, last = month(year, number)
    return tuple(
        Consumption(
            kind=kind,
            measure=Measure.ACTIVE,
            band=f"F{place}",
            date_from=first,
            date_to=last,
            quantity=Decimal(value),
            unit="kWh",
            quality=quality,
        )
        for place, value in enumerate(values, 1)
    )


_YEAR = [
    (2025, 5, (60, 55, 66)),
    (2025, 6, (62, 58, 70)),
    (2025, 7, (81, 70, 92)),
    (2025, 8, (95, 77, 101)),
    (2025, 9, (58, 52, 66)),
    (2025, 10, (50, 49, 60)),
    (2025, 11, (57, 60, 72)),
    (2025, 12, (66, 71, 90)),
    (2026, 1, (70, 74, 95)),
    (2026, 2, (60, 61, 80)),
    (2026, 3, (55, 55, 69)),
    (2026, 4, (49, 50, 61)),
    (2026, 5, (48, 47, 58)),
]


def _line(line_no: int, section: Section, description: str, amount: str, **fields: object) -> CostLine:
    return CostLine(line_no=line_no, section=section, description=description, amount=euros(amount), **fields)  # type: ignore[arg-type]


def _usage_lines() -> tuple[CostLine, ...]:
    sale, network, charges = Destination.SALE, Destination.NETWORK, Destination.SYSTEM_CHARGES
    con = {"parent": 1, "supply_seq": 1, "unit": "kWh"}
    kwh = Decimal(412)
    return (
        _line(
            1, Section.USAGE, "Quota per consumi", "85.43", role=LineRole.TOTAL, supply_seq=1, quantity=kwh, unit="kWh"
        ),
        _line(
            2,
            Section.USAGE,
            "Energia fascia F1",
            "20.99",
            destination=sale,
            quantity=Decimal(138),
            unit_price=Decimal("0.1521"),
            **con,
        ),
        _line(
            3,
            Section.USAGE,
            "Energia fascia F2",
            "18.02",
            destination=sale,
            quantity=Decimal(121),
            unit_price=Decimal("0.1489"),
            **con,
        ),
        _line(
            4,
            Section.USAGE,
            "Energia fascia F3",
            "20.38",
            destination=sale,
            quantity=Decimal(153),
            unit_price=Decimal("0.1332"),
            **con,
        ),
        _line(
            5,
            Section.USAGE,
            "Dispacciamento e mercato della capacità",
            "7.52",
            destination=sale,
            quantity=Decimal("453.2"),
            unit_price=Decimal("0.0166"),
            **con,
        ),
        _line(
            6,
            Section.USAGE,
            "Trasporto, quota energia",
            "4.90",
            destination=network,
            quantity=kwh,
            unit_price=Decimal("0.0119"),
            **con,
        ),
        _line(
            7,
            Section.USAGE,
            "Componente UC3",
            "1.14",
            destination=network,
            quantity=kwh,
            unit_price=Decimal("0.00276"),
            **con,
        ),
        _line(
            8,
            Section.USAGE,
            "Componente ASOS",
            "11.81",
            destination=charges,
            quantity=kwh,
            unit_price=Decimal("0.028657"),
            **con,
        ),
        _line(
            9,
            Section.USAGE,
            "Componente ARIM",
            "0.67",
            destination=charges,
            quantity=kwh,
            unit_price=Decimal("0.001638"),
            **con,
        ),
    )


def _fixed_lines() -> tuple[CostLine, ...]:
    fixed = {"parent": 10, "supply_seq": 1, "unit": "mese", "quantity": Decimal(2)}
    power = {"parent": 14, "supply_seq": 1, "unit": "kW", "quantity": Decimal(6), "destination": Destination.NETWORK}
    sale = Destination.SALE
    return (
        _line(
            10,
            Section.FIXED,
            "Quota fissa",
            "17.05",
            role=LineRole.TOTAL,
            supply_seq=1,
            quantity=Decimal(2),
            unit="mese",
        ),
        _line(11, Section.FIXED, "Commercializzazione", "13.00", destination=sale, unit_price=Decimal("6.5"), **fixed),
        _line(
            12, Section.FIXED, "Componente DISPbt", "0.21", destination=sale, unit_price=Decimal("0.102592"), **fixed
        ),
        _line(
            13,
            Section.FIXED,
            "Trasporto, quota fissa",
            "3.84",
            destination=Destination.NETWORK,
            unit_price=Decimal("1.92"),
            **fixed,
        ),
        _line(
            14,
            Section.POWER,
            "Quota potenza",
            "11.86",
            role=LineRole.TOTAL,
            supply_seq=1,
            quantity=Decimal(3),
            unit="kW",
        ),
        _line(15, Section.POWER, "Trasporto, quota potenza", "11.76", unit_price=Decimal("1.96"), **power),
        _line(16, Section.POWER, "Componente UC6", "0.10", unit_price=Decimal("0.016567"), **power),
        _line(
            17,
            Section.EXCISE,
            "Accisa, domestico residente oltre 150 kWh/mese",
            "2.54",
            supply_seq=1,
            quantity=Decimal(112),
            unit="kWh",
            unit_price=Decimal("0.0227"),
            destination=Destination.TAX,
        ),
        _line(18, Section.VAT, "IVA 10% su 116,88", "11.69", destination=Destination.TAX),
        _line(
            19,
            Section.TV_LICENCE,
            "Canone TV, rate 05-06/2026",
            "18.00",
            scope=LineScope.DUE,
            quantity=Decimal(2),
            unit="n",
            unit_price=Decimal(9),
        ),
    )


def _supply() -> Supply:
    current = (
        *_bands(2026, 5, (68, 60, 75), ConsumptionKind.BILLED, Quality.READ),
        *_bands(2026, 6, (70, 61, 78), ConsumptionKind.BILLED, Quality.READ),
    )
    history = tuple(
        entry
        for year, number, values in _YEAR[:-1]
        for entry in _bands(year, number, values, ConsumptionKind.HISTORY, Quality.READ)
    )
    peaks = tuple(
        Consumption(
            kind=ConsumptionKind.PEAK_POWER,
            measure=Measure.POWER,
            band="TOT",
            date_from=month(2026, number)[0],
            date_to=month(2026, number)[1],
            quantity=Decimal(value),
            unit="kW",
            quality=Quality.READ,
        )
        for number, value in ((5, "2.7"), (6, "3.1"))
    )
    readings = tuple(
        Reading(
            meter_serial="07E5A0000017",
            measure=Measure.ACTIVE,
            band=band,
            previous_date=date(2026, 4, 30),
            previous_value=Decimal(previous),
            previous_kind=ReadingKind.READ,
            current_date=date(2026, 6, 30),
            current_value=Decimal(now),
            current_kind=ReadingKind.READ,
            factor=Decimal(1),
            quantity=Decimal(quantity),
        )
        for band, previous, now, quantity in (
            ("F1", "5210.4", "5348.3", "138"),
            ("F2", "4822.1", "4943.5", "121"),
            ("F3", "6120", "6273", "153"),
        )
    )
    return Supply(
        seq=1,
        service=Service.ELECTRICITY,
        point_code="IT001E00000017",
        contract_code="C-106201-1",
        address=Address(street="Via delle Prove 12", postcode="95040", city="Castel di Iudica", province="CT"),
        meter_serial="07E5A0000017",
        use_type="DR",
        market="L",
        offer_name="Luce Chiara Tre Fasce",
        offer_code="000999ESVML01XX0000000000LUCE3F",
        offer_end=date(2026, 12, 31),
        activation=date(2024, 1, 1),
        power_committed=Decimal("3.00"),
        power_available=Decimal("3.30"),
        voltage="230",
        distributor="Distributore Prova S.p.A.",
        emergency_phone="800000000",
        annual_quantity=Decimal(2486),
        annual_from=date(2025, 7, 1),
        annual_to=date(2026, 6, 30),
        annual_spend=Decimal("812.40"),
        consumptions=current + history + peaks,
        readings=readings,
    )


def ordinary() -> Bill:
    """A household's electricity in three bands with a year of history, TV licence apart: 146,57 € to pay."""
    return Bill(
        source="stabo-v1",
        kind=BillKind.INVOICE,
        series="B051",
        number="601",
        display_number="B051/601",
        issue_date=ISSUED,
        due_date=DUE,
        period_from=date(2026, 5, 1),
        period_to=date(2026, 6, 30),
        customer=CUSTOMER,
        supplies=(_supply(),),
        lines=(*_usage_lines(), *_fixed_lines()),
        vat_summary=(VatSummary(rate=Decimal("10.00"), taxable=euros("116.88"), vat=euros("11.69")),),
        terms=(
            Term(
                seq=1,
                amount=euros("146.57"),
                due_date=DUE,
                method="MP23",
                payable_online=True,
                slip_present=True,
                notice_code="301000000000000601",
                creditor_iban="IT60X0542811101000000123456",
                cbill_sia="ABCDE",
            ),
        ),
        notices=(
            Notice(
                seq=1,
                kind=NoticeKind.SELF_READING,
                language="it",
                date_from=date(2026, 8, 20),
                date_to=date(2026, 8, 31),
                text="Può comunicare l’autolettura dal 20 al 31 agosto.",
            ),
        ),
        total_bill=euros("128.57"),
        taxable=euros("116.88"),
        vat=euros("11.69"),
        total_due=euros("146.57"),
        slip_present=True,
        payable_online=True,
        arrears=Arrears(state=ArrearsState.ALL_PAID, as_of=date(2026, 7, 5)),
    )


def due_on(bill: Bill, day: date) -> Bill:
    """The same bill, to be paid by this day."""
    return replace(bill, due_date=day, terms=tuple(replace(term, due_date=day) for term in bill.terms))


def debited() -> Bill:
    bill = ordinary()
    term = Term(
        seq=1,
        amount=bill.total_due,
        due_date=DUE,
        method="MP19",
        direct_debit=True,
        iban_masked="IT60•••••••••••••••••••3456",
        mandate_id="M-1",
    )
    return replace(bill, terms=(term,), direct_debit=True, payable_online=False, slip_present=False)


def with_instalments() -> Bill:
    bill = ordinary()
    terms = tuple(
        Term(
            seq=seq,
            kind=TermKind.INSTALMENT,
            amount=euros(amount),
            due_date=date(2026, 7 + seq - 1, 27),
            method="MP23",
            notice_code=f"30100000000000060{seq}",
        )
        for seq, amount in ((1, "48.86"), (2, "48.86"), (3, "48.85"))
    )
    return replace(bill, terms=terms)


def in_arrears() -> Bill:
    arrears = Arrears(state=ArrearsState.UNPAID, amount=euros("61.00"), as_of=date(2026, 7, 5))
    return replace(ordinary(), arrears=arrears)


def credit_note() -> Bill:
    lines = tuple(replace(line, amount=-line.amount) for line in ordinary().lines if line.scope is LineScope.BILL)
    return replace(
        ordinary(),
        kind=BillKind.CREDIT_NOTE,
        due_date=None,
        terms=(),
        lines=lines,
        total_bill=euros("-128.57"),
        taxable=euros("-116.88"),
        vat=euros("-11.69"),
        total_due=euros("-128.57"),
        corrects=CorrectedDocument(series="B051", number="540", issue_date=date(2026, 5, 6)),
    )


def zero() -> Bill:
    bill = ordinary()
    bonus = _line(20, Section.BONUS, "Bonus sociale", "-146.57", scope=LineScope.DUE)
    return replace(bill, due_date=None, terms=(), lines=(*bill.lines, bonus), total_due=euros("0.00"))


def many_supplies(count: int = 60) -> Bill:
    bill = ordinary()
    supplies = tuple(
        replace(
            bill.supplies[0],
            seq=seq,
            point_code=f"IT001E{seq:08d}",
            address=replace(bill.supplies[0].address, street=f"Via della Scuola {seq}"),
        )
        for seq in range(1, count + 1)
    )
    lines: list[CostLine] = []
    for seq in range(1, count + 1):
        for line in bill.lines[:17]:
            parent = line.parent + seq * 100 if line.parent else 0
            lines.append(replace(line, line_no=line.line_no + seq * 100, parent=parent, supply_seq=seq))
    taxable = bill.taxable * count
    vat = euros("11.69") * count
    lines.append(_line(9001, Section.VAT, "IVA 22%", str(vat)))
    customer = replace(CUSTOMER, name="Comune di Castel Prova", first_name="", kind="public_body")
    return replace(
        bill,
        customer=customer,
        supplies=supplies,
        lines=tuple(lines),
        total_bill=taxable + vat,
        taxable=taxable,
        vat=vat,
        total_due=taxable + vat,
        terms=(replace(bill.terms[0], amount=taxable + vat),),
    )


def two_services() -> Bill:
    """Electricity and gas in one bill; the gas partly estimated, in periods of two months."""
    bill = ordinary()
    periods = [(2025, 5), (2025, 7), (2025, 9), (2025, 11), (2026, 1), (2026, 3), (2026, 5)]
    quantities = ["38", "22", "41", "156", "210.5", "120", "36.412"]
    consumptions = tuple(
        Consumption(
            kind=ConsumptionKind.BILLED if (year, first) == (2026, 5) else ConsumptionKind.HISTORY,
            measure=Measure.GAS,
            band="TOT",
            date_from=month(year, first)[0],
            date_to=month(year, first + 1)[1],
            quantity=Decimal(quantity),
            unit="Smc",
            quality=Quality.ESTIMATED if (year, first) in {(2025, 7), (2026, 5)} else Quality.READ,
        )
        for (year, first), quantity in zip(periods, quantities, strict=True)
    )
    gas = Supply(
        seq=2,
        service=Service.GAS,
        point_code="00880000123456",
        address=bill.supplies[0].address,
        meter_serial="G4-778899",
        use_type="DR",
        market="L",
        conversion_coefficient=Decimal("1.027235"),
        emergency_phone="800999999",
        consumptions=consumptions,
    )
    more = (
        _line(40, Section.USAGE, "Materia prima gas", "31.20", supply_seq=2, quantity=Decimal("36.412"), unit="Smc"),
        _line(41, Section.FIXED, "Quota fissa gas", "14.00", supply_seq=2, quantity=Decimal(2), unit="mese"),
        _line(42, Section.VAT, "IVA 10% gas", "4.52"),
    )
    total = bill.total_bill + euros("49.72")
    return replace(
        bill,
        supplies=(*bill.supplies, gas),
        lines=(*bill.lines, *more),
        total_bill=total,
        taxable=bill.taxable + euros("45.20"),
        vat=bill.vat + euros("4.52"),
        total_due=bill.total_due + euros("49.72"),
    )


def many_lines(count: int = 200) -> Bill:
    bill = ordinary()
    lines = tuple(
        _line(
            100 + n,
            Section.USAGE,
            f"Componente tariffaria numero {n} del periodo",
            "0.50",
            parent=99,
            supply_seq=1,
            quantity=Decimal(412),
            unit="kWh",
            unit_price=Decimal("0.001213"),
            destination=Destination.NETWORK,
        )
        for n in range(count)
    )
    head = _line(
        99, Section.USAGE, "Quota per consumi", str(Decimal("0.50") * count), role=LineRole.TOTAL, supply_seq=1
    )
    total = Decimal("0.50") * count
    return replace(bill, lines=(head, *lines), total_bill=total, taxable=total, vat=euros("0.00"), total_due=total)


def sample_bills(count: int, *, seed: int = 1, layout: Layout = Layout.STABO) -> list[Bill]:
    """Bills as our own readers make them of a sample flow."""
    out = io.BytesIO()
    spec = SampleSpec(company_code="ACME", bills=count, seed=seed, issue_date=ISSUED, layout=layout)
    summary = write_sample(spec, out)
    found: list[Bill] = []
    with zipfile.ZipFile(out) as archive:
        if layout is Layout.FATTURAPA:
            for name in archive.namelist():
                if name.endswith(".xml"):
                    outcomes = read_invoice_file(archive.read(name), file=name, first_seq=1)
                    found += [outcome.bill for outcome in outcomes if isinstance(outcome, ReadBill)]
            return found
        flow = archive.read(summary.flow_file)
    scanned = scan(io.BytesIO(flow))
    header, _ = read_header(scanned.header, now=datetime.combine(ISSUED, time(9), ROME))
    assert header is not None
    for part in scanned.ranges:
        data = flow[part.start : part.end]
        reader = BlockReader(data, first_line=part.first_line, file="", header=header, today=ISSUED)
        found += [outcome.bill for outcome in reader if isinstance(outcome, ReadBill)]
    return found


def invoice() -> Bill:
    """An electronic invoice: few facts, no supplies' details."""
    return sample_bills(12, layout=Layout.FATTURAPA)[3]
