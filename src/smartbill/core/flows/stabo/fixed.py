"""Lines of variant F (fixed width) from the fields of variant D: positions follow from the records."""

import re
from collections.abc import Sequence

from smartbill.core.flows.stabo.records import RECORDS, FieldSpec, FieldType

_NUMBER = re.compile(r"(-?)([0-9]+)(?:,([0-9]+))?")


def fixed_line(fields: Sequence[str]) -> str:
    """The line, its trailing blanks cut. A text that is no value of its field is written as it stands."""
    specs = RECORDS[fields[0]].fields
    written = fields[0] + "".join(_written(spec, text) for spec, text in zip(specs, fields[1:], strict=False))
    beyond = "".join(fields[len(specs) + 1 :])
    return (written.ljust(RECORDS[fields[0]].fixed_length) + beyond if beyond else written).rstrip()


def _written(spec: FieldSpec, text: str) -> str:
    if text and spec.type is FieldType.INTEGER:
        return text.rjust(spec.width, "0")
    found = _NUMBER.fullmatch(text)
    if found and spec.type in {FieldType.SIGNED, FieldType.UNSIGNED}:
        sign, whole, decimals = found.groups(default="")
        digits = (whole + decimals.ljust(spec.decimals, "0")).zfill(spec.size)
        return (("-" if sign else "+") + digits) if spec.type is FieldType.SIGNED else digits
    return text.ljust(spec.width)
