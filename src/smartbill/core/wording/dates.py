"""Dates and periods as Italian pages write them."""

from calendar import monthrange
from datetime import date

MONTHS = (
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
)
WEEKDAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")


def short_date(day: date) -> str:
    """`27/07/2026`."""
    return f"{day:%d/%m/}{day.year:04}"


def long_date(day: date) -> str:
    """`27 luglio 2026`; the first of a month is `1º`."""
    return f"{_day_number(day)} {MONTHS[day.month - 1]} {day.year}"


def weekday_date(day: date) -> str:
    """`lunedì 27 luglio 2026`."""
    return f"{WEEKDAYS[day.weekday()]} {long_date(day)}"


def month_short(day: date) -> str:
    """`lug`."""
    return MONTHS[day.month - 1][:3]


def whole_months(first: date, last: date) -> bool:
    """Does the period begin with a month and end with one?"""
    return first.day == 1 and last.day == monthrange(last.year, last.month)[1]


def period(first: date, last: date) -> str:
    """`luglio 2026`, `maggio–giugno 2026`, `dicembre 2025 – gennaio 2026`, `dal 3/05/2026 al 12/06/2026`."""
    if not whole_months(first, last):
        return f"dal {short_date(first)} al {short_date(last)}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{MONTHS[first.month - 1]} {first.year}"
    if first.year == last.year:
        return f"{MONTHS[first.month - 1]}–{MONTHS[last.month - 1]} {first.year}"
    return f"{MONTHS[first.month - 1]} {first.year} – {MONTHS[last.month - 1]} {last.year}"


def period_short(first: date, last: date) -> str:
    """A label of a few letters below a bar: `lug`, `mag-giu`."""
    if (first.year, first.month) == (last.year, last.month):
        return month_short(last)
    return f"{month_short(first)}-{month_short(last)}"


def _day_number(day: date) -> str:
    return "1º" if day.day == 1 else str(day.day)


def duration(seconds: int) -> str:
    """`45 s`, `12 min`, `2 h 05 min`: so long still, or since."""
    if seconds < 60:
        return f"{max(seconds, 0)} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"
