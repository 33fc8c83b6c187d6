"""What others ask of the intake."""

from django.db import connection
from msgspec import Struct


class SftpLogin(Struct, frozen=True):
    """An active SFTP account; found by name before any company is known."""

    account_id: int
    company_id: int
    company_code: str
    password: str  # Django hash, empty = keys only
    public_keys: list[str]  # OpenSSH form, without comments


def sftp_login(username: str) -> SftpLogin | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, company_id, company_code, password, public_keys FROM smartbill_sftp_account(%s)", [username]
        )
        row = cursor.fetchone()
    return SftpLogin(*row) if row else None
