"""Where Django looks for a backend: its own, which learns without a round trip that a kept connection still stands."""

from select import POLLIN, poll

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, but that a connection kept from an earlier request is asked only where there is a doubt."""

    def is_usable(self) -> bool:
        """Return whether the connection still answers.

        Whoever closed it since, by a restart, a limit of time or a pooler, left its end to be read. With nothing to
        read and no error behind it, it is as good as one that answered a moment ago; any other is asked.
        """
        return (not self.errors_occurred and self._is_silent()) or super().is_usable()

    def _is_silent(self) -> bool:
        """Return whether there is nothing to read, not even the end."""
        if self.connection is None:
            return False
        watched = poll()
        try:
            watched.register(self.connection.fileno(), POLLIN)
        except psycopg.Error:  # closed on this side
            return False
        return not watched.poll(0)
