"""Utility invoices in all the ways suppliers write them, every code, and anything else without an exception."""

import base64
import random
import re
from datetime import date
from decimal import Decimal
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartbill.core.bill.document import decode_document, encode_document
from smartbill.core.bill.value import (
    Bill,
    BillKind,
    ConsumptionKind,
    CustomerKind,
    Destination,
    LineRole,
    LineScope,
    Quality,
    Section,
    Service,
    TermKind,
)
from smartbill.core.flows.fatturapa.reader import split_number
from smartbill.core.flows.value import Finding, Level
from smartbill.core.wording.findings import SENTENCES, message
from tests.core.flows.fatturapa.invoices import (
    HEADER,
    PDR,
    POD,
    Outcome,
    body,
    invoice,
    line,
    management,
    payment,
    pod_code,
    summary,
)


def one(data: bytes, **rules: str) -> Bill:
    outcome = Outcome(data, code_element=rules.get("code_element", ""))
    assert [f.code for f in outcome.findings if f.level is not Level.WARNING] == []
    assert len(outcome.bills) == 1
    bill = outcome.bills[0].bill
    adds_up(bill)
    return bill


def adds_up(bill: Bill) -> None:
    """The invariants of the flow format, 3.2."""
    leaves = [item for item in bill.lines if item.role is LineRole.LEAF]
    scope = {wanted: sum((item.amount for item in leaves if item.scope is wanted), Decimal(0)) for wanted in LineScope}
    assert scope[LineScope.BILL] == bill.total_bill
    assert bill.total_bill + scope[LineScope.DUE] == bill.total_due
    assert bill.taxable + bill.vat == bill.total_bill
    assert sum(item.amount for item in leaves if item.section is Section.VAT) == bill.vat
    assert [item.line_no for item in bill.lines] == list(range(1, len(bill.lines) + 1))
    counted = [term for term in bill.terms if term.kind is not TermKind.ALTERNATIVE]
    assert sum(term.amount for term in counted) == max(bill.total_due, Decimal(0))
    assert bill.due_date == min((term.due_date for term in counted if term.due_date), default=None)
    assert decode_document(encode_document(bill)) == bill


def test_a_whole_invoice() -> None:
    bill = one(invoice(body(general="<Causale>Testo</Causale><Causale>che segue</Causale>")))
    assert (bill.series, bill.number, bill.display_number, bill.einvoice_number) == (
        "B051",
        "539",
        "B051/539",
        "B051/539",
    )
    assert (bill.kind, bill.issue_date, bill.due_date) == (BillKind.INVOICE, date(2026, 3, 10), date(2026, 4, 1))
    assert (bill.period_from, bill.period_to) == (date(2026, 1, 1), date(2026, 2, 28))
    assert (bill.customer.code, bill.customer.full_name, bill.customer.kind) == (
        *("VRDNNA80A41F205K", "Anna Prova"),
        CustomerKind.PERSON,
    )
    assert (bill.customer.address.city, bill.customer.recipient_code) == ("Milano", "0000000")
    assert [(s.seq, s.service, s.point_code) for s in bill.supplies] == [(1, Service.ELECTRICITY, POD)]
    assert [(item.supply_seq, item.section, item.destination, str(item.amount)) for item in bill.lines] == [
        (1, Section.OTHER, Destination.SALE, "100.00"),
        (0, Section.VAT, Destination.TAX, "10.00"),
    ]
    assert [(str(row.rate), str(row.taxable), str(row.vat)) for row in bill.vat_summary] == [
        ("10.00", "100.00", "10.00")
    ]
    assert [notice.text for notice in bill.notices] == ["Testo che segue"]
    assert (bill.payable_online, bill.direct_debit, bill.slip_present) == (True, False, False)


PLACES = {
    "article": line(codes=pod_code()),
    "article, written apart": line(codes=pod_code("it 001 e 1234 5678", "Codice POD")),
    "administration": line(extra=f"<RiferimentoAmministrazione>{POD}</RiferimentoAmministrazione>"),
    "management data": line(extra=management("POD/PDR", f"Punto {POD}")),
    "description": line(f"Energia attiva POD {POD}: quota"),
}
GAS_PLACES = {
    "article": line(codes=pod_code(PDR, "PDR")),
    "administration": line(extra=f"<RiferimentoAmministrazione>{PDR}</RiferimentoAmministrazione>"),
    "management data": line(extra=management("Pod/Pdr", PDR)),
    "description": line(f"Gas naturale, PDR: {PDR}"),
}
WATER_PLACES = {
    "article": line(codes=pod_code("U-00123", "Codice utenza")).replace("U-00123", "U00123"),
    "management data": line(extra=management("UTENZA", "U00123")),
    "description": line("Acquedotto, codice utenza: U00123"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_pod_in_each_place(place: str) -> None:
    outcome = Outcome(invoice(body(lines=PLACES[place])))
    assert (outcome.codes, [(s.service, s.point_code) for s in outcome.bills[0].bill.supplies]) == (
        [],
        [(Service.ELECTRICITY, POD)],
    )


@pytest.mark.parametrize("place", GAS_PLACES)
def test_a_pdr_in_each_place(place: str) -> None:
    bill = one(invoice(body(lines=GAS_PLACES[place])))
    assert [(s.service, s.point_code) for s in bill.supplies] == [(Service.GAS, PDR)]


@pytest.mark.parametrize("place", WATER_PLACES)
def test_a_water_code_in_each_place(place: str) -> None:
    bill = one(invoice(body(lines=WATER_PLACES[place])))
    assert [(s.service, s.point_code) for s in bill.supplies] == [(Service.WATER, "U00123")]


def test_a_pod_in_the_reason() -> None:
    bill = one(invoice(body(lines=line(), general=f"<Causale>Fornitura {POD.lower()}</Causale>")))
    assert [(s.service, s.point_code) for s in bill.supplies] == [(Service.ELECTRICITY, POD)]


@pytest.mark.parametrize(
    ("unit", "service"), [("mc", Service.WATER), ("M3", Service.WATER), ("Smc", Service.GAS), ("kWh", Service.OTHER)]
)
def test_no_code_at_all(unit: str, service: Service) -> None:
    outcome = Outcome(invoice(body(lines=line(quantity="30.00", unit=unit))))
    assert [(f.code, f.level, f.values) for f in outcome.findings] == [("XML-610", Level.WARNING, {"doc": "B051/539"})]
    assert [(s.service, s.point_code) for s in outcome.bills[0].bill.supplies] == [(service, "")]


def test_what_only_looks_like_a_code() -> None:
    lines = line(
        "Canone 12345678901234 IT001E1234567 XIT001E12345678",
        codes=pod_code("999", "EAN") + pod_code("123", "POD"),
        extra="<RiferimentoAmministrazione>123456789012</RiferimentoAmministrazione>" + management("NOTE", PDR),
    )
    assert Outcome(invoice(body(lines=lines))).codes == ["XML-610"]


def test_consumption_is_the_largest_sum_of_one_description() -> None:
    """905 kWh stand on each component; a plain sum would say thousands."""
    lines = "".join(
        [
            line("Materia energia F1", "20.00", quantity="500.00", unit="KWH", codes=pod_code()),
            line("Materia energia F1", "20.00", quantity="405.00", unit="kWh", codes=pod_code()),
            line("Trasporto", "20.00", quantity="905.00000000", unit="kWh", codes=pod_code()),
            line("Oneri di sistema", "10.00", quantity="905.00", unit="kWh", codes=pod_code()),
            line("Quota potenza", "20.00", quantity="3000.00", unit="kW", codes=pod_code()),
            line("Quota fissa", "10.00", quantity="2.00", unit="mesi", codes=pod_code()),
        ]
    )
    supply = one(invoice(body(lines=lines))).supplies[0]
    assert [(c.kind, c.quantity, c.unit, c.band, c.quality, c.date_from, c.date_to) for c in supply.consumptions] == [
        (
            *(ConsumptionKind.BILLED, Decimal(905), "kWh", "TOT", Quality.UNKNOWN),
            *(date(2026, 1, 1), date(2026, 2, 28)),
        )
    ]


def test_consumption_taken_back_on_a_negative_line() -> None:
    lines = line("Energia", "150.00", quantity="905.00", unit="kWh", codes=pod_code()) + line(
        "energia ", "-50.00", quantity="300.00", unit="kWh", codes=pod_code(), period=None
    )
    assert [c.quantity for c in one(invoice(body(lines=lines))).supplies[0].consumptions] == [Decimal(605)]


def test_two_supplies_of_one_invoice_and_a_line_of_the_whole() -> None:
    lines = "".join(
        [
            line(
                "Energia",
                "50.00",
                quantity="100.00",
                unit="kWh",
                codes=pod_code(),
                extra=management("Ind.POD", "Via A 1"),
            ),
            line("Energia", "20.00", quantity="7.00", unit="kWh", codes=pod_code(POD + "9")),
            line("Gas", "20.00", quantity="40.5", unit="Smc", codes=pod_code(PDR, "PDR"), period=None),
            line("Commissione", "10.00"),
        ]
    )
    bill = one(invoice(body(lines=lines)))
    assert [item.supply_seq for item in bill.lines] == [1, 1, 2, 0, 0]
    assert [(s.service, s.point_code, s.address.street) for s in bill.supplies] == [
        (Service.ELECTRICITY, POD, "Via A 1"),
        (Service.GAS, PDR, ""),
    ]
    assert [(c.quantity, c.unit, c.date_from) for s in bill.supplies for c in s.consumptions] == [
        (Decimal(107), "kWh", date(2026, 1, 1)),
        (Decimal("40.5"), "Smc", date(2026, 3, 10)),  # no period in its lines: the day of issue
    ]
    assert bill.services == (Service.ELECTRICITY, Service.GAS)


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("B051/539", ("B051", "539")),
        ("1A/539", ("1A", "539")),
        ("539", ("", "539")),
        ("2023/131703/1", ("", "2023/131703/1")),
        ("539/2026", ("", "539/2026")),
        ("A539/2026", ("", "A539/2026")),
        ("539/12", ("", "539/12")),
        ("b051/539", ("", "b051/539")),
        ("B051/", ("", "B051/")),
    ],
)
def test_series_and_number(number: str, parts: tuple[str, str]) -> None:
    bill = one(invoice(body(number=number)))
    assert (bill.series, bill.number) == parts
    assert bill.display_number == number


@given(st.from_regex(r"[A-Za-z0-9/-]{1,20}", fullmatch=True), st.integers(2000, 2030))
def test_the_two_parts_give_the_number_again(number: str, year: int) -> None:
    series, rest = split_number(number, year)
    assert (f"{series}/{rest}" if series else rest) == number


def test_split_payment() -> None:
    split = summary(extra="<EsigibilitaIVA>S</EsigibilitaIVA>")
    bill = one(invoice(body(summaries=split, payments=payment("100.00"))))
    assert (str(bill.total_bill), str(bill.total_due), bill.split_payment) == ("110.00", "100.00", True)
    assert [(item.section, str(item.amount)) for item in bill.lines if item.scope is LineScope.DUE] == [
        (Section.SPLIT_VAT, "-10.00")
    ]
    assert one(invoice(body(summaries=split, payments=""))).total_due == Decimal("100.00")


def test_reverse_charge() -> None:
    bill = one(
        invoice(
            body(
                lines=line(codes=pod_code(), rate="0.00"),
                summaries=summary(vat="0.00", rate="0.00", extra="<Natura>N6.8</Natura>"),
                payments=payment("100.00"),
                total="100.00",
            )
        )
    )
    assert (bill.reverse_charge, str(bill.vat), str(bill.total_due)) == (True, "0.00", "100.00")


def test_credit_note() -> None:
    lines = line("Energia", quantity="905.00", unit="kWh", codes=pod_code())
    linked = "<DatiFattureCollegate><IdDocumento>B051/12</IdDocumento><Data>2026-01-15</Data></DatiFattureCollegate>"
    outcome = Outcome(invoice(body(kind="TD04", lines=lines, after_general=linked)))
    bill = outcome.bills[0].bill
    adds_up(bill)
    assert outcome.codes == []
    assert (bill.kind, str(bill.total_bill), str(bill.total_due)) == (BillKind.CREDIT_NOTE, "-110.00", "-110.00")
    assert (bill.terms, bill.payable_online) == ((), False)
    assert [str(item.amount) for item in bill.lines] == ["-100.00", "-10.00"]
    assert bill.corrects is not None
    assert (bill.corrects.series, bill.corrects.number) == ("B051", "12")
    assert [(c.kind, c.quantity) for c in bill.supplies[0].consumptions] == [
        (ConsumptionKind.RECALCULATED, Decimal(-905))
    ]


def test_credit_note_with_negative_amounts_in_the_file() -> None:
    data = invoice(
        body(
            kind="TD04",
            lines=line(total="-100.00", codes=pod_code()),
            summaries=summary("-100.00", "-10.00"),
            payments=payment("-110.00"),
            total="-110.00",
        )
    )
    outcome = Outcome(data)
    adds_up(outcome.bills[0].bill)
    assert str(outcome.bills[0].bill.total_bill) == "-110.00"
    assert [(f.code, f.field, f.values["valore"]) for f in outcome.findings] == [
        ("WRN-410", "ImportoTotaleDocumento", "-110.00")
    ]


def test_negative_invoice_leaves_nothing_to_pay() -> None:
    negative = {
        "lines": line(total="-1.66", codes=pod_code()),
        "summaries": summary("-1.66", "-0.17"),
        "total": "-1.83",
    }
    bill = one(invoice(body(**negative, payments="")))
    assert (str(bill.total_bill), str(bill.total_due), bill.terms) == ("-1.83", "-1.83", ())
    outcome = Outcome(invoice(body(**negative, payments=payment("0.00"))))
    assert (str(outcome.bills[0].bill.total_due), outcome.codes) == ("0.00", ["XML-611"])
    assert Outcome(invoice(body(**negative, payments=payment("1.83")))).bills[0].bill.total_due == Decimal("-1.83")


@pytest.mark.parametrize(
    ("method", "facts"),
    [
        ("MP05", (True, False, False)),
        ("MP18", (True, False, True)),
        ("MP23", (True, False, True)),
        ("MP07", (True, False, True)),
        *((f"MP{n:02}", (False, True, False)) for n in (9, 10, 11, 16, 17, 19, 20, 21)),
    ],
)
def test_methods(method: str, facts: tuple[bool, bool, bool]) -> None:
    bill = one(invoice(body(payments=payment(method=method))))
    assert (bill.payable_online, bill.direct_debit, bill.slip_present) == facts


def test_references_of_a_payment() -> None:
    code = "<CodicePagamento>301234567890123456</CodicePagamento>"
    iban = "<IBAN>IT60X0542811101000000123456</IBAN>"
    assert one(invoice(body(payments=payment(method="MP23", extra=code)))).terms[0].notice_code == "301234567890123456"
    assert one(invoice(body(payments=payment(method="MP18", extra=code)))).terms[0].slip_code == "301234567890123456"
    assert one(invoice(body(payments=payment(extra=iban)))).terms[0].creditor_iban == "IT60X0542811101000000123456"
    debited = one(invoice(body(payments=payment(method="MP19", extra=iban)))).terms[0]
    assert (debited.iban_masked, debited.creditor_iban) == ("IT60…3456", "")


def test_instalments_and_the_earliest_date() -> None:
    bill = one(invoice(body(payments=payment("60.00", "2026-05-01") + payment("50.00", "2026-04-01"))))
    assert [(t.seq, t.kind, str(t.amount)) for t in bill.terms] == [
        (1, TermKind.INSTALMENT, "60.00"),
        (2, TermKind.INSTALMENT, "50.00"),
    ]
    assert bill.due_date == date(2026, 4, 1)


def test_ways_to_pay_the_whole_are_not_added_up() -> None:
    outcome = Outcome(invoice(body(payments=payment(method="MP23") + payment(method="MP05"))))
    bill = outcome.bills[0].bill
    adds_up(bill)
    assert (outcome.codes, str(bill.total_due)) == ([], "110.00")
    assert [t.kind for t in bill.terms] == [TermKind.SINGLE, TermKind.ALTERNATIVE]


def test_without_payments_one_term_without_a_date() -> None:
    bill = one(invoice(body(payments="")))
    assert [(t.amount, t.due_date, t.method, t.payable_online) for t in bill.terms] == [
        (Decimal("110.00"), None, "", True)
    ]


def test_days_instead_of_a_date() -> None:
    days = "<DataRiferimentoTerminiPagamento>2026-03-12</DataRiferimentoTerminiPagamento>"
    term = "<GiorniTerminiPagamento>20</GiorniTerminiPagamento>"
    assert one(invoice(body(payments=payment(due="", extra=days + term)))).due_date == date(2026, 4, 1)
    assert one(invoice(body(payments=payment(due="", extra=term)))).due_date == date(2026, 3, 30)


def test_a_declared_payment_wins() -> None:
    outcome = Outcome(invoice(body(payments=payment("150.00"))))
    adds_up(outcome.bills[0].bill)
    assert [(f.code, f.level, f.values["trovato"], f.values["atteso"]) for f in outcome.findings] == [
        ("XML-611", Level.WARNING, "150.00", "110.00")
    ]
    assert str(outcome.bills[0].bill.total_due) == "150.00"


def test_due_before_issue_is_a_warning() -> None:
    outcome = Outcome(invoice(body(payments=payment(due="2026-03-01"))))
    assert [(f.code, f.field) for f in outcome.findings] == [("WRN-410", "DataScadenzaPagamento")]


EXTRAS = {
    "stamp": ("<DatiBollo><BolloVirtuale>SI</BolloVirtuale><ImportoBollo>2.00</ImportoBollo></DatiBollo>", "112.00"),
    "rounding": ("<Arrotondamento>0.40</Arrotondamento>", "110.40"),
    "discount": ("<ScontoMaggiorazione><Tipo>SC</Tipo><Importo>10.00</Importo></ScontoMaggiorazione>", "100.00"),
    "fund": (
        "<DatiCassaPrevidenziale><ImportoContributoCassa>4.00</ImportoContributoCassa></DatiCassaPrevidenziale>",
        "114.00",
    ),
}


@pytest.mark.parametrize("extra", EXTRAS)
def test_amounts_beside_the_lines_close_the_sum(extra: str) -> None:
    general, total = EXTRAS[extra]
    bill = one(invoice(body(general=general, total=total, payments=payment(total))))
    assert (str(bill.total_bill), len(bill.lines)) == (total, 3)


def withheld(amount: str = "20.00", kind: str = "RT02", rate: str = "20.00") -> str:
    return (
        f"<DatiRitenuta><TipoRitenuta>{kind}</TipoRitenuta><ImportoRitenuta>{amount}</ImportoRitenuta>"
        f"<AliquotaRitenuta>{rate}</AliquotaRitenuta><CausalePagamento>A</CausalePagamento></DatiRitenuta>"
    )


WITHHELD = {
    "declared payment": (withheld(), "110.00", payment("90.00"), ("110.00", "90.00"), [LineScope.DUE]),
    "no payment": (withheld(), "110.00", "", ("110.00", "90.00"), [LineScope.DUE]),
    "no total, no payment": (withheld(), "", "", ("110.00", "90.00"), [LineScope.DUE]),
    "a total that is net already": (withheld(), "90.00", payment("90.00"), ("90.00", "90.00"), [LineScope.BILL]),
    "a total that is net already, no payment": (withheld(), "90.00", "", ("90.00", "90.00"), [LineScope.BILL]),
    "the whole is asked for": (withheld(), "110.00", payment("110.00"), ("110.00", "110.00"), []),
    "with a minus sign": (withheld("-20.00"), "110.00", payment("90.00"), ("110.00", "90.00"), [LineScope.DUE]),
}


@pytest.mark.parametrize("how", WITHHELD)
def test_a_withholding_is_no_discount(how: str) -> None:
    general, total, payments, totals, scopes = WITHHELD[how]
    outcome = Outcome(invoice(body(general=general, total=total, payments=payments)))
    bill = outcome.bills[0].bill
    adds_up(bill)
    assert (outcome.codes, (str(bill.total_bill), str(bill.total_due))) == ([], totals)
    found = [item for item in bill.lines if item.section is Section.WITHHOLDING]
    assert [(item.scope, item.description, str(item.amount)) for item in found] == [
        (scope, "Ritenuta d'acconto 20%", "-20.00") for scope in scopes
    ]
    assert {item.section for item in bill.lines} - {Section.WITHHOLDING} == {Section.OTHER, Section.VAT}


@pytest.mark.parametrize(
    ("general", "description"),
    [
        (withheld("20.00", "RT03", "4.00"), "Ritenuta INPS 4%"),
        (withheld("10.00") + withheld("10.00", rate="10.00"), "Ritenuta d'acconto"),
        (withheld("16.00") + withheld("4.00", "RT04", "8.25"), "Ritenute"),
        ("<DatiRitenuta><ImportoRitenuta>20.00</ImportoRitenuta></DatiRitenuta>", "Ritenuta"),
    ],
)
def test_names_of_withholdings(general: str, description: str) -> None:
    bill = one(invoice(body(general=general, payments=payment("90.00"))))
    assert [(item.description, str(item.amount)) for item in bill.lines if item.scope is LineScope.DUE] == [
        (description, "-20.00")
    ]


def test_a_withholding_with_split_payment() -> None:
    split = summary(extra="<EsigibilitaIVA>S</EsigibilitaIVA>")
    for payments in (payment("80.00"), ""):
        bill = one(invoice(body(general=withheld(), summaries=split, payments=payments)))
        assert (str(bill.total_bill), str(bill.total_due)) == ("110.00", "80.00")
        assert [(item.section, str(item.amount)) for item in bill.lines if item.scope is LineScope.DUE] == [
            (Section.SPLIT_VAT, "-10.00"),
            (Section.WITHHOLDING, "-20.00"),
        ]


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_withholding_of_a_credit_note(sign: str) -> None:
    data = invoice(
        body(
            kind="TD04",
            general=withheld(f"{sign}20.00"),
            lines=line(total=f"{sign}100.00", codes=pod_code()),
            summaries=summary(f"{sign}100.00", f"{sign}10.00"),
            total=f"{sign}110.00",
            payments=payment(f"{sign}90.00"),
        )
    )
    bill = Outcome(data).bills[0].bill
    adds_up(bill)
    assert (str(bill.total_bill), str(bill.total_due)) == ("-110.00", "-90.00")
    assert [(item.section, str(item.amount)) for item in bill.lines if item.scope is LineScope.DUE] == [
        (Section.WITHHOLDING, "20.00")
    ]


def test_discount_and_surcharge_of_the_whole_stand_apart() -> None:
    general = (
        "<ScontoMaggiorazione><Tipo>SC</Tipo><Importo>30.00</Importo></ScontoMaggiorazione>"
        "<ScontoMaggiorazione><Tipo>MG</Tipo><Importo>5.00</Importo></ScontoMaggiorazione>"
    )
    bill = one(invoice(body(general=general, total="85.00", payments=payment("85.00"))))
    assert [(item.section, item.description, str(item.amount)) for item in bill.lines[2:]] == [
        (Section.DISCOUNT, "Sconto sul documento", "-30.00"),
        (Section.OTHER, "Maggiorazione sul documento", "5.00"),
    ]


SUPPLIER = (
    "<CedentePrestatore><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>99000000017</IdCodice>"
    "</IdFiscaleIVA><CodiceFiscale>99000000033</CodiceFiscale></DatiAnagrafici></CedentePrestatore>"
)
SUPPLIED = HEADER.replace("<CedentePrestatore><DatiAnagrafici/></CedentePrestatore>", SUPPLIER)


@pytest.mark.parametrize(
    "suppliers", [(), ("99000000017",), ("IT99000000017",), ("99000000033",), ("99000000025", " it 99000000017 ")]
)
def test_an_invoice_of_the_company_itself(suppliers: tuple[str, ...]) -> None:
    """By its VAT number or, where a VAT group issues, by its fiscal code."""
    assert Outcome(invoice(body(), header=SUPPLIED), suppliers=suppliers).codes == []


def test_an_invoice_of_another_company() -> None:
    data = invoice(body(number="A1/1"), body(number="A1/2"), header=SUPPLIED)
    outcome = Outcome(data, suppliers=("99000000025",))
    assert [(f.level, message(f)) for f in outcome.findings] == [
        (Level.FILE, "Il flusso è intestato all'azienda 99000000017, diversa da quella dell'area SFTP.")
    ]
    assert (outcome.bills, len(outcome.refused)) == ([], 1)
    warned = Outcome(data, suppliers=("99000000025",), other_supplier=Level.WARNING)
    assert [(f.level, message(f)) for f in warned.findings] == [
        (
            Level.WARNING,
            "Il file «IT01_1.xml» ha un cedente con partita IVA 99000000017, che non è quella dell'azienda:"
            " controllare.",
        )
    ]
    assert len(warned.bills) == 2


def test_a_foreign_supplier_and_one_without_a_number() -> None:
    foreign = SUPPLIED.replace("<IdPaese>IT", "<IdPaese>DE").replace("<CodiceFiscale>99000000033</CodiceFiscale>", "")
    assert Outcome(invoice(body(), header=foreign), suppliers=("99000000017",)).codes == ["FLS-007"]
    assert Outcome(invoice(body(), header=foreign), suppliers=("DE99000000017",)).codes == []
    unnamed = Outcome(invoice(body()), suppliers=("99000000017",))
    assert [message(f) for f in unnamed.findings] == ["Fattura B051/539: manca l'elemento obbligatorio IdFiscaleIVA."]


SDI_MESSAGES = [
    '<a:RicevutaConsegna xmlns:a="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fattura/messaggi/v1.0"/>',
    '<FileMetadati xmlns="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fattura/messaggi/v1.0"/>',
    '<types:MetadatiInvioFile xmlns:types="http://www.fatturapa.gov.it/sdi/messaggi/v1.0"/>',
    '<types:NotificaDecorrenzaTermini xmlns:types="http://www.fatturapa.gov.it/sdi/messaggi/v1.0"/>',
]


@pytest.mark.parametrize("text", SDI_MESSAGES)
def test_messages_of_the_exchange_system(text: str) -> None:
    """Beside invoices they are foreign files; alone one is not what was wanted."""
    file = "IT01_1_RC_001.xml"
    beside = Outcome(text.encode(), file=file, beside_others=True)
    assert [(f.level, message(f)) for f in beside.all if isinstance(f, Finding)] == [
        (Level.WARNING, f"File non riconosciuto, ignorato: «{file}».")
    ]
    assert len(beside.all) == 1
    alone = Outcome(text.encode(), file=file)
    name = re.findall(r"[:<](\w+) xmlns", text)[0]
    assert [message(f) for f in alone.findings] == [
        f"Il file «{file}» non è una fattura elettronica ordinaria (radice «{name}»)."
    ]


def test_prices_of_many_decimals_leave_a_rounding_line() -> None:
    lines = "".join(line(f"Voce {n}", "33.33333333", codes=pod_code()) for n in range(3))
    bill = one(invoice(body(lines=lines)))
    assert [str(item.amount) for item in bill.lines] == ["33.33", "33.33", "33.33", "10.00", "0.01"]
    assert bill.lines[-1].section is Section.ROUNDING


def test_lines_that_do_not_add_up_are_a_warning() -> None:
    outcome = Outcome(invoice(body(lines=line(total="90.00", codes=pod_code()))))
    assert [(f.code, f.field, f.values["valore"]) for f in outcome.findings] == [
        ("WRN-410", "DettaglioLinee", "differenza 10.00")
    ]


def test_sections_only_where_sure() -> None:
    names = {
        "Accise energia elettrica": (Section.EXCISE, Destination.TAX),
        "Spesa per il trasporto e la gestione del contatore": (Section.OTHER, Destination.NETWORK),
        "Spesa per oneri di sistema": (Section.OTHER, Destination.SYSTEM_CHARGES),
        "Servizio acquedotto quota variabile": (Section.WATER_SUPPLY, Destination.NONE),
        "Fognatura": (Section.SEWERAGE, Destination.NONE),
        "Canone di abbonamento alla televisione": (Section.TV_LICENCE, Destination.NONE),
        "Voce qualsiasi": (Section.OTHER, Destination.NONE),
    }
    lines = "".join(line(name, "10.00", codes=pod_code()) for name in names)
    bill = one(invoice(body(lines=lines, summaries=summary("70.00", "7.00"), total="77.00", payments=payment("77.00"))))
    assert [(item.section, item.destination) for item in bill.lines[:7]] == list(names.values())


def test_customer_code_by_the_rule_of_the_company() -> None:
    contract = "<DatiContratto><IdDocumento>106082</IdDocumento></DatiContratto>"
    extra = management("CODCLI", "C-77")
    data = invoice(body(after_general=contract, lines=line(codes=pod_code(), extra=extra)))
    by_line = "DatiBeniServizi/DettaglioLinee/AltriDatiGestionali[TipoDato=CODCLI]/RiferimentoTesto"
    assert one(data, code_element="DatiGenerali/DatiContratto/IdDocumento").customer.code == "106082"
    assert one(data, code_element=by_line).customer.code == "C-77"
    by_header = "FatturaElettronicaHeader/CessionarioCommittente/Sede/CAP"
    assert one(data, code_element=by_header).customer.code == "20100"
    assert one(data, code_element="DatiGenerali/Nulla").customer.code == "VRDNNA80A41F205K"
    assert one(data).supplies[0].contract_code == "106082"


def test_a_customer_code_that_is_too_long() -> None:
    contract = f"<DatiContratto><IdDocumento>{'9' * 31}</IdDocumento></DatiContratto>"
    outcome = Outcome(invoice(body(after_general=contract)), code_element="DatiGenerali/DatiContratto/IdDocumento")
    assert [(f.code, f.field, f.values["n"], f.values["max"]) for f in outcome.findings] == [
        ("REC-106", "IdDocumento", "31", "30")
    ]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (("<Nome>Anna</Nome><Cognome>Prova</Cognome>", "<Denominazione>Condominio Uno</Denominazione>"), "condominium"),
        (("<Nome>Anna</Nome><Cognome>Prova</Cognome>", "<Denominazione>Prova srl</Denominazione>"), "company"),
    ],
)
def test_kinds_of_customers(change: tuple[str, str], kind: str) -> None:
    header = HEADER.replace(*change).replace("VRDNNA80A41F205K", "80012345678")
    assert Outcome(invoice(body(), header=header)).bills[0].bill.customer.kind == kind
    assert Outcome(invoice(body(), header=header, version="FPA12")).bills[0].bill.customer.kind == "public_body"


def test_attachments_by_content() -> None:
    def attached(name: str, content: bytes) -> str:
        text = base64.b64encode(content).decode()
        return f"<Allegati><NomeAttachment>{name}</NomeAttachment><Attachment>{text}</Attachment></Allegati>"

    files = attached("../../bolletta.xml", b"%PDF-1.7 x") + attached("b.pdf", b"PK\x03\x04") + attached("", b"a")
    bad = "<Allegati><NomeAttachment>c</NomeAttachment><Attachment>§§</Attachment></Allegati>"
    outcome = Outcome(invoice(body(attachments=files + bad)))
    assert [(a.name, a.is_pdf) for a in outcome.bills[0].attachments] == [
        ("bolletta.xml", True),
        ("b.pdf", False),
        ("allegato-3", False),
    ]
    assert [(f.code, f.values["dettaglio"]) for f in outcome.findings] == [("XML-608", "allegato 4 non leggibile")]


def test_real_files_break_the_schema() -> None:
    outcome = Outcome(
        invoice(body(issued=" 2026-03-10+01:00\n", number=" B051/539 ", payments=payment(due="2026-04-01Z")))
    )
    bill = outcome.bills[0].bill
    assert (bill.issue_date, bill.due_date, bill.display_number) == (date(2026, 3, 10), date(2026, 4, 1), "B051/539")
    assert [(f.code, f.values["dettaglio"]) for f in outcome.findings] == [
        ("XML-608", "spazi o fuso orario nella data Data"),
        ("XML-608", "spazi o fuso orario nella data DataScadenzaPagamento"),
    ]


def test_texts_are_cut_and_cleaned() -> None:
    bill = Outcome(invoice(body(lines=line("a\u202eb\u0085 c\n d" + "x" * 1000, codes=pod_code())))).bills[0].bill
    assert bill.lines[0].description == "ab c  d" + "x" * 993


def test_encodings() -> None:
    data = invoice(body(lines=line("Attività è così", codes=pod_code())), encoding="ISO-8859-1")
    assert Outcome(data).bills[0].bill.lines[0].description == "Attività è così"
    for declared in ("UTF-16", "KLINGON", "US-ASCII"):
        lied = Outcome(
            invoice(body(lines=line("Età x", codes=pod_code()))).replace(b'"UTF-8"', f'"{declared}"'.encode())
        )
        assert lied.bills[0].bill.lines[0].description == "Età x"
        assert [message(f) for f in lied.findings] == [
            f"Fattura IT01_1.xml: il file non rispetta lo schema (codifica dichiarata {declared}, contenuto UTF-8:"
            " controllare gli accenti)."
        ]
    wrong = invoice(body(lines=line("Età x", codes=pod_code()))).replace(b'"UTF-8"', b'"ISO-8859-1"')
    outcome = Outcome(wrong)
    assert (outcome.codes, outcome.bills[0].bill.lines[0].description) == (["XML-608"], "EtÃ\xa0 x")
    other = data.replace(b'"ISO-8859-1"', b'"UTF-8"')
    assert Outcome(other).codes == ["XML-602"]
    assert len(Outcome(invoice(body()).decode().replace('encoding="UTF-8"', "").encode("utf-16")).bills) == 1
    assert len(Outcome(b"\xef\xbb\xbf" + invoice(body())).bills) == 1


def test_prefixes_of_any_writer() -> None:
    text = invoice(body()).decode().replace("<Dati", "<p:Dati").replace("</Dati", "</p:Dati")
    assert len(Outcome(text.encode()).bills) == 1


DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "code", "values"),
    [
        (DOCTYPE.encode() + b"<x/>", "XML-601", {}),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- > --><?a ?>\n" + DOCTYPE.encode() + b"<x/>", "XML-601", {}),
        ((DOCTYPE + "<x/>").encode("utf-16"), "XML-601", {}),
        (
            b'<?xml version="1.0" encoding="UTF-7"?>' + (DOCTYPE + "<x/>").encode("utf-7").replace(b"<!", b"+ADwAIQ-"),
            "XML-601",
            {},
        ),
        (b"", "XML-602", {"riga": "1"}),
        (b"<a>\n<b></a>", "XML-602", {"riga": "2"}),
        (b"non XML", "XML-602", {"riga": "1"}),
        (b"<a/>", "XML-603", {"valore": "a"}),
        (invoice(body()).replace(b"p:FatturaElettronica", b"p:FatturaElettronicaSemplificata"), "XML-603", {
            "valore": "FatturaElettronicaSemplificata"
        }),
        (invoice(body(), namespace="http://www.fatturapa.gov.it/sdi/fatturapa/v1.1"), "XML-604", {
            "valore": "http://www.fatturapa.gov.it/sdi/fatturapa/v1.1"
        }),
        (b"<FatturaElettronica versione='FPR12'/>", "XML-604", {"valore": "senza namespace"}),
        (invoice(body(), version="FSM10"), "XML-604", {"valore": "FSM10"}),
        (b"0\x82\x01\x00...", "XML-605", {}),
        (b"0\x80\x06\x09", "XML-605", {}),
        (b"MIIabcdef==", "XML-605", {}),
        (b"-----BEGIN PKCS7-----\nMII", "XML-605", {}),
        (b"<" + b" " * (10 * 1024 * 1024), "XML-612", {"limite": "10 MiB"}),
    ],
)  # fmt: skip
def test_refused_files(data: bytes, code: str, values: dict[str, str]) -> None:
    outcome = Outcome(data, first_seq=7)
    assert [(f.code, f.level, f.file) for f in outcome.findings] == [(code, Level.DOCUMENT, "IT01_1.xml")]
    assert {"nome": "IT01_1.xml", **values}.items() <= outcome.findings[0].values.items()
    assert [r.doc_seq for r in outcome.refused] == [7]
    assert outcome.bills == []
    assert "–" not in message(outcome.findings[0])


def test_an_envelope_by_its_name() -> None:
    assert Outcome(invoice(body()), file="A.XML.P7M").codes == ["XML-605"]


@pytest.mark.parametrize(
    ("cut", "element"),
    [
        ("<TipoDocumento>TD01</TipoDocumento>", "TipoDocumento"),
        ("<Divisa>EUR</Divisa>", "Divisa"),
        ("<Data>2026-03-10</Data>", "Data"),
        ("<Numero>B051/539</Numero>", "Numero"),
        ("<Descrizione>Spesa per la materia energia</Descrizione>", "Descrizione"),
        ("<PrezzoTotale>100.00</PrezzoTotale>", "PrezzoTotale"),
        ("<PrezzoUnitario>1.00</PrezzoUnitario>", "PrezzoUnitario"),
        ("<ImponibileImporto>100.00</ImponibileImporto>", "ImponibileImporto"),
        ("<Imposta>10.00</Imposta>", "Imposta"),
        ("<ImportoPagamento>110.00</ImportoPagamento>", "ImportoPagamento"),
        ("<ModalitaPagamento>MP05</ModalitaPagamento>", "ModalitaPagamento"),
        ("<CodiceFiscale>VRDNNA80A41F205K</CodiceFiscale>", "CodiceFiscale"),
        ("<Cognome>Prova</Cognome>", "Denominazione"),
        ("<Indirizzo>Via Inventata</Indirizzo>", "Indirizzo"),
        ("<CAP>20100</CAP>", "CAP"),
        ("<CedentePrestatore><DatiAnagrafici/></CedentePrestatore>", "CedentePrestatore"),
        (HEADER, "FatturaElettronicaHeader"),
        (summary(), "DatiRiepilogo"),
        (line(codes=pod_code()), "DettaglioLinee"),
    ],
)
def test_mandatory_elements(cut: str, element: str) -> None:
    text = invoice(body()).decode()
    assert cut in text
    outcome = Outcome(text.replace(cut, "").encode())
    assert (outcome.bills, len(outcome.refused)) == ([], 1)
    finding = outcome.findings[0]
    doc = "IT01_1.xml" if element == "Numero" else "B051/539"
    assert (finding.code, finding.level, finding.values["elemento"], finding.values["doc"]) == (
        *("XML-606", Level.DOCUMENT),
        *(element, doc),
    )


def test_no_body_and_no_head_of_a_body() -> None:
    assert [(f.code, f.values["elemento"]) for f in Outcome(invoice()).findings] == [
        ("XML-606", "FatturaElettronicaBody")
    ]
    outcome = Outcome(invoice("<FatturaElettronicaBody/>"))
    assert [(f.code, f.values["elemento"]) for f in outcome.findings] == [("XML-606", "DatiGeneraliDocumento")]


@pytest.mark.parametrize(
    ("old", "new", "code", "field", "value"),
    [
        ("<Data>2026-03-10", "<Data>10/03/2026", "REC-104", "Data", "10/03/2026"),
        ("<Data>2026-03-10", "<Data>2026-02-30", "REC-104", "Data", "2026-02-30"),
        ("<Imposta>10.00", "<Imposta>10,00", "REC-103", "Imposta", "10,00"),
        ("<Imposta>10.00", "<Imposta>1E99", "REC-103", "Imposta", "1E99"),
        ("<Imposta>10.00", "<Imposta>NaN", "REC-103", "Imposta", "NaN"),
        ("<PrezzoTotale>100.00", "<PrezzoTotale>" + "9" * 12, "REC-103", "PrezzoTotale", "9" * 12),
        ("<Divisa>EUR", "<Divisa>USD", "REC-105", "Divisa", "USD"),
        ("<TipoDocumento>TD01", "<TipoDocumento>TD16", "XML-609", "TipoDocumento", "TD16"),
    ],
)
def test_values_that_can_not_be_read(old: str, new: str, code: str, field: str, value: str) -> None:
    outcome = Outcome(invoice(body()).decode().replace(old, new).encode())
    assert outcome.bills == []
    assert [(f.code, f.field, f.values["valore"]) for f in outcome.findings] == [(code, field, value)]


def test_a_number_that_is_too_long() -> None:
    outcome = Outcome(invoice(body(number="9" * 21)))
    assert [(f.code, f.values["n"], f.values["max"]) for f in outcome.findings] == [("REC-106", "21", "20")]


def test_declared_total_against_the_summary() -> None:
    outcome = Outcome(invoice(body(total="120.00", payments=payment("120.00"))))
    assert [(f.code, f.level, f.values["atteso"], f.values["trovato"]) for f in outcome.findings] == [
        ("XML-607", Level.DOCUMENT, "120.00", "110.00")
    ]
    assert Outcome(invoice(body(total="110.05", payments=payment("110.05")))).refused == []


def test_a_bad_body_does_not_spoil_the_others() -> None:
    outcome = Outcome(invoice(body(number="A1/1"), body(number="A1/2", kind="TD99"), body(number="A1/3")), first_seq=10)
    assert [(read.doc_seq, read.bill.number) for read in outcome.bills] == [(10, "1"), (12, "3")]
    assert [(r.doc_seq, r.series, r.number, r.issue_year) for r in outcome.refused] == [(11, "A1", "2", 2026)]
    assert [(f.code, f.document) for f in outcome.findings] == [("XML-609", "A1/2")]


def test_findings_of_one_document_are_bounded() -> None:
    outcome = Outcome(invoice(body(lines="<DettaglioLinee/>" * 5000)))
    assert (len(outcome.findings), len(outcome.refused)) == (50, 1)


def test_wrong_check_digits_only_warn() -> None:
    outcome = Outcome(invoice(body(), header=HEADER.replace("VRDNNA80A41F205K", "VRDNNA80A41F205A")))
    assert (outcome.codes, len(outcome.bills)) == (["WRN-403"], 1)


def test_a_large_file_is_read_in_bounded_time() -> None:
    lines = "".join(line(f"Voce {n}", "1.00", codes=pod_code()) for n in range(3000))
    start = monotonic()
    outcome = Outcome(invoice(body(lines=lines, summaries=summary("3000.00", "300.00"), total="3300.00", payments="")))
    assert len(outcome.bills[0].bill.lines) == 3001
    assert monotonic() - start < 5


@settings(max_examples=100, deadline=2000)
@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(lambda text: invoice(body(number=""), header=HEADER) + text.encode())
)
def test_any_bytes_give_findings(data: bytes) -> None:
    outcome = Outcome(data)
    assert outcome.refused
    assert all(finding.code in SENTENCES for finding in outcome.findings)


def test_mutated_invoices_give_bills_or_findings() -> None:
    good = invoice(body(general="<Causale>x</Causale>"), body(number="A1/2", payments=payment() + payment("1.00")))
    tags = [
        b"<Importo>",
        b"</Data>",
        b"&a;",
        b"<![CDATA[",
        b"-",
        b"9" * 30,
        b"\xff",
        b"\x00",
        b"<Numero>",
        b"E9",
        b"]]>",
    ]
    source = random.Random(11)
    for _ in range(800):
        data = bytearray(good)
        for _ in range(source.randint(1, 4)):
            place = source.randrange(len(data))
            data[place : place + source.randint(0, 8)] = source.choice(tags)
        check(Outcome(bytes(data)))


def test_mutated_values_give_bills_or_findings() -> None:
    """The XML stays whole, its texts do not."""
    parts = invoice(body(general="<Causale>x</Causale>"), body(number="A1/2", kind="TD04")).decode().split(">")
    values = [
        "",
        "0",
        "-5",
        "1e5",
        "TD04",
        "2026-13-01",
        "0001-01-01",
        "9999-12-31",
        "99999999999.99",
        "-0.00",
        POD,
        "S",
        "\u202e",
    ]
    source = random.Random(12)
    for _ in range(800):
        changed = list(parts)
        for _ in range(source.randint(1, 5)):
            place = source.randrange(1, len(parts) - 1)
            text, bracket, tag = changed[place].partition("<")
            if text.strip():
                changed[place] = source.choice(values) + bracket + tag
        check(Outcome(">".join(changed).encode()))


def check(outcome: Outcome) -> None:
    assert outcome.bills or outcome.refused
    for finding in outcome.findings:
        assert finding.code in SENTENCES
        assert message(finding)
    for read in outcome.bills:
        assert encode_document(read.bill)
        leaves = sum((item.amount for item in read.bill.lines if item.scope is LineScope.DUE), Decimal(0))
        assert read.bill.total_bill + leaves == read.bill.total_due
