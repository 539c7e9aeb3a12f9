"""The skills that one resource may be about: the five most likely, how sure and why; a person accepts or refuses, and may undo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound
from headway.records.items import queries as items
from headway.records.library import actions as library_actions
from headway.records.library import aligning, suggesting
from headway.records.library import queries as library
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.teacher.page import teacher_page

if TYPE_CHECKING:
    from headway.records.library.models import Resource
    from headway.records.standards.models import Framework
    from headway.records.standards.queries import Named

MOST_QUESTIONS = 20
LONGEST_WORDS = 300
DECIDED = "decided_for_resource"
SPOKE = {
    "words": _("by its words"),
    "meaning": _("by its meaning"),
    "code": _("its code stands in the text"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One suggestion as the page shows it."""

    skill: Named
    found: suggesting.Suggested
    percent: int
    spoke: str


@require_safe
@may(Permission.ACCEPT_ALIGNMENTS)
def resource_alignments(request: Request, resource: UUID) -> HttpResponse:
    """Show what a resource may help with, in the standards of the reader's classes or in others that were chosen."""
    shown = _resource(request, resource)
    frameworks, chosen, choices = _frameworks(request)
    words = request.GET.get("words", "").strip()[:LONGEST_WORDS]
    facts = {
        "resource": shown,
        "rows": _rows(_found(shown, frameworks, words)),
        "words": words,
        "chosen": chosen,
        "choices": choices,
        "has_standards": bool(frameworks),
    }
    return teacher_page(request, "teacher/resource_alignments.html", facts, tab="library")


@require_POST
@may(Permission.ACCEPT_ALIGNMENTS)
def decide_resource_alignment(request: Request, resource: UUID) -> HttpResponse:
    """Accept or refuse one skill for a resource."""
    shown = _resource(request, resource)
    number = request.POST.get("skill", "")
    if not number.isdecimal():
        raise NotFound
    competency = standards.competency_for(request.person, int(number))
    words = request.POST.get("words", "").strip()[:LONGEST_WORDS]
    # What was suggested is worked out again rather than taken from the form: nobody writes the reasons but Headway.
    found = next((one for one in _found(shown, [competency.framework], words) if one.competency == competency), None)
    accept = "refuse" not in request.POST
    row = aligning.decide_suggestion(
        resource=shown,
        competency=competency,
        accept=accept,
        found=None if words else found,
        by=request.person,
        at=timezone.now(),
    )
    request.session[DECIDED] = [row.pk]
    name = standards.named([competency], get_language() or "en")[competency.pk].short
    said = gettext("Accepted: {skill}. The planner may use it now.") if accept else gettext("Refused: {skill}.")
    undo = reverse("teacher-resource-alignments-undo", kwargs={"resource": shown.uuid})
    messages.success(request, said.format(skill=name), extra_tags=undo)
    return _back(request, shown)


@require_POST
@may(Permission.ACCEPT_ALIGNMENTS)
def undo_resource_alignment(request: Request, resource: UUID) -> HttpResponse:
    """Let the skill that was decided last wait again."""
    shown = _resource(request, resource)
    wanted = request.session.pop(DECIDED, [])
    rows = [row for row in shown.alignments.all() if row.pk in wanted]
    library_actions.reopen_alignments(alignments=rows, by=request.person, at=timezone.now())
    messages.success(request, gettext("It waits again as a suggestion."))
    if request.htmx:
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    return _back(request, shown)


def _resource(request: Request, uuid: UUID) -> Resource:
    shown = library.resource_with_uuid(uuid)
    schools = {each.school_id for each in roster.classes_taught_by(request.person)}
    if shown.school_id is not None and shown.school_id not in schools:
        raise NotFound
    return shown


def _frameworks(request: Request) -> tuple[list[Framework], Framework | None, list[Framework]]:
    """Return the standards to look in, the ones that were chosen (None: those of the reader's classes), and all choices."""
    choices = list(standards.frameworks_for(request.person).order_by("title", "pk"))
    number = request.GET.get("standards", "")
    chosen = next((each for each in choices if str(each.pk) == number), None)
    if chosen is not None:
        return [chosen], chosen, choices
    own = suggesting.frameworks_of_classes(roster.classes_taught_by(request.person))
    return own or choices[:1], None, choices


def _found(shown: Resource, frameworks: list[Framework], words: str) -> list[suggesting.Suggested]:
    if words:
        return suggesting.suggested_by_words(shown, frameworks, words)
    asked = [item.pk for item in items.items_of(shown)[:MOST_QUESTIONS]]
    return suggesting.suggested_for(shown, frameworks, more=". ".join(items.prompts_of(asked).values()))


def _rows(found: list[suggesting.Suggested]) -> list[Row]:
    names = standards.named([one.competency for one in found], get_language() or "en")
    return [
        Row(
            skill=names[one.competency.pk],
            found=one,
            percent=round(one.confidence * 100),
            spoke=str(SPOKE.get(one.source, "")),
        )
        for one in found
    ]


def _back(request: Request, shown: Resource) -> HttpResponse:
    address = reverse("teacher-resource-alignments", kwargs={"resource": shown.uuid})
    asked = {name: request.POST[name] for name in ("standards", "words") if request.POST.get(name)}
    return redirect(f"{address}?{urlencode(asked)}" if asked else address)
