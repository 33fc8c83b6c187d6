"""Secrets of the second factor: not to be read from the database alone."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import settings
from msgspec.structs import replace

from smartbill.apps.accounts.models import User
from smartbill.database.encryption import CannotDecrypt
from smartbill.web.backoffice.accounts import SealedSecondFactor
from tests.conftest import CompanyFixture

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def manager(acme: CompanyFixture) -> User:
    return User.objects.get(email=acme.manager.email)


def test_the_secret_is_stored_encrypted_and_its_codes_are_accepted(
    manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now)  # the same half minute for maker and judge
    TOTP.activate(manager, SECRET)
    stored = Authenticator.objects.get(user=manager, type=Authenticator.Type.TOTP)
    assert list(stored.data) == ["secret"]
    assert SECRET not in str(stored.data)
    code = format_hotp_value(hotp_value(SECRET, int(now) // 30))
    other = format_hotp_value((int(code) + 1) % 1_000_000)
    factor = stored.wrap()
    assert [factor.validate_code(other), factor.validate_code(code)] == [False, True]


def test_the_seed_of_recovery_codes_is_stored_encrypted_and_each_code_serves_once(manager: User) -> None:
    RecoveryCodes.activate(manager)
    stored = Authenticator.objects.get(user=manager, type=Authenticator.Type.RECOVERY_CODES)
    factor = stored.wrap()
    codes = factor.get_unused_codes()
    assert len(codes) == 10
    assert SealedSecondFactor().decrypt(stored.data["seed"]) not in str(stored.data)
    assert [factor.validate_code(codes[0]), factor.validate_code(codes[0])] == [True, False]


def test_a_new_key_in_front_still_opens_what_the_old_one_closed(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    old = settings.SMARTBILL
    sealed = SealedSecondFactor().encrypt(SECRET)
    new_key = "k" * 40
    monkeypatch.setattr(settings, "SMARTBILL", replace(old, secret_keys=(new_key, *old.secret_keys)))
    assert SealedSecondFactor().decrypt(sealed) == SECRET
    monkeypatch.setattr(settings, "SMARTBILL", replace(old, secret_keys=(new_key,)))
    with pytest.raises(CannotDecrypt):
        SealedSecondFactor().decrypt(sealed)
