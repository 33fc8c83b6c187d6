"""Where the mail server is."""

from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct


class SmtpSettings(Struct, frozen=True, kw_only=True):
    host: str
    port: int
    tls: bool  # from the first byte (smtps)
    starttls: bool
    user: str
    password: str

    def __repr__(self) -> str:
        return f"SmtpSettings({self.host}:{self.port})"  # never the password


def parse_url(url: str) -> SmtpSettings:
    """Read `smtp[s]://user:password@host:port`, with `?starttls=1`. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("an SMTP address looks like smtp://host:port")
    tls = parts.scheme == "smtps"
    return SmtpSettings(
        host=parts.hostname,
        port=parts.port or (465 if tls else 25),
        tls=tls,
        starttls=parse_qs(parts.query).get("starttls") == ["1"],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
