"""Whoever of the staff looks at customers' data leaves a line in the audit (what they did is tested with each act)."""

import re
from pathlib import Path

import smartbill
from smartbill.apps.audit.models import Entry
from smartbill.database.context import company
from smartbill.web.backoffice.words import ACTS
from tests.conftest import CompanyFixture
from tests.web.backoffice.conftest import SignIn
from tests.web.backoffice.scenes import make_scene

JOB = "/backoffice/ACME/job/ACME_2026_1/"


def test_looks_are_on_record_and_not_in_the_history_of_the_job(acme: CompanyFixture, signed_in: SignIn) -> None:
    make_scene(acme)
    with company(acme.id):
        before = set(Entry.objects.values_list("id", flat=True))
    viewer = signed_in(acme.viewer.email)
    looks = {
        "/backoffice/ACME/fatture/?customer_code=C1&issue_year=2026": (
            "search_bills", "bills", '{"issue_year":2026,"customer_code":"C1"}'
        ),
        "/backoffice/ACME/fatture/": ("search_bills", "bills", "{}"),
        JOB: ("list_trials", "trials ACME_2026_1", ""),
        JOB + "senza-recapito/": ("list_unreached", "unreached ACME_2026_1", ""),
    }  # fmt: skip
    for address in looks:
        assert viewer.get(address).status_code == 200
    with company(acme.id):
        found = Entry.objects.exclude(id__in=before).order_by("id")
        assert list(found.values_list("act", "subject", "note")) == list(looks.values())
        assert set(found.values_list("actor", "role")) == {(acme.viewer.email, "viewer")}


def test_a_list_without_customers_leaves_none(acme: CompanyFixture, signed_in: SignIn) -> None:
    make_scene(acme)
    with company(acme.id):
        before = Entry.objects.count()
    viewer = signed_in(acme.viewer.email)
    for address in ("/backoffice/ACME/", "/backoffice/ACME/job/", JOB + "file/", "/backoffice/ACME/statistiche/"):
        assert viewer.get(address).status_code == 200
    with company(acme.id):
        assert Entry.objects.count() == before


def test_every_act_has_a_word() -> None:
    source = Path(smartbill.__file__).parent
    written = re.compile(r'(?:act=|record(?:_act|_look)?\(\s*actor,\s*)"(\w+)"')
    acts = {act for path in (source / "usecases").rglob("*.py") for act in written.findall(path.read_text())}
    assert {"take_held", "search_bills", "approve_job"} <= acts
    assert acts - ACTS.keys() == set()
