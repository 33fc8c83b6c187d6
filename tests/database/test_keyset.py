from datetime import UTC, datetime, timedelta

import pytest

from smartbill.apps.audit.models import Entry
from smartbill.database.context import company
from smartbill.database.keyset import page_of
from tests.conftest import CompanyFixture

START = datetime(2026, 3, 1, tzinfo=UTC)
KEYS = ("-at", "-id")


@pytest.fixture
def seven(acme: CompanyFixture) -> CompanyFixture:
    """Seven entries, two and two at the same time."""
    with company(acme.id):
        Entry.objects.bulk_create(
            Entry(company_id=acme.id, at=START + timedelta(hours=n // 2), actor="x", act=str(n)) for n in range(7)
        )
    return acme


def test_pages_forward_and_back_hold_every_row_once_in_order(seven: CompanyFixture) -> None:
    with company(seven.id):
        rows = Entry.objects.all()
        first = page_of(rows, keys=KEYS, size=3)
        second = page_of(rows, keys=KEYS, size=3, after=first.next)
        third = page_of(rows, keys=KEYS, size=3, after=second.next)
        back = page_of(rows, keys=KEYS, size=3, before=third.previous)
        start = page_of(rows, keys=KEYS, size=3, before=back.previous)
    acts = [[entry.act for entry in page.rows] for page in (first, second, third, back, start)]
    assert acts == [["6", "5", "4"], ["3", "2", "1"], ["0"], ["3", "2", "1"], ["6", "5", "4"]]
    assert (first.previous, third.next, start.previous) == ("", "", "")
    assert start.next == first.next


@pytest.mark.parametrize("cursor", ["x", "a.b.c", "é", "0" * 5000])
def test_a_cursor_that_was_not_given_out_shows_the_first_page(seven: CompanyFixture, cursor: str) -> None:
    with company(seven.id):
        assert [entry.act for entry in page_of(Entry.objects.all(), keys=KEYS, size=2, after=cursor).rows] == ["6", "5"]


def test_a_cursor_of_another_list_shows_the_first_page(seven: CompanyFixture) -> None:
    with company(seven.id):
        other = page_of(Entry.objects.all(), keys=("id",), size=2).next
        assert [entry.act for entry in page_of(Entry.objects.all(), keys=KEYS, size=2, after=other).rows] == ["6", "5"]
