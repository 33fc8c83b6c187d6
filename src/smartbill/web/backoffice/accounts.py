"""Rules of sign-in for staff: accounts are made by a manager or the operator, never by signing up."""

import time
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from smartbill.database.encryption import decrypt, encrypt

#: Giving the go-ahead needs a code not older than this.
FRESH_SECONDS = 15 * 60
#: Whoever signed in so lately need not prove it again to switch a second factor on and see its codes.
_JUST_SIGNED_IN_SECONDS = 10 * 60
_SECRET = "accounts:mfa_authenticator:data"  # noqa: S105 (what the encrypted secret is bound to)


class ClosedAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A new login is led straight to its second factor and its codes, without being asked for more in between."""
        request = self.request
        if app == "allauth.mfa" and _second_factor_is_new(request.user):
            records = get_authentication_records(request, request.user)
            if records and time.time() - records[-1]["at"] < _JUST_SIGNED_IN_SECONDS:
                return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Whoever has a second factor proves it again by a code; a password alone would be less than signing in."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [method for method in methods if method["id"] == "mfa_reauthenticate"] or methods


class SealedSecondFactor(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of the second factor are encrypted at rest."""

    def encrypt(self, text: str) -> str:
        return encrypt(text, bound_to=_SECRET, secret_keys=settings.SMARTBILL.secret_keys).hex()

    def decrypt(self, encrypted_text: str) -> str:
        sealed = bytes.fromhex(encrypted_text)
        return decrypt(sealed, bound_to=_SECRET, secret_keys=settings.SMARTBILL.secret_keys)


def _second_factor_is_new(user: Any) -> bool:
    since = timezone.now() - timedelta(seconds=_JUST_SIGNED_IN_SECONDS)
    return not Authenticator.objects.filter(user_id=user.pk, created_at__lt=since).exists()


def require_fresh_second_factor(request: HttpRequest) -> None:
    """Ask for a code again when the last one is older than FRESH_SECONDS; the act then goes on by itself."""
    codes = [record["at"] for record in get_authentication_records(request, request.user) if record["method"] == "mfa"]
    if not codes or time.time() - codes[-1] > FRESH_SECONDS:
        raise ReauthenticationRequired
