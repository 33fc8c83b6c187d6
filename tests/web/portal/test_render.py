"""Every page of hundreds of different bills is drawn, small and whole."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import brotli
import pytest
from django.template import engines

from smartbill.apps.companies.queries import CompanyEntry
from smartbill.core.bill.due import due
from smartbill.core.bill.value import Bill
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
    total = sum(Decimal(row.replace(".", "").replace(",", ".")) for row in rows)
    assert (len(rows), total) == (61, bills.many_supplies().total_due)
    assert drawn(bills.many_supplies(), Step.CONSUMPTION).count("/consumi/") == 60


def test_words_of_the_states() -> None:
    def hero(bill: Bill) -> str:
        text = drawn(bill, Step.SUMMARY).split('class="hero')[1].split("</section>")[0]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))

    assert "Da pagare 146,57 € entro lunedì 27 luglio 2026 mancano 9 giorni" in hero(bills.ordinary())
    assert "sarà addebitato lunedì 27 luglio 2026 sul conto ••••3456" in hero(bills.debited())
    assert "A suo credito 128,57 €" in hero(bills.credit_note())
    assert "Nulla da pagare 0,00 €" in hero(bills.zero())
    assert "48,86 € con la prossima rata, entro lunedì 27 luglio 2026" in hero(bills.with_instalments())
