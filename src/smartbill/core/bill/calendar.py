"""The due date as a calendar file (R16): an all-day event with alarms three days and one day before.

No amount and no name in it: calendars show on lock screens and are shared.
"""

from datetime import date, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from smartbill.core.bill.value import Bill, TermKind

_ALARMS = (timedelta(days=3), timedelta(days=1))
_EPOCH = 1_600_000_000


def due_calendar(bill: Bill, *, company_code: str, company_name: str, now: datetime) -> bytes | None:
    """An event for the due date, or for each instalment. None when nothing is to pay or no date is told.

    The UIDs stay the same, so a file saved again replaces the events that are there (RFC 5545, 3.8.7.4).
    """
    dates = due_dates(bill)
    if not dates:
        return None
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Bolletta Smart//IT")
    calendar.add("method", "PUBLISH")
    for number, day in enumerate(dates, 1):
        event = Event()
        event.add("uid", f"{bill.series}-{bill.number}-{bill.issue_date.year}-{number}@{company_code}.bolletta-smart")
        event.add("sequence", int(now.timestamp() - _EPOCH) // 60)
        event.add("dtstamp", now)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", _summary(bill, company_name, number, len(dates)))
        event.add("description", f"Documento {bill.display_number}")
        event.add("transp", "TRANSPARENT")
        for before in _ALARMS:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", event["summary"])
            alarm.add("trigger", -before)
            event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def due_dates(bill: Bill) -> tuple[date, ...]:
    if bill.total_due <= 0:
        return ()
    instalments = tuple(
        term.due_date for term in bill.terms if term.kind is TermKind.INSTALMENT and term.due_date is not None
    )
    return instalments or ((bill.due_date,) if bill.due_date else ())


def _summary(bill: Bill, company_name: str, number: int, of: int) -> str:
    what = "Addebito bolletta" if bill.direct_debit else "Scadenza bolletta"
    return f"{what} {company_name}" + (f" (rata {number} di {of})" if of > 1 else "")
