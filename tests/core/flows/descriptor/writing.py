"""A writer of flows by a layout, the reader's other half: what any layout writes it must read back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from smartbill.core.flows.descriptor.checks import Entry
from smartbill.core.flows.descriptor.conditions import comparable
from smartbill.core.flows.descriptor.document import Gathered
from smartbill.core.flows.descriptor.flow import DescribedFlowReader
from smartbill.core.flows.descriptor.keys import FieldKeys, FormatKeys, RecordKeys
from smartbill.core.flows.descriptor.layout import Layout
from smartbill.core.flows.stabo.reader import Outcome

Written = tuple[str, Mapping[str, Any]]  # type of a record, values as its fields hold them


def records_of(layout: Layout, data: bytes, now: datetime) -> tuple[list[list[Entry]], list[Outcome]]:
    """The records of each document of a flow, and what reading them gave."""
    seen: list[Gathered] = []
    outcomes = list(DescribedFlowReader(BytesIO(data), layout, file="f", now=now, watch=seen.append))
    return [gathered.entries for gathered in seen], outcomes


def write_lines(layout: Layout, records: Iterable[Written]) -> str:
    """The lines of a fixed or delimited flow, without header rows; records of one line are written once."""
    keys = {record.type: record for record in layout.descriptor.records}
    return "\n".join(_line(layout, keys[kind], values) for kind, values in records) + "\n"


def header_rows(layout: Layout) -> list[str]:
    """One for each type of record, its columns in the order of the descriptor."""
    separator = layout.descriptor.delimited.separator
    return [separator.join([record.type, *_columns(record)]) for record in layout.descriptor.records if record.fields]


def _columns(record: RecordKeys) -> list[str]:
    return list(dict.fromkeys(field.column for field in record.fields if field.column))


def _line(layout: Layout, record: RecordKeys, values: Mapping[str, Any]) -> str:
    cells: dict[object, list[str]] = {}
    for field in record.fields:
        place = _place(field)
        if place is None:
            continue
        found = candidates(layout, field, values.get(field.name))
        cells[place] = found if place not in cells else [text for text in cells[place] if text in found] or cells[place]
    if layout.kind == "fixed":
        return _fixed(layout, record, cells)
    return _delimited(layout, record, cells)


def _place(field: FieldKeys) -> object:
    if field.at is not None:
        return field.at
    if field.pos is not None and field.len is not None:
        return (field.pos, field.len)
    return field.column


def _fixed(layout: Layout, record: RecordKeys, cells: Mapping[Any, Sequence[str]]) -> str:
    width = layout.descriptor.layout.record_length or 2_000
    line = [" "] * width
    kind = layout.descriptor.layout.record_type
    if kind is not None:
        line[kind.pos - 1 : kind.pos - 1 + kind.len] = record.type.ljust(kind.len)
    formats = {(field.pos, field.len): _format(layout, field) for field in record.fields}
    for (pos, length), texts in cells.items():
        text = texts[0]
        form = formats[pos, length]
        if form.type in {"int", "decimal"} and text.strip():
            text = _padded(text, length, form)
        assert len(text) <= length, (record.type, pos, text)
        line[pos - 1 : pos - 1 + length] = text.ljust(length)
    whole = "".join(line)
    return whole if layout.descriptor.layout.record_length else whole.rstrip()


def _padded(text: str, length: int, form: FormatKeys) -> str:
    """Digits fill their place with zeros, behind a leading sign."""
    if text[0] in "+-":
        return text[0] + text[1:].rjust(length - 1, "0" if form.implied else " ")
    return text.rjust(length, "0" if form.implied else " ")


def _delimited(layout: Layout, record: RecordKeys, cells: Mapping[Any, Sequence[str]]) -> str:
    keys = layout.descriptor.delimited
    if keys.header_row:
        texts = [record.type, *(cells[column][0] for column in _columns(record))]
    else:
        last = max([place for place in cells if isinstance(place, int)], default=1)
        texts = [cells.get(place, [""])[0] for place in range(1, last + 1)]
        kind = layout.descriptor.layout.record_type
        if kind is not None:
            texts[kind.field - 1] = record.type
    return keys.separator.join(_quoted(text, keys.separator, keys.quote) for text in texts)


def _quoted(text: str, separator: str, quote: str) -> str:
    if quote and (separator in text or quote in text):
        return quote + text.replace(quote, quote * 2) + quote
    return text


# --- values to texts ---


def _format(layout: Layout, field: FieldKeys) -> FormatKeys:
    return layout.descriptor.formats.get(field.format) or FormatKeys(type=field.format or "text")


def candidates(layout: Layout, field: FieldKeys, value: Any) -> list[str]:
    """Texts that a field may have been read from."""
    form = _format(layout, field)
    if value is None or value == "":
        return [form.empty[-1] if "" not in form.empty else "", *form.empty, *_unknown(layout, field)]
    if field.lookup:
        table = layout.descriptor.lookups[field.lookup]
        texts = set(_texts(form, field, value)) | {str(comparable(value)), _plain(value)}
        return [key for key, looked in table.items() if looked in texts] or ["?"]
    return _texts(form, field, value)


def _unknown(layout: Layout, field: FieldKeys) -> list[str]:
    """Texts whose look-up gives nothing."""
    table = layout.descriptor.lookups.get(field.lookup, {})
    return [key for key, looked in table.items() if not looked]


def _plain(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _texts(form: FormatKeys, field: FieldKeys, value: Any) -> list[str]:
    if form.type == "enum":
        table = {**form.values, **field.values}
        mine = comparable(value)
        return [key for key, meant in table.items() if comparable(meant) == mine] or [str(mine)]
    if form.type in {"int", "decimal"}:
        return [number_text(Decimal(value), form)]
    if form.type in {"date", "datetime"}:
        return [date_text(value, form)]
    return [str(value)]


def number_text(value: Decimal, form: FormatKeys) -> str:
    if form.type == "int":
        digits = str(abs(int(value)))
    elif form.implied:
        digits = str(int(abs(value).scaleb(form.decimals)))
    else:
        whole, _, rest = f"{abs(value):f}".partition(".")
        if form.thousands_char:
            whole = f"{int(whole):,}".replace(",", form.thousands_char)
        digits = f"{whole}{form.decimal_char}{rest}" if rest else whole
    minus = value < 0
    if form.sign == "none":
        assert not minus
        return digits
    if form.sign == "trailing":
        return digits + ("-" if minus else " " if form.sign_blank == "plus" else "+")
    return f"-{digits}" if minus else digits


def date_text(value: date, form: FormatKeys) -> str:
    pattern = form.pattern if isinstance(form.pattern, str) else form.pattern[0]
    head, hour, rest = pattern.partition("hh")
    parts = (("yyyy", "%Y"), ("yy", "%y"), ("ddd", "%j"), ("dd", "%d"), ("mm", "%m"))
    for token, code in parts:
        head = head.replace(token, code)
    rest = rest.replace("mm", "%M").replace("ss", "%S")
    return value.strftime(head + ("%H" if hour else "") + rest)
