"""Numbers, dates and covered personal data as Italian pages write them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartbill.core.bill.value import BillKind, Quality, ReadingKind, Section, Service
from smartbill.core.wording import dates, masks, numbers, terms


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0,00 €"),
        ("0.005", "0,01 €"),
        ("-0.01", "−0,01 €"),
        ("-0.004", "0,00 €"),
        ("1234.5", "1.234,50 €"),
        ("-1234567.89", "−1.234.567,89 €"),
        ("99999999999999999999999999.99", "99.999.999.999.999.999.999.999.999,99 €"),
    ],
)
def test_amounts(amount: str, text: str) -> None:
    assert numbers.euro(Decimal(amount)).replace("\u00a0", " ") == text


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_amounts_read_back(amount: Decimal) -> None:
    text = numbers.euro(amount).removesuffix("\u00a0€")
    assert Decimal(text.replace(".", "").replace(",", ".").replace("\u2212", "-")) == amount


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("412", "kWh", "412 kWh"),
        ("412.000", "kWh", "412 kWh"),
        ("21.412020", "Smc", "21,412 Smc"),
        ("48", "mc", "48 m³"),
        ("1", "mese", "1 mese"),
        ("2", "mese", "2 mesi"),
        ("2", "n", "2"),
        ("-3.5", "kW", "−3,5 kW"),
    ],
)
def test_quantities(value: str, unit: str, text: str) -> None:
    assert numbers.quantity(Decimal(value), unit).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("price", "unit", "text"),
    [
        ("0.1521", "kWh", "0,1521 €/kWh"),
        ("9", "n", "9,00 €"),
        ("0.03287671", "giorno", "0,032877 €/giorno"),
        ("6.5", "mese", "6,50 €/mese"),
    ],
)
def test_prices(price: str, unit: str, text: str) -> None:
    assert numbers.unit_price(Decimal(price), unit).replace("\u00a0", " ") == text


def test_shares_and_rates() -> None:
    assert numbers.share(664) == "66,4\u00a0%"
    assert numbers.share(20) == "2,0\u00a0%"
    assert numbers.percent(Decimal("10.00")) == "10\u00a0%"


def test_dates() -> None:
    assert dates.short_date(date(2026, 7, 6)) == "06/07/2026"
    assert dates.weekday_date(date(2026, 7, 27)) == "lunedì 27 luglio 2026"
    assert dates.long_date(date(2026, 5, 1)) == "1º maggio 2026"


@pytest.mark.parametrize(
    ("first", "last", "text", "short"),
    [
        (date(2026, 7, 1), date(2026, 7, 31), "luglio 2026", "lug"),
        (date(2026, 5, 1), date(2026, 6, 30), "maggio–giugno 2026", "mag-giu"),
        (date(2025, 12, 1), date(2026, 1, 31), "dicembre 2025 – gennaio 2026", "dic-gen"),
        (date(2026, 2, 3), date(2026, 3, 9), "dal 03/02/2026 al 09/03/2026", "feb-mar"),
        (date(2024, 2, 1), date(2024, 2, 29), "febbraio 2024", "feb"),
    ],
)
def test_periods(first: date, last: date, text: str, short: str) -> None:
    assert dates.period(first, last) == text
    assert dates.period_short(first, last) == short


def test_covered_data() -> None:
    assert masks.masked_name("Mario De Rossi") == "M•••• D•••• R••••"
    assert masks.masked_end("RSSMRA80A01H501U", 4) == "••••501U"
    assert masks.masked_end("IT60 X054 3456", 4) == "••••3456"
    assert masks.masked_end("1234567", 4) == "••••"
    assert masks.masked_email("mario.rossi@example.org") == "m••••@e••••.org"


@given(st.text(max_size=80))
def test_covering_never_fails_and_shows_little(text: str) -> None:
    assert len(masks.masked_end(text, 4)) <= 8
    covered = masks.masked_email(text)
    assert covered == "" or "••••" in covered
    masks.masked_name(text)


def test_every_code_has_a_word() -> None:
    assert set(terms.SERVICES) == set(Service)
    assert set(terms.SECTIONS) == set(terms.EXPLANATIONS) == set(Section)
    assert set(terms.BILL_KINDS) == set(BillKind)
    assert set(terms.QUALITIES) == set(Quality)
    assert set(terms.READING_KINDS) == set(ReadingKind)
