"""Wrong tickets per address and minute. Guessing is hopeless (128 bits); this makes it slow and seen.

Counted in the process: with several web processes an address has so many tries in each. A right ticket opens from
anywhere at any time: behind one address there may be a whole mobile network.
"""

import time
from threading import Lock

import structlog

PER_MINUTE = 20
ALARM_PER_HOUR = 1000

#: Addresses kept in mind in one minute; whoever comes with more of them is counted as one.
_MOST_ADDRESSES = 50_000

_log = structlog.get_logger("smartbill.portal")


class WrongTickets:
    def __init__(self) -> None:
        self._lock = Lock()
        self.forget()

    def forget(self) -> None:
        self._minute = self._hour = -1
        self._counts: dict[str, int] = {}
        self._in_hour = 0

    def too_many(self, group: str, *, seconds: float | None = None) -> bool:
        """Note one wrong ticket of this address group; True when it was one too many in this minute."""
        now = time.time() if seconds is None else seconds
        minute, hour = int(now // 60), int(now // 3600)
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            if hour != self._hour:
                self._hour, self._in_hour = hour, 0
            key = group if group in self._counts or len(self._counts) < _MOST_ADDRESSES else ""
            self._counts[key] = count = self._counts.get(key, 0) + 1
            self._in_hour += 1
            alarm = self._in_hour == ALARM_PER_HOUR
        if alarm:
            _log.warning("many wrong tickets", in_this_hour=ALARM_PER_HOUR)
        return count > PER_MINUTE


wrong_tickets = WrongTickets()
