"""Who is signed in: Django's own rules for names and passwords, with the person and their roles read at once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from headway.records.roster import queries


class Door(ModelBackend):
    """Finds the person of a session; somebody who was switched off is nobody from that moment on."""

    def get_user(self, user_id: Any) -> Any:
        """Return the person, with roles, or None."""
        person = queries.person_at_the_door(user_id)
        return person if person is not None and self.user_can_authenticate(person) else None
