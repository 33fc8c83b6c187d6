"""Filters of the staff templates: amounts, counts and shares as Italians write them, and words for codes."""

from collections.abc import Mapping
from decimal import Decimal

from django import template

from smartbill.core.wording import numbers
from smartbill.core.wording.dates import duration
from smartbill.web.backoffice import words

register = template.Library()

_TABLES: dict[str, Mapping[str, object]] = {
    "stage": words.STAGES,
    "channel": words.CHANNELS,
    "label": words.LABELS,
    "message": words.MESSAGES,
    "batch": words.BATCHES,
    "batch_kind": words.BATCH_KINDS,
    "level": words.LEVELS,
    "check": words.CHECKS,
    "check_advice": words.CHECK_ADVICE,
    "source": words.SOURCES,
    "fate": words.FATES,
    "upload": words.UPLOADS,
    "entry_kind": words.ENTRY_KINDS,
    "further": words.FURTHER,
    "bill_kind": words.BILL_KINDS,
    "service": words.SERVICES,
    "section": words.SECTIONS,
    "quality": words.QUALITIES,
    "reading_kind": words.READING_KINDS,
    "method": words.METHODS,
    "file_kind": words.FILE_KINDS,
    "file_fault": words.FILE_FAULTS,
    "act": words.ACTS,
    "step": words.STEPS,
    "reason": words.REASONS,
    "role": words.ROLES,
    "version": words.VERSIONS,
    "layout_kind": words.LAYOUT_KINDS,
    "contact_file": words.CONTACT_FILES,
    "contact_source": words.CONTACT_SOURCES,
    "contact_event": words.CONTACT_EVENTS,
    "contact_value": words.CONTACT_VALUES,
}
_TO_ITALIAN = str.maketrans(",.", ".,")


@register.filter
def word(code: str, table: str) -> str:
    """The Italian word of a code; a code unknown here is shown as it is."""
    return str(_TABLES[table].get(code, code))


@register.filter
def tone(code: str) -> str:
    return words.TONES.get(code, "plain")


@register.filter
def count(value: int | None) -> str:
    """122570 -> 122.570"""
    return "–" if value is None else f"{value:,}".translate(_TO_ITALIAN)


@register.filter
def cents(value: int) -> str:
    """5500 -> 55,00"""
    return f"{Decimal(value) / 100:,.2f}".translate(_TO_ITALIAN)


@register.filter
def money(value: Decimal) -> str:
    """Decimal("1014.00") -> 1.014,00"""
    return f"{value:,.2f}".translate(_TO_ITALIAN)


@register.filter
def number(value: Decimal | None) -> str:
    """Decimal("412.000") -> 412; with up to eight decimals, as many as there are."""
    return "–" if value is None else numbers.number(value, most=8)


@register.filter
def quantity(value: Decimal | None, unit: str) -> str:
    """Decimal("412.000"), "kWh" -> 412 kWh"""
    return "–" if value is None else numbers.quantity(value, unit)


@register.filter
def percent(share: Decimal | str | None) -> str:
    """Decimal("71.33") -> 71,33%"""
    return "–" if share is None or share == "" else f"{Decimal(share):,.2f}%".translate(_TO_ITALIAN)


@register.filter
def rate(value: float) -> str:
    """1234.5 -> 1.234,5; whole from ten on"""
    return f"{value:,.1f}".translate(_TO_ITALIAN) if value < 10 else count(round(value))


register.filter("duration", duration)


@register.filter
def size(value: int) -> str:
    """Bytes, in the unit that reads best."""
    amount = float(value)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}".replace(".", ",")
        amount /= 1000
    return f"{amount:.2f} GB".replace(".", ",")
