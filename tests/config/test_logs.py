"""Logs: one line each, JSON in production, nothing of customers in them whoever writes."""

import json
import os
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smartbill.config.logs import redacted

TOKEN = "4fKq0Zb7Lm2Xc9Vd1Ns8Tp"

#: Everything personal, by every way that leads to the log.
WRITES = f"""
import logging, structlog
import smartbill.config.wsgi
spoken = "GET /c/acme/t/{TOKEN}/sommario da ugo.esempi@clienti.example +393331234567 RSSMRA80A01H501U"
logging.getLogger("third.party").error("plain %s", spoken)
logging.getLogger("django.request").error("Internal Server Error: %s", "/t/{TOKEN}/", extra={{"status_code": 500}})
structlog.get_logger("ours").warning("structured", who={{"mail": "ugo.esempi@clienti.example"}}, token="{TOKEN}",
                                     phones=["3331234567", "00393331234567"], error=ValueError(spoken))
try:
    raise ValueError(spoken)
except ValueError:
    logging.getLogger("third.party").exception("failed")
    structlog.get_logger("ours").exception("failed too")
"""
PERSONAL = (TOKEN, "ugo.esempi", "3331234567", "RSSMRA80A01H501U")


def _written(environment: str) -> list[str]:
    environ = os.environ | {
        "SMARTBILL_ENVIRONMENT": environment,
        "SMARTBILL_SECRET_KEYS": "k" * 40,
        "SMARTBILL_ALLOWED_HOSTS": "bollette.example",
        "SMARTBILL_BASE_URL": "https://bollette.example",
        "SMARTBILL_SMTP_URL": "smtp://localhost:25",
    }
    done = subprocess.run(
        [sys.executable, "-c", WRITES], env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == ""  # that is for what commands print
    return done.stderr.splitlines()


def test_in_production_each_line_is_json_without_personal_data() -> None:
    lines = _written("production")
    events = [json.loads(line) for line in lines]
    assert [(event["logger"], event["level"]) for event in events] == [
        ("third.party", "error"),
        ("django.request", "error"),
        ("ours", "warning"),
        ("third.party", "error"),
        ("ours", "error"),
    ]
    assert events[0]["event"] == "plain GET /c/acme/t/•/sommario da •@• • •"
    assert events[1]["event"] == "Internal Server Error: /t/•/"
    assert (events[2]["who"], events[2]["token"], events[2]["phones"]) == ({"mail": "•@•"}, "•", ["•", "•"])
    assert "ValueError: GET /c/acme/t/•/sommario da •@• • •" in events[3]["exception"]
    assert all(event["timestamp"].endswith("Z") for event in events)
    assert [word for word in PERSONAL if any(word in line for line in lines)] == []


def test_in_development_the_lines_are_plain_and_blanked_as_well() -> None:
    written = "\n".join(_written("development"))
    assert written.count("failed") == 2
    assert [word for word in PERSONAL if word in written] == []


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("/hooks/email/relay/ACME/s3cr3t-Of_it?x=1", "/hooks/email/relay/ACME/•?x=1"),
        ('"GET /hooks/a/b/c/secret"', '"GET /hooks/a/b/c/•"'),
        ("smtp://user:pw@mail.example:25", "smtp://user:•@•:25"),
        ("chiamato 333 il 2026-03-31, lavorazione ACME_2026_27, 120000 ticket", None),
        ("digest e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", None),
        ("id 18446744073709551615 in 12.345678901 s", None),
    ],
)
def test_what_is_blanked_and_what_is_kept(said: str, logged: str | None) -> None:
    assert redacted(said) == (logged if logged is not None else said)


@given(st.text(alphabet=st.sampled_from("abcXYZ0189"), min_size=22, max_size=22), st.text(), st.text())
@example(TOKEN, "", "")
def test_a_ticket_is_blanked_in_any_surroundings(token: str, before: str, after: str) -> None:
    assert token not in redacted(f"{before} https://bollette.example/t/{token}/{after}")
