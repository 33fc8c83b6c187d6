"""Every page of hundreds of different bills is drawn, small and whole."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import brotli
import pytest
from django.template import engines
from msgspec.structs import replace

from smartbill.apps.companies.queries import CompanyEntry
from smartbill.core.bill.due import due
from smartbill.core.bill.value import Bill, CostLine, Section, Service, Supply
from smartbill.core.company.documents import Access
from smartbill.core.flows.sample import Layout
from smartbill.core.tickets.steps import PAGES, Step
from smartbill.core.wording.numbers import euro
from smartbill.usecases.portal.companies import CompanyFace
from smartbill.usecases.portal.open_ticket import OpenTicket
from smartbill.web.portal import content
from smartbill.web.portal.answers import sheet_of
from smartbill.web.portal.content import Context, Place
from tests.web.portal import bills
from tests.web.portal.conftest import LOOK

NOW = datetime(2026, 7, 18, 9, 0, tzinfo=UTC)
FACE = CompanyFace(CompanyEntry(1, "ACME", "Acme Energia", None), 1, LOOK, Access())

#: One round trip of data.
BUDGET = 14 * 1024


def drawn(bill: Bill, step: Step) -> str:
    ticket = OpenTicket(
        ticket_id=1,
        bill_id=1,
        bill=bill,
        pdf=None,
        valid_until=NOW + timedelta(days=15),
        channel="sms",
        address="+393330000001",
        language="it",
    )
    own: dict[Step, Context | None] = {
        Step.SUMMARY: content.summary(ticket, NOW),
        Step.AMOUNTS: content.amounts(ticket),
        Step.CONSUMPTION: content.consumption(ticket, None),
        Step.DETAILS: content.details(ticket),
    }
    frame = content.ticket_frame(FACE, Place("/c/ACME", "/c/ACME/t/x"), ticket, step)
    return str(engines["portal"].get_template(f"{step.value}.html").render(frame | (own[step] or {})))


@pytest.mark.parametrize("layout", list(Layout))
def test_pages_of_samples(layout: Layout) -> None:
    sheet = len(brotli.compress(sheet_of(FACE).text.encode(), quality=11))
    for bill in bills.sample_bills(150, seed=11, layout=layout):
        for step in sorted(PAGES):
            page = drawn(bill, step)
            assert len(brotli.compress(page.encode(), quality=5)) + sheet < BUDGET
            ids = re.findall(r' id="([^"]+)"', page)
            assert len(ids) == len(set(ids)), "an id is given once"
            assert set(re.findall(r'aria-labelledby="([^"]+)"', page)) <= {
                *ids,
                *(f"{a} {b}" for a in ids for b in ids),
            }
        assert euro(due(bill, NOW.date()).amount) in drawn(bill, Step.SUMMARY)
        assert euro(abs(bill.total_due)) in drawn(bill, Step.AMOUNTS)


@pytest.mark.parametrize("make", [bills.many_supplies, bills.many_lines])
def test_large_bills_stay_within_the_budget(make) -> None:  # type: ignore[no-untyped-def]
    sheet = len(brotli.compress(sheet_of(FACE).text.encode(), quality=11))
    for step in sorted(PAGES):
        assert len(brotli.compress(drawn(make(), step).encode(), quality=5)) + sheet < BUDGET


def test_sixty_supplies_are_listed_and_add_up() -> None:
    page = drawn(bills.many_supplies(), Step.SUMMARY)
    rows = re.findall(r'<span class="sum">([^<]+)\u00a0€</span></li>', page.split('id="sup"')[1].split("</section>")[0])
    total = sum(map(_euros, rows))
    assert (len(rows), total) == (61, bills.many_supplies().total_due)
    assert drawn(bills.many_supplies(), Step.CONSUMPTION).count("/consumi/") == 60


def _euros(shown: str) -> Decimal:
    return Decimal(shown.replace(".", "").replace(",", ".").replace("−", "-"))


def test_what_the_amount_is_made_of_adds_up() -> None:
    told = 0
    for bill in [*bills.sample_bills(150, seed=12), bills.credit_note(), bills.many_lines()]:
        legend = drawn(bill, Step.SUMMARY).partition('<ul class="legend">')[2].partition("</ul>")[0]
        rows = re.findall(r'<span class="sum">([^<]+)\u00a0€</span>', legend)
        told += bool(rows)
        assert not rows or sum(map(_euros, rows)) == bill.total_due
    assert told > 100


def test_an_invoice_of_any_trade() -> None:
    """Goods first, then the tax on them; a discount of a credit note is in the list; nothing is told of no supply."""
    line = partial(CostLine, unit_price=None)
    bill = replace(
        bills.credit_note(),
        source="fatturapa",
        supplies=(Supply(seq=1, service=Service.OTHER),),
        lines=(
            line(line_no=1, section=Section.OTHER, description="Merce", amount=Decimal("-100.00")),
            line(line_no=2, section=Section.VAT, description="IVA 22%", amount=Decimal("-17.60")),
            line(line_no=3, section=Section.DISCOUNT, description="Sconto", amount=Decimal("20.00")),
        ),
    )
    summary = drawn(bill, Step.SUMMARY)
    shown = [summary.index(amount) for amount in ("20,00", "−100,00", "−17,60")]
    assert shown == sorted(shown)
    assert "Fornitura ·" not in drawn(bill, Step.DETAILS)


def test_a_due_date_gone_by_goes_in_no_calendar() -> None:
    assert "/scadenza.ics" in drawn(bills.ordinary(), Step.SUMMARY)
    overdue = replace(bills.ordinary(), due_date=date(2014, 1, 30))
    assert "/scadenza.ics" not in drawn(overdue, Step.SUMMARY)
    assert "scaduta da 4.552 giorni" in drawn(overdue, Step.SUMMARY)


def test_words_of_the_states() -> None:
    def hero(bill: Bill) -> str:
        text = drawn(bill, Step.SUMMARY).split('class="hero')[1].split("</section>")[0]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))

    assert "Da pagare 146,57 € entro lunedì 27 luglio 2026 mancano 9 giorni" in hero(bills.ordinary())
    assert "sarà addebitato lunedì 27 luglio 2026 sul conto ••••3456" in hero(bills.debited())
    assert "A suo credito 128,57 €" in hero(bills.credit_note())
    assert "Nulla da pagare 0,00 €" in hero(bills.zero())
    assert "48,86 € con la prossima rata, entro lunedì 27 luglio 2026" in hero(bills.with_instalments())
