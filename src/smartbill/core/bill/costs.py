"""The cost of a bill as pages show it (R17): groups, their share of the bill, their lines, what lies outside it.

Amounts are those received; the only things computed are sums of received lines, shares, and a price in the middle
where the biller gave a quantity without one.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from smartbill.core.bill.shares import WHOLE, shares
from smartbill.core.bill.value import Bill, CostLine, Destination, LineRole, LineScope, Section

#: More groups than this in the chart can't be told apart: the smallest are drawn as one.
CHART_PARTS = 8

#: A bill whose lines say nothing of sections is shown by line, up to so many.
_LINES_AS_GROUPS = 12

#: Sections whose name says little.
_VAGUE = frozenset({Section.OTHER, Section.SERVICES})

_TAXES = frozenset({Section.VAT, Section.STAMP_DUTY, Section.SPLIT_VAT, Section.WITHHOLDING})

#: An invoice that says no more than these is read from what was sold to the taxes on it.
_OF_ANY_TRADE = _VAGUE | {Section.DISCOUNT}


class DetailLine(Struct, frozen=True, kw_only=True):
    """A line below its group. `depth` 0 hangs on the group itself; `counted` is false for totals and information."""

    line: CostLine
    depth: int
    counted: bool


class Split(Struct, frozen=True):
    destination: Destination
    amount: Decimal


class CostGroup(Struct, frozen=True, kw_only=True):
    """One row of the receipt. `title` is the company's own words where those of the section say too little, else empty.

    `note` is what a group of a single line is called in full.
    """

    section: Section
    title: str
    note: str
    amount: Decimal
    share: int | None  # tenths of a percent of the bill
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    price_is_average: bool
    splits: tuple[Split, ...]
    lines: tuple[DetailLine, ...]


class ChartPart(Struct, frozen=True):
    """A piece of the stacked bar: `group` is its place among the groups, None for the small ones together."""

    group: int | None
    amount: Decimal
    start: int  # per mille of the bar
    width: int


class Costs(Struct, frozen=True, kw_only=True):
    groups: tuple[CostGroup, ...]  # add up to total_bill
    outside: tuple[CostGroup, ...]  # only in total_due
    chart: tuple[ChartPart, ...]


class _Node(Struct):
    """A line and everything below it, counted in one scope."""

    line: CostLine
    children: "list[_Node]"


def costs(bill: Bill) -> Costs:
    roots = _tree(bill.lines)
    inside = _groups(roots, LineScope.BILL)
    outside = _groups(roots, LineScope.DUE)
    parts = shares([group.amount for group in inside])
    if parts is not None:
        inside = [_with_share(group, share) for group, share in zip(inside, parts, strict=True)]
    return Costs(groups=tuple(inside), outside=tuple(outside), chart=_chart(inside))


def supply_amounts(bill: Bill) -> dict[int, Decimal]:
    """What each supply costs (its counted lines in total_bill), by `seq`; 0 is what belongs to no supply."""
    amounts: dict[int, Decimal] = {}
    for line in bill.lines:
        if line.role is LineRole.LEAF and line.scope is LineScope.BILL:
            amounts[line.supply_seq] = amounts.get(line.supply_seq, Decimal(0)) + line.amount
    return amounts


def _tree(lines: Iterable[CostLine]) -> list[_Node]:
    nodes = {line.line_no: _Node(line, []) for line in lines}
    roots: list[_Node] = []
    for line_no, node in nodes.items():
        parent = nodes.get(node.line.parent)
        (roots if parent is None or node.line.parent == line_no else parent.children).append(node)
    return roots


def _groups(roots: list[_Node], scope: LineScope) -> list[CostGroup]:
    by_section: dict[Section, list[_Node]] = {}
    for root in roots:
        if any(line.scope is scope for line in _leaves(root)):
            by_section.setdefault(root.line.section, []).append(root)
    order = list(Section)
    found: list[CostGroup] = []
    telling = [section for section in by_section if section not in _TAXES]
    taxes_last = _OF_ANY_TRADE.issuperset(telling)
    for section in sorted(by_section, key=lambda each: (taxes_last and each in _TAXES, order.index(each))):
        members = by_section[section]
        if telling == [section] and scope is LineScope.BILL and _say_more_apart(members):
            found += (_group(section, [member], scope, own_title=True) for member in members)
        else:
            found.append(_group(section, members, scope, own_title=section in _VAGUE))
    return found


def _say_more_apart(members: list[_Node]) -> bool:
    """Is this a bill in one section whose own lines are the better groups?"""
    return 1 < len(members) <= _LINES_AS_GROUPS


def _group(section: Section, members: list[_Node], scope: LineScope, *, own_title: bool) -> CostGroup:
    leaves = [line for member in members for line in _leaves(member) if line.scope is scope]
    amount = sum((line.amount for line in leaves), Decimal(0))
    head = members[0].line if len(members) == 1 else None
    quantity = head.quantity if head else None
    unit_price = head.unit_price if head else None
    average = quantity is not None and quantity > 0 and unit_price is None and amount > 0
    if quantity is not None and average:
        unit_price = amount / quantity
    return CostGroup(
        section=section,
        title=head.description if head and own_title else "",
        note=head.description if head and head.role is LineRole.LEAF and not own_title else "",
        amount=amount,
        share=None,
        quantity=quantity,
        unit=head.unit if head else "",
        unit_price=unit_price,
        price_is_average=average,
        splits=_splits(leaves),
        lines=tuple(_details(members, scope)),
    )


def _splits(leaves: list[CostLine]) -> tuple[Split, ...]:
    """What of a group is sale, network, system charges: told only where all of it is one of these, and several are."""
    order = (Destination.SALE, Destination.NETWORK, Destination.SYSTEM_CHARGES)
    amounts = dict.fromkeys(order, Decimal(0))
    for line in leaves:
        if line.destination not in amounts:
            return ()
        amounts[line.destination] += line.amount
    told = tuple(Split(destination, amount) for destination, amount in amounts.items() if amount)
    return told if len(told) > 1 else ()


def _details(members: list[_Node], scope: LineScope) -> Iterable[DetailLine]:
    """The lines below a group: a single total is the group itself, so its children come at depth 0."""
    if len(members) == 1 and not members[0].children:
        return
    single = len(members) == 1 and members[0].line.role is LineRole.TOTAL
    for member in members[0].children if single else members:
        for line, depth in _walk(member):
            leaf = line.role is LineRole.LEAF
            if not leaf or line.scope is scope:
                yield DetailLine(line=line, depth=min(depth, 3), counted=leaf)


def _leaves(node: _Node) -> Iterable[CostLine]:
    return (line for line, _ in _walk(node) if line.role is LineRole.LEAF)


def _walk(node: _Node) -> Iterable[tuple[CostLine, int]]:
    """The line and all below it with their depth, in order; without recursion, a flow may nest thousands."""
    stack = [(node, 0)]
    while stack:
        found, depth = stack.pop()
        yield found.line, depth
        stack.extend((child, depth + 1) for child in reversed(found.children))


def _with_share(group: CostGroup, share: int) -> CostGroup:
    return CostGroup(**{name: getattr(group, name) for name in group.__struct_fields__} | {"share": share})


def _chart(groups: list[CostGroup]) -> tuple[ChartPart, ...]:
    """The positive groups side by side; credits are in the list, a bar can't show them."""
    positive = [(place, group.amount) for place, group in enumerate(groups) if group.amount > 0]
    if len(positive) < 2:
        return ()
    kept = positive
    if len(positive) > CHART_PARTS:
        kept = sorted(sorted(positive, key=lambda entry: -entry[1])[: CHART_PARTS - 1])
    amounts: list[tuple[int | None, Decimal]] = list(kept)
    rest = sum((amount for _, amount in positive), Decimal(0)) - sum((amount for _, amount in kept), Decimal(0))
    if rest:
        amounts.append((None, rest))
    widths = shares([amount for _, amount in amounts])
    if widths is None:
        return ()
    parts, start = [], 0
    for (place, amount), width in zip(amounts, widths, strict=True):
        parts.append(ChartPart(place, amount, start, width))
        start += width
    assert start == WHOLE
    return tuple(parts)
