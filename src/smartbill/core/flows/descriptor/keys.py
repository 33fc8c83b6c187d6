"""The keys of a layout descriptor, one struct per table (chapter 5 of the agreed flow format)."""

import msgspec
from msgspec import Struct

Scalar = str | int | float | bool
Tables = dict[str, object]


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the type of a record stands: a field of a delimited line, or a position (from 1) of any line."""

    field: int = 0
    pos: int = 0
    len: int = 0


class Root(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    namespaces: tuple[str, ...] = ()  # empty = any


class Schema(Struct, frozen=True, forbid_unknown_fields=True):
    """Named for the reader of the descriptor; nothing is loaded by it."""

    file: str
    on_error: str = "warning"


class LayoutKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    kind: str
    title: str = ""
    version: str | int = "1"
    extends: str = ""
    record_type: Place | None = None
    record_length: int = 0  # characters of a line of a fixed layout; 0 = any
    skip_types: tuple[str, ...] = ()
    skip_lines: int = 0  # at the top of the file
    credit_sign: str = "negative"  # how the flow writes the amounts of credit notes
    root: Root | None = None
    match: str = "local-name"
    unwrap: tuple[str, ...] = ()
    xsd: Schema | None = None


class FileKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    match: tuple[str, ...] = ()
    max_files: int | None = None  # default: 1, any number for XML


class EncodingKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    candidates: tuple[str, ...] = ("utf-8-sig", "utf-8", "cp1252")
    declared_in: str = ""  # TYPE.field
    newlines: tuple[str, ...] = ("crlf", "lf")
    final_newline: str = "optional"
    forbid: tuple[str, ...] = ("\0", "\x1a")


class DelimitedKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    separator: str = ";"
    quote: str = ""
    trim: bool = True
    extra_fields: str = "error"
    missing_trailing_fields: str = "empty"
    header_row: bool = False


class FormatKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    type: str
    decimals: int = 2
    decimal_char: str = ","
    thousands_char: str = ""
    implied: bool = False
    sign: str = "leading"
    sign_blank: str = ""
    pattern: str | tuple[str, ...] = ()
    empty: tuple[str, ...] = ("",)
    accept_timezone: bool = False
    trim: bool = True
    values: dict[str, Scalar] = msgspec.field(default_factory=dict)


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    field: str
    op: str = "="
    value: Scalar | tuple[Scalar, ...] = ""


class SourceKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way of several to a value (`first_of`), and what a field has as well."""

    at: int | None = None
    pos: int | None = None
    len: int | None = None
    column: str | None = None
    path: str | None = None
    const: Scalar | None = None
    from_: str | None = msgspec.field(default=None, name="from")
    sum_path: str | None = None
    derive: str | None = None
    ns: str = ""
    format: str = ""
    pattern: str = ""
    transform: str | tuple[str, ...] = ()

    @property
    def sources(self) -> list[str]:
        """The sources that are given; exactly one may be."""
        names = {"from_": "from"}
        found = [
            names.get(name, name)
            for name in ("at", "pos", "column", "path", "const", "from_", "sum_path", "derive")
            if getattr(self, name) is not None
        ]
        return [*found, "first_of"] if getattr(self, "first_of", ()) else found


class FieldKeys(SourceKeys, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    first_of: tuple[SourceKeys, ...] = ()
    required: bool = False
    required_if: Condition | None = None
    default: Scalar | None = None
    max: int | float | None = None
    min: int | float | None = None
    equals: Scalar | None = None
    values: dict[str, Scalar] = msgspec.field(default_factory=dict)
    lookup: str = ""
    on_unknown: str = ""


class ParentKeys(Struct, frozen=True, forbid_unknown_fields=True):
    record: str
    match: str | tuple[str, ...] = ()


class RecordKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    type: str
    target: str
    occurs: str = "0..n"
    key: str | tuple[str, ...] = ()
    parent: ParentKeys | None = None
    starts: str = ""
    position: str = ""
    level: str = ""
    each: str = ""
    ns: str = ""
    when: Condition | None = None
    fields: tuple[FieldKeys, ...] = ()


class CheckKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: str
    kind: str
    level: str = "document"
    sum: str = ""
    count: str = ""
    field: str = ""
    fields: tuple[str, ...] = ()
    where: dict[str, Scalar | tuple[Scalar, ...]] = msgspec.field(default_factory=dict)
    equals: Scalar | None = None
    tolerance: str | int | float = "0"
    min: Scalar | None = None
    max: Scalar | None = None


class SupplyKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    group_lines_by: str = ""
    consumption: str = ""


class Descriptor(Struct, frozen=True, kw_only=True):
    """A whole descriptor, inheritance resolved."""

    layout: LayoutKeys
    files: FileKeys = FileKeys()
    encoding: EncodingKeys = EncodingKeys()
    delimited: DelimitedKeys = DelimitedKeys()
    formats: dict[str, FormatKeys] = msgspec.field(default_factory=dict)
    records: tuple[RecordKeys, ...] = ()
    lookups: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    checks: tuple[CheckKeys, ...] = ()
    supply: SupplyKeys = SupplyKeys()


KINDS = ("fixed", "delimited", "xml")
CODECS = ("utf-8-sig", "utf-8", "cp1252", "iso-8859-1", "iso-8859-15", "cp850", "cp437", "ascii")
FORMAT_TYPES = ("text", "int", "decimal", "date", "datetime", "enum")
CREDIT_SIGNS = ("negative", "positive", "amounts")
SIGNS = ("leading", "trailing", "none")
OPERATORS = ("=", "!=", ">", ">=", "<", "<=", "in", "not_in")
UNKNOWNS = ("reject_document", "warning", "default", "keep")
LEVELS = ("file", "document", "warning")
CHECK_KINDS = ("sum_equals", "count_equals", "equals", "unique", "exists_in_zip", "date_order", "range")
CONSUMPTION_RULES = ("sum_by_description_then_max",)
