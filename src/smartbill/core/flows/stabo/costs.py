"""Cost lines (records 20): half of all lines of a flow, so all that is needed of them is gathered in one pass."""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from smartbill.core.bill.value import CostLine, LineRole, LineScope, Section, VatSummary
from smartbill.core.flows.stabo.fields import shown
from smartbill.core.flows.stabo.issues import Document, italian

ZERO = Decimal("0.00")
CENT_TOLERANCE = Decimal("0.02")
SHARE_TOLERANCE = Decimal("0.005")

# Members of an enumeration looked up once: the look-up on the class costs as much as the rest of a comparison.
_LEAF, _TOTAL = LineRole.LEAF, LineRole.TOTAL
_BILL = LineScope.BILL
_VAT, _SPLIT_VAT = Section.VAT, Section.SPLIT_VAT


class Costs(Struct, kw_only=True):
    """The lines, and the sums of those that count (role leaf)."""

    lines: tuple[CostLine, ...]
    in_bill: Decimal  # scope bill, VAT included
    due_only: Decimal  # scope due
    vat: Decimal
    split_vat: Decimal
    taxable: dict[tuple[Decimal, str], Decimal]  # (rate, nature) -> sum of scope bill before VAT
    leaves: dict[Decimal, int]  # rate -> how many lines make up its taxable amount
    vat_by_rate: dict[Decimal, Decimal]

    def vat_summary(self) -> tuple[VatSummary, ...]:
        """Taxable amount per rate and nature. The VAT of a rate stands once, beside its first nature."""
        left = dict(self.vat_by_rate)
        summary = [
            VatSummary(rate=rate, taxable=amount, vat=left.pop(rate, ZERO), nature=nature)
            for (rate, nature), amount in self.taxable.items()
        ]
        summary += [VatSummary(rate=rate, taxable=ZERO, vat=vat) for rate, vat in left.items()]
        return tuple(summary)


def read_costs(document: Document, supplies: set[int]) -> Costs:  # noqa: C901, PLR0912 - one pass, on purpose
    """Build the lines, check each (REC-102, 105, 109; WRN-404) and the tree that they make (DOC-204, DOC-215)."""
    known = supplies | {0}
    lines: list[CostLine] = []
    in_bill = due_only = all_vat = split_vat = ZERO
    taxable: dict[tuple[Decimal, str], Decimal] = {}
    leaves: dict[Decimal, int] = {}
    vat_by_rate: dict[Decimal, Decimal] = {}
    children: dict[int, Decimal] = {}  # parent -> sum of its direct leaves and groups
    for number, (
        _, _, supply, line_no, parent, role, scope, section, destination, component, description, date_from, date_to,
        band, quantity, unit, unit_price, amount, vat_rate, vat_nature,
    ) in document.rows["20"]:  # fmt: skip
        lines.append(
            CostLine(
                line_no, amount, parent, supply, role, scope, section, destination, component, description, date_from,
                date_to, band, quantity, unit, unit_price, vat_rate, vat_nature,
            )
        )  # fmt: skip
        if role is _LEAF:
            if scope is not _BILL:
                due_only += amount
                if section is _SPLIT_VAT:
                    split_vat += amount
            else:
                in_bill += amount
                if vat_rate is not None and section is not _VAT:
                    key = (vat_rate, vat_nature)
                    taxable[key] = taxable.get(key, ZERO) + amount
                    leaves[vat_rate] = leaves.get(vat_rate, 0) + 1
            if section is _VAT:
                all_vat += amount
                if vat_rate is not None:
                    vat_by_rate[vat_rate] = vat_by_rate.get(vat_rate, ZERO) + amount
            if not vat_rate and (vat_rate is None or not (vat_nature or section is _VAT)):
                document.refuse("REC-102", "vat_rate" if vat_rate is None else "vat_nature", line=number, record="20")
        if parent and (role is _LEAF or role is _TOTAL):
            children[parent] = children.get(parent, ZERO) + amount
        if quantity is not None and unit_price is not None:
            difference = abs(quantity * unit_price - amount)
            if difference > CENT_TOLERANCE and difference > abs(amount) * SHARE_TOLERANCE:
                document.warn("WRN-404", "amount", line=number, record="20", voce=shown(description))
        if (
            supply not in known
            or not line_no
            or (quantity is not None and not unit)
            or (date_to and date_from and date_to < date_from)
            or (vat_rate and vat_rate > 100)
        ):
            _examine(document, lines[-1], number, known)
    _check_tree(document, lines, children)
    return Costs(
        lines=tuple(lines),
        in_bill=in_bill,
        due_only=due_only,
        vat=all_vat,
        split_vat=split_vat,
        taxable=taxable,
        leaves=leaves,
        vat_by_rate=vat_by_rate,
    )


def _examine(document: Document, line: CostLine, number: int, known: set[int]) -> None:
    """Name what is wrong with a line."""
    document.know_supply(known, line.supply_seq, number, "20")
    document.in_order(line.date_from, line.date_to, number, "20")
    if not line.line_no:
        document.refuse("REC-105", "line_no", line=number, record="20", valore="0")
    if line.quantity is not None:
        document.demand(line.unit, "uom", number, "20")
    if line.vat_rate is not None and line.vat_rate > 100:
        document.refuse("REC-105", "vat_rate", line=number, record="20", valore=shown(italian(line.vat_rate)))


def _check_tree(document: Document, lines: list[CostLine], children: dict[int, Decimal]) -> None:
    """Line numbers once each, parents of role T, no ring (DOC-215); every group is the sum of its children (204)."""
    by_number = {line.line_no: line for line in lines}
    groups = {line.line_no: line for line in lines if line.role is _TOTAL}
    parents = {line.parent for line in lines}
    parents.discard(0)
    if len(by_number) != len(lines) or not parents <= groups.keys() or _has_ring(groups):
        _examine_tree(document, lines, groups)
        return
    for line_no, group in groups.items():
        if children.get(line_no, ZERO) != group.amount:
            document.refuse("DOC-204", "amount", record="20", voce=shown(group.description))


def _has_ring(groups: dict[int, CostLine]) -> bool:
    return any(group.parent and _climbs_forever(group, groups) for group in groups.values())


def _climbs_forever(line: CostLine, groups: dict[int, CostLine]) -> bool:
    """Whether the way up from a line never ends at the top."""
    steps = 0
    above = groups.get(line.parent)
    while above is not None and above.parent and steps <= len(groups):
        above = groups.get(above.parent)
        steps += 1
    return above is None or steps > len(groups)


def _examine_tree(document: Document, lines: list[CostLine], groups: dict[int, Any]) -> None:
    seen: set[int] = set()
    for line in lines:
        if line.line_no in seen:
            document.refuse("DOC-215", "line_no", record="20", voce=str(line.line_no))
        elif line.parent and (line.parent not in groups or _climbs_forever(line, groups)):
            document.refuse("DOC-215", "parent", record="20", voce=str(line.line_no))
        seen.add(line.line_no)
