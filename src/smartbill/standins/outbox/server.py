"""The outbox on http://127.0.0.1: a list of messages, each one as on a phone, and the same as JSON for tests."""

import json
import threading
import time
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from smartbill.standins.mailbox import Mail, Mailbox, text_of
from smartbill.standins.outbox.authenticator import code, known_secrets, seconds_left

_STYLE = (files("smartbill.standins.outbox") / "outbox.css").read_bytes()
_PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'"
#: The mail itself: its own styles and pictures, no script, no form; a link opens a new window.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: http: https:; base-uri 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_SHOWN = 200


class Outbox(ThreadingHTTPServer):
    """Serves one mailbox on the loopback interface."""

    daemon_threads = True

    def __init__(self, mailbox: Mailbox, *, host: str, port: int, secrets: Path | None = None) -> None:
        super().__init__((host, port), _Request)
        self.mailbox = mailbox
        self.secrets = secrets  # of the one-time codes, see authenticator.py

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self.serve_forever, name="outbox", daemon=True)
        thread.start()
        return thread


class _Request(BaseHTTPRequestHandler):
    server: Outbox
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        steps = parts.path.strip("/").split("/")
        match steps:
            case [""]:
                self._answer(_list_page(self.server.mailbox, query.get("a", "")))
            case ["outbox.css"]:
                self._answer(_STYLE, content_type="text/css; charset=utf-8")
            case ["codici"]:
                self._answer(_codes_page(known_secrets(self.server.secrets) if self.server.secrets else {}))
            case ["messages.json"]:
                self._messages(query)
            case ["m", number]:
                self._mail(number, "")
            case ["m", number, "html" | "text" as part]:
                self._mail(number, part)
            case _:
                self._missing()

    def _messages(self, query: dict[str, str]) -> None:
        mails = self.server.mailbox.mails(recipient=query.get("to", ""), message_id=query.get("message_id", ""))
        body = json.dumps([mail.as_json() for mail in mails]).encode()
        self._answer(body, content_type="application/json")

    def _mail(self, number: str, part: str) -> None:
        known = number.isascii() and number.isdigit() and len(number) < 19
        found = self.server.mailbox.mail(int(number)) if known else None
        if found is None:
            self._missing()
            return
        mail, message = found
        if part == "html":
            html = text_of(message, "html").replace("<head>", '<head><base target="_blank">', 1)
            self._answer(html.encode(), policy=_MAIL_POLICY)
        elif part == "text":
            self._answer(text_of(message, "plain").encode(), content_type="text/plain; charset=utf-8")
        else:
            self._answer(_mail_page(mail, text_of(message, "plain")))

    def _missing(self) -> None:
        self._answer(_page("Pagina inesistente", "<p>Questa pagina non esiste.</p>"), status=HTTPStatus.NOT_FOUND)

    def _answer(
        self,
        body: bytes,
        *,
        content_type: str = "text/html; charset=utf-8",
        policy: str = _PAGE_POLICY,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the addresses hold search words."""


def _list_page(mailbox: Mailbox, wanted: str) -> bytes:
    mails = mailbox.mails(recipient=wanted, limit=_SHOWN + 1)
    more = f"<p>Si vedono gli ultimi {_SHOWN}.</p>" if len(mails) > _SHOWN else ""
    rows = "".join(
        f'<li><a href="/m/{mail.id}"><strong>{escape(mail.subject)}</strong>'
        f"<span>a {escape(mail.recipient)}</span>"
        f"<time>{escape(mail.received_at[:19].replace('T', ' '))}</time></a></li>"
        for mail in mails[:_SHOWN]
    )
    body = (
        '<p><a href="/codici">Codici di accesso</a></p>'
        '<form action="/"><label>Destinatario <input type="search" name="a" '
        f'value="{escape(wanted)}"></label> <button>Cerca</button></form>'
        + (f"<ul>{rows}</ul>{more}" if rows else "<p>Nessun messaggio.</p>")
    )
    return _page("Messaggi usciti", body)


def _codes_page(secrets: dict[str, str]) -> bytes:
    now = time.time()
    rows = "".join(
        f"<li><p><strong>{code(secret, now)}</strong> <span>{escape(label)}</span></p></li>"
        for label, secret in sorted(secrets.items())
    )
    wait = f"<p>Valgono ancora {seconds_left(now)} secondi: ricarichi la pagina per i prossimi.</p>"
    back = '<p><a href="/">Tutti i messaggi</a></p>'
    return _page("Codici di accesso", back + (f"<ul>{rows}</ul>{wait}" if rows else "<p>Nessun codice.</p>"))


def _mail_page(mail: Mail, text: str) -> bytes:
    back = f"/?{urlencode({'a': mail.recipient})}"
    body = (
        f'<p><a href="/">Tutti i messaggi</a> · <a href="{escape(back)}">di {escape(mail.recipient)}</a></p>'
        f"<dl><dt>Da</dt><dd>{escape(mail.sender)}</dd><dt>A</dt><dd>{escape(mail.recipient)}</dd>"
        f"<dt>Message-ID</dt><dd>{escape(mail.message_id)}</dd></dl>"
        f'<div class="phone"><iframe title="Il messaggio" src="/m/{mail.id}/html" '
        'sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe></div>'
        f"<h2>Versione di solo testo</h2><pre>{_with_links(text)}</pre>"
    )
    return _page(mail.subject, body)


def _with_links(text: str) -> str:
    lines = []
    for line in text.splitlines():
        shown = escape(line)
        is_link = line.startswith(("http://", "https://")) and " " not in line
        lines.append(f'<a href="{shown}" rel="noreferrer">{shown}</a>' if is_link else shown)
    return "\n".join(lines)


def _page(title: str, body: str) -> bytes:
    return (
        '<!DOCTYPE html><html lang="it"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/outbox.css"></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    ).encode()
