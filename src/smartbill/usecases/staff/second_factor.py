"""The second factor of a login, given by another way than the sign-in pages."""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP

from smartbill.apps.accounts.models import User


def give_totp(email: str, secret: str) -> None:
    """Activate one-time codes with this secret (base 32) unless the login has some already."""
    user = User.objects.get(email=email)
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        TOTP.activate(user, secret)
