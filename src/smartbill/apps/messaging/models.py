"""One message per ticket, every try to hand it over, and what is known of it since."""

from django.db import models

from smartbill.apps.tickets.models import Batch, Ticket
from smartbill.core.states.message import MessageState
from smartbill.database.models import CompanyOwned, PlainText


class Message(CompanyOwned):
    """The message of a ticket. Own state (moved by our worker) and heard state (from receipts) are kept apart;
    `state` is the higher of the two by rank (`core.states.message`). The text is never stored: it is made again.
    """

    ticket = models.OneToOneField(Ticket, on_delete=models.PROTECT, related_name="message")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="messages")
    channel = PlainText(max_length=10)
    reference = models.UUIDField()  # ours: `Message-ID`, order id
    own = PlainText(max_length=12, default=MessageState.QUEUED)
    state = PlainText(max_length=12, default=MessageState.QUEUED)
    rank = models.PositiveSmallIntegerField(default=0)
    permanent = models.BooleanField(default=False)
    reason = PlainText(max_length=60, blank=True)  # `suppressed`, or the provider's code
    claim = models.UUIDField(null=True)  # of the worker that hands it over now
    claimed_at = models.DateTimeField(null=True)
    doubt_since = models.DateTimeField(null=True)  # handed over or not: nobody knows yet
    doubts = models.PositiveSmallIntegerField(default=0)  # how often its answer was lost
    tries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    texts_version = models.PositiveIntegerField(default=0)  # SettingsVersion that made it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "reference"], name="one_message_reference")]
        indexes = [
            models.Index(fields=["batch", "id"], condition=models.Q(own="queued"), name="message_queued"),
            models.Index(fields=["claimed_at"], condition=models.Q(own="submitting"), name="message_submitting"),
        ]


class Try(CompanyOwned):
    """One try to hand a message over."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="all_tries", db_index=False)
    n = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    outcome = PlainText(max_length=12)  # core.ports.channels.HandOver
    code = PlainText(max_length=60, blank=True)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "n"], name="one_try")]
