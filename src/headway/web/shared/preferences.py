"""Language, theme and text size: forms that work without script and come back to where the reader was."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from headway.records.roster import actions
from headway.web.shared.going_back import go_back
from headway.web.shared.page import THEMES

YEAR_SECONDS = 365 * 24 * 3600
TEXT_SIZES = ("large",)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Read Headway in another language: remembered for a person, else for this device."""
    response = go_back(request)
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        return response
    if request.user.is_authenticated:
        person = cast("Any", request.user)
        actions.set_language(person=person, language=chosen, by=person, at=timezone.now())
    else:
        remember(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response


@require_POST
def looks(request: HttpRequest) -> HttpResponse:
    """Change theme or text size on this device; an empty value means: as the device says."""
    response = go_back(request)
    for name, cookie, known in (("theme", "hw-theme", THEMES), ("text", "hw-text", TEXT_SIZES)):
        if name in request.POST:
            chosen = request.POST[name]
            if chosen in known:
                remember(response, cookie, chosen)
            else:
                response.delete_cookie(cookie, samesite="Lax")
    return response


def remember(response: HttpResponse, cookie: str, value: str) -> None:
    """Keep a choice on this device for a year; the page's script may read it, it is no secret."""
    response.set_cookie(cookie, value, max_age=YEAR_SECONDS, samesite="Lax", secure=settings.HTTPS)
