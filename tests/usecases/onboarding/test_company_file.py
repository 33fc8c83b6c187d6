"""The file that describes a company: what is read, and every mistake in Italian with its place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartbill.core.company.documents import Access, Senders
from smartbill.usecases.onboarding.company_file import (
    CompanyFileMistakes,
    SftpLogin,
    StaffMember,
    read_company_file,
    with_password,
)

GOOD = """
code = "ACQUALUCE"
name = "Acqualuce di Prova"
vat_number = "07550120013"
host = "bollette.acqualuce.example"

[access]
validity_days = 20

[senders]
email_address = "bolletta@acqualuce.example"

[[staff]]
email = "anna@acqualuce.example"
name = "Anna Esempi"
role = "manager"

[[sftp]]
username = "acqualuce"
"""


def _mistakes(text: str) -> list[str]:
    with pytest.raises(CompanyFileMistakes) as caught:
        read_company_file(text)
    return caught.value.mistakes


def test_a_good_file() -> None:
    read = read_company_file(GOOD)
    assert (read.code, read.host, read.own_operator) == ("ACQUALUCE", "bollette.acqualuce.example", False)
    assert read.access == Access(validity_days=20)
    assert read.senders == Senders(email_address="bolletta@acqualuce.example")
    assert read.staff == (StaffMember(email="anna@acqualuce.example", name="Anna Esempi", role="manager"),)
    assert read.sftp == (SftpLogin(username="acqualuce"),)


@pytest.mark.parametrize("path", sorted(Path("layouts/demo").glob("*.toml")), ids=lambda path: path.stem)
def test_the_files_of_the_demo_are_good(path: Path) -> None:
    assert read_company_file(path.read_text()).code == path.stem.upper()


def test_a_password_is_given_to_logins_that_are_open() -> None:
    with_key = (
        GOOD + "public_keys = ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJJyUy2Ld1kF3dBkxYfZkmfLOjqT5N3nS3tQSZ0k5W5a']\n"
    )
    assert with_password(read_company_file(GOOD), "una frase lunga").sftp[0].password == "una frase lunga"
    keyed = with_password(read_company_file(with_key), "una frase lunga")
    assert (keyed.sftp[0].password, keyed.staff[0].password) == ("", "una frase lunga")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "Acqualuce di Prova"', "", "manca «name»"),
        ('name = "Acqualuce di Prova"', "name = 3", "name: serve un testo"),
        ('name = "Acqualuce di Prova"', "name =", "Il file non è in formato TOML: si veda la riga 3, colonna 7"),
        ('role = "manager"', "", "staff[0]: manca «role»"),
        ('role = "manager"', 'role = "manager"\nphone = ""', "staff[0]: la voce «phone» non esiste"),
        ("validity_days = 20", 'validity_days = "venti"', "access.validity_days: serve un numero intero"),
        ("validity_days = 20", "validity_day = 20", "access: la voce «validity_day» non esiste"),
        ("[access]", "[acces]", "la voce «acces» non esiste"),
    ],
)
def test_a_file_of_another_shape(old: str, new: str, said: str) -> None:
    assert _mistakes(GOOD.replace(old, new)) == [said]


def test_all_that_is_wrong_in_a_well_formed_file_is_told_at_once() -> None:
    text = """
code = "acqua luce"
name = " "
vat_number = "07550120014"
host = "bollette"
[look]
brand_color = "blu"
[texts.email.it]
subject = "{azienda}: {importo}"
body = "{importi}"
[senders]
email_address = "bolletta@"
[access]
validity_days = 0
channels = ["email", "fax"]
[[staff]]
email = "anna"
name = "Anna Esempi"
role = "capo"
password = "corta"
[[staff]]
email = "ANNA"
name = "Anna Esempi"
role = "viewer"
[[sftp]]
username = "Acqua"
public_keys = ["ssh-ed25519 AAAA"]
quota_gib = 0
"""
    assert _mistakes(text) == [
        "code: «acqua luce» deve avere da 2 a 10 lettere maiuscole o cifre",
        "name: manca la denominazione",
        "vat_number: «07550120014» non è una partita IVA valida",
        "host: «bollette» non è un nome di dominio",
        "access.validity_days: da 1 a 365",
        "access.channels: «fax» non esiste (sms, whatsapp, email, pec)",
        "look.brand_color: «blu» non è un colore come #00509d",
        "senders.email_address: «bolletta@» non è un indirizzo e-mail",
        "texts.email.it.subject: «{importo}» qui non si può usare: si possono usare {azienda}, {numero}, {emissione},"
        " {validita}",
        "texts.email.it.body: «{importi}» non esiste: si possono usare {azienda}, {cliente}, {numero}, {emissione},"
        " {importo}, {scadenza_frase}, {validita}",
        "staff: «anna» non è un indirizzo e-mail",
        "staff anna: il ruolo «capo» non esiste (viewer, editor, manager, operator)",
        "staff anna: la password deve avere almeno 12 caratteri",
        "staff: «ANNA» non è un indirizzo e-mail",
        "staff: «anna» c'è più di una volta",
        "sftp: «Acqua» non è un nome utente (lettere minuscole, cifre, - e _)",
        "sftp Acqua, chiave pubblica numero 1: La chiave non è leggibile: "
        "serve una riga in formato OpenSSH, come «ssh-ed25519 AAAA…».",
        "sftp Acqua, quota_gib e quota_files: Lo spazio va da 1 a 1024 GiB, i file da 1 a 10.000.",
    ]


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(CompanyFileMistakes):
        read_company_file(text)
    with pytest.raises(CompanyFileMistakes):
        read_company_file(f"{GOOD}\n[texts.email.it]\nbody = '''{text}\n")


def test_what_cannot_be_printed_to_pay_by() -> None:
    slips = """
[slips]
pagopa = true
creditor_code = "01234567890"
cbill_sia = "acqua"
postal_type = "451"
postal_account = "12-34"
postal_blanks = [7, 2, 99]
iban = "IT60X0542811101000000123457"
"""
    assert _mistakes(GOOD + slips) == [
        "slips.creditor_code: per pagoPA serve il codice fiscale dell'ente creditore, 11 cifre",
        "slips.cbill_sia: «acqua» deve avere 5 lettere maiuscole o cifre",
        "slips.postal_type: «451» non è un tipo di bollettino (896, 674)",
        "slips.postal_account: «12-34» non è un conto corrente postale (12 cifre al più)",
        "slips.postal_blanks: da 0 a 20 spazi fra i campi della riga codice",
        "slips.iban: «IT60X0542811101000000123457» non è un IBAN valido",
    ]
