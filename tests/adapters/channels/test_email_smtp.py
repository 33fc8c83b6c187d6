import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from smartbill.adapters.channels.email_smtp.adapter import SmtpSession, open_session
from smartbill.adapters.channels.email_smtp.codes import Step, fact_of
from smartbill.adapters.channels.email_smtp.content import content_of, origin_headers
from smartbill.adapters.channels.email_smtp.settings import parse_url
from smartbill.adapters.channels.registry import EMAIL_PROVIDERS, open_email_session
from smartbill.core.ports.channels import HandOver, HandOverFact, OutgoingEmail
from smartbill.standins.mailbox import text_of
from tests.smtp_standin import SmtpStandIn

EMAIL = OutgoingEmail(
    message_id="<0b7c5c1e-0000-4000-8000-000000000001@bollette.example>",
    sender='"Acme Energia, S.p.A. è" <bollette@acme.example>',
    envelope_sender="rimbalzi@acme.example",
    recipient="anna@clienti.example",
    reply_to="assistenza@acme.example",
    subject="Acme: la bolletta A/1 è disponibile, " + "perché no " * 9,
    text="Buongiorno,\n.\n..due punti\nè\n" + "x" * 200 + "\n",
    html="<!DOCTYPE html>\n<html><body>\n.<p>perché = 1 ≥ 0</p></body></html>\n",
)


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[SmtpStandIn]:
    with SmtpStandIn(tmp_path / "mail.sqlite").running() as running:
        yield running


@pytest.fixture
def session(standin: SmtpStandIn) -> Iterator[SmtpSession]:
    made = open_session(standin.url, timeout=10)
    yield made
    made.close()


def to(recipient: str) -> OutgoingEmail:
    return replace(EMAIL, recipient=recipient, message_id=f"<{recipient}>")


def outcomes(session: SmtpSession, *recipients: str) -> list[tuple[HandOver, str]]:
    facts = [session.hand_over(to(recipient)) for recipient in recipients]
    return [(fact.outcome, fact.code) for fact in facts]


def parsed(outgoing: OutgoingEmail) -> EmailMessage:
    raw = content_of(outgoing, origin=origin_headers(outgoing), timestamp=0.0)
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


def test_an_email_arrives_as_it_was_written(standin: SmtpStandIn, session: SmtpSession) -> None:
    assert session.hand_over(EMAIL) == HandOverFact(outcome=HandOver.ACCEPTED, code="250")
    [mail] = standin.received()
    found = standin.mailbox.mail(mail.id)
    assert found is not None
    message = found[1]
    assert text_of(message, "plain") == EMAIL.text
    assert text_of(message, "html") == EMAIL.html
    assert mail.envelope_sender == "rimbalzi@acme.example"
    assert {name: str(message[name]) for name in ("From", "To", "Reply-To", "Subject", "Message-ID")} == {
        "From": '"Acme Energia, S.p.A. è" <bollette@acme.example>',
        "To": "anna@clienti.example",
        "Reply-To": "assistenza@acme.example",
        "Subject": EMAIL.subject,
        "Message-ID": EMAIL.message_id,
    }
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] is not None
    assert sorted(message.keys()) == sorted(
        [
            *("From", "Reply-To", "To", "Subject", "Message-ID", "Date"),
            *("Auto-Submitted", "MIME-Version", "Content-Type"),
        ]
    )


def test_lines_are_short_and_end_as_they_must() -> None:
    raw = content_of(EMAIL, origin=origin_headers(EMAIL), timestamp=0.0)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.replace(b"\r\n", b"").count(b"\n") == 0
    assert raw.replace(b"\r\n", b"").count(b"\r") == 0
    assert raw.isascii()


def test_one_connection_takes_every_outcome(standin: SmtpStandIn, session: SmtpSession) -> None:
    assert outcomes(
        session, "a@x.example", "rifiuta@x.example", "b@x.example", "piena@x.example", "piena@x.example"
    ) == [
        (HandOver.ACCEPTED, "250"),
        (HandOver.REFUSED, "550 5.1.1"),
        (HandOver.ACCEPTED, "250"),
        (HandOver.NOT_NOW, "452 4.2.2"),
        (HandOver.ACCEPTED, "250"),
    ]
    assert [mail.recipient for mail in standin.received()] == ["a@x.example", "b@x.example", "piena@x.example"]


def test_a_lost_answer_is_in_doubt_and_the_next_try_is_the_same_message(
    standin: SmtpStandIn, session: SmtpSession
) -> None:
    assert outcomes(session, "cade@x.example", "a@x.example", "cade@x.example") == [
        (HandOver.IN_DOUBT, "connection"),
        (HandOver.ACCEPTED, "250"),
        (HandOver.ACCEPTED, "250"),
    ]
    assert [mail.message_id for mail in standin.received("cade@")] == ["<cade@x.example>"] * 2


def test_after_421_a_new_connection_is_made(session: SmtpSession) -> None:
    assert outcomes(session, "421@x.example", "a@x.example", "421@x.example") == [
        (HandOver.NOT_NOW, "421 4.3.2"),
        (HandOver.ACCEPTED, "250"),
        (HandOver.ACCEPTED, "250"),
    ]


def test_a_slow_answer_is_in_doubt_when_the_time_is_over(standin: SmtpStandIn) -> None:
    session = open_session(standin.url, timeout=0.2)
    assert outcomes(session, "lenta@x.example") == [(HandOver.IN_DOUBT, "connection")]
    session.close()


def test_no_server_means_that_the_sender_is_down(standin: SmtpStandIn) -> None:
    standin.down()
    session = open_session(standin.url, timeout=5)
    assert outcomes(session, "a@x.example") == [(HandOver.SENDER_DOWN, "connect")]
    standin.up()
    assert outcomes(session, "a@x.example") == [(HandOver.ACCEPTED, "250")]
    session.close()


def test_an_idle_connection_and_a_much_used_one_are_made_anew(standin: SmtpStandIn) -> None:
    now = [0.0]
    session = SmtpSession(parse_url(standin.url), timeout=10, monotonic=lambda: now[0])
    session.hand_over(to("a@x.example"))
    first = session._client
    session.hand_over(to("b@x.example"))
    assert session._client is first
    now[0] += 61
    assert outcomes(session, "c@x.example") == [(HandOver.ACCEPTED, "250")]
    assert session._client is not first
    session.close()


def scripted_server(*replies: bytes) -> tuple[str, threading.Thread]:
    """Answers each line (or content) with the next reply; an empty reply closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        connection, _ = listener.accept()
        with listener, connection, connection.makefile("rb") as lines:
            for reply in replies:
                if not reply:
                    return
                connection.sendall(reply)
                line = lines.readline()
                while reply.startswith(b"354") and line not in (b".\r\n", b""):
                    line = lines.readline()
                if not line:
                    return

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    return f"smtp://127.0.0.1:{listener.getsockname()[1]}", thread


HELLO = (b"220 hi\r\n", b"250 hi\r\n")


@pytest.mark.parametrize(
    ("replies", "fact"),
    [
        ((b"421 busy\r\n",), HandOverFact(outcome=HandOver.SENDER_DOWN, code="421", detail="busy")),
        ((b"554 no\r\n",), HandOverFact(outcome=HandOver.SENDER_DOWN, code="554", detail="no")),
        ((*HELLO, b"550 5.7.1 <a@b.example> no\r\n", b"250 ok\r\n"),
         HandOverFact(outcome=HandOver.SENDER_DOWN, code="550 5.7.1", detail="5.7.1 … no")),
        ((*HELLO, b"552 too big\r\n", b"250 ok\r\n"),
         HandOverFact(outcome=HandOver.REFUSED, code="552", detail="too big")),
        ((*HELLO, b"250 ok\r\n", b""), HandOverFact(outcome=HandOver.NOT_NOW, code="connection")),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b""),
         HandOverFact(outcome=HandOver.IN_DOUBT, code="connection")),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"nonsense\r\n"),
         HandOverFact(outcome=HandOver.IN_DOUBT, code="connection")),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"451 4.3.0 later\r\n", b"250 ok\r\n"),
         HandOverFact(outcome=HandOver.NOT_NOW, code="451 4.3.0", detail="4.3.0 later")),
    ],
)  # fmt: skip
def test_what_a_server_says_and_what_it_means(replies: tuple[bytes, ...], fact: HandOverFact) -> None:
    url, thread = scripted_server(*replies)
    session = open_session(url, timeout=5)
    assert session.hand_over(EMAIL) == fact
    session.close()
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nRCPT TO:<c@d.example>", "a b@c.example", "<a@b.example>", "", "à@b.it"]
)
def test_a_recipient_that_is_none_is_refused_without_a_connection(address: str) -> None:
    session = open_session("smtp://127.0.0.1:1", timeout=1)
    assert session.hand_over(replace(EMAIL, recipient=address)).outcome is HandOver.REFUSED
    assert session.hand_over(replace(EMAIL, envelope_sender=address)).outcome is HandOver.SENDER_DOWN
    assert session.hand_over(replace(EMAIL, sender=f"Acme <{address}>")).outcome is HandOver.SENDER_DOWN


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=st.text(max_size=80), name=st.text(max_size=40), text=st.text(max_size=80))
def test_no_text_makes_a_header(subject: str, name: str, text: str) -> None:
    hostile = replace(EMAIL, subject=f"{subject}\r\nBcc: x@example.org", text=text, html=text, message_id=f"<1@{name}>")
    raw = content_of(hostile, origin=origin_headers(EMAIL), timestamp=0.0)
    head = raw.split(b"\r\n\r\n", 1)[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert names == [
        *(b"From", b"Reply-To", b"To", b"Subject", b"Message-ID"),
        *(b"Date", b"Auto-Submitted", b"MIME-Version", b"Content-Type"),
    ]


def test_details_name_nobody() -> None:
    fact = fact_of(Step.RCPT, 550, b"5.1.1 <anna@clienti.example>: Recipient address rejected")
    assert fact == HandOverFact(outcome=HandOver.REFUSED, code="550 5.1.1", detail="5.1.1 … Recipient address rejected")


def test_addresses_of_servers() -> None:
    settings_read = parse_url("smtps://us%40er:p%2Fw@mail.example")
    assert (settings_read.port, settings_read.user, settings_read.password) == (465, "us@er", "p/w")
    assert "p/w" not in repr(settings_read)
    assert parse_url("smtp://mail.example:587?starttls=1").starttls
    with pytest.raises(ValueError, match="smtp://host:port"):
        parse_url("http://mail.example")


@pytest.mark.parametrize("provider", sorted(EMAIL_PROVIDERS))
def test_every_provider_can_be_opened_and_closed(provider: str) -> None:
    open_email_session("smtp://127.0.0.1:1", timeout=1, provider=provider).close()
