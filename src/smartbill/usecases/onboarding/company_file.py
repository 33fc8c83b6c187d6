"""The file that describes a company: what `smartbill company add FILE.toml` reads."""

import re
import tomllib
from collections import Counter
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace
from stdnum import iban as ibans
from stdnum.it import iva

from smartbill.apps.companies.models import Role
from smartbill.core.area.limits import GIB, QUOTA_BYTES, QUOTA_FILES, quota_mistake
from smartbill.core.checks.value import Check
from smartbill.core.company.documents import (
    SECTIONS,
    Access,
    Checks,
    Contacts,
    Intake,
    Look,
    Paper,
    Senders,
    Slips,
    Texts,
)
from smartbill.core.company.limits import limit_mistakes
from smartbill.core.contacts.email import parse_email
from smartbill.core.messages.placeholders import PLACEHOLDERS, SUBJECT_PLACEHOLDERS, text_mistakes
from smartbill.core.ports.channels import Channel
from smartbill.core.slips import postal
from smartbill.core.slips.check_digits import is_creditor_code
from smartbill.usecases.onboarding.ssh_keys import key_mistake

_CODE = re.compile(r"[A-Z0-9]{2,10}")
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{3,190}")
_USERNAME = re.compile(r"[a-z0-9][a-z0-9_-]{1,39}")
_KINDS = {
    "str": "un testo",
    "int": "un numero intero",
    "bool": "true o false",
    "array": "un elenco",
    "object": "una tabella",
}


class StaffMember(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: str
    name: str
    role: str
    password: str = ""  # empty: one is made and told once


class SftpLogin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    username: str
    password: str = ""
    public_keys: tuple[str, ...] = ()  # OpenSSH form
    quota_gib: int = QUOTA_BYTES // GIB
    quota_files: int = QUOTA_FILES


class CompanyLayout(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A flow layout of the company: one of the product by `name`, or a `file` with its `sample`, beside this file."""

    name: str = ""
    file: str = ""
    sample: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


class CompanyFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: str
    name: str
    vat_number: str = ""
    host: str = ""
    own_operator: bool = False
    look: Look = Look()
    texts: Texts = field(default_factory=Texts)
    senders: Senders = Senders()
    access: Access = Access()
    intake: Intake = Intake()
    checks: Checks = Checks()
    contacts: Contacts = Contacts()
    paper: Paper = Paper()
    slips: Slips = Slips()
    layouts: tuple[str | CompanyLayout, ...] = ()
    staff: tuple[StaffMember, ...] = ()
    sftp: tuple[SftpLogin, ...] = ()


#: Characters of a line that tells a mistake.
_LONGEST_MISTAKE = 500


class CompanyFileMistakes(Exception):
    """Everything in the file that can't be used, one Italian line each."""

    def __init__(self, mistakes: list[str]) -> None:
        # Names and values of the file stand in them as they were written: a terminal must not obey what it is shown.
        self.mistakes = ["".join(filter(str.isprintable, mistake))[:_LONGEST_MISTAKE] for mistake in mistakes]
        super().__init__("\n".join(self.mistakes))


def read_company_file(text: str) -> CompanyFile:
    """Read and check the file. Raises CompanyFileMistakes with all that is wrong."""
    try:
        plain = tomllib.loads(text)
        company_file = msgspec.convert(plain, CompanyFile)
    except tomllib.TOMLDecodeError as error:
        raise CompanyFileMistakes([f"Il file non è in formato TOML: {_place(str(error))}"]) from error
    except msgspec.ValidationError as error:
        raise CompanyFileMistakes([_in_italian(str(error))]) from error
    if mistakes := _unknown_settings(plain) + _mistakes(company_file):
        raise CompanyFileMistakes(mistakes)
    return company_file


def with_password(company_file: CompanyFile, password: str) -> CompanyFile:
    """The same company with this password for every login that the file leaves open."""
    return replace(
        company_file,
        staff=tuple(replace(member, password=member.password or password) for member in company_file.staff),
        sftp=tuple(
            login if login.password or login.public_keys else replace(login, password=password)
            for login in company_file.sftp
        ),
    )


def is_username(text: str) -> bool:
    """Whether an SFTP account may be called so."""
    return _USERNAME.fullmatch(text) is not None


def _place(error: str) -> str:
    """Where a TOML file breaks off; the parser's own words are English."""
    found = re.search(r"at line (\d+), column (\d+)", error)
    return f"si veda la riga {found[1]}, colonna {found[2]}" if found else "il file finisce troppo presto"


def _in_italian(error: str) -> str:
    """What msgspec says of a value that does not fit, as `access.validity_days: …`."""
    what, _, place = error.partition(" - at ")
    where = place.strip("`").removeprefix("$.")
    prefix = f"{where}: " if where else ""
    if found := re.fullmatch(r"Object missing required field `(\w+)`", what):
        return f"{prefix}manca «{found[1]}»"
    if found := re.fullmatch(r"Object contains unknown field `(\w+)`", what):
        return f"{prefix}la voce «{found[1]}» non esiste"
    if found := re.match(r"Expected `(\w+)", what):
        return f"{prefix}serve {_KINDS.get(found[1], 'un altro tipo di valore')}"
    return f"{prefix}il valore non va bene ({what})"


def _unknown_settings(plain: dict[str, Any]) -> list[str]:
    """Stored settings may hold what this program does not know; in a file it is a slip of the pen."""
    return [
        f"{name}: la voce «{key}» non esiste"
        for name, section in SECTIONS.items()
        for key in plain.get(name, {})
        if key not in section.__struct_fields__
    ]


def _mistakes(company_file: CompanyFile) -> list[str]:
    found = []
    if not _CODE.fullmatch(company_file.code):
        found.append(f"code: «{company_file.code}» deve avere da 2 a 10 lettere maiuscole o cifre")
    if not company_file.name.strip():
        found.append("name: manca la denominazione")
    if company_file.vat_number and not iva.is_valid(company_file.vat_number.removeprefix("IT")):
        found.append(f"vat_number: «{company_file.vat_number}» non è una partita IVA valida")
    if company_file.host and not _HOST.fullmatch(company_file.host):
        found.append(f"host: «{company_file.host}» non è un nome di dominio")
    found += _settings_mistakes(company_file)
    for member in company_file.staff:
        found += staff_mistakes(member)
    found += _twice("staff", [member.email.strip().lower() for member in company_file.staff])
    for login in company_file.sftp:
        if not is_username(login.username):
            found.append(f"sftp: «{login.username}» non è un nome utente (lettere minuscole, cifre, - e _)")
        for number, key in enumerate(login.public_keys, 1):
            if mistake := key_mistake(key):
                found.append(f"sftp {login.username}, chiave pubblica numero {number}: {mistake}")
        if mistake := quota_mistake(login.quota_gib, login.quota_files):
            found.append(f"sftp {login.username}, quota_gib e quota_files: {mistake}")
    found += _twice("sftp", [login.username for login in company_file.sftp])
    return found


def _settings_mistakes(company_file: CompanyFile) -> list[str]:
    found = limit_mistakes(company_file.intake)
    if not 1 <= company_file.access.validity_days <= 365:
        found.append("access.validity_days: da 1 a 365")
    for channel in company_file.access.channels:
        if channel not in set(Channel):
            found.append(f"access.channels: «{channel}» non esiste ({', '.join(Channel)})")
    found += _checks_mistakes(company_file.checks)
    found += _slips_mistakes(company_file.slips)
    if not 1 <= company_file.intake.outcomes_days <= 3650:
        found.append("intake.outcomes_days: da 1 a 3650")
    if not 0 <= company_file.intake.refused_percent <= 100:
        found.append("intake.refused_percent: da 0 a 100")
    if company_file.intake.refused_at_most < 0:
        found.append("intake.refused_at_most: da 0 in su")
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", company_file.look.brand_color):
        found.append(f"look.brand_color: «{company_file.look.brand_color}» non è un colore come #00509d")
    for name in ("email_address", "email_reply_to"):
        address = getattr(company_file.senders, name)
        if address and not parse_email(address).address:
            found.append(f"senders.{name}: «{address}» non è un indirizzo e-mail")
    found += _contacts_mistakes(company_file.contacts)
    for language, email in company_file.texts.email.items():
        for name in email.__struct_fields__:
            allowed = SUBJECT_PLACEHOLDERS if name == "subject" else frozenset(PLACEHOLDERS)
            mistakes = text_mistakes(getattr(email, name), allowed=allowed)
            found += [f"texts.email.{language}.{name}: {mistake}" for mistake in mistakes]
    return found


def _slips_mistakes(slips: Slips) -> list[str]:
    found = []
    if slips.pagopa and not is_creditor_code(slips.creditor_code):
        found.append("slips.creditor_code: per pagoPA serve il codice fiscale dell'ente creditore, 11 cifre")
    if slips.cbill_sia and not re.fullmatch(r"[A-Z0-9]{5}", slips.cbill_sia):
        found.append(f"slips.cbill_sia: «{slips.cbill_sia}» deve avere 5 lettere maiuscole o cifre")
    if slips.postal_type not in {"", *postal.TYPES}:
        found.append(
            f"slips.postal_type: «{slips.postal_type}» non è un tipo di bollettino ({', '.join(postal.TYPES)})"
        )
    if slips.postal_account:
        try:
            postal.padded_account(slips.postal_account)
        except ValueError:
            found.append(
                f"slips.postal_account: «{slips.postal_account}» non è un conto corrente postale (12 cifre al più)"
            )
    if not all(0 <= blanks <= 20 for blanks in slips.postal_blanks):
        found.append("slips.postal_blanks: da 0 a 20 spazi fra i campi della riga codice")
    if slips.iban and not ibans.is_valid(slips.iban):
        found.append(f"slips.iban: «{slips.iban}» non è un IBAN valido")
    return found


def _checks_mistakes(checks: Checks) -> list[str]:
    found = []
    for name in ("blocking", "off"):
        unknown = [code for code in getattr(checks, name) if code not in set(Check)]
        found += [f"checks.{name}: «{code}» non esiste ({', '.join(Check)})" for code in unknown]
    for name, least, most in (
        ("unusual_percent", 101, 10_000), ("unusual_from_euro", 0, 1_000_000), ("unusual_bills", 1, 24),
        ("total_change_percent", 1, 10_000), ("due_near_days", 0, 60), ("shared_address_customers", 2, 1_000),
    ):  # fmt: skip
        if not least <= getattr(checks, name) <= most:
            found.append(f"checks.{name}: da {least} a {most}")
    return found


def _contacts_mistakes(contacts: Contacts) -> list[str]:
    found = []
    if not re.fullmatch(r"[^/\\]{1,60}\.csv", contacts.file_name, re.IGNORECASE):
        found.append("contacts.file_name: un modello di nomi che finisce con .csv, come CONTATTI*.csv")
    if not 0 <= contacts.customer_code_length <= 30:
        found.append("contacts.customer_code_length: da 0 (libera) a 30")
    if contacts.customers_per_address < 1:
        found.append("contacts.customers_per_address: almeno 1")
    if not 0 <= contacts.refused_percent <= 100:
        found.append("contacts.refused_percent: da 0 a 100")
    return found


def _twice(what: str, names: list[str]) -> list[str]:
    return [f"{what}: «{name}» c'è più di una volta" for name, count in Counter(names).items() if count > 1]


def staff_mistakes(member: StaffMember) -> list[str]:
    found = []
    if not _EMAIL.fullmatch(member.email):
        found.append(f"staff: «{member.email}» non è un indirizzo e-mail")
    if member.role not in Role.values:
        found.append(f"staff {member.email}: il ruolo «{member.role}» non esiste ({', '.join(Role.values)})")
    if member.password and len(member.password) < 12:
        found.append(f"staff {member.email}: la password deve avere almeno 12 caratteri")
    return found
