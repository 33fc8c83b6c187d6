"""Signing in: password, second factor, recovery codes, sessions that end, lock-out, signing out."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.urls import NoReverseMatch, reverse

from smartbill.apps.accounts.models import User
from smartbill.web.backoffice import door
from tests.conftest import PASSWORD, CompanyFixture
from tests.web.backoffice.conftest import SignIn, give_second_factor


def code_of(secret: str, *, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def _found(pattern: str, page: str) -> list[str]:
    return re.findall(pattern, page)


def give_password(client: Client, email: str, password: str = PASSWORD) -> str:
    """Where the login form leads."""
    response = client.post(reverse("account_login"), {"login": email, "password": password})
    return response.headers.get("Location", "")


def test_a_viewer_signs_in_by_password_and_lands_in_the_only_company(acme: CompanyFixture) -> None:
    client = Client()
    assert client.get("/backoffice/").headers["Location"] == "/backoffice/accesso/entra/?next=/backoffice/"
    assert give_password(client, acme.viewer.email) == "/backoffice/"
    assert client.get("/backoffice/").headers["Location"] == "/backoffice/ACME/"
    assert client.get("/backoffice/ACME/").status_code == 200


def test_a_form_that_is_too_old_is_refused_in_words() -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "x", "password": "x"})
    assert (answer.status_code, _found("<h1>(.*?)</h1>", answer.content.decode())) == (403, ["Ricarichi la pagina"])


def test_a_manager_is_led_to_the_second_factor_before_anything_else(acme: CompanyFixture) -> None:
    client = Client()
    give_password(client, acme.manager.email)
    activation = reverse("mfa_activate_totp")
    for address in ("/backoffice/", "/backoffice/ACME/", reverse("account_change_password"), reverse("mfa_index")):
        assert client.get(address).headers["Location"] == activation
    page = client.get(activation)
    assert page.status_code == 200
    secret = _found(r'<code class="key">(\w+)</code>', page.content.decode())[0]
    refused = client.post(activation, {"code": "000000"})
    assert refused.status_code == 200
    assert Authenticator.objects.count() == 0
    done = client.post(activation, {"code": code_of(secret)})
    assert done.headers["Location"] == reverse("mfa_view_recovery_codes")
    shown = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert len(_found(r"<li><code>(\d+)</code></li>", shown)) == 10
    assert client.get("/backoffice/ACME/").status_code == 200


def test_the_second_factor_is_asked_at_the_next_sign_in(acme: CompanyFixture) -> None:
    secret = give_second_factor(User.objects.get(email=acme.manager.email))
    client = Client()
    assert give_password(client, acme.manager.email) == reverse("mfa_authenticate")
    assert client.get("/backoffice/ACME/").status_code == 302  # the password alone opens nothing
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert client.get("/backoffice/ACME/").status_code == 302
    code = code_of(secret)
    assert client.post(reverse("mfa_authenticate"), {"code": code}).headers["Location"] == "/backoffice/"
    assert client.get("/backoffice/ACME/").status_code == 200
    again = Client()
    give_password(again, acme.manager.email)
    assert again.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200  # a code works once


def test_a_recovery_code_works_once(acme: CompanyFixture) -> None:
    user = User.objects.get(email=acme.manager.email)
    give_second_factor(user)
    codes = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES).wrap().get_unused_codes()
    for expected in (302, 200):
        client = Client()
        give_password(client, acme.manager.email)
        assert client.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == expected


def test_secrets_of_the_second_factor_are_encrypted_at_rest(acme: CompanyFixture) -> None:
    secret = give_second_factor(User.objects.get(email=acme.manager.email))
    stored = Authenticator.objects.get(type=Authenticator.Type.TOTP).data["secret"]
    assert secret not in stored
    assert secret not in bytes.fromhex(stored).decode("latin-1")


def test_ten_wrong_passwords_lock_the_login_out(acme: CompanyFixture) -> None:
    client = Client()
    for _ in range(10):
        assert give_password(client, acme.viewer.email, "sbagliata, davvero") == ""
    assert give_password(client, acme.viewer.email) == ""
    assert client.get("/backoffice/ACME/").status_code == 302
    assert give_password(client, acme.editor.email) == "/backoffice/"  # others are not locked out


def test_an_unknown_address_and_a_wrong_password_read_alike(acme: CompanyFixture) -> None:
    pages = []
    for email in (acme.viewer.email, "nessuno@example.org"):
        page = Client().post(reverse("account_login"), {"login": email, "password": "sbagliata, davvero"})
        pages.append(_found(r'(?s)role="alert">(.*?)</div>', page.content.decode()))
    assert pages[0] == pages[1] != []


@pytest.mark.parametrize(
    ("passed", "reached"),
    [
        (timedelta(minutes=29), 200),
        (timedelta(minutes=31), 302),
    ],
)
def test_a_session_ends_after_half_an_hour_without_a_page(
    acme: CompanyFixture, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, passed: timedelta, reached: int
) -> None:
    client = signed_in(acme.viewer.email)
    assert client.get("/backoffice/ACME/").status_code == 200
    later = datetime.now(UTC) + passed
    monkeypatch.setattr(door.timezone, "now", lambda: later)
    assert client.get("/backoffice/ACME/").status_code == reached


def test_a_session_ends_after_twelve_hours_in_any_case(
    acme: CompanyFixture, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(acme.viewer.email)
    start = datetime.now(UTC)
    for minutes in range(0, 12 * 60, 20):
        monkeypatch.setattr(door.timezone, "now", lambda minutes=minutes: start + timedelta(minutes=minutes))
        assert client.get("/backoffice/ACME/job/").status_code == 200
    monkeypatch.setattr(door.timezone, "now", lambda: start + timedelta(hours=12, minutes=1))
    assert client.get("/backoffice/ACME/job/").status_code == 302


def test_a_page_that_polls_keeps_no_session_alive(
    acme: CompanyFixture, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(acme.viewer.email)
    start = datetime.now(UTC)
    client.get("/backoffice/ACME/")
    for minutes in (20, 29):
        monkeypatch.setattr(door.timezone, "now", lambda minutes=minutes: start + timedelta(minutes=minutes))
        client.get("/backoffice/ACME/", headers={"HX-Request": "true"})
    monkeypatch.setattr(door.timezone, "now", lambda: start + timedelta(minutes=31))
    polled = client.get("/backoffice/ACME/", headers={"HX-Request": "true"})
    assert polled.headers["HX-Redirect"] == reverse("account_login")


def test_signing_out_takes_a_post(acme: CompanyFixture, signed_in: SignIn) -> None:
    client = signed_in(acme.viewer.email)
    assert client.get(reverse("account_logout")).status_code == 200
    assert client.get("/backoffice/ACME/").status_code == 200
    client.post(reverse("account_logout"))
    assert client.get("/backoffice/ACME/").status_code == 302


def test_a_password_is_changed(acme: CompanyFixture, signed_in: SignIn) -> None:
    client = signed_in(acme.viewer.email)
    address = reverse("account_change_password")
    assert client.get(address).status_code == 200
    new = "un'altra frase, più lunga"
    refused = client.post(address, {"oldpassword": "no", "password1": new, "password2": new})
    assert refused.status_code == 200
    done = client.post(address, {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert done.status_code == 302
    assert give_password(Client(), acme.viewer.email, new) == "/backoffice/"


def test_nobody_signs_up(acme: CompanyFixture) -> None:
    for name in ("account_signup", "account_email", "account_reset_password"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_a_login_without_a_company_is_told_so(acme: CompanyFixture) -> None:
    User.objects.create_user("sola@example.org", PASSWORD, name="Sola Soletta")
    client = Client()
    give_password(client, "sola@example.org")
    page = client.get("/backoffice/")
    assert page.status_code == 200
    assert "Nessuna azienda è assegnata" in page.content.decode()
    assert client.get("/backoffice/ACME/").status_code == 404


def test_pages_are_never_cached_and_carry_the_strict_policy(acme: CompanyFixture, signed_in: SignIn) -> None:
    page = signed_in(acme.viewer.email).get("/backoffice/ACME/")
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
