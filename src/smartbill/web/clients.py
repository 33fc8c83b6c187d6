"""Who is at the other end of a request, behind as many proxies as the installation says."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address of the client.

    Each trusted proxy appends the address it was called from to X-Forwarded-For; what stands further left was
    written by strangers. An empty text when nothing valid is known (a Unix socket).
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    proxies: int = settings.SMARTBILL.trusted_proxies
    if proxies:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        peer = forwarded[-proxies] if len(forwarded) >= proxies and forwarded[-proxies] else peer
    try:
        return str(ip_address(peer))
    except ValueError:
        return ""


def address_group(address: str) -> str:
    """What one household or attacker commands: the address itself, of IPv6 the first 64 bits."""
    if not address:
        return ""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return address
