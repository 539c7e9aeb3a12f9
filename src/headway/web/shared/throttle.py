"""Guessing is slow: failed tries are counted by name and by place, both as hashes that say nothing to a reader."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from headway.records.roster import actions, queries


def _hash(kind: str, text: str) -> str:
    return salted_hmac(f"headway.throttle.{kind}", text, algorithm="sha256").hexdigest()


def place_of(request: HttpRequest) -> str:
    """Return the address a request came from; behind our own proxy, the one the proxy saw."""
    if settings.HTTPS and (forwarded := request.headers.get("X-Forwarded-For")):
        return forwarded.rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def keys(request: HttpRequest, kind: str, name: str) -> tuple[str, str]:
    """Return the two keys of a try: the name (or code) that was typed, and the place it was typed at."""
    return _hash(kind, name.strip().casefold()), _hash("place", place_of(request))


def words_to_wait(request: HttpRequest, kind: str, name: str, *, at: datetime) -> str:
    """Return the sentence that says how long sign-in is closed here, or nothing when it is open."""
    minutes = queries.minutes_to_wait(*keys(request, kind, name), at=at)
    if not minutes:
        return ""
    return ngettext(
        "Too many tries. Wait {minutes} minute, then try again.",
        "Too many tries. Wait {minutes} minutes, then try again.",
        minutes,
    ).format(minutes=minutes)


def note_failure(request: HttpRequest, kind: str, name: str, *, at: datetime) -> None:
    """Count a try that did not open anything."""
    actions.note_failed_sign_in(keys=keys(request, kind, name), at=at)
