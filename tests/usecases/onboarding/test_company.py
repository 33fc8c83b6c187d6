"""Taking a company on board: all of it or nothing, and only once."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from smartbill.apps.accounts.models import User
from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.models import Company, Staff
from smartbill.apps.companies.queries import directory, settled
from smartbill.apps.intake.models import SftpAccount, SftpKey
from smartbill.apps.intake.queries import sftp_login
from smartbill.core.company.documents import Access
from smartbill.database.context import company, sweep
from smartbill.usecases.onboarding.company import AddedStaff, CannotAdd, add_company, add_staff, company_id_of
from smartbill.usecases.onboarding.company_file import CompanyFile, SftpLogin, StaffMember
from smartbill.usecases.onboarding.overview import company_overview

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PUBLIC_KEY = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
FILE = CompanyFile(
    code="ACQUALUCE",
    name="Acqualuce di Prova",
    access=Access(validity_days=20),
    staff=(
        StaffMember(email="Anna@Acqualuce.example", name="Anna Esempi", role="manager"),
        StaffMember(email="olga@servizio.example", name="Olga Centrale", role="operator", password="una frase lunga"),
    ),
    sftp=(SftpLogin(username="acqualuce", public_keys=(PUBLIC_KEY, f"{PUBLIC_KEY} anna@portatile"), quota_gib=32),),
)


def _counts() -> dict[str, int]:
    with sweep():
        return {
            model.__name__: model._default_manager.count() for model in (Company, Staff, SftpAccount, SftpKey, Entry)
        }


def test_a_company_with_all_that_its_file_says(db: object) -> None:
    added = add_company(FILE, by="comando", now=NOW)
    assert [(person.email, person.role) for person in added.staff] == [
        ("anna@acqualuce.example", "manager"),
        ("olga@servizio.example", "operator"),
    ]
    anna, olga = added.staff
    assert User.objects.get(email=anna.email).check_password(anna.password)
    assert (len(anna.password), olga.password) == (16, "")  # one that was given is not told
    with company(added.company_id):
        assert settled(Access) == Access(validity_days=20)
        assert [(entry.actor, entry.act, entry.subject) for entry in Entry.objects.all()] == [
            ("comando", "add_company", "company ACQUALUCE")
        ]
    login = sftp_login("acqualuce")
    assert login is not None
    assert (login.company_id, list(login.public_keys)) == (added.company_id, [PUBLIC_KEY])
    assert company_id_of("ACQUALUCE") == added.company_id
    with company(added.company_id):
        account = SftpAccount.objects.get()
        assert (account.quota_bytes, account.quota_files) == (32 << 30, 200)


def test_the_second_time_is_refused_and_changes_nothing(db: object) -> None:
    add_company(FILE, by="comando", now=NOW)
    before = _counts()
    with pytest.raises(CannotAdd, match="ACQUALUCE, il suo dominio o un suo utente SFTP esiste già"):
        add_company(FILE, by="comando", now=NOW)
    assert _counts() == before


def test_a_company_that_fails_at_its_last_line_leaves_nothing(db: object) -> None:
    add_company(FILE, by="comando", now=NOW)
    before, logins = _counts(), User.objects.count()
    other = replace(FILE, code="ALTRA", staff=(StaffMember(email="ugo@altra.example", name="Ugo", role="viewer"),))
    with pytest.raises(CannotAdd):  # its SFTP login is taken
        add_company(other, by="comando", now=NOW)
    assert (_counts(), User.objects.count()) == (before, logins)
    assert [entry.code for entry in directory()] == ["ACQUALUCE"]


def test_a_person_of_one_company_is_given_a_place_in_another(db: object) -> None:
    add_company(FILE, by="comando", now=NOW)
    add_company(CompanyFile(code="ALTRA", name="Altra di Prova"), by="comando", now=NOW)
    olga = StaffMember(email="OLGA@servizio.example", name="Un altro nome", role="viewer")
    added = add_staff("ALTRA", olga, by="comando", now=NOW)
    assert added == AddedStaff(email="olga@servizio.example", role="viewer", password="")
    login = User.objects.get(email="olga@servizio.example")
    assert (login.name, login.check_password("una frase lunga")) == ("Olga Centrale", True)
    with pytest.raises(CannotAdd, match="lavora già in ALTRA"):
        add_staff("ALTRA", olga, by="comando", now=NOW)
    with pytest.raises(CannotAdd, match="«MANCA» non esiste"):
        add_staff("MANCA", olga, by="comando", now=NOW)


def test_the_overview_tells_no_secrets(db: object) -> None:
    added = add_company(
        replace(FILE, sftp=(SftpLogin(username="acqualuce", password="segretissima"),)), by="x", now=NOW
    )
    lines = company_overview(added.company_id)
    assert lines[:6] == [
        "ACQUALUCE  Acqualuce di Prova",
        "partita IVA -",
        "dominio -",
        "personale: manager anna@acqualuce.example",
        "personale: operator olga@servizio.example",
        "SFTP: acqualuce (0 chiavi, password sì)",
    ]
    assert [line.split(" ")[0] for line in lines[6:]] == [
        *("access", "checks", "contacts", "intake", "look", "paper", "senders", "slips", "texts"),
    ]
    stored = SftpAccount.objects
    with company(added.company_id):
        assert stored.get().password.startswith("scrypt$")
    assert [line for line in lines if "scrypt" in line or "segretissima" in line] == []
