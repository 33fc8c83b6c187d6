"""The figures of the 2023 screen, from the counts behind them, come out to the digit."""

from smartbill.core.ports.channels import Channel
from smartbill.core.states.message import Label
from smartbill.core.statistics.figures import Fact, share, statistics


def facts_of_2023() -> list[Fact]:
    """122,570 tickets: which of the viewed ones have a slip and were paid is told per channel only."""

    def channel(name: Channel, delivered: int, viewed: int, with_slip: int, paid: int) -> list[Fact]:
        return [
            Fact(name, Label.DLVRD, True, True, True, paid),
            Fact(name, Label.DLVRD, True, True, False, with_slip - paid),
            Fact(name, Label.DLVRD, True, False, False, viewed - with_slip),
            Fact(name, Label.DLVRD, False, True, False, delivered - viewed),
        ]

    return [
        *channel(Channel.SMS, 78_543, 39_493, 23_133, 1_695),
        Fact(Channel.SMS, Label.ERROR, False, True, False, 5_934),
        Fact(Channel.SMS, Label.TIMEOUT, False, True, False, 2_949),
        *channel(Channel.EMAIL, 35_144 - 244, 20_931, 6_832, 989),
        Fact(Channel.EMAIL, Label.S2S, False, True, False, 244),
    ]


def test_the_screen_of_2023() -> None:
    found = statistics(facts_of_2023())
    assert found.total == 122_570
    assert (found.viewed, found.viewed_share) == (60_424, "51.91")
    assert (found.errors, found.errors_share) == (6_178, "5.04")
    sms, email = found.channels["sms"], found.channels["email"]
    assert (sms.tickets, sms.share, sms.viewed, sms.viewed_share) == (87_426, "71.33", 39_493, "48.46")
    assert (sms.errors, sms.errors_share, sms.s2s) == (5_934, "6.79", 0)
    assert sms.states == {"DLVRD": 78_543, "ERROR": 5_934, "TIMEOUT": 2_949, "S2S": 0, "PENDING": 0}
    assert (email.tickets, email.share, email.viewed, email.viewed_share) == (35_144, "28.67", 20_931, "59.97")
    assert (email.errors, email.errors_share, email.s2s) == (244, "0.69", 244)
    payments = {name: (figures.paid, figures.of, figures.share) for name, figures in found.payments.items()}
    assert payments == {
        "all": (2_684, 29_965, "8.96"),
        "sms": (1_695, 23_133, "7.33"),
        "email": (989, 6_832, "14.48"),
        "whatsapp": (0, 0, "0.00"),
        "pec": (0, 0, "0.00"),
    }


def test_nothing_sent_is_no_division_by_zero() -> None:
    found = statistics([])
    assert (found.total, found.viewed_share, found.errors_share) == (0, "0.00", "0.00")
    assert share(1, 8) == "12.50"
    assert share(1, 3) == "33.33"
    assert share(2, 3) == "66.67"
