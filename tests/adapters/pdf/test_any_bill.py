"""Whatever a bill value can hold becomes a document, and its amount stands in it."""

from hypothesis import HealthCheck, given, settings

from smartbill.adapters.pdf.typesetter import Typesetter
from smartbill.core.bill.due import due
from smartbill.core.bill.value import Bill
from smartbill.core.wording.numbers import euro
from tests.adapters.pdf import papers
from tests.core.bill.anything import bills


@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(bill=bills())
def test_any_bill_becomes_a_document(typesetter: Typesetter, bill: Bill) -> None:
    text = " ".join(papers.text_of(papers.made(typesetter, bill)).split())
    assert " ".join(euro(due(bill, bill.issue_date).amount).split()) in text
