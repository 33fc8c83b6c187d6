"""The database wrapper that `config.settings` names; Django finds it by this module's name."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection kept from an earlier request is looked at before it is used (CONN_HEALTH_CHECKS)."""

    def is_usable(self) -> bool:
        """Django asks the server, a round trip in every request. A server that went away has closed the connection:
        there is something to read where all was read. Only then, or after an error, the server is asked.
        """
        if self.connection is None or self.connection.closed:
            return False
        if self.errors_occurred or _something_to_read(self.connection.fileno()):
            return bool(super().is_usable())
        return True


def _something_to_read(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
