"""One-time passwords: made of words, shown on one page, once."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from headway.core.access.codes import WORDS

if TYPE_CHECKING:
    from headway.records.roster.models import Person
    from headway.web.shared.access import Request

_SHOWN_ONCE = "one_time_password"


def new_password() -> str:
    """Return a password that can be read over a telephone: four words and a number, a thousand million times a thousand."""
    return "-".join([*(secrets.choice(WORDS) for _ in range(4)), str(10 + secrets.randbelow(90))])


def show_once(request: Request, person: Person, password: str) -> None:
    """Keep the password for the next page that this leader opens about this person."""
    request.session[_SHOWN_ONCE] = {"person": str(person.uuid), "password": password}


def take_shown(request: Request, person: Person) -> str:
    """Return the password to show, and forget it."""
    kept = request.session.pop(_SHOWN_ONCE, None)
    return str(kept["password"]) if kept and kept["person"] == str(person.uuid) else ""
