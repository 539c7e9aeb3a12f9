"""A resource as a teacher previews it: what the student does, reads and answers, and its other doors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from headway.core import items as engine
from headway.core.access.roles import Permission
from headway.core.items.printing import print_key
from headway.core.library.licences import licence_address
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.items import queries as items
from headway.records.library import collected
from headway.records.library import queries as library
from headway.records.planning import outcomes, shelf
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.frames.sandbox import around_a_frame
from headway.web.shared.library_words import (
    SCREENS,
    WAYS,
    WITH,
    access_words,
    card_of,
    grades_words,
    source_words,
    ways_in,
)
from headway.web.shared.questions.shown import draw_question
from headway.web.shared.topics import topic_word
from headway.web.teacher.collections import link, own_schools
from headway.web.teacher.page import OPEN_CLASS, monday_today, teacher_page
from headway.web.teacher.words import language_name

if TYPE_CHECKING:
    from headway.records.items.models import Item
    from headway.records.library.models import Resource, StoredFile
    from headway.records.roster.models import Class


MOST_EXTRA = 24
LONGEST_EXTRA = 200
# What a browser shows by itself and cannot run: kind of element by the start of the type.
SHOWN_INSIDE = (("image/", "picture"), ("audio/", "audio"), ("video/", "video"))
MEASURES = {
    "flesch-kincaid+dale-chall": _("measured by Flesch-Kincaid and New Dale-Chall together"),
    "lix": _("measured by LIX"),
    "lexile": _("from its Lexile measure"),
    "teacher": _("as a teacher of the school says"),
}
ALIGNED_BY = {
    "author": _("says whoever made it"),
    "words": _("suggested by its words"),
    "meaning": _("suggested by its meaning"),
    "person": _("says a teacher"),
}


@require_safe
@around_a_frame
@may(Permission.SEE_CLASS)
def resource(request: Request, resource: UUID) -> HttpResponse:
    """Show a resource of the reader's school, or one that is shared by all, and what happened with it here."""
    shown = library.resource_with_uuid(resource)
    classes = list(roster.classes_taught_by(request.person).select_related("school"))
    schools = {each.school_id for each in classes}
    if shown.school_id is not None and shown.school_id not in schools:
        raise NotFound
    open_class = next((each for each in classes if each.pk == request.session.get(OPEN_CLASS)), None) or next(
        iter(classes), None
    )
    doors = [each for each in library.doors_of(shown) if each.school_id is None or each.school_id in schools]
    facts = {
        "resource": shown,
        **card_of(shown, language_name(shown.language)),
        "language_name": language_name(shown.language),
        "ways": [WAYS[way] for way in ways_in(shown)],
        "with_words": WITH[shown.with_whom],
        "screen": SCREENS[shown.screen],
        "grades": grades_words(shown.grade_low, shown.grade_high),
        "measured": _measured(shown),
        "access": access_words(shown.accessibility),
        "topics": [topic_word(str(tag)) for tag in shown.topics],
        "careers": [topic_word(str(tag)) for tag in shown.careers],
        "licence_url": licence_address(shown.licence),
        "extra": _extra(shown.extra),
        "aligned": _aligned(shown),
        "doors": [
            {"resource": each, "language": language_name(each.language), "is_this": each.pk == shown.pk}
            for each in doors
        ],
        "questions": questions_of(request, shown),
        "file": _file(shown),
        "source": source_words(shown.source),
        **_here(request, shown, open_class, classes),
        **_doing(request, shown, open_class),
    }
    return teacher_page(request, "teacher/resource.html", facts, tab="library")


def _measured(shown: Resource) -> str:
    """Return who or what gave the reading level."""
    if not shown.reading_level:
        return ""
    if not shown.reading_measure:
        return gettext("as whoever made it says")
    known = MEASURES.get(shown.reading_measure)
    return str(known) if known else gettext("measured by {measure}").format(measure=shown.reading_measure)


def _extra(kept: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the sender told besides, as far as it is short enough to read."""
    rows = []
    for name, value in kept.items():
        told = ", ".join(str(one) for one in value) if isinstance(value, list) else value
        if isinstance(told, str | int | float) and str(told) and len(str(told)) <= LONGEST_EXTRA:
            rows.append((str(name).replace("_", " "), str(told)))
    return rows[:MOST_EXTRA]


def _aligned(shown: Resource) -> list[dict[str, Any]]:
    rows = collected.alignments_of(shown)
    names = standards.named({row.competency for row in rows}, get_language() or "en")
    return [
        {
            "skill": names[row.competency_id],
            "url": link("teacher-skill", competency_id=row.competency_id),
            "is_suggested": row.status == "suggested",
            "says": ALIGNED_BY.get(row.source, row.source),
            "percent": round(100 * row.confidence) if row.confidence < 1 else None,
            "decided_by": row.decided_by.formal_name if row.decided_by else "",
            "because": row.because,
        }
        for row in rows
    ]


def _file(shown: Resource) -> dict[str, Any] | None:
    kept = collected.file_of(shown)
    if kept is None:
        return None
    url = link("stored-file", uuid=kept.uuid, name=kept.name)
    inside = next((kind for start, kind in SHOWN_INSIDE if kept.media_type.startswith(start)), "")
    # A drawing as SVG can carry a script: it is only ever handed out as a file.
    if kept.media_type.startswith("image/svg"):
        inside = ""
    return {"kept": kept, "url": url, "inside": inside if url else ""}


def _here(request: Request, shown: Resource, open_class: Class | None, classes: Sequence[Class]) -> dict[str, Any]:
    """Return what happened with it at the school of the open class, and who of the reader's classes has it now."""
    if open_class is None:
        return {"happened": None, "plans": []}
    monday = monday_today(open_class)
    here = [each for each in classes if each.school_id == open_class.school_id]
    return {
        "happened": outcomes.what_happened(shown, school=open_class.school, classes=here, at=timezone.now()),
        "plans": [
            {
                "row": row,
                "day": row.monday + timedelta(days=row.day),
                "is_next": row.monday > monday,
                "many_classes": len(here) > 1,
            }
            for row in outcomes.planned(shown, classes, monday=monday)
        ],
    }


def _doing(request: Request, shown: Resource, open_class: Class | None) -> dict[str, Any]:
    """Return what one may do with it: each address only where the page is there and the reader may open it."""
    schools = own_schools(request.person)
    may_add = roster.may(request.person, Permission.ADD_TO_LIBRARY)
    may_accept = roster.may(request.person, Permission.ACCEPT_ALIGNMENTS)
    assign = link("teacher-library-assign", class_id=open_class.pk, resource=shown.uuid) if open_class else ""
    return {
        "in_collections": collected.collections_with(shown, request.person, schools),
        "fillable": collected.collections_to_fill(request.person, schools) if may_add else [],
        "may_add": may_add,
        "is_kept": bool(shelf.kept_among(request.person, [shown.pk])),
        "assign_url": assign if shown.is_active else "",
        "edit_url": link("teacher-resource-edit", resource=shown.uuid)
        if may_add and shown.school_id is not None
        else "",
        "alignments_url": link("teacher-resource-alignments", resource=shown.uuid) if may_accept else "",
        "json_url": link("teacher-resource-description", resource=shown.uuid),
    }


def questions_of(request: Request, shown: Resource) -> list[dict[str, Any]]:
    """Return a resource's questions as a student meets them, with their answers and hints for the teacher."""
    asked = items.items_of(shown)
    files = items.files_of(asked)
    return [_question_facts(request, item, files.get(item.pk, {})) for item in asked]


def _question_facts(request: Request, item: Item, files: Mapping[str, StoredFile]) -> dict[str, Any]:
    try:
        document = items.question(item)
    except RuleBroken as problem:
        return {"problem": str(problem)}
    session = engine.begin(document, seed=item.pk)
    shown = engine.face(document, session, view="author")
    return {
        "item": item,
        "language": document.language,
        "question": draw_question(
            item, shown, is_closed=True, files=files, viewer=request.person, seed=session.seed, at=timezone.now()
        ),
        "key": print_key(document, session),
        "places": len(shown.asked),
        "hints": engine.hints_of(document),
        "example": engine.worked_example_of(document),
        "missing": item.missing,
    }
