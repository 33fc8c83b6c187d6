"""`smartbill stats`: the figures with the keys that scripts rely on, and what is asked wrongly."""

import json

from smartbill.apps.tickets.models import Batch
from smartbill.database.context import company
from tests.cli.calling import Smartbill
from tests.cli.test_job import make_batch
from tests.conftest import CompanyFixture
from tests.factories import mailed_bills, make_job

NOTHING = {
    "tickets": 0, "share": "0.00", "viewed": 0, "viewed_share": "0.00", "errors": 0, "errors_share": "0.00", "s2s": 0,
    "states": {"DLVRD": 0, "ERROR": 0, "TIMEOUT": 0, "S2S": 0, "PENDING": 0},
}  # fmt: skip


def test_the_figures_of_a_job_with_their_keys(acme: CompanyFixture, smartbill: Smartbill) -> None:
    job = make_job(acme.id, mailed_bills(3))
    make_batch(job, acme.id, "test", "done", ["submitted"])
    make_batch(job, acme.id, "mass", "done", ["submitted", "submitted", "s2s_error"])
    with company(acme.id):
        year = Batch.objects.get(kind="mass").created_at.year
    assert smartbill("stats", "rebuild", "--company", "ACME") == "Lavorazioni contate di nuovo: 1.\n"
    none_paid = {"paid": 0, "of": 0, "share": "0.00"}
    wanted = {
        "total": 3,
        "channels": {
            "sms": NOTHING,
            "whatsapp": NOTHING,
            "email": NOTHING | {
                "tickets": 3, "share": "100.00", "errors": 1, "errors_share": "33.33", "s2s": 1,
                "states": {"DLVRD": 0, "ERROR": 0, "TIMEOUT": 0, "S2S": 1, "PENDING": 2},
            },
            "pec": NOTHING,
        },
        "viewed": 0, "viewed_share": "0.00", "errors": 1, "errors_share": "33.33",
        "payments": dict.fromkeys(("all", "sms", "whatsapp", "email", "pec"), none_paid),
    }  # fmt: skip
    for period in (("--year", str(year)), ("--job", job.code.lower())):
        assert json.loads(smartbill("stats", "--company", "acme", *period, "--json")) == wanted


def test_what_is_asked_wrongly_is_misuse(acme: CompanyFixture, smartbill: Smartbill) -> None:
    asked = ("stats", "--company", "ACME")
    assert smartbill.failing("stats", "--year", "2026") == (2, "Serve --company CODICE.")
    assert smartbill.failing(*asked) == (2, "Serve --year ANNO, oppure --job CODICE.")
    assert smartbill.failing(*asked, "--job", "ACME_2026_9") == (2, "La lavorazione «ACME_2026_9» non esiste.")
    assert smartbill.failing("stats", "--company", "NESSUNA", "--year", "2026") == (
        2, "L'azienda «NESSUNA» non esiste.",
    )  # fmt: skip
    for year in ("0", "9999"):
        code, told = smartbill.failing(*asked, "--year", year)
        assert (code, "--year" in told) == (2, True)
