"""`smartbill company` and `smartbill staff`."""

from pathlib import Path

import pytest

from smartbill.apps.accounts.models import User
from tests.cli.program import call
from tests.conftest import PASSWORD, CompanyFixture

Environ = dict[str, str]

FILE = """
code = "ACQUALUCE"
name = "Acqualuce di Prova"
[[staff]]
email = "anna@acqualuce.example"
name = "Anna Esempi"
role = "manager"
[[staff]]
email = "ugo@acqualuce.example"
name = "Ugo Esempi"
role = "viewer"
password = "una frase lunga"
"""


@pytest.fixture
def company_file(tmp_path: Path) -> Path:
    path = tmp_path / "acqualuce.toml"
    path.write_text(FILE)
    return path


def test_a_company_is_added_once_and_shown(db: object, process_environment: Environ, company_file: Path) -> None:
    added = call("company", "add", str(company_file), environ=process_environment)
    first, anna, ugo = added.out.splitlines()
    assert (added.code, first, ugo) == (0, "Azienda ACQUALUCE aggiunta.", "  viewer    ugo@acqualuce.example")
    before, password = anna.split("password: ")
    assert before == "  manager   anna@acqualuce.example  "
    assert User.objects.get(email="anna@acqualuce.example").check_password(password)

    again = call("company", "add", str(company_file), environ=process_environment)
    assert (again.code, again.out) == (2, "")
    assert again.err == "L'azienda ACQUALUCE, il suo dominio o un suo utente SFTP esiste già.\n"

    shown = call("company", "show", "acqualuce", environ=process_environment)
    assert (shown.code, shown.out.splitlines()[0]) == (0, "ACQUALUCE  Acqualuce di Prova")


def test_a_file_with_mistakes_is_told_and_nothing_is_made(
    db: object, process_environment: Environ, company_file: Path
) -> None:
    company_file.write_text(FILE.replace("manager", "capo").replace("una frase lunga", "corta"))
    added = call("company", "add", str(company_file), environ=process_environment)
    assert (added.code, added.out) == (2, "")
    assert added.err.splitlines() == [
        f"{company_file}: da correggere",
        "staff anna@acqualuce.example: il ruolo «capo» non esiste (viewer, editor, manager, operator)",
        "staff ugo@acqualuce.example: la password deve avere almeno 12 caratteri",
    ]
    assert call("company", "show", "ACQUALUCE", environ=process_environment).code == 2
    assert not User.objects.exists()


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "manca.toml"
    if content is not None:
        path.write_bytes(content)
    added = call("company", "add", str(path), environ={"DATABASE_URL": "postgresql://none@/none"})
    assert (added.code, added.out) == (2, "")
    assert added.err.startswith(f"{path}: il file non è leggibile")


def test_staff_are_added_once(acme: CompanyFixture, process_environment: Environ) -> None:
    def add(company: str, email: str, role: str) -> tuple[int, str, str]:
        called = call(
            *("staff", "add", company, email, "--name", "Anna Esempi", "--role", role), environ=process_environment
        )
        return called.code, called.out, called.err

    code, out, _ = add("acme", "anna@acme.example", "editor")
    first, second = out.splitlines()
    assert (code, first) == (0, "anna@acme.example aggiunto come editor.")
    assert User.objects.get(email="anna@acme.example").check_password(second.removeprefix("password: "))
    assert add("acme", "anna@acme.example", "viewer") == (2, "", "anna@acme.example lavora già in ACME.\n")
    assert add("manca", "anna@acme.example", "viewer") == (2, "", "L'azienda «MANCA» non esiste.\n")
    assert add("acme", "bruno", "capo") == (
        2,
        "",
        "staff: «bruno» non è un indirizzo e-mail\n"
        "staff bruno: il ruolo «capo» non esiste (viewer, editor, manager, operator)\n",
    )
    assert User.objects.get(email="manager@acme.example").check_password(PASSWORD)
