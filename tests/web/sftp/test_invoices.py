"""E-invoices outside an archive on the SFTP server: plain or signed, taken in when whole."""

import io

from tests.conftest import CompanyFixture
from tests.core.flows.fatturapa.envelopes import signed
from tests.core.flows.fatturapa.invoices import body, invoice
from tests.web.sftp.serving import FOLDERS, RunningServer, client, jobs


def test_one_invoice_alone_opens_a_job(server: RunningServer, acme: CompanyFixture) -> None:
    plain = invoice(body())
    with client(server) as sftp:
        sftp.putfo(io.BytesIO(plain), "IT01_1.xml", confirm=False)
        sftp.putfo(io.BytesIO(signed(plain)), "IT01_2.XML.p7m.part", confirm=False)
        sftp.rename("IT01_2.XML.p7m.part", "IT01_2.XML.p7m")
        sftp.putfo(io.BytesIO(plain[:-20]), "IT01_3.xml", confirm=False)
        server.settle()
        assert sftp.listdir() == [*FOLDERS, "IT01_3.xml"]
    assert len(jobs(acme)) == 2
