"""Machines are not people: the sixteen agents of the promise, ordinary browsers, and odd orders of steps."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartbill.core.tickets.agents import known_agent
from smartbill.core.tickets.steps import Step
from smartbill.core.tickets.views import NO_VIEWS, Views, VisitFact, judge

START = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)

MACHINES = {
    "WhatsApp/2.24.20.89 A": "WhatsApp",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)": "Facebook",
    "TelegramBot (like TwitterBot)": "Telegram",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)": "Slack",
    "Twitterbot/1.0": "Twitter",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)": "Discord",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)": "LinkedIn",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": "Google",
    "Google-Messages": "Google Messages",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5": "Skype",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 SafeLinks": "SafeLinks",
    "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))": "Barracuda",
    "Mozilla/5.0 Mimecast-URL-Protect": "Mimecast",
    "Mozilla/5.0 (Windows NT 6.1) Proofpoint URL Defense": "Proofpoint",
    "curl/8.5.0": "curl",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0 Safari/537.36": (
        "HeadlessChrome"
    ),
}
BROWSERS = {
    "Mozilla/5.0 (Linux; Android 14; SM-A546B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile "
    "Safari/537.36": "Chrome",
    "Mozilla/5.0 (Linux; Android 13; SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 "
    "Chrome/121.0.0.0 Mobile Safari/537.36": "Samsung Internet",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1": "Safari",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1": "Chrome",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0": "Firefox",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
    "Safari/537.36 Edg/126.0.0.0": "Edge",
    "Mozilla/5.0 (Linux; Android 14; Pixel 7 Build/AP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/126.0 Mobile Safari/537.36 [FBAN/FB4A;FBAV/466.0.0.56.109;]": "Facebook (app)",
    "Mozilla/5.0 (Linux; Android 10; CUBOT) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile "
    "Safari/537.36": "Chrome",
}


def visits(*steps: str, visitor: int = 7, machine: bool = False, after: int = 0) -> list[VisitFact]:
    return [
        VisitFact(START + timedelta(seconds=after + place), step, visitor, machine) for place, step in enumerate(steps)
    ]


@pytest.mark.parametrize(("header", "family"), MACHINES.items())
def test_machines_never_view(header: str, family: str) -> None:
    agent = known_agent(header)
    assert (agent.family, agent.machine) == (family, True)
    seen = judge(visits(Step.SUMMARY, Step.BEACON, Step.AMOUNTS, Step.PDF, machine=agent.machine))
    assert seen == Views(viewed=False, views=0, downloads=0, machine_fetches=4, first_viewed_at=None)


@pytest.mark.parametrize(("header", "family"), BROWSERS.items())
def test_people_view(header: str, family: str) -> None:
    agent = known_agent(header)
    assert (agent.family, agent.machine) == (family, False)
    assert judge(visits(Step.SUMMARY, Step.BEACON, machine=agent.machine)).viewed


def test_who_says_nothing_is_no_person() -> None:
    assert known_agent("").machine
    assert known_agent("  ").machine


def test_without_images_a_second_step_is_a_view() -> None:
    assert judge(visits(Step.SUMMARY, Step.PDF)) == Views(
        viewed=True, views=1, downloads=1, machine_fetches=0, first_viewed_at=START
    )


def test_a_page_alone_is_no_view() -> None:
    assert judge(visits(Step.SUMMARY)) == Views(
        viewed=False, views=0, downloads=0, machine_fetches=1, first_viewed_at=None
    )
    assert not judge(visits(Step.SUMMARY, Step.SUMMARY)).viewed, "the same page again is no second step"


def test_the_image_must_come_from_the_same_visitor() -> None:
    assert not judge(visits(Step.SUMMARY, visitor=1) + visits(Step.BEACON, visitor=2, after=5)).viewed


def test_the_image_before_the_page_confirms_nothing() -> None:
    assert not judge(visits(Step.BEACON, Step.SUMMARY)).viewed


def test_a_scanner_before_the_person_does_not_spoil_the_view() -> None:
    scanner = visits(Step.SUMMARY, machine=True, visitor=1)
    person = visits(Step.SUMMARY, Step.BEACON, Step.AMOUNTS, Step.BEACON, visitor=2, after=60)
    assert judge(scanner + person) == Views(
        viewed=True, views=1, downloads=0, machine_fetches=1, first_viewed_at=START + timedelta(seconds=60)
    )


def test_openings_are_counted() -> None:
    first = visits(Step.SUMMARY, Step.SUMMARY, Step.BEACON)
    second = visits(Step.SUMMARY, Step.AMOUNTS, Step.SUMMARY, Step.BEACON, after=3600)
    assert judge(first + second).views == 3, "a double touch is one opening"


def test_opened_at_another_section() -> None:
    assert judge(visits(Step.AMOUNTS, Step.BEACON)).views == 1


def test_nothing_happened() -> None:
    assert judge([]) == NO_VIEWS


@given(st.lists(st.tuples(st.sampled_from(Step), st.integers(1, 3), st.booleans()), max_size=30), st.randoms())
def test_always_consistent(steps, random) -> None:  # type: ignore[no-untyped-def]
    facts = [
        VisitFact(START + timedelta(seconds=place), step, visitor, machine)
        for place, (step, visitor, machine) in enumerate(steps)
    ]
    seen = judge(facts)
    assert seen.viewed == (seen.views > 0) == (seen.first_viewed_at is not None)
    assert seen.views + seen.downloads + seen.machine_fetches <= len(facts)
    random.shuffle(facts)
    assert judge(facts) == seen, "the order in which rows are read does not matter"
