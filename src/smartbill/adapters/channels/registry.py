"""Who hands messages over, one line per provider. A provider is loaded on first use."""

from collections.abc import Callable
from importlib import import_module
from typing import Final

from smartbill.core.ports.channels import Channel, EmailSession

#: provider -> the function that opens a session: (address of the server, seconds that one hand-over may last)
EMAIL_PROVIDERS: Final[dict[str, str]] = {
    "email_smtp": "smartbill.adapters.channels.email_smtp.adapter:open_session",
}

#: Channels on which we can hand over; tickets are made for these only.
CHANNELS: Final = frozenset({Channel.EMAIL})


def open_email_session(url: str, *, timeout: float, provider: str = "email_smtp") -> EmailSession:
    """A session that connects when it is first used. Raises ValueError for an address that is none."""
    module, name = EMAIL_PROVIDERS[provider].split(":")
    opener: Callable[..., EmailSession] = getattr(import_module(module), name)
    return opener(url, timeout=timeout)
