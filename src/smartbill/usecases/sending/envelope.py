"""The e-mails of a batch: who sends them, and each one's text from its row."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from msgspec import Struct

from smartbill.apps.companies.queries import company_of_transaction, document_of, settled
from smartbill.apps.messaging.operations import Claimed
from smartbill.core.company.documents import EmailText, Look, Senders, Texts
from smartbill.core.messages.email import EmailDesign
from smartbill.core.messages.placeholders import MessageFacts
from smartbill.core.ports.channels import OutgoingEmail
from smartbill.core.tickets.address import ticket_url
from smartbill.core.tickets.token import make_token, ticket_keys

_IPV4 = re.compile(r"[0-9.]+")
_QUOTED = re.compile(r'(["\\])')


class SenderIdentity(Struct, frozen=True, kw_only=True):
    """What all messages of a company have in common."""

    company_code: str
    company_name: str
    own_host: str | None
    mail_host: str  # right of the @ in Message-IDs
    sender: str
    envelope_sender: str
    reply_to: str
    look: Look


def sender_identity() -> SenderIdentity:
    """The sender of the company of the open transaction; without settings an address at our own host."""
    company = company_of_transaction()
    senders, look = settled(Senders), settled(Look)
    host = mail_host(company.host)
    address = senders.email_address or f"bollette@{host}"
    name = senders.email_name or look.display_name or company.name
    quoted = _QUOTED.sub(r"\\\1", " ".join(name.split()))
    return SenderIdentity(
        company_code=company.code,
        company_name=company.name,
        own_host=company.host,
        mail_host=host,
        sender=f'"{quoted}" <{address}>',
        envelope_sender=address,
        reply_to=senders.email_reply_to or look.support_email,
        look=look,
    )


def mail_host(own_host: str | None) -> str:
    """The host that Message-IDs name: the company's own, else the installation's."""
    host = own_host or urlsplit(settings.SMARTBILL.base_url).hostname or "localhost"
    return f"[{host}]" if _IPV4.fullmatch(host) else host


class EmailWriter:
    """Writes the e-mails of one batch; designs are compiled once per texts version and language."""

    def __init__(self, identity: SenderIdentity, *, test: bool) -> None:
        self._identity = identity
        self._test = test
        self._designs: dict[tuple[int, str], EmailDesign] = {}
        self._texts: dict[int, Texts] = {}
        self._keys = ticket_keys(settings.SMARTBILL.secret_keys)
        self._base_url = settings.SMARTBILL.base_url

    def load(self, claimed: list[Claimed]) -> None:
        """Compile the designs that these messages need; inside the company's transaction."""
        for message in claimed:
            version, key = message.texts_version, (message.texts_version, message.language)
            if version not in self._texts:
                self._texts[version] = document_of(Texts, version)
            if key not in self._designs:
                self._designs[key] = EmailDesign(
                    company_name=self._identity.company_name,
                    look=self._identity.look,
                    words=_words(self._texts[version], message.language),
                    language=message.language,
                    test=self._test,
                )

    def write(self, message: Claimed) -> OutgoingEmail:
        """The e-mail of a claimed message; needs no database."""
        identity = self._identity
        token = make_token(message.ticket_id, message.nonce, self._keys)
        facts = MessageFacts(
            customer_name=message.customer_name,
            display_number=message.display_number,
            issue_date=message.issue_date,
            total_due=message.total_due,
            due_date=message.due_date,
            direct_debit=message.direct_debit,
            validity_days=message.validity_days,
            link=ticket_url(self._base_url, identity.company_code, identity.own_host, token),
        )
        rendered = self._designs[message.texts_version, message.language].render(facts)
        return OutgoingEmail(
            message_id=f"<{message.reference}@{identity.mail_host}>",
            sender=identity.sender,
            envelope_sender=identity.envelope_sender,
            recipient=message.address,
            reply_to=identity.reply_to,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
        )


def _words(texts: Texts, language: str) -> EmailText:
    """The words in a language, else the Italian ones, else the product's own."""
    return texts.email.get(language) or texts.email.get("it") or EmailText()
