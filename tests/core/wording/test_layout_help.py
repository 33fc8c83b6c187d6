"""The help of layouts has a meaning for every word of the reader's own tables, and for no other word."""

import msgspec

from smartbill.core.flows.descriptor import keys
from smartbill.core.flows.descriptor.targets import FIELDS, IGNORE, TARGETS
from smartbill.core.flows.descriptor.words import DERIVATIONS, TRANSFORMS
from smartbill.core.wording import layout_terms
from smartbill.core.wording.findings import SENTENCES
from smartbill.core.wording.layout_help import CHOICES, TABLES, layout_help


def test_every_key_has_a_meaning() -> None:
    for table, struct in TABLES.items():
        names = {field.encode_name for field in msgspec.structs.fields(struct)}
        assert layout_terms.KEYS[table].keys() == names, table
        assert layout_terms.TABLES[table]


def test_every_word_of_the_closed_lists_has_a_meaning() -> None:
    for words, meanings in (
        (keys.KINDS, layout_terms.KINDS),
        (keys.FORMAT_TYPES, layout_terms.TYPES),
        (TRANSFORMS, layout_terms.TRANSFORMS),
        (DERIVATIONS, layout_terms.DERIVATIONS),
        (keys.OPERATORS, layout_terms.OPERATORS),
        (keys.UNKNOWNS, layout_terms.UNKNOWNS),
        (keys.CHECK_KINDS, layout_terms.CHECK_KINDS),
        ((*TARGETS, IGNORE), layout_terms.TARGETS),
    ):
        assert set(words) == meanings.keys()


def test_every_field_of_the_bill_has_a_meaning() -> None:
    assert {kind: set(fields) for kind, fields in FIELDS.items()} == {
        kind: set(meanings) for kind, meanings in layout_terms.FIELDS.items()
    }


def test_hints_are_of_findings_and_name_keys_that_exist() -> None:
    assert layout_terms.HINTS.keys() <= SENTENCES.keys()


def test_choices_are_of_keys_that_exist() -> None:
    for table, key in CHOICES:
        assert key in layout_terms.KEYS[table]


def test_the_page_lists_them_all() -> None:
    told = layout_help()
    assert [each.title for each in told.fields] == [*TARGETS, IGNORE]
    lists = [*told.tables, *told.words, *told.fields]
    assert [row for each in lists for row in each.rows if not row.meaning] == []
    assert len({each.anchor for each in lists}) == len(lists)
    kind = next(row for row in told.fields[1].rows if row.word == "doc_type")
    assert kind.more == "invoice, credit_note, debit_note, notice"
