"""Any bill that the value can hold, for properties: texts and numbers of every kind, trees, nothing consistent."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st
from msgspec import Struct

from smartbill.core.bill import value

_DATES = st.dates(date(1970, 1, 1), date(2120, 12, 31))
_TEXTS = st.one_of(st.text(max_size=40), st.sampled_from(["", "Rossi", "A/1", "x" * 90, "#panic()", "\x00", "漢"]))
_MONEY = st.decimals(-10_000_000, 10_000_000, places=2)
_QUANTITIES = st.decimals(-1_000_000, 1_000_000, places=6)

#: Fields of money; other decimals are quantities and prices.
_AMOUNTS = frozenset({"amount", "total_bill", "taxable", "vat", "total_due", "annual_spend"})

#: Parts before the wholes that they are parts of.
_PARTS = (
    value.Address, value.Customer, value.Consumption, value.Reading, value.Supply, value.VatSummary, value.Term,
    value.Notice, value.Arrears, value.CorrectedDocument,
)  # fmt: skip


def _fields(part: type[Struct]) -> dict[str, st.SearchStrategy[object]]:
    return {name: _field(name, kind) for name, kind in part.__annotations__.items()}


def _field(name: str, kind: object) -> st.SearchStrategy[object]:
    plain = {str: _TEXTS, date: _DATES, Decimal: _MONEY if name in _AMOUNTS else _QUANTITIES}
    if kind in plain:
        return plain[kind]
    for known, strategy in plain.items():
        if kind == known | None:
            return st.none() | strategy
    return st.from_type(kind)  # type: ignore[arg-type]


def _registered() -> None:
    for part in _PARTS:
        st.register_type_strategy(part, st.builds(part, **_fields(part)))
    lines = _fields(value.CostLine) | {"parent": st.integers(0, 12), "supply_seq": st.integers(0, 3)}
    st.register_type_strategy(value.CostLine, st.builds(value.CostLine, **lines | {"line_no": st.integers(1, 12)}))


def bills() -> st.SearchStrategy[value.Bill]:
    return st.builds(value.Bill, **_fields(value.Bill) | {"version": st.just(1), "issue_date": _DATES})


_registered()
