"""The upload page's protocol with clients that keep to it, and with those that don't."""

import io
import os
import socket
import zipfile
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from smartbill.adapters.files.registry import open_store
from smartbill.apps.audit.models import Entry
from smartbill.apps.companies.models import Role, Staff
from smartbill.apps.companies.operations import publish_settings
from smartbill.apps.intake.models import ContactFile, Drop, Job, PageUpload
from smartbill.core.company.documents import Intake
from smartbill.core.ports.files import kept_key, piece_key
from smartbill.database.context import company
from smartbill.usecases.area.halted import notify_halted
from smartbill.usecases.area.page_uploads import hand_in
from smartbill.usecases.sweeps.uploads import sweep_uploads
from tests.conftest import CompanyFixture
from tests.web.backoffice.browsing import live_server
from tests.web.backoffice.conftest import SignIn

BEGIN = "/backoffice/ACME/consegne/carica/inizia/"
PIECE = 1 << 20


def archive(size: int) -> bytes:
    """A ZIP a little larger than `size`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("STABO_ACME_1.txt", os.urandom(size))
    return buffer.getvalue()


@pytest.fixture
def client(acme: CompanyFixture, signed_in: SignIn) -> Client:
    return signed_in(acme.editor.email)


def begin(client: Client, content: bytes, name: str = "flusso.zip") -> dict[str, Any]:
    answer = client.post(BEGIN, {"name": name, "size": str(len(content))})
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def send(client: Client, upload: dict[str, Any], offset: int, body: bytes, **headers: str) -> Any:
    return client.patch(
        upload["address"], body, content_type="application/octet-stream",
        headers={"Upload-Offset": str(offset), **headers},
    )  # fmt: skip


def send_all(client: Client, upload: dict[str, Any], content: bytes) -> dict[str, Any]:
    for start in range(upload["offset"], len(content), PIECE):
        body = content[start : start + PIECE]
        answer = send(client, upload, start, body, **{"Upload-Digest": sha256(body).hexdigest()})
        assert answer.status_code == 200
        upload = answer.json()
    return upload


def finish(fixture: CompanyFixture) -> None:
    """What the worker does."""
    with company(fixture.id):
        ids = list(PageUpload.objects.values_list("pk", flat=True))
    for upload_id in ids:
        hand_in(company_id=fixture.id, upload_id=upload_id)


def test_a_file_in_pieces_opens_a_job(client: Client, acme: CompanyFixture) -> None:
    content = archive(2_500_000)
    upload = begin(client, content)
    assert (upload["offset"], upload["piece"], upload["state"]) == (0, PIECE, "open")
    upload = send_all(client, upload, content)
    assert upload["state"] == "whole"
    finish(acme)
    upload = client.get(upload["address"]).json()
    assert (upload["state"], upload["job"], upload["reason"]) == ("received", f"ACME_{timezone.now():%Y}_1", "")
    with company(acme.id):
        drop = Drop.objects.get()
        entry = Entry.objects.get(act="receive_drop")
    assert (drop.name, drop.size, drop.source) == ("flusso.zip", len(content), "page")
    assert drop.digest == sha256(content).hexdigest()
    assert entry.actor == acme.editor.email
    store = open_store(settings.SMARTBILL)
    assert store.size(kept_key(acme.id, drop.digest)) == len(content)
    for number in range(3):
        with pytest.raises(FileNotFoundError):
            store.size(piece_key(acme.id, upload["code"], number))


def test_another_browser_goes_on_where_the_first_stopped(
    client: Client, acme: CompanyFixture, signed_in: SignIn
) -> None:
    content = archive(2_500_000)
    upload = begin(client, content)
    first = content[:PIECE]
    assert send(client, upload, 0, first).status_code == 200
    again = begin(signed_in(acme.editor.email), content)
    assert (again["code"], again["offset"]) == (upload["code"], PIECE)
    assert again["chain"] == sha256(sha256(first).digest()).hexdigest()
    send_all(client, again, content)
    finish(acme)
    with company(acme.id):
        assert Job.objects.count() == 1


def test_the_same_file_again_names_the_job_that_has_it(client: Client, acme: CompanyFixture) -> None:
    content = archive(1000)
    for _ in range(2):
        upload = send_all(client, begin(client, content), content)
        finish(acme)
    upload = client.get(upload["address"]).json()
    assert upload["job"] == f"ACME_{timezone.now():%Y}_1"
    assert "già" in upload["reason"]
    with company(acme.id):
        assert (Job.objects.count(), Drop.objects.count()) == (1, 2)


def test_handing_in_twice_makes_one_drop(client: Client, acme: CompanyFixture) -> None:
    """The worker was killed after the drop was made, before the upload knew."""
    content = archive(1000)
    send_all(client, begin(client, content), content)
    finish(acme)
    store = open_store(settings.SMARTBILL)
    with company(acme.id):
        upload = PageUpload.objects.get()
        PageUpload.objects.update(state="whole", drop=None, cleared=False)
    store.write(piece_key(acme.id, upload.code, 0), [content])
    with company(acme.id):
        PageUpload.objects.update(changed_at=upload.started_at)
    finish(acme)
    with company(acme.id):
        assert Drop.objects.count() == 1
        assert PageUpload.objects.get().drop == Drop.objects.get()


@pytest.mark.parametrize("offset", ["", "-1", "0x0", "1", str(PIECE - 1), str(2 * PIECE), "9" * 30, "١"])
def test_ranges_that_are_not_next_change_nothing(client: Client, acme: CompanyFixture, offset: str) -> None:
    content = archive(2_500_000)
    upload = begin(client, content)
    answer = client.patch(
        upload["address"], content[:PIECE], content_type="application/octet-stream",
        headers={"Upload-Offset": offset.encode().decode("latin-1")},
    )  # fmt: skip
    assert answer.status_code == 409
    assert answer.json()["offset"] == 0


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE + 1, 2_500_000])
def test_pieces_of_another_length_change_nothing(client: Client, length: int) -> None:
    content = archive(2_500_000)
    upload = begin(client, content)
    assert send(client, upload, 0, content[:length]).status_code == 409
    assert client.get(upload["address"]).json()["offset"] == 0


def test_a_broken_piece_is_not_kept(client: Client) -> None:
    content = archive(2_500_000)
    upload = begin(client, content)
    wrong = send(client, upload, 0, content[:PIECE], **{"Upload-Digest": sha256(b"altro").hexdigest()})
    assert wrong.status_code == 422
    assert client.get(upload["address"]).json()["offset"] == 0


def test_a_line_that_ends_in_a_piece_loses_that_piece_alone(client: Client) -> None:
    content = archive(2_500_000)
    upload = begin(client, content)
    assert send(client, upload, 0, content[:PIECE]).status_code == 200
    token = client.get(BEGIN).json()["token"]
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    head = (
        f"PATCH {upload['address']} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n"
        f"Origin: http://localhost\r\nX-CSRFToken: {token}\r\n"
        f"Upload-Offset: {PIECE}\r\nContent-Length: {PIECE}\r\n\r\n"
    )
    with live_server() as server, socket.create_connection(("localhost", urlsplit(server).port or 0)) as line:
        line.sendall(head.encode() + content[PIECE : PIECE + 1000])
        line.shutdown(socket.SHUT_WR)  # the server sees the end; what it says to it is read
        answer = line.makefile("rb").read()
    assert answer.split()[1] == b"422"
    assert client.get(upload["address"]).json()["offset"] == PIECE


def test_a_piece_sent_twice_is_kept_once(client: Client) -> None:
    content = archive(2_500_000)
    upload = begin(client, content)
    assert send(client, upload, 0, content[:PIECE]).status_code == 200
    again = send(client, upload, 0, content[:PIECE])
    assert (again.status_code, again.json()["offset"]) == (409, PIECE)


def test_after_the_end_nothing_is_taken(client: Client, acme: CompanyFixture) -> None:
    content = archive(1000)
    upload = send_all(client, begin(client, content), content)
    assert send(client, upload, len(content), b"x").status_code == 409
    assert client.delete(upload["address"]).status_code == 409


@pytest.mark.parametrize(
    ("name", "size", "told"),
    [
        ("flusso.txt", "10", "non è quello di una consegna"),
        (".zip", "10", "non è quello di una consegna"),
        ("a\x01.zip", "10", "caratteri di controllo"),
        ("x" * 300 + ".zip", "10", "supera i 255 byte"),
        ("a.zip", "0", "da 1 byte a 4 GiB"),
        ("a.zip", str(5 << 30), "da 1 byte a 4 GiB"),
        ("a.zip", "tanti", "dimensione"),
        ("a.zip", "", "dimensione"),
    ],
)
def test_what_can_not_begin(client: Client, name: str, size: str, told: str) -> None:
    answer = client.post(BEGIN, {"name": name, "size": size})
    assert answer.status_code == 409
    assert told in answer.json()["error"]


def test_a_path_is_cut_to_its_name(client: Client) -> None:
    assert begin(client, b"x", "C:\\dati\\flusso.zip")["name"] == "flusso.zip"


def test_unfinished_uploads_have_an_end(client: Client, acme: CompanyFixture) -> None:
    for number in range(4):
        answer = client.post(BEGIN, {"name": f"{number}.zip", "size": str(4 << 30)})
        assert answer.status_code == 200
    full = client.post(BEGIN, {"name": "5.zip", "size": "1"})
    assert "superano 16 GiB" in full.json()["error"]
    assert client.delete(answer.json()["address"]).status_code == 200
    assert client.post(BEGIN, {"name": "5.zip", "size": "1"}).status_code == 200


def test_a_file_that_is_no_archive_is_refused_and_said(client: Client, acme: CompanyFixture) -> None:
    content = b"nessun archivio" * 100
    upload = send_all(client, begin(client, content), content)
    finish(acme)
    upload = client.get(upload["address"]).json()
    assert (upload["state"], upload["reason"]) == (
        "refused", "Il file non è completo, o non è ciò che il suo nome dice: controllarlo e caricarlo di nuovo.",
    )  # fmt: skip
    with company(acme.id):
        assert not Drop.objects.exists()
    assert "non è ciò che il suo nome dice" in client.get("/backoffice/ACME/consegne/").content.decode()


def test_an_upload_of_another_company_is_not_there(
    client: Client, acme: CompanyFixture, hydra: CompanyFixture, signed_in: SignIn
) -> None:
    upload = begin(client, archive(1000))
    other = signed_in(hydra.editor.email)
    address = upload["address"].replace("ACME", "HYDRA")
    for answer in (other.get(address), other.delete(address), send(other, {"address": address}, 0, b"x")):
        assert (answer.status_code, answer.json()["error"]) == (409, "Il caricamento non esiste.")
    assert other.get(upload["address"]).status_code == 404


def test_every_call_needs_the_token_and_a_session(acme: CompanyFixture, signed_in: SignIn) -> None:
    checked = signed_in(acme.editor.email, checks_csrf=True)  # type: ignore[call-arg]
    token = checked.get(BEGIN).json()["token"]
    assert checked.post(BEGIN, {"name": "a.zip", "size": "5"}).status_code == 403
    headers = {"X-CSRFToken": token}
    upload = checked.post(BEGIN, {"name": "a.zip", "size": "5"}, headers=headers).json()
    assert send(checked, upload, 0, b"12345").status_code == 403
    checked.logout()
    for answer in (send(checked, upload, 0, b"12345", **headers), checked.get(upload["address"])):
        assert answer.status_code in {302, 403}
    with company(acme.id):
        assert PageUpload.objects.get().offset == 0


@pytest.mark.parametrize("role", [Role.VIEWER])
def test_who_only_looks_sends_nothing(acme: CompanyFixture, signed_in: SignIn, role: Role) -> None:
    viewer = signed_in(acme.actor(role).email)
    assert viewer.post(BEGIN, {"name": "a.zip", "size": "5"}).status_code == 403
    assert viewer.get("/backoffice/ACME/consegne/carica/").status_code == 403


def test_what_nobody_goes_on_with_goes(client: Client, acme: CompanyFixture) -> None:
    content = archive(2_500_000)
    upload = begin(client, content)
    send(client, upload, 0, content[:PIECE])
    now = timezone.now()
    sweep_uploads(now=now + timedelta(days=6))
    assert client.get(upload["address"]).json()["state"] == "open"
    sweep_uploads(now=now + timedelta(days=8))
    sweep_uploads(now=now + timedelta(days=8, minutes=10))
    assert client.get(upload["address"]).json()["state"] == "expired"
    with pytest.raises(FileNotFoundError):
        open_store(settings.SMARTBILL).size(piece_key(acme.id, upload["code"], 0))
    with company(acme.id):
        assert Entry.objects.filter(act="expire_upload", note="flusso.zip").count() == 1
        assert PageUpload.objects.get().cleared


def test_the_plain_form_takes_a_small_file(client: Client, acme: CompanyFixture) -> None:
    content = archive(1000)
    for told in ("la lavorazione ACME_", "già"):
        file = SimpleUploadedFile("piccolo.zip", content)
        answer = client.post("/backoffice/ACME/consegne/carica/file/", {"file": file}, follow=True)
        assert told in answer.content.decode()
    with company(acme.id):
        assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.zip", b"no", "non è ciò che il suo nome dice"),
        ("a.xml", b"<a", "non è ciò che il suo nome dice"),
        ("a.txt", b"no", "non è quello di una consegna"),
        ("", b"", "Scegliere un file"),
    ],
)
def test_the_plain_form_says_what_is_wrong(client: Client, name: str, content: bytes, told: str) -> None:
    form = {"file": SimpleUploadedFile(name, content)} if name else {}
    answer = client.post("/backoffice/ACME/consegne/carica/file/", form, follow=True)
    assert told in answer.content.decode()


def test_contacts_come_by_the_page_too(client: Client, acme: CompanyFixture) -> None:
    content = b"codice_anagrafico;email\nC1;anna@example.org\n"
    upload = send_all(client, begin(client, content, "CONTATTI_marzo.csv"), content)
    finish(acme)
    assert client.get(upload["address"]).json()["state"] == "received"
    with company(acme.id):
        assert ContactFile.objects.get().drop.source == "page"


def test_a_company_with_a_larger_limit_uploads_more(client: Client, acme: CompanyFixture) -> None:
    with company(acme.id):
        publish_settings(Intake(zip_mib=5 * 1024), by="x", now=timezone.now())
    assert client.post(BEGIN, {"name": "a.zip", "size": str(5 << 30)}).status_code == 200


def test_who_is_told_of_an_upload_that_nobody_goes_on_with(client: Client, acme: CompanyFixture) -> None:
    content = archive(2_500_000)
    upload = begin(client, content)
    send(client, upload, 0, content[:PIECE])
    with company(acme.id):
        Staff.objects.exclude(role="editor").update(notify=False)
    for minutes in (29, 31, 32):
        sweep_uploads(now=timezone.now() + timedelta(minutes=minutes))
    (task,) = ProcrastinateJob.objects.filter(task_name="area.notify_halted").values_list("args", flat=True)
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        notify_halted(**task)
        client.delete(upload["address"])
        notify_halted(**task)
        (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([acme.editor.email], "Acme Energia: caricamento non concluso")
    assert f"arrivati {PIECE} di {len(content)} byte" in sent.body
    assert "http://localhost:8000/backoffice/ACME/consegne/carica/" in sent.body


def test_a_body_that_is_too_long_is_turned_away_unread(client: Client) -> None:
    for address in ("/backoffice/ACME/consegne/carica/file/", "/backoffice/accesso/entra/", "/"):
        answer = client.post(address, b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(1 << 40))
        assert answer.status_code == 413
