"""Contacts files: every code, every way of writing them, and anything else without an exception."""

import io
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartbill.core.flows.contacts_csv.line_map import LineMap
from smartbill.core.flows.contacts_csv.reader import ContactsRules, read_contacts
from smartbill.core.flows.contacts_csv.table import TableLimits
from smartbill.core.flows.value import Finding, FlowContact, Level
from smartbill.core.wording.findings import message

HEADER = "codice_anagrafico;cellulare;email\n"
GOOD = "106082;3331234567;anna@example.it\n"


def read(content: str | bytes, rules: ContactsRules | None = None) -> tuple[list[FlowContact], list[Finding]]:
    data = content if isinstance(content, bytes) else content.encode()
    found = list(read_contacts(io.BytesIO(data), file="CONTATTI.csv", rules=rules or ContactsRules()))
    contacts = [item for item in found if isinstance(item, FlowContact)]
    return contacts, [item for item in found if isinstance(item, Finding)]


def short(findings: list[Finding]) -> list[tuple[str, Level, int | None]]:
    return [(finding.code, finding.level, finding.line) for finding in findings]


def many(rows: int = 20) -> str:
    return "".join(f"2{n:05};33312{n:05};\n" for n in range(rows))


def test_a_plain_file() -> None:
    contacts, findings = read(HEADER + GOOD)
    assert findings == []
    assert contacts == [
        FlowContact(key_kind="customer_code", key="106082", mobile="+393331234567", email="anna@example.it", line=2)
    ]


def test_every_column() -> None:
    contacts, findings = read(
        "Codice Cliente;Telefono;E-Mail;Canale preferito;LINGUA;consenso;data_consenso;denominazione;privacy_terzi\n"
        "a1 ;333 1234567;Anna@Example.IT;whatsapp;EN;s;01/02/2026;Verdi Anna;N\n"
    )
    assert findings == []
    assert [(c.key, c.mobile, c.email, c.channel, c.language, c.consent, str(c.consent_date)) for c in contacts] == [
        ("A1", "+393331234567", "Anna@example.it", "whatsapp", "en", True, "2026-02-01")
    ]


@pytest.mark.parametrize("channel", [("SMS", "sms"), ("EMAIL", "email"), ("POSTA", "paper"), ("", "")])
def test_channels(channel: tuple[str, str]) -> None:
    contacts, findings = read(f"cod_cliente,cell,canale\n7,3331234567,{channel[0]}\n")
    assert (findings, contacts[0].channel) == ([], channel[1])


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_delimiters_line_ends(delimiter: str, encoding: str, line_end: str) -> None:
    text = "cf;cellulare;nominativo\nVRDNNA80A41F205X;3331234567;Niccolò\n".replace(";", delimiter)
    contacts, findings = read(text.replace("\n", line_end).encode(encoding))
    assert (len(contacts), findings) == (1, [])
    assert (contacts[0].key_kind, contacts[0].key, contacts[0].line) == ("fiscal_code", "VRDNNA80A41F205X", 2)


def test_quotes_are_honoured_when_the_delimiter_is_sought() -> None:
    contacts, findings = read('anagrafica,mobile,nominativo\n1,3331234567,"Verdi, Anna"\n2,3331234568,"a ""b"" c"\n')
    assert ([c.key for c in contacts], findings) == (["1", "2"], [])


def test_a_cell_over_two_lines_keeps_the_count_of_lines() -> None:
    contacts, _ = read('anagrafica;mobile;nominativo\n1;3331234567;"Verdi\nAnna"\n\n2;3331234568;x\n')
    assert [(c.key, c.line) for c in contacts] == [("1", 2), ("2", 5)]


def test_the_delimiter_line_of_a_spreadsheet_and_blank_lines() -> None:
    contacts, findings = read("sep=,\n\nanagrafica,mobile\n ,\n1,3331234567\n\n")
    assert ([(c.key, c.line) for c in contacts], findings) == ([("1", 5)], [])


def test_keys_in_the_order_of_the_table() -> None:
    contacts, findings = read(
        "piva;cf;codice_anagrafico;sms\n"
        "IT 01234567890;;;3331234567\n"
        "01234567891;vrdnna80a41f205x;;3331234568\n"
        "01234567891;VRDNNA80A41F205X;c 9;3331234569\n"
        "DE111111125;;;3331234560\n"
    )
    assert findings == []
    assert [(c.key_kind, c.key) for c in contacts] == [
        ("vat_number", "01234567890"),
        ("fiscal_code", "VRDNNA80A41F205X"),
        ("customer_code", "C9"),
        ("vat_number", "DE111111125"),
    ]


def test_spreadsheet_traces_are_taken_off() -> None:
    contacts, findings = read(
        HEADER + '"=""000123""";"=""3331234567""";\n\'000124;\'3331234568;\n125.0;3331234569.0;\n'
    )
    assert findings == []
    assert [(c.key, c.mobile[-1]) for c in contacts] == [("000123", "7"), ("000124", "8"), ("125", "9")]


@pytest.mark.parametrize(
    ("row", "code", "field", "values"),
    [
        (";3331234567;anna@example.it", "CSV-504", "", {}),
        ("1;333I234567;", "CSV-505", "mobile", {}),
        ("1;3331234567;3339876543", "CSV-507", "email", {}),
        ("1;06 1234567;", "CSV-506", "mobile", {}),
        ("1;;anna", "CSV-507", "email", {}),
        ("1;;", "CSV-508", "", {}),
        ("1;3,93E+11;", "CSV-509", "mobile", {"valore": "3,93E+11"}),
        ("1,06E+5;3331234567;", "CSV-509", "customer_code", {"valore": "1,06E+5"}),
        ("è;3331234567;", "REC-107", "customer_code", {"campo": "codice_anagrafico", "valore": "È"}),
        ("x" * 31 + ";3331234567;", "REC-107", "customer_code", {"campo": "codice_anagrafico", "valore": "X" * 31}),
    ],
)
def test_refused_rows(row: str, code: str, field: str, values: dict[str, str]) -> None:
    contacts, findings = read(HEADER + many(9) + row + "\n")
    if row.startswith("1;3331234567"):  # the mobile is good: the e-mail alone is dropped
        assert (len(contacts), findings[0].level) == (10, Level.WARNING)
    else:
        assert (len(contacts), findings[0].level) == (9, Level.ROW)
    assert [(f.code, f.line, f.field, f.values, f.file) for f in findings] == [
        (code, 11, field, values, "CONTATTI.csv")
    ]


def test_too_many_cells_are_a_shifted_row() -> None:
    contacts, findings = read(HEADER + many(60) + "1;3331234567;;x\n1;3331234567;;;\n")
    assert short(findings) == [("REC-101", Level.ROW, 62)]
    assert findings[0].values == {"trovato": "4", "atteso": "3"}
    assert contacts[-1].line == 63


def test_damaged_keys() -> None:
    _, findings = read("cf;piva;sms\n" + "8012345678;;3331234567\n;123456789;3331234567\nVRDNNA80;;3331234567\n")
    assert [(f.code, f.field, f.values) for f in findings] == [
        ("CSV-509", "fiscal_code", {"valore": "801…78"}),
        ("CSV-509", "vat_number", {"valore": "123…89"}),
        ("REC-107", "fiscal_code", {"campo": "codice_fiscale", "valore": "VRD…80"}),
        ("CSV-503", "", {"n": "3", "tot": "3"}),
    ]


def test_lost_zeros_only_where_the_company_sets_a_length() -> None:
    text = HEADER + many(9) + "82;3331234567;\n"
    assert read(text)[1] == []
    assert short(read(text, ContactsRules(customer_code_length=6))[1]) == [("CSV-509", Level.ROW, 11)]


def test_a_bad_contact_beside_a_good_one_is_a_warning() -> None:
    contacts, findings = read(HEADER + "1;333I234567;anna@example.it\n2;3331234567;anna@\n")
    assert [(c.mobile, c.email) for c in contacts] == [("", "anna@example.it"), ("+393331234567", "")]
    assert short(findings) == [("CSV-505", Level.WARNING, 2), ("CSV-507", Level.WARNING, 3)]


def test_two_columns_of_numbers() -> None:
    contacts, findings = read("anagrafica;telefono;cellulare\n1;06 1234567;3331234567\n2;3331234568;\n")
    assert [c.mobile for c in contacts] == ["+393331234567", "+393331234568"]
    assert short(findings) == [("CSV-506", Level.WARNING, 2)]


def test_a_refusal_of_consent_counts_without_an_address() -> None:
    contacts, findings = read("anagrafica;sms;consenso\n1;;N\n2;333I234567;no\n")
    assert [(c.key, c.mobile, c.consent) for c in contacts] == [("1", "", False), ("2", "", False)]
    assert short(findings) == [("CSV-505", Level.WARNING, 3)]


def test_certified_mailboxes_and_slips() -> None:
    contacts, findings = read(HEADER + many(9) + "1;3331234567;a@pec.example.it\n2;;a@pec.example.it\n3;;a@gmail.con\n")
    assert [(f.code, f.level, f.field, f.line) for f in findings] == [
        ("WRN-410", Level.WARNING, "email_certified", 11),
        ("WRN-410", Level.WARNING, "email_certified", 12),
        ("CSV-508", Level.ROW, "", 12),
        ("WRN-410", Level.WARNING, "email_domain", 13),
    ]
    assert [(c.mobile, c.email) for c in contacts[9:]] == [("+393331234567", ""), ("", "a@gmail.con")]
    assert message(findings[3]) == "Riga 13: dominio «gmail.con» forse errato, controllare l'indirizzo e-mail."


def test_odd_wishes_are_warnings() -> None:
    contacts, findings = read(
        "anagrafica;sms;canale;lingua;consenso;data_consenso;colore\n1;3331234567;FAX;italiano;forse;31/02/2026;blu\n"
    )
    assert [message(finding) for finding in findings] == [
        "Recapiti: colonna «colore» non riconosciuta, ignorata.",
        "Riga 2: consenso «forse» non previsto, considerato non registrato.",
        "Riga 2: canale «FAX» non previsto, ignorato.",
        "Riga 2: lingua «italiano» non attiva, si usa l'italiano.",
        "Riga 2: data del consenso «31/02/2026» non valida, ignorata.",
    ]
    assert (contacts[0].channel, contacts[0].language, contacts[0].consent, contacts[0].consent_date) == (
        *("", "it", None),
        None,
    )


def test_a_language_that_is_not_active_becomes_italian() -> None:
    text = "anagrafica;sms;lingua\n1;3331234567;de\n2;3331234568;en\n"
    contacts, findings = read(text, ContactsRules(languages=frozenset({"it", "en"})))
    assert [c.language for c in contacts] == ["it", "en"]
    assert [(f.field, f.line) for f in findings] == [("language", 2)]


def test_the_last_row_wins_and_equal_rows_are_one() -> None:
    contacts, findings = read(HEADER + "1;3331234567;\n1;333 1234567;\n2;3331234568;\n1;3331234569;\n")
    assert [(c.key, c.mobile, c.line) for c in contacts] == [("2", "+393331234568", 4), ("1", "+393331234569", 5)]
    assert [(f.code, f.line, f.values) for f in findings] == [("CSV-510", 5, {"codice": "1", "riga2": "2"})]
    assert message(findings[0]) == "Riga 5: codice 1 già presente alla riga 2, vale l'ultima."


def test_several_contacts_of_a_customer_where_the_company_wants_it() -> None:
    text = HEADER + "1;3331234567;\n1;3331234568;\n1;3331234567;\n2;3331234569;\n"
    contacts, findings = read(text, ContactsRules(several_per_customer=True))
    assert findings == []
    assert [(c.key, c.mobile[-1], c.preferred) for c in contacts] == [
        ("1", "7", True),
        ("1", "8", False),
        ("2", "9", True),
    ]


def test_one_address_of_many_customers() -> None:
    rows = [f"{n};3331234567;c{n}@example.it" for n in range(11)]
    assert short(read(HEADER + "\n".join(rows))[1]) == [("CSV-511", Level.WARNING, 2)]
    assert read(HEADER + "\n".join(rows))[1][0].values == {"n": "11"}
    assert read(HEADER + "\n".join([*rows[:10], rows[9]]))[1] == []


def test_too_many_refused_rows_refuse_the_file() -> None:
    contacts, findings = read(HEADER + many(3) + "1;;\n")
    assert contacts == []
    assert short(findings) == [("CSV-508", Level.ROW, 5), ("CSV-503", Level.FILE, None)]
    assert findings[1].values == {"n": "1", "tot": "4"}
    assert len(read(HEADER + many(4) + "1;;\n\n;;\n")[0]) == 4  # 20 % is still taken; blank rows don't count


@pytest.mark.parametrize(
    ("content", "code", "line", "values"),
    [
        (b"", "CSV-501", None, {"nome": "codice_anagrafico"}),
        (b"\n\n", "CSV-501", None, {"nome": "codice_anagrafico"}),
        (b"cellulare;email\n", "CSV-501", None, {"nome": "codice_anagrafico"}),
        (b"codice_anagrafico;nome\n", "CSV-501", None, {"nome": "cellulare"}),
        (b"codice_anagrafico\n1\n", "CSV-502", None, {}),
        (b"codice_anagrafico:cellulare\n1:2\n", "CSV-502", None, {}),
        (HEADER.encode() + b"1;3331234567\n" * 9, "CSV-502", None, {}),
        (HEADER.encode() + b"1;3331234567;\n\x81;;\n", "FLS-003", 3, {"codifica": "CP1252"}),
        ("a;b".encode("utf-16") + b"\x00", "FLS-003", 1, {"codifica": "UTF-16"}),
        (HEADER.encode() + b"1;333\x001234567;\n", "FLS-027", 2, {"cosa": "NUL"}),
        ((HEADER + many(40)).encode() + b'1;"333;\n2;3;\n', "FLS-027", 42, {"cosa": "virgolette non chiuse"}),
        (
            (HEADER + many(40)).encode() + b'1;"333;\n' + GOOD.encode() * 9 + b'"',
            "FLS-027",
            42,
            {"cosa": "virgolette non chiuse"},
        ),
        (HEADER.encode() + b"1;" + b"3" * 65536 + b";\n", "FLS-009", 2, {"n": "oltre 65536"}),
        (b";".join(b"c%d" % n for n in range(101)), "CSV-513", None, {"dettaglio": "oltre 100 colonne"}),
    ],
)
def test_refused_files(content: bytes, code: str, line: int | None, values: dict[str, str]) -> None:
    contacts, findings = read(content)
    assert contacts == []
    assert [(f.code, f.level, f.line, f.values) for f in findings] == [(code, Level.FILE, line, values)]
    assert message(findings[0]).startswith(("Recapiti", "Riga", "Il file"))


def test_limits_of_rows_and_bytes() -> None:
    rules = ContactsRules(limits=TableLimits(rows=3, file_bytes=1024 * 1024))
    assert read(HEADER + many(4), rules)[1][0].values == {"dettaglio": "oltre 3 righe"}
    assert read(HEADER + many(100_000), rules)[1][0].values == {"dettaglio": "oltre 1 MB"}


def test_memory_is_some_tens_of_bytes_per_customer() -> None:
    def peak(rows: int) -> int:
        data = (HEADER + "".join(f"{n};3{330000000 + n};c{n}@example.it\n" for n in range(rows))).encode()
        tracemalloc.start()
        count = sum(isinstance(item, FlowContact) for item in read_contacts(io.BytesIO(data), file="c"))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == rows
        return found

    assert (peak(12_000) - peak(2_000)) / 10_000 < 200  # three entries each, and room to grow


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(1, 2**64 - 1)), max_size=60))
def test_a_line_map_is_a_dictionary(entries: list[tuple[str, int]]) -> None:
    small, plain = LineMap(), dict(entries)
    for text, value in entries:
        small[text] = value
    assert {text: small.get(text) for text in plain} == plain
    assert sorted(small.values()) == sorted(plain.values())
    assert small.get("none of these") == 0


def test_a_line_map_grows() -> None:
    small = LineMap()
    for n in range(1, 5001):
        small[f"c{n}"] = n
    assert [small.get(f"c{n}") for n in range(5001)] == list(range(5001))


@settings(max_examples=150, deadline=2000)
@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda tail: HEADER.encode() + tail))
def test_any_bytes_give_findings_or_contacts(data: bytes) -> None:
    _, findings = read(data)
    for finding in findings:
        assert message(finding) != finding.code


def test_mutated_files_give_findings_or_contacts() -> None:
    good = (HEADER + GOOD + many(5) + '7;"333 1234567";"a@example.it"\n').encode()
    source = random.Random(7)
    for _ in range(1500):
        data = bytearray(good)
        for _ in range(source.randint(1, 6)):
            place = source.randrange(len(data))
            data[place : place + source.randint(0, 3)] = source.choice(
                [b'"', b";", b"\n", b"\r", b"\x00", b"\xff", b"\xc3", b"", b",", bytes([source.randrange(256)])]
            )
        contacts, findings = read(bytes(data))
        assert contacts or findings
