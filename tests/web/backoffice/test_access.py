"""Who reaches which page: every address of the staff pages × every role × the company at hand and another one.

The addresses come from the URL patterns themselves, so that a new page can't be forgotten.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.models import Role
from smartbill.database.context import company
from smartbill.usecases.layouts.library import example_text
from smartbill.usecases.layouts.versions import save_layout
from smartbill.web.backoffice import urls
from tests.conftest import CompanyFixture
from tests.factories import mailed_bills, make_job
from tests.web.backoffice.conftest import SignIn

NOW = datetime(2026, 7, 20, 9, 0, tzinfo=UTC)
_ROLES = (Role.VIEWER, Role.EDITOR, Role.MANAGER, Role.OPERATOR)


def _patterns(entries: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry.url_patterns)
        else:
            yield entry


COMPANY_PAGES = {str(pattern.name): pattern for pattern in _patterns(urls.company_pages)}
ACTS = {name for name, pattern in COMPANY_PAGES.items() if hasattr(pattern.callback, "staff_act")}
#: Pages whose form is sent to their own address.
FORMS = {name for name, pattern in COMPANY_PAGES.items() if hasattr(pattern.callback, "staff_form")}
LAYOUT = "valmarina-spool"
CALLS = {name for name, pattern in COMPANY_PAGES.items() if hasattr(pattern.callback, "staff_call")}
PAGES = COMPANY_PAGES.keys() - ACTS - CALLS
#: The bill of these tests has no files, and no contacts file came.
_WITHOUT_CONTENT = {"bill_file", "contact_file", "contact_file_state", "contact_rejects"}


def _address(name: str, company: str, job_code: str) -> str:
    known = {
        "company": company, "code": job_code, "bill_id": 1, "kind": "einvoice", "n": 0, "check": "no_contact",
        "layout": LAYOUT,
        "upload": "0" * 32,
        "customer_id": 1, "file_id": 1,
    }  # fmt: skip
    parameters = _parameters(urls.company_pages, name)
    return reverse(name, kwargs={"company": company} | {key: known[key] for key in parameters})


def _parameters(entries: list[URLPattern | URLResolver], name: str) -> set[str]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            below = _parameters(entry.url_patterns, name)
            if below or any(str(each.name) == name for each in _patterns(entry.url_patterns)):
                return below | set(entry.pattern.converters)
        elif entry.name == name:
            return set(entry.pattern.converters)
    return set()


def test_every_company_page_says_who_may_see_it() -> None:
    unguarded = [name for name, pattern in COMPANY_PAGES.items() if not hasattr(pattern.callback, "staff_role")]
    assert unguarded == []


@pytest.mark.parametrize("name", sorted(COMPANY_PAGES))
def test_nobody_gets_in_without_signing_in(name: str, acme: CompanyFixture) -> None:
    address = _address(name, "ACME", "ACME_2026_1")
    for response in (Client().get(address), Client().post(address)):
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("account_login"))


def test_pages_by_role_and_company(acme: CompanyFixture, hydra: CompanyFixture, signed_in: SignIn) -> None:
    job = make_job(acme.id, mailed_bills(1))
    make_job(hydra.id, mailed_bills(1), code="HYDRA")
    save_layout(acme.editor, example_text("valmarina"), now=NOW)
    seen: dict[tuple[str, Role, str], int] = {}
    for role in _ROLES:
        client = signed_in(acme.actor(role).email)
        for name in PAGES:
            seen[name, role, "own"] = client.get(_address(name, "ACME", job.code)).status_code
            seen[name, role, "other"] = client.get(_address(name, "HYDRA", "HYDRA_2026_1")).status_code
            seen[name, role, "other's job"] = client.get(_address(name, "ACME", "HYDRA_2026_1")).status_code
    expected = {}
    for name in PAGES:
        wanted = COMPANY_PAGES[name].callback.staff_role  # type: ignore[attr-defined]
        about_a_job = "code" in _parameters(urls.company_pages, name)
        for role in _ROLES:
            allowed = _ROLES.index(role) >= _ROLES.index(wanted)
            found = 404 if name in _WITHOUT_CONTENT else 200
            expected[name, role, "own"] = found if allowed else 403
            expected[name, role, "other"] = 404
            expected[name, role, "other's job"] = (404 if about_a_job else found) if allowed else 403
    assert seen == expected


def test_a_company_without_a_place_and_one_that_is_not_there_read_alike(
    acme: CompanyFixture, hydra: CompanyFixture, signed_in: SignIn
) -> None:
    client = signed_in(acme.viewer.email)
    other, none = client.get("/backoffice/HYDRA/"), client.get("/backoffice/NESSUNA/")
    assert (other.status_code, none.status_code) == (404, 404)
    assert other.content == none.content


def test_pages_are_read_by_get_alone(acme: CompanyFixture, signed_in: SignIn) -> None:
    client = signed_in(acme.manager.email)
    for name in PAGES - FORMS:
        assert client.post(_address(name, "ACME", "ACME_2026_1")).status_code == 405


def test_forms_are_sent_by_who_may_write(acme: CompanyFixture, hydra: CompanyFixture, signed_in: SignIn) -> None:
    """Too small a role is refused; for the others an empty form is a wrong one, and says so on its page."""
    save_layout(acme.editor, example_text("valmarina"), now=NOW)
    seen, expected = {}, {}
    for role in _ROLES:
        client = signed_in(acme.actor(role).email)
        for name in FORMS:
            wanted = COMPANY_PAGES[name].callback.staff_form  # type: ignore[attr-defined]
            allowed = _ROLES.index(role) >= _ROLES.index(wanted)
            seen[name, role, "own"] = client.post(_address(name, "ACME", "")).status_code
            seen[name, role, "other"] = client.post(_address(name, "HYDRA", "")).status_code
            seen[name, role, "put"] = client.put(_address(name, "ACME", "")).status_code
            expected |= {(name, role, "own"): 400 if allowed else 403, (name, role, "other"): 404}
            expected[name, role, "put"] = 405
    assert seen == expected


def test_a_layout_of_another_company_never_shows(
    acme: CompanyFixture, hydra: CompanyFixture, signed_in: SignIn
) -> None:
    save_layout(hydra.editor, example_text("valmarina"), now=NOW)
    client = signed_in(acme.manager.email)
    assert client.get(_address("layout", "ACME", "")).status_code == 404
    assert client.post(_address("layout", "ACME", ""), {"text": "x", "do": "save"}).status_code == 404
    assert LAYOUT not in client.get(_address("layouts", "ACME", "")).content.decode()


def test_a_job_of_another_company_never_shows(acme: CompanyFixture, hydra: CompanyFixture, signed_in: SignIn) -> None:
    make_job(acme.id, mailed_bills(3))
    client = signed_in(hydra.viewer.email)
    for name in ("dashboard", "jobs", "bills"):
        page = client.get(_address(name, "HYDRA", ""))
        assert page.status_code == 200
        assert "ACME" not in page.content.decode()


@pytest.mark.parametrize("role", _ROLES)
def test_acts_by_role_and_company(acme: CompanyFixture, hydra: CompanyFixture, signed_in: SignIn, role: Role) -> None:
    """A role that is too small is refused before anything is looked at; the others are told why it is not possible."""
    make_job(hydra.id, mailed_bills(1), code="HYDRA")
    client = signed_in(acme.actor(role).email)
    seen, expected = {}, {}
    for name in ACTS:
        wanted = COMPANY_PAGES[name].callback.staff_role  # type: ignore[attr-defined]
        allowed = _ROLES.index(role) >= _ROLES.index(wanted)
        seen[name, "own"] = client.post(_address(name, "ACME", "ACME_2026_1"), {"note": "x"}).status_code
        seen[name, "other"] = client.post(_address(name, "HYDRA", "HYDRA_2026_1"), {"note": "x"}).status_code
        seen[name, "looked at"] = client.get(_address(name, "ACME", "ACME_2026_1")).status_code
        expected |= {(name, "own"): 302 if allowed else 403, (name, "other"): 404, (name, "looked at"): 405}
    assert seen == expected
    with company(hydra.id):
        assert list(Entry.objects.all()) == []


@pytest.mark.parametrize("role", _ROLES)
def test_calls_by_role_and_company(acme: CompanyFixture, hydra: CompanyFixture, signed_in: SignIn, role: Role) -> None:
    client = signed_in(acme.actor(role).email)
    for name in CALLS:
        wanted = COMPANY_PAGES[name].callback.staff_role  # type: ignore[attr-defined]
        allowed = _ROLES.index(role) >= _ROLES.index(wanted)
        assert (client.get(_address(name, "ACME", "")).status_code == 403) is not allowed
        assert client.get(_address(name, "HYDRA", "")).status_code == 404


def test_every_act_needs_the_token_of_its_form(acme: CompanyFixture, signed_in: SignIn) -> None:
    client = signed_in(acme.manager.email, checks_csrf=True)  # type: ignore[call-arg]
    acts = [_address(name, "ACME", "ACME_2026_1") for name in ACTS | FORMS]
    for address in [*acts, reverse("account_logout"), reverse("account_login"), reverse("account_change_password")]:
        assert client.post(address, {"note": "x"}).status_code == 403
