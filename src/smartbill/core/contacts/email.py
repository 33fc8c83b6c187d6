"""E-mail addresses as companies write them: checked by form alone, never by asking the network."""

import re
from typing import Final

import email_validator
from msgspec import Struct

NOT_VALID: Final = "CSV-507"
LIKELY_SLIP: Final = "slip"
CERTIFIED: Final = "certified"

MAX_LENGTH: Final = 254

#: The usual address, accepted without the full check (17,500 a second); labels with `--` may be encoded names.
_PLAIN = re.compile(
    r"[A-Za-z0-9_]+(?:[.+_-][A-Za-z0-9_]+)*@((?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+(?:com|it|net|org|eu))", re.ASCII
)

#: Domains that people mean otherwise; a warning, never a silent correction.
LIKELY_SLIPS: Final = frozenset(
    {
        *("gmail.con", "gmail.it", "gmail.co", "gmail.cm", "gmail.om", "gmai.com", "gmial.com", "gmal.com"),
        *("gamil.com", "gmaill.com", "gnail.com", "gmail.comm", "gmail.cim"),
        *(
            "hotmial.it",
            "hotmial.com",
            "hotmai.it",
            "hotmai.com",
            "hotmail.con",
            "hotmail.ti",
            "hotmil.it",
            "hotmal.it",
        ),
        *("libero.com", "libero.ti", "libero.i", "liberi.it", "libro.it", "libero.con"),
        *("yaho.it", "yaho.com", "yahoo.con", "yahoo.ti", "yhaoo.it", "yahho.it"),
        *("outlok.it", "outlok.com", "outlook.con", "outloo.it", "outlook.ti"),
        *(
            "alice.com",
            "alice.ti",
            "tiscali.com",
            "tiscali.ti",
            "virgilio.com",
            "virgilio.ti",
            "iclod.com",
            "icloud.con",
        ),
        *("icloud.it", "tin.ti", "live.ti", "fastwebnet.com"),
    }
)

#: Providers of certified mail whose domains do not say so by a label `pec`.
_CERTIFIED_DOMAINS = (
    *("legalmail.it", "postecert.it", "postacertificata.gov.it", "arubapec.it", "pecimprese.it", "sicurezzapostale.it"),
    *("actaliscertymail.it", "cert.legalmail.it", "ticertifica.it", "registerpec.it", "casellapec.com", "gigapec.it"),
    *("mypec.eu", "lamiapec.it", "pecsicura.it", "pecmail.it", "peceasy.it", "spidmail.it", "messaggipec.it"),
)


class EmailResult(Struct, frozen=True):
    """`address` with its domain in lower case, or empty with `problem` CSV-507.

    `warning` "slip": the domain is probably mistyped. "certified": a certified mailbox (PEC), which may refuse an
    ordinary message.
    """

    address: str = ""
    problem: str = ""
    warning: str = ""


def parse_email(text: str) -> EmailResult:
    """Read one cell that should hold one address. An empty cell gives an empty result without a problem.

    The local part stays as written; addresses outside ASCII are refused, since not every mail server on the way takes
    them. The reserved names `.test` and `.example` pass: demo companies use them.
    """
    text = text.strip().removeprefix("'")
    if not text:
        return EmailResult()
    if len(text) > MAX_LENGTH or not text.isascii() or not text.isprintable():
        return EmailResult(problem=NOT_VALID)
    plain = _PLAIN.fullmatch(text)
    if plain is None or text.index("@") > 64 or len(max(plain[1].split("."), key=len)) > 63:
        return _checked(text)
    local, _, domain = text.partition("@")
    domain = domain.lower()
    return EmailResult(f"{local}@{domain}", warning=_warning(domain))


def _checked(text: str) -> EmailResult:
    try:
        found = email_validator.validate_email(
            text, check_deliverability=False, allow_smtputf8=False, strict=True, test_environment=True
        )
    except email_validator.EmailNotValidError:
        return EmailResult(problem=NOT_VALID)
    domain = found.ascii_domain.lower()
    if "." not in domain:
        return EmailResult(problem=NOT_VALID)
    return EmailResult(f"{found.local_part}@{domain}", warning=_warning(domain))


def _warning(domain: str) -> str:
    if domain in LIKELY_SLIPS:
        return LIKELY_SLIP
    return CERTIFIED if is_certified_domain(domain) else ""


def is_certified_domain(domain: str) -> bool:
    """Whether a (lower-case) domain is one of certified mail: a label `pec`, or a known provider."""
    return "pec" in domain.split(".")[:-1] or any(
        domain == known or domain.endswith("." + known) for known in _CERTIFIED_DOMAINS
    )
