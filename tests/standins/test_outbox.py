import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from smartbill.standins.mailbox import Mailbox
from smartbill.standins.outbox.server import Outbox

RAW = (
    b"From: Acme <a@acme.example>\r\nTo: <anna@clienti.example>\r\nSubject: =?utf-8?q?=3Cb=3Eperch=C3=A9?=\r\n"
    b'Message-ID: <1@acme.example>\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nApri:\r\nhttp://localhost/t/abc\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<html><head></head><body><script>1</script></body></html>\r\n--b--\r\n"
)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    mailbox = Mailbox(tmp_path / "mail.sqlite")
    server = Outbox(mailbox, host="127.0.0.1", port=0)
    thread = server.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    mailbox.close()


@contextmanager
def get(port: int, path: str) -> Iterator[HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        yield connection.getresponse()
    finally:
        connection.close()


def page(outbox: Outbox, path: str) -> str:
    with get(outbox.server_port, path) as response:
        assert response.status == 200
        return response.read().decode()


def test_mails_are_listed_and_found_by_recipient(outbox: Outbox) -> None:
    outbox.mailbox.store(
        envelope_sender="a@acme.example", recipients=["anna@clienti.example", "b_b@x.example"], raw=RAW
    )
    assert page(outbox, "/").count("<li>") == 2
    found = page(outbox, "/?a=ANNA@")
    assert found.count("<li>") == 1
    assert "&lt;b&gt;perché" in found
    assert page(outbox, "/?a=%25").count("<li>") == 0
    told = json.loads(page(outbox, "/messages.json?to=b_b&message_id=%3C1@acme.example%3E"))
    assert [(mail["recipient"], mail["subject"]) for mail in told] == [("b_b@x.example", "<b>perché")]


def test_a_mail_is_shown_without_scripts_and_with_its_link(outbox: Outbox) -> None:
    outbox.mailbox.store(envelope_sender="", recipients=["anna@clienti.example"], raw=RAW)
    shown = page(outbox, "/m/1")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown
    assert '<a href="http://localhost/t/abc" rel="noreferrer">' in shown
    with get(outbox.server_port, "/m/1/html") as response:
        policy = response.getheader("Content-Security-Policy") or ""
        assert policy.startswith("default-src 'none'; ")
        assert policy.endswith("sandbox allow-popups allow-popups-to-escape-sandbox")
        assert '<base target="_blank">' in response.read().decode()
    assert page(outbox, "/m/1/text") == "Apri:\nhttp://localhost/t/abc"


@pytest.mark.parametrize("path", ["/x", "/m/2", "/m/-1", "/m/%C2%B2", "/m/1/raw", f"/m/{10**30}"])
def test_other_addresses_are_missing(outbox: Outbox, path: str) -> None:
    with get(outbox.server_port, path) as response:
        assert response.status == 404


def test_the_file_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "mail.sqlite"
    first = Mailbox(path)
    first.store(envelope_sender="", recipients=["a@x.example"], raw=RAW)
    assert first.first_time("full", "1")
    first.close()
    second = Mailbox(path)
    assert [mail.recipient for mail in second.mails()] == ["a@x.example"]
    assert not second.first_time("full", "1")
    second.close()


def test_the_command_serves_until_told_to_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "smartbill", "standins", "--smtp-port", "0", "--outbox-port", "0"]
    process = subprocess.Popen([*command, "--data", str(tmp_path / "m.sqlite")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        line = process.stdout.readline()
        port = int(line.rstrip().rstrip("/").rsplit(":", 1)[1])
        with get(port, "/messages.json") as response:
            assert json.loads(response.read()) == []
        process.terminate()
        assert process.wait(10) == 0
