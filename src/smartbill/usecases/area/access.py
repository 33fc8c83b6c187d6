"""Accounts of the SFTP area, as staff see and change them: keys that overlap while one replaces the other, passwords
shown once, locks lifted, quotas. Who did what is on record."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from msgspec import Struct

from smartbill.apps.companies.models import Role
from smartbill.apps.intake.models import SftpAccount, SftpKey
from smartbill.core.area.attempts import PAIR, Attempts
from smartbill.core.area.limits import GIB, quota_mistake
from smartbill.database.context import company
from smartbill.usecases.actor import Actor, NotPossible, record_act, require
from smartbill.usecases.onboarding.company_file import is_username
from smartbill.usecases.onboarding.ssh_keys import fingerprint, key_mistake, normalised_key

#: Keys of one account: enough for several machines and a rotation.
MOST_KEYS = 10
_MOST_ACCOUNTS = 20
_WHAT = "gestire gli accessi SFTP"


class KeyFacts(Struct, frozen=True):
    fingerprint: str
    kind: str
    label: str
    added_at: datetime
    used_at: datetime | None


class LockFacts(Struct, frozen=True):
    """Wrong passwords from an address, while they count."""

    address: str
    failures: int
    until: datetime | None  # no password is tried before


class AccountFacts(Struct, frozen=True, kw_only=True):
    username: str
    active: bool
    has_password: bool
    password_changed_at: datetime | None
    keys: Sequence[KeyFacts]
    locks: Sequence[LockFacts]
    quota_gib: int
    quota_files: int


def accounts_of(now: datetime) -> list[AccountFacts]:
    """The accounts of the company, in its open transaction."""
    found = SftpAccount.objects.order_by("username").prefetch_related("keys", "refusals")
    return [_facts(account, now) for account in found]


def add_account(actor: Actor, username: str, now: datetime) -> str:
    """A new login for the company's area; returns its password, shown once. Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.MANAGER), _WHAT)
    if not is_username(username):
        raise NotPossible("Il nome utente ha da 2 a 40 lettere minuscole, cifre, - e _.")
    password = _new_password()
    with company(actor.company_id):
        if SftpAccount.objects.count() >= _MOST_ACCOUNTS:
            raise NotPossible(f"L'azienda ha già {_MOST_ACCOUNTS} accessi SFTP.")
        try:
            with transaction.atomic():
                SftpAccount.objects.create(
                    company_id=actor.company_id,
                    username=username,
                    password=make_password(password),
                    password_changed_at=now,
                )
        except IntegrityError as error:  # unique over all companies
            raise NotPossible(f"Il nome utente «{username}» è già in uso.") from error
        record_act(actor, "add_sftp_account", f"sftp {username}", now=now)
    return password


def add_key(actor: Actor, username: str, text: str, label: str, now: datetime) -> str:
    """One more public key that opens the account; returns its fingerprint. Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.MANAGER), _WHAT)
    if mistake := key_mistake(text):
        raise NotPossible(mistake)
    public = normalised_key(text)
    shown = fingerprint(public)
    with company(actor.company_id):
        account = _account(username)
        if account.keys.filter(fingerprint=shown).exists():
            raise NotPossible("La chiave apre già questo accesso.")
        if account.keys.count() >= MOST_KEYS:
            raise NotPossible(f"L'accesso ha già {MOST_KEYS} chiavi: togliere prima quelle che non servono più.")
        SftpKey.objects.create(
            company_id=actor.company_id, account=account, fingerprint=shown, public_key=public, label=label[:80]
        )
        record_act(actor, "add_sftp_key", f"sftp {username}", now=now, note=shown)
    return shown


def remove_key(actor: Actor, username: str, shown: str, now: datetime) -> bool:
    """The key opens no more; sessions that it has opened end within seconds. True when nothing is left that opens the
    account. Raises NotAllowed, NotPossible.
    """
    require(actor.at_least(Role.MANAGER), _WHAT)
    with company(actor.company_id):
        account = _account(username)
        if not account.keys.filter(fingerprint=shown).delete()[0]:
            raise NotPossible(f"L'accesso «{username}» non ha una chiave con questa impronta.")
        record_act(actor, "remove_sftp_key", f"sftp {username}", now=now, note=shown)
        return not account.password and not account.keys.exists()


def new_password(actor: Actor, username: str, now: datetime) -> str:
    """Replace the password; the new one is returned, shown once and kept nowhere. Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.MANAGER), _WHAT)
    password = _new_password()
    with company(actor.company_id):
        account = _account(username)
        account.password, account.password_changed_at = make_password(password), now
        account.save(update_fields=["password", "password_changed_at"])
        account.refusals.all().delete()
        record_act(actor, "new_sftp_password", f"sftp {username}", now=now)
    return password


def drop_password(actor: Actor, username: str, now: datetime) -> None:
    """Keys only from now on. Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.MANAGER), _WHAT)
    with company(actor.company_id):
        account = _account(username)
        if not account.keys.exists():
            raise NotPossible("Senza chiavi e senza password nessuno potrebbe entrare: aggiungere prima una chiave.")
        account.password, account.password_changed_at = "", now
        account.save(update_fields=["password", "password_changed_at"])
        record_act(actor, "drop_sftp_password", f"sftp {username}", now=now)


def set_active(actor: Actor, username: str, active: bool, now: datetime) -> None:
    """Close an account, or open it again. Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.MANAGER), _WHAT)
    with company(actor.company_id):
        account = _account(username)
        account.active = active
        account.save(update_fields=["active"])
        record_act(actor, "open_sftp_account" if active else "close_sftp_account", f"sftp {username}", now=now)


def lift_locks(actor: Actor, username: str, now: datetime) -> None:
    """Wrong passwords so far no longer count. Raises NotAllowed, NotPossible."""
    require(actor.at_least(Role.MANAGER), _WHAT)
    with company(actor.company_id):
        account = _account(username)
        account.refusals.all().delete()
        record_act(actor, "lift_sftp_locks", f"sftp {username}", now=now)


def set_quota(actor: Actor, username: str, *, gib: int, files: int, now: datetime) -> None:
    """How much may lie in the folder while this account writes: the disk is the operator's. Raises as the others."""
    require(actor.operates, "cambiare lo spazio di un accesso SFTP")
    if mistake := quota_mistake(gib, files):
        raise NotPossible(mistake)
    with company(actor.company_id):
        account = _account(username)
        account.quota_bytes, account.quota_files = gib * GIB, files
        account.save(update_fields=["quota_bytes", "quota_files"])
        record_act(actor, "set_sftp_quota", f"sftp {username}", now=now, note=f"{gib} GiB, {files} file")


def _account(username: str) -> SftpAccount:
    """Locked, so that two acts at once see each other."""
    account = SftpAccount.objects.select_for_update().filter(username=username).first()
    if account is None:
        raise NotPossible(f"L'accesso SFTP «{username}» non esiste.")
    return account


def _new_password() -> str:
    return secrets.token_urlsafe(18)


def _facts(account: SftpAccount, now: datetime) -> AccountFacts:
    keys = [
        KeyFacts(key.fingerprint, key.public_key.split()[0], key.label, key.created_at, key.used_at)
        for key in sorted(account.keys.all(), key=lambda key: key.pk)
    ]
    counted = [(refusal.address, Attempts(refusal.failures, refusal.at)) for refusal in account.refusals.all()]
    locks = [
        LockFacts(address, round(attempts.left(PAIR, now)), attempts.closed_until(PAIR, now))
        for address, attempts in sorted(counted, key=lambda each: each[0])
        if attempts.left(PAIR, now) >= 0.5
    ]
    return AccountFacts(
        username=account.username,
        active=account.active,
        has_password=bool(account.password),
        password_changed_at=account.password_changed_at,
        keys=keys,
        locks=locks,
        quota_gib=account.quota_bytes // GIB,
        quota_files=account.quota_files,
    )
