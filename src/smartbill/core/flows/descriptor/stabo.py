"""STABO v1 as a layout descriptor, made of its record tables: what a dialect of it extends."""

from collections.abc import Iterator

from smartbill.core.flows.descriptor.targets import TARGETS
from smartbill.core.flows.stabo.records import RECORDS, FieldSpec, FieldType, Need

_NAMES = {record: target for target, record in TARGETS.items()}


def stabo_descriptor(variant: str) -> str:
    """The text of the descriptor of variant D or F."""
    fixed = variant == "F"
    lines = [
        "[layout]",
        f'id = "stabo-v1-{variant.lower()}"',
        f'title = "STABO v1, {"larghezza fissa" if fixed else "delimitato"}"',
        'version = "1"',
        f'kind = "{"fixed" if fixed else "delimited"}"',
        f"record_type = {'{ pos = 1, len = 2 }' if fixed else '{ field = 1 }'}",
        "",
        "[files]",
        'match = ["STABO*.txt", "STABO*.dat"]',
        "",
        "[encoding]",
        'candidates = ["utf-8-sig", "utf-8", "cp1252", "iso-8859-1", "iso-8859-15"]',
        'declared_in = "00.encoding"',
        "",
        *([] if fixed else ["[delimited]", 'separator = "|"', ""]),
        *_formats(fixed),
        *(line for kind in RECORDS for line in _record(kind, fixed)),
    ]
    return "\n".join(lines) + "\n"


def _formats(fixed: bool) -> Iterator[str]:
    for spec in _numbers():
        yield from (
            f"[formats.{_format(spec)}]",
            'type = "decimal"',
            f"decimals = {spec.decimals}",
            'decimal_char = ","',
            f"implied = {'true' if fixed else 'false'}",
            f'sign = "{"leading" if spec.type is FieldType.SIGNED else "none"}"',
            "",
        )
    for name, kind, pattern in (("day", "date", "ddmmyyyy"), ("moment", "datetime", "ddmmyyyyhhmmss")):
        yield from (f"[formats.{name}]", f'type = "{kind}"', f'pattern = "{pattern}"', 'empty = ["", "00000000"]', "")
    yield from ("[formats.number]", 'type = "int"', 'sign = "none"', "")


def _numbers() -> list[FieldSpec]:
    found = {
        _format(spec): spec
        for record in RECORDS.values()
        for spec in record.fields
        if spec.type in {FieldType.SIGNED, FieldType.UNSIGNED}
    }
    return list(found.values())


def _format(spec: FieldSpec) -> str:
    return {
        FieldType.SIGNED: f"signed{spec.decimals}", FieldType.UNSIGNED: f"unsigned{spec.decimals}",
        FieldType.INTEGER: "number", FieldType.DAY: "day", FieldType.MOMENT: "moment",
    }.get(spec.type, "text")  # fmt: skip


def _record(kind: str, fixed: bool) -> Iterator[str]:
    record = RECORDS[kind]
    target = _NAMES[kind]
    yield from ("[[record]]", f'type = "{kind}"', f'target = "{target}"')
    occurs = {"00": "1", "10": "1..n", "11": "1", "12": "1..999", "99": "1"}.get(kind, "0..9999")
    yield f'occurs = "{occurs}"'
    if kind in {"00", "99"}:
        yield f'position = "{"first" if kind == "00" else "last"}"'
    elif kind == "10":
        yield 'starts = "document"'
    else:
        yield 'parent = { record = "10", match = ["doc_seq"] }'
    yield "fields = ["
    start = 3
    for place, spec in enumerate(record.fields, 2):
        source = f"pos = {start}, len = {spec.width}" if fixed else f"at = {place}"
        required = ", required = true" if spec.need is Need.MANDATORY else ""
        yield f'  {{ name = "{spec.name}", {source}, format = "{_format(spec)}"{required} }},'
        start += spec.width
    yield from ("]", "")
