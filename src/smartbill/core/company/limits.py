"""What a company may send: its own limits, never beyond those of the product (chapter 7.2 of the flow format)."""

from typing import Final

from smartbill.core.company.documents import Intake
from smartbill.core.flows.archive import MIB, Limits

#: Setting of `Intake` -> the most that it may be.
HARD_CAPS: Final = {
    "zip_mib": 16 * 1024,
    "zip_files": 300_000,
    "unpacked_mib": 40 * 1024,
    "flow_mib": 8 * 1024,
    "pdf_mib": 25,
    "xml_mib": 25,
}
#: A flow that waits for its PDFs longer than this has been forgotten.
MOST_WAIT_HOURS: Final = 30 * 24


def archive_limits(rules: Intake) -> Limits:
    """The limits of a company's archives. A stored setting beyond a cap is held to it."""
    mib = {name: min(getattr(rules, name), cap) * MIB for name, cap in HARD_CAPS.items()}
    return Limits(
        archive=mib["zip_mib"],
        entries=min(rules.zip_files, HARD_CAPS["zip_files"]),
        total=mib["unpacked_mib"],
        flow=mib["flow_mib"],
        pdf=mib["pdf_mib"],
        xml=mib["xml_mib"],
    )


def limit_mistakes(rules: Intake) -> list[str]:
    """What is wrong with a company's limits, in Italian."""
    found = [f"intake.{name}: da 1 a {cap}" for name, cap in HARD_CAPS.items() if not 1 <= getattr(rules, name) <= cap]
    if not 0 <= rules.pdf_wait_hours <= MOST_WAIT_HOURS:
        found.append(f"intake.pdf_wait_hours: da 0 a {MOST_WAIT_HOURS}")
    return found
