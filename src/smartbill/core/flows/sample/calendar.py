"""The billing periods that end before an issue date, and how a year's consumption falls on their months."""

from datetime import date, timedelta
from typing import NamedTuple

# share of a year's consumption, January to December, in thousandths
SEASONS = {
    "E": (90, 80, 80, 72, 72, 84, 105, 98, 78, 74, 79, 88),
    "G": (196, 184, 108, 55, 25, 18, 15, 15, 20, 50, 115, 199),
    "I": (78, 74, 79, 80, 86, 92, 99, 95, 84, 80, 76, 77),
}


class Period(NamedTuple):
    start: date
    end: date
    text: str  # both days, as two fields of a record
    days: int
    months: tuple[int, ...]
    shares: dict[str, int]  # service letter -> thousandths of the yearly consumption
    earlier: dict[str, int]  # service letter -> thousandths consumed in the calendar year before the period


def day(value: date) -> str:
    return f"{value.day:02d}{value.month:02d}{value.year}"


def add_months(first: date, months: int) -> date:
    """The first of a month, some months later or earlier."""
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _period(start: date, months: int) -> Period:
    after = add_months(start, months)
    numbers = tuple(add_months(start, step).month for step in range(months))
    end = after - timedelta(days=1)
    return Period(
        start,
        end,
        f"{day(start)}|{day(end)}",
        (after - start).days,
        numbers,
        {letter: sum(shares[month - 1] for month in numbers) for letter, shares in SEASONS.items()},
        {letter: sum(shares[: start.month - 1]) if start.year == end.year else 0 for letter, shares in SEASONS.items()},
    )


class Calendar:
    """Periods of 1 to 4 months: `periods[length][0]` is the one billed, the next ones go back over a year."""

    def __init__(self, issue_date: date) -> None:
        self.issue_date = issue_date
        month = issue_date.replace(day=1)
        self.periods = {
            length: [_period(add_months(month, -length * (back + 1)), length) for back in range(12 // length + 1)]
            for length in (1, 2, 3, 4)
        }
        year_start = add_months(month, -12)
        self.year_text = f"{day(year_start)}|{day(month - timedelta(days=1))}"
        self.issue_text = day(issue_date)
        self.state_text = day(issue_date - timedelta(days=1))
        self.due_texts = {after: day(issue_date + timedelta(days=after)) for after in range(181)}
        self.selfread_text = f"{day(issue_date + timedelta(days=40))}|{day(issue_date + timedelta(days=50))}"
