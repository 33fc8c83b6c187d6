"""What may come outside an archive, and whether it is there to its end."""

from io import BytesIO

import pytest

from smartbill.core.flows.archive import Limits
from smartbill.core.flows.handed_in import inspect_file, is_complete, is_final_name, open_entries
from smartbill.core.wording.findings import message
from tests.core.flows.test_archive import GOOD


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("STABO_ACQUALUCE_1.txt", True),
        ("stabo_1.DAT", True),
        ("IT01_1.xml", True),
        ("IT01_1.xml.p7m", True),
        ("a.ZIP", True),
        ("nota.txt", False),
        ("a.pdf", False),
        ("CONTATTI_1.csv", False),
    ],
)
def test_names(name: str, taken: bool) -> None:
    assert is_final_name(name) == taken


@pytest.mark.parametrize(
    ("name", "content", "whole"),
    [
        ("STABO_1.txt", b"00|\n10|\n99|1", True),
        ("STABO_1.txt", b"00|\n10|\n99|1\r\n\x1a", True),
        ("STABO_1.txt", b"00|\n10|\n9", False),
        ("STABO_1.txt", b"", False),
        ("STABO_1.txt", GOOD, True),  # an archive, whatever it is called
        ("a.xml", b"<a>\n</a>\n", True),
        ("a.xml", b"<a>\n</", False),
        ("a.xml", "<a></a>".encode("utf-16"), True),
        ("a.xml.p7m", b"\x30\x80", True),
        ("a.zip", GOOD, True),
        ("a.zip", GOOD[:-30], False),
    ],
)
def test_ends(name: str, content: bytes, whole: bool) -> None:
    assert is_complete(BytesIO(content), name) == whole


def test_a_file_is_an_archive_of_one() -> None:
    file = BytesIO(b"00|STABO\n")
    listing = inspect_file(file, name="STABO_1.txt", limits=Limits())
    assert open_entries(file, name="STABO_1.txt").read(listing.entries[0]) == b"00|STABO\n"


def test_refusals() -> None:
    limits = Limits(xml=3, flow=3)
    found = [
        finding
        for name in ("a.xml", "STABO_1.txt", "nota.txt")
        for finding in inspect_file(BytesIO(b"<a/>"), name=name, limits=limits).findings
    ]
    assert [message(finding) for finding in found] == [
        "Il file «a.xml» supera la dimensione massima (3 byte).",
        "L'archivio supera la dimensione massima (3 byte).",
        "L'archivio «nota.txt» non è un file ZIP leggibile.",
    ]
