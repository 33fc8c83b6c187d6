"""What can be fetched under a ticket: the steps that the event log keeps."""

from enum import StrEnum


class Step(StrEnum):
    SUMMARY = "summary"
    AMOUNTS = "amounts"
    CONSUMPTION = "consumption"
    DETAILS = "details"
    PDF = "pdf"
    CALENDAR = "calendar"
    BEACON = "beacon"  # the page's own image: a browser has drawn the page


#: Steps that are pages; each of them carries the image.
PAGES = frozenset({Step.SUMMARY, Step.AMOUNTS, Step.CONSUMPTION, Step.DETAILS})
