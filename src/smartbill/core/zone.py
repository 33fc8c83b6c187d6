"""The time zone that days are counted in."""

from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")
