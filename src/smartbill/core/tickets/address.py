"""Addresses of a ticket's pages."""

from urllib.parse import urlsplit


def ticket_url(base: str, company_code: str, own_host: str | None, token: str) -> str:
    """The link that is sent: under the company's own host, else under `/c/<code>/` of the installation.

    `base` is the installation's address without a slash at the end; an own host is reached by the same scheme
    and port.
    """
    if own_host:
        parts = urlsplit(base)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{own_host}{port}/t/{token}"
    return f"{base}/c/{company_code}/t/{token}"
