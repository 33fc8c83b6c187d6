"""What the operator is told when the embedded database cannot be had."""


class EmbeddedPostgresError(Exception):
    """The embedded database cannot run; the message is Italian, for the operator, and says what to do."""
