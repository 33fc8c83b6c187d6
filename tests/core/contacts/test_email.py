import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from smartbill.core.contacts.email import EmailResult, is_certified_domain, parse_email

READ = {
    "anna.verdi@example.it": "anna.verdi@example.it",
    " Anna.Verdi@EXAMPLE.It ": "Anna.Verdi@example.it",
    "anna+bollette@example.org": "anna+bollette@example.org",
    "o'hara@example.org": "o'hara@example.org",
    "anna@mail.demo.example": "anna@mail.demo.example",
    "anna@acqua.test": "anna@acqua.test",
    "anna@xn--caff-8oa.example.it": "anna@xn--caff-8oa.example.it",
}

REFUSED = [
    *("anna", "anna@", "@example.it", "anna@example", "anna@test", "anna@@example.it", "anna@example..it"),
    *("anna..verdi@example.it", ".anna@example.it", "anna.@example.it", "anna verdi@example.it"),
    *("anna@example.it;mario@example.it", "anna@example.it, mario@example.it", "Anna <anna@example.it>"),
    *("mailto:anna@example.it", '"anna"@example.it', "anna@[127.0.0.1]", "anna@localhost", "anna@posta.local"),
    *("niccolò@example.it", "anna@caffè.example.it", "anna@example.it\r\nBcc: x@example.org", "anna@-example.it"),
    *("a" * 65 + "@example.it", "anna@" + "a" * 64 + ".it", "anna@" + "a." * 130 + "it", "anna@example.it."),
]


@pytest.mark.parametrize("text", READ)
def test_read(text: str) -> None:
    assert parse_email(text) == EmailResult(READ[text])


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    assert parse_email(text) == EmailResult(problem="CSV-507")


def test_an_empty_cell_is_no_problem() -> None:
    assert parse_email("  ") == EmailResult()


@pytest.mark.parametrize("domain", ["gmail.con", "hotmial.it", "libero.com"])
def test_a_likely_slip_is_a_warning_and_stays_as_written(domain: str) -> None:
    assert parse_email(f"anna@{domain}") == EmailResult(f"anna@{domain}", warning="slip")


@pytest.mark.parametrize(
    "domain", ["pec.it", "pec.acqua.example", "studio.pec.example", "legalmail.it", "a.arubapec.it"]
)
def test_a_certified_mailbox_is_a_warning(domain: str) -> None:
    assert parse_email(f"anna@{domain}").warning == "certified"
    assert is_certified_domain(domain)


def test_a_name_that_only_holds_the_letters_is_not_certified() -> None:
    assert not is_certified_domain("specialita.example")
    assert not is_certified_domain("pecora.it")


_LABEL = st.from_regex(r"[a-zA-Z0-9]{1,5}(-[a-zA-Z0-9]{1,3})?", fullmatch=True)


@given(
    st.from_regex(r"[A-Za-z0-9_]{1,8}([.+_-][A-Za-z0-9_]{1,4}){0,2}", fullmatch=True),
    st.lists(_LABEL, min_size=1, max_size=3),
    st.sampled_from(["it", "com", "org"]),
)
def test_the_fast_path_agrees_with_the_full_check(local: str, labels: list[str], top: str) -> None:
    text = f"{local}@{'.'.join(labels)}.{top}"
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
        expected = f"{found.local_part}@{found.ascii_domain.lower()}"
    except EmailNotValidError:
        expected = ""
    assert parse_email(text).address == expected


@given(st.text(max_size=80) | st.text(alphabet='ab.@-_ "<>;,\r\n', max_size=20))
def test_anything_gives_an_address_or_a_reason(text: str) -> None:
    result = parse_email(text)
    assert bool(result.address) + bool(result.problem) <= 1
    if result.address:
        assert "\n" not in result.address
        assert parse_email(result.address).address == result.address
