"""Somebody knocks at the SFTP server: which account it is, whether its password may be tried, what came of it."""

from datetime import datetime, timedelta

from msgspec import Struct

from smartbill.apps.intake.models import SftpAccount, SftpKey, SftpRefusal
from smartbill.apps.intake.queries import SftpLogin, sftp_login
from smartbill.core.area.attempts import PAIR, Attempts
from smartbill.database.context import company

#: The last use of a key is written down at most this often.
_USED_EVERY = timedelta(hours=1)


class Knock(Struct, frozen=True, kw_only=True):
    """An account at the door, from one address."""

    login: SftpLogin
    quota_bytes: int
    quota_files: int
    closed_until: datetime | None  # for passwords; keys can't be guessed and always open


def who_knocks(username: str, address: str, now: datetime) -> Knock | None:
    """None: no active account of that name. `address`: of one household (`web.clients.address_group`)."""
    login = sftp_login(username)
    if login is None:
        return None
    with company(login.company_id):
        account = SftpAccount.objects.get(pk=login.account_id)
        refusal = SftpRefusal.objects.filter(account=account, address=address).first()
    return Knock(
        login=login,
        quota_bytes=account.quota_bytes,
        quota_files=account.quota_files,
        closed_until=None if refusal is None else Attempts(refusal.failures, refusal.at).closed_until(PAIR, now),
    )


def still_opens(before: SftpLogin, now: SftpLogin, public_key: str) -> bool:
    """Whether what a session came in by (a key in OpenSSH form or, when empty, the password) opens its account yet."""
    if before.account_id != now.account_id:
        return False
    return public_key in now.public_keys if public_key else before.password == now.password


def password_refused(login: SftpLogin, address: str, now: datetime) -> None:
    """Count a wrong password. Counts that have melted away are forgotten, so a flood of addresses leaves no rows."""
    with company(login.company_id):
        SftpRefusal.objects.filter(account_id=login.account_id, at__lt=now - PAIR.melts_in).delete()
        refusal, _ = SftpRefusal.objects.select_for_update().get_or_create(
            company_id=login.company_id,
            account_id=login.account_id,
            address=address,
            defaults={"failures": 0.0, "at": now},
        )
        after = Attempts(refusal.failures, refusal.at).one_more(PAIR, now)
        refusal.failures, refusal.at = after.failures, after.at
        refusal.save(update_fields=["failures", "at"])


def entered(login: SftpLogin, address: str, public_key: str, now: datetime) -> None:
    """The account came in, by this key (its OpenSSH form) or, when empty, by its password: what failed is forgotten."""
    with company(login.company_id):
        SftpRefusal.objects.filter(account_id=login.account_id, address=address).delete()
        if public_key:
            keys = SftpKey.objects.filter(account_id=login.account_id, public_key=public_key)
            keys.exclude(used_at__gt=now - _USED_EVERY).update(used_at=now)
