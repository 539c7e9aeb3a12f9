"""How long a question was open before it was answered: the page carries a signed moment, so that nobody can make one up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core import signing

if TYPE_CHECKING:
    from headway.records.items.models import Item

SALT = "when a question was shown"
# Longer than this the student was somewhere else too.
MOST_SECONDS = 900


def stamp(item: Item, at: datetime) -> str:
    """Return the moment a question is shown, signed for the form that answers it."""
    return signing.dumps([item.pk, at.timestamp()], salt=SALT)


def seconds_since(stamped: str, item: Item, at: datetime) -> float | None:
    """Return the seconds since a question was shown, at most MOST_SECONDS; None where the page does not say."""
    try:
        pk, shown = signing.loads(stamped, salt=SALT)
    except signing.BadSignature:
        return None
    if pk != item.pk:
        return None
    return min(float(MOST_SECONDS), max(0.0, at.timestamp() - float(shown)))
