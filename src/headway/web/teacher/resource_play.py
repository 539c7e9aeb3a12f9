"""A look ahead at an activity that plays in a frame of its own: nothing of it is saved."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound
from headway.records.library import queries as library
from headway.records.roster import queries as roster
from headway.web.shared.access import Request, may
from headway.web.shared.frames import h5p
from headway.web.shared.frames.sandbox import around_a_frame
from headway.web.teacher.page import teacher_page


@require_safe
@around_a_frame
@may(Permission.SEE_CLASS)
def play(request: Request, resource: UUID) -> HttpResponse:
    """Show an activity of the reader's school, or one that is shared by all, as students play it."""
    shown = library.resource_with_uuid(resource)
    schools = {each.school_id for each in roster.classes_taught_by(request.person)}
    if shown.school_id is not None and shown.school_id not in schools:
        raise NotFound
    facts = {
        "resource": shown,
        "activity": h5p.activity_of(shown, request.person, at=timezone.now()),
        "resource_url": reverse("teacher-resource", kwargs={"resource": shown.uuid}),
    }
    return teacher_page(request, "teacher/resource_play.html", facts, tab="library")
