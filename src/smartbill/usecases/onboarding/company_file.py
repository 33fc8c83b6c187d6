"""The file that describes a company: what `smartbill company add FILE.toml` reads."""

import re

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace
from stdnum.it import iva

from smartbill.apps.companies.models import Role
from smartbill.core.company.documents import Access, Intake, Look, Senders, Texts

_CODE = re.compile(r"[A-Z0-9]{2,10}")
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{3,190}")
_USERNAME = re.compile(r"[a-z0-9][a-z0-9_-]{1,39}")


class StaffMember(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: str
    name: str
    role: str
    password: str = ""  # empty: one is made and told once


class SftpLogin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    username: str
    password: str = ""
    public_keys: tuple[str, ...] = ()  # OpenSSH form


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
    staff: tuple[StaffMember, ...] = ()
    sftp: tuple[SftpLogin, ...] = ()


class CompanyFileMistakes(Exception):
    """Everything in the file that can't be used, one Italian line each."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def read_company_file(text: str) -> CompanyFile:
    """Read and check the file. Raises CompanyFileMistakes with all that is wrong."""
    try:
        company_file = msgspec.toml.decode(text, type=CompanyFile)
    except msgspec.MsgspecError as error:
        raise CompanyFileMistakes([f"Il file non è leggibile: {error}"]) from error
    if mistakes := _mistakes(company_file):
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
    if not 1 <= company_file.access.validity_days <= 365:
        found.append("access.validity_days: da 1 a 365")
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", company_file.look.brand_color):
        found.append(f"look.brand_color: «{company_file.look.brand_color}» non è un colore come #00509d")
    for member in company_file.staff:
        found += staff_mistakes(member)
    for login in company_file.sftp:
        if not _USERNAME.fullmatch(login.username):
            found.append(f"sftp: «{login.username}» non è un nome utente (lettere minuscole, cifre, - e _)")
    return found


def staff_mistakes(member: StaffMember) -> list[str]:
    found = []
    if not _EMAIL.fullmatch(member.email):
        found.append(f"staff: «{member.email}» non è un indirizzo e-mail")
    if member.role not in Role.values:
        found.append(f"staff {member.email}: il ruolo «{member.role}» non esiste ({', '.join(Role.values)})")
    if member.password and len(member.password) < 12:
        found.append(f"staff {member.email}: la password deve avere almeno 12 caratteri")
    return found
