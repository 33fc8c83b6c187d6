"""What a template is given: texts that are ready, tables, charts as whole numbers. It computes and decides nothing.

Every text may hold what the flow held: templates set it as text, never as code.
"""

from enum import StrEnum

from msgspec import Struct


class Fact(Struct, frozen=True):
    label: str
    text: str
    code: bool = False  # a code that people copy: set apart
    href: str = ""  # mailto:, tel:, http:, https:


class Facts(Struct, frozen=True):
    title: str
    facts: tuple[Fact, ...]


class RowKind(StrEnum):
    LINE = "line"
    INFO = "info"  # not counted
    SUM = "sum"


class Row(Struct, frozen=True):
    """`below` is a smaller second line of the first cell; `key` the number of a colour in the chart of shares."""

    cells: tuple[str, ...]
    kind: RowKind = RowKind.LINE
    depth: int = 0
    below: str = ""
    key: int = 0


class Column(Struct, frozen=True):
    label: str
    end: bool = False  # figures stand at the end of the line
    wide: bool = False  # takes the room that is left
    room: int = 0  # millimetres; 0 = as wide as its texts


class Table(Struct, frozen=True, kw_only=True):
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    foot: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()


class Piece(Struct, frozen=True):
    """A part of a column: percent of the chart's height from its upper edge."""

    y: int
    height: int
    fill: str  # full, pale, stripes


class Bar(Struct, frozen=True):
    label: str
    value: str
    current: bool
    pieces: tuple[Piece, ...]


class Key(Struct, frozen=True):
    fill: str
    text: str


class Chart(Struct, frozen=True, kw_only=True):
    title: str
    description: str  # says what the picture says
    scale: tuple[str, str]  # the value at the upper edge and at half of it
    bars: tuple[Bar, ...]
    keys: tuple[Key, ...]


class Share(Struct, frozen=True):
    """One entry below the bar; `width` per mille of it, 0 where it can't be drawn (credits)."""

    text: str
    amount: str
    share: str
    width: int


class Shares(Struct, frozen=True, kw_only=True):
    title: str
    description: str
    parts: tuple[Share, ...]


class Due(Struct, frozen=True, kw_only=True):
    """The figure that everybody looks for."""

    label: str
    amount: str
    when: str
    remarks: tuple[str, ...]


class SupplyPart(Struct, frozen=True, kw_only=True):
    title: str
    headline: str  # how much was used
    sentences: tuple[str, ...]
    facts: Facts
    chart: Chart | None
    tables: tuple[Table, ...]


class Message(Struct, frozen=True, kw_only=True):
    title: str
    text: str
    language: str  # of the text
    strong: bool


class CodeKind(StrEnum):
    QR = "qr"
    DATA_MATRIX = "data_matrix"
    BARS = "bars"


class Code(Struct, frozen=True, kw_only=True):
    """A picture that machines read. `fixed` is the version of a QR code where its rules name one."""

    kind: CodeKind
    text: str
    description: str
    version: int | None = None


class SlipKind(StrEnum):
    NOTICE = "notice"  # pagoPA
    POSTAL = "postal"
    TRANSFER = "transfer"


class Slip(Struct, frozen=True, kw_only=True):
    kind: SlipKind
    title: str
    amount: str
    when: str
    creditor: str
    debtor: str
    subject: str
    facts: tuple[Fact, ...]
    how: str  # what to do with it
    codes: tuple[Code, ...] = ()
    code_line: str = ""
    postal_type: str = ""
    account: str = ""
    authorisation: str = ""
    amount_given: bool = True


class SlipSheet(Struct, frozen=True):
    """What is printed together: the ways to pay one term."""

    title: str
    slips: tuple[Slip, ...]


class Company(Struct, frozen=True, kw_only=True):
    name: str
    logo: str  # SVG, or empty
    imprint: str
    footer: str  # of every page
    contacts: Facts


class Colors(Struct, frozen=True, kw_only=True):
    """`#rrggbb`, legible on white."""

    ink: str
    fill: str
    on_fill: str
    soft: str
    mid: str


class Words(Struct, frozen=True, kw_only=True):
    """Texts of the layout itself."""

    page: str  # with {page} and {pages}
    customer: str
    due_date: str
    creditor: str
    debtor: str
    subject: str
    receipt: str
    deposit: str
    account: str


class Paper(Struct, frozen=True, kw_only=True):
    language: str
    title: str  # of the document: what it is, of whom, its number
    kind: str
    number: str
    running: str  # the head of further pages
    description: str
    words: Words
    company: Company
    colors: Colors
    head: tuple[Fact, ...]
    customer: Facts
    mail: tuple[str, ...]
    due: Due
    pay: Facts
    state: tuple[str, ...]  # of earlier bills, of the document itself
    shares: Shares | None
    overview: Table | None  # several supplies, what each costs
    receipt: tuple[Table, ...]
    supplies: tuple[SupplyPart, ...]
    details: tuple[Table, ...]
    messages: tuple[Message, ...]
    sheets: tuple[SlipSheet, ...]
    heads: dict[str, str]  # titles of the parts
