"""Wrong passwords, counted so that guessing is slow and nobody is shut out for long: a count that melts away."""

from datetime import datetime, timedelta

from msgspec import Struct


class Rule(Struct, frozen=True):
    """After `most` failures the next try waits until one has melted; all of them have after `melts_in`."""

    most: int
    melts_in: timedelta


#: One account tried from one address; the company's other addresses are not concerned.
PAIR = Rule(10, timedelta(minutes=15))
#: All accounts tried from one address.
ADDRESS = Rule(50, timedelta(minutes=15))


class Attempts(Struct, frozen=True):
    """Failures counted at a moment. Times are aware."""

    failures: float
    at: datetime

    def left(self, rule: Rule, now: datetime) -> float:
        """What has not melted yet."""
        gone = rule.most * max(timedelta(), now - self.at) / rule.melts_in
        return max(0.0, self.failures - gone)

    def one_more(self, rule: Rule, now: datetime) -> "Attempts":
        return Attempts(min(self.left(rule, now) + 1.0, float(rule.most)), now)

    def closed_until(self, rule: Rule, now: datetime) -> datetime | None:
        """When the next try may be made; None when it may now."""
        beyond = self.left(rule, now) - (rule.most - 1)
        return now + rule.melts_in * (beyond / rule.most) if beyond > 0 else None


class Tally:
    """Attempts of many, by key, in memory; of more than `most_keys` those that failed longest ago are forgotten."""

    def __init__(self, rule: Rule, *, most_keys: int = 10_000) -> None:
        self._rule = rule
        self._most_keys = most_keys
        self._attempts: dict[tuple[str, ...], Attempts] = {}

    def failed(self, key: tuple[str, ...], now: datetime) -> None:
        before = self._attempts.pop(key, None)
        self._attempts[key] = (before or Attempts(0.0, now)).one_more(self._rule, now)
        while len(self._attempts) > self._most_keys:
            del self._attempts[next(iter(self._attempts))]

    def closed_until(self, key: tuple[str, ...], now: datetime) -> datetime | None:
        attempts = self._attempts.get(key)
        return attempts.closed_until(self._rule, now) if attempts else None
