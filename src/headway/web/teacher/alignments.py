"""Suggested alignments of a class's skills: a teacher accepts or refuses many at once, and may undo it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.library import actions as library_actions
from headway.records.library import aligning
from headway.records.library import queries as library
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.teacher.page import teacher_page

if TYPE_CHECKING:
    from headway.records.library.models import Alignment

SHOWN_PER_SKILL = 12
STEPS = (90, 80, 70, 60, 50)
MOST_AT_ONCE = 5000


@require_safe
@may(Permission.ACCEPT_ALIGNMENTS)
def alignments(request: Request, class_id: int) -> HttpResponse:
    """Show the suggestions by skill, the surest first; one skill may be opened in full."""
    school_class = roster.taught_class(request.person, class_id)
    waiting = list(library.suggested_alignments(school_class))
    path = standards.path_of(school_class)
    names = standards.named(path, get_language() or "en")
    opened = request.GET.get("skill", "")
    order = {competency.pk: place for place, competency in enumerate(path)}
    waiting.sort(key=lambda row: (order.get(row.competency_id, len(order)), -row.confidence, row.pk))
    groups = []
    for competency_id, rows in groupby(waiting, key=lambda row: row.competency_id):
        own = list(rows)
        shown = own if str(competency_id) == opened else own[:SHOWN_PER_SKILL]
        groups.append({"skill": names[competency_id], "rows": shown, "count": len(own), "more": len(own) - len(shown)})
    facts = {"groups": groups, "count": len(waiting), "steps": steps(waiting)}
    return teacher_page(request, "teacher/alignments.html", facts, tab="class", school_class=school_class)


def steps(waiting: list[Alignment]) -> list[dict[str, Any]]:
    """Return how many suggestions lie at or above each confidence."""
    counted = [(step, sum(row.confidence * 100 >= step for row in waiting)) for step in STEPS]
    return [{"percent": step, "count": count} for step, count in counted if count]


@require_POST
@may(Permission.ACCEPT_ALIGNMENTS)
def decide_alignments(request: Request, class_id: int) -> HttpResponse:
    """Accept or refuse what is marked, or accept everything above a confidence."""
    school_class = roster.taught_class(request.person, class_id)
    accept = "refuse" not in request.POST
    above = request.POST.get("above", "")
    waiting = library.suggested_alignments(school_class)
    if above.isdecimal():
        wanted = list(waiting.filter(confidence__gte=int(above) / 100)[:MOST_AT_ONCE])
    else:
        marked = {int(pk) for pk in request.POST.getlist("alignment") if pk.isdecimal()}
        if not marked:
            raise RuleBroken(gettext_noop("Mark at least one suggestion, then accept or refuse."))
        wanted = list(waiting.filter(pk__in=marked))
    count = library_actions.decide_alignments(alignments=wanted, accept=accept, by=request.person, at=timezone.now())
    request.session["decided_alignments"] = [row.pk for row in wanted]
    words = (
        ngettext(
            "{count} alignment accepted. The planner may use it now.",
            "{count} alignments accepted. The planner may use them now.",
            count,
        )
        if accept
        else ngettext("{count} alignment refused.", "{count} alignments refused.", count)
    )
    messages.success(
        request,
        words.format(count=count),
        extra_tags=reverse("teacher-alignments-undo", kwargs={"class_id": class_id}) if count else "",
    )
    return _back(class_id, request.POST.get("skill", ""))


@require_POST
@may(Permission.ACCEPT_ALIGNMENTS)
def undo_alignments(request: Request, class_id: int) -> HttpResponse:
    """Let the suggestions that were decided last wait again."""
    school_class = roster.taught_class(request.person, class_id)
    rows = library.alignments_waiting(school_class, request.session.pop("decided_alignments", []))
    count = library_actions.reopen_alignments(alignments=rows, by=request.person, at=timezone.now())
    messages.success(
        request,
        ngettext("{count} suggestion waits again.", "{count} suggestions wait again.", count).format(count=count),
    )
    if request.htmx:
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    return _back(class_id, "")


@require_POST
@may(Permission.ACCEPT_ALIGNMENTS)
def ask_for_suggestions(request: Request, class_id: int) -> HttpResponse:
    """Look in the background for skills of everything that has none of this class's standards."""
    school_class = roster.taught_class(request.person, class_id)
    aligning.ask_for_suggestions(school_class=school_class, by=request.person, at=timezone.now())
    messages.success(request, gettext("Headway looks through the library. What it finds appears here in a moment."))
    return _back(class_id, "")


def _back(class_id: int, skill: str) -> HttpResponse:
    address = reverse("teacher-alignments", kwargs={"class_id": class_id})
    return redirect(f"{address}?{urlencode({'skill': skill})}" if skill.isdecimal() else address)
