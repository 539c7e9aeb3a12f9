"""An activity that plays in a frame of its own: the page around it, and what it tells, remembered once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound
from headway.exchange.h5p.statements import read_statement
from headway.records.planning import played
from headway.records.planning import queries as planning
from headway.records.roster import queries as roster
from headway.web.shared.access import may
from headway.web.shared.frames import h5p
from headway.web.shared.frames.sandbox import around_a_frame
from headway.web.student.page import student_page

if TYPE_CHECKING:
    from headway.records.library.models import Resource
    from headway.records.planning.models import Block
    from headway.web.shared.access import Request

LARGEST_STATEMENT_BYTES = 64 * 1024
# What became of a statement, in words for the script of the page.
SAVED, NOTHING_TO_COUNT, UNREADABLE = "saved", "nothing to count", "unreadable"


@require_safe
@around_a_frame
@may(Permission.SEE_OWN_WEEK)
def play(request: Request, block: UUID) -> HttpResponse:
    """Show the activity of a block in its frame; without one there is nothing here."""
    own = planning.own_block(request.person, block)
    resource = _resource(own)
    is_open = own.week.status in ("approved", "changed")
    facts = {
        "own": own,
        "activity": h5p.activity_of(resource, request.person, at=timezone.now()),
        "resource": resource,
        "title": resource.title,
        "title_language": resource.language,
        "is_open": is_open,
        "statement_url": reverse("student-play-statement", kwargs={"block": own.uuid}) if is_open else "",
        "has_questions": bool(planning.questions_in(own)),
        "teacher": roster.lead_teacher(own.week.class_week.school_class),
        "week_url": reverse("student-week-of", kwargs={"monday": own.week.class_week.monday}) + f"#b-{own.uuid}",
    }
    return student_page(request, "student/play.html", facts, tab="practice")


def _resource(own: Block) -> Resource:
    """Return what the student plays in a block; a choice has to be made first."""
    resource = own.chosen_resource or (own.resource if own.kind != "choice" and not own.own_idea else None)
    if resource is None or not h5p.is_activity(resource):
        raise NotFound
    return resource


@require_POST
@may(Permission.WORK)
def statement(request: Request, block: UUID) -> HttpResponse:
    """Take what an activity told about one of its parts; sent twice, it counts once."""
    own = planning.own_block(request.person, block)
    _resource(own)
    sent = _sent(request)
    if sent is None:
        return JsonResponse({"became": UNREADABLE}, status=422)
    found = read_statement(sent["statement"])
    if found is None:
        return JsonResponse({"became": NOTHING_TO_COUNT})
    became = played.take_played(
        block=own,
        play=sent["play"],
        part=found.part,
        parent=found.parent,
        score=found.score,
        seconds=found.seconds,
        guess_chance=found.guess_chance,
        asked=found.asked,
        answer=found.answer,
        client_id=sent["client_id"],
        by=request.person,
        at=timezone.now(),
    )
    return JsonResponse({"became": SAVED if became.evidence else became.because or NOTHING_TO_COUNT})


def _sent(request: Request) -> dict[str, Any] | None:
    """Return the ids made on the device and the statement, None where they cannot be read."""
    if len(request.body) > LARGEST_STATEMENT_BYTES:
        return None
    try:
        sent = json.loads(request.body)
        return {
            "client_id": UUID(sent["client_id"]),
            "play": UUID(sent["play"]),
            "statement": sent["statement"],
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
