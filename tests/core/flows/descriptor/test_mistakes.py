"""What is wrong with a descriptor is told whole, in Italian: table, key, what is allowed."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartbill.adapters.files.shipped import library, library_text
from smartbill.core.flows.descriptor.layout import Layout, compile_layout
from smartbill.core.flows.descriptor.loading import LayoutMistakes

BASE = """
[layout]
id = "prova"
kind = "fixed"
record_type = { pos = 1, len = 3 }
record_length = 80
[formats.eur]
type = "decimal"
implied = true
sign = "trailing"
[formats.day]
type = "date"
pattern = "yyyymmdd"
[[record]]
type = "TES"
target = "bill"
fields = [
  { name = "customer_code", pos = 4, len = 10 },
  { name = "number", pos = 14, len = 8 },
  { name = "issue_date", pos = 22, len = 8, format = "day" },
  { name = "total_bill", pos = 30, len = 12, format = "eur" },
]
[[record]]
type = "RIG"
target = "bill.line"
fields = [
  { name = "description", pos = 4, len = 30 },
  { name = "amount", pos = 34, len = 12, format = "eur" },
]
"""


def mistakes(text: str, others: dict[str, str] | None = None) -> list[str]:
    try:
        compile_layout(text, library=(others or {}).get)
    except LayoutMistakes as refused:
        return refused.mistakes
    return []


def test_the_base_has_none() -> None:
    assert mistakes(BASE) == []


FIELD = "[[record]] «RIG», campo «amount»"
CASES = [
    ("[layout]", "[leyout]", "Manca la tabella [layout]."),
    ('id = "prova"', 'id = "pro va"', "[layout], chiave «id»: da 1 a 40 tra lettere, cifre, punto, - e _."),
    ('id = "prova"', 'id = "stabo-v1"', "[layout], chiave «id»: «stabo-v1» è il nome di un formato del prodotto."),
    ('kind = "fixed"', 'kind = 3', "[layout], chiave «kind»: serve un testo."),
    (
        "pos = 1, len = 3", "pos = 1, lenght = 3",
        "[layout], chiave «record_type»: la chiave «lenght» non esiste; sono ammesse: field, pos, len.",
    ),
    ("pos = 1, len = 3", "pos = 0, len = 3",
     "[layout], chiave «record_type»: serve { pos, len }, con pos da 1 e len da 1 a 10, oppure { field = n }."),
    ('type = "decimal"', 'type = "euro"',
     "[formats.eur], chiave «type»: «euro» non esiste; sono ammessi: text, int, decimal, date, datetime, enum."),
    ('sign = "trailing"', 'sign = "dietro"',
     "[formats.eur], chiave «sign»: «dietro» non esiste; sono ammessi: leading, trailing, none."),
    ('"yyyymmdd"', '"aaaammgg"',
     "[formats.day], chiave «pattern»: serve una forma come ddmmyyyy, yyyymmdd, dd/mm/yyyy (ora: hhmmss)."),
    ('target = "bill.line"', 'target = "bill.voce"',
     "[[record]] «RIG», chiave «target»: «bill.voce» non esiste; sono ammessi: flow, bill, bill.customer, bill.supply, "
     "bill.line, bill.consumption, bill.reading, bill.term, bill.contact, bill.message, trailer, ignore."),
    ('target = "bill"\n', 'target = "ignore"\n', 'Serve una sola tabella [[record]] con target = "bill".'),
    ("pos = 34, len = 12", "pos = 74, len = 12",
     f"{FIELD}, chiave «len»: il campo finisce alla posizione 85, oltre record_length = 80."),
    ("pos = 34, len = 12", "at = 3", f"{FIELD}, chiave «at»: vale solo per i tracciati «delimited»."),
    ("pos = 34, len = 12", "pos = 34, len = 12, const = 1",
     f"{FIELD}: serve una sola fonte tra at, pos e len, column, path, const, from, first_of, sum_path, derive (pos, const)."),
    ('len = 12, format = "eur" },\n]\n[[', 'len = 12, format = "euri" },\n]\n[[',
     "[[record]] «TES», campo «total_bill», chiave «format»: il formato «euri» non esiste; ci sono: eur, day, text, int, enum."),
    ('pos = 34, len = 12, format = "eur"', 'pos = 34, len = 12, format = "day"',
     f"{FIELD}, chiave «format»: «amount» vuole un formato di tipo decimal o int, non date."),
    ('name = "description", pos = 4, len = 30', 'name = "description", pos = 4, len = 30, transform = ["trim"]',
     "[[record]] «RIG», campo «description», chiave «transform»: «trim» non è ammesso; sono ammessi: strip, upper, lower, "
     "collapse_spaces, lstrip_zeros, zfill:n, left:n, right:n, replace:a:b, split:sep:n, digits_only, nfc."),
    ('name = "description", pos = 4, len = 30', 'name = "description", pos = 4, len = 30, lookup = "voci"',
     "[[record]] «RIG», campo «description», chiave «lookup»: la tabella «voci» non esiste; ci sono: nessuna."),
    ('name = "description", pos = 4, len = 30', 'name = "descripton", pos = 4, len = 30',
     "[[record]] «RIG»: il campo «descripton» non esiste in bill.line e nessun altro campo o controllo lo usa; ci sono: "
     "amount, band, component, date_from, date_to, description, destination, doc_seq, line_no, parent, point_code, qty, "
     "role, scope, section, supply_seq, unit_price, uom, vat_nature, vat_rate."),
    ('name = "description", pos = 4, len = 30', 'name = "description", derive = "somma:a:b"',
     "[[record]] «RIG», campo «description», chiave «derive»: «somma:a:b» non è ammesso; sono ammessi: add:a:b, sub:a:b, "
     "neg:a, sign:a:if_ge_0:if_lt_0, concat:a:sep:b, template:{campo}…, sum_summary, total_minus_split_vat, "
     "first_day_of:campo, add_days:campo:n."),
    ('name = "description", pos = 4, len = 30', 'name = "description", derive = "template:{amount.__class__}"',
     "[[record]] «RIG», campo «description», chiave «derive»: il campo «amount.__class__» non c'è; ci sono: "
     "TES.customer_code, TES.number, TES.issue_date, TES.total_bill, description, amount."),
    ('name = "description", pos = 4, len = 30', 'name = "description", from = "description"',
     "[[record]] «RIG», chiave «fields»: il campo «description» dipende da sé stesso."),
    ('name = "description", pos = 4, len = 30', 'name = "description", pos = 4, len = 30, pattern = "(a)\\\\1"',
     "[[record]] «RIG», campo «description», chiave «pattern»: l'espressione regolare non è ammessa "
     "(invalid escape sequence: \\1)."),
    ('name = "description", pos = 4, len = 30', 'name = "section", const = "XX"',
     "[[record]] «RIG», campo «section», chiave «const»: «XX» non va bene per questo campo; sono ammessi: ALT, AQ, ARR, BOL, "
     "BON, CAN, CAU, CON, CRE, DP, FG, FIS, IMP, IVA, MOR, PER, POT, RAT, RIC, SCO, SER, SPL."),
    ('  { name = "amount", pos = 34, len = 12, format = "eur" },\n', "",
     "[[record]] «RIG»: manca il campo amount, che bill.line vuole."),
    ('  { name = "number", pos = 14, len = 8 },\n', "",
     "[[record]] «TES»: manca il campo number o display_number (numero del documento)."),
    ('target = "bill.line"\n', 'target = "bill.line"\nparent = { record = "XXX" }\n',
     "[[record]] «RIG», chiave «parent»: il record «XXX» non c'è."),
    ('target = "bill.line"\n', 'target = "bill.line"\noccurs = "tanti"\n',
     "[[record]] «RIG», chiave «occurs»: serve una forma come 1, 0..1, 1..n, 0..9999."),
    ('target = "bill.line"\n', 'target = "bill.line"\nfile = "/etc/passwd"\n',
     "[[record]] «RIG»: la chiave «file» non esiste; sono ammesse: type, target, occurs, key, parent, starts, position, "
     "level, each, ns, when, fields."),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), CASES)
def test_a_mistake_says_where_and_what_is_allowed(old: str, new: str, told: str) -> None:
    text = BASE.replace(old, new, 1)
    assert text != BASE
    assert told in mistakes(text)


CHECK = (
    '[[check]]\ncode = "FLS-022"\nkind = "sum_equals"\nlevel = "file"\nsum = "TES.total_bill"\nequals = "TES.number"\n'
)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"sum_equals"', '"somma"', "[[check]] FLS-022, chiave «kind»: «somma» non esiste; sono ammessi: sum_equals, "
         "count_equals, equals, unique, exists_in_zip, date_order, range."),
        ('"FLS-022"', '"X-1"', "[[check]] X-1, chiave «code»: serve un codice dei rilievi (come DOC-201, FLS-022) o uno "
         "proprio, TRC-…."),
        ('"TES.total_bill"', '"TES.totale"',
         "[[check]] FLS-022, chiave «sum»: «TES.totale» non è un campo; serve TIPO.campo di un record del tracciato."),
        ('"file"', '"grave"', "[[check]] FLS-022, chiave «level»: «grave» non esiste; sono ammessi: file, document, warning."),
        ('"TES.number"', '"COD.somma"', "[[check]] FLS-022, chiave «equals»: «COD.somma» non è un campo; serve TIPO.campo."),
    ],
)  # fmt: skip
def test_mistakes_of_checks(old: str, new: str, told: str) -> None:
    assert mistakes(BASE + CHECK) == []
    assert told in mistakes(BASE + CHECK.replace(old, new, 1))


def test_all_are_told_at_once() -> None:
    text = BASE.replace("implied", "implicit").replace('target = "bill.line"', 'targhet = "bill.line"')
    assert mistakes(text) == [
        "[formats.eur]: la chiave «implicit» non esiste; sono ammesse: type, decimals, decimal_char, thousands_char, "
        "implied, sign, sign_blank, pattern, empty, accept_timezone, trim, values.",
        "[[record]] «RIG»: la chiave «targhet» non esiste; sono ammesse: type, target, occurs, key, parent, starts, "
        "position, level, each, ns, when, fields.",
        "[[record]] «RIG»: manca la chiave «target».",
    ]


def test_what_is_no_toml_says_where() -> None:
    assert mistakes("[layout]\nid = \n") == ["Il tracciato non è in formato TOML: si veda la riga 2, colonna 6."]
    assert mistakes("x" * 300_000) == ["Il tracciato ha più di 256 KiB."]
    assert mistakes("a = " + "[" * 5_000) == ["Il tracciato non è in formato TOML leggibile."]


def test_inheritance() -> None:
    child = '[layout]\nid = "figlio"\nextends = "prova"\n[formats.eur]\nsign = "leading"\n'
    layout = compile_layout(child, library={"prova": BASE}.get)
    assert (layout.id, layout.kind, layout.descriptor.formats["eur"].sign) == ("figlio", "fixed", "leading")
    assert layout.descriptor.formats["eur"].implied
    field = '[[record]]\ntype = "RIG"\ntarget = "bill.line"\nfields = [{ name = "description", pos = 50, len = 5 }]\n'
    merged = compile_layout(child + field, library={"prova": BASE}.get).of_target("bill.line")[0]
    assert [(each.name, each.place) for each in merged.fields] == [
        ("description", "description, posizioni 50-54"),
        ("amount", "amount, posizioni 34-45"),
    ]
    removed = '[[record]]\ntype = "RIG"\ntarget = "bill.line"\nremove = true\n'
    assert compile_layout(child + removed, library={"prova": BASE}.get).of_target("bill.line") == ()


def test_inheritance_that_goes_nowhere() -> None:
    child = '[layout]\nid = "figlio"\nextends = "{}"\n'
    assert mistakes(child.format("altro")) == ["[layout], chiave «extends»: il tracciato «altro» non esiste."]
    ring = {"a": child.format("b"), "b": child.format("a")}
    assert mistakes(ring["a"], ring) == ["[layout], chiave «extends»: «b» forma un giro o una catena troppo lunga."]


def test_a_dialect_of_stabo() -> None:
    """Another date format is all that has to be said."""
    child = '[layout]\nid = "dialetto"\nextends = "stabo-v1-d"\n[formats.day]\npattern = "yyyy-mm-dd"\n'
    layout = compile_layout(child, library=library_text)
    assert (layout.id, layout.descriptor.formats["day"].pattern) == ("dialetto", "yyyy-mm-dd")


TEXTS = [path.read_text(encoding="utf-8") for path in library().values()] + [BASE]


def mutated(chance: random.Random, text: str) -> str:
    for _ in range(chance.randrange(1, 5)):
        lines = text.split("\n")
        at = chance.randrange(len(lines))
        kind = chance.randrange(5)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines[at] = chance.choice(TEXTS[0].split("\n"))
        elif kind == 2:
            lines.insert(at, lines[chance.randrange(len(lines))])
        elif kind == 3 and lines[at]:
            place = chance.randrange(len(lines[at]))
            sign = chance.choice('"[]{}=,.:0123456789-x\\|€\x00')
            lines[at] = lines[at][:place] + sign + lines[at][place + chance.randrange(2) :]
        else:
            lines[at] = lines[at].replace(
                chance.choice(["true", "1", '"']), chance.choice(["false", "999999999", "''", "[]"]), 1
            )
        text = "\n".join(lines)
    return text


@given(st.integers(0, 2**32))
def test_mutated_descriptors_are_layouts_or_mistakes(seed: int) -> None:
    chance = random.Random(seed)
    text = mutated(chance, chance.choice(TEXTS))
    found = mistakes(text, {})
    assert all(found)
    assert found or isinstance(compile_layout(text), Layout)


@given(st.text(max_size=400))
def test_any_text_is_a_mistake(text: str) -> None:
    assert mistakes(text)
