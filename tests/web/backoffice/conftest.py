"""Staff at the door: clients that are signed in, second factors, plain static files."""

from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client, override_settings

from smartbill.apps.accounts.models import User

SignIn = Callable[[str], Client]

_PLAIN_FILES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


@pytest.fixture(autouse=True)
def plain_static_files() -> Iterator[None]:
    """Static files are served from where they are written: nothing has been collected."""
    with override_settings(STORAGES=_PLAIN_FILES, WHITENOISE_AUTOREFRESH=True, WHITENOISE_USE_FINDERS=True):
        yield


def give_second_factor(user: User) -> str:
    """Switch TOTP on for a user; returns its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


@pytest.fixture
def signed_in(db: object) -> SignIn:
    """A client signed in as this e-mail, with a second factor switched on for managers and operators."""

    def sign_in(email: str, *, checks_csrf: bool = False) -> Client:
        user = User.objects.get(email=email)
        needs = email.split("@", maxsplit=1)[0] in {"manager", "operator"}
        if needs and not Authenticator.objects.filter(user=user).exists():
            give_second_factor(user)
        client = Client(enforce_csrf_checks=checks_csrf)
        client.force_login(user)
        return client

    return sign_in
