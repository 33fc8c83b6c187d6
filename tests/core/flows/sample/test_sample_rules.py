"""The rules of the format, checked again on the text of samples by a small checker that knows no code of ours."""

import hashlib
import io
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import phonenumbers
import pytest
from stdnum import iban
from stdnum.it import codicefiscale, iva

from smartbill.core.bill.value import Service
from smartbill.core.flows.sample import SampleSpec, write_sample

CENT = Decimal("0.01")
TODAY = date(2026, 2, 9)  # the winter bills cross the gas step of 480 Smc
BILLS = 3000


@pytest.fixture(scope="module")
def flow() -> bytes:
    out = io.BytesIO()
    summary = write_sample(SampleSpec(company_code="PROVA", bills=BILLS, seed=7, issue_date=TODAY), out)
    with zipfile.ZipFile(out) as archive:
        return archive.read(summary.flow_file)


@pytest.fixture(scope="module")
def documents(flow: bytes) -> list[dict[str, list[list[str]]]]:
    return list(grouped(flow))


def grouped(flow: bytes) -> Iterator[dict[str, list[list[str]]]]:
    """Each document: record type → records, which are their fields padded with empty ones."""
    document: dict[str, list[list[str]]] = defaultdict(list)
    for line in flow.decode().split("\r\n")[1:-2]:
        fields = [*line.split("|"), *[""] * 33]
        if fields[0] == "10" and document:
            yield document
            document = defaultdict(list)
        document[fields[0]].append(fields)
    yield document


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def is_leaf(line: list[str], scope: str) -> bool:
    return line[5] == "L" and line[6] == scope


def test_trailer_declares_what_is_there(flow: bytes, documents: list[dict[str, list[list[str]]]]) -> None:
    body, _, last = flow.rstrip(b"\r\n").rpartition(b"\r\n")
    trailer = last.decode().split("|")
    counts = Counter(line[:2].decode() for line in flow.split(b"\r\n"))
    assert trailer[1] == str(flow.count(b"\r\n"))
    assert trailer[2:4] == [
        str(sum(document["10"][0][2] != "N" for document in documents)),
        str(sum(document["10"][0][2] == "N" for document in documents)),
    ]
    assert number(trailer[4]) == sum(number(document["10"][0][12]) for document in documents)
    assert number(trailer[5]) == sum(number(document["10"][0][15]) for document in documents)
    assert trailer[6:14] == [str(counts[kind]) for kind in ("11", "12", "20", "30", "31", "40", "50", "60")]
    assert trailer[14] == "0"
    assert trailer[15] == hashlib.sha256(body + b"\r\n").hexdigest()


def test_totals_of_every_document(documents: list[dict[str, list[list[str]]]]) -> None:
    for document in documents:
        bill, lines = document["10"][0], document["20"]
        total_bill, taxable, vat, total_due = map(number, bill[12:16])
        assert sum(number(line[17]) for line in lines if is_leaf(line, "B")) == total_bill
        assert total_bill + sum(number(line[17]) for line in lines if is_leaf(line, "P")) == total_due
        assert (sum(number(line[17]) for line in lines if line[7] == "IVA"), total_bill - vat) == (vat, taxable)
        for group in (line for line in lines if line[5] == "T"):
            children = [line for line in lines if line[4] == group[3] and line[5] in "LT"]
            assert sum(number(line[17]) for line in children) == number(group[17])
        assert [line[3] for line in lines] == [str(place) for place in range(1, len(lines) + 1)]
        if bill[16] == "S":
            assert [number(line[17]) for line in lines if line[7] == "SPL"] == ([-vat] if vat else [])


def test_vat_and_prices_of_every_line(documents: list[dict[str, list[list[str]]]]) -> None:
    for document in documents:
        bases: dict[str, Decimal] = defaultdict(Decimal)
        for line in document["20"]:
            if line[5] == "L" and line[7] != "IVA":
                bases[line[18]] += number(line[17])
                assert (line[18] == "0,00") == bool(line[19])
            if line[14] and line[16]:
                assert number(line[17]) == (number(line[14]) * number(line[16])).quantize(CENT, ROUND_HALF_UP)
        taxes = {line[18]: number(line[17]) for line in document["20"] if line[7] == "IVA"}
        for rate, base in bases.items():
            assert taxes.get(rate, Decimal(0)) == (base * number(rate) / 100).quantize(CENT, ROUND_HALF_UP)


def test_terms_of_every_document(documents: list[dict[str, list[list[str]]]]) -> None:
    for document in documents:
        bill, terms = document["10"][0], document["40"]
        due = number(bill[15])
        counted = [term for term in terms if term[3] in "UR"]
        assert sum(number(term[4]) for term in counted) == max(due, Decimal(0))
        days = sorted(date(int(term[5][4:]), int(term[5][2:4]), int(term[5][:2])) for term in terms)
        assert bill[6] == (f"{days[0]:%d%m%Y}" if days else "")
        assert all((day - TODAY).days >= 20 for day in days)
        for term in terms:
            assert (term[7] == "S") == (term[6] == "MP19")
            assert not (term[7] == "S" and "S" in term[8:10])
            for code in filter(None, term[13:15]):
                assert int(code[:16]) % 93 == int(code[16:])


def test_consumptions_and_readings(documents: list[dict[str, list[list[str]]]]) -> None:
    for document in documents:
        bill = document["10"][0]
        for supply in document["12"]:
            billed = [record for record in document["30"] if record[2] == supply[2] and record[3] == "F"]
            assert {record[5] for record in billed} in (
                [{"TOT"}, {"F0"}, {"F1", "F23"}, {"F1", "F2", "F3"}] if bill[2] == "F" else [set()]
            )
            assert all(record[6:8] == bill[7:9] for record in billed)
            history = [record for record in document["30"] if record[2] == supply[2] and record[3] == "S"]
            assert bill[2] == "N" or len(history) * len_months(bill) >= 12
        for reading in document["31"]:
            difference = number(reading[10]) - number(reading[7]) + (100_000 if reading[14] == "S" else 0)
            assert abs(difference * number(reading[12]) - number(reading[13])) <= 1


def len_months(bill: list[str]) -> int:
    return (int(bill[8][4:]) - int(bill[7][4:])) * 12 + int(bill[8][2:4]) - int(bill[7][2:4]) + 1


def test_identifiers_are_valid_and_no_ones(documents: list[dict[str, list[list[str]]]]) -> None:
    people: dict[str, str] = {}
    points: Counter[str] = Counter()
    for document in documents:
        customer = document["11"][0]
        code, vat = customer[6], customer[7]
        assert codicefiscale.is_valid(code)
        assert not vat or (iva.is_valid(vat) and vat[:2] == "99")
        assert code[:2] == "99" if code.isdigit() else code[11] == "X"
        assert people.setdefault(code, customer[2]) == customer[2]
        points.update(supply[4] for supply in document["12"])
        for term in document["40"]:
            assert not term[12] or iban.is_valid(term[12])
        for contact in document["50"]:
            if contact[3] == "E":
                assert contact[4].endswith("@example.org")
            else:
                mobile = phonenumbers.parse(contact[4], "IT")
                assert phonenumbers.number_type(mobile) == phonenumbers.PhoneNumberType.MOBILE
    assert set(points.values()) == {1}


def test_the_profile_is_that_of_real_flows(documents: list[dict[str, list[list[str]]]]) -> None:
    bills = [document["10"][0] for document in documents]
    customers = {document["11"][0][2]: document for document in documents}

    def share(found: int, of: int = BILLS) -> float:
        return found / of

    assert share(sum(bill[2] == "N" for bill in bills)) == pytest.approx(0.02, abs=0.008)
    negative = sum(bill[2] == "F" and bill[12][0] == "-" for bill in bills)
    assert share(negative) == pytest.approx(0.015, abs=0.007)
    assert share(sum(bill[18] == "I" for bill in bills)) == pytest.approx(0.12, abs=0.02)
    many = [document for document in documents if len(document["12"]) > 1]
    assert share(sum(document["10"][0][10] != "M" for document in many)) == pytest.approx(0.01, abs=0.006)
    assert share(sum(document["10"][0][10] == "M" for document in many)) == pytest.approx(0.016, abs=0.01)
    debited = sum(any(term[7] == "S" for term in document["40"]) for document in documents)
    assert share(debited) == pytest.approx(0.43, abs=0.04)
    channels = [{contact[3].replace("W", "S") for contact in document["50"]} for document in customers.values()]
    for wanted, part in (({"S"}, 0.42), ({"E"}, 0.10), ({"S", "E"}, 0.20), (set(), 0.28)):
        assert share(channels.count(wanted), len(channels)) == pytest.approx(part, abs=0.03)
    gas = [document["20"] for document in documents if document["10"][0][10] == "G"]
    rates = [{line[18] for line in lines if line[7] == "CON" and line[5] == "L"} for lines in gas]
    two_rates = rates.count({"10,00", "22,00"})
    assert share(two_rates) > 0.05
    sections = Counter(line[7] for document in documents for line in document["20"])
    assert sections.keys() >= {
        "CAN",
        "BON",
        "ARR",
        "SPL",
        "RIC",
        "SCO",
        "MOR",
        "SER",
        "CRE",
        "CAU",
        "RAT",
        "ALT",
        "IMP",
    }
    kinds = Counter(term[3] for document in documents for term in document["40"])
    assert kinds.keys() == {"U", "R", "A"}


def test_one_municipality_of_each_thousand_has_seven_bills(documents: list[dict[str, list[list[str]]]]) -> None:
    bodies = Counter(document["11"][0][2] for document in documents if document["11"][0][3] == "P")
    assert sorted(bodies.values(), reverse=True)[:3] == [7, 7, 7]


def test_a_single_service_when_asked() -> None:
    out = io.BytesIO()
    spec = SampleSpec(company_code="PROVA", bills=50, seed=1, issue_date=TODAY, services=(Service.WATER,))
    summary = write_sample(spec, out)
    with zipfile.ZipFile(out) as archive:
        flow = archive.read(summary.flow_file)
    assert {supply[3] for document in grouped(flow) for supply in document["12"]} == {"I"}
    assert flow.split(b"|", 12)[11] == b"I"


def test_without_history_bills_tell_what_is_billed_only() -> None:
    out = io.BytesIO()
    spec = SampleSpec(company_code="PROVA", bills=50, seed=1, issue_date=TODAY, history=False)
    summary = write_sample(spec, out)
    with zipfile.ZipFile(out) as archive:
        flow = archive.read(summary.flow_file)
    assert {used[3] for document in grouped(flow) for used in document.get("30", [])} == {"F", "P", "R"}
