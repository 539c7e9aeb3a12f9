"""The week at home: what each child does, in the guardian's language, in one small page that needs no script."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from headway.core.access.codes import tidy_code
from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound, RuleBroken
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK, coming_monday, monday_of
from headway.records.planning import queries as planning
from headway.records.roster import queries as roster
from headway.records.wellbeing import actions as wellbeing_actions
from headway.web.family.child_week import child_week
from headway.web.shared import throttle
from headway.web.shared.access import Request, may
from headway.web.shared.mastery_words import words_for
from headway.web.shared.preferences import remember
from headway.web.shared.words import sentence

if TYPE_CHECKING:
    from headway.records.roster.models import FamilyLink, Person

LANGUAGE_COOKIE = "hw-family-language"
MOST_LETTERS = 4000
GONE, TOO_MANY = 410, 429


@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, code: str) -> HttpResponse:
    """Open the week by a family link; a link that ended says so kindly, an unknown one is not found."""
    at, code = timezone.now(), tidy_code(code)
    if wait := throttle.words_to_wait(request, "family", code, at=at):
        return _closed(request, status=TOO_MANY, words=wait)
    found = roster.guardian_with_link(code, at=at)
    if found is not None:
        guardian, link = found
        return _family(request, guardian, reverse("family-week", kwargs={"code": code}), link=link)
    known = roster.guardian_with_ended_link(code, at=at)
    if known is not None:
        with translation.override(_language(request, known)):
            return _closed(request, status=GONE)
    throttle.note_failure(request, "family", code, at=at)
    return _closed(request, status=404)


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.SEE_FAMILY_WEEK)
def signed_in_home(request: Request) -> HttpResponse:
    """Open the same page for a guardian who signed in with a password."""
    return _family(request, request.person, reverse("family-home"))


def _family(request: HttpRequest, guardian: Person, here: str, link: FamilyLink | None = None) -> HttpResponse:
    with translation.override(_language(request, guardian)) as _nothing:
        response = _page(request, guardian, here, link)
        response.headers["Content-Language"] = str(translation.get_language())
    if request.GET.get("language") in dict(settings.LANGUAGES):
        remember(response, LANGUAGE_COOKIE, request.GET["language"])
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _page(request: HttpRequest, guardian: Person, here: str, link: FamilyLink | None) -> HttpResponse:
    at = timezone.now()
    children = list(roster.children_of(guardian).prefetch_related("languages"))
    problem, typed, wrong_child = "", "", ""
    if request.method == "POST":
        wrong_child, typed = request.POST.get("child", ""), request.POST.get("words", "")
        child = next((child for child in children if str(child.uuid) == wrong_child), None)
        if child is None:
            raise NotFound
        problem = _send(request, guardian, child, typed, at=at)
        if not problem:
            return redirect(f"{here}#write-{child.pk}")
    monday = _monday_shown(children, at)
    weeks = []
    for child in children:
        with words_for(child):
            weeks.append(child_week(guardian, child, monday, at=at, language=str(translation.get_language())))
    for week in weeks:
        if problem and str(week.child.uuid) == wrong_child:
            week.problem, week.typed = problem, typed
    facts: dict[str, Any] = {
        "guardian": guardian,
        "weeks": weeks,
        "monday": monday,
        "friday": monday + timedelta(days=SCHOOL_DAYS_PER_WEEK - 1),
        "next_monday": monday + timedelta(days=7),
        "link": link,
        "page_address": here,
        "languages": settings.LANGUAGES,
        "is_many": len(children) > 1,
        "is_signed_in": link is None,
    }
    return render(request, "family/week.html", facts, status=422 if problem else 200)


def _send(request: HttpRequest, guardian: Person, child: Person, words: str, *, at: datetime) -> str:
    """Keep a message to the teachers; return the sentence that says what is wrong, or nothing."""
    try:
        client_id = UUID(request.POST.get("id", ""))
    except ValueError:
        client_id = uuid4()
    try:
        wellbeing_actions.write_message(
            student=child,
            words=words[:MOST_LETTERS],
            by=guardian,
            at=at,
            monday=monday_of(timezone.localdate(at)),
            language=str(translation.get_language()),
            is_from_home=True,
            client_id=client_id,
        )
    except RuleBroken as broken:
        return sentence(broken.sentence, broken.facts)
    return ""


def _monday_shown(children: list[Person], at: datetime) -> date:
    """Return this week's Monday; on a weekend the coming one as soon as a child has an approved plan for it."""
    today = timezone.localdate(at)
    if today.weekday() >= SCHOOL_DAYS_PER_WEEK and planning.blocks_of_children(children, coming_monday(today)):
        return coming_monday(today)
    return monday_of(today)


def _language(request: HttpRequest, guardian: Person) -> str:
    """Return the language chosen on this device for family pages, else the guardian's own."""
    known = dict(settings.LANGUAGES)
    wanted = request.GET.get("language") or request.COOKIES.get(LANGUAGE_COOKIE, "")
    return wanted if wanted in known else guardian.language if guardian.language in known else settings.LANGUAGE_CODE


def _closed(request: HttpRequest, *, status: int, words: str = "") -> HttpResponse:
    facts = {"words": words, "has_ended": status == GONE}
    response = render(request, "family/closed.html", facts, status=status)
    response.headers["Content-Language"] = str(translation.get_language())
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
