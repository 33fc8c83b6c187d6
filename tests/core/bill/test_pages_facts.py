"""What the pages show of a bill: groups, what to do, consumption, bars. Bills by hand and hundreds of samples."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from smartbill.core.bill.bars import bar_chart, nice_top
from smartbill.core.bill.calendar import due_calendar, due_dates
from smartbill.core.bill.consumption import supply_use
from smartbill.core.bill.costs import CHART_PARTS, Split, costs, supply_amounts
from smartbill.core.bill.due import DueState, due
from smartbill.core.bill.value import (
    Bill,
    Consumption,
    ConsumptionKind,
    CostLine,
    Destination,
    LineRole,
    Measure,
    Quality,
    Section,
)
from smartbill.core.flows.sample import Layout
from tests.web.portal import bills

TODAY = date(2026, 7, 18)


def test_groups_of_the_receipt() -> None:
    found = costs(bills.ordinary())
    assert [(group.section, group.amount, group.share) for group in found.groups] == [
        (Section.USAGE, Decimal("85.43"), 664),
        (Section.FIXED, Decimal("17.05"), 133),
        (Section.POWER, Decimal("11.86"), 92),
        (Section.EXCISE, Decimal("2.54"), 20),
        (Section.VAT, Decimal("11.69"), 91),
    ]
    assert [(group.section, group.amount) for group in found.outside] == [(Section.TV_LICENCE, Decimal("18.00"))]
    usage = found.groups[0]
    assert usage.splits == (
        Split(Destination.SALE, Decimal("66.91")),
        Split(Destination.NETWORK, Decimal("6.04")),
        Split(Destination.SYSTEM_CHARGES, Decimal("12.48")),
    )
    assert (usage.quantity, usage.price_is_average) == (Decimal(412), True)
    assert len(usage.lines) == 8


def test_a_bill_in_one_section_is_shown_by_line() -> None:
    lines = tuple(
        CostLine(line_no=n, section=Section.OTHER, description=f"Voce {n}", amount=Decimal(n)) for n in range(1, 4)
    )
    bill = replace(bills.ordinary(), lines=lines, total_bill=Decimal(6), total_due=Decimal(6))
    assert [(group.title, group.amount) for group in costs(bill).groups] == [
        ("Voce 1", Decimal(1)),
        ("Voce 2", Decimal(2)),
        ("Voce 3", Decimal(3)),
    ]


def test_a_tree_of_any_depth_is_walked() -> None:
    deep = [
        CostLine(
            line_no=n, parent=n - 1, role=LineRole.TOTAL, section=Section.USAGE, description="x", amount=Decimal(1)
        )
        for n in range(1, 5000)
    ]
    leaf = CostLine(line_no=5000, parent=4999, section=Section.USAGE, description="y", amount=Decimal(1))
    found = costs(replace(bills.ordinary(), lines=(*deep, leaf), total_bill=Decimal(1)))
    assert [group.amount for group in found.groups] == [Decimal(1)]
    assert max(entry.depth for entry in found.groups[0].lines) == 3


def test_small_groups_are_drawn_as_one() -> None:
    sections = [section for section in Section if section is not Section.VAT][: CHART_PARTS + 4]
    lines = tuple(
        CostLine(line_no=n, section=section, description="v", amount=Decimal(n))
        for n, section in enumerate(sections, 1)
    )
    found = costs(replace(bills.ordinary(), lines=lines))
    assert len(found.chart) == CHART_PARTS
    assert found.chart[-1].group is None
    assert sum(part.width for part in found.chart) == 1000


@pytest.fixture(scope="module")
def samples() -> list[Bill]:
    return bills.sample_bills(400, seed=3) + bills.sample_bills(100, seed=3, layout=Layout.FATTURAPA)


def test_groups_of_any_bill_add_to_its_totals(samples: list[Bill]) -> None:
    for bill in samples:
        found = costs(bill)
        inside = sum((group.amount for group in found.groups), Decimal(0))
        outside = sum((group.amount for group in found.outside), Decimal(0))
        if bill.source.startswith("stabo"):
            assert (inside, inside + outside) == (bill.total_bill, bill.total_due)
            assert sum(supply_amounts(bill).values(), Decimal(0)) == bill.total_bill
        told = [group.share for group in found.groups if group.share is not None]
        assert sum(told) in (0, 1000)
        for group in found.groups:
            counted = sum((entry.line.amount for entry in group.lines if entry.counted), Decimal(0))
            assert not group.lines or counted == group.amount


def test_consumption_of_any_bill(samples: list[Bill]) -> None:
    for bill in samples:
        for supply in bill.supplies:
            use = supply_use(supply)
            if use.total:
                assert not use.total.bands or sum(band.quantity for band in use.total.bands) == use.total.quantity
            chart = bar_chart(use.periods)
            for bar in chart.bars if chart else ():
                assert all(piece.y >= 0 and piece.y + piece.height <= 100 for piece in bar.pieces)


@pytest.mark.parametrize(
    ("bill", "today", "state", "amount", "days"),
    [
        (bills.ordinary(), TODAY, DueState.TO_PAY, "146.57", 9),
        (bills.ordinary(), date(2026, 7, 24), DueState.DUE_SOON, "146.57", 3),
        (bills.ordinary(), date(2026, 7, 27), DueState.DUE_SOON, "146.57", 0),
        (bills.ordinary(), date(2026, 7, 28), DueState.OVERDUE, "146.57", -1),
        (bills.debited(), date(2026, 7, 28), DueState.DIRECT_DEBIT, "146.57", -1),
        (bills.credit_note(), TODAY, DueState.CREDIT, "128.57", None),
        (bills.zero(), TODAY, DueState.NOTHING, "0.00", None),
    ],
)
def test_what_to_do(bill: Bill, today: date, state: DueState, amount: str, days: int | None) -> None:
    found = due(bill, today)
    assert (found.state, found.amount, found.days) == (state, Decimal(amount), days)


def test_instalments_go_on_one_after_the_other() -> None:
    bill = bills.with_instalments()
    dates = [due(bill, TODAY + timedelta(days=31 * n)).due_date for n in range(4)]
    assert dates == [date(2026, 7, 27), date(2026, 8, 27), date(2026, 9, 27), date(2026, 9, 27)]
    assert len(due(bill, TODAY).codes) == 3


def test_who_is_debited_is_shown_no_codes() -> None:
    term = replace(bills.debited().terms[0], notice_code="301000000000000601")
    assert due(replace(bills.debited(), terms=(term,)), TODAY).codes == ()


def test_consumption_against_last_year_and_before() -> None:
    use = supply_use(bills.ordinary().supplies[0])
    assert use.total is not None
    assert (use.total.quantity, use.unit, use.total.days) == (Decimal(412), "kWh", 61)
    assert [(band.band, band.quantity, band.share) for band in use.total.bands] == [
        ("F1", Decimal(138), 335),
        ("F2", Decimal(121), 294),
        ("F3", Decimal(153), 371),
    ]
    assert use.last_year is not None
    assert (use.last_year.date_from, use.last_year.quantity, use.last_year.change) == (
        date(2025, 5, 1),
        Decimal(371),
        Decimal(11),
    )
    assert use.before is not None
    assert (use.before.date_from, use.before.quantity) == (date(2026, 3, 1), Decimal(339))
    assert use.peak is not None
    assert use.peak.quantity == Decimal("3.1")


def test_a_total_beside_its_bands_is_not_added() -> None:
    supply = bills.ordinary().supplies[0]
    first, last = date(2026, 5, 1), date(2026, 6, 30)
    entries = tuple(
        Consumption(
            kind=ConsumptionKind.BILLED,
            measure=Measure.ACTIVE,
            band=band,
            date_from=first,
            date_to=last,
            quantity=Decimal(quantity),
            unit="kWh",
            quality=Quality.READ,
        )
        for band, quantity in (("TOT", 30), ("F1", 10), ("F2", 20))
    )
    use = supply_use(replace(supply, consumptions=entries))
    assert use.total is not None
    assert use.total.quantity == Decimal(30)


@pytest.mark.parametrize(
    ("highest", "top"),
    [("0.4", "0.4"), ("7", "8"), ("101", "120"), ("437", "500"), ("1000", "1000"), ("0.0013", "0.0016")],
)
def test_scales_end_at_short_numbers(highest: str, top: str) -> None:
    assert nice_top(Decimal(highest)) == Decimal(top)


def test_the_calendar_of_instalments() -> None:
    bill = bills.with_instalments()
    now = datetime(2026, 7, 18, 9, tzinfo=UTC)
    text = (due_calendar(bill, company_code="ACME", company_name="Acme; Energia, S.p.A.", now=now) or b"").decode()
    assert len(due_dates(bill)) == text.count("BEGIN:VEVENT") == 3
    assert text.count("TRIGGER:-P3D") == text.count("TRIGGER:-P1D") == 3
    assert text.count("UID:B051-601-2026-1@ACME.bolletta-smart") == 1
    later = (due_calendar(bill, company_code="ACME", company_name="Acme", now=now + timedelta(hours=1)) or b"").decode()
    assert text.split("SEQUENCE:")[1] < later.split("SEQUENCE:")[1], "saved again it replaces what is there"
