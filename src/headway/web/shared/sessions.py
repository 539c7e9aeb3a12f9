"""Sessions in the database, as Django keeps them, read by one written-out query: every request begins with it."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import connection
from django.utils import timezone

_OPEN_SESSION = "SELECT * FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """A session that is read without building its query anew."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        found = next(iter(self.model.objects.raw(_OPEN_SESSION, [self.session_key, now])), None)
        if found is None:
            self._session_key = None
        return found
